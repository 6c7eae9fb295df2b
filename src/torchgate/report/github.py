"""``github``: workflow commands that GitHub Actions shows as annotations at the line."""

from __future__ import annotations

from torchgate.report.text import headline, in_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.finding import Finding
    from torchgate.report import Report


def github(report: Report) -> str:
    """One ``::error`` a finding."""
    return "".join(f"{_annotation(finding)}\n" for finding in report.findings)


def _annotation(finding: Finding) -> str:
    span, _ = in_file(finding)
    properties = {"title": f"torchgate ({finding.code})", "file": finding.path, "line": str(span.line)}
    if span.end_line == span.line:
        # GitHub refuses columns where line and endLine differ.
        properties["col"] = str(span.column)
        properties["endColumn"] = str(span.end_column)
    properties["endLine"] = str(span.end_line)
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::error {listed}::{_data(headline(finding, color=False))}"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
