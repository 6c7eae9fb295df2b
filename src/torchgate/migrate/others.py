"""The other processes that lint a configuration's files. What they understood of them stays with them, so
each decides about the findings of the files that it linted: to read those of another takes longer than to
decide about them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from torchgate.finding import Finding
from torchgate.migrate.deciding import Decisions
from torchgate.migrate.leads import Leads
from torchgate.processes import Line

# Those to decide about, by path: in all files, since a decision hangs on what else is found.
Findings: TypeAlias = Mapping[str, Sequence[Finding]]


class Others:
    """The processes that wait to be asked for their decisions, or to be let go."""

    def __init__(self, lines: Iterable[tuple[Line, Collection[str]]] = ()) -> None:
        """With the paths of which each has sent the leads."""
        self._lines = list(lines)

    def decide(
        self, findings: Findings, leads: Mapping[str, Leads], here: Callable[[], Decisions]
    ) -> Decisions:
        """What they decide, with what is decided ``here`` meanwhile, by path. Then they end.

        Raises:
            EndedError: a process was ended, such as for want of memory.
            RuntimeError: one failed.
        """
        for line, own in self._lines:
            line.send((findings, {path: lead for path, lead in leads.items() if path not in own}))
        parts = [here(), *(line.receive() for line, _ in self._lines)]
        self.end()
        return joined(parts)

    def end(self) -> None:
        """Let them go."""
        for line, _ in self._lines:
            line.end()
        self._lines = []


def joined(parts: Sequence[Decisions]) -> Decisions:
    """The decisions of all parts, by path; each has all of a file's, in their order."""
    found = {key: decision for part in parts for key, decision in part.by_site.items()}
    faults = dict.fromkeys(fault for part in parts for fault in part.faults)
    return Decisions(dict(sorted(found.items(), key=lambda item: item[0][0])), [*faults])
