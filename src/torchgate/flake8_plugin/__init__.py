"""The flake8 plugin: the rules of ``torchgate check``, under torchgate's own configuration.

flake8 reads no pyproject.toml, so the plugin does: selection, per-file-ignores, baseline and
``# torchgate: ignore`` are torchgate's, and flake8's settings then only narrow. Opt-in rules are withheld
here, not by flake8's ``extend_default_ignore``, which a user's ``ignore`` or ``select`` would switch off.

Nothing of the linter is loaded for a file of which an earlier run kept what it found.
"""

from __future__ import annotations

import time

from torchgate import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _ast import AST
    from argparse import Namespace
    from collections.abc import Iterator, Sequence
    from typing import Any

    from torchgate.flake8_plugin.settings import Settings

# What of torchgate's source changes after this may not be what this process runs.
_started_ns = time.time_ns()


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
        """Register ``--torchgate-config`` and the options of the cache."""
        parser.add_option(
            "--torchgate-config",
            metavar="FILE",
            default=None,
            parse_from_config=True,
            normalize_paths=True,
            help="torchgate's configuration file (default: the nearest one to each checked file)",
        )
        parser.add_option(
            "--torchgate-no-cache",
            action="store_true",
            default=False,
            parse_from_config=True,
            help="neither use nor keep what earlier runs of torchgate found",
        )
        # Not from a configuration: a repository would choose where on the disk it is written.
        parser.add_option(
            "--torchgate-cache-dir",
            metavar="DIR",
            default=None,
            help="where that is kept, instead of .torchgate_cache in the project",
        )

    @classmethod
    def parse_options(cls, options: Namespace) -> None:
        """Take over flake8's options. In a worker process, flake8 calls this again where it cannot fork."""
        from torchgate.flake8_plugin.settings import Settings

        cls._settings = Settings(
            options.torchgate_config,
            reads_stdin="-" in (options.filenames or ()),
            disable_noqa=options.disable_noqa,
            no_cache=options.torchgate_no_cache,
            cache_dir=options.torchgate_cache_dir,
            started_ns=_started_ns,
        )
        cls._settings.prepare()

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """Line, 0-based column (flake8 adds 1), and ``CODE message``.

        Raises:
            flake8.exceptions.ExecutionError: a configuration on the way is not valid.
        """
        if self._settings is None:
            from torchgate.flake8_plugin.settings import Settings

            type(self)._settings = Settings(None, no_cache=True)
        assert self._settings is not None
        for line, column, text in self._settings.check(self._filename, "".join(self._lines)):
            yield line, column - 1, text, type(self)
