"""What a run made of every site, and the contents that it would write."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from torchgate.lint.engine import RuleFault
from torchgate.migrate.changes import Place
from torchgate.migrate.deciding import Fault
from torchgate.migrate.decisions import Site
from torchgate.migrate.refusals.reason import RefusalReason


@dataclass(frozen=True, slots=True)
class Migrated:
    """A site that was rewritten (or would be), by changes in these files."""

    site: Site
    files: frozenset[str]


BASELINED = "the baseline accepts it"
"""The detail of a site that is left for that reason."""


@dataclass(frozen=True, slots=True)
class Left:
    """A site that was left alone. ``at`` is the place that stands in the way, where it is another one."""

    site: Site
    reason: RefusalReason
    detail: str
    at: Place | None = None


SiteResult: TypeAlias = Migrated | Left


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A file's content before and after."""

    path: str
    before: bytes
    after: bytes


@dataclass(slots=True)
class Result:
    """One configuration's run. ``together``: files that one site changes, all of them or none."""

    sites: list[SiteResult] = field(default_factory=list)
    rewrites: dict[str, Rewrite] = field(default_factory=dict)
    together: list[frozenset[str]] = field(default_factory=list)
    faults: list[Fault | RuleFault] = field(default_factory=list)
    files: int = 0
