"""The seeded sample of findings that people read, with their verdicts.

``sample.json`` holds a list of readings. A reading stays when rules change: one judged wrong must no longer
be reported, one judged right must still be there. ``broken`` says where that does not hold.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ecosystem.checking import PLAIN, Found

FILE = Path(__file__).parent / "sample.json"
SEED = 20261122
A_RULE = 20
IN_ALL = 300
RIGHT = "right"
WRONG = "wrong"
LIMIT = "limit"  # wrong, and known to stay: the rule's page or docs/ecosystem.md says so
UNREAD = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One finding that was read. ``verdict`` is what the reader said of it when it was first seen."""

    project: str
    way: str
    path: str
    line: int
    column: int
    code: str
    source: str
    verdict: str = UNREAD
    reason: str = ""

    @property
    def key(self) -> tuple[str, str, str, int, int, str]:
        """As ``Found.key``."""
        return (self.project, self.way, self.path, self.line, self.column, self.code)


def draw(
    findings: Iterable[Found], *, seed: int = SEED, a_rule: int = A_RULE, in_all: int = IN_ALL
) -> list[Found]:
    """``a_rule`` findings of every rule (all where fewer), then more, rule by rule in turn, up to ``in_all``.

    Depends on the seed and each rule's own findings: another rule's changes do not change what is drawn. A
    rule's findings come from its projects in turn, and what both ways report is drawn once.
    """
    by_code: dict[str, dict[tuple[object, ...], Found]] = defaultdict(dict)
    for found in sorted(findings, key=lambda found: (found.way != PLAIN, found.key)):
        place = (found.project, found.path, found.line, found.column)
        by_code[found.code].setdefault(place, found)
    queues = {
        code: _in_turn(list(places.values()), random.Random(f"{seed} {code}"))
        for code, places in sorted(by_code.items())
    }
    drawn = [found for items in queues.values() for found in items[:a_rule]]
    rest = {code: items[a_rule:] for code, items in queues.items()}
    while len(drawn) < in_all and any(rest.values()):
        for items in rest.values():
            if items and len(drawn) < in_all:
                drawn.append(items.pop(0))
    return sorted(drawn, key=lambda found: (found.code, found.key))


def _in_turn(findings: list[Found], chance: random.Random) -> list[Found]:
    """The findings in random order, one of every project, then the next of every project."""
    chance.shuffle(findings)
    seen: Counter[str] = Counter()
    rounds = []
    for found in findings:
        rounds.append((seen[found.project], found))
        seen[found.project] += 1
    return [found for _, found in sorted(rounds, key=lambda item: item[0])]


def load(file: Path = FILE) -> list[Reading]:
    """The readings that are recorded."""
    if not file.exists():
        return []
    return [Reading(**item) for item in json.loads(file.read_text("utf-8"))["readings"]]


def save(readings: Iterable[Reading], file: Path = FILE) -> None:
    """Write the readings, one a line, sorted by code and place."""
    rows = sorted(readings, key=lambda reading: (reading.code, reading.key))
    lines = ",\n".join(f"  {json.dumps(asdict(row), ensure_ascii=False)}" for row in rows)
    file.write_text(f'{{"seed": {SEED}, "readings": [\n{lines}\n]}}\n', "utf-8")


def extend(
    readings: list[Reading], drawn: Iterable[Found], sources: Mapping[tuple[str, str], list[str]]
) -> list[Reading]:
    """The readings with those of the drawn findings that are not among them yet, unread."""
    known = {reading.key for reading in readings}
    added = [
        Reading(*found.key, source=sources[found.project, found.path][found.line - 1].strip()[:160])
        for found in drawn
        if found.key not in known
    ]
    return [*readings, *added]


def broken(readings: Iterable[Reading], findings: Iterable[Found]) -> list[str]:
    """Where a verdict and today's findings disagree, and what nobody has read; in words."""
    reported = {found.key for found in findings}
    said = []
    for reading in readings:
        place = f"{reading.project} ({reading.way}) {reading.path}:{reading.line} {reading.code}"
        if reading.verdict == UNREAD:
            said.append(f"{place} has not been read")
        elif reading.verdict == WRONG and reading.key in reported:
            said.append(f"{place} is reported again, and was judged wrong: {reading.reason}")
        elif reading.verdict == LIMIT and reading.key not in reported:
            said.append(f"{place} is no longer reported: its verdict can be `{WRONG}` now, and mended")
        elif reading.verdict == RIGHT and reading.key not in reported:
            said.append(f"{place} is no longer reported, and was judged right: {reading.reason}")
    return said


def tally(readings: Iterable[Reading], findings: Iterable[Found]) -> dict[str, tuple[int, int, int]]:
    """By code: how many were read, how many of them were wrong at first, and are wrong and reported now."""
    reported = {found.key for found in findings}
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for reading in readings:
        row = rows[reading.code]
        row["read"] += reading.verdict != UNREAD
        row["first"] += reading.verdict in (WRONG, LIMIT)
        row["last"] += reading.verdict in (WRONG, LIMIT) and reading.key in reported
    return {code: (row["read"], row["first"], row["last"]) for code, row in sorted(rows.items())}
