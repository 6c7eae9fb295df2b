"""``torchgate check --format gitlab|sarif|junit|rdjson``: repositories, fingerprints, what went wrong."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Run
from tests.lint.dummy import fails
from tests.report.schemas import GITLAB, RDJSON, SARIF, check_junit
from torchgate.lint import rules
from torchgate.lint.rules import tg101_raw_torch_import
from torchgate.report import FORMATS

Write = Callable[..., Path]
Command = Callable[..., Run]


def gitlab(result: Run) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(result.out)
    GITLAB.validate(entries)
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)
    return entries


def sarif(result: Run) -> dict[str, Any]:
    log = json.loads(result.out)
    SARIF.validate(log)
    (run,) = log["runs"]
    assert run["invocations"][0]["exitCode"] == result.code
    return dict(run)


def paths(run: Command, *arguments: str) -> list[str]:
    """Where GitLab and SARIF, which must agree, say that the findings are."""
    entries = gitlab(run("check", "--format", "gitlab", *arguments))
    results = sarif(run("check", "--format", "sarif", *arguments))["results"]
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in results]
    assert [entry["location"]["path"] for entry in entries] == [place["uri"] for place in places]
    prints = [result["partialFingerprints"]["torchgateFingerprint/v1"] for result in results]
    assert [entry["fingerprint"] for entry in entries] == prints
    return [place["uri"] for place in places]


@pytest.mark.parametrize("name", FORMATS)
def test_a_clean_run_is_a_valid_document(run: Command, write: Write, name: str) -> None:
    write("a.py", "x = 1\n")
    result = run("check", "--format", name, ".")
    assert result.code == 0
    match name:
        case "gitlab":
            assert gitlab(result) == []
        case "sarif":
            assert sarif(result)["results"] == []
        case "rdjson":
            RDJSON.validate(json.loads(result.out))
        case "junit":
            root = ElementTree.fromstring(result.out)
            check_junit(root)
            assert root.attrib["tests"] == "1"
        case "json":
            assert json.loads(result.out)["findings"] == []
        case _:
            assert result.out == ""


def test_every_format_has_every_finding(run: Command, write: Write) -> None:
    write("b.py", "flagged; other\n\tx = 'é😀'; flagged\n".replace("\t", ""))
    write("sub/a.py")
    places = [("b.py", 1, 1), ("b.py", 1, 10), ("b.py", 2, 11), ("sub/a.py", 1, 1)]
    found = json.loads(run("check", "--format", "json", ".").out)["findings"]
    assert [(item["path"], item["line"], item["column"]) for item in found] == places
    entries = gitlab(run("check", "--format", "gitlab", "."))
    begins = [entry["location"]["positions"]["begin"] for entry in entries]
    assert [(begin["line"], begin["column"]) for begin in begins] == [place[1:] for place in places]
    results = sarif(run("check", "--format", "sarif", "."))["results"]
    regions = [result["locations"][0]["physicalLocation"]["region"] for result in results]
    assert [(item["startLine"], item["startColumn"]) for item in regions] == [place[1:] for place in places]
    document = json.loads(run("check", "--format", "rdjson", ".").out)
    RDJSON.validate(document)
    starts = [item["location"]["range"]["start"] for item in document["diagnostics"]]
    assert [start["column"] for start in starts] == [1, 10, 15, 1]
    root = ElementTree.fromstring(run("check", "--format", "junit", ".").out)
    check_junit(root)
    assert [suite.attrib["file"] for suite in root] == ["b.py", "sub/a.py"]


def test_a_finding_over_several_lines(run: Command, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last line is needed for the last column."""
    monkeypatch.setattr(rules, "ALL", (tg101_raw_torch_import.RULE,))
    write("a.py", "from torch import (\n    nn, ä)\n")
    (found,) = json.loads(run("check", "--format", "rdjson", ".").out)["diagnostics"]
    assert found["location"]["range"]["end"] == {"line": 2, "column": len("    nn, ä)".encode()) + 1}


# Repositories.


@pytest.fixture
def no_repository(tmp_path: Path) -> None:
    """The temporary folder must not stand in a work tree of its own."""
    assert not any((folder / ".git").exists() for folder in tmp_path.parents)


