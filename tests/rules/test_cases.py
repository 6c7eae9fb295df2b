"""Every case of ``tests/rules/TGNNN.md``, and the examples of every rule's page, with all rules on."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.rules.casefile import Case, compare, expected_findings, read_cases
from tests.rules.project import lint_files
from torchgate.lint.rule import Rule
from torchgate.lint.rules import ALL, page

CASES = [case for file in sorted(Path(__file__).parent.glob("*.md")) for case in read_cases(file)]
_FENCE = re.compile(r"^```(\w+)(?: +(\S+))?\n(.*?)^```[ \t]*$", re.M | re.S)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case, tmp_path: Path) -> None:
    if sys.version_info < case.version:
        pytest.skip("newer syntax")
    found = lint_files(tmp_path, case.files, case.config)
    problems: list[str] = []
    for path, text in case.files.items():
        problems += [f"{path} {problem}" for problem in compare(expected_findings(text), found.get(path, []))]
    assert not problems, f"{case.file.name}:{case.line}: " + "; ".join(problems)


def section(text: str, title: str) -> str:
    match = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert match is not None, f"the page has no section {title!r}"
    return match[1]


def fences(text: str) -> tuple[dict[str, str], str]:
    files, config = {}, ""
    for language, path, body in _FENCE.findall(text):
        if language == "toml":
            config = body
        elif language == "python":
            files[path or "app/module.py"] = body
    return files, config


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_examples(rule: Rule, tmp_path: Path) -> None:
    if rule.code.startswith("TG9"):
        pytest.skip("made by the engine; tests/lint holds its examples")
    text = page(rule.code)
    bad, config = fences(section(text, "Example"))
    good, good_config = fences(section(text, "Use instead"))
    assert bad, "the example is a fenced Python file"
    assert good, "so is its cure"
    codes = {code for found in lint_files(tmp_path / "bad", bad, config).values() for _, _, code, _ in found}
    assert rule.code in codes
    found = lint_files(tmp_path / "good", good, good_config or config)
    assert not any(found.values()), found


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_page_has_every_section(rule: Rule) -> None:
    text = page(rule.code)
    for title in ("What it does", "Why is this bad?", "Example", "Use instead", "Known limits", "Options"):
        section(text, title)
