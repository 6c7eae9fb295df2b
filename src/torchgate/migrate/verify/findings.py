"""Compares what the linter says before and after: what was migrated is gone, and nothing else came or went.

A finding that came is a new problem. One that went although its codemod refused it is a sign that an edit
took away what it rests on (the import that makes ``torch`` torch, say). Findings of other rules may go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from torchgate.finding import Finding
from torchgate.lint.engine import Outcome
from torchgate.migrate.deciding import Key
from torchgate.migrate.linting import Linted

# Lines move and change, functions keep their names, and a class that is wrapped keeps most of its lines.
_Name: TypeAlias = Callable[[Finding, Outcome], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Difference:
    """A finding that the rewrite would bring or take. ``line`` is one of the result, or of the old file."""

    path: str
    line: int
    code: str
    message: str
    qualname: str
    came: bool

    def __str__(self) -> str:
        if self.came:
            return f"a new finding would appear: {self.code} {self.message} (line {self.line} of the result)"
        return f"the refused {self.code} in line {self.line} would be seen no more"


def differences(
    before: Linted, after: Linted, migrated: frozenset[Key], refused: frozenset[Key]
) -> list[Difference]:
    """What came, and what went of ``refused``; what is ``migrated`` is no longer expected."""
    found: list[Difference] = []
    for path, outcome in after.outcomes.items():
        old = before.outcomes.get(path) or Outcome(path)
        expected = [finding for finding in old.findings if _key(path, finding) not in migrated]
        pairs, came = matched(old, expected, outcome)
        went = [finding for finding in expected if id(finding) not in pairs]
        found += [_difference(path, finding, came=True) for finding in came]
        found += [
            _difference(path, finding, came=False) for finding in went if _key(path, finding) in refused
        ]
        if outcome.faults and not old.faults:
            fault = outcome.faults[0]
            found.append(Difference(path, 1, fault.code, str(fault), "", came=True))
    return found


def _key(path: str, finding: Finding) -> Key:
    return (path, finding.span.line, finding.span.column, finding.code)


def _difference(path: str, finding: Finding, *, came: bool) -> Difference:
    return Difference(path, finding.span.line, finding.code, finding.message, finding.qualname, came)


def matched(
    before: Outcome, expected: Iterable[Finding], after: Outcome
) -> tuple[dict[int, Finding], list[Finding]]:
    """What becomes of each finding of ``expected``, by its identity, and the findings of ``after`` that are
    none of them. Equal ones are paired in their order."""
    pairs: dict[int, Finding] = {}
    came = list(after.findings)
    names: tuple[_Name, ...] = (
        lambda finding, inside: (finding.code, finding.qualname, _line(finding, inside)),
        lambda finding, inside: (finding.code, finding.qualname),
        lambda finding, inside: (finding.code, _line(finding, inside)),
        # A wrapped class whose lines change as well: `Parameter(...)` becomes `torch.nn.Parameter(...)`.
        lambda finding, _: (finding.code, finding.message, finding.qualname.rpartition(".")[2]),
    )
    wanted = list(expected)
    for name in names:
        waiting: dict[tuple[str, ...], list[Finding]] = {}
        for finding in wanted:
            if id(finding) not in pairs:
                waiting.setdefault(name(finding, before), []).append(finding)
        rest = []
        for finding in came:
            equals = waiting.get(name(finding, after))
            if equals:
                pairs[id(equals.pop(0))] = finding
            else:
                rest.append(finding)
        came = rest
    return pairs, came


def _line(finding: Finding, outcome: Outcome) -> str:
    return " ".join(outcome.lines.get(finding.line_key, "").split())
