"""The Code Quality report of GitLab."""

from __future__ import annotations

import json

from hypothesis import given

from tests.report.reports import make, place, placed, reports
from tests.report.schemas import GITLAB
from torchgate.finding import Finding
from torchgate.report import Report, render
from torchgate.report.text import encodable
from torchgate.source import Span


@given(reports())
def test_any_report_can_be_read_back(report: Report) -> None:
    text = render("gitlab", report)
    assert text.isascii()
    document = json.loads(text)
    GITLAB.validate(document)
    json.dumps(document, ensure_ascii=False).encode()  # no lone surrogates
    assert [
        (
            entry["location"]["path"],
            entry["location"]["lines"]["begin"],
            entry["location"]["positions"]["begin"]["column"],
            entry["check_name"],
        )
        for entry in document
    ] == [(encodable(place(path)[1]), line, column, code) for path, line, column, code in placed(report)]
    assert len({entry["fingerprint"] for entry in document}) == len(report.findings)


def test_one_entry() -> None:
    finding = Finding("src/a.py", Span(3, 5, 4, 2), "TG101", "raw-torch-import", "a `message`")
    assert json.loads(render("gitlab", make([finding]))) == [
        {
            "description": "TG101 a `message`",
            "check_name": "TG101",
            "fingerprint": "0" * 32,
            "severity": "major",
            "location": {
                "path": "src/a.py",
                "lines": {"begin": 3, "end": 4},
                "positions": {"begin": {"line": 3, "column": 5}, "end": {"line": 4, "column": 2}},
            },
        }
    ]


def test_a_clean_report() -> None:
    assert render("gitlab", make([])) == "[]\n"


def test_a_notebook() -> None:
    """Lines count within the cell, which no reader knows of."""
    finding = Finding("a.ipynb", Span(3, 5, 3, 9), "TG101", "raw-torch-import", "found", cell=2)
    (entry,) = json.loads(render("gitlab", make([finding])))
    assert entry["location"]["lines"] == {"begin": 1, "end": 1}
    assert entry["description"] == "TG101 cell 2, line 3, column 5: found"
