"""What one flake8 run uses: its options, configurations, and what earlier runs kept. What it takes to judge a
file is loaded only where one has to be judged."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.cache.drawer import Drawer
    from torchgate.cache.shelf import Shelf
    from torchgate.config import Config
    from torchgate.config_load import ConfigLoader
    from torchgate.finding import Finding
    from torchgate.flake8_plugin.judge import Judge
    from torchgate.lint.engine import Outcome, RuleFault

# What flake8 calls standard input where --stdin-display-name is not given.
_NAMELESS = ("stdin", "-")


class Settings:
    """What counts for a whole flake8 run, and the configurations that its files have."""

    def __init__(
        self,
        config: str | None,
        *,
        reads_stdin: bool = False,
        disable_noqa: bool = False,
        no_cache: bool = False,
        cache_dir: str | None = None,
        started_ns: int = 0,
    ) -> None:
        """``started_ns``: what of torchgate's source changes later may not be what this process runs."""
        self.reads_stdin = reads_stdin
        self.disable_noqa = disable_noqa
        self.keeps = not (no_cache or reads_stdin or os.environ.get("TORCHGATE_NO_CACHE"))
        self.cache_dir = cache_dir
        self._config = config
        self._started_ns = started_ns
        self._loader: ConfigLoader | None = None
        self._configured: dict[Config, Configured] = {}
        self._drawers: dict[str, Drawer] = {}

    def prepare(self) -> None:
        """Load what most files need, before flake8 doubles the process for its workers. What fails here fails
        again at the first file, where it can be reported."""
        from torchgate.errors import UsageError

        try:
            self._for_folder(os.getcwd()).shelf()
        except (UsageError, OSError):
            return

    def check(self, filename: str, text: str) -> Iterator[tuple[int, int, str]]:
        """One file's findings as line, column and text."""
        from torchgate.errors import UsageError

        path = os.path.abspath(filename)
        try:
            configured = self._for_folder(os.path.dirname(path))
            judged = configured.check(filename, path, text)
            findings = configured.without_baselined(judged, path)
        except UsageError as error:
            from flake8.exceptions import ExecutionError  # type: ignore[import-untyped]

            # The only exception that flake8 turns into a message instead of a traceback.
            raise ExecutionError(f"torchgate: {error}") from None
        for finding in findings:
            yield finding.span.line, finding.span.column, f"{finding.code} {finding.message}"
        for fault in judged.faults:
            # Raising would end flake8's run and lose what the other files have.
            what = f"rule {fault.code}" if fault.code else "the analysis"
            yield 1, 1, f"TG900 not fully checked: {what} failed with {fault.reason}; please report this"

    def drawer(self, config: Config) -> Drawer:
        """Where outcomes of a configuration's files are kept."""
        from torchgate.cache.drawer import Drawer
        from torchgate.cache.sealed import NoCacheError

        assert self._loader is not None
        cwd = self._loader.cwd
        project = config.root if config.file is not None else cwd
        if project not in self._drawers:
            drawer = self._drawers[project] = Drawer("flake8", project, self.cache_dir, cwd, self._started_ns)
            drawer.say = _say
            try:
                drawer.open()
            except NoCacheError as reason:
                _say(f"nothing kept so far: {reason}")
        return self._drawers[project]

    def _for_folder(self, folder: str) -> Configured:
        from torchgate.config_load import ConfigLoader

        if self._loader is None:
            self._loader = ConfigLoader(self._config)
        config = self._loader.for_folder(folder)
        if config not in self._configured:
            self._configured[config] = Configured(config, self)
        return self._configured[config]


class Judged:
    """What one file gave, now or in an earlier run; ``lines``, by number, are those at which findings
    begin."""

    __slots__ = ("faults", "findings", "lines", "path")

    def __init__(self, path: str, findings: list[Finding], lines: dict[int, str]) -> None:
        self.path = path
        self.findings = findings
        self.lines = lines
        self.faults: list[RuleFault] = []


