"""docs/formats.md: every format, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from torchgate.report import FORMATS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "formats.md").read_text("utf-8")


def test_every_format_is_described() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.M) == [*FORMATS]


@pytest.mark.parametrize("path", [DOCS / "formats.md", DOCS / "pre-commit.md", DOCS.parent / "README.md"])
def test_commands_name_formats_that_exist(path: Path) -> None:
    named = re.findall(r"torchgate check [^`|\n]*--format ([a-z]+)", path.read_text("utf-8"))
    assert set(named) <= set(FORMATS)
    assert named or path.name == "pre-commit.md"
