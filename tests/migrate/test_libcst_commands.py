"""The commands under LibCST's own tool."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from torchgate.migrate import codemods
from torchgate.migrate.libcst_commands import Command

COMMANDS = Command.__subclasses__()
ROOT = Path(__file__).parents[2]
COMMAND = "torchgate.migrate.libcst_commands.MigrateDefaultDevice"
HELPERS = """\
import contextlib
import torch


@contextlib.contextmanager
def default_device(device):
    old = torch.get_default_device()
    torch.set_default_device(device)
    try:
        yield
    finally:
        torch.set_default_device(old)
"""
USE = """\
import torch
from app.helpers import default_device
from app.make import make


def f(n):
    with default_device("meta"):  # é
        return torch.zeros(n)


def g(n):
    with default_device("meta"):
        return make(n)
"""
MIGRATED = USE.replace(
    '    with default_device("meta"):  # é\n        return torch.zeros(n)\n',
    '    # é\n    return torch.zeros(n, device="meta")\n',
)
MAKE = "import torch\n\n\ndef make(n):\n    return torch.ones(n)\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {
        "pyproject.toml": "[tool.torchgate]\ntorch-bound-modules = ['app.*']\n",
        "src/app/__init__.py": "",
        "src/app/helpers.py": HELPERS,
        "src/app/make.py": MAKE,
        "src/app/use.py": USE,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    return tmp_path


def tool(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "libcst.tool", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


def codemod(project: Path, *arguments: str, command: str = COMMAND) -> subprocess.CompletedProcess[str]:
    return tool(project, "codemod", "-x", command, "--no-format", "--hide-progress", *arguments)


def test_there_is_a_command_for_every_codemod() -> None:
    names = [command.CODEMOD for command in COMMANDS]
    assert len(names) == len(set(names))
    assert {each.name for each in codemods.ALL} <= set(names)
    for command in COMMANDS:
        words = "".join(part.capitalize() for part in command.CODEMOD.split("-"))
        assert command.__name__ == f"Migrate{words}"
        assert len(command.DESCRIPTION) > 20


def test_single_file_sites_are_migrated_and_the_rest_is_warned_of(project: Path) -> None:
    done = codemod(project, "src")
    assert done.returncode == 0, done.stderr
    assert (project / "src/app/use.py").read_text() == MIGRATED
    assert (project / "src/app/helpers.py").read_text() == HELPERS
    assert (project / "src/app/make.py").read_text() == MAKE
    assert "WARNING: src/app/use.py:12:10: TG302 needs-whole-project: " in done.stderr
    assert "WARNING: src/app/helpers.py:6:1: TG305 " in done.stderr


def test_a_command_makes_the_edits_of_its_codemod_alone(project: Path) -> None:
    for command in COMMANDS:
        if command.CODEMOD != "default-device":
            done = codemod(project, "src", command=f"{command.__module__}.{command.__name__}")
            assert done.returncode == 0, done.stderr
            assert "TG305" not in done.stderr
            assert (project / "src/app/use.py").read_text() == USE


def test_without_writing_it_is_a_checker(project: Path) -> None:
    done = codemod(project, "--unified-diff", "3", "src")
    assert done.returncode == 0, done.stderr
    assert '+    return torch.zeros(n, device="meta")\n' in done.stdout
    assert "needs-whole-project" in done.stderr
    assert (project / "src/app/use.py").read_text() == USE


def test_the_documented_configuration(project: Path) -> None:
    page = (ROOT / "docs" / "migrate.md").read_text("utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```$", page, re.M | re.S)
    (yaml,) = [block for block in blocks if "modules:" in block]
    (project / ".libcst.codemod.yaml").write_text(yaml)
    listed = tool(project, "list")
    assert [line.partition(" - ")[0] for line in listed.stdout.splitlines()] == sorted(
        f"libcst_commands.{command.__name__}" for command in COMMANDS
    )
    done = tool(
        project, "codemod", "libcst_commands.MigrateDefaultDevice", "--no-format", "--hide-progress", "src"
    )
    assert done.returncode == 0, done.stderr
    assert (project / "src/app/use.py").read_text() == MIGRATED


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: ("# coding: latin-1\n" + text).encode("latin-1"),
    ],
    ids=["mark", "crlf", "latin-1"],
)
def test_bytes_stay(project: Path, encode: object) -> None:
    file = project / "src/app/use.py"
    file.write_bytes(encode(USE))  # type: ignore[operator]
    done = codemod(project, "src/app/use.py")
    assert done.returncode == 0, done.stderr
    assert file.read_bytes() == encode(MIGRATED)  # type: ignore[operator]


def test_a_file_that_libcst_would_change_by_itself_is_skipped(project: Path) -> None:
    file = project / "src/app/use.py"
    text = USE.replace("\n", "\r").encode()
    file.write_bytes(text)
    done = codemod(project, "--show-successes", "src/app/use.py")
    assert file.read_bytes() == text, done.stderr


def test_excluded_files_are_skipped(project: Path) -> None:
    with (project / "pyproject.toml").open("a") as file:
        file.write("extend-exclude = ['use.py']\n")
    done = codemod(project, "src")
    assert "the configuration excludes it" in done.stderr
    assert (project / "src/app/use.py").read_text() == USE


def test_standard_input_has_no_project(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "libcst.tool", "codemod", "-x", COMMAND, "--no-format", "-"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        input=USE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
