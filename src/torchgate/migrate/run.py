"""One configuration's run: lint, decide, apply, verify, and again until nothing changes any more.

The passes are what makes a second run change nothing: what the first one makes possible (an import that
nothing uses any more, two sites that could not change the same line at once) the next one does, and the last
one finds nothing to do. Sites keep the places that they have in the files as they stand on the disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torchgate.config import Config
from torchgate.files.discover import File
from torchgate.finding import Finding
from torchgate.lint.engine import Outcome
from torchgate.lint.selection import Selection, matches
from torchgate.migrate.changes import Place
from torchgate.migrate.deciding import Decisions, codes_of, decide, key_of, site_of
from torchgate.migrate.decisions import Codemod, Edit, Refused, Site
from torchgate.migrate.linting import Linted, baselined, lint, take
from torchgate.migrate.merge import paths_of
from torchgate.migrate.others import Findings, Others
from torchgate.migrate.project import Migration
from torchgate.migrate.refusals.reason import RefusalReason
from torchgate.migrate.resolving import Resolution, permissions
from torchgate.migrate.result import BASELINED, Left, Migrated, Result, Rewrite, SiteResult
from torchgate.migrate.verify.findings import matched
from torchgate.migrate.writing.files import GONE, obstacle

if TYPE_CHECKING:
    from torchgate.migrate.settling import Settled

# Passes after which a run gives up: each is there because the one before made it possible.
PASSES = 10


@dataclass(frozen=True, slots=True)
class Task:
    """What to migrate. ``select``: codes or prefixes, None for all. ``baseline``: the file of accepted
    findings in place of the configured one; ``no_baseline``: none counts. ``only``: the name of the one
    codemod whose sites count. ``outcomes``: what `check` has found, by the names that it shows. ``jobs``:
    the processes to use."""

    config: Config
    files: Sequence[File]
    selection: Selection
    codemods: Sequence[Codemod]
    select: tuple[str, ...] | None = None
    unsafe: bool = False
    baseline: str | None = None
    no_baseline: bool = False
    only: str | None = None
    outcomes: Mapping[str, Outcome] | None = None
    jobs: int = 1


@dataclass(slots=True, eq=False)
class _Track:
    """One finding through the passes: where it stood first, where it stands now, and what was said of it."""

    site: Site
    finding: Finding
    baselined: bool
    path: str
    left: Left | None = None
    migrated: bool = False
    files: frozenset[str] = frozenset()
    barred: bool = False  # failed a check: not tried again
    gone: bool = False  # with its file


def run(task: Task) -> Result:
    """Decide, apply and verify everything that ``task`` asks for; nothing is written."""
    return _Run(task).run()


class _Run:
    def __init__(self, task: Task) -> None:
        self._task = task
        self._codes = frozenset(
            code for code in codes_of(task.codemods) if task.select is None or matches(code, task.select)
        )
        self._files = {file.path: file for file in task.files}
        self._overlay: dict[str, bytes] = {}
        self._originals: dict[str, bytes] = {}
        self._tracks: list[_Track] = []
        self._result = Result(files=len(task.files))
        self._together: list[frozenset[str]] = []
        self._others: Others | None = None

    def run(self) -> Result:
        try:
            return self._run()
        finally:
            self._let_go()

    def _run(self) -> Result:
        linted = self._first()
        self._result.faults += linted.faults
        self._start(linted)
        for _ in range(PASSES):
            settled = self._pass(linted)
            if settled is None or not settled.contents:
                break
            linted = settled.linted
        self._finish()
        return self._result

    def _first(self) -> Linted:
        task = self._task
        if task.outcomes is None:
            return self._lint({})
        return take(task.outcomes, task.files, task.config, task.selection)

    def _lint(self, overlay: Mapping[str, bytes]) -> Linted:
        self._let_go()
        task = self._task
        if task.jobs > 1:
            # What nearly every decision needs: otherwise each process loads it.
            import torchgate.migrate.handles.taken  # noqa: F401
        contents = {**self._overlay, **overlay}
        linted = lint(task.files, task.config, task.selection, contents, jobs=task.jobs, decide=self._decide)
        self._others = linted.others
        return linted

    def _let_go(self) -> None:
        """Nobody will ask the other processes any more."""
        if self._others is not None:
            self._others.end()
        self._others = None

    def _start(self, linted: Linted) -> None:
        task = self._task
        accepted = set() if task.no_baseline else baselined(linted, task.files, task.config, task.baseline)
        known = set()
        for path in sorted(linted.outcomes):
            outcome = linted.outcomes[path]
            for finding in outcome.findings:
                site = self._site(path, finding)
                if finding.code in self._codes and key_of(site) not in known:
                    known.add(key_of(site))
                    self._tracks.append(_Track(site, finding, id(finding) in accepted, path))
            for finding in outcome.hushed:
                if finding.code in self._codes:
                    detail = "a comment suppresses it"
                    self._leave(Left(self._site(path, finding), RefusalReason.SUPPRESSED, detail))

    def _site(self, path: str, finding: Finding) -> Site:
        own = next((codemod.name for codemod in self._task.codemods if finding.code in codemod.codes), "")
        return site_of(path, finding, own)

    def _leave(self, left: Left) -> None:
        self._result.sites.append(left)

    # One pass.

    def _pass(self, linted: Linted) -> Settled | None:
        """Decide on everything that is left; None where no edit can be tried."""
        tracks = {
            key_of(site_of(track.path, track.finding)): track
            for track in self._tracks
            if not (track.migrated or track.baselined or track.gone)
        }
        findings: dict[str, list[Finding]] = {}
        for track in tracks.values():
            findings.setdefault(track.path, []).append(track.finding)
        migration = self._migration(linted, findings)
        decisions = self._decisions(linted, migration)
        self._result.faults += [fault for fault in decisions.faults if fault not in self._result.faults]
        edits = self._edits(decisions, tracks)
        if not edits:
            return None
        from torchgate.migrate.settling import Settler

        resolution = Resolution(edits, self._describe)
        resolution.refuse(
            permissions(
                resolution.accepted, migration.writable, obstacle, self._shown, unsafe=self._task.unsafe
            )
        )
        resolution.settle_conflicts()
        refused = frozenset(
            key for key, decision in decisions.by_site.items() if isinstance(decision, Refused)
        )
        settler = Settler(migration, linted, self._lint, self._shown, refused)
        settled = settler.settle(resolution)
        for key, refusal in resolution.refused.items():
            self._note(tracks[key], refusal)
        if settled is None:
            return None
        self._result.faults += settled.faults
        self._take(settled, [(tracks[key], edit) for key, edit in resolution.accepted.items()], migration)
        self._follow(linted, settled.linted)
        return settled

    def _decisions(self, linted: Linted, migration: Migration) -> Decisions:
        if linted.others is not None:
            made = linted.others.decide(
                migration.findings, linted.leads, lambda: self._share(linted, migration)
            )
            # A codemod that fails leaves all its findings alone, not only those of one process.
            if not made.faults:
                return made
        return decide(migration, self._task.codemods)

    def _decide(self, linted: Linted, findings: Findings) -> Decisions:
        """In another process: decide about its share of the findings."""
        return self._share(linted, self._migration(linted, findings))

    def _share(self, linted: Linted, migration: Migration) -> Decisions:
        migration.own = frozenset(linted.asked).intersection(migration.findings)
        made = decide(migration, self._task.codemods)
        migration.own = None
        return made

    def _migration(self, linted: Linted, findings: Findings) -> Migration:
        return Migration(
            self._task.config,
            findings,
            self._files,
            project=linted.project,
            units=linted.units,
            unsafe=self._task.unsafe,
            leads=linted.leads,
        )

    def _edits(self, decisions: Decisions, tracks: Mapping[tuple[str, int, int, str], _Track]) -> list[Edit]:
        edits = []
        for key, decision in decisions.by_site.items():
            track = tracks[key]
            track.site = Site(track.site.place, track.site.code, decision.site.codemod)
            if isinstance(decision, Refused):
                self._note(track, decision)
            elif not track.barred and self._task.only in (None, decision.site.codemod):
                edits.append(decision)
        return edits

    def _note(self, track: _Track, refusal: Refused) -> None:
        """What is said first stays: its places are those of the file on the disk."""
        if track.left is None or refusal.reason is RefusalReason.NOT_VERIFIED:
            track.left = Left(track.site, refusal.reason, refusal.detail, refusal.at)
        if refusal.reason in (RefusalReason.NOT_VERIFIED, RefusalReason.NOT_EDITABLE):
            track.barred = True

    def _take(self, settled: Settled, made: list[tuple[_Track, Edit]], migration: Migration) -> None:
        for path, data in settled.contents.items():
            unit = migration.unit(path)
            if path not in self._originals and unit is not None:
                self._originals[path] = unit.source.data
            self._overlay[path] = data
        for track, edit in made:
            if settled.contents:
                track.migrated = True
                track.files = frozenset(paths_of(edit.changes))
                self._together.append(track.files)

    def _follow(self, before: Linted, after: Linted) -> None:
        """Find every finding that is left in the new contents. One that went with another site's edit is
        migrated as well."""
        left: dict[str, list[_Track]] = {}
        for track in self._tracks:
            if not (track.migrated or track.gone):
                left.setdefault(track.path, []).append(track)
        for path, tracks in left.items():
            if path not in after.outcomes:
                for track in tracks:
                    track.left, track.gone = Left(track.site, RefusalReason.FILE_CHANGED, GONE), True
                continue
            expected = [track.finding for track in tracks]
            pairs, _ = matched(before.outcomes[path], expected, after.outcomes[path])
            for track in tracks:
                found = pairs.get(id(track.finding))
                track.migrated = found is None
                track.finding = found or track.finding

    # The end.

    def _finish(self) -> None:
        for track in self._tracks:
            self._result.sites.append(self._conclusion(track))
        if self._task.only is not None:
            own = [found for found in self._result.sites if found.site.codemod == self._task.only]
            self._result.sites = own
        self._result.sites.sort(key=lambda found: key_of(found.site))
        for path, before in sorted(self._originals.items()):
            if before != self._overlay[path]:
                self._result.rewrites[path] = Rewrite(path, before, self._overlay[path])
        self._result.together = joined_groups(self._together)

    def _conclusion(self, track: _Track) -> SiteResult:
        if track.migrated:
            return Migrated(track.site, track.files or frozenset([track.path]))
        if track.baselined:
            return Left(track.site, RefusalReason.SUPPRESSED, BASELINED)
        if track.left is not None:
            return Left(track.site, track.left.reason, track.left.detail, track.left.at)
        detail = f"the run gave up after {PASSES} passes"
        return Left(track.site, RefusalReason.NOT_VERIFIED, detail)

    def _shown(self, path: str) -> str:
        file = self._files.get(path)
        return path if file is None else file.shown

    def _describe(self, place: Place) -> str:
        return f"{self._shown(place.path)}:{place.line}:{place.column}"


def joined_groups(groups: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    """Groups that share a member are one group."""
    found: list[frozenset[str]] = []
    for group in groups:
        apart = [other for other in found if not other & group]
        found = [*apart, group.union(*(other for other in found if other & group))]
    return sorted(found, key=sorted)
