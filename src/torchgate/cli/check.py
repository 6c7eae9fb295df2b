"""``torchgate check``: lints files and folders."""

from __future__ import annotations

import os
import sys

from torchgate.cli import _options, _printing
from torchgate.cli._options import FLAG, LIST, NUMBER, TEXT, Option
from torchgate.cli._run import complain
from torchgate.config_load import ConfigLoader, file_info, relative_to
from torchgate.documents import is_document
from torchgate.errors import UsageError
from torchgate.lint.engine import Options, Outcome, check_data, project_of, source_lines, unreadable
from torchgate.lint.selection import UNREADABLE, Overrides, Selection, check_codes, matches
from torchgate.report import FORMATS, Report, render
from torchgate.source import UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from torchgate.cache.evidence import Witness
    from torchgate.cli._cached import Cached
    from torchgate.cli._options import Arguments
    from torchgate.config import Config
    from torchgate.files.discover import Discovery, File
    from torchgate.lint.rule import Rule
    from torchgate.report.background import Background
    from torchgate.semantics.module import Module
    from torchgate.semantics.project import Project

    # What was kept of a file, if it still holds; of a run that left files out (True), or of one that did not.
    Recall: TypeAlias = Callable[[File, bool], Outcome | None]

HELP = "Find raw torch imports, facades, ambient defaults and stray determinism flags."
STDIN = "-"
# Fewer files are all read: to sort them out would take a look at the modules that they import.
_FILTERED_FROM = 64
# Nor are they sorted out where less than one in so many is to be checked.
_MOST = 4

OPTIONS = (
    Option("--config", TEXT, "use this configuration file for every file", metavar="FILE"),
    Option("--select", LIST, "codes or prefixes to run, in place of the configured ones", metavar="CODES"),
    Option("--ignore", LIST, "codes or prefixes not to run", metavar="CODES"),
    Option("--extend-select", LIST, "codes or prefixes to run besides", metavar="CODES"),
    Option("--extend-ignore", LIST, "codes or prefixes not to run besides", metavar="CODES"),
    Option("--preview", FLAG, "run the rules that are still in preview"),
    Option("--format --output-format", TEXT, "how findings are printed", choices=FORMATS),
    Option("--output-file", TEXT, "write the findings to a file", metavar="FILE"),
    Option("--baseline", TEXT, "accept the findings that this file records", metavar="FILE"),
    Option("--no-baseline", FLAG, "report what the configured baseline accepts, too"),
    Option("--stdin-filename", TEXT, "the name of the file on standard input (-)", metavar="FILE"),
    Option("--force-exclude", FLAG, "apply `exclude` to files that are named, too"),
    Option("--statistics", FLAG, "count the findings of every rule"),
    Option("--exit-zero", FLAG, "exit with 0 where there are findings"),
    Option("--jobs -j", NUMBER, "processes to use", metavar="N"),
    Option("--no-cache", FLAG, "neither use nor keep what earlier runs found"),
    Option(
        "--cache-dir", TEXT, "where that is kept, instead of .torchgate_cache in the project", metavar="DIR"
    ),
    Option("--quiet -q", FLAG, "print findings and errors only"),
    Option("--verbose -v", FLAG, "name the configuration of every file, and trace own faults"),
    Option("--color", TEXT, "colour the text formats", choices=("auto", "always", "never")),
    Option("--help -h", FLAG, "print this text"),
)


def parse(arguments: list[str]) -> Arguments:
    """The command line of ``check``.

    Raises:
        UsageError: it is not one.
    """
    given = _options.parse(arguments, OPTIONS)
    if STDIN in given.paths and len(given.paths) > 1:
        raise UsageError("`-` (standard input) cannot be checked together with other paths")
    refuse_two_answers(given)
    if given.text("stdin_filename") is not None and given.paths != [STDIN]:
        raise UsageError("--stdin-filename names what `-` reads: `torchgate check --stdin-filename FILE -`")
    return given


