"""The documentation's examples: code parses, configuration loads, links lead somewhere, output is real."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from torchgate.config_load import load_config

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*/README.md")])
_FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```[ \t]*$", re.M | re.S)
BLOCKS = [
    pytest.param(path, language, body, id=f"{path.relative_to(ROOT)}:{number}")
    for path in PAGES
    for number, (language, body) in enumerate(_FENCE.findall(path.read_text("utf-8")), 1)
    if language in ("python", "toml")
]


@pytest.mark.parametrize(("path", "language", "body"), BLOCKS)
def test_block(path: Path, language: str, body: str, tmp_path: Path) -> None:
    if language == "python":
        ast.parse(body)
        return
    table = tomllib.loads(body)
    own = table.get("tool", {}).get("torchgate")
    if own is None:
        return
    (tmp_path / "src").mkdir()
    file = tmp_path / "pyproject.toml"
    file.write_text(body, "utf-8")
    load_config(str(file))


def _anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to headings."""
    headings = re.findall(r"^#+ (.*)$", _FENCE.sub("", text), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links(path: Path) -> None:
    text = _FENCE.sub("", path.read_text("utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        page = path.parent / name if name else path
        assert page.exists(), target
        if anchor:
            assert anchor in _anchors(page.read_text("utf-8")), target


def _readme() -> list[str]:
    """The first two examples: what is printed about a file, and how it is written instead."""
    text = (ROOT / "README.md").read_text("utf-8")
    return [match[2] for match in _FENCE.finditer(text)][:2]


def _check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "torchgate", "check", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )


def test_the_readme_begins_with_what_is_printed(tmp_path: Path) -> None:
    shown, _ = _readme()
    cat, code, command, output = re.split(r"^\$ (.*)\n", shown, flags=re.M)[1:]
    assert cat == "cat train.py"
    (tmp_path / "train.py").write_text(code, "utf-8")
    done = _check(tmp_path, *command.removeprefix("torchgate check ").split())
    assert done.returncode == 1
    assert done.stdout.strip() == output.strip()


@pytest.mark.torch
def test_the_cure_of_the_readme_is_clean_and_repeats(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(_readme()[1], "utf-8")
    assert _check(tmp_path, "--select", "TG,TG306").stdout == ""
    runs = [
        subprocess.run([sys.executable, "train.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert runs[0].stdout.startswith("tensor([")
    assert runs[0].stdout == runs[1].stdout


def test_the_demo_says_what_the_examples_are() -> None:
    """`scripts/demo.py` runs these two commands in an environment of its own."""
    for name, code in (("legacy", 1), ("gated", 0)):
        done = subprocess.run(
            [sys.executable, "-m", "torchgate", "check", f"examples/{name}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stdout + done.stderr
