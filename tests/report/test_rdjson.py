"""What reviewdog reads."""

from __future__ import annotations

import json

from hypothesis import given

from tests.report.reports import SOURCE_LINES, make, reports
from tests.report.schemas import RDJSON
from torchgate.finding import Finding
from torchgate.report import Report, render
from torchgate.report.rdjson import byte_column
from torchgate.report.text import encodable
from torchgate.source import Span


def code_points(line: str, column: int) -> int:
    """The column in code points for one in bytes: the way back, by other means."""
    data = line.encode("utf-8", "surrogatepass")
    beyond = max(0, column - 1 - len(data))
    return len(data[: column - 1].decode("utf-8", "surrogatepass")) + beyond + 1


@given(reports())
def test_any_report_can_be_read_back(report: Report) -> None:
    text = render("rdjson", report)
    assert text.isascii()
    document = json.loads(text)
    RDJSON.validate(document)
    json.dumps(document, ensure_ascii=False).encode()  # no lone surrogates
    assert len(document["diagnostics"]) == len(report.findings)
    for found, finding in zip(document["diagnostics"], report.findings, strict=True):
        assert found["code"]["value"] == finding.code
        assert found["location"]["path"] == encodable(finding.path)
        span = finding.span
        ends = (("start", span.line, span.column), ("end", span.end_line, span.end_column))
        for end, line, column in ends:
            position = found["location"]["range"][end]
            source = report.line(finding, line)
            assert position["line"] == line
            if source is None:
                assert "column" not in position
            else:
                assert code_points(source, position["column"]) == column


@given(SOURCE_LINES)
def test_columns_are_bytes(line: str) -> None:
    for column in range(1, len(line) + 4):
        assert code_points(line, byte_column(line, column)) == column


def test_the_example_of_its_definition() -> None:
    """In ``a𐐀b`` the columns are 1, 2 and 6."""
    assert [byte_column("a𐐀b", column) for column in (1, 2, 3, 4)] == [1, 2, 6, 7]


def test_one_diagnostic() -> None:
    finding = Finding("src/a.py", Span(3, 5, 4, 3), "TG101", "raw-torch-import", "a `message`")
    lines = {("src/a.py", None): {3: "é = torch", 4: "字字)"}}
    document = json.loads(render("rdjson", make([finding], lines)))
    assert document == {
        "source": {"name": "torchgate", "url": "https://torchgate.readthedocs.io"},
        "severity": "ERROR",
        "diagnostics": [
            {
                "message": "a `message`",
                "location": {
                    "path": "src/a.py",
                    "range": {"start": {"line": 3, "column": 6}, "end": {"line": 4, "column": 7}},
                },
                "severity": "ERROR",
                "code": {"value": "TG101", "url": "https://torchgate.readthedocs.io/rules/tg101/"},
            }
        ],
    }


def test_a_clean_report() -> None:
    document = json.loads(render("rdjson", make([])))
    RDJSON.validate(document)
    assert document["diagnostics"] == []


def test_a_notebook() -> None:
    finding = Finding("a.ipynb", Span(3, 5, 3, 9), "TG101", "raw-torch-import", "found", cell=2)
    (found,) = json.loads(render("rdjson", make([finding])))["diagnostics"]
    assert found["location"]["range"]["start"] == {"line": 1, "column": 1}
    assert found["message"] == "cell 2, line 3, column 5: found"
