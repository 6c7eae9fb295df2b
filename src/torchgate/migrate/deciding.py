"""Asks the codemods: one decision for each finding that they could have a say in."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from torchgate.finding import Finding
from torchgate.migrate.changes import Place
from torchgate.migrate.decisions import Codemod, Decision, Refused, Site
from torchgate.migrate.project import Migration
from torchgate.migrate.refusals.reason import RefusalReason
from torchgate.migrate.writing.files import GONE, obstacle
from torchgate.semantics.definitions import RECURSION_LIMIT

Key: TypeAlias = tuple[str, int, int, str]


def key_of(site: Site) -> Key:
    """What tells sites apart: the file, where it begins, and the rule."""
    return (site.place.path, site.place.line, site.place.column, site.code)


def site_of(path: str, finding: Finding, codemod: str = "") -> Site:
    """The site of a finding in the file at the absolute ``path``."""
    return Site(Place.of(path, finding.span), finding.code, codemod)


def codes_of(codemods: Iterable[Codemod]) -> frozenset[str]:
    """The codes that some codemod has a say in."""
    return frozenset(code for codemod in codemods for code in codemod.codes)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of torchgate's own: what failed, why, and the traceback where there is one."""

    what: str
    reason: str
    trace: str = ""

    def __str__(self) -> str:
        return f"{self.what} failed with {self.reason}"


@dataclass(slots=True)
class Decisions:
    """The decisions by site, in the order of the findings."""

    by_site: dict[Key, Decision] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def decide(migration: Migration, codemods: Sequence[Codemod]) -> Decisions:
    """Every codemod's decisions; the first that speaks of a finding has it, a finding of which none speaks is
    refused. A codemod that raises leaves its findings alone, and that is a fault."""
    limit = sys.getrecursionlimit()
    # Calls are followed through the project, and expressions into what is nested in them.
    sys.setrecursionlimit(max(limit, RECURSION_LIMIT))
    try:
        return _decide(migration, codemods)
    finally:
        sys.setrecursionlimit(limit)


def _decide(migration: Migration, codemods: Sequence[Codemod]) -> Decisions:
    wanted = codes_of(codemods)
    sites = {
        key_of(site): site
        for path, findings in migration.asked()
        for finding in findings
        if (site := site_of(path, finding)).code in wanted
    }
    made = Decisions()
    found: dict[Key, Decision] = {}
    failed: dict[str, Fault] = {}
    codes = {site.code for site in sites.values()}
    for codemod in codemods:
        if codes.isdisjoint(codemod.codes):
            continue
        try:
            for decision in codemod.decide(migration):
                if key_of(decision.site) in sites:
                    found.setdefault(key_of(decision.site), decision)
        except Exception as error:
            fault = Fault(
                f"the codemod {codemod.name}", f"{type(error).__name__}: {error}", traceback.format_exc()
            )
            made.faults.append(fault)
            failed.update(dict.fromkeys(codemod.codes, fault))
    for key, site in sites.items():
        made.by_site[key] = found.get(key) or _undecided(migration, site, failed.get(site.code), codemods)
    return made


def _undecided(migration: Migration, site: Site, fault: Fault | None, codemods: Iterable[Codemod]) -> Refused:
    own = next(codemod.name for codemod in codemods if site.code in codemod.codes)
    named = Site(site.place, site.code, own)
    if not site.place.path.endswith((".py", ".pyi")):
        return Refused(named, RefusalReason.NOT_A_PYTHON_FILE, "only Python modules are rewritten")
    if migration.unit(site.place.path) is None:
        # It had findings, and so it could be read.
        gone = obstacle(site.place.path) == GONE
        detail = GONE if gone else "it changed while this run was at work, and cannot be read any more"
        return Refused(named, RefusalReason.FILE_CHANGED, detail)
    if fault is not None:
        return Refused(named, RefusalReason.NOT_VERIFIED, str(fault))
    return Refused(named, RefusalReason.NO_CODEMOD, f"no codemod knows this form of {site.code}")
