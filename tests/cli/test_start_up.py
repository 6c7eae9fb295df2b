"""What ``torchgate check`` loads: never torch, flake8 or libcst, and little of the standard library."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from torchgate.report import FORMATS

ROOT = Path(__file__).parents[2]
FOREIGN = ("torch", "flake8", "libcst", "numpy", "pycodestyle", "pyflakes")
# Each costs more than reading a small file does.
HEAVY = (
    *(
        "argparse",
        "ast",
        "asyncio",
        "dataclasses",
        "difflib",
        "fnmatch",
        "hashlib",
        "importlib.metadata",
        "inspect",
    ),
    *(
        "json",
        "logging",
        "multiprocessing",
        "pathlib",
        "shutil",
        "subprocess",
        "tempfile",
        "tokenize",
        "tomllib",
    ),
    *("traceback", "typing", "unicodedata"),
)
PROBE = """
import sys
from torchgate.cli import main
code = main(sys.argv[1:])
print(code, *sorted(sys.modules), file=sys.stderr)
"""


def loaded(folder: Path, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-S", "-c", PROBE, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    code, *modules = done.stderr.splitlines()[-1].split()
    assert code == "0", done.stdout + done.stderr
    return set(modules)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text(
        "import os\n\n\ndef f(x: int) -> str:\n    return os.path.join('a', str(x))\n"
    )
    return tmp_path


def test_checking_one_file_loads_little(folder: Path) -> None:
    modules = loaded(folder, "check", "a.py")
    assert not modules & {*FOREIGN, *HEAVY}


def test_checking_a_project_loads_nothing_foreign(folder: Path) -> None:
    (folder / "torchgate.toml").write_text("extend-select = ['TG306']\ndocuments = 'full'\n")
    (folder / "b.py").write_text("x = 1  # noqa: E501\n")
    for name in FORMATS:
        assert not loaded(folder, "check", "--format", name, "--statistics", ".") & set(FOREIGN)


def test_a_format_loads_what_it_needs_alone(folder: Path) -> None:
    """Nobody else pays for what the formats for machines tell besides the findings."""
    own = {name: f"torchgate.report.{name}" for name in ("gitlab", "sarif", "junit", "rdjson")}
    others = {"torchgate.report.background", "torchgate.cli._background", "torchgate.lint.baseline"}
    for name in ("text", "full", "json", "jsonl", "github"):
        assert not loaded(folder, "check", "--format", name, "a.py") & {*own.values(), *others}
    for name in own:
        found = loaded(folder, "check", "--format", name, "a.py")
        assert found & set(own.values()) == {own[name]}
        assert bool(found & others) == (name in ("gitlab", "sarif"))


@pytest.mark.parametrize("command", [("rules",), ("explain", "TG900"), ("check", "--help"), ("--version",)])
def test_the_other_commands_load_nothing_foreign(folder: Path, command: tuple[str, ...]) -> None:
    assert not loaded(folder, *command) & set(FOREIGN)


def test_check_runs_from_the_bare_wheel(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The wheel alone, without site-packages: nothing it needs is missing from it or comes from elsewhere."""
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(out / "unpacked")
    (folder / "a.py").write_text("x = (\n")
    path = f"import sys; sys.path.append({str(out / 'unpacked')!r})\n"
    command = [sys.executable, "-S", "-I", "-c", path + PROBE, "check", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("a.py:1:5: TG900 this file was not checked: '(' was never closed")
    assert not set(done.stderr.splitlines()[-1].split()) & set(FOREIGN)
