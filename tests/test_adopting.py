"""docs/adopting.md: its program is clean, trains, repeats, and is tested as the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_FILE = re.compile(r"^```\w+\n# (\S+\.\w+)\n(.*?)^```$", re.M | re.S)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    for name, text in _FILE.findall((ROOT / "docs" / "adopting.md").read_text("utf-8")):
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_every_file_is_there_and_clean(program: Path) -> None:
    names = ["data.py", "model.py", "test_train.py", "torchgate.toml", "train.py"]
    assert sorted(path.name for path in program.iterdir()) == names
    assert run(program, "-m", "torchgate", "check").stderr == "No findings in 4 files\n"


def test_importing_the_program_imports_no_torch(program: Path) -> None:
    run(program, "-m", "torchgate", "prove-imports", "train")


@pytest.mark.torch
def test_it_repeats_with_and_without_workers_and_its_test_passes(program: Path) -> None:
    alone = {run(program, "train.py").stdout for _ in range(2)}
    helped = {run(program, "train.py", "--workers", "2").stdout for _ in range(2)}
    assert len(alone) == len(helped) == 1
    assert alone != helped, "the page says that the number of workers counts"
    assert "1 passed" in run(program, "-m", "pytest", "-q", "-p", "no:cacheprovider").stdout
