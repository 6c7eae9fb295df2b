"""global-handle: a global that holds the handle becomes the program's own."""

from __future__ import annotations

from collections.abc import Iterator

from torchgate.migrate.decisions import Codemod, Decision
from torchgate.migrate.handles.effect_moves import decide as decide_effects
from torchgate.migrate.project import Migration

NAME = "global-handle"


def decide(migration: Migration) -> Iterator[Decision]:
    """One decision for each place that keeps the handle for everybody."""
    yield from decide_effects(migration, "TG205")


CODEMOD = Codemod(NAME, frozenset({"TG205"}), decide)
