"""``rdjson``: what reviewdog reads with ``-f=rdjson``, the JSON of its ``DiagnosticResult``.

By ``reviewdog.proto``: lines and columns begin at 1, columns count bytes of UTF-8, the end is exclusive.
reviewdog reads with protojson, which refuses the whole document for an unknown field or a lone surrogate.
Paths are those from the working directory.

There is no place for what went wrong in a run: the exit code tells.
"""

from __future__ import annotations

from torchgate.finding import HOME_URL
from torchgate.report.json import items, members
from torchgate.report.text import encodable, in_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.finding import Finding
    from torchgate.report import Report

# Every finding fails the run: no rule is less than an error.
SEVERITY = "ERROR"


def rdjson(report: Report) -> str:
    """One document, each diagnostic on a line."""
    diagnostics = items(_diagnostic(finding, report) for finding in report.findings)
    source = {"name": "torchgate", "url": HOME_URL}
    return f"{members({'source': source, 'severity': SEVERITY}, diagnostics=diagnostics)}\n"


def _diagnostic(finding: Finding, report: Report) -> dict[str, object]:
    span, message = in_file(finding)

    def position(number: int, column: int) -> dict[str, int]:
        if finding.cell is not None:
            return {"line": number, "column": column}
        line = report.line(finding, number)
        # A column that cannot be counted is left out.
        return {"line": number} if line is None else {"line": number, "column": byte_column(line, column)}

    start = position(span.line, span.column)
    end = position(span.end_line, span.end_column)
    return {
        "message": message,
        "location": {"path": encodable(finding.path), "range": {"start": start, "end": end}},
        "severity": SEVERITY,
        "code": {"value": finding.code, "url": finding.url},
    }


def byte_column(line: str, column: int) -> int:
    """The 1-based column in bytes of UTF-8 for one in code points. A column may lie beyond the line's end."""
    before = line[: column - 1]
    return column if before.isascii() else column + len(before.encode("utf-8", "surrogatepass")) - len(before)
