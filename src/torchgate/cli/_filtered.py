"""``check`` over many files: what cannot be reported anywhere in a file need not be looked for there.

First the bytes of every file tell which kinds of source it has. The files that have one are read, and tell
what they give away; whatever file takes any of it is read too, and so on until nobody takes anything new. To
those that are read, the others are opaque: they hold nothing that matters, so nobody asks what it is.
"""

from __future__ import annotations

import re

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

    from torchgate.cli.check import Check
    from torchgate.config import Config, FileInfo
    from torchgate.files.discover import File
    from torchgate.lint.giving import Gift
    from torchgate.semantics.module import Module
    from torchgate.semantics.outline import Imported
    from torchgate.semantics.project import Project

    Item = TypeVar("Item")
    Result = TypeVar("Result")
    # The outcome, what the file gives away, and the opaque modules that it was asked about.
    Look: TypeAlias = tuple[Outcome | None, frozenset[Gift], frozenset[str]]

NARROW = frozenset({IMPLICIT})
# Where more than one file in so many has a source, nearly all others take something of it, and to find out
# which do not costs more than to read them.
_FEW = 5


class Filtered:
    """One run over files of one configuration."""

    def __init__(self, check: Check, config: Config, files: Sequence[File], jobs: int) -> None:
        self._check = check
        self._files = files
        self._jobs = jobs
        self._filter = Filter(config, check.selection(config).rules)
        self._project: Project = check.project_of(config)
        self._infos: list[FileInfo] = [file_info(config, file.path) for file in files]
        self._modules = {info.module_name for info in self._infos}
        self._kinds: list[frozenset[str]] = []

    def outcomes(self) -> list[Outcome | None]:
        """The outcome of every file, in their order."""
        every = range(len(self._files))
        self._kinds = self._spread(self._sort_out, every)
        full = {index for index in every if self._kinds[index] - NARROW}
        if len(full) * _FEW > len(self._files):
            return self._spread(self._check.check, self._files)
        self._check.is_filtered = True
        looks: dict[int, Look] = {}
        waiting = full
        while waiting:
            self._project.close(self._opaque(full), self._modules)
            looks.update(zip(waiting, self._spread(self._read, list(waiting)), strict=True))
            given = Given(
                (self._infos[index].module_name, gift) for index in full for gift in looks[index][1]
            )
            self._given = given
            others = [index for index in every if index not in full]
            taken = self._spread(self._takes, others)
            fresh = {index for index, takes in zip(others, taken, strict=True) if takes}
            full |= fresh
            opened = {self._infos[index].module_name for index in fresh}
            asked = {index for index, look in looks.items() if not opened.isdisjoint(look[2])}
            waiting = fresh | asked
        rest = [index for index in every if index not in full]
        found = dict(zip(rest, self._spread(self._skim, rest), strict=True))
        return [looks[index][0] if index in full else found[index] for index in every]

    def _spread(self, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        count = _parallel.processes(self._jobs, len(items))
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
        return outcome, found[0] if found else frozenset(), frozenset(asked.opaque)

    def _skim(self, index: int) -> Outcome | None:
        return self._check.check(self._files[index], kinds=self._kinds[index])

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
