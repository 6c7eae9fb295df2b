"""Whether a list is still what was written when its name is read: who else may change it in place."""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING

from torchgate.migrate.ambient import harmless
from torchgate.semantics.scopes import FUNCTIONS

if TYPE_CHECKING:
    from torchgate.migrate.ambient.definitions import File
    from torchgate.migrate.ambient.files import Files
    from torchgate.migrate.ambient.names import Bound, Scope

_LOOKING = frozenset(
    f"builtins.{name}" for name in ["len", "print", "str", "repr", "isinstance", "bool", "type"]
)
"""Built-ins that keep neither a list nor what is in it."""
_COPYING = frozenset(
    "builtins." + name
    for name in """
        list tuple set frozenset sorted reversed enumerate zip map filter sum min max any all
        """.split()  # noqa: SIM905 (a list takes a line a name)
)
"""Built-ins that hand the elements of a list on, and not the list."""


def is_unchanged(files: Files, file: File, scope: Scope, name: str, *, deep: bool) -> bool:
    """Whether a list that a scope's name holds is only ever read. ``deep``: it holds lists itself, which
    whoever gets at an element may change."""
    if isinstance(scope.node, ast.ClassDef) or any(_is_shared(file, bound) for bound in scope.bound[name]):
        return False
    loads = file.names.loads(scope, name)
    local = isinstance(scope.node, FUNCTIONS) and all(file.names.home(load) is scope for load in loads)
    if not all(_reads(file, load, deep=deep, local=local) for load in loads):
        return False
    return scope is not file.names.root or not _is_changed_elsewhere(files, file, name, deep=deep)


def _is_shared(file: File, bound: Bound) -> bool:
    """Whether what binds a name gives the same object to somebody else: ``a = b = []``, ``f(a := [])``."""
    outer = file.module.parent(bound.node)
    while isinstance(outer, ast.Tuple | ast.List | ast.Starred):
        outer = file.module.parent(outer)
    return isinstance(bound.node, ast.NamedExpr) or (isinstance(outer, ast.Assign) and len(outer.targets) > 1)


def _is_changed_elsewhere(files: Files, file: File, name: str, *, deep: bool) -> bool:
    """Whether another file may change a list that a module's name holds."""
    for other in files.naming([name]):
        if other is file:
            continue
        if any(item.alias.name == name and item.alias.asname for item in other.module.imports):
            return True
        if not all(_reads(other, load, deep=deep, local=False) for load in other.loads_of(name)):
            return True
    return False


def _reads(file: File, node: ast.Name | ast.Attribute, *, deep: bool, local: bool) -> bool:
    """Whether a use of a list leaves it as it is. ``local``: nothing but the function that makes the list
    knows it, so that it may be returned."""
    parent = file.module.parent(node)
    match parent:
        case ast.Return():
            return local
        case ast.FormattedValue() | ast.If() | ast.While() | ast.UnaryOp(op=ast.Not()):
            return True  # what is in it is printed at most, or whether it is empty is asked
        case ast.Call() if parent.func is not node:
            dotted, torch = file.module.dotted(parent.func), file.torch(parent.func)
            if torch:
                return not torch.startswith(harmless.TORCH_CALLING)
            return dotted in _LOOKING or (not deep and dotted in _COPYING)
        case ast.BinOp(op=ast.Add() | ast.Mult()) | ast.Subscript(ctx=ast.Load()):
            return not deep
        case ast.Starred() | ast.comprehension():
            return not deep
        case ast.For(iter=iterated) if iterated is node:
            return not deep
    return False
