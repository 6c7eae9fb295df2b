"""``check`` over many files: what cannot be reported anywhere in a file need not be looked for there.

First the bytes of every file tell which kinds of source it has. The files that have one are read, and tell
what they give away; whatever file takes any of it is read too, and so on until nobody takes anything new. To
those that are read, the others are opaque: they hold nothing that matters, so nobody asks what it is.
"""

from __future__ import annotations

import re

from torchgate.cache.evidence import LEFT_OUT, READ
from torchgate.cli import _parallel
from torchgate.config_load import file_info
from torchgate.files.read import read_file
from torchgate.lint.engine import Outcome
from torchgate.lint.filter import Filter, Given
from torchgate.lint.giving import gifts
from torchgate.lint.rule import EVERYTHING
from torchgate.semantics.known import IMPLICIT
from torchgate.semantics.outline import outline
from torchgate.semantics.roots import Asked
from torchgate.source import UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias, TypeVar

    from torchgate.cli.check import Check, Recall
    from torchgate.config import Config, FileInfo
    from torchgate.files.discover import File
    from torchgate.lint.giving import Gift
    from torchgate.semantics.module import Module
    from torchgate.semantics.outline import Imported
    from torchgate.semantics.project import Project

    Item = TypeVar("Item")
    Result = TypeVar("Result")
    # The outcome, what the file gives away, and the opaque modules that were asked for a name.
    Look: TypeAlias = tuple[Outcome | None, frozenset[Gift], frozenset[tuple[str, str]]]

NARROW = frozenset({IMPLICIT})
# Where more than one file in so many has a source, nearly all others take something of it, and to find out
# which do not costs more than to read them.
_FEW = 5
_SAMPLE = 16


class Filtered:
    """One run over files of one configuration."""

    def __init__(self, check: Check, config: Config, files: Sequence[File], recall: Recall) -> None:
        self._check = check
        self._files = files
        self._recall = recall
        self._filter = Filter(config, check.selection(config).rules)
        self._project: Project = check.project_of(config)
        self._infos: list[FileInfo] = [file_info(config, file.path) for file in files]
        self._modules = {info.module_name for info in self._infos}
        self._kinds: dict[int, frozenset[str]] = {}
        self._looks: dict[int, Look] = {}
        self._left_out: dict[int, Outcome | None] = {}

    def outcomes(self) -> list[Outcome | None]:
        """The outcome of every file, in their order."""
        every = range(len(self._files))
        for index in every:
            self._remember(index)
        new = [index for index in every if index not in self._looks and index not in self._left_out]
        for some in (new[::_SAMPLE], new):  # most projects show at once what they are
            self._sort_all_out(some)
            sources = len(self._looks) + sum(bool(self._kinds[index] - NARROW) for index in some)
            if sources * _FEW > len(some) + len(self._looks) + len(self._left_out):
                return list(self._check.check_all(self._files))
        full = {*self._looks, *(index for index in new if self._kinds[index] - NARROW)}
        full = self._read_all(full)
        rest = [index for index in every if index not in full and index not in self._left_out]
        self._left_out.update(zip(rest, self._spread(self._skim, rest), strict=True))
        return [self._looks[index][0] if index in full else self._left_out[index] for index in every]

    def _sort_all_out(self, files: Sequence[int]) -> None:
        unknown = [index for index in files if index not in self._kinds]
        self._kinds.update(zip(unknown, self._spread(self._sort_out, unknown), strict=True))

    def _remember(self, index: int) -> None:
        """Take what an earlier run kept of a file; whether that can stay is seen when all are known."""
        outcome = self._recall(self._files[index], True)
        if outcome is not None and outcome.evidence is not None:
            if outcome.evidence.manner == LEFT_OUT:
                self._left_out[index] = outcome
            else:
                self._looks[index] = outcome, outcome.evidence.gifts, outcome.evidence.opaque

    def _read_all(self, full: set[int]) -> set[int]:
        """Read some files, and all that take what these give away, until nobody takes anything new."""
        while True:
            self._project.close(self._opaque(full), self._modules)
            looks = self._looks
            waiting = [index for index in full if index not in looks or not self._holds(looks[index])]
            looks.update(zip(waiting, self._spread(self._read, waiting), strict=True))
            self._given = Given(
                (self._infos[index].module_name, gift) for index in full for gift in looks[index][1]
            )
            others = [index for index in range(len(self._files)) if index not in full]
            taken = self._spread(self._takes, others)
            fresh = {index for index, takes in zip(others, taken, strict=True) if takes}
            if not fresh:
                return full
            full = full | fresh

    def _holds(self, look: Look) -> bool:
        """Whether all that was taken to hold nothing still does."""
        return all(self._project.holds_nothing(module, name) for module, name in look[2])

    def _spread(self, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        count = _parallel.processes(self._check.given.number("jobs"), len(items))
        return _parallel.spread(work, items, count) if count > 1 else [work(item) for item in items]

    def _opaque(self, full: set[int]) -> frozenset[str]:
        """The modules that are not read."""
        project = self._project.roots
        return frozenset(
            name
            for index, info in enumerate(self._infos)
            if (name := info.module_name)
            and index not in full
            and project.find(name) == self._files[index].path
        )

    def _sort_out(self, index: int) -> frozenset[str]:
        try:
            data = read_file(self._files[index].path)
        except (FileNotFoundError, UnreadableError):
            return frozenset({EVERYTHING})
        return self._filter.needed(data, self._infos[index])

    def _read(self, index: int) -> Look:
        found: list[frozenset[Gift]] = []

        def look(module: Module) -> None:
            found.append(frozenset(gifts(module, self._project)))

        before = self._project.collect(Asked())
        try:
            outcome = self._check.check(self._files[index], look=look)
        finally:
            asked = self._project.collect(before)
        given, opaque = found[0] if found else frozenset(), frozenset(asked.opaque)
        if outcome is not None and outcome.evidence is not None:
            outcome.evidence.manner, outcome.evidence.gifts, outcome.evidence.opaque = READ, given, opaque
        return outcome, given, opaque

    def _skim(self, index: int) -> Outcome | None:
        outcome = self._check.check(self._files[index], kinds=self._kinds[index])
        if outcome is not None and outcome.evidence is not None:
            outcome.evidence.manner = LEFT_OUT
        return outcome

    def _takes(self, index: int) -> bool:
        """Whether a file imports anything of what others give away."""
        try:
            data = read_file(self._files[index].path)
        except (FileNotFoundError, UnreadableError):
            return True
        found = outline(data, self._infos[index])

        def look(bound: str, names: set[str]) -> bool:
            if any(name.encode() in data for name in names):
                return True
            alone = re.compile(rb"(?<![\w.])" + bound.encode() + rb"(?!\w)(?!\s*\.)")
            imports = b"\n".join(data[start:end] for start, end in found.spans)
            return len(alone.findall(data)) > len(alone.findall(imports))

        return not found.certain or any(
            self._given.reaches(item, look) or self._is_outside(item) for item in found.imports
        )

    def _is_outside(self, item: Imported) -> bool:
        """Whether an import statement names a module of the project that this run does not look at."""
        roots = self._project.roots
        return item.module.partition(".")[0] in roots.names and any(
            name not in self._modules and roots.find(name) is not None for name in (item.module, item.dotted)
        )
