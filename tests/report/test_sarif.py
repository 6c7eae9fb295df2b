"""SARIF 2.1.0."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from hypothesis import given

from tests.report.reports import CODES, ROOT, make, place, placed, reports
from tests.report.schemas import SARIF
from torchgate.finding import Finding
from torchgate.lint.engine import RuleFault
from torchgate.report import Report, render
from torchgate.report.background import Background, RulePage
from torchgate.report.text import printable
from torchgate.source import Span


def read(report: Report) -> dict[str, Any]:
    """The run, valid by the schema."""
    text = render("sarif", report)
    assert text.isascii()
    log: dict[str, Any] = json.loads(text)
    SARIF.validate(log)
    json.dumps(log, ensure_ascii=False).encode()  # no lone surrogates
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    return dict(run)


def absolute(artifact: dict[str, str], run: dict[str, Any]) -> str:
    """The file that a location means, as a reader of the standard finds it."""
    uri = artifact["uri"]
    parts = urlsplit(uri)
    if "uriBaseId" in artifact:
        assert not parts.scheme
        assert not parts.netloc
        assert not uri.startswith("/")
        base = run["originalUriBaseIds"][artifact["uriBaseId"]]["uri"]
        assert base.endswith("/")
        parts = urlsplit(f"{base}{uri}")
    assert parts.scheme == "file"
    assert not parts.netloc
    assert not parts.query
    assert not parts.fragment
    return os.fsdecode(unquote_to_bytes(parts.path))


def whole(path: str) -> str:
    root, relative = place(path)
    return relative if root is None else f"{root}/{relative}"


@given(reports())
def test_any_report_can_be_read_back(report: Report) -> None:
    run = read(report)
    found = []
    for result, finding in zip(run["results"], report.findings, strict=True):
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        region = physical["region"]
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert finding.span.as_tuple() == tuple(
            region[name] for name in ("startLine", "startColumn", "endLine", "endColumn")
        )
        path = absolute(physical["artifactLocation"], run)
        found.append((path, region["startLine"], region["startColumn"], result["ruleId"]))
        said = result["message"]["text"].replace("] (", "](").replace("{{", "{").replace("}}", "}")
        assert said == printable(finding.message).replace("] (", "](")
    assert found == [(whole(path), line, column, code) for path, line, column, code in placed(report)]


@given(reports())
def test_fingerprints(report: Report) -> None:
    prints = [result["partialFingerprints"]["torchgateFingerprint/v1"] for result in read(report)["results"]]
    assert len(set(prints)) == len(report.findings)


def test_one_result() -> None:
    message = "`table[0](x)` of {0}"
    finding = Finding("src/ä.py", Span(3, 5, 4, 2), "TG301", "set-global-default", message, qualname="Net.f")
    run = read(make([finding]))
    assert run["results"] == [
        {
            "ruleId": "TG301",
            "ruleIndex": CODES.index("TG301"),
            "level": "error",
            "message": {"text": "`table[0] (x)` of {{0}}"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "src/%C3%A4.py", "uriBaseId": "%SRCROOT%"},
                        "region": {"startLine": 3, "startColumn": 5, "endLine": 4, "endColumn": 2},
                    },
                    "logicalLocations": [{"fullyQualifiedName": "Net.f"}],
                }
            ],
            "partialFingerprints": {"torchgateFingerprint/v1": "0" * 32},
        }
    ]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["originalUriBaseIds"] == {"%SRCROOT%": {"uri": "file:///work%20tree/%C3%A4/"}}
    assert run["invocations"][0]["executionSuccessful"] is True


def test_several_repositories() -> None:
    """The outermost one has the usual symbol, whichever comes first."""
    span = Span(1, 1, 1, 2)
    found = [Finding(path, span, "TG101", "raw", "") for path in ("elsewhere.py", "inner/a.py", "z.py")]
    run = read(make(found))
    artifacts = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in run["results"]]
    assert artifacts == [
        {"uri": "file:///elsewhere.py"},
        {"uri": "a.py", "uriBaseId": "%SRCROOT1%"},
        {"uri": "z.py", "uriBaseId": "%SRCROOT%"},
    ]
    assert absolute(artifacts[1], run) == f"{ROOT}/inner/a.py"


@pytest.mark.parametrize(
    "path", ["a:b.py", "100%.py", "a b#c?.py", "caf\udce9.py", "\ud83d.py", "~/.x-y_.py"]
)
def test_names(path: str) -> None:
    (result,) = read(make([Finding(path, Span(1, 1, 1, 2), "TG101", "raw", "")]))["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert urlsplit(uri).path == uri
    assert (
        unquote_to_bytes(uri).decode("utf-8", "surrogatepass" if "\ud83d" in path else "surrogateescape")
        == path
    )


def test_rules() -> None:
    """What GitHub needs of each, and its limits."""
    driver = read(make([]))["tool"]["driver"]
    assert driver["name"] == "torchgate"
    assert driver["semanticVersion"].count(".") == 2
    assert [rule["id"] for rule in driver["rules"]] == CODES
    for rule in driver["rules"]:
        for name in ("shortDescription", "fullDescription"):
            assert 0 < len(rule[name]["text"]) <= 1024
        assert len(rule["shortDescription"]["text"]) < len(rule["fullDescription"]["text"])
        assert rule["help"]["text"]
        assert rule["help"]["markdown"].startswith(f"# {rule['id']}: {rule['name']}\n")
        assert "<a" not in rule["help"]["markdown"]
        assert rule["helpUri"] == f"https://torchgate.readthedocs.io/rules/{rule['id'].lower()}/"
        assert rule["defaultConfiguration"] == {"enabled": rule["id"] != "TG306", "level": "error"}
        assert 1 < len(rule["properties"]["tags"]) <= 10
        assert "security-severity" not in rule["properties"]
    by_code = {rule["id"]: rule for rule in driver["rules"]}
    assert by_code["TG306"]["properties"]["tags"] == ["pytorch", "ambient-default", "opt-in"]
    assert by_code["TG101"]["properties"]["tags"] == ["pytorch", "torch-import", "codemod"]


def test_rules_without_their_pages() -> None:
    """Python strips docstrings under -OO."""
    background = Background({}, place, [RulePage("TG101", "raw-torch-import", "")])
    run = read(Report([], background=lambda: background))
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == rule["fullDescription"]["text"] == "raw torch import"
    assert "markdown" not in rule["help"]


def test_a_long_section_is_cut_at_a_paragraph() -> None:
    text = (
        "Short.\n\n## What it does\n\nOne\nline.\n\n"
        + "x" * 500
        + "\n\n"
        + "y" * 600
        + "\n\nlast\n\n## Why\n"
    )
    background = Background({}, place, [RulePage("TG101", "raw", text)])
    (rule,) = read(Report([], background=lambda: background))["tool"]["driver"]["rules"]
    assert rule["fullDescription"]["text"] == "One line.\n\n" + "x" * 500


def test_a_clean_report() -> None:
    run = read(make([]))
    assert run["results"] == []
    assert run["invocations"][0]["executionSuccessful"] is True


def test_a_run_that_failed() -> None:
    faults = [
        RuleFault("inner/a.py", "TG101", "ValueError: no {x}: y", "trace"),
        RuleFault("b.py", "", "E: ", ""),
    ]
    run = read(make([], faults=faults, missing=["none.py", ""], code=3))
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)
    first, second = invocation["toolExecutionNotifications"]
    assert first == {
        "descriptor": {"id": "own-fault"},
        "level": "error",
        "message": {"text": "inner/a.py: rule TG101 failed with ValueError: no {{x}}: y"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": "a.py", "uriBaseId": "%SRCROOT1%"}}}],
        "exception": {"kind": "ValueError", "message": "no {x}: y"},
        "associatedRule": {"id": "TG101", "index": 0},
    }
    assert "associatedRule" not in second
    told = [item["message"]["text"] for item in invocation["toolConfigurationNotifications"]]
    assert told == ["none.py: no such file or folder", "'': no such file or folder"]
    known = {item["id"] for item in run["tool"]["driver"]["notifications"]}
    assert known == {"own-fault", "no-such-path"}


def test_a_notebook() -> None:
    finding = Finding("a.ipynb", Span(3, 5, 3, 9), "TG101", "raw-torch-import", "found", cell=2)
    (result,) = read(make([finding]))["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 1
    assert result["message"]["text"] == "cell 2, line 3, column 5: found"