class Configured:
    """One configuration in a run: what is kept of its files, and what it takes to judge them."""

    def __init__(self, config: Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self._judge: Judge | None = None
        self._shelf: Shelf | None = None
        self._keeps = settings.keeps

    def check(self, filename: str, path: str, text: str) -> Judged:
        """What the file at ``path`` gives, which flake8 calls ``filename`` and has read as ``text``."""
        nameless = self._settings.reads_stdin and filename in _NAMELESS
        undecodable = None if nameless or _is_decoded(text) else _undecodable(path)
        shelf = self.shelf()
        if shelf is None:
            return self._judged(self.judge.check(filename, None if nameless else path, undecodable or text))
        from torchgate.cache.entries import findings_of
        from torchgate.cache.sealed import digest
        from torchgate.cache.shelf import digest_of_text

        own = digest_of_text(text) if undecodable is None else digest(undecodable)
        kept = shelf.recall(path, own)
        if kept is None and "noqa" not in text.lower():
            kept = self.judge.borrow(path, own, shelf)
        if kept is not None:
            return Judged(filename, findings_of(kept, filename), kept.lines)
        return self._judged(self.judge.check_and_keep(filename, path, undecodable or text, own, shelf))

    def _judged(self, outcome: Outcome) -> Judged:
        judged = Judged(outcome.path, outcome.findings, outcome.lines)
        judged.faults = outcome.faults
        return judged

    def without_baselined(self, judged: Judged, path: str) -> list[Finding]:
        """The findings that the configured baseline does not record.

        Raises:
            UsageError: it does not exist or is none.
        """
        config = self._config
        if config.lint.baseline is None or not judged.findings:
            return judged.findings
        from torchgate.config_load import relative_to
        from torchgate.lint.baseline import accept, base_of
        from torchgate.lint.engine import Outcome

        outcome = Outcome(judged.path)
        outcome.lines = judged.lines
        file = os.path.join(config.root, config.lint.baseline)
        relative = relative_to(path, base_of(file, path, config.root))
        return accept(judged.findings, [outcome], lambda _: (file, relative))[0]

    def shelf(self) -> Shelf | None:
        """Where outcomes are kept, if they are."""
        if self._shelf is None and self._keeps:
            self._shelf = self._open_shelf()
            self._keeps = self._shelf is not None
        return self._shelf

    def _open_shelf(self) -> Shelf | None:
        from torchgate.cache.identity import file_settings
        from torchgate.cache.sealed import NoCacheError
        from torchgate.cache.shelf import Shelf

        drawer = self._settings.drawer(self._config)
        manner = f"{sys.implementation.cache_tag} {self._settings.disable_noqa}"
        try:
            settings = file_settings(drawer.tool(), self._config, manner)
        except NoCacheError as reason:
            _say(f"no cache: {reason}")
            return None
        return Shelf(self._config, drawer, settings, manner, lambda tree: self.judge.find_sites(tree))

    @property
    def judge(self) -> Judge:
        """The linter, loaded when the first file needs it."""
        if self._judge is None:
            from torchgate.flake8_plugin.judge import Judge

            self._judge = Judge(self._config, self._settings)
        return self._judge


def _say(reason: str) -> None:
    """Under ``--verbose``."""
    from logging import getLogger

    getLogger("flake8.torchgate").info("torchgate: %s", reason)


def _is_decoded(text: str) -> bool:
    """Whether flake8 surely had the text from the file's own encoding: it reads as latin-1 what it cannot
    decode."""
    if text.isascii():
        return "coding" not in text[:400]
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return True
    return False


def _undecodable(path: str) -> bytes | None:
    """The content of a file that is not valid in its own encoding: flake8 reads it as latin-1 and is silent,
    but Python cannot import it, and nothing true can be said about its columns."""
    from torchgate.files.read import read_file
    from torchgate.source import Source, UnreadableError

    try:
        data = read_file(path)
    except (FileNotFoundError, UnreadableError):
        return None
    try:
        Source(path, data)
    except UnreadableError:
        return data
    return None
