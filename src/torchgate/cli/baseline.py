"""``torchgate baseline``: writes, prunes and checks the file of accepted findings.

The entry of a finding that could not be looked for stays: of a file that cannot be read now, and of one that
was not asked about.
"""

from __future__ import annotations

import os

from torchgate.cli import _options, check
from torchgate.cli._options import FLAG, TEXT, Option
from torchgate.cli._run import complain
from torchgate.config_load import is_within
from torchgate.documents import is_document, read
from torchgate.errors import UsageError
from torchgate.lint import baseline
from torchgate.lint.selection import UNREADABLE
from torchgate.report.text import printable
from torchgate.source import Source, UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from torchgate.cli._options import Arguments
    from torchgate.config import Config
    from torchgate.lint.baseline import Entry
    from torchgate.lint.engine import Outcome

HELP = "Accept today's findings, so that `torchgate check` reports new ones only."
_SHARED = frozenset({"config", "force_exclude", "jobs", "no_cache", "cache_dir", "verbose", "help"})
OPTIONS = (
    Option("--prune", FLAG, "only take out what is no longer found"),
    Option("--check", FLAG, "write nothing; exit with 1 where something would be taken out"),
    Option("--baseline", TEXT, "the file, in place of the configured one", metavar="FILE"),
    Option("--quiet -q", FLAG, "no summary"),
    *(option for option in check.OPTIONS if option.key in _SHARED),
)


def parse(arguments: list[str]) -> Arguments:
    """The command line of ``baseline``.

    Raises:
        UsageError: it is not one.
    """
    given = _options.parse(arguments, OPTIONS)
    if check.STDIN in given.paths:
        raise UsageError("`-` (standard input) has no baseline")
    if given.flag("prune") and given.flag("check"):
        raise UsageError("--check says what --prune would do: give one of them")
    return given


def run(given: Arguments) -> int:
    """Bring every baseline up to date, or say what is not: 3 for own faults and 2 for missing paths, where
    nothing is written; 1 under ``--check`` for entries that are no longer found."""
    if given.flag("help"):
        paths = "files and folders (default: the project); the entries of others stay"
        codes = "0 up to date, 1 --check would take something out"
        print(_options.usage("baseline", HELP, paths, OPTIONS, codes))
        return 0
    looked = check.Check(given)
    outcomes = looked.outcomes()
    faults = [fault for outcome in outcomes for fault in outcome.faults]
    if faults or looked.missing:
        return _refuse([str(fault) for fault in faults], looked.missing)
    if not looked.configs:
        complain("torchgate: no Python files to check\n")
        return 0
    tasks = _tasks(looked, outcomes)
    if given.flag("prune") or given.flag("check"):
        # A project in this one that has no baseline, and names none, has nothing to take out.
        tasks = [task for task in tasks if task.is_there] or tasks
    for task in tasks:
        task.read()  # what is no baseline is said before any is written
    stale = sum(task.run() for task in tasks)
    return 1 if stale and given.flag("check") else 0


def _refuse(faults: Sequence[str], missing: Sequence[str]) -> int:
    for text in faults:
        complain(f"torchgate: {printable(text)}\n")
    for path in missing:
        complain(f"torchgate: {printable(path) or repr(path)}: no such file or folder\n")
    complain("torchgate: not everything could be looked at, so no baseline was touched\n")
    return 3 if faults else 2


def _tasks(looked: check.Check, outcomes: Sequence[Outcome]) -> list[_Task]:
    """The baselines of the files that were looked at, in the order of their paths."""

    def place(shown: str) -> tuple[str, str]:
        file, relative = looked.baseline_of(shown)
        default = os.path.join(looked.config_of(shown).root, baseline.DEFAULT_NAME)
        return os.path.normpath(file or default), relative

    tasks: dict[str, _Task] = {}
    for shown, config in looked.configs.items():
        file = place(shown)[0]
        if file not in tasks:
            tasks[file] = _Task(file, looked, is_read=looked.baseline_of(shown)[0] is not None)
        tasks[file].configs[config] = None
        path = os.path.normpath(os.path.join(looked.loader.cwd, shown))
        tasks[file].bases[baseline.base_of(file, path, config.root)] = None
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    findings.sort(key=lambda finding: finding.sort_key())
    for file, entry in baseline.entries_of(findings, outcomes, place):
        tasks[file].found.append(entry)
    return [tasks[file] for file in sorted(tasks)]


