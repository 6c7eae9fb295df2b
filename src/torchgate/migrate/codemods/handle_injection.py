"""handle-injection: functions that use a torch that their module imported take the handle as a parameter."""

from __future__ import annotations

from collections.abc import Iterator

from torchgate.migrate.decisions import Codemod, Decision
from torchgate.migrate.handles.taken import decide as decide_taken
from torchgate.migrate.project import Migration

NAME = "handle-injection"


def decide(migration: Migration) -> Iterator[Decision]:
    """One decision for each raw import, and for each name of torch taken from a project module."""
    yield from decide_taken(migration, NAME)


CODEMOD = Codemod(NAME, frozenset({"TG101", "TG105"}), decide)
