"""``gitlab``: the Code Quality report that GitLab shows in merge requests.

What GitLab reads (its documentation of the report, and ``codeclimate.json``, by which it validates): every
entry has ``description``, ``check_name``, ``fingerprint``, ``severity`` (info, minor, major, critical or
blocker) and ``location`` with ``path``, relative to the repository and without ``./``, and ``lines.begin`` or
``positions``. It keeps one entry a fingerprint, and stops reading at the first entry that is not valid. The
list shows the description and not the name of the check, so the code stands in both.

The report has no place for what went wrong in a run: the exit code tells.
"""

from __future__ import annotations

from torchgate.report.json import items
from torchgate.report.text import encodable, in_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.finding import Finding
    from torchgate.report import Report
    from torchgate.report.background import Background

# Every finding fails the run: no rule is less than an error.
SEVERITY = "major"


def gitlab(report: Report) -> str:
    """A JSON array with one entry a finding, each on a line."""
    background = report.background()
    return f"{items(_entry(finding, background) for finding in report.findings)}\n"


def _entry(finding: Finding, background: Background) -> dict[str, object]:
    span, message = in_file(finding)
    return {
        "description": f"{finding.code} {message}",
        "check_name": finding.code,
        "fingerprint": background.fingerprints[finding],
        "severity": SEVERITY,
        "location": {
            "path": encodable(background.place(finding.path)[1]),
            "lines": {"begin": span.line, "end": span.end_line},
            "positions": {
                "begin": {"line": span.line, "column": span.column},
                "end": {"line": span.end_line, "column": span.end_column},
            },
        },
    }
