"""What may refer to a module-level name, as it was found (``references`` finds it)."""

from __future__ import annotations

import _ast as ast
from collections.abc import Sequence
from dataclasses import dataclass

from torchgate.migrate.changes import Place
from torchgate.migrate.handles.lexical import Location
from torchgate.migrate.project import Unit
from torchgate.semantics.facts import Import


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A reference that cannot be followed or rewritten: what it is, in words, and where."""

    detail: str
    at: Place


@dataclass(frozen=True, slots=True, eq=False)
class Mention:
    """An expression that yields the name's value at run time."""

    unit: Unit
    node: ast.expr
    location: Location


@dataclass(frozen=True, slots=True)
class Step:
    """What one more file has of all that refers to a name."""

    obstacles: Sequence[Obstacle]
    imports: Sequence[tuple[Unit, Import]]
    mentions: Sequence[Mention]
