"""The flake8 plugin: the rules of ``torchgate check``, under torchgate's own configuration.

flake8 reads no pyproject.toml, so the plugin does: selection, per-file-ignores, baseline and
``# torchgate: ignore`` are torchgate's, and flake8's settings then only narrow. Opt-in rules are withheld
here, not by flake8's ``extend_default_ignore``, which a user's ``ignore`` or ``select`` would switch off.
"""

from __future__ import annotations

import os

from torchgate import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _ast import AST
    from argparse import Namespace
    from collections.abc import Iterator, Sequence
    from typing import Any

    from torchgate.config import Config
    from torchgate.config_load import ConfigLoader
    from torchgate.finding import Finding
    from torchgate.lint.engine import Outcome
    from torchgate.lint.selection import Selection
    from torchgate.semantics.project import Project

# What flake8 calls standard input where --stdin-display-name is not given.
_NAMELESS = ("stdin", "-")


class Plugin:
    """One file's check. flake8 makes an instance for each file and calls ``run``."""

    name = "torchgate"
    version = __version__
    _settings: Settings | None = None

    def __init__(self, tree: AST, filename: str, lines: Sequence[str]) -> None:
        """``tree`` is asked for because flake8 takes a plugin for a logical-line one without it."""
        self._filename = filename
        self._lines = lines

    @classmethod
    def add_options(cls, parser: Any) -> None:
        """Register ``--torchgate-config``."""
        parser.add_option(
            "--torchgate-config",
            metavar="FILE",
            default=None,
            parse_from_config=True,
            normalize_paths=True,
            help="torchgate's configuration file (default: the nearest one to each checked file)",
        )

    @classmethod
    def parse_options(cls, options: Namespace) -> None:
        """Take over flake8's options. In a worker process, flake8 calls this again."""
        cls._settings = Settings(
            options.torchgate_config,
            reads_stdin="-" in (options.filenames or ()),
            disable_noqa=options.disable_noqa,
        )

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """Line, 0-based column (flake8 adds 1), and ``CODE message``.

        Raises:
            flake8.exceptions.ExecutionError: a configuration on the way is not valid.
        """
        if self._settings is None:
            type(self)._settings = Settings(None)
        assert self._settings is not None
        for line, column, text in self._settings.check(self._filename, "".join(self._lines)):
            yield line, column - 1, text, type(self)


class Settings:
    """What counts for a whole flake8 run: configurations, and the rules that each leaves to run."""

    def __init__(self, config: str | None, *, reads_stdin: bool = False, disable_noqa: bool = False) -> None:
        self._config = config
        self._reads_stdin = reads_stdin
        self._disable_noqa = disable_noqa
        self._loader: ConfigLoader | None = None
        self._selections: dict[Config, Selection] = {}
        self._projects: dict[Config, Project] = {}

    def check(self, filename: str, text: str) -> Iterator[tuple[int, int, str]]:
        """One file's findings as line, column and text."""
        from torchgate.errors import UsageError

        try:
            outcome, config, path = self._outcome(filename, text)
            findings = self._without_baselined(outcome, config, path)
        except UsageError as error:
            from flake8.exceptions import ExecutionError  # type: ignore[import-untyped]

            # The only exception that flake8 turns into a message instead of a traceback.
            raise ExecutionError(f"torchgate: {error}") from None
        for finding in findings:
            yield finding.span.line, finding.span.column, f"{finding.code} {finding.message}"
        for fault in outcome.faults:
            # Raising would end flake8's run and lose what the other files have.
            what = f"rule {fault.code}" if fault.code else "the analysis"
            yield 1, 1, f"TG900 not fully checked: {what} failed with {fault.reason}; please report this"

    def _outcome(self, filename: str, text: str) -> tuple[Outcome, Config, str]:
        from torchgate.config_load import ConfigLoader, file_info, relative_to
        from torchgate.lint.engine import Options, check_data, project_of
        from torchgate.lint.rules import ALL
        from torchgate.lint.selection import Selection
        from torchgate.source import Source

        if self._loader is None:
            self._loader = ConfigLoader(self._config)
        path = os.path.abspath(filename)
        config = self._loader.for_folder(os.path.dirname(path))
        if config not in self._selections:
            self._selections[config] = Selection(config, ALL)
            self._projects[config] = project_of(config)
        nameless = self._reads_stdin and filename in _NAMELESS
        info = config.info("") if nameless else file_info(config, path)
        options = Options(
            relative_to(path, config.root),
            honour_noqa=not self._disable_noqa,
            report_unused=not (self._reads_stdin or self._disable_noqa),
            resolver=self._projects[config],
        )
        source = Source.from_text(filename, text)
        # flake8 reads what it cannot decode as latin-1.
        certain = text.isascii() and "coding" not in text[:400]
        data = None if nameless or certain else _undecodable(path)
        outcome = check_data(filename, data or source, config, info, self._selections[config], options)
        return outcome, config, path

    def _without_baselined(self, outcome: Outcome, config: Config, path: str) -> list[Finding]:
        if config.lint.baseline is None or not outcome.findings:
            return outcome.findings
        from torchgate.config_load import relative_to
        from torchgate.lint.baseline import accept

        file = os.path.join(config.root, config.lint.baseline)
        relative = relative_to(path, config.root)
        return accept(outcome.findings, [outcome], lambda _: (file, relative))[0]


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
