"""Compares what the linter says before and after: a rewrite brings no finding that was not there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from torchgate.finding import Finding
from torchgate.lint.engine import Outcome
from torchgate.migrate.linting import Linted

Exact: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class NewFinding:
    """A finding that the rewrite would bring."""

    path: str
    line: int
    code: str
    message: str
    qualname: str

    def __str__(self) -> str:
        return f"{self.code} {self.message} (line {self.line} of the result)"


def new_findings(before: Linted, after: Linted) -> list[NewFinding]:
    """Findings of ``after`` for which there is none in ``before`` with the same file, code and enclosing
    function; of those with the same line the text may move, and one more of a kind is one too many."""
    found = []
    for path, outcome in after.outcomes.items():
        old = before.outcomes.get(path)
        found += list(_new(path, outcome, old))
        if outcome.faults and (old is None or not old.faults):
            found.append(NewFinding(path, 1, outcome.faults[0].code, str(outcome.faults[0]), ""))
    return found


def _new(path: str, outcome: Outcome, old: Outcome | None) -> Iterator[NewFinding]:
    exact = Counter(_exact(finding, old) for finding in old.findings) if old is not None else Counter()
    rest = []
    for finding in outcome.findings:
        name = _exact(finding, outcome)
        if exact[name]:
            exact[name] -= 1
        else:
            rest.append(finding)
    loose = Counter({(code, qualname): 0 for code, qualname, _ in exact})
    for (code, qualname, _), count in exact.items():
        loose[code, qualname] += count
    for finding in rest:
        kind = (finding.code, finding.qualname)
        if loose[kind]:
            loose[kind] -= 1
        else:
            yield NewFinding(path, finding.span.line, finding.code, finding.message, finding.qualname)


def _exact(finding: Finding, outcome: Outcome) -> Exact:
    line = outcome.lines.get(finding.span.line, "")
    return (finding.code, finding.qualname, " ".join(line.split()))
