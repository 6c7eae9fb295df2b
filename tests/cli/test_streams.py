"""Streams that are closed, full or abandoned; arguments that are empty or look like options."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run

posix = pytest.mark.skipif(os.name != "posix", reason="closes descriptors through a shell")
full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
TORCHGATE = f"'{sys.executable}' -m torchgate"
CHECK = f"{TORCHGATE} check"
FOUND = "a.py:1:1: TG101 "
COMMANDS = (
    "check a.py",
    "check --format json a.py",
    "rules",
    "explain TG101",
    "--version",
    "--help",
    "check --help",
)


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., Run]:
    (tmp_path / "a.py").write_text("import torch\n")

    def run(line: str, **variables: str) -> Run:
        environment = {**os.environ, **variables}
        done = subprocess.run(
            ["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, env=environment
        )
        return Run(done.returncode, done.stdout, done.stderr)

    return run


@posix
@full
@pytest.mark.parametrize("buffered", ["", "1"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_said_in_one_line(shell: Callable[..., Run], command: str, buffered: str) -> None:
    result = shell(f"{TORCHGATE} {command} > /dev/full", PYTHONUNBUFFERED=buffered)
    assert result.code == 2
    assert result.err == "torchgate: the output cannot be written: No space left on device\n"


@posix
@pytest.mark.parametrize("command", COMMANDS)
def test_closed_output_is_said_in_one_line(shell: Callable[..., Run], command: str) -> None:
    result = shell(f"{TORCHGATE} {command} >&-")
    assert (result.code, result.err) == (2, "torchgate: the output cannot be written: Bad file descriptor\n")


@posix
def test_closed_output_is_no_error_where_nothing_is_written_to_it(shell: Callable[..., Run]) -> None:
    result = shell(f"{CHECK} --output-file report a.py >&-; code=$?; cat report; exit $code")
    assert result.code == 1
    assert result.out.startswith(FOUND)


@posix
@full
@pytest.mark.parametrize("where", ["2>&-", "2>/dev/full"])
def test_a_lost_standard_error_changes_no_exit_code(shell: Callable[..., Run], where: str) -> None:
    result = shell(f"{CHECK} a.py {where}")
    assert result.code == 1
    assert result.out.startswith(FOUND)
    assert shell(f"{CHECK} missing.py {where}").code == 2
    assert shell(f"{CHECK} --nonsense {where}").code == 2


@posix
def test_closed_standard_input_is_not_a_clean_file(shell: Callable[..., Run]) -> None:
    result = shell(f"{CHECK} - <&-")
    assert result.code == 2
    assert result.err == "torchgate: standard input cannot be read: bad file descriptor\n"


@posix
@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_that_goes_away_leaves_no_traceback(shell: Callable[..., Run], command: str) -> None:
    result = shell(f"{TORCHGATE} {command} | true")
    assert "Traceback" not in result.err
    assert "Exception ignored" not in result.err


@posix
def test_pages_that_python_stripped_are_explained(shell: Callable[..., Run]) -> None:
    result = shell(f"'{sys.executable}' -OO -m torchgate explain TG101")
    assert (result.code, result.out) == (2, "")
    assert "PYTHONOPTIMIZE" in result.err
    assert shell(f"'{sys.executable}' -OO -m torchgate check a.py").out.startswith(FOUND)


@posix
@pytest.mark.parametrize(
    "variables", [{"PYTHONWARNINGS": "error"}, {"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}]
)
def test_the_environment_changes_no_finding(shell: Callable[..., Run], variables: dict[str, str]) -> None:
    result = shell(f"{CHECK} a.py", **variables)
    assert (result.code, result.err) == (1, "1 finding in 1 file\n")


def test_an_empty_argument_is_not_the_working_directory(run: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("flagged\n")
    result = run("check", "")
    assert (result.code, result.out) == (2, "")
    assert "torchgate: '': no such file or folder\n" in result.err


def test_a_file_that_is_called_like_an_option(run: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "-a.py").write_text("flagged\n")
    result = run("check", "-a.py")
    assert result.code == 2
    assert f"for the file of that name write {os.path.join('.', '-a.py')!r}, or `--` before it" in result.err
    assert run("check", "--", "-a.py").out.startswith("-a.py:1:1: TG101 ")


@posix
def test_a_link_that_loops_is_unreadable_and_a_dangling_one_missing(
    run: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "dangling.py").symlink_to("nowhere.py")
    looping = run("check", "loop.py")
    assert looping.code == 1
    assert looping.out.startswith("loop.py:1:1: TG900 ")
    dangling = run("check", "dangling.py")
    assert dangling.code == 2
    assert "dangling.py: no such file or folder" in dangling.err
