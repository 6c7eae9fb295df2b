"""Which operand may be a tensor of integers that becomes one of the default dtype, in words."""

from __future__ import annotations

import _ast as ast
from collections.abc import Callable, Iterable
from typing import TypeAlias

from torchgate.migrate.ambient.kinds import Kinds

# An operand, and what it is.
Operand: TypeAlias = tuple[ast.AST, Kinds]
_INTEGERS = frozenset({"int-tensor", "bool-tensor"})


def promotion(
    shown: Callable[[ast.AST], str],
    node: ast.AST,
    operands: Iterable[Operand],
    *,
    elements: bool = False,
) -> str:
    """What is known of the operand that stands in the way: the one of which the most is known. ``elements``:
    what is in it is meant."""
    found: dict[int, str] = {}
    for operand, kinds in operands:
        names = {kind.name for kind in kinds or ()}
        what = f"what {shown(operand)} holds" if elements else shown(operand)
        if names & _INTEGERS:
            found.setdefault(0, f"{what} may be a tensor of integers")
        elif "tensor" in names:
            found.setdefault(1, f"{what} is a tensor, and its dtype is not known")
        elif kinds is None:
            found.setdefault(2, f"{what} is not known, and may be a tensor of integers")
    detail = found[min(found)] if found else "it may be of integers"
    return detail if detail.startswith(shown(node)) else f"{shown(node)}: {detail}"
