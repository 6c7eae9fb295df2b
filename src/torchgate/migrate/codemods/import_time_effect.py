"""import-time-effect: an effect at the top level of a program moves into its main guard."""

from __future__ import annotations

from collections.abc import Iterator

from torchgate.migrate.decisions import Codemod, Decision
from torchgate.migrate.handles.effect_moves import decide as decide_effects
from torchgate.migrate.project import Migration

NAME = "import-time-effect"


def decide(migration: Migration) -> Iterator[Decision]:
    """One decision for each effect that is applied at import."""
    yield from decide_effects(migration, "TG204")


CODEMOD = Codemod(NAME, frozenset({"TG204"}), decide)
