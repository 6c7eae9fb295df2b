"""What Python's own operations ask of an object that they are given: methods that run without being named."""

from __future__ import annotations

import _ast as ast

ITERATED = ("__iter__", "__next__", "__getitem__", "__len__")
MAPPED = ("keys", "__getitem__", "__iter__")
KEYED = ("__hash__", "__eq__", "__index__")
# What a container's augmented assignment asks of the other operand.
IN_PLACE: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Add: ITERATED,
    ast.BitOr: tuple(dict.fromkeys((*MAPPED, *ITERATED))),
    ast.Mult: ("__index__",),
}
# Methods of containers and of text that run through what they are given.
_DRAWING = frozenset(
    """
        extend update union intersection difference symmetric_difference intersection_update
        difference_update symmetric_difference_update issubset issuperset isdisjoint fromkeys join
        """.split()  # noqa: SIM905 (a list takes a line a name)
)


def asked_by(method: str) -> tuple[str, ...]:
    """The methods that a container's or a text's method may run on what it is given."""
    if method == "append":
        return ()
    return tuple(dict.fromkeys((*ITERATED, *MAPPED, *KEYED))) if method in _DRAWING else KEYED
