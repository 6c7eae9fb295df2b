"""``check`` with what earlier runs kept: only files are judged for which something changed."""

from __future__ import annotations

import os
import sys
import time

from torchgate.cache.identity import settings_digest, tool_digest
from torchgate.cache.keeper import SUFFIX, Keeper
from torchgate.cache.place import NAME, open_folder
from torchgate.cache.sealed import NoCacheError
from torchgate.cache.secret import secret_for
from torchgate.lint.engine import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from torchgate.cache.sealed import Folder
    from torchgate.cli.check import Check
    from torchgate.config import Config
    from torchgate.files.discover import File

# Files of outcomes that stay in one folder: one for each configuration and selection in use.
_KEPT_FILES = 8
_NAMED = 20


def outcomes(
    check: Check, files: Sequence[File], judge: Callable[[Sequence[File]], Iterable[Outcome | None]]
) -> list[Outcome | None]:
    """The outcome of every file, in their order; ``judge`` gives those that nothing is kept of."""
    started_ns = time.time_ns()
    try:
        tool = tool_digest()
    except NoCacheError as reason:
        _say(check, f"no cache: {reason}")
        return list(judge(files))
    shelves: dict[Config, Shelf] = {}
    found: list[Outcome | None] = []
    missing: list[int] = []
    for index, file in enumerate(files):
        shelf = shelves.get(file.config)
        if shelf is None:
            shelf = shelves[file.config] = Shelf(check, file.config, tool)
        outcome = shelf.keeper.recall(file.path, Outcome(file.shown))
        found.append(outcome)
        if outcome is None:
            missing.append(index)
    _report(check, files, missing)
    fresh: dict[Config, list[tuple[str, Outcome]]] = {config: [] for config in shelves}
    for index, outcome in zip(missing, judge([files[index] for index in missing]), strict=True):
        found[index] = outcome
        if outcome is not None:
            fresh[files[index].config].append((files[index].path, outcome))
    for config, shelf in shelves.items():
        shelf.keep(fresh[config], started_ns)
    return found


class Shelf:
    """Where the outcomes of one configuration lie."""

    def __init__(self, check: Check, config: Config, tool: str) -> None:
        self._check = check
        self._project = config.root if config.file is not None else check.loader.cwd
        self._path = folder_path(check.given.text("cache_dir"), self._project, check.loader.cwd)
        settings = settings_digest(tool, config, check.overrides, check.rules)
        self.keeper = Keeper(config, settings, lambda: check.sites(config))
        try:
            folder, secret = self._open(create=False)
        except NoCacheError:
            return
        self.keeper.open(folder, secret)
        folder.close()

    def keep(self, found: Iterable[tuple[str, Outcome]], started_ns: int) -> None:
        """Write what this run found, if it can be written; a run without a cache is only slower."""
        body = self.keeper.keep(found, started_ns)
        if body is None:
            return
        try:
            folder, secret = self._open(create=True)
        except NoCacheError as reason:
            _say(self._check, f"no cache: {reason}")
            return
        try:
            folder.write(self.keeper.name, body, secret)
            folder.prune([(SUFFIX, _KEPT_FILES)], time.time())
        except NoCacheError as reason:
            _say(self._check, f"no cache: {reason}")
        finally:
            folder.close()

    def _open(self, *, create: bool) -> tuple[Folder, bytes]:
        secret = secret_for(self._project, create=create)
        return open_folder(self._path, self._project, create=create), secret


def folder_path(asked: str | None, project: str, cwd: str) -> str:
    """The cache folder: what ``--cache-dir`` or TORCHGATE_CACHE_DIR names, else the project's own."""
    named = asked or os.environ.get("TORCHGATE_CACHE_DIR")
    return os.path.normpath(os.path.join(cwd, named)) if named else os.path.join(project, NAME)


def _report(check: Check, files: Sequence[File], missing: Sequence[int]) -> None:
    if len(missing) < len(files):
        for index in missing[:_NAMED]:
            _say(check, f"cache: to be checked: {files[index].shown}")
    _say(check, f"cache: {len(files) - len(missing)} of {len(files)} files unchanged")


def _say(check: Check, text: str) -> None:
    if check.given.flag("verbose"):
        print(f"torchgate: {text}", file=sys.stderr)
