"""``torchgate check``: exit codes, streams, formats, options, bad input."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import OWN, Run
from tests.lint.dummy import fails, flags
from torchgate.lint import rules
from torchgate.report import FORMATS

needs_fork = pytest.mark.skipif(
    multiprocessing.get_start_method() != "fork", reason="the chosen rules reach a process by forking only"
)
Write = Callable[..., Path]
Command = Callable[..., Run]


def test_clean(run: Command, write: Write) -> None:
    write("a.py", "x = 1\n")
    result = run("check", "a.py")
    assert (result.code, result.out, result.err) == (0, "", "No findings in 1 file\n")


def test_findings_go_to_standard_output_and_the_summary_to_standard_error(run: Command, write: Write) -> None:
    write("b.py", "other\nx = flagged\n")
    write("a.py", "x = 1; flagged\n")
    write("sub/a.py")
    result = run("check", "sub", "b.py", "a.py")
    assert result.out == (
        "a.py:1:8: TG101 the name flagged\n"
        "b.py:1:1: TG302 the name other\n"
        "b.py:2:5: TG101 the name flagged\n"
        "sub/a.py:1:1: TG101 the name flagged\n"
    )
    assert (result.code, result.err) == (1, "4 findings in 3 files\n")


def test_without_paths_the_project_is_checked(
    run: Command, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.py")
    write("sub/b.py")
    assert run("check").err == "2 findings in 2 files\n"
    monkeypatch.chdir("sub")
    result = run("check")
    assert result.out.split("\n")[:2] == [
        "../a.py:1:1: TG101 the name flagged",
        "b.py:1:1: TG101 the name flagged",
    ]


def test_nothing_to_check_is_said(run: Command, write: Write) -> None:
    result = run("check", ".")
    assert (result.code, result.out, result.err) == (0, "", "torchgate: no Python files to check\n")


def test_exit_zero(run: Command, write: Write) -> None:
    write("a.py")
    assert run("check", "a.py", "--exit-zero").code == 0


def test_quiet(run: Command, write: Write) -> None:
    write("a.py")
    result = run("check", "a.py", "-q")
    assert (result.out, result.err) == ("a.py:1:1: TG101 the name flagged\n", "")


def test_statistics(run: Command, write: Write) -> None:
    write("a.py", "flagged; flagged; other\n" + "flagged\n" * 9)
    result = run("check", "a.py", "--statistics", "-q")
    assert result.err == "11  TG101  no-flagged\n 1  TG302  no-other\n"


def test_verbose_names_the_configuration(run: Command, write: Write) -> None:
    write("a.py")
    assert f"torchgate: using {os.path.abspath('torchgate.toml')}\n" in run("check", "a.py", "-v").err


def test_suppressed_findings_are_counted(run: Command, write: Write) -> None:
    write("a.py", "flagged  # noqa: TG101\nflagged  # torchgate: ignore[TG101] why\nflagged\n")
    result = run("check", "a.py")
    assert (result.out, result.err) == (
        "a.py:3:1: TG101 the name flagged\n",
        "1 finding in 1 file (2 suppressed)\n",
    )


def test_a_missing_path_is_an_error_and_the_others_are_checked(run: Command, write: Write) -> None:
    write("a.py")
    result = run("check", "nope.py", "a.py", "--exit-zero")
    assert result.code == 2
    assert result.out == "a.py:1:1: TG101 the name flagged\n"
    assert "torchgate: nope.py: no such file or folder\n" in result.err


def test_codes_that_are_separated_by_blanks(run: Command, write: Write) -> None:
    write("a.py")
    result = run("check", "-q", "--select", "TG1", "TG3", "a.py")
    assert result.code == 2
    hint = "(several codes are separated by commas, as in `--select TG1,TG3`)"
    assert result.err == f"torchgate: TG3: no such file or folder {hint}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fix"], "torchgate: unknown option '--fix'; it is `torchgate migrate` that changes files\n"),
        (["--only"], "torchgate: unknown option '--only'\n"),
        (["--selekt", "TG101"], "torchgate: unknown option '--selekt'; did you mean --select?\n"),
        (["--select"], "torchgate: --select needs a value: --select CODES\n"),
        (["--select="], "torchgate: --select needs a value: --select CODES\n"),
        (["--select", "tg1"], "torchgate: --select: unknown code 'tg1'; did you mean TG1?\n"),
        (["--select", "no-flaged"], "torchgate: --select: unknown code 'no-flaged'; did you mean TG101?\n"),
        (["-j"], "torchgate: -j needs a value: -j N\n"),
        (["-jmany"], "torchgate: -j needs a positive number, not 'many'\n"),
        (["-qj"], "torchgate: -j needs a value: -j N\n"),
        (["-q=yes"], "torchgate: -q takes no value\n"),
        (["-qx"], "torchgate: unknown option '-qx'; did you mean -q?\n"),
        (["-x"], "torchgate: unknown option '-x'\n"),
        (["--j1"], "torchgate: unknown option '--j1'"),
        (["--select", "TG999"], "torchgate: --select: unknown code 'TG999'; did you mean TG9"),
        (
            ["--extend-ignore", "tg101"],
            "torchgate: --extend-ignore: unknown code 'tg101'; did you mean TG101?\n",
        ),
        (
            ["--format", "jsn"],
            f"torchgate: --format takes {', '.join(FORMATS)}, not 'jsn'; did you",
        ),
        (["--jobs", "0"], "torchgate: --jobs needs a positive number, not '0'\n"),
        (["--jobs", "many"], "torchgate: --jobs needs a positive number, not 'many'\n"),
        (["--quiet=yes"], "torchgate: --quiet takes no value\n"),
        (["--config", "none.toml"], "torchgate: none.toml: the configuration file does not exist\n"),
        (["-", "a.py"], "torchgate: `-` (standard input) cannot be checked together with other paths\n"),
        (["--stdin-filename", "x.py", "a.py"], "torchgate: --stdin-filename names what `-` reads: "),
        (
            ["a.py", "--output-file", "no/such/folder/x"],
            "torchgate: no/such/folder/x: the report cannot be written",
        ),
        (
            ["a.py", "--baseline", "none.json"],
            "torchgate: none.json: the baseline does not exist; `torchgate baseline` writes it\n",
        ),
    ],
)
def test_bad_usage(run: Command, write: Write, arguments: list[str], message: str) -> None:
    write("a.py")
    result = run("check", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_a_folder_as_configuration(run: Command, write: Write) -> None:
    write("folder/a.py")
    result = run("check", "--config", "folder")
    assert result.err == "torchgate: folder: it is a folder, and no configuration file\n"


def test_bad_configuration(run: Command, write: Write) -> None:
    write("a.py")
    write("torchgate.toml", "\nselct = []\n")
    result = run("check", "a.py")
    assert (result.code, result.out) == (2, "")
    assert result.err == "torchgate: torchgate.toml:2: unknown key `selct`; did you mean `select`?\n"
    write("torchgate.toml", "src = []\nselect = ['TG301x']\n")
    assert run("check", "a.py").err.startswith("torchgate: torchgate.toml:2: `select`: unknown code 'TG301x'")


@pytest.mark.parametrize("command", [["chek"], []])
def test_an_unknown_command(run: Command, command: list[str]) -> None:
    result = run(*command)
    assert result.code == 2
    if command:
        assert "torchgate: unknown command 'chek'; did you mean `torchgate check`?" in result.err


def test_a_rule_that_raises(run: Command, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "ALL", (flags("TG101"), fails("TG202"), *OWN))
    write("a.py", "flagged\n")
    write("b.py", "flagged\n")
    result = run("check", ".", "--exit-zero")
    assert result.code == 3
    assert result.out.count("TG101") == 2
    for path in ("a.py", "b.py"):
        assert f"torchgate: {path}: rule TG202 failed with ValueError: boom\n" in result.err
    assert "fault of torchgate" in result.err
    assert "Traceback" not in result.err
    assert "Traceback" in run("check", "a.py", "--verbose").err
    assert run("check", "a.py", "nope.py").code == 3  # wins over 2 as well


def test_unreadable_files_are_findings_and_the_others_are_checked(run: Command, write: Write) -> None:
    write("a.py", "x = (\n")
    write("b.py", "x = '\udcff'\n")
    write("c.py", "flagged\n")
    result = run("check", ".")
    lines = result.out.splitlines()
    assert result.code == 1
    assert lines[0].startswith("a.py:1:5: TG900 this file was not checked: '(' was never closed")
    assert lines[1] == "b.py:1:6: TG900 this file was not checked: byte 0xff is not valid utf-8"
    assert lines[2:] == ["c.py:1:1: TG101 the name flagged"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_a_pipe_that_is_called_like_a_module(run: Command, write: Write, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    assert "pipe.py:1:1: TG900 this file was not checked: it is not a regular file" in run("check", ".").out


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_what_may_not_be_read(run: Command, write: Write, tmp_path: Path) -> None:
    write("a.py").chmod(0)
    write("locked/b.py").parent.chmod(0)
    try:
        out = run("check", ".").out
    finally:
        (tmp_path / "locked").chmod(0o700)
    assert "a.py:1:1: TG900 this file was not checked: permission denied" in out
    assert (
        "locked:1:1: TG900 this file was not checked: the folder cannot be listed: permission denied" in out
    )


def test_a_file_that_git_lists_and_that_is_gone_is_passed_over(
    run: Command, write: Write, tmp_path: Path
) -> None:
    write("a.py")
    write("b.py")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "a.py", "b.py"], cwd=tmp_path, check=True)
    (tmp_path / "b.py").unlink()
    result = run("check", ".")
    assert (result.code, result.err) == (1, "1 finding in 1 file\n")


def test_a_file_that_cannot_be_read_may_be_ignored(run: Command, write: Write, tmp_path: Path) -> None:
    (tmp_path / "zero.py").symlink_to("/dev/null")
    assert (
        "zero.py:1:1: TG900 this file was not checked: it is not a regular file"
        in run("check", "zero.py").out
    )
    write("torchgate.toml", "per-file-ignores = { 'zero.py' = ['TG900'] }\n")
    assert run("check", "zero.py").code == 0


@needs_fork
@pytest.mark.parametrize("jobs", ["1", "2", "8"])
def test_the_output_is_the_same_for_every_number_of_jobs(run: Command, write: Write, jobs: str) -> None:
    for number in range(30):
        write(f"p{number % 3}/m{number}.py", "flagged\n" * (number % 4) + "x = 1  # noqa: TG101\n")
    write("broken.py", "x = (\n")
    write("p1/torchgate.toml", "ignore = ['TG101']\n")
    result = run("check", "--format", "json", "--jobs", jobs)
    expected = run("check", "--format", "json", "--jobs", "1")
    assert (result.code, result.out, result.err) == (expected.code, expected.out, expected.err)
    assert json.loads(result.out)["summary"]["files"] == 31


@needs_fork
def test_a_fault_crosses_processes(run: Command, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "ALL", (flags("TG101"), fails("TG202"), *OWN))
    write("a.py")
    write("b.py")
    result = run("check", "--jobs", "2", "--verbose", ".")
    assert result.code == 3
    assert result.out.count("TG101") == 2
    assert result.err.count("failed with ValueError: boom") == 2
    assert "Traceback" in result.err


# Selection on the command line.


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        ([], ["TG101", "TG302"]),
        (["--select", "TG1"], ["TG101"]),
        (["--select=TG101,TG302"], ["TG101", "TG302"]),
        (["--select", "TG1", "--select", "TG3"], ["TG101", "TG302"]),
        (["--ignore", "TG1"], ["TG302"]),
        (["--select", "TG3", "--extend-select", "TG1"], ["TG101", "TG302"]),
        (["--select", "TG", "--extend-ignore", "TG3,TG101"], []),
    ],
)
def test_selection(run: Command, write: Write, arguments: list[str], codes: list[str]) -> None:
    write("a.py", "flagged\nother\n")
    assert [line.split()[1] for line in run("check", "a.py", *arguments).out.splitlines()] == codes


def test_force_exclude(run: Command, write: Write) -> None:
    write("torchgate.toml", "exclude = ['gen']\n")
    write("gen/a.py")
    assert run("check", "gen/a.py").code == 1
    assert run("check", "gen/a.py", "--force-exclude").code == 0
    assert run("check", ".").code == 0


def test_each_file_has_its_nearest_configuration(run: Command, write: Write) -> None:
    write("one/torchgate.toml", "ignore = ['TG101']\n")
    write("one/a.py")
    write("two/a.py")
    assert run("check", ".").out == "two/a.py:1:1: TG101 the name flagged\n"
    assert run("check", ".", "--config", "one/torchgate.toml").out == ""


def test_per_file_ignores_are_relative_to_the_configuration(
    run: Command, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("torchgate.toml", "per-file-ignores = { 'src/app/*' = ['TG101'] }\n")
    write("src/app/a.py")
    assert run("check", ".").code == 0
    monkeypatch.chdir("src")
    assert run("check", "app/a.py").code == 0


# Standard input.


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def test_standard_input(run: Command, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("torchgate.toml", "per-file-ignores = { 'hushed.py' = ['TG101'] }\nexclude = ['gen']\n")
    feed(monkeypatch, b"\xef\xbb\xbfflagged\r\nx  # noqa: TG101\r\n")
    assert run("check", "-").out == "-:1:1: TG101 the name flagged\n"  # and no TG901
    feed(monkeypatch, b"flagged\n")
    assert run("check", "--stdin-filename", "src/a.py", "-").out == "src/a.py:1:1: TG101 the name flagged\n"
    feed(monkeypatch, b"flagged\n")
    assert run("check", "--stdin-filename", "hushed.py", "-").code == 0
    feed(monkeypatch, b"flagged\n")
    assert run("check", "--stdin-filename", "gen/a.py", "-").code == 1
    feed(monkeypatch, b"flagged\n")
    assert run("check", "--stdin-filename", "gen/a.py", "--force-exclude", "-").code == 0
    feed(monkeypatch, b"\xff\n")
    assert "-:1:1: TG900" in run("check", "-").out


# Formats.


def test_json(run: Command, write: Write) -> None:
    write("src/ä.py", "x = flagged  # é\nother  # noqa\n")
    result = run("check", "--format", "json", ".")
    assert json.loads(result.out) == {
        "version": 1,
        "findings": [
            {
                "path": "src/ä.py",
                "line": 1,
                "column": 5,
                "end_line": 1,
                "end_column": 12,
                "code": "TG101",
                "name": "no-flagged",
                "message": "the name flagged",
                "url": "https://torchgate.readthedocs.io/rules/tg101/",
                "fix": "safe",
            }
        ],
        "summary": {"files": 1, "findings": 1, "baselined": 0, "suppressed": 1},
    }


def test_json_lines(run: Command, write: Write) -> None:
    write("a.py", "flagged\nother\n")
    lines = run("check", "--output-format=jsonl", ".").out.splitlines()
    assert [(json.loads(line)["line"], json.loads(line)["fix"]) for line in lines] == [(1, "safe"), (2, None)]


def test_clean_formats(run: Command, write: Write) -> None:
    write("a.py", "x = 1\n")
    assert json.loads(run("check", "--format", "json", ".").out)["findings"] == []
    for name in ("text", "full", "jsonl", "github"):
        assert run("check", "--format", name, ".").out == ""


def test_github(run: Command, write: Write) -> None:
    write("a,b:100%.py", "x = flagged\n")
    assert run("check", "--format", "github", ".").out == (
        "::error title=torchgate (TG101),file=a%2Cb%3A100%25.py,line=1,col=5,endColumn=12,endLine=1"
        "::a,b:100%25.py:1:5: TG101 the name flagged\n"
    )


def test_full(run: Command, write: Write) -> None:
    write("a.py", "\n" * 8 + "if x:\n\ty = '字é' + flagged  # é\n")
    assert run("check", "--format", "full", "a.py").out == (
        "a.py:10:13: TG101 the name flagged\n"
        "   |\n"
        "10 |     y = '字é' + flagged  # é\n"
        "   |                 ^^^^^^^\n"
        "   = help: torchgate explain TG101\n\n"
    )


def test_colors(run: Command, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.py")
    plain = "a.py:1:1: TG101 the name flagged\n"
    assert run("check", "a.py").out == plain
    assert "\x1b[" in run("check", "a.py", "--color", "always").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    colored = run("check", "a.py").out
    assert "\x1b[" in colored
    assert run("check", "a.py", "--color", "never").out == plain
    monkeypatch.setenv("NO_COLOR", "1")
    assert run("check", "a.py").out == plain


def test_a_dumb_terminal_gets_no_colors(run: Command, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.py")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[" in run("check", "a.py").out
    monkeypatch.setenv("TERM", "dumb")
    assert run("check", "a.py").out == "a.py:1:1: TG101 the name flagged\n"


@pytest.mark.parametrize("arguments", [["-j2"], ["-j", "2"], ["-j=2"], ["-qj2"], ["-qvj", "2"], ["-vq"]])
def test_letters_with_a_value_attached_and_together(run: Command, write: Write, arguments: list[str]) -> None:
    write("a.py")
    result = run("check", *arguments, "a.py")
    assert (result.code, result.out) == (1, "a.py:1:1: TG101 the name flagged\n")
    assert ("1 finding in 1 file" in result.err) is not any("q" in argument for argument in arguments)


def test_output_file(run: Command, write: Write, tmp_path: Path) -> None:
    write("a.py")
    write("report.json", "old")
    result = run("check", "a.py", "--format", "json", "--output-file", "report.json")
    assert (result.code, result.out, result.err) == (1, "", "1 finding in 1 file\n")
    assert json.loads((tmp_path / "report.json").read_text())["summary"]["findings"] == 1
    assert sorted(os.listdir(tmp_path)) == ["a.py", "report.json", "torchgate.toml"]


def test_names_that_would_forge_output(run: Command, write: Write) -> None:
    write("a\nb.py:1:1: TG101 forged.py")
    write("\x1b[2J.py")
    write("caf\udce9.py")
    for name in ("text", "full"):
        out = run("check", "--format", name, ".").out
        assert "\x1b" not in out
        assert "a\\nb.py" in out
        assert "caf\\udce9.py" in out
    assert "%0Ab.py" in run("check", "--format", "github", ".").out
    paths = [finding["path"] for finding in json.loads(run("check", "--format=json", ".").out)["findings"]]
    assert sorted(paths) == sorted(["a\nb.py:1:1: TG101 forged.py", "\x1b[2J.py", "caf\udce9.py"])


# Other commands.


@pytest.mark.parametrize("command", ["check", "migrate", "baseline", "init"])
def test_help_says_what_the_paths_are_and_what_the_exit_codes_mean(run: Command, command: str) -> None:
    lines = run(command, "--help").out.splitlines()
    assert all(line == line.rstrip() and len(line) <= 110 for line in lines)
    assert lines[0].endswith("[OPTIONS]" if command == "init" else "[OPTIONS] [PATHS]")
    assert any(line.startswith("  PATHS ") for line in lines) is (command != "init")
    assert lines[-2].startswith("exit: 0 ")
    assert lines[-1] == "      2 wrong usage or configuration, 3 a fault of torchgate's own"


def test_help(run: Command) -> None:
    assert "usage: torchgate check [OPTIONS] [PATHS]" in run("check", "--help").out
    assert "check" in run("--help").out
    for command in ("check", "migrate"):
        assert run("help", command).out == run(command, "--help").out
    assert run("help", "chek").out == run("--help").out


def test_version(run: Command) -> None:
    assert run("--version").out.startswith("torchgate ")


def test_explain(run: Command) -> None:
    page = run("explain", "tg900").out
    assert page.startswith("# TG900: unreadable-file\n\nA file could not be checked.\n")
    assert page == run("explain", "unreadable-file").out
    result = run("explain", "TG902")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("torchgate: no rule and no reason is called 'TG902'; did you mean TG90")
    assert run("explain", "TG9").err.endswith("is called 'TG9'; these begin so: TG900, TG901\n")


def test_rules(run: Command) -> None:
    lines = run("rules").out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["TG101", "no-flagged"],
        ["TG302", "no-other"],
        ["TG900", "unreadable-file"],
        ["TG901", "unused-suppression"],
    ]
    assert lines[0].endswith("(safe fix)")
    assert lines[2].endswith("  A file could not be checked.")
    assert json.loads(run("rules", "--format", "json").out)[0] == {
        "code": "TG101",
        "name": "no-flagged",
        "summary": "Rules for tests of what stands around the rules: "
        "one that reports a word, one that raises.",
        "fix": "safe",
        "opt_in": False,
        "preview": False,
    }


ROOT = Path(__file__).parents[2]
_GARBAGE = """
import gc
from torchgate.cli.check import Check, parse

check = Check(parse(["src/torchgate/semantics", "--jobs", "1", "--no-cache", "--quiet"]))
gc.disable()
gc.collect()
outcomes = check.outcomes()
print(len(outcomes), gc.collect())
"""


def test_nothing_is_left_for_the_garbage_collector() -> None:
    """It is off while `check` runs. A circle that holds one file would be some thousand objects."""
    found = subprocess.run(
        [sys.executable, "-c", _GARBAGE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files, garbage = map(int, found.stdout.split())
    assert files > 30
    assert garbage < 1000
