"""Rule files, ``ALL``, documentation pages, case files and the changelog name the same rules."""

from __future__ import annotations

import re
from pathlib import Path

from torchgate.lint.rules import ALL

ROOT = Path(__file__).parents[1]
CODES = [rule.code for rule in ALL]


def test_all_is_in_order_and_without_repetition() -> None:
    assert sorted(set(CODES)) == CODES
    assert len({rule.name for rule in ALL}) == len(ALL)


def test_every_rule_has_one_file_named_after_it() -> None:
    files = {path.stem for path in (ROOT / "src/torchgate/lint/rules").glob("tg*.py")}
    assert files == {f"{rule.code.lower()}_{rule.name.replace('-', '_')}" for rule in ALL}


def test_every_rule_has_its_page() -> None:
    assert {path.stem for path in (ROOT / "docs/rules").glob("TG*.md")} == set(CODES)


def test_every_rule_has_its_cases() -> None:
    assert {path.stem for path in (ROOT / "tests/rules").glob("TG*.md")} == set(CODES)


def test_the_changelog_names_every_rule() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert set(re.findall(r"\bTG\d{3}\b", text)) >= set(CODES)


def test_the_definitions_name_every_rule() -> None:
    text = (ROOT / "docs/definitions.md").read_text("utf-8")
    for rule in ALL:
        assert f"| {rule.code} | {rule.name}" in text, rule.code


def test_near_misses_are_at_least_as_many_as_hits() -> None:
    """Over all case files together: lines that announce a finding against cases that announce none."""
    for path in sorted((ROOT / "tests/rules").glob("TG*.md")):
        text = path.read_text("utf-8")
        assert text.count("\n## ") >= 4, path.name
