"""What SARIF and GitLab reports tell besides the findings: names that last, repositories, rules."""

from __future__ import annotations

import os

from torchgate.config_load import is_below, relative_to
from torchgate.lint.baseline import entries_of
from torchgate.lint.rules import page
from torchgate.report.background import Background, RulePage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torchgate.cli.check import Check
    from torchgate.finding import Finding
    from torchgate.lint.engine import Outcome


def background(check: Check, findings: Sequence[Finding], outcomes: Iterable[Outcome]) -> Background:
    """For a run's ``findings``, those in a baseline included: a fingerprint counts its equals."""
    roots = _Roots(check)
    rules = [
        RulePage(
            rule.code,
            rule.name,
            page(rule.code),
            by_default=not rule.opt_in and not rule.preview,
            fix=rule.fix,
        )
        for rule in check.rules
    ]
    return Background(_fingerprints(check, findings, outcomes, roots), roots.place, rules)


def _fingerprints(
    check: Check, findings: Sequence[Finding], outcomes: Iterable[Outcome], roots: _Roots
) -> dict[Finding, str]:
    """What each finding is called in its project's baseline. Where two projects call theirs the same, the
    later one is told by where it stands in the repository."""
    from hashlib import sha256

    def place(path: str) -> tuple[str, str]:
        return check.config_of(path).root, check.baseline_of(path)[1]

    found: dict[Finding, str] = {}
    taken: set[str] = set()
    entries = entries_of(findings, outcomes, place)
    for finding, (_, entry) in zip(findings, entries, strict=True):
        name = entry.fingerprint
        if name in taken:
            longer = f"{name}\0{roots.place(finding.path)[1]}"
            name = sha256(longer.encode("utf-8", "surrogatepass")).hexdigest()[: len(name)]
        taken.add(name)
        found[finding] = name
    return found


class _Roots:
    """The repository of every file: where ``.git`` stands, or else its configuration."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._by_folder: dict[str, str | None] = {}

    def place(self, path: str) -> tuple[str | None, str]:
        """The root for a path as shown, and the path from there."""
        absolute = os.path.normpath(os.path.join(self._check.loader.cwd, path))
        root = self._root(os.path.dirname(absolute)) or self._check.config_of(path).root
        return (root if is_below(absolute, root) else None), relative_to(absolute, root)

    def _root(self, folder: str) -> str | None:
        if folder not in self._by_folder:
            mark = os.path.join(folder, ".git")
            self._check.asked_for.add(mark)  # what is printed rests on it
            parent = os.path.dirname(folder)
            above = None if parent == folder else parent
            # As the cache compares: a link that leads nowhere yet counts.
            found = os.path.lexists(mark)
            self._by_folder[folder] = folder if found else above and self._root(above)
        return self._by_folder[folder]
