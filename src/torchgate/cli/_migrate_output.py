"""What ``migrate`` prints: sites as text or JSON, the diff, and the summary on standard error."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from os.path import basename

from torchgate.cli._options import Arguments
from torchgate.cli._run import complain
from torchgate.migrate.refusals.reason import RefusalReason
from torchgate.migrate.result import BASELINED, Left, Migrated, Result, Rewrite, SiteResult
from torchgate.report.text import printable
from torchgate.source import Source

VERSION = 1
FAULT_NOTE = (
    "torchgate: this is a fault of torchgate, not of your code: please report it (`--verbose` gives the "
    "traceback). What it concerns was left alone.\n"
)


class Output:
    """The results of one run, for people and programs."""

    def __init__(
        self,
        results: Sequence[Result],
        shown: Mapping[str, str],
        given: Arguments,
        missing: Sequence[str],
    ) -> None:
        """``shown`` gives the name of a file by its absolute path."""
        self._shown = shown
        self._given = given
        self._missing = missing
        self._files = sum(result.files for result in results)
        self._sites = sorted(
            (site for result in results for site in result.sites), key=lambda site: self._sort_key(site)
        )
        rewrites = [rewrite for result in results for rewrite in result.rewrites.values()]
        self._rewrites = sorted(rewrites, key=lambda rewrite: self._name(rewrite.path))
        self._faults = [fault for result in results for fault in result.faults]

    @property
    def _previews(self) -> bool:
        return self._given.flag("diff") or self._given.flag("check")

    def exit_code(self) -> int:
        """3 for faults, 2 for missing paths, 1 for sites left or, in a preview, for changes."""
        if self._faults:
            return 3
        if self._missing:
            return 2
        refused = any(_counts(site) for site in self._sites)
        if refused and not self._given.flag("exit_zero_on_refusal"):
            return 1
        return 1 if self._previews and self._rewrites else 0

    def print(self) -> None:
        """Sites, or the diff, to standard output; everything else to standard error."""
        if self._given.text("format") == "json":
            import json

            print(json.dumps(self._document(), indent=2))
        elif self._given.flag("diff"):
            sys.stdout.writelines(self._diff())
            sys.stdout.flush()
            complain("".join(self._lines()))  # on standard error, so that the output is a patch
        else:
            sys.stdout.writelines(self._lines())
        sys.stdout.flush()
        for fault in self._faults:
            complain(f"torchgate: {printable(str(fault))}\n")
            if self._given.flag("verbose"):
                complain(fault.trace)
        if self._faults:
            complain(FAULT_NOTE)
        for path in self._missing:
            complain(f"torchgate: {printable(path) or repr(path)}: no such file or folder\n")
        if not self._given.flag("quiet"):
            complain(f"{self._summary()}\n")

    # Text.

    def _lines(self) -> Iterator[str]:
        verbose = self._given.flag("verbose")
        for found in self._sites:
            place = found.site.place
            head = f"{printable(self._name(place.path))}:{place.line}:{place.column}: {found.site.code}"
            if isinstance(found, Left):
                if _counts(found) or verbose:
                    yield f"{head} {found.reason.value}: {printable(found.detail)}{self._at(found)}\n"
            elif self._given.flag("check") or verbose:
                verb = "would be migrated" if self._previews else "migrated"
                yield f"{head} {verb} ({found.site.codemod})\n"

    def _at(self, left: Left) -> str:
        at = left.at
        if at is None or re.search(rf"(?:^|[/`( ]){re.escape(basename(at.path))}:{at.line}\b", left.detail):
            return ""
        if at.path != left.site.place.path:
            return f" ({printable(self._name(at.path))}:{at.line}:{at.column})"
        return "" if re.search(rf"\bline {at.line}\b", left.detail) else f" (line {at.line})"

    def _summary(self) -> str:
        migrated = sum(isinstance(site, Migrated) for site in self._sites)
        refused = sum(_counts(site) for site in self._sites)
        accepted = sum(isinstance(site, Left) and site.detail == BASELINED for site in self._sites)
        suppressed = len(self._sites) - migrated - refused - accepted
        if not self._files:
            return "torchgate: no Python files to migrate"
        if not self._sites:
            return f"Nothing to migrate in {_count(self._files, 'file')}"
        verb = "would be migrated" if self._previews else "migrated"
        parts = [f"{_count(migrated, 'site')} {verb} in {_count(len(self._rewrites), 'file')}"]
        parts += [f"{refused} refused"] if refused else []
        parts += [f"{suppressed} suppressed"] if suppressed else []
        parts += [f"{accepted} in the baseline (`--no-baseline` has these migrated, too)"] if accepted else []
        text = ", ".join(parts)
        return f"{text} (`torchgate explain REASON` says more)" if refused else text

    # The diff.

    def _diff(self) -> Iterator[str]:
        for rewrite in self._rewrites:
            yield from unified(rewrite, self._name(rewrite.path))

    # JSON.

    def _document(self) -> dict[str, object]:
        document: dict[str, object] = {
            "version": VERSION,
            "sites": [self._fields(site) for site in self._sites],
            "files_changed": [self._name(rewrite.path) for rewrite in self._rewrites],
        }
        if self._given.flag("diff"):
            document["diff"] = "".join(self._diff())
        return document

    def _fields(self, found: SiteResult) -> dict[str, object]:
        site = found.site
        left = found if isinstance(found, Left) else None
        fields: dict[str, object] = {
            "path": self._name(site.place.path),
            "line": site.place.line,
            "column": site.place.column,
            "code": site.code,
            "codemod": site.codemod,
            "status": "migrated" if left is None else "refused",
            "reason": None if left is None else left.reason.value,
            "detail": None if left is None else left.detail,
        }
        if left is not None and left.at is not None:
            fields["at"] = {
                "path": self._name(left.at.path),
                "line": left.at.line,
                "column": left.at.column,
            }
        return fields

    def _name(self, path: str) -> str:
        return self._shown.get(path, path)

    def _sort_key(self, found: SiteResult) -> tuple[str, int, int, str]:
        place = found.site.place
        return (self._name(place.path), place.line, place.column, found.site.code)


def unified(rewrite: Rewrite, name: str) -> Iterator[str]:
    """A rewrite as ``git apply`` and ``patch -p1`` take it."""
    import difflib

    before = _split(Source(name, rewrite.before).text)
    after = _split(Source(name, rewrite.after).text)
    for line in difflib.unified_diff(before, after, f"a/{name}", f"b/{name}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _split(text: str) -> list[str]:
    lines = text.split("\n")
    return [*(f"{line}\n" for line in lines[:-1]), *(lines[-1:] if lines[-1] else [])]


def _counts(found: SiteResult) -> bool:
    """Whether a site is left to see to: one that somebody chose to leave alone is not."""
    return isinstance(found, Left) and found.reason is not RefusalReason.SUPPRESSED


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
