"""One function a format: each turns a Report into text."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torchgate.finding import Finding

FORMATS = ("text", "full", "json", "jsonl", "github")


class Report:
    """What a run found, sorted, with the counts that summaries give.

    ``lines`` are the source lines at which findings begin, by path as shown and number.
    """

    __slots__ = ("baselined", "color", "files", "findings", "lines", "suppressed")

    def __init__(
        self,
        findings: Sequence[Finding],
        *,
        files: int = 0,
        suppressed: int = 0,
        baselined: int = 0,
        lines: Mapping[tuple[str, int | None], Mapping[int, str]] | None = None,
        color: bool = False,
    ) -> None:
        """``lines`` is keyed by path and notebook cell (None outside notebooks)."""
        self.findings = findings
        self.files = files
        self.suppressed = suppressed
        self.baselined = baselined
        self.lines = lines or {}
        self.color = color


def render(name: str, report: Report) -> str:
    """The report in one of ``FORMATS``; empty, or ending in a newline."""
    if name == "text":
        from torchgate.report.text import text

        return text(report)
    if name == "full":
        from torchgate.report.full import full

        return full(report)
    if name == "github":
        from torchgate.report.github import github

        return github(report)
    from torchgate.report.json import json_lines, json_report

    return json_report(report) if name == "json" else json_lines(report)
