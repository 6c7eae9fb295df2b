"""Everything in the project that reaches torch without the handle. State that a facade set at import reached
all of them: it may only go together with the last one."""

from __future__ import annotations

from torchgate.lint.facades import facade_of
from torchgate.lint.rule import Rule
from torchgate.lint.rules import tg101_raw_torch_import as tg101
from torchgate.lint.rules import tg102_dynamic_torch_import as tg102
from torchgate.lint.rules import tg104_implicit_torch_import as tg104
from torchgate.lint.rules import tg105_torch_reexport as tg105
from torchgate.lint.rules import tg107_torch_bound_import as tg107
from torchgate.lint.rules import tg201_facade_import as tg201
from torchgate.lint.zones import is_skipped
from torchgate.migrate.changes import Place
from torchgate.migrate.decisions import Site
from torchgate.migrate.handles.denied import Denied
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.sites import CODEMOD_OF
from torchgate.migrate.project import Unit
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.source import Span

_RULES: tuple[Rule, ...] = (tg101.RULE, tg102.RULE, tg104.RULE, tg105.RULE, tg107.RULE, tg201.RULE)


def bypassing_sites(knowledge: Knowledge) -> list[Site] | Denied:
    """The sites that have to be migrated in the same run, or what no codemod can migrate."""
    return knowledge.once("bypass", lambda: _find(knowledge))


def _find(knowledge: Knowledge) -> list[Site] | Denied:
    found: list[Site] = []
    for unit in knowledge.units():
        if facade_of(unit.module, unit.info.module_name):
            continue
        for rule in _RULES:
            if is_skipped(rule, knowledge.config, unit.info):
                continue
            for target, _ in rule.check(unit.module):
                span = target if isinstance(target, Span) else unit.source.span(target)
                place = Place.of(unit.path, span)
                site = _site(knowledge, unit, place, rule.code)
                if site is None:
                    at = f"{knowledge.shown(unit.path)}:{span.line}"
                    return Denied(
                        R.FACADE_HAS_SIDE_EFFECTS,
                        f"the determinism state that it sets when it is imported also reaches {at} "
                        f"({rule.code}), which uses torch without the handle",
                        place,
                    )
                found.append(site)
    return found


def _site(knowledge: Knowledge, unit: Unit, place: Place, code: str) -> Site | None:
    """The site of a finding there, if this run has it and a codemod speaks of it."""
    if code not in CODEMOD_OF:
        return None
    for finding in knowledge.migration.findings.get(unit.path, ()):
        if finding.code == code and Place.of(unit.path, finding.span) == place:
            return Site(place, code, CODEMOD_OF[code])
    return None
