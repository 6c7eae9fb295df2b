"""Applies accepted edits and checks what comes out, file by file; edits that fail a check are refused.

What one bad edit takes with it is kept small: it is looked for alone before a whole file is blamed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from torchgate.migrate.apply import CannotApplyError, apply
from torchgate.migrate.changes import Change
from torchgate.migrate.deciding import Fault, Key
from torchgate.migrate.decisions import Edit, Refused
from torchgate.migrate.linting import Linted
from torchgate.migrate.merge import by_file, merged
from torchgate.migrate.project import Migration
from torchgate.migrate.refusals.reason import RefusalReason
from torchgate.migrate.resolving import Resolution
from torchgate.migrate.verify.findings import Difference, differences
from torchgate.migrate.verify.trees import DOCSTRING, problem_of
from torchgate.migrate.writing.files import GONE
from torchgate.source import Source


@dataclass(frozen=True, slots=True)
class Failure:
    """Why changes do not go into a file. ``ours``: it is a fault, not a limit."""

    reason: str
    ours: bool


@dataclass(slots=True)
class Settled:
    """The new contents by path, what linting them gave, and the faults met."""

    contents: dict[str, bytes]
    linted: Linted
    faults: list[Fault] = field(default_factory=list)


class Settler:
    """Applies and checks the edits of one pass."""

    def __init__(
        self,
        migration: Migration,
        before: Linted,
        relint: Callable[[Mapping[str, bytes]], Linted],
        shown: Callable[[str], str],
        refused: frozenset[Key],
    ) -> None:
        """``relint`` lints everything again with some contents changed; ``refused`` are the sites that a
        codemod refused."""
        self._migration = migration
        self._before = before
        self._relint = relint
        self._shown = shown
        self._refused_sites = refused
        self._done: dict[tuple[str, tuple[Change, ...]], bytes | Failure] = {}
        self._faults: list[Fault] = []

    def settle(self, resolution: Resolution) -> Settled | None:
        """The result of the edits that pass every check; None where none does."""
        while resolution.accepted:
            contents = self._contents(resolution)
            if not contents:
                break
            linted = self._relint(contents)
            migrated = frozenset(resolution.accepted)
            new = differences(self._before, linted, migrated, self._refused_sites)
            if not new:
                return Settled(contents, linted, self._faults)
            resolution.refuse(self._blame_findings(resolution, new, linted))
        return Settled({}, self._before, self._faults) if self._faults else None

    def _contents(self, resolution: Resolution) -> dict[str, bytes]:
        """Every file's new content, once all that are left go through."""
        while True:
            contents: dict[str, bytes] = {}
            refusals: list[Refused] = []
            edits = list(resolution.accepted.values())
            for path, changes in by_file(change for edit in edits for change in edit.changes).items():
                result = self._file(path, changes)
                if isinstance(result, bytes):
                    contents[path] = result
                else:
                    refusals += self._blame(path, result, edits)
            if not refusals:
                return contents
            resolution.refuse(refusals)

    def _file(self, path: str, changes: Iterable[Change]) -> bytes | Failure:
        key = (path, merged(changes))
        if key not in self._done:
            unit = self._migration.unit(path)
            if unit is None:
                self._done[key] = Failure("the file cannot be read", ours=False)
            else:
                self._done[key] = _apply(unit.source, key[1])
        return self._done[key]

    def _blame(self, path: str, failure: Failure, edits: Iterable[Edit]) -> list[Refused]:
        """The edits to refuse for a failure: those that fail alone, or else all that touch the file."""
        inside = [edit for edit in edits if any(change.place.path == path for change in edit.changes)]
        alone = [
            (edit, result)
            for edit in inside
            if isinstance(result := self._file(path, by_file(edit.changes)[path]), Failure)
        ]
        blamed = alone or [(edit, failure) for edit in inside]
        return [self._refused(edit, path, result) for edit, result in blamed]

    def _refused(self, edit: Edit, path: str, failure: Failure) -> Refused:
        detail = f"{self._shown(path)}: {failure.reason}"
        if not failure.ours:
            return Refused(edit.site, RefusalReason.NOT_EDITABLE, detail)
        place = edit.site.place
        what = f"the {edit.site.codemod} edit of {self._shown(place.path)}:{place.line}"
        self._faults.append(Fault(what, detail))
        return Refused(edit.site, RefusalReason.NOT_VERIFIED, detail)

    def _blame_findings(
        self, resolution: Resolution, new: Iterable[Difference], linted: Linted
    ) -> list[Refused]:
        edits = list(resolution.accepted.values())
        refusals: dict[Edit, Refused] = {}
        for finding in new:
            change = self._change_behind(finding, linted)
            for edit in self._suspects(edits, finding):
                if edit not in refusals and change is not None:
                    refusals[edit] = Refused(edit.site, RefusalReason.FILE_CHANGED, change)
                elif edit not in refusals:
                    failure = Failure(str(finding), ours=True)
                    refusals[edit] = self._refused(edit, finding.path, failure)
        return list(refusals.values())

    def _change_behind(self, finding: Difference, linted: Linted) -> str | None:
        """The change of a file by somebody else for which a finding came or went."""
        gone = sorted(self._before.outcomes.keys() - linted.outcomes.keys())
        if gone:
            return f"{self._shown(gone[0])}: {GONE}"
        for path in (finding.path, *sorted(self._asked(finding.path))):
            unit = self._migration.unit(path)
            if unit is not None and self._migration.text(path) != unit.source.data:
                return f"{self._shown(path)} changed while this run was at work"
        return None

    def _suspects(self, edits: list[Edit], finding: Difference) -> list[Edit]:
        """The edits within the function where a finding appeared, or else in its file, or else in the modules
        that it imports at any distance, or else all."""
        inside = [edit for edit in edits if any(change.place.path == finding.path for change in edit.changes)]
        unit = self._migration.unit(finding.path)
        if unit is None or not inside:
            asked = self._asked(finding.path)
            asks = [edit for edit in edits if any(change.place.path in asked for change in edit.changes)]
            return inside or asks or edits
        near = [
            edit
            for edit in inside
            if any(
                change.place.path == finding.path
                and unit.module.qualname_at(change.place.line) == finding.qualname
                for change in edit.changes
            )
        ]
        return near or inside

    def _asked(self, path: str) -> set[str]:
        """The files of the project that a file imports, at any distance."""
        found: set[str] = set()
        waiting = [path]
        while waiting:
            unit = self._migration.unit(waiting.pop())
            for item in unit.module.imports if unit is not None else ():
                for module in (item.module, item.dotted):
                    origin = self._migration.project.find(module)
                    if origin is not None and origin not in found:
                        found.add(origin)
                        waiting.append(origin)
        return found


def _apply(source: Source, changes: tuple[Change, ...]) -> bytes | Failure:
    try:
        result = apply(source, changes)
    except CannotApplyError as error:
        return Failure(error.reason, ours=error.ours)
    problem = problem_of(source, result, changes)
    return result if problem is None else Failure(problem, ours=problem != DOCSTRING)