def refuse_two_answers(given: Arguments) -> None:
    """Raises UsageError where a baseline is named, and none is to be read."""
    if given.flag("no_baseline") and given.text("baseline") is not None:
        raise UsageError("--baseline and --no-baseline are two answers to one question; give one of them")


def run(given: Arguments) -> int:
    """Check, print, and return the exit code: 3 for own faults, 2 for missing paths, 1 for findings."""
    if given.flag("help"):
        paths = "files and folders (default: the project); - reads standard input"
        print(_options.usage("check", HELP, paths, OPTIONS, "0 clean, 1 findings"))
        return 0
    check = Check(given)
    outcomes = check.outcomes()
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    findings.sort(key=lambda finding: finding.sort_key())
    every, baselined = findings, 0
    if check.wants_baseline:
        from torchgate.lint.baseline import accept

        findings, baselined = accept(findings, outcomes, check.baseline_of)
    faults = [fault for outcome in outcomes for fault in outcome.faults]
    code = _printing.code(given, findings, faults, check.missing)

    def background() -> Background:
        from torchgate.cli import _background

        return _background.background(check, every, outcomes)

    report = Report(
        findings,
        files=len(outcomes),
        suppressed=sum(outcome.suppressed for outcome in outcomes),
        baselined=baselined,
        lines=source_lines(outcomes),
        color=_printing.color(given),
        faults=faults,
        missing=check.missing,
        code=code,
        background=background,
    )
    text = render(given.text("format") or "text", report)
    _printing.write(text, given.text("output_file"))
    from torchgate.cli import _summary

    sys.stdout.flush()
    after = _summary.text(report, given)
    complain(after)
    if check.cached is not None and not faults and not check.missing and not given.flag("verbose"):
        check.cached.record(code, "".join(check.notes), text, after)
    return code


