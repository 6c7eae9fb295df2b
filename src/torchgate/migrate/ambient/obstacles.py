"""What stands in the way of a rewrite: a reason, in words of the code, at a place."""

from __future__ import annotations

import _ast as ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from torchgate.migrate.changes import Place
from torchgate.migrate.refusals.reason import RefusalReason

if TYPE_CHECKING:
    from torchgate.migrate.ambient.definitions import File

Aspect: TypeAlias = Literal["device", "dtype"]
ASPECTS: tuple[Aspect, Aspect] = ("device", "dtype")

_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that no proof gets past."""

    reason: RefusalReason
    detail: str
    at: Place


def obstacle(file: File, node: ast.AST, reason: RefusalReason, detail: str) -> Obstacle:
    """An obstacle at a node."""
    return Obstacle(reason, detail, file.place(node))


def shown(file: File, node: ast.AST) -> str:
    """The code of a node on one line, for a message; long code is cut."""
    text = " ".join(file.text(node).split()).replace("`", "'")
    return f"`{text if len(text) <= _LONGEST else text[: _LONGEST - 3] + '...'}`"
