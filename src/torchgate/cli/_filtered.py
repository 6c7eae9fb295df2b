"""``check`` over many files: what cannot be reported anywhere in a file need not be looked for there.

First the bytes of every file tell which kinds of source it has. The files that have one are read, and tell
what they give away; whatever file takes any of it is read too, and so on until nobody takes anything new.
What is read is read in full, so that only the choice of files has to be right.
"""

from __future__ import annotations

from torchgate.cache.evidence import LEFT_OUT, ONCE, READ
from torchgate.cli import _parallel
from torchgate.config_load import file_info
from torchgate.files.read import read_file
from torchgate.lint.engine import Outcome
from torchgate.lint.filter import Filter
from torchgate.lint.fortypes import tests_plainly
from torchgate.lint.given import Given, handed_on, hands_on
from torchgate.lint.giving import ANY, ITSELF, gifts
from torchgate.lint.imports import prefixes
from torchgate.lint.rule import EVERYTHING
from torchgate.processes import how_many
from torchgate.semantics.known import ANYTHING, IMPLICIT
from torchgate.semantics.outline import Imported
from torchgate.semantics.searched import Searched
from torchgate.semantics.textreads import reads_by_text
from torchgate.source import UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias, TypeVar

    from torchgate.cli.check import Check, Recall
    from torchgate.config import Config, FileInfo
    from torchgate.files.discover import File
    from torchgate.lint.giving import Gift
    from torchgate.semantics.module import Module
    from torchgate.semantics.project import Project

    Item = TypeVar("Item")
    Result = TypeVar("Result")
    # The outcome, and what the file gives away.
    Look: TypeAlias = tuple[Outcome | None, frozenset[Gift]]
    # The kinds of source; the imports that may matter, None where they are not certain; and whether it hangs
    # on which modules there are.
    Sorted: TypeAlias = tuple[frozenset[str], list[Imported] | None, bool]

NARROW = frozenset({IMPLICIT})
# Where more than one file in so many has a source, nearly all others take something of it, and to find out
# which do not costs more than to read them.
_FEW = 5
_SAMPLE = 16
_DEEPEST = 10


