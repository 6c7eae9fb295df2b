"""``torchgate baseline``: what it accepts, what it takes out, and what it never loses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.conftest import OWN, Run
from tests.lint.dummy import fails, flags
from torchgate.lint import rules
from torchgate.lint.baseline import Entry, document, read

Write = Callable[..., Path]
Command = Callable[..., Run]
NAME = "torchgate-baseline.json"
CONFIGURED = f'baseline = "{NAME}"\n'


@pytest.fixture
def project(write: Write) -> Write:
    """Three findings in two files, and a configuration that names the baseline."""
    write("torchgate.toml", CONFIGURED)
    write("app/a.py", "x = 1\nflagged\nother\n")
    write("app/b.py")
    return write


def accepted() -> list[tuple[str, str]]:
    return [(entry["path"], entry["code"]) for entry in json.loads(Path(NAME).read_text())["findings"]]


def test_what_is_accepted_is_not_reported(run: Command, project: Write) -> None:
    result = run("baseline")
    assert (result.code, result.out) == (0, "")
    assert result.err == f"torchgate: {NAME}: 3 findings accepted (3 new)\n"
    assert accepted() == [("app/a.py", "TG101"), ("app/a.py", "TG302"), ("app/b.py", "TG101")]
    assert run("check").err == "No findings in 2 files (3 in the baseline)\n"
    project("app/a.py", "# moved\n\nx = 1\n  \nother\nflagged\n")
    assert run("check").code == 0, "code that moves is the same"
    project("app/b.py", "flagged\nother\n")
    assert run("check").out == "app/b.py:2:1: TG302 the name other\n"


def test_what_is_accepted_is_reported_where_no_baseline_is_to_count(run: Command, project: Write) -> None:
    run("baseline")
    project("torchgate.toml", f"baseline = '{NAME}'\n")
    for _ in range(2):  # the second run from its recording
        assert run("check").code == 0
        result = run("check", "--no-baseline")
        assert result.code == 1
        assert len(result.out.splitlines()) == 3
        assert result.err == "3 findings in 2 files\n"
    result = run("check", "--no-baseline", "--baseline", NAME)
    assert (result.code, result.out) == (2, "")
    assert "two answers to one question" in result.err


def test_one_line_an_entry(run: Command, project: Write) -> None:
    project("app/b.py", "def f():\n    flagged\n")
    run("baseline")
    lines = Path(NAME).read_text().splitlines()
    assert lines[:3] == ["{", '  "version": 1,', '  "findings": [']
    assert lines[5].startswith('    {"path": "app/b.py", "code": "TG101", "qualname": "')
    assert lines[6:] == ["  ]", "}"]


def test_without_findings(run: Command, project: Write) -> None:
    project("app/a.py", "")
    project("app/b.py", "")
    assert run("baseline").err == f"torchgate: {NAME}: 0 findings accepted (as before)\n"
    assert Path(NAME).read_text() == '{\n  "version": 1,\n  "findings": []\n}\n'


def test_a_second_run_changes_nothing(run: Command, project: Write) -> None:
    run("baseline")
    before = os.stat(NAME)
    assert run("baseline").err == f"torchgate: {NAME}: 3 findings accepted (as before)\n"
    project("app/a.py", "other\nx = 1\nflagged\n")
    run("baseline")
    after = os.stat(NAME)
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_writing_takes_the_new_and_drops_the_old(run: Command, project: Write) -> None:
    run("baseline")
    project("app/a.py", "flagged\nflagged\n")
    result = run("baseline")
    assert result.err == f"torchgate: {NAME}: 3 findings accepted (1 new, 1 no longer found and taken out)\n"
    assert run("check").code == 0


def test_pruning_never_accepts(run: Command, project: Write) -> None:
    run("baseline")
    project("app/a.py", "flagged\nx = flagged\n")
    result = run("baseline", "--prune")
    assert (result.code, result.err) == (
        0,
        f"torchgate: {NAME}: 2 findings accepted (1 no longer found and taken out)\n",
    )
    assert accepted() == [("app/a.py", "TG101"), ("app/b.py", "TG101")]
    assert run("check").out == "app/a.py:2:5: TG101 the name flagged\n"


def test_checking(run: Command, project: Write) -> None:
    run("baseline")
    assert run("baseline", "--check").err == f"torchgate: {NAME}: 3 entries, none of them out of date\n"
    project("app/a.py", "flagged\nflagged\n")
    Path("app/b.py").unlink()
    before = Path(NAME).read_bytes()
    result = run("baseline", "--check")
    assert (result.code, result.out) == (
        1,
        "app/a.py: TG302 is no longer found\napp/b.py: TG101 is no longer found\n",
    )
    assert result.err == (
        f"torchgate: {NAME}: 2 of 3 entries no longer found; `torchgate baseline --prune` takes them out\n"
    )
    assert Path(NAME).read_bytes() == before
    assert run("baseline", "--check", "-q").err == ""


@pytest.mark.parametrize("how", ["--prune", "--check"])
def test_there_is_none_to_prune_or_check(run: Command, project: Write, how: str) -> None:
    result = run("baseline", how)
    assert (result.code, result.err) == (
        2,
        f"torchgate: {NAME}: the baseline does not exist; `torchgate baseline` writes it\n",
    )
    assert not Path(NAME).exists()


def test_what_hushes_a_finding_needs_no_entry(run: Command, project: Write) -> None:
    project("app/b.py", "flagged  # torchgate: ignore[TG101] why\n")
    run("baseline")
    assert ("app/b.py", "TG101") not in accepted()


# What was not looked at is not lost.


def test_some_files(run: Command, project: Write) -> None:
    run("baseline")
    project("app/a.py", "")
    project("app/b.py", "flagged\nother\n")
    assert "1 new" in run("baseline", "app/b.py").err
    assert accepted() == [
        ("app/a.py", "TG101"),
        ("app/a.py", "TG302"),
        ("app/b.py", "TG101"),
        ("app/b.py", "TG302"),
    ]
    assert run("baseline", "--check", "app/b.py").code == 0
    assert run("baseline", "--check", "app/a.py").code == 1
    run("baseline", "--prune", "app")
    assert accepted() == [("app/b.py", "TG101"), ("app/b.py", "TG302")]


def test_a_file_that_cannot_be_read_keeps_its_entries(run: Command, project: Write) -> None:
    run("baseline")
    project("app/a.py", "flagged\nother\ndef\n")
    assert run("baseline", "--check").code == 0
    run("baseline", "--prune")
    assert accepted() == [("app/a.py", "TG101"), ("app/a.py", "TG302"), ("app/b.py", "TG101")]
    assert [finding.split()[1] for finding in run("check").out.splitlines()] == ["TG900"]
    run("baseline")
    assert ("app/a.py", "TG900") in accepted()
    project("app/a.py", "flagged\nother\n")
    assert run("baseline", "--check").out == "app/a.py: TG900 is no longer found\n"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a folder that nobody lists")
def test_a_folder_that_cannot_be_listed_keeps_its_entries(run: Command, project: Write) -> None:
    run("baseline")
    os.chmod("app", 0)
    try:
        run("baseline", "--prune")
    finally:
        os.chmod("app", 0o755)
    assert len(accepted()) == 3


def test_a_path_that_does_not_exist(run: Command, project: Write) -> None:
    result = run("baseline", "app", "ap")
    assert (result.code, result.err) == (
        2,
        "torchgate: ap: no such file or folder\n"
        "torchgate: not everything could be looked at, so no baseline was touched\n",
    )
    assert not Path(NAME).exists()


def test_a_fault_of_our_own(run: Command, project: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    run("baseline")
    before = Path(NAME).read_bytes()
    monkeypatch.setattr(rules, "ALL", (flags("TG101"), fails("TG302"), *OWN))
    result = run("baseline")
    assert result.code == 3
    assert result.err.endswith("torchgate: not everything could be looked at, so no baseline was touched\n")
    assert Path(NAME).read_bytes() == before


def test_a_file_that_is_no_baseline_is_not_overwritten(run: Command, project: Write) -> None:
    project("notes.json", '{"version": 1}')
    result = run("baseline", "--baseline", "notes.json")
    assert (result.code, result.err) == (
        2,
        "torchgate: notes.json: this is no torchgate baseline of version 1\n",
    )
    assert Path("notes.json").read_text() == '{"version": 1}'


def test_a_baseline_without_paths(run: Command, project: Write) -> None:
    """Entries need a fingerprint and no more."""
    run("baseline")
    prints = [entry.fingerprint for entry in read(NAME)]
    Path(NAME).write_text(json.dumps({"version": 1, "findings": [{"fingerprint": one} for one in prints]}))
    project("app/b.py", "")
    assert run("baseline", "--check", "app/a.py").code == 0, "the others may be those of other files"
    result = run("baseline", "--check")
    assert (result.code, len(result.out.splitlines())) == (1, 1)
    assert result.out.endswith(": a finding is no longer found\n")
    run("baseline", "--prune")
    assert accepted() == [("app/a.py", "TG101"), ("app/a.py", "TG302")], "what is known by now is filled in"


# Where it is.


def test_nothing_reads_it_yet(run: Command, project: Write) -> None:
    project("torchgate.toml", "")
    hint = f'torchgate: {NAME}: nothing reads it yet: add `baseline = "{NAME}"` to '
    assert run("baseline").err.endswith(f"{hint}torchgate.toml\n")
    Path("torchgate.toml").unlink()
    project("pyproject.toml", "[project]\nname = 'app'\n")
    assert run("baseline").err.endswith(f"{hint}[tool.torchgate] in pyproject.toml\n")
    assert run("baseline", "--baseline", NAME).err.count("\n") == 1


def test_git_ignores_it(run: Command, project: Write) -> None:
    hint = f"torchgate: {NAME}: git ignores it"
    subprocess.run(["git", "init", "--quiet", "."], check=True)
    assert hint not in run("baseline").err
    project(".gitignore", "*.json\n")
    assert hint in run("baseline").err
    assert hint in run("baseline", "--prune").err
    assert hint not in run("baseline", "--check").err
    subprocess.run(["git", "add", "--force", NAME], check=True)
    assert hint not in run("baseline").err


def test_from_a_folder_below(run: Command, project: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("app")
    assert run("baseline").err.startswith(f"torchgate: {os.path.join('..', NAME)}: 3 findings")
    assert run("check").code == 0
    monkeypatch.chdir("..")
    assert run("check").code == 0


def test_each_configuration_has_its_own(run: Command, project: Write) -> None:
    project("tools/torchgate.toml", 'baseline = "own.json"\n')
    project("tools/c.py")
    run("baseline")
    assert len(accepted()) == 3
    assert [entry.path for entry in read("tools/own.json")] == ["c.py"]
    assert run("check").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-"], "`-` (standard input) has no baseline"),
        (["--prune", "--check"], "--check says what --prune would do: give one of them"),
        (["--select", "TG1"], "unknown option '--select'"),
    ],
)
def test_wrong_usage(run: Command, project: Write, arguments: list[str], message: str) -> None:
    result = run("baseline", *arguments)
    assert result.code == 2
    assert result.err.startswith(f"torchgate: {message}")


def test_help(run: Command) -> None:
    result = run("baseline", "--help")
    assert (result.code, result.out.split("\n")[0]) == (0, "usage: torchgate baseline [OPTIONS] [PATHS]")


TEXTS = st.text(st.characters(exclude_categories=()), max_size=8)  # surrogates stand for bytes


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS), max_size=6))
def test_every_document_is_read_as_it_was_meant(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str, str]]
) -> None:
    file = tmp_path_factory.mktemp("baseline") / "b.json"
    entries = [Entry(*row) for row in rows]
    file.write_text(document(entries), "utf-8")
    assert [entry.sort_key() for entry in read(str(file))] == sorted(entry.sort_key() for entry in entries)


@pytest.mark.parametrize("how", ["--prune", "--check"])
@pytest.mark.parametrize(
    "hushed", ['ignore = ["TG900"]', '[per-file-ignores]\n"a.py" = ["TG900"]', "comment"]
)
def test_that_a_file_cannot_be_read_need_not_be_told(
    run: Command, project: Write, how: str, hushed: str
) -> None:
    project("torchgate.toml", CONFIGURED + (hushed if hushed != "comment" else ""))
    run("baseline")
    comment = "# torchgate: ignore-file[TG900]\n" if hushed == "comment" else ""
    project("app/a.py", f"{comment}def f(:\n")
    result = run("baseline", how)
    assert (result.code, result.out) == (0, "")
    assert len(accepted()) == 3


@pytest.fixture
def workspace(write: Write) -> Write:
    """Two projects in one folder, with files of the same names."""
    write("torchgate.toml", "")
    write("setup.py", "x = 1\n")
    for name in ("one", "two"):
        write(f"{name}/torchgate.toml", "")
        write(f"{name}/app/a.py", "flagged\n")
    write("two/app/more.py", "flagged\n")
    return write


@pytest.mark.parametrize("named", ["all.json", "ci/all.json"])
def test_one_file_for_several_projects(run: Command, workspace: Write, named: str) -> None:
    """What one of them has says nothing about the others."""
    Path("ci").mkdir()

    def entries() -> list[str]:
        return [entry["path"] for entry in json.loads(Path(named).read_text())["findings"]]

    run("baseline", "--baseline", named)
    assert entries() == ["one/app/a.py", "two/app/a.py", "two/app/more.py"]
    for folder in ("one", "two", "."):
        assert run("check", "--baseline", named, folder).code == 0
        assert run("baseline", "--baseline", named, "--prune", folder).code == 0
        assert len(entries()) == 3
    workspace("one/app/a.py", "x = 1\n")
    workspace("two/app/more.py", "x = 1\n")
    assert run("baseline", "--baseline", named, "--check", "one").out == (
        "one/app/a.py: TG101 is no longer found\n"
    )
    run("baseline", "--baseline", named, "--prune", "one")
    assert entries() == ["two/app/a.py", "two/app/more.py"]
    workspace("one/app/more.py", "flagged\n")
    assert run("check", "--baseline", named, "one").code == 1, "accepted is the other"


def test_projects_that_name_the_same_file(run: Command, workspace: Write) -> None:
    for name in ("one", "two"):
        workspace(f"{name}/torchgate.toml", 'baseline = "../all.json"\n')
    run("baseline")
    run("baseline", "--prune", "one")
    assert [entry["path"] for entry in json.loads(Path("all.json").read_text())["findings"]] == [
        "one/app/a.py",
        "two/app/a.py",
        "two/app/more.py",
    ]
    assert run("check").code == run("check", "two").code == 0


@pytest.mark.parametrize("how", ["--prune", "--check"])
def test_a_project_inside_that_has_none(run: Command, project: Write, how: str) -> None:
    run("baseline")
    project("inner/torchgate.toml", "")
    project("inner/a.py", "flagged\n")
    assert run("baseline", how).code == 0
    assert not Path("inner", NAME).exists()


def test_all_are_read_before_one_is_written(run: Command, project: Write) -> None:
    run("baseline")
    project("app/b.py", "x = 1\n")
    project("inner/torchgate.toml", CONFIGURED)
    project("inner/a.py", "flagged\n")
    project(f"inner/{NAME}", "<<<<<<< ours\n")
    for arguments in ((), ("--prune",)):
        assert run("baseline", *arguments).code == 2
        assert len(accepted()) == 3


def test_a_file_with_many_entries_is_looked_at_once(
    run: Command, project: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchgate.cli import baseline

    project("app/a.py", "flagged\n" * 50)
    run("baseline")
    project("app/a.py", "x = 1\n")
    looked: list[str] = []
    monkeypatch.setattr(baseline, "_is_unreadable", lambda path: bool(looked.append(path)))
    assert len(run("baseline", "--check").out.splitlines()) == 50
    assert [Path(path).name for path in looked] == ["a.py"]
