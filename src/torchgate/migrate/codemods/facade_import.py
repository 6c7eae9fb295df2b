"""facade-import: what a module takes from a removed facade comes from its origin, or through the handle."""

from __future__ import annotations

from collections.abc import Iterator

from torchgate.migrate.decisions import Codemod, Decision
from torchgate.migrate.handles.taken import decide as decide_taken
from torchgate.migrate.project import Migration

NAME = "facade-import"


def decide(migration: Migration) -> Iterator[Decision]:
    """One decision for each import or use of a facade."""
    yield from decide_taken(migration, NAME)


CODEMOD = Codemod(NAME, frozenset({"TG201"}), decide)
