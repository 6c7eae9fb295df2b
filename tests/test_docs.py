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
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
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


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links(path: Path) -> None:
    text = _FENCE.sub("", path.read_text("utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:", target) and not target.startswith("#"):
            assert (path.parent / target.partition("#")[0]).exists(), target


def test_the_readme_begins_with_what_is_printed(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    shown = _FENCE.search(text)
    assert shown is not None
    command, _, output = shown[2].partition("\n")
    arguments = command.removeprefix("$ torchgate ").split()
    code = [
        "import torch",
        "",
        "",
        "def train(model, batches):",
        '    device = "cuda" if torch.cuda.is_available() else "cpu"',
        "    for batch in batches:",
        "        model(batch.to(device))",
    ]
    (tmp_path / "train.py").write_text("\n".join(code) + "\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "torchgate", *arguments, "--select", "TG307"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == 1
    assert done.stdout.strip() == output.strip()


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
