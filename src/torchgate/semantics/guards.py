"""Tests that decide whether code is for type checkers, for programs, or for everybody."""

from __future__ import annotations

import _ast as ast

from torchgate.semantics.values import Const, Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from torchgate.semantics.values import Value

TYPES = "type-checking"
NOT_TYPES = "not-type-checking"
MAIN = "main"
NOT_MAIN = "not-main"
# The names by which a test tells type checkers from programs, aliases aside.
_NAMES = ("TYPE_CHECKING", "MYPY")


def guard(test: ast.expr, value_of: Callable[[ast.expr], Value]) -> str:
    """What the test of an ``if`` guards: one of the constants above, or nothing (``""``)."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = guard(operand, value_of)
            return {TYPES: NOT_TYPES, NOT_TYPES: TYPES, MAIN: NOT_MAIN, NOT_MAIN: MAIN}.get(inner, "")
        case ast.BoolOp(op=ast.And(), values=values):
            # False as a whole where one part is: but its negation says nothing.
            parts = {guard(value, value_of) for value in values}
            return TYPES if TYPES in parts else MAIN if MAIN in parts else ""
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() as operator], comparators=[right]):
            names = {_dunder_name(left), _dunder_name(right)}
            texts = {_text(left), _text(right)}
            if True in names and "__main__" in texts:
                return MAIN if isinstance(operator, ast.Eq) else NOT_MAIN
        case ast.Constant(value=False | 0):
            return TYPES
        case ast.Name() | ast.Attribute():
            return TYPES if _is_type_checking(test, value_of(test)) else ""
    return ""


def may_guard(test: ast.expr, local: Container[str]) -> bool:
    """Whether a test in a body that others ask about may tell type checkers from programs: what the body
    itself binds, or an object holds, does not under any other name."""
    match test:
        case ast.BoolOp(values=values):
            return any(may_guard(value, local) for value in values)
        case ast.UnaryOp(operand=operand):
            return may_guard(operand, local)
        case ast.Name(id=name):
            return name in _NAMES or name not in local
        case ast.Attribute(attr=name):
            return name in _NAMES
    return False


def _is_type_checking(node: ast.Name | ast.Attribute, value: Value) -> bool:
    if isinstance(value, Ref):
        return value.dotted in ("typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING")
    # `TYPE_CHECKING = False` spares the import of typing; type checkers know the name (mypy: MYPY too).
    name = node.id if isinstance(node, ast.Name) else node.attr
    return name in _NAMES and isinstance(value, Const) and value.value is False


def _dunder_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "__name__"


def _text(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