def test_paths_are_those_from_the_repository(
    run: Command, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_repository: None
) -> None:
    write("project/torchgate.toml", "")
    write("project/src/ab.py")
    monkeypatch.chdir("project/src")
    assert paths(run, ".") == ["src/ab.py"], "without git, the configuration's folder"
    (tmp_path / "project/src/.git").write_text("gitdir: elsewhere\n")  # as in a submodule or a work tree
    assert paths(run, ".") == ["ab.py"]
    (tmp_path / "project/src/.git").unlink()
    (tmp_path / ".git").mkdir()
    assert paths(run, ".") == ["project/src/ab.py"]
    assert paths(run, "ab.py") == ["project/src/ab.py"]
    described = sarif(run("check", "--format", "sarif", "."))
    place = described["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "project/src/ab.py", "uriBaseId": "%SRCROOT%"}
    assert described["originalUriBaseIds"] == {"%SRCROOT%": {"uri": f"file://{tmp_path}/"}}
    for name in ("rdjson", "junit"):
        assert "project" not in run("check", "--format", name, ".").out, "relative to the working directory"


def test_names_are_encoded(run: Command, write: Write) -> None:
    write("a b:ä\udce9.py")
    (entry,) = gitlab(run("check", "--format", "gitlab", "."))
    assert entry["location"]["path"] == "a b:ä\\udce9.py"
    (result,) = sarif(run("check", "--format", "sarif", "."))["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == "a%20b%3A%C3%A4%E9.py"
    RDJSON.validate(json.loads(run("check", "--format", "rdjson", ".").out))
    check_junit(ElementTree.fromstring(run("check", "--format", "junit", ".").out))


def test_a_repository_in_another(run: Command, write: Write, tmp_path: Path) -> None:
    for folder in (".", "vendored"):
        (tmp_path / folder / ".git").mkdir(parents=True)
    write("a.py")
    write("vendored/src/a.py")
    run_ = sarif(run("check", "--format", "sarif", "a.py", "vendored/src/a.py"))
    assert [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in run_["results"]] == [
        {"uri": "a.py", "uriBaseId": "%SRCROOT%"},
        {"uri": "src/a.py", "uriBaseId": "%SRCROOT1%"},
    ]
    assert run_["originalUriBaseIds"]["%SRCROOT1%"] == {"uri": f"file://{tmp_path}/vendored/"}


def test_a_file_outside_of_everything(
    run: Command, write: Write, tmp_path: Path, no_repository: None
) -> None:
    """Another file's configuration counts for it, and no repository is around it."""
    write("project/torchgate.toml", "")
    write("a.py")
    arguments = ["--config", "project/torchgate.toml", "a.py"]
    (entry,) = gitlab(run("check", "--format", "gitlab", *arguments))
    assert entry["location"]["path"] == f"{tmp_path}/a.py"
    (result,) = sarif(run("check", "--format", "sarif", *arguments))["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": f"file://{tmp_path}/a.py"}


def test_standard_input(run: Command, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    (write("sub/x").parents[1] / ".git").mkdir()
    monkeypatch.chdir("sub")
    for arguments, expected in ((["-"], "sub/-"), (["--stdin-filename", "a.py", "-"], "sub/a.py")):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"flagged\n")))
        (entry,) = gitlab(run("check", "--format", "gitlab", *arguments))
        assert entry["location"]["path"] == expected


# Fingerprints.


def test_fingerprints_are_those_of_the_baseline(run: Command, write: Write) -> None:
    """Also of the findings that remain where the baseline has some of their equals."""
    write("torchgate.toml", "baseline = 'base.json'\n")
    file = write("base.json", '{"version": 1, "findings": []}')
    write("a.py", "flagged\nflagged\nflagged\n")
    write("sub/b.py", "def f():\n    return flagged\n")
    before = gitlab(run("check", "--format", "gitlab", "."))
    assert run("baseline", ".").code == run("check", ".").code == 0
    accepted = json.loads(file.read_text())
    known = [entry["fingerprint"] for entry in accepted["findings"]]
    assert sorted(known) == sorted(entry["fingerprint"] for entry in before)
    middle = before[1]["fingerprint"]
    accepted["findings"] = [entry for entry in accepted["findings"] if entry["fingerprint"] != middle]
    file.write_text(json.dumps(accepted))
    (left,) = gitlab(run("check", "--format", "gitlab", "."))
    assert (left["fingerprint"], left["location"]["lines"]["begin"]) == (middle, 2)


