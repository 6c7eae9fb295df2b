"""One function a format: each turns a Report into text."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torchgate.finding import Finding
    from torchgate.lint.engine import RuleFault
    from torchgate.report.background import Background

FORMATS = ("text", "full", "json", "jsonl", "github", "gitlab", "sarif", "junit", "rdjson")


class Report:
    """What a run found, sorted, with the counts that summaries give.

    ``lines`` are the source lines at which findings begin and end, by path as shown and number. ``faults``
    and ``missing`` are rules that failed and paths that do not exist: not everything was checked then.
    ``code`` is the run's exit code.
    """

    __slots__ = (
        "_background",
        "baselined",
        "code",
        "color",
        "faults",
        "files",
        "findings",
        "lines",
        "missing",
        "suppressed",
    )

    def __init__(
        self,
        findings: Sequence[Finding],
        *,
        files: int = 0,
        suppressed: int = 0,
        baselined: int = 0,
        lines: Mapping[tuple[str, int | None], Mapping[int, str]] | None = None,
        color: bool = False,
        faults: Sequence[RuleFault] = (),
        missing: Sequence[str] = (),
        code: int = 0,
        background: Callable[[], Background] | None = None,
    ) -> None:
        """``lines`` is keyed by path and notebook cell (None outside notebooks). ``background`` is called by
        the formats that need it, and by no other."""
        self.findings = findings
        self.files = files
        self.suppressed = suppressed
        self.baselined = baselined
        self.lines = lines or {}
        self.color = color
        self.faults = faults
        self.missing = missing
        self.code = code
        self._background = background

    def background(self) -> Background:
        """What is told besides the findings."""
        if self._background is None:
            raise ValueError("this report was made without what the format needs")
        return self._background()

    def line(self, finding: Finding, number: int) -> str | None:
        """A source line at which ``finding`` begins or ends; None where it is not known."""
        return self.lines.get((finding.path, finding.cell), {}).get(number)


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
    if name == "gitlab":
        from torchgate.report.gitlab import gitlab

        return gitlab(report)
    if name == "sarif":
        from torchgate.report.sarif import sarif

        return sarif(report)
    if name == "junit":
        from torchgate.report.junit import junit

        return junit(report)
    if name == "rdjson":
        from torchgate.report.rdjson import rdjson

        return rdjson(report)
    from torchgate.report.json import json_lines, json_report

    return json_report(report) if name == "json" else json_lines(report)
