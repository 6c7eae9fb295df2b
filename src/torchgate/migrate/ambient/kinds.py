"""What kind of value an expression has: a set of alternatives, or ``None`` where that cannot be told.

An empty set is a value that is never made (what a loop feeds to itself, before anything else is known).

The names of kinds are those of the table of factories (``int``, ``float-tensor``, ...), and some more for
what is no data: ``str``, ``list``, ``device``, ``module`` and so on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Kind:
    """One alternative. A display has the kinds of its ``items``, other containers that of any ``element``,
    and are ``filled`` where there is one for certain."""

    name: str
    items: tuple[Kinds, ...] | None = None
    element: Kinds = None
    filled: bool = False

    @property
    def parts(self) -> tuple[Kinds, ...]:
        """What it holds: of a display each item, else any element."""
        return self.items if self.items is not None else (self.element,)

    @property
    def is_filled(self) -> bool:
        """Whether there is an element for certain."""
        return self.filled or bool(self.items)


Kinds: TypeAlias = "frozenset[Kind] | None"

NUMBERS = frozenset({"bool", "int", "float", "complex"})
INTEGERS = frozenset({"bool", "int"})
TENSORS = frozenset({"bool-tensor", "int-tensor", "float-tensor", "complex-tensor", "tensor"})
FLOATING = frozenset({"float-tensor", "complex-tensor"})
"""Tensors that no operator promotes to the default dtype."""
CONTAINERS = frozenset({"list", "tuple", "set", "dict"})
MUTABLE = frozenset({"list", "set", "dict"})
PLAIN = NUMBERS | {"str", "bytes", "none", "range", "device", "dtype"}
"""Values whose text and whose operators have nothing to do with torch's defaults."""
CLASSES = frozenset({"type"})
"""What ``type(x)`` gives: plain to compare and to print, and not to call or to look into."""
NUMPY = frozenset(Kind(f"numpy-{name}") for name in ("bool", "int", "float", "complex"))


def of(*names: str) -> Kinds:
    """The kinds with these names."""
    return frozenset(map(Kind, names))


def display(name: str, items: Iterable[Kinds]) -> Kinds:
    """A list or tuple display."""
    return frozenset([Kind(name, tuple(items))])


def container(name: str, element: Kinds) -> Kinds:
    """A container of any number of elements."""
    return frozenset([Kind(name, None, element)])


def union(parts: Iterable[Kinds]) -> Kinds:
    """Any of several; unknown if one of them is."""
    found: set[Kind] = set()
    for part in parts:
        if part is None:
            return None
        found |= part
    return frozenset(found)


def only(kinds: Kinds, allowed: frozenset[str]) -> bool:
    """Whether every alternative is among ``allowed`` (and there is one)."""
    return bool(kinds) and all(kind.name in allowed for kind in kinds or ())


def maybe(kinds: Kinds, names: frozenset[str]) -> bool:
    """Whether some alternative is, or may be, among ``names``."""
    return kinds is None or any(kind.name in names for kind in kinds)


def is_plain(kinds: Kinds) -> bool:
    """Whether the value, its elements included, is plain data of Python's own."""
    if not kinds:
        return False
    for kind in kinds:
        if kind.name in PLAIN:
            continue
        if kind.name not in CONTAINERS:
            return False
        if not all(map(is_plain, kind.parts)):
            return False
    return True


def elements(kinds: Kinds) -> Kinds:
    """What iterating over the value gives."""
    if kinds is None:
        return None
    found: list[Kinds] = []
    for kind in kinds:
        if kind.name == "range":
            found.append(of("int"))
        elif kind.name in ("str", "bytes"):
            found.append(of("str" if kind.name == "str" else "int"))
        elif kind.name in TENSORS:
            found.append(frozenset([kind]))
        elif kind.name in CONTAINERS:
            found.append(union(kind.items) if kind.items is not None else kind.element)
        else:
            return None
    return union(found)


def is_mutable(kinds: Kinds) -> bool:
    """Whether the value, or something in it, may be changed in place."""
    return any(kind.name in MUTABLE for kind in kinds or ()) or has_mutable_parts(kinds)


def has_mutable_parts(kinds: Kinds) -> bool:
    """Whether the value may hold something that can be changed in place."""
    return any(is_mutable(part) for kind in kinds or () for part in (kind.items or (kind.element,)))


