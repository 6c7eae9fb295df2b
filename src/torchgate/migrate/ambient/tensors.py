"""``x.device`` and ``x.dtype``: whether x is a tensor, whose device and dtype are never None."""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING

from torchgate.migrate.ambient import kinds as k
from torchgate.semantics.scopes import FUNCTIONS

if TYPE_CHECKING:
    from torchgate.migrate.ambient.definitions import File
    from torchgate.migrate.ambient.files import Files
    from torchgate.migrate.ambient.names import Bound

_NO_TENSORS = frozenset(
    """
        self cls arg args cfg conf config configs context ctx env flags hparams info kwargs kw meta
        metadata namespace ns opt options opts param parameters params props schema self settings
        setup space spec specs state
        """.split()  # noqa: SIM905 (a list takes a line a name)
)
"""Names of what has a shape and a device without being a tensor."""


def is_of_tensor(files: Files, file: File, node: ast.expr) -> bool:
    """Whether an expression is the device or dtype of a tensor: of something known to be one, or of a plain
    name whose shape is read in the same function, if nothing else in the project has both."""
    if not isinstance(node, ast.Attribute) or node.attr not in ("device", "dtype"):
        return False
    if k.only(files.kinds(file, node.value), k.TENSORS):
        return True
    held = node.value
    scope = file.names.scope_of(held) if isinstance(held, ast.Name) else None
    if not isinstance(held, ast.Name) or scope is None or held.id.lower() in _NO_TENSORS:
        return False
    if not isinstance(scope.node, FUNCTIONS) or held.id in scope.declared:
        return False
    if not all(_may_be_tensor(file, bound) for bound in scope.bound[held.id]):
        return False
    parents = (file.module.parent(load) for load in file.names.loads(scope, held.id))
    shaped = any(isinstance(parent, ast.Attribute) and parent.attr == "shape" for parent in parents)
    return shaped and not files.has_both("shape", node.attr)


def _may_be_tensor(file: File, bound: Bound) -> bool:
    match bound.how:
        case "parameter" if isinstance(bound.node, ast.arg):
            arguments = file.module.parent(bound.node)
            starred = isinstance(arguments, ast.arguments) and bound.node in (
                arguments.vararg,
                arguments.kwarg,
            )
            return not starred and bound.node.annotation is None
        case "assign":
            value = bound.value
            return isinstance(value, ast.BinOp) or (
                isinstance(value, ast.Call) and bool(file.torch(value.func))
            )
    return bound.how in ("element", "unpack")


def has_both(file: File, one: str, other: str) -> bool:
    """Whether a file defines something with two attributes: a class, or an object made with both keywords."""
    for node in file.module.within(file.module.tree):
        if isinstance(node, ast.ClassDef) and {one, other} <= _attributes(file, node):
            return True
        if isinstance(node, ast.Call):
            keywords = {item.arg for item in node.keywords}
            if {one, other} <= keywords and not file.torch(node.func):
                return True
            if any(file.module.text(item) == f"--{one}" for item in node.args):
                return True
    return False


def _attributes(file: File, node: ast.ClassDef) -> set[str]:
    found: set[str] = set()
    for part in file.module.within(node):
        match part:
            case ast.FunctionDef():
                found.add(part.name)
            case ast.Attribute(ctx=ast.Store()):
                found.add(part.attr)
            case ast.Name(ctx=ast.Store()):
                found.add(part.id)
    return found
