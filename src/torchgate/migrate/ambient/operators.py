"""Operators, formatting and comparison: whether they read the default dtype, by the kinds of their operands.

Measured on every pair of operands (bool, integer, floating, complex tensors and numbers): between tensors
only ``/`` of two integer ones reads the default; else a Python float meets an integer tensor.
"""

from __future__ import annotations

import _ast as ast

from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient.kinds import Kinds

_INTEGER_TENSORS = frozenset({"bool-tensor", "int-tensor", "tensor"})
_FLOATS = frozenset({"float", "complex", "numpy-float", "numpy-complex"})

DUNDER: dict[type[ast.AST], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.USub: "neg",
    ast.UAdd: "pos",
    ast.Invert: "invert",
}
_QUIET = (ast.MatMult, ast.BitAnd, ast.BitOr, ast.BitXor, ast.LShift, ast.RShift)
_REFLECTED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}


def reads_dtype(operator: ast.AST, left: Kinds, right: Kinds) -> bool:
    """Whether ``left operator right`` may read the default dtype."""
    if isinstance(operator, _QUIET):
        return False
    if isinstance(operator, ast.Div):
        return _divides(left, right)
    return promotes(left, right)


def promotes(left: Kinds, right: Kinds) -> bool:
    """Whether an integer tensor may meet a Python float."""
    return (k.maybe(left, _INTEGER_TENSORS) and k.maybe(right, _FLOATS)) or (
        k.maybe(right, _INTEGER_TENSORS) and k.maybe(left, _FLOATS)
    )


def _divides(left: Kinds, right: Kinds) -> bool:
    if k.only(left, k.FLOATING) or k.only(right, k.FLOATING):
        return False
    return k.maybe(left, _INTEGER_TENSORS) or k.maybe(right, _INTEGER_TENSORS)


def has_own_operators(kinds: Kinds) -> bool:
    """Whether a value's operators are known to be Python's or torch's own."""
    return k.only(kinds, k.TENSORS | k.PLAIN | k.CONTAINERS | k.CLASSES)


def is_own_throughout(kinds: Kinds) -> bool:
    """Whether the same is known of what a container holds, which is compared and hashed with it."""
    if not has_own_operators(kinds):
        return False
    held = [part for kind in kinds or () if kind.name in k.CONTAINERS for part in kind.parts]
    return all(part == frozenset() or is_own_throughout(part) for part in held)


def _is_single(kinds: Kinds) -> bool:
    """Whether a value is certainly no container: one is not compared with it."""
    return k.only(kinds, k.TENSORS | k.PLAIN | k.CLASSES)


def dunders(operator: ast.AST, left: Kinds = None, right: Kinds = frozenset()) -> tuple[str, ...]:
    """The methods that an operator may call on objects of the project: those of the left operand, unless that
    is Python's or torch's own, and the reflected ones of the right operand likewise."""
    name = DUNDER.get(type(operator))
    if name is None:
        return ()
    found: tuple[str, ...] = ()
    is_own = is_own_throughout if name in _REFLECTED else has_own_operators
    if not is_own(left):
        found = (f"__{name}__",) if name in _REFLECTED else (f"__{name}__", f"__i{name}__")
    if not is_own(right):
        found += (f"__{_REFLECTED.get(name, f'r{name}')}__",)
    if found and (name == "ne" or (name in _REFLECTED and not _is_single(left) and not _is_single(right))):
        found += ("__eq__",)  # `!=` falls back on it, and containers look for what differs
    return tuple(dict.fromkeys(found))
