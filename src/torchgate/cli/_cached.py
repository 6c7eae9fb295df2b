"""``check`` with what earlier runs kept: only files are judged for which something changed."""

from __future__ import annotations

import os
import sys
import time

from torchgate.cache.identity import refuse_if_changed, settings_digest, tool_digest
from torchgate.cache.keeper import SUFFIX, Keeper
from torchgate.cache.place import folder_path, open_folder
from torchgate.cache.replay import SUFFIX as RECORDING
from torchgate.cache.replay import Recording, name_of
from torchgate.cache.sealed import NoCacheError
from torchgate.cache.secret import secret_for
from torchgate.cache.snapshot import Watch, listed
from torchgate.cli import _run
from torchgate.config_load import is_within
from torchgate.lint.engine import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torchgate.cache.sealed import Folder
    from torchgate.cli.check import Check
    from torchgate.config import Config
    from torchgate.files.discover import Discovery, File

# Files that stay in one cache folder: outcomes for each configuration and selection in use, and recordings
# for each command line.
_LIMITS = ((SUFFIX, 8), (RECORDING, 32))
_NAMED = 20


class Cached:
    """The cache in one run."""

    def __init__(self, check: Check, discovery: Discovery) -> None:
        self._check = check
        self._discovery = discovery
        self._found: list[tuple[File, Outcome | None]] = []

    def outcomes(self, files: Sequence[File]) -> list[Outcome | None]:
        """The outcome of every file, in their order."""
        try:
            tool = tool_digest()
        except NoCacheError as reason:
            self._say(f"no cache: {reason}")
            return self._check.judge(files, lambda file, sorted_out: None)
        keepers: dict[Config, Keeper] = {}
        counts: dict[Config, int] = {}
        for file in files:
            counts[file.config] = counts.get(file.config, 0) + 1
        for file in files:
            if file.config not in keepers:
                keepers[file.config] = self._keeper(file.config, tool, counts[file.config])
        recalled: dict[str, Outcome] = {}

        def recall(file: File, sorted_out: bool) -> Outcome | None:
            outcome = keepers[file.config].recall(file.path, Outcome(file.shown), sorted_out)
            if outcome is not None:
                recalled[file.path] = outcome
            return outcome

        found = self._check.judge(files, recall)
        fresh: dict[Config, list[tuple[str, Outcome]]] = {config: [] for config in keepers}
        missing: list[File] = []
        for file, outcome in zip(files, found, strict=True):
            if outcome is None or recalled.get(file.path) is not outcome:
                missing.append(file)
                if outcome is not None:
                    fresh[file.config].append((file.path, outcome))
        self._report(files, missing)
        self._found = list(zip(files, found, strict=True))
        for config, keeper in keepers.items():
            self._keep(config, keeper, fresh[config])
        return found

    def _keeper(self, config: Config, tool: str, files: int) -> Keeper:
        check = self._check
        settings = settings_digest(tool, config, check.overrides, check.rules)
        keeper = Keeper(config, settings, files, lambda: check.sites(config))
        try:
            folder, secret = self._open(self._project(config), create=False)
        except NoCacheError:
            return keeper
        keeper.open(folder, secret)
        folder.close()
        return keeper

    def _keep(self, config: Config, keeper: Keeper, found: Sequence[tuple[str, Outcome]]) -> None:
        """Write what this run found, if it can be written; a run without a cache is only slower."""
        try:
            if found or keeper.has_seen_more:
                project = self._project(config)
                self._write(project, keeper.name, lambda folder, started: keeper.keep(found, started))
        except NoCacheError as reason:
            self._say(f"no cache: {reason}")

    def record(self, code: int, before: str, output: str, after: str) -> None:
        """Keep what the run printed, for the case that nothing changes until the next one."""
        if not self._discovery.is_repeatable or self._discovery.unlisted or not self._found:
            return
        if not all(outcome is None or (outcome.lasting and outcome.evidence) for _, outcome in self._found):
            return
        recording = Recording()
        recording.code = b"%d" % code
        recording.listed = listed(self._discovery.listings)
        file = self._check.given.text("output_file") or ""
        recording.before, recording.output, recording.output_file, recording.after = (
            text.encode("utf-8", "surrogatepass") for text in (before, output, file, after)
        )
        cwd = self._check.loader.cwd
        project = self._project(self._check.loader.for_folder(cwd))
        project = project if is_within(cwd, project) else cwd

        def body(folder: Folder, started_ns: int) -> bytes:
            self._watch().seal(recording, started_ns, folder.path)
            return recording.dump()

        try:
            self._write(project, name_of(self._check.given.raw, cwd), body)
        except NoCacheError as reason:
            self._say(f"nothing recorded: {reason}")

    def _watch(self) -> Watch:
        check, watch = self._check, Watch()
        arguments = [os.path.abspath(path) for path in check.given.paths] or [check.folder()]
        for path in (*arguments, *self._discovery.asked_for, *check.asked_for):
            watch.existence(path)
        watch.ignores(self._discovery.walked, [path for path in arguments if os.path.isdir(path)])
        watch.configuration(check.loader, {file.config for file, _ in self._found})
        for file, outcome in self._found:
            evidence = outcome.evidence if outcome is not None else None
            watch.file(file.path, evidence.digest if evidence is not None else None)
            if evidence is not None:
                watch.answers(file.config, evidence)
            baseline = check.baseline_of(file.shown)[0]
            if baseline is not None:
                watch.file(baseline)
        return watch

    def _project(self, config: Config) -> str:
        return config.root if config.file is not None else self._check.loader.cwd

    def _open(self, project: str, *, create: bool) -> tuple[Folder, bytes]:
        asked = self._check.given.text("cache_dir")
        path = folder_path(asked, project, self._check.loader.cwd)
        secret = secret_for(project, create=create)
        return open_folder(path, project, create=create), secret

    def _write(self, project: str, name: str, body: Callable[[Folder, int], bytes | None]) -> None:
        folder, secret = self._open(project, create=True)
        try:
            # Where a file system's own clock is behind ours, what changes now looks as if it had before.
            behind_ns = min(0, folder.clock() - time.time_ns())
            refuse_if_changed(_run.started_ns)
            content = body(folder, _run.started_ns + behind_ns)
            if content is not None:
                folder.write(name, content, secret)
            folder.prune(_LIMITS, time.time())
        finally:
            folder.close()

    def _report(self, files: Sequence[File], missing: Sequence[File]) -> None:
        if len(missing) < len(files):
            for file in missing[:_NAMED]:
                self._say(f"cache: checked: {file.shown}")
        self._say(f"cache: {len(files) - len(missing)} of {len(files)} files unchanged")

    def _say(self, text: str) -> None:
        if self._check.given.flag("verbose"):
            print(f"torchgate: {text}", file=sys.stderr)