def forgotten(kinds: Kinds) -> Kinds:
    """The same containers, of which nothing is known but what they are."""
    if kinds is None:
        return None
    return frozenset(Kind(kind.name) if kind.name in CONTAINERS else kind for kind in kinds)


_MOST = 64


def deciding(kinds: Kinds) -> list[frozenset[str]] | None:
    """How a factory sees a value: every possible set of kinds of its (nested) elements; None if unknown.

    An empty container is of kind ``empty``. A container of unknown length may be empty.
    """
    if not kinds:
        return None
    found: set[frozenset[str]] = set()
    for kind in kinds:
        if kind.name not in ("list", "tuple"):
            if kind.name in CONTAINERS or kind.name == "module":
                return None
            found.add(frozenset([kind.name]))
            continue
        if kind.items is None:
            inner = deciding(kind.element)
            if inner is None or len(inner) > 1 or _holds_numpy(inner):
                return None
            found |= {*inner} if kind.filled else {*inner, frozenset(["empty"])}
            continue
        if not kind.items:
            found.add(frozenset(["empty"]))
            continue
        parts = [deciding(item) for item in kind.items]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts) or any(map(_holds_numpy, known)):
            return None
        if _count(known) > _MOST:
            return None
        found |= {frozenset().union(*combination) for combination in product(*known)}
    return [*found]


def _holds_numpy(sets: list[frozenset[str]]) -> bool:
    return any(name.startswith("numpy") for names in sets for name in names)


def _count(parts: list[list[frozenset[str]]]) -> int:
    total = 1
    for part in parts:
        total *= len(part)
    return total


def arithmetic(left: Kinds, right: Kinds, *, division: bool) -> Kinds:
    """What ``left + right`` and its like give; numbers and tensors only."""
    if left is None or right is None:
        return None
    found: set[Kind] = set()
    for a, b in product(left, right):
        name = _pair(a.name, b.name, division)
        if not name:
            return None
        found.add(Kind(name))
    return frozenset(found)


def concatenated(left: Kinds, right: Kinds) -> Kinds:
    """What ``left + right`` gives for two lists or two tuples; unknown for anything else."""
    both = (left or frozenset()) | (right or frozenset())
    name = next(iter(both)).name if both else ""
    if not (left and right) or name not in ("list", "tuple") or any(kind.name != name for kind in both):
        return None
    return union(_joined(name, a, b) for a, b in product(left, right))


def _joined(name: str, a: Kind, b: Kind) -> Kinds:
    if a.items is not None and b.items is not None and len(a.items) + len(b.items) <= _MOST:
        return display(name, [*a.items, *b.items])
    element = union([elements(frozenset([a])), elements(frozenset([b]))])
    return frozenset([Kind(name, None, element, filled=a.is_filled or b.is_filled)])


def repeated(kinds: Kinds, times: int | None) -> Kinds:
    """What ``kinds * times`` gives for a list or tuple, with a number that is known or not."""
    if not kinds or not all(kind.name in ("list", "tuple") for kind in kinds):
        return None
    found: set[Kind] = set()
    for kind in kinds:
        if kind.items is not None and times is not None and 0 < times * len(kind.items) <= _MOST:
            found.add(Kind(kind.name, kind.items * times))
        else:
            filled = kind.is_filled and times is not None and times > 0
            found.add(Kind(kind.name, None, elements(frozenset([kind])), filled))
    return frozenset(found)


_ORDER = ("bool", "int", "float", "complex")


def _pair(a: str, b: str, division: bool) -> str:
    tensors = {a, b} & TENSORS
    if not tensors:
        if a not in NUMBERS or b not in NUMBERS:
            return ""
        strongest = max(a, b, key=_ORDER.index)
        if division and strongest in INTEGERS:
            return "float"
        return "int" if strongest == "bool" else strongest
    if not {a, b} <= TENSORS | NUMBERS:
        return ""
    if "tensor" in tensors:
        return "complex-tensor" if "complex-tensor" in tensors else "tensor"
    ranks = [_ORDER.index(name.removesuffix("-tensor")) for name in (a, b)]
    strongest = _ORDER[max(ranks)]
    if division and strongest in INTEGERS:
        strongest = "float"
    return f"{strongest}-tensor"
