"""``json`` and ``jsonl``: the fields that INTERFACES promises to other programs."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torchgate.finding import Finding
    from torchgate.report import Report

VERSION = 1


def json_report(report: Report) -> str:
    """One document: version, findings, summary."""
    document = {
        "version": VERSION,
        "findings": [finding_fields(finding) for finding in report.findings],
        "summary": {
            "files": report.files,
            "findings": len(report.findings),
            "baselined": report.baselined,
            "suppressed": report.suppressed,
        },
    }
    return json.dumps(document, indent=2) + "\n"


def json_lines(report: Report) -> str:
    """One finding a line."""
    return "".join(f"{json.dumps(finding_fields(finding))}\n" for finding in report.findings)


def finding_fields(finding: Finding) -> dict[str, object]:
    """One finding; ``cell`` stands only where the file is a notebook."""
    span = finding.span
    fields: dict[str, object] = {
        "path": finding.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "url": finding.url,
        "fix": finding.fix,
    }
    if finding.cell is not None:
        fields["cell"] = finding.cell
    return fields


def items(values: Iterable[object]) -> str:
    """A JSON array with one value a line: for people as well, and without the cost of indenting."""
    rows = ",\n".join(map(json.dumps, values))
    return f"[\n{rows}\n]" if rows else "[]"


def members(values: Mapping[str, object], **rendered: str) -> str:
    """A JSON object with one member a line; ``rendered`` are more members, whose values are JSON already."""
    rows = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in values.items()]
    rows += [f"{json.dumps(name)}: {value}" for name, value in rendered.items()]
    return "{\n" + ",\n".join(rows) + "\n}"
