"""The reasons are closed, well named, and each has a page that helps."""

from __future__ import annotations

import ast
import re

import pytest

from torchgate.migrate.refusals import RefusalReason, blocks, calls, files, find, functions, imports, page

GROUPS = (blocks.PAGES, calls.PAGES, functions.PAGES, imports.PAGES, files.PAGES)


def test_every_reason_has_exactly_one_page() -> None:
    paged = [reason for group in GROUPS for reason in group]
    assert len(paged) == len(set(paged))
    assert set(paged) == set(RefusalReason)


def test_the_enum_is_in_the_order_of_the_pages() -> None:
    assert [reason for group in GROUPS for reason in group] == list(RefusalReason)


@pytest.mark.parametrize("reason", RefusalReason)
def test_names_are_stable_kebab_case(reason: RefusalReason) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", reason.value)
    assert reason.name == reason.value.replace("-", "_").upper()


@pytest.mark.parametrize("reason", RefusalReason)
def test_a_page_answers_its_three_questions(reason: RefusalReason) -> None:
    told = page(reason)
    for text in (told.what, told.why, told.by_hand):
        assert text.endswith((".", "`")), text
        assert 20 < len(text) < 400
        assert "  " not in text
        assert text.count("`") % 2 == 0
    assert len({told.what, told.why, told.by_hand}) == 3


@pytest.mark.parametrize("reason", [reason for reason in RefusalReason if page(reason).example])
def test_examples_are_python(reason: RefusalReason) -> None:
    # Most examples stand for the inside of a function: return, yield and await are allowed.
    body = "\n".join(f"    {line}" for line in page(reason).example.splitlines())
    try:
        ast.parse(page(reason).example)
    except SyntaxError:
        ast.parse(f"async def example():\n{body}")


def test_only_reasons_about_files_may_lack_an_example() -> None:
    without = {reason for reason in RefusalReason if not page(reason).example}
    assert without <= set(files.PAGES)


def test_rendering() -> None:
    text = page(RefusalReason.YIELD_IN_BLOCK).render("yield-in-block")
    assert text.startswith("# yield-in-block\n\n## What was found\n\nThe function yields")
    order = [text.index(part) for part in ("## What", "```python", "## Why", "## What to do by hand")]
    assert order == sorted(order)
    assert text.endswith(".\n")
    assert "```" not in page(RefusalReason.FILE_CHANGED).render("file-changed")


def test_find() -> None:
    assert find(" Yield-In-Block ") is RefusalReason.YIELD_IN_BLOCK
    assert find("TG301") is None
    assert find("") is None
