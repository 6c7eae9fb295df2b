"""Test results."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from hypothesis import given

from tests.report.reports import make, placed, reports
from tests.report.schemas import check_junit
from torchgate.finding import Finding
from torchgate.lint.engine import RuleFault
from torchgate.report import Report, render
from torchgate.report.text import printable
from torchgate.source import Span

PLACE = re.compile(r":(?P<line>\d+):(?P<column>\d+): (?P<code>TG\d+) ")


def read(report: Report) -> ElementTree.Element:
    """The document, checked: its shape, its counts, and that no two test cases are the same to GitLab."""
    text = render("junit", report)
    assert text.isascii()
    root = ElementTree.fromstring(text)
    assert root.tag == "testsuites"
    check_junit(root)
    for element in (root, *root):
        for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            assert int(element.attrib[name]) == len(list(element.iter(tag)))
    names = [(case.attrib["classname"], case.attrib["name"]) for case in root.iter("testcase")]
    assert names
    assert len(set(names)) == len(names)
    return root


@given(reports())
def test_any_report_can_be_read_back(report: Report) -> None:
    found = []
    for suite in read(report):
        for failure in suite.iter("failure"):
            path, text = suite.attrib["file"], failure.text or ""
            assert text.startswith(path)
            place = PLACE.match(text, len(path))
            assert place is not None
            assert failure.attrib["type"] == place["code"]
            found.append((path, int(place["line"]), int(place["column"]), place["code"]))
    expected = [(printable(path), line, column, code) for path, line, column, code in placed(report)]
    assert found == expected


@given(reports())
def test_messages(report: Report) -> None:
    messages = [element.attrib["message"] for element in read(report).iter("failure")]
    assert messages == [printable(finding.message) for finding in report.findings]


def test_one_document() -> None:
    span = Span(3, 5, 3, 9)
    first = Finding("src/a.py", span, "TG101", "raw-torch-import", "a <message>", qualname="Net.forward")
    second = Finding("src/a.py", Span(4, 5, 4, 9), "TG101", "raw-torch-import", "b", qualname="Net.forward")
    lines = {("src/a.py", None): {3: "    é & x"}}
    assert render("junit", make([first, second], lines)) == (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<testsuites name="torchgate" tests="2" failures="2" errors="0">\n'
        '  <testsuite name="src/a.py" tests="2" failures="2" errors="0" file="src/a.py">\n'
        '    <testcase name="TG101 raw-torch-import in Net.forward" classname="src.a">\n'
        '      <failure type="TG101" message="a &lt;message&gt;">'
        "src/a.py:3:5: TG101 a &lt;message&gt;\n"
        "  |\n3 |     &#233; &amp; x\n  |     ^^^^\n  = help: torchgate explain TG101\n"
        "https://torchgate.readthedocs.io/rules/tg101/</failure>\n"
        "    </testcase>\n"
        '    <testcase name="TG101 raw-torch-import in Net.forward (2)" classname="src.a">\n'
        '      <failure type="TG101" message="b">'
        "src/a.py:4:5: TG101 b\n  = help: torchgate explain TG101\n"
        "https://torchgate.readthedocs.io/rules/tg101/</failure>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "</testsuites>\n"
    )


def test_a_clean_report_is_one_that_passes() -> None:
    (suite,) = read(make([]))
    (case,) = suite
    assert (case.attrib, len(case)) == ({"name": "no findings", "classname": "torchgate"}, 0)


def test_what_could_not_be_checked_is_an_error() -> None:
    """A report with nothing else must not pass."""
    fault = RuleFault("a.py", "TG101", "ValueError: boom\x00", "")
    root = read(make([], faults=[fault], missing=["b\ud800", ""]))
    assert [(case.attrib["name"], case[0].tag, case[0].text) for case in root.iter("testcase")] == [
        ("TG101 failed", "error", "a.py: rule TG101 failed with ValueError: boom\\x00"),
        ("no such file or folder", "error", "b\\ud800: no such file or folder"),
        ("no such file or folder", "error", "'': no such file or folder"),
    ]


def test_names_stay_where_code_moves() -> None:
    """GitLab and Jenkins tell by the name which failures are new."""

    def names(line: int) -> list[str]:
        found = [
            Finding("a.py", Span(line + n, 1, line + n, 9), "TG101", "raw", "", qualname="f") for n in (0, 5)
        ]
        return [case.attrib["name"] for case in read(make(found)).iter("testcase")]

    assert names(3) == names(30) == ["TG101 raw in f", "TG101 raw in f (2)"]


def test_colours_stay_out() -> None:
    finding = Finding("a.py", Span(1, 1, 1, 2), "TG101", "raw", "")
    report = make([finding], {("a.py", None): {1: "x"}}, color=True)
    assert "1b" not in render("junit", report)
