"""The linter under one configuration, and what it keeps of a file."""

from __future__ import annotations

import gc
import os

from torchgate.config_load import file_info, relative_to
from torchgate.lint.engine import Options, check_data, project_of
from torchgate.lint.rules import ALL
from torchgate.lint.selection import Overrides, Selection
from torchgate.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.cache.entries import Entries, Kept
    from torchgate.cache.evidence import Evidence, Witness
    from torchgate.cache.shelf import Shelf
    from torchgate.config import Config
    from torchgate.flake8_plugin.settings import Settings
    from torchgate.lint.engine import Outcome

# What is understood of a project is many objects and no garbage: at the usual threshold the collector walks
# them over and over, at each file that flake8 goes through afterwards, which takes longer than to judge the
# file.
_OBJECTS = 100_000


class Judge:
    """The linter under one configuration."""

    def __init__(self, config: Config, settings: Settings) -> None:
        """
        Raises:
            UsageError: the configuration selects an unknown code.
        """
        if 0 < gc.get_threshold()[0] < _OBJECTS:
            gc.set_threshold(_OBJECTS, 20, 100)  # for the rest of this process, as in `check`
        self._config = config
        self._settings = settings
        self._selection = Selection(config, ALL)
        self._project = project_of(config)
        self._witness: Witness | None = None
        if settings.keeps:
            from torchgate.cache.evidence import Witness

            self._witness = Witness(self._project)  # before anything is read
        self._misses = 0
        self._name_of_check = ""
        self._of_check: Entries | None = None

    def check(self, filename: str, path: str | None, data: bytes | str) -> Outcome:
        """Judge a text, or the bytes of a file that cannot be decoded; ``path`` is None where it has none."""
        config, settings = self._config, self._settings
        relative = relative_to(path or os.path.abspath(filename), config.root)
        info = config.info("") if path is None else file_info(config, path)
        options = Options(
            relative,
            honour_noqa=not settings.disable_noqa,
            report_unused=not (settings.reads_stdin or settings.disable_noqa),
            resolver=self._project,
        )
        source = Source.from_text(filename, data) if isinstance(data, str) else data
        return check_data(filename, source, config, info, self._selection, options)

    def check_and_keep(self, filename: str, path: str, data: bytes | str, own: str, shelf: Shelf) -> Outcome:
        """The same, kept for the next run: ``own`` is the digest of the content."""
        assert self._witness is not None
        self._witness.begin()
        outcome = self.check(filename, path, data)
        outcome.evidence = self._witness.evidence(path, own)
        shelf.keep(path, outcome)
        return outcome

    def borrow(self, path: str, own: str, shelf: Shelf) -> Kept | None:
        """What ``check`` kept of the file, if that still holds. It says the same as this plugin where there
        is no ``# noqa``, which ``check`` honours and the plugin leaves to flake8.

        ``check`` keeps all files together: they are read when as many files were missing as that is worth."""
        self._misses += 1
        if self._of_check is None:
            self._of_check = self._kept_by_check(shelf)
        if self._of_check is None:
            return None
        kept = shelf.choose(self._of_check, path, own)
        if kept is not None:
            shelf.adopt(path, kept, self._of_check.states)
        return kept

    def _kept_by_check(self, shelf: Shelf) -> Entries | None:
        from torchgate.cache.entries import load
        from torchgate.cache.identity import settings_digest
        from torchgate.cache.keeper import BYTES_A_FILE, SUFFIX

        if self._settings.disable_noqa:
            return None
        drawer = self._settings.drawer(self._config)
        if not self._name_of_check:
            self._name_of_check = settings_digest(drawer.tool(), self._config, Overrides(), ALL) + SUFFIX
        body = drawer.read_beside(self._name_of_check, self._misses * BYTES_A_FILE)
        try:
            entries = load(body) if body is not None else None
        except ValueError:
            return None
        if entries is not None:
            shelf.learn(entries)
        return entries

    def find_sites(self, tree: str) -> tuple[list[tuple[str, int, str, bool]], Evidence | None]:
        """Where the project applies the effect, and what that rests on besides its files, which have the
        digest ``tree`` together."""
        from torchgate.semantics.effect_sites import find_sites

        assert self._witness is not None
        self._witness.begin()
        return find_sites(self._project), self._witness.evidence("", tree)