class Filtered:
    """One run over files of one configuration."""

    def __init__(self, check: Check, config: Config, files: Sequence[File], recall: Recall) -> None:
        self._check = check
        self._files = files
        self._recall = recall
        self._filter = Filter(config, check.selection(config).rules)
        self._project: Project = check.project_of(config)
        self._infos: list[FileInfo] = [file_info(config, file.path) for file in files]
        find = self._project.roots.find
        # The modules that are files of this run.
        self._modules = {
            info.module_name
            for info, file in zip(self._infos, files, strict=True)
            if info.module_name and find(info.module_name) == file.path
        }
        named = (*config.default_helpers, *config.effect_functions, *config.facade_modules)
        self._named = {part for name in named for part in prefixes(name.rpartition(".")[0])}
        self._outside: dict[str, bool] = {}
        self._folders: dict[str, bool] = {}
        self._is_closed = False
        self._sorted: dict[int, Sorted] = {}
        self._looks: dict[int, Look] = {}
        self._left_out: dict[int, Outcome | None] = {}

    def outcomes(self) -> list[Outcome | None] | None:
        """The outcome of every file, in their order; None where all of them had better be read."""
        every = range(len(self._files))
        for index in every:
            self._remember(index)
        new = [index for index in every if index not in self._looks and index not in self._left_out]
        for some in (new[::_SAMPLE], new):  # most projects show at once what they are
            self._sort_all_out(some)
            sources = len(self._looks) + sum(bool(self._sorted[index][0] - NARROW) for index in some)
            if sources * _FEW > len(some) + len(self._looks) + len(self._left_out):
                return None
        full = {*self._looks, *(index for index in new if self._sorted[index][0] - NARROW)}
        full = self._read_all(full, [index for index in new if index not in full])
        return [self._looks[index][0] if index in full else self._left_out[index] for index in every]

    def _sort_all_out(self, files: Sequence[int]) -> None:
        unknown = [index for index in files if index not in self._sorted]
        self._sorted.update(zip(unknown, self._spread(self._sort_out, unknown), strict=True))

    def _remember(self, index: int) -> None:
        """Take what an earlier run kept of a file; whether that can stay is seen when all are known."""
        outcome = self._recall(self._files[index], True)
        if outcome is not None and outcome.evidence is not None:
            if outcome.evidence.manner == LEFT_OUT:
                self._left_out[index] = outcome
                imports = [Imported(*item) for item in outcome.evidence.imports]
                self._sorted[index] = frozenset(), imports, False
            else:
                self._looks[index] = outcome, outcome.evidence.gifts

    def _read_all(self, full: set[int], rest: Sequence[int]) -> set[int]:
        """Read some files, and all that take what these give away, until nobody takes anything new; do the
        rest meanwhile."""
        self._work_through(full, rest)
        while fresh := self._takers(full):
            full = full | fresh
            self._work_through(fresh, ())
        return full

    def _work_through(self, full: set[int], rest: Sequence[int]) -> None:
        """Read some files in full, as far as they are not known, and do what there is to do about others."""
        reading = [index for index in sorted(full) if index not in self._looks]
        found = iter(
            self._spread(self._do, [(item, True) for item in reading], [(item, False) for item in rest])
        )
        self._looks.update(zip(reading, found, strict=False))
        self._left_out.update((index, outcome) for index, (outcome, _) in zip(rest, found, strict=True))
        self._close(False)

    def _do(self, item: tuple[int, bool]) -> Look:
        """Read a file in full, or do whatever else there is to do about it."""
        index, is_read = item
        if is_read or self._sorted[index][0]:
            self._close(not is_read)
        return self._read(index) if is_read else (self._skim(index), frozenset())

    def _close(self, is_closed: bool) -> None:
        """Have nothing asked of other modules, or everything. Who takes nothing that any of them gives need
        not know what they have."""
        if is_closed != self._is_closed:
            self._is_closed = is_closed
            self._project.close(self._modules if is_closed else ())

    def _takers(self, full: set[int]) -> set[int]:
        """The files that import anything of what others give away."""
        roots = self._project.roots
        given = self._given = Given(
            self._gifts(full),
            self._is_outside,
            lambda name: roots.find(name) is not None or roots.is_folder(name),
        )
        asked = {index: self._sorted[index][1] for index in range(len(self._files)) if index not in full}
        # The files of a project import the same again and again.
        every: set[Imported] = set().union(*(imports for imports in asked.values() if imports))
        reached = set(filter(given.reaches, every))
        held = {item: name for item in every if (name := given.holder(item))}
        found: set[int] = set()
        users: list[tuple[int, dict[str, str]]] = []
        for index, imports in asked.items():
            if imports is None or not reached.isdisjoint(imports):
                found.add(index)
            elif not held.keys().isdisjoint(imports):
                users.append((index, {item.bound: held[item] for item in imports if item in held}))
        used = self._spread(self._uses, users)
        return found | {index for (index, _), is_used in zip(users, used, strict=True) if is_used}

    def _gifts(self, full: set[int]) -> Iterator[tuple[str, Gift]]:
        """What every file gives: those that were read, and the others."""
        for index, info in enumerate(self._infos):
            given = self._looks[index][1] if index in full else handed_on(self._sorted[index][1] or ())
            for gift in given:
                yield info.module_name, gift

    def _spread(
        self, work: Callable[[Item], Result], items: Sequence[Item], others: Sequence[Item] = ()
    ) -> list[Result]:
        count = how_many(self._check.given.number("jobs"), len(items) + len(others))
        if count > 1:
            return _parallel.spread(work, items, count, others)
        return [work(item) for item in (*items, *others)]

    def _sort_out(self, index: int) -> Sorted:
        try:
            data = read_file(self._files[index].path)
        except (FileNotFoundError, UnreadableError):
            return frozenset({EVERYTHING}), None, False
        info = self._infos[index]
        text = Searched(data)
        kinds = self._filter.needed(text, info)
        if kinds - NARROW:
            return kinds, None, False  # it will tell itself
        found = text.outline(info)
        names = self._project.roots.names
        wanted = [item for item in found.imports if item.renamed or item.module.partition(".")[0] in names]
        by_text = reads_by_text(text)
        if by_text:  # whatever a module has may be read of it then
            modules = {item.bound: name for item in found.imports if self._is_module(name := item.given)}
            if modules and hands_on(text.code.data, found.spans, modules, self._is_module):
                return kinds | {ANYTHING}, None, True
        if kinds and not tests_plainly(text, found):
            return kinds | {ANYTHING}, None, False
        return kinds, wanted if found.certain else None, by_text

    def _is_module(self, name: str) -> bool:
        """Whether a name is a module or a folder of the project, or one that the configuration speaks of."""
        return (
            name in self._modules
            or name in self._named
            or (
                name.partition(".")[0] in self._project.roots.names
                and (self._project.roots.find(name) is not None or self._project.roots.is_folder(name))
            )
        )

    def _read(self, index: int) -> Look:
        found: list[frozenset[Gift]] = []

        def look(module: Module) -> None:
            found.append(frozenset(gifts(module, self._project)))

        outcome = self._check.check(self._files[index], look=look)
        # A module that is no Python in one place may give what it has in others.
        given = found[0] if found else frozenset({(ANY, ITSELF)})
        if outcome is not None and outcome.evidence is not None:
            outcome.evidence.manner, outcome.evidence.gifts = READ, given
        return outcome, given

    def _skim(self, index: int) -> Outcome | None:
        kinds, imports, by_text = self._sorted[index]
        outcome = self._check.check(self._files[index], kinds=kinds)
        if outcome is not None and outcome.evidence is not None:
            outcome.evidence.manner = ONCE if by_text else LEFT_OUT
            outcome.evidence.imports = [(item.module, item.name, item.bound) for item in imports or ()]
        return outcome

    def _uses(self, item: tuple[int, dict[str, str]]) -> bool:
        """Whether a file uses what may be had from the modules that its names are bound to."""
        index, modules = item
        try:
            text = Searched(read_file(self._files[index].path))
        except (FileNotFoundError, UnreadableError):
            return True
        return self._given.is_used(text, text.outline(self._infos[index]).spans, modules)

    def _is_outside(self, module: str) -> bool:
        """Whether a name is a module of the project that this run does not look at, or a folder with one."""
        known = self._outside.get(module)
        if known is None:
            roots = self._project.roots
            package, dot, _ = module.rpartition(".")
            if module.partition(".")[0] not in roots.names or module in self._modules:
                known = False
            elif dot and not self._is_folder(package):
                known = False  # a name that a module has
            elif module.count(".") > _DEEPEST:
                known = True  # or a link that leads to itself
            else:
                known = roots.find(module) is not None or (
                    self._is_folder(module) and any(map(self._is_outside, roots.below(module)))
                )
            self._outside[module] = known
        return known

    def _is_folder(self, module: str) -> bool:
        known = self._folders.get(module)
        if known is None:
            known = self._folders[module] = self._project.roots.is_folder(module)
        return known
