"""The list of codemods, and what rules and documentation say of it."""

from __future__ import annotations

import re
from pathlib import Path

from torchgate.lint.rules import ALL as RULES
from torchgate.migrate import codemods
from torchgate.migrate.deciding import codes_of

ROOT = Path(__file__).parents[2]


def test_a_rule_has_a_fix_where_a_codemod_exists() -> None:
    assert {rule.code for rule in RULES if rule.fix is not None} == codes_of(codemods.ALL)


def test_names_are_unique() -> None:
    names = [codemod.name for codemod in codemods.ALL]
    assert len(names) == len(set(names))


def test_the_page_lists_them_all() -> None:
    page = (ROOT / "docs" / "migrate.md").read_text("utf-8")
    rows = re.findall(r"^\| ((?:TG\d+(?:, )?)+) \| `([\w-]+)` \|", page, re.M)
    listed = {name: set(codes.split(", ")) for codes, name in rows}
    assert set(listed) == {codemod.name for codemod in codemods.ALL}
    for codemod in codemods.ALL:
        assert listed[codemod.name] <= codemod.codes
    assert set.union(*listed.values()) == codes_of(codemods.ALL)