def test_fingerprints_stay_where_code_moves_and_where_git_begins_elsewhere(
    run: Command, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("project/torchgate.toml", "")
    write("project/a.py", "flagged\n")
    monkeypatch.chdir("project")
    (before,) = gitlab(run("check", "--format", "gitlab"))
    (tmp_path / ".git").mkdir()
    write("project/a.py", "\n\nif x:\n    flagged\n")
    (after,) = gitlab(run("check", "--format", "gitlab"))
    assert (before["location"]["path"], after["location"]["path"]) == ("a.py", "project/a.py")
    assert (before["location"]["lines"]["begin"], after["location"]["lines"]["begin"]) == (1, 4)
    assert before["fingerprint"] == after["fingerprint"]


def test_two_projects_with_files_of_one_name(
    run: Command, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has a baseline that holds whichever projects are looked at, and all fingerprints differ."""
    for project in ("one", "two"):
        write(f"{project}/torchgate.toml", "baseline = 'torchgate-baseline.json'\n")
        write(f"{project}/torchgate-baseline.json", '{"version": 1, "findings": []}')
        write(f"{project}/a.py", "flagged\nflagged\n")
    together = [entry["fingerprint"] for entry in gitlab(run("check", "--format", "gitlab"))]
    assert len(set(together)) == 4
    assert run("baseline").code == run("check").code == 0
    for project in ("one", "two"):
        accepted = json.loads((tmp_path / project / "torchgate-baseline.json").read_text())["findings"]
        assert sorted(entry["fingerprint"] for entry in accepted) == sorted(together[:2])
        monkeypatch.chdir(tmp_path / project)
        assert run("check").code == 0


# What went wrong.


def test_an_own_fault(run: Command, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "ALL", (fails("TG101"),))
    write("a.py", "x = 1\n")
    described = sarif(run("check", "--format", "sarif", "."))
    (invocation,) = described["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)
    (note,) = invocation["toolExecutionNotifications"]
    assert note["associatedRule"] == {"id": "TG101", "index": 0}
    assert note["exception"] == {"kind": "ValueError", "message": "boom"}
    assert len(described["results"]) == 1, "what was found is printed all the same"
    result = run("check", "--format", "junit", ".")
    assert result.code == 3
    assert ElementTree.fromstring(result.out).attrib["errors"] == "1"


def test_a_path_that_does_not_exist(run: Command, write: Write) -> None:
    write("a.py", "x = 1\n")
    (invocation,) = sarif(run("check", "--format", "sarif", "a.py", "none.py"))["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    (note,) = invocation["toolConfigurationNotifications"]
    assert note["message"]["text"] == "none.py: no such file or folder"
    root = ElementTree.fromstring(run("check", "--format", "junit", "a.py", "none.py").out)
    assert (root.attrib["tests"], root.attrib["errors"]) == ("1", "1")


def test_an_unreadable_file(run: Command, write: Write) -> None:
    write("a.py", "x = '\udcff'\n")
    (result,) = sarif(run("check", "--format", "sarif", "."))["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (result["ruleId"], region["startColumn"], region["endColumn"]) == ("TG900", 6, 6)
    (found,) = json.loads(run("check", "--format", "rdjson", ".").out)["diagnostics"]
    assert found["code"]["value"] == "TG900"


def test_findings_that_count_as_none(run: Command, write: Write) -> None:
    write("a.py")
    result = run("check", "--format", "sarif", "--exit-zero", ".")
    (invocation,) = sarif(result)["invocations"]
    assert (result.code, invocation["executionSuccessful"], invocation["exitCode"]) == (0, True, 0)


def test_an_output_file_and_colours(run: Command, write: Write, tmp_path: Path) -> None:
    write("a.py")
    for name in ("gitlab", "sarif", "junit", "rdjson"):
        arguments = ["--format", name, "--color", "always", "--output-file", "out", "."]
        assert run("check", *arguments).out == ""
        assert (tmp_path / "out").read_text() == run("check", "--format", name, ".").out
        os.unlink("out")


def test_rules_that_run_by_request_are_listed_as_such(run: Command, write: Write) -> None:
    write("a.py", "x = 1\n")
    listed = sarif(run("check", "--format", "sarif", "."))["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in listed] == ["TG101", "TG302", "TG900", "TG901"]