class Check:
    """One run: its files, their configurations, and what each gave."""

    def __init__(self, given: Arguments, *, announce: bool = True) -> None:
        """``announce``: name the configurations under ``--verbose``.

        Raises:
            UsageError: an option names an unknown code, or a configuration that is not valid.
        """
        self.given = given
        self._announce = announce and given.flag("verbose")
        self.rules = _rules(given)
        self.loader = ConfigLoader(given.text("config"))
        self.missing: list[str] = []
        self.overrides = Overrides(
            select=given.list("select"),
            ignore=given.list("ignore") or (),
            extend_select=given.list("extend_select") or (),
            extend_ignore=given.list("extend_ignore") or (),
            preview=True if given.flag("preview") else None,
        )
        self._selections: dict[Config, Selection] = {}
        self._projects: dict[Config, Project] = {}
        self._witnesses: dict[Config, Witness] = {}
        self._configs: dict[str, Config] = {}
        self.notes: list[str] = []
        self.asked_for: set[str] = set()  # files that decide about the report by being there or not
        self.cached: Cached | None = None
        self.keeps = not given.flag("no_cache") and not os.environ.get("TORCHGATE_NO_CACHE")

    def note(self, text: str) -> None:
        """Say something on standard error before the findings come."""
        self.notes.append(f"torchgate: {text}\n")
        complain(self.notes[-1])

    def outcomes(self) -> list[Outcome]:
        """What every file gave, in the order in which they were found."""
        if self.given.paths == [STDIN]:
            return list(self._standard_input())
        from torchgate.files.discover import Discovery

        discovery = Discovery(self.loader, force_exclude=self.given.flag("force_exclude"))
        discovery.add(self.given.paths or [self.folder()])
        self.missing = discovery.missing
        files = list(discovery.files.values())
        for file in files:
            self.selection(file.config)  # a wrong code is said before the work, not in its midst
            self._configs[file.shown] = file.config
        found = list(self._outcomes_of(files, discovery))
        if not self.given.flag("quiet"):
            from torchgate.cli._duplicates import duplicates

            for warning in duplicates(files, self.loader.cwd):
                self.note(f"warning: {warning}")
        outcomes = [outcome for outcome in found if outcome is not None]
        for path, reason in discovery.unlisted:
            outcome = Outcome(path)
            outcome.findings.append(unreadable(path, f"the folder cannot be listed: {reason.lower()}"))
            outcomes.append(outcome)
        return outcomes

    def _outcomes_of(self, files: Sequence[File], discovery: Discovery) -> Iterable[Outcome | None]:
        if not self.keeps:
            return self.judge(files, lambda file, sorted_out: None)
        from torchgate.cli._cached import Cached

        self.cached = Cached(self, discovery)
        return self.cached.outcomes(files)

    def judge(self, files: Sequence[File], recall: Recall) -> list[Outcome | None]:
        """The outcome of every file, in their order; ``recall`` gives what an earlier run kept."""
        found = [recall(file, False) for file in files]
        missing = [index for index, outcome in enumerate(found) if outcome is None]
        if len(missing) * _MOST > len(files) and self._is_worth_filtering(len(files)):
            missing = self._check_filtered(files, recall, found)
        for index, outcome in zip(missing, self.check_all([files[index] for index in missing]), strict=True):
            found[index] = outcome
        return found

    def check_all(self, files: Sequence[File]) -> Iterable[Outcome | None]:
        """Read and judge files, in several processes where that is worth it."""
        jobs = self.given.number("jobs")
        if jobs != 1 and len(files) > 1:
            from torchgate.cli import _parallel
            from torchgate.processes import how_many

            count = how_many(jobs, len(files))
            found = _parallel.outcomes(self, files, count) if count > 1 else None
            if found is not None:
                return found
        return map(self.check, files)

    def _check_filtered(
        self, files: Sequence[File], recall: Recall, found: list[Outcome | None]
    ) -> list[int]:
        """Sort out the files of each configuration and judge them, where that is worth it; returns those that
        are still to be judged."""
        from torchgate.cli._filtered import Filtered

        waiting = [
            index for index, file in enumerate(files) if is_document(file.path) and found[index] is None
        ]
        for config in {file.config: None for file in files}:
            own = [
                index
                for index, file in enumerate(files)
                if file.config is config and not is_document(file.path)
            ]
            outcomes = Filtered(self, config, [files[index] for index in own], recall).outcomes()
            if outcomes is None:
                waiting += [index for index in own if found[index] is None]
            else:
                for index, outcome in zip(own, outcomes, strict=True):
                    found[index] = outcome
        return waiting

    def _is_worth_filtering(self, files: int) -> bool:
        """Whether files are sorted out before they are parsed."""
        if files < _FILTERED_FROM or os.environ.get("TORCHGATE_UNFILTERED"):
            return False
        from torchgate.processes import can_fork

        return can_fork()

    @property
    def wants_baseline(self) -> bool:
        """Whether any file has findings accepted."""
        return self.given.text("baseline") is not None or any(
            config.lint.baseline is not None and not self.given.flag("no_baseline")
            for config in self._selections
        )

    @property
    def configs(self) -> Mapping[str, Config]:
        """The configuration of every file that was looked at, by its path as shown."""
        return self._configs

    def config_of(self, path: str) -> Config:
        """The configuration for a path as shown."""
        return self._configs.get(path) or self.loader.for_folder(self.loader.cwd)

    def baseline_of(self, path: str) -> tuple[str | None, str]:
        """The baseline file for a path as shown, and that path as the baseline writes it."""
        config = self.config_of(path)
        absolute = os.path.normpath(os.path.join(self.loader.cwd, path))
        named, own = self.given.text("baseline"), config.lint.baseline
        if named is not None:
            file = os.path.abspath(named)
        elif own is not None and not self.given.flag("no_baseline"):
            file = os.path.join(config.root, own)
        else:
            return None, relative_to(absolute, config.root)
        from torchgate.lint.baseline import base_of

        return file, relative_to(absolute, base_of(file, absolute, config.root))

    def folder(self) -> str:
        """What is checked where nothing is named."""
        config = self.loader.for_folder(self.loader.cwd)
        return config.root if config.file is not None else self.loader.cwd

    def selection(self, config: Config) -> Selection:
        """The rules that run under a configuration."""
        selection = self._selections.get(config)
        if selection is None:
            selection = self._selections[config] = Selection(config, self.rules, self.overrides)
            if self._announce:
                print(f"torchgate: using {config.file or f'the defaults in {config.root}'}", file=sys.stderr)
        return selection

    def check(
        self,
        file: File,
        *,
        kinds: frozenset[str] | None = None,
        look: Callable[[Module], None] | None = None,
    ) -> Outcome | None:
        """Read and judge one file; None for one that is listed and is not there. ``kinds`` and ``look`` are
        those of ``Options``."""
        from torchgate.files.read import read_file

        witness = self._witness(file.config) if self.keeps else None
        try:
            data = witness.read(file.path) if witness is not None else read_file(file.path)
        except FileNotFoundError:
            if file.listed:
                return None  # git still lists a file that was deleted from the work tree
            return self._unreadable(file, "it disappeared while it was read")
        except UnreadableError as error:
            if file.listed and os.path.isdir(file.path):
                return None  # a link to a folder that is called like a module
            return self._unreadable(file, error.reason)
        options = Options(relative_to(file.path, file.config.root), kinds=kinds, look=look)
        if witness is None:
            return self._judge(file.shown, file.path, data, file.config, options)
        witness.begin()
        if kinds is not None:
            from torchgate.lint.filter import ask_for_imports

            ask_for_imports(self.project_of(file.config), data, file_info(file.config, file.path))
        outcome = self._judge(file.shown, file.path, data, file.config, options)
        outcome.evidence = witness.evidence(file.path)
        return outcome

    def sites(self, config: Config) -> str:
        """Where a project applies the effect, as a short text."""
        from torchgate.cache.evidence import sites_digest

        self._witness(config)  # what is read now, files that are judged later may rest on
        return sites_digest(self.project_of(config))

    def _witness(self, config: Config) -> Witness:
        witness = self._witnesses.get(config)
        if witness is None:
            from torchgate.cache.evidence import Witness

            witness = self._witnesses[config] = Witness(self.project_of(config))
        return witness

    def project_of(self, config: Config) -> Project:
        """The project of a configuration."""
        project = self._projects.get(config)
        if project is None:
            project = self._projects[config] = project_of(config)
        return project

    def _unreadable(self, file: File, reason: str) -> Outcome:
        outcome = Outcome(file.shown)
        selection = self.selection(file.config)
        info = file_info(file.config, file.path)
        ignored = selection.ignored_in(relative_to(file.path, file.config.root), info)
        if UNREADABLE in selection.enabled and not matches(UNREADABLE, ignored):
            outcome.findings.append(unreadable(file.shown, reason))
        return outcome

    def _judge(self, shown: str, path: str, data: bytes, config: Config, options: Options) -> Outcome:
        options.resolver = self.project_of(config)
        if is_document(path):
            from torchgate.lint.documents import check_document

            return check_document(
                shown, data, config, file_info(config, path), self.selection(config), options
            )
        return check_data(shown, data, config, file_info(config, path), self.selection(config), options)

    def _standard_input(self) -> Iterator[Outcome]:
        from torchgate.files.read import reason_of

        name = self.given.text("stdin_filename")
        try:
            data = sys.stdin.buffer.read()
        except OSError as error:
            raise UsageError(f"standard input cannot be read: {reason_of(error)}") from None
        path = os.path.abspath(name) if name is not None else os.path.join(self.loader.cwd, STDIN)
        config = self.loader.for_folder(os.path.dirname(path))
        from torchgate.files.discover import Discovery

        discovery = Discovery(self.loader)
        shown = discovery.shown(path) if name is not None else STDIN
        if name is not None and self.given.flag("force_exclude") and discovery.is_excluded(path, config):
            return
        self._configs[shown] = config
        options = Options(relative_to(path, config.root), report_unused=False)
        yield self._judge(shown, path, data, config, options)


def _rules(given: Arguments) -> Sequence[Rule]:
    from torchgate.lint.rules import ALL

    for key in ("select", "ignore", "extend_select", "extend_ignore"):
        check_codes(given.list(key) or (), [rule.code for rule in ALL], f"--{key.replace('_', '-')}")
    return ALL