class _Task:
    """One baseline file: what it accepts, and what was found."""

    def __init__(self, path: str, looked: check.Check, *, is_read: bool) -> None:
        """``is_read``: whether a configuration or an option makes ``check`` read it."""
        self.path = path
        self.found: list[Entry] = []
        self.configs: dict[Config, None] = {}
        self.bases: dict[str, None] = {}
        self._given = looked.given
        cwd, paths = looked.loader.cwd, looked.given.paths or [looked.folder()]
        self._scope = [os.path.normpath(os.path.join(cwd, path)) for path in paths]
        self._is_read = is_read
        self._shown = os.path.relpath(path)
        self._only_old = self._given.flag("prune") or self._given.flag("check")
        self._old: list[Entry] = []
        self._unreadable: dict[str, bool] = {}  # by path: a file may have many entries

    @property
    def is_there(self) -> bool:
        """Whether there is a baseline, or should be."""
        return self._is_read or os.path.lexists(self.path)

    def read(self) -> None:
        """Read what it accepts so far.

        Raises:
            UsageError: it is no baseline, or there is none to prune or check.
        """
        self._old = baseline.read(self.path) if os.path.exists(self.path) or self._only_old else []

    def run(self) -> int:
        """Do what was asked; returns the number of entries that are no longer found."""
        exists = os.path.exists(self.path)
        old = self._old
        prints = {entry.fingerprint for entry in self.found}
        unread = {entry.path for entry in self.found if entry.code == UNREADABLE}
        missing = [entry for entry in old if entry.fingerprint not in prints]
        gone = [entry for entry in missing if self._was_looked_for(entry, unread)]
        if self._given.flag("check"):
            self._tell(gone, len(old))
            return len(gone)
        known = {entry.fingerprint for entry in old}
        new = [] if self._only_old else [entry for entry in self.found if entry.fingerprint not in known]
        dropped = {entry.fingerprint for entry in gone}
        kept = {entry.fingerprint: entry for entry in old if entry.fingerprint not in dropped}
        told = {entry.fingerprint: entry for entry in self.found if entry.fingerprint in kept}
        self._write(baseline.document([*(kept | told).values(), *new]), exists)
        self._summarise(len(kept) + len(new), len(new), len(gone))
        return len(gone)

    def _was_looked_for(self, entry: Entry, unread: Collection[str]) -> bool:
        """Whether a finding that is not there is gone, and not only unseen: ``unread`` are the files and
        folders of which TG900 says so."""
        if any(f"{entry.path}/".startswith(f"{path}/") for path in unread):
            return entry.code == UNREADABLE
        # Of a baseline that names no paths only a look at everything tells.
        places = [os.path.normpath(os.path.join(base, entry.path)) for base in self.bases]
        if not any(is_within(place, path) for place in places for path in self._scope):
            return False
        for place in places:
            if place not in self._unreadable:
                self._unreadable[place] = _is_unreadable(place)
        return entry.code == UNREADABLE or not any(self._unreadable[place] for place in places)

    def _write(self, text: str, exists: bool) -> None:
        from torchgate.files.read import read_file
        from torchgate.files.write import write_atomically

        if exists and read_file(self.path) == text.encode():
            return
        try:
            write_atomically(self.path, text)
        except OSError as error:
            reason = error.strerror or error
            raise UsageError(f"{self._shown}: the baseline cannot be written: {reason}") from None

    # What is said.

    def _tell(self, gone: Sequence[Entry], count: int) -> None:
        for entry in gone:
            where = f" in `{entry.qualname}`" if entry.qualname else ""
            what = f"{entry.code or 'a finding'}{where}"
            print(f"{printable(entry.path) or entry.fingerprint}: {what} is no longer found")
        if gone:
            rest = "`torchgate baseline --prune` takes them out"
            self._say(f"{len(gone)} of {_counted(count, 'entry')} no longer found; {rest}")
        else:
            self._say(f"{_counted(count, 'entry')}, none of them out of date")

    def _summarise(self, count: int, new: int, gone: int) -> None:
        changes = [f"{new} new"] if new else []
        changes += [f"{gone} no longer found and taken out"] if gone else []
        self._say(f"{_counted(count, 'finding')} accepted ({', '.join(changes) or 'as before'})")
        if not self._is_read:
            config = next(iter(self.configs))
            file = config.file
            table = "" if file and os.path.basename(file) == "torchgate.toml" else "[tool.torchgate] in "
            where = f"{table}{os.path.relpath(file or os.path.join(config.root, 'pyproject.toml'))}"
            name = os.path.basename(self.path)
            self._say(f'nothing reads it yet: add `baseline = "{name}"` to {where}')
        if _is_ignored(self.path):
            self._say(
                "git ignores it, so that others do not get it: `git add --force` it, or mend .gitignore"
            )

    def _say(self, text: str) -> None:
        if not self._given.flag("quiet"):
            complain(f"torchgate: {printable(self._shown)}: {text}\n")


def _is_ignored(path: str) -> bool:
    """Whether a file is one that git leaves out: `*.json` stands in many a .gitignore."""
    from torchgate.files.git import is_ignored, work_tree

    root = work_tree(os.path.dirname(path))
    return root is not None and is_ignored(path, root)


def _is_unreadable(path: str) -> bool:
    """Whether a file is there and no rule could look at it. TG900 need not say so: it can be switched off."""
    from torchgate.files.read import read_file
    from torchgate.lint.documents import parse
    from torchgate.semantics.text import parse as parse_source

    if not os.path.isfile(path):
        return False
    try:
        data = read_file(path)
        if is_document(path):
            return bool(read(path, data, parse).problems)
        parse_source(Source(path, data))
    except FileNotFoundError:
        return False
    except UnreadableError:
        return True
    return False


def _counted(number: int, what: str) -> str:
    plural = f"{what.removesuffix('y')}ies" if what.endswith("y") else f"{what}s"
    return f"{number} {what if number == 1 else plural}"
