"""The end of the process: at once after ``check`` and ``migrate``, in Python's way where somebody watches."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from torchgate.cli import main

PROGRAM = """
import atexit, sys
atexit.register(print, "handlers ran")
sys.argv[0] = "torchgate"
{before}
from torchgate.cli import entry
raise SystemExit(entry())
"""
FILES = 200


def run(folder: Path, *arguments: str, before: str = "") -> tuple[int, list[str]]:
    (folder / "many.py").write_text("import torch\n" * FILES)
    (folder / "torchgate.toml").write_text("")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=before), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize("command", [("check", "--no-cache", "--quiet"), ("migrate", "--check", "-q")])
def test_nothing_is_lost(tmp_path: Path, command: tuple[str, ...]) -> None:
    code, lines = run(tmp_path, *command, ".")
    assert (code, len(lines)) == (1, FILES)
    assert "handlers ran" not in lines


@pytest.mark.parametrize(
    "before",
    ["sys.setprofile(lambda *_: None)", "sys.settrace(lambda *_: None)", "sys.modules['coverage'] = sys"],
)
def test_who_watches_is_told(tmp_path: Path, before: str) -> None:
    code, lines = run(tmp_path, "check", "--no-cache", "--quiet", ".", before=before)
    assert (code, lines[-1]) == (1, "handlers ran")


def test_other_commands_end_in_the_usual_way(tmp_path: Path) -> None:
    code, lines = run(tmp_path, "rules")
    assert (code, lines[-1]) == (0, "handlers ran")


def test_who_calls_it_keeps_the_garbage_collector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--no-cache", "."]) == main(["migrate", "--check", "."]) == 0
    assert gc.isenabled()
