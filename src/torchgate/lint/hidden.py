"""What a function does that a reader of its file cannot follow: it may set what seems missing.

A call hides something where its callee does not resolve, or belongs to a package that itself imports torch.
Not so: the standard library and other packages, what their calls gave (a logger), a method that every string,
list or dict has, logging, and an exception that is raised. A function of another project module is followed.
"""

from __future__ import annotations

import _ast as ast

from torchgate.lint.determinism import ATTRIBUTE_NAMES, VARIABLES
from torchgate.lint.environ import environment_writes
from torchgate.semantics.values import UNKNOWN, Class, Const, Function, Mapping, Ref, Result, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from torchgate.semantics.facts import Write
    from torchgate.semantics.module import Module

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_RUNS_TEXT = frozenset({"builtins.exec", "builtins.eval"})
_LOGGING = {"debug", "info", "warning", "error", "exception", "critical", "log"}
# An injected environment has these, and they write it.
_WRITES_MAPPING = {"update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__"}
_PLAIN_METHODS = ({*dir(str), *dir(list), *dir(dict), *dir(set)} | _LOGGING) - _WRITES_MAPPING


def hides_something(module: Module, functions: Collection[ast.AST]) -> bool:
    """Whether any of ``functions`` may write determinism state in a way that cannot be seen; what they call
    in other modules of the project (``called_elsewhere``) aside."""
    for write in module.writes:
        if write.where.function and write.where.function.node in functions and _is_hidden_write(write):
            return True
    for variables in environment_writes(module):
        function = variables.where.function
        if function and function.node in functions and not variables.complete:
            return True
    return any(_is_hidden_call(module, call) for node in functions for call in _calls(module, node))


def called_elsewhere(module: Module, functions: Collection[ast.AST]) -> list[str]:
    """The functions and classes of other project modules that ``functions`` call, as dotted names."""
    callees = [module.value(call.func) for node in functions for call in _calls(module, node)]
    return [callee.dotted for callee in callees if isinstance(callee, Ref) and _is_of_project(module, callee)]


def _is_hidden_write(write: Write) -> bool:
    """A target that is not constant, or one of the known names on an object that is not known."""
    if isinstance(write.base, Ref):
        return write.name is None and write.kind in ("setattr", "delete") and not write.item
    if write.base is not UNKNOWN:
        return False
    return write.name is None or write.name in (VARIABLES if write.item else ATTRIBUTE_NAMES)


def _calls(module: Module, function: ast.AST) -> Iterator[ast.Call]:
    """The calls of a function's own body, without the functions inside it."""
    inner: set[ast.AST] = set()
    for node in module.within(function):
        if node in inner:
            continue
        if isinstance(node, _FUNCTIONS) and node is not function:
            inner.update(module.within(node))
        elif isinstance(node, ast.Call) and not isinstance(module.parent(node), ast.Raise):
            yield node


def _is_hidden_call(module: Module, call: ast.Call) -> bool:
    match module.value(call.func):
        case Function() | Class():
            return False
        case Ref() as callee:
            return _is_out_of_sight(module, callee)
        case Result() | Const() | Mapping() | Sequence():
            return True  # what a call gave, called in its turn
    if not isinstance(call.func, ast.Attribute):
        return True
    if call.func.attr in _PLAIN_METHODS:
        return False
    match module.value(call.func.value):
        case Result() as owner:  # torch's own things are reached by `getattr`, too
            return owner.callee.dotted == "builtins.getattr" or _is_out_of_sight(module, owner.callee)
        case Const() | Mapping() | Sequence():
            return False
    return True


def _is_out_of_sight(module: Module, callee: Ref) -> bool:
    if callee.package == "torchgate" or _is_of_project(module, callee):
        return False
    if callee.dotted in _RUNS_TEXT:
        return True
    parts = callee.dotted.split(".")
    return any(".".join(parts[:end]) in module.config.implicit_torch_packages for end in range(1, len(parts)))


def _is_of_project(module: Module, callee: Ref) -> bool:
    own = module.info.module_name.partition(".")[0]
    return callee.package != "torchgate" and (
        callee.package in module.config.project_names or callee.package == own
    )
