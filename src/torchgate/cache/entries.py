"""The outcomes of one configuration's files, each with what it rests on: one sealed JSON file.

It is consistent in itself: every outcome in it rests on the states that stand beside it. Whoever reads it
compares those with how things are now, and uses the outcomes for which nothing changed.
"""

from __future__ import annotations

import json
import os

from torchgate.cache.evidence import WHOLE, Evidence
from torchgate.finding import Finding
from torchgate.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from torchgate.cache.evidence import Seen
    from torchgate.lint.engine import Outcome
    from torchgate.lint.giving import Gift


class Kept:
    """One file's outcome: ``digest`` of the content that gave it, ``keys`` of what it rests on; ``manner``,
    ``gifts`` and ``imports`` as in ``Evidence``."""

    __slots__ = ("digest", "findings", "gifts", "imports", "keys", "lines", "manner", "suppressed")

    def __init__(
        self,
        own: str,
        keys: tuple[str, ...],
        suppressed: int,
        findings: list[list[Any]],
        lines: dict[int, str],
    ) -> None:
        self.digest = own
        self.keys = keys
        self.suppressed = suppressed
        self.findings = findings
        self.lines = lines
        self.manner = WHOLE
        self.gifts: frozenset[Gift] = frozenset()
        self.imports: list[tuple[str, str, str]] = []


class Entries:
    """By path from the configuration's folder: ``seen`` files, and ``kept`` outcomes with ``states``."""

    __slots__ = ("kept", "seen", "states")

    def __init__(self) -> None:
        self.seen: Seen = {}
        self.kept: dict[str, Kept] = {}
        self.states: dict[str, str] = {}


def load(body: bytes) -> Entries:
    """What ``dump`` wrote.

    Raises:
        ValueError: it is something else.
    """
    entries = Entries()
    try:
        document = json.loads(body)
        keys = document["keys"]
        entries.states = dict(zip(keys, document["states"], strict=True))
        entries.seen = {path: (own, tuple(rest)) for path, (own, *rest) in document["seen"].items()}
        sets = [tuple([keys[index] for index in indices]) for indices in document["sets"]]
        for path, (own, index, suppressed, findings, lines, *more) in document["kept"].items():
            numbered = {int(number): line for number, line in lines.items()} if lines else {}
            kept = entries.kept[path] = Kept(own, sets[index], suppressed, findings, numbered)
            if more:
                kept.manner, gifts, imports = more
                kept.imports = [(module, name, bound) for module, name, bound in imports]
                kept.gifts = frozenset((name, target) for name, target in gifts)
    except (KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return entries


def dump(entries: Entries) -> bytes:
    """The file for some entries; equal sets of keys are written once."""
    keys: dict[str, int] = {}
    sets: dict[tuple[str, ...], int] = {}
    kept: dict[str, list[Any]] = {}
    for path, item in entries.kept.items():
        index = sets.setdefault(item.keys, len(sets))
        kept[path] = [item.digest, index, item.suppressed, item.findings, item.lines]
        if item.manner != WHOLE:
            kept[path] += [item.manner, sorted(item.gifts), item.imports]
    listed = [[keys.setdefault(key, len(keys)) for key in names] for names in sets]
    document = {
        "keys": list(keys),
        "states": [entries.states[key] for key in keys],
        "sets": listed,
        "seen": {path: (own, *rest) for path, (own, rest) in entries.seen.items()},
        "kept": kept,
    }
    return json.dumps(document, separators=(",", ":")).encode("ascii")


def merge(old: Entries, fresh: dict[str, Outcome], states: dict[str, str | None], seen: Seen) -> Entries:
    """What is true of ``old`` together with this run: its ``fresh`` outcomes by path, the ``states`` that it
    found (None: not two times the same), and the files that it saw and that have come to rest."""
    entries = Entries()
    entries.seen = {**old.seen, **seen}
    entries.states = dict(old.states)
    entries.states.update((key, state) for key, state in states.items() if state is not None)
    unsure = {key for key, state in states.items() if state is None}
    changed = {key for key, state in old.states.items() if states.get(key, state) != state}
    for path, kept in old.kept.items():
        if path not in fresh and changed.isdisjoint(kept.keys):
            entries.kept[path] = kept
    for path, outcome in fresh.items():
        evidence = outcome.evidence
        if outcome.lasting and evidence is not None and unsure.isdisjoint(evidence.keys):
            entries.kept[path] = kept_of(outcome, evidence)
    return entries


def prune(entries: Entries, root: str) -> None:
    """Drop what was kept of files that are gone."""
    for path in [
        path for path in {*entries.kept, *entries.seen} if not os.path.lexists(os.path.join(root, path))
    ]:
        entries.kept.pop(path, None)
        entries.seen.pop(path, None)


def kept_of(outcome: Outcome, evidence: Evidence) -> Kept:
    """What is kept of an outcome."""
    findings = [
        [*found.span.as_tuple(), found.code, found.name, found.message, found.fix, found.qualname, found.cell]
        for found in outcome.findings
    ]
    keys = tuple(sorted(evidence.keys))
    kept = Kept(evidence.digest, keys, outcome.suppressed, findings, outcome.lines)
    kept.manner, kept.gifts, kept.imports = evidence.manner, evidence.gifts, evidence.imports
    return kept


def findings_of(kept: Kept, shown: str) -> list[Finding]:
    """The findings, of a file that is now called ``shown``."""
    findings: list[Finding] = []
    for line, column, end_line, end_column, code, name, message, fix, qualname, cell in kept.findings:
        span = Span(line, column, end_line, end_column)
        findings.append(Finding(shown, span, code, name, message, fix=fix, qualname=qualname, cell=cell))
    return findings


def restore(kept: Kept, outcome: Outcome, states: dict[str, str]) -> Outcome:
    """Fill an empty outcome with what was kept; ``states`` are those of its keys, and of others."""
    outcome.findings += findings_of(kept, outcome.path)
    outcome.suppressed = kept.suppressed
    outcome.lines = kept.lines
    outcome.evidence = evidence = Evidence(kept.digest, kept.keys, states, {})
    evidence.manner, evidence.gifts, evidence.imports = kept.manner, kept.gifts, kept.imports
    return outcome
