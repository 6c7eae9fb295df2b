"""``torchgate migrate``: rewrites what is provably safe, and says why the rest was left alone."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

from torchgate.cli import _options
from torchgate.cli._migrate_check import checked
from torchgate.cli._migrate_output import Output
from torchgate.cli._options import FLAG, LIST, NUMBER, TEXT, Arguments, Option
from torchgate.cli._run import complain
from torchgate.cli.check import refuse_two_answers
from torchgate.config import Config
from torchgate.config_load import ConfigLoader
from torchgate.errors import UsageError
from torchgate.files.discover import Discovery, File
from torchgate.lint import rules
from torchgate.lint.engine import Outcome
from torchgate.lint.selection import Selection, check_codes, matches
from torchgate.migrate import codemods
from torchgate.migrate.deciding import codes_of
from torchgate.migrate.refusals.reason import RefusalReason
from torchgate.migrate.result import Left, Migrated, Result, Rewrite, SiteResult
from torchgate.migrate.run import Task
from torchgate.migrate.run import run as run_task
from torchgate.migrate.writing.files import GONE, obstacle
from torchgate.migrate.writing.journal import BusyError, DamagedError, Journal
from torchgate.migrate.writing.write import UnfinishedError, journal_root, recover, write
from torchgate.processes import how_many

HELP = (
    "Rewrite what is provably safe: facades, ambient defaults, raw imports. Say why the rest is left alone."
)
MODULES = (".py", ".pyi")

OPTIONS = (
    Option("--diff", FLAG, "show what would change, write nothing"),
    Option("--check", FLAG, "say what would change, write nothing"),
    Option("--unsafe", FLAG, "also make the rewrites that can change behaviour"),
    Option("--select", LIST, "codes or prefixes to migrate, in place of all", metavar="CODES"),
    Option("--exit-zero-on-refusal", FLAG, "exit with 0 where sites were left alone"),
    Option("--config", TEXT, "use this configuration file for every file", metavar="FILE"),
    Option("--baseline", TEXT, "leave the findings alone that this file records", metavar="FILE"),
    Option("--no-baseline", FLAG, "migrate what the configured baseline accepts, too"),
    Option("--format --output-format", TEXT, "how sites are printed", choices=("text", "json")),
    Option("--force-exclude", FLAG, "apply `exclude` to files that are named, too"),
    Option("--jobs -j", NUMBER, "processes to use", metavar="N"),
    Option("--quiet -q", FLAG, "print refusals and errors only"),
    Option("--verbose -v", FLAG, "name the migrated and the suppressed sites, too, and trace own faults"),
    Option("--help -h", FLAG, "print this text"),
)


def parse(arguments: list[str]) -> Arguments:
    """The command line of ``migrate``.

    Raises:
        UsageError: it is not one.
    """
    given = _options.parse(arguments, OPTIONS)
    if given.flag("diff") and given.flag("check"):
        raise UsageError("--diff and --check are two ways to write nothing; give one of them")
    refuse_two_answers(given)
    return given


def run(given: Arguments) -> int:
    """Migrate, print, and return the exit code: 3 for own faults, 2 for missing paths, 1 for sites that are
    left or, where nothing is written, for any that would change."""
    if given.flag("help"):
        paths = "files and folders (default: the project); others are read, never written"
        codes = "0 nothing is left, 1 a site was refused or a preview has changes"
        print(_options.usage("migrate", HELP, paths, OPTIONS, codes))
        return 0
    _require_libcst()
    return Command(given).run()


class Command:
    """One run over all configurations."""

    def __init__(self, given: Arguments) -> None:
        """Raises UsageError where an option names an unknown code, or a configuration is not valid."""
        self.given = given
        self.select = given.list("select")
        self.loader = ConfigLoader(given.text("config"))
        self.discovery = Discovery(self.loader, force_exclude=given.flag("force_exclude"))
        self.writes = not (given.flag("diff") or given.flag("check"))
        if self.select is not None:
            _check_select(self.select)

    def run(self) -> int:
        """Everything; the exit code."""
        discovery = self.discovery
        discovery.add(self.given.paths or [self._project()])
        groups = self._by_config(discovery.files.values())
        selections = {config: Selection(config, rules.ALL) for config in groups}
        for config, files in groups.items():
            self._recover(journal_root(config.root, [file.path for file in files]))
        outcomes = checked(self.given, groups)
        results = []
        for config, files in groups.items():
            results.append(run_task(self._task(config, files, selections[config], outcomes)))
            if self.writes:
                self._write(config, results[-1])
        shown = {file.path: file.shown for file in discovery.files.values()}
        output = Output(results, shown, self.given, discovery.missing)
        output.print()
        return output.exit_code()

    def _project(self) -> str:
        config = self.loader.for_folder(self.loader.cwd)
        return config.root if config.file is not None else self.loader.cwd

    def _by_config(self, files: Iterable[File]) -> dict[Config, list[File]]:
        groups: dict[Config, list[File]] = {}
        for file in files:
            if file.path.endswith(MODULES):
                groups.setdefault(file.config, []).append(file)
        return groups

    def _task(
        self,
        config: Config,
        files: Sequence[File],
        selection: Selection,
        outcomes: Mapping[str, Outcome] | None,
    ) -> Task:
        return Task(
            config,
            files,
            selection,
            codemods.ALL,
            self.select,
            self.given.flag("unsafe"),
            self.given.text("baseline"),
            no_baseline=self.given.flag("no_baseline"),
            outcomes=outcomes,
            jobs=how_many(self.given.number("jobs"), len(files)),
        )

    # Writing.

    def _recover(self, root: str) -> None:
        if not self.writes:
            if Journal(root).exists():
                folder = self._name(Journal(root).folder)
                raise UsageError(
                    f"an interrupted migration lies in {folder}: `torchgate migrate` finishes it, and until "
                    "then a preview would show half of it"
                )
            return
        try:
            found = recover(root)
        except BusyError:
            raise UsageError(f"another `torchgate migrate` is at work in {self._name(root)}") from None
        except DamagedError as error:
            raise UsageError(f"an interrupted migration cannot be finished: {error}") from None
        except OSError as error:
            raise UsageError(f"an interrupted migration cannot be finished: {error}") from None
        if found is None:
            return
        if found.nothing:
            complain("torchgate: an interrupted migration had written nothing; its leftovers are removed\n")
        if found.finished:
            names = ", ".join(sorted(map(self._name, found.finished)))
            complain(f"torchgate: finished an interrupted migration: {names}\n")
        if found.blocked:
            raise UsageError("\n".join(self._blocked(root, *group) for group in found.blocked))

    def _blocked(self, root: str, edited: Sequence[str], files: Sequence[str]) -> str:
        folder = self._name(Journal(root).folder)
        return (
            f"an interrupted migration of {', '.join(map(self._name, files))} cannot be finished: "
            f"{', '.join(map(self._name, edited))} was edited since. Nothing was touched. Either undo that "
            f"edit and run again, or compare the files with the contents in {folder} (journal.json names "
            f"them), make them right by hand, and remove {folder}"
        )

    def _write(self, config: Config, result: Result) -> None:
        """Write, and turn the sites of files that changed meanwhile into refusals."""
        if not result.rewrites:
            return
        grouped = {path for group in result.together for path in group}
        groups: list[list[Rewrite]] = [
            [result.rewrites[path] for path in sorted(group) if path in result.rewrites]
            for group in result.together
        ]
        groups += [[rewrite] for path, rewrite in result.rewrites.items() if path not in grouped]
        root = journal_root(config.root, result.rewrites)
        try:
            written = write(root, groups)
        except BusyError:
            raise UsageError(f"another `torchgate migrate` is at work in {self._name(root)}") from None
        except UnfinishedError as error:
            raise UsageError(f"{error}: some files are written; run `torchgate migrate` again") from None
        except OSError as error:
            name = self._name(error.filename) if isinstance(error.filename, str) else root
            raise UsageError(f"{name}: {error.strerror or error}; nothing was written") from None
        if written.changed:
            failed = {path for group in groups for path in _paths(group) if path not in written.files}
            what = "changed, or was taken away," if any(map(_is_gone, written.changed)) else "changed"
            detail = f"{', '.join(map(self._name, written.changed))} {what} while this run was at work"
            result.sites = [_changed(site, failed, detail) for site in result.sites]
            result.rewrites = {path: result.rewrites[path] for path in sorted(written.files)}

    def _name(self, path: str) -> str:
        return self.discovery.shown(path)


def _is_gone(path: str) -> bool:
    return obstacle(path) == GONE


def _paths(group: Iterable[Rewrite]) -> list[str]:
    return [rewrite.path for rewrite in group]


def _changed(site: SiteResult, failed: set[str], detail: str) -> SiteResult:
    if isinstance(site, Migrated) and site.files & failed:
        return Left(site.site, RefusalReason.FILE_CHANGED, detail)
    return site


def _check_select(select: Sequence[str]) -> None:
    check_codes(select, [rule.code for rule in rules.ALL], "--select")
    codes = codes_of(codemods.ALL)
    for prefix in select:
        if codes and not any(matches(code, (prefix,)) for code in codes):
            raise UsageError(
                f"--select: no codemod rewrites {prefix}; there are some for {', '.join(sorted(codes))}"
            )


def _require_libcst() -> None:
    from importlib.util import find_spec

    if "libcst" not in sys.modules and find_spec("libcst") is None:
        raise UsageError("`migrate` needs LibCST: pip install 'torchgate[migrate]'")
