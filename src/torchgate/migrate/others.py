"""The other processes that lint a configuration's files. What they understood of them stays with them, so
each decides about the findings of the files that it linted, and then about those that nobody has begun with.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from torchgate.finding import Finding
from torchgate.migrate.deciding import Decisions
from torchgate.processes import Line

# Those to decide about, by path: in all files, since a decision hangs on what else is found.
Findings: TypeAlias = Mapping[str, Sequence[Finding]]


class Shares:
    """Says which files a process decides about. Nothing is locked: that two take the same file at the same
    time is rare, and they decide the same."""

    def __init__(self, paths: Sequence[str]) -> None:
        """To be made before the processes are."""
        self._numbers = {path: number for number, path in enumerate(paths)}
        self._begun = mmap.mmap(-1, len(paths) + 1)  # shared with them; a byte for each file

    def each(self, paths: Sequence[str], own: frozenset[str]) -> Iterator[str]:
        """The paths to decide about, own ones first; of the others, those to which their process comes
        last."""
        first = [path for path in paths if path in own]
        for path in (*first, *(path for path in reversed(paths) if path not in own)):
            if not self._begun[self._numbers[path]]:
                self._begun[self._numbers[path]] = 1
                yield path


class Others:
    """The processes that wait to be asked for their decisions, or to be let go."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines

    def decide(self, findings: Findings, here: Callable[[], Decisions]) -> Decisions:
        """What they decide, with what is decided ``here`` meanwhile, by path. Then they end.

        Raises:
            EndedError: a process was ended, such as for want of memory.
            RuntimeError: one failed.
        """
        for line in self._lines:
            line.send(findings)
        parts = [here(), *(line.receive() for line in self._lines)]
        self.end()
        return joined(parts)

    def end(self) -> None:
        """Let them go."""
        for line in self._lines:
            line.end()
        self._lines = ()


def joined(parts: Sequence[Decisions]) -> Decisions:
    """The decisions of all parts, by path; each has all of a file's, in their order."""
    found = {key: decision for part in parts for key, decision in part.by_site.items()}
    faults = dict.fromkeys(fault for part in parts for fault in part.faults)
    return Decisions(dict(sorted(found.items(), key=lambda item: item[0][0])), [*faults])
