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
    entries = entries_of(findings, outcomes, check.baseline_of)
    prints = {finding: entry.fingerprint for finding, (_, entry) in zip(findings, entries, strict=True)}
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
    return Background(prints, roots.place, rules)


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
