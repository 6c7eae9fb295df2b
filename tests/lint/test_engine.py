"""The engine: zones, faults, unreadable files, order, and that nothing a file contains makes it raise."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lint.dummy import fails, flags
from torchgate.config import Config, FileInfo
from torchgate.lint.engine import Options, Outcome, RuleFault, check_data, lint_source
from torchgate.lint.rule import RUNTIME, STUB, TESTS, TORCH_BOUND, Rule
from torchgate.lint.rules import ALL
from torchgate.lint.selection import Selection
from torchgate.source import Source


def outcome_of(
    data: bytes, *rules: Rule, info: FileInfo | None = None, config: Config | None = None
) -> Outcome:
    config = config or Config()
    return check_data("app.py", data, config, info or FileInfo("app"), Selection(config, rules), Options())


def codes(outcome: Outcome) -> list[str]:
    return [finding.code for finding in outcome.findings]


@pytest.mark.parametrize(
    ("skip", "info"),
    [
        (RUNTIME, FileInfo("app", is_runtime=True)),
        (TORCH_BOUND, FileInfo("app", is_torch_bound=True)),
        (TESTS, FileInfo("app", is_test=True)),
        (STUB, FileInfo("app", is_stub=True)),
    ],
)
def test_a_rule_skips_the_zones_that_it_names(skip: str, info: FileInfo) -> None:
    rules = (flags("TG101", skips=(skip,)), flags("TG102", skips=()))
    assert codes(outcome_of(b"flagged\n", *rules)) == ["TG101", "TG102"]
    assert codes(outcome_of(b"flagged\n", *rules, info=info)) == ["TG102"]


def test_import_rules_judge_packages_with_runtime_modules_of_their_own() -> None:
    # torch's runtime module may not import cupy where cupy has its own: only the rule can tell.
    config = Config(gated_packages={"torch": (), "cupy": ("app.cupy_runtime",)})
    info = FileInfo("app.runtime", is_runtime=True)
    rules = (flags("TG101", skips=(RUNTIME,)), flags("TG401", skips=(RUNTIME,)))
    assert codes(outcome_of(b"flagged\n", *rules, info=info, config=config)) == ["TG101"]


def test_a_rule_that_raises_is_a_fault_and_the_others_still_report() -> None:
    outcome = outcome_of(b"flagged\n", flags("TG101"), fails("TG202"), flags("TG302"))
    assert codes(outcome) == ["TG101", "TG202", "TG302"]
    assert [str(fault) for fault in outcome.faults] == ["app.py: rule TG202 failed with ValueError: boom"]
    assert "in check" in outcome.faults[0].trace


def test_lint_source_raises_the_fault() -> None:
    with pytest.raises(RuleFault, match="rule TG202 failed"):
        lint_source(Source.from_text("a.py", "x = 1\n"), Config(), FileInfo("a"), (fails("TG202"),))


def test_recursion_in_a_rule_is_a_matter_of_the_file() -> None:
    outcome = outcome_of(b"flagged\n", fails("TG202", RecursionError))
    assert not outcome.faults
    assert codes(outcome) == ["TG202", "TG900"]
    assert "too deeply nested" in outcome.findings[1].message


@pytest.mark.parametrize(
    ("data", "line", "column", "reason"),
    [
        (b"x = (\n", 1, 5, "'(' was never closed"),
        (b"x = 1\ny = = 2\n", 2, 5, "invalid syntax"),
        (b"def f():\nx = 1\n", 2, 1, "expected an indented block"),
        (b"x = 1\n\0\n", 2, 1, "null byte"),
        ("import torch\n".encode("utf-16"), 1, 1, "UTF-16"),
        (b"# -*- coding: klingon -*-\n", 1, 1, "klingon"),
        (b"x = 1\nname = '\xff'\n", 2, 9, "byte 0xff is not valid utf-8"),
        (b"# coding: ascii\nx = '\xc3\xa9'\n", 2, 6, "not valid"),
        (b"(" * 5000 + b")" * 5000, 1, 1, "too"),
        (b"x = " + b"-" * 200_000 + b"1\n", 1, 1, "too"),
    ],
)
def test_unreadable(data: bytes, line: int, column: int, reason: str) -> None:
    outcome = outcome_of(data, flags("TG101"))
    assert not outcome.faults
    (finding,) = outcome.findings
    assert (finding.code, finding.name) == ("TG900", "unreadable-file")
    assert finding.message.startswith("this file was not checked: ")
    assert reason in finding.message
    if reason != "too":
        assert (finding.span.line, finding.span.column) == (line, column)


@pytest.mark.parametrize(
    "text",
    [
        "x = (\n",
        "x = '\n",
        "if x\n    pass\n",
        "def f():\nx = 1\n",
        "  x\n",
        "x = 1)\n",
        "x = " + "(" * 300 + "1" + ")" * 300,
    ],
)
def test_the_python_version_is_no_excuse_for_what_no_version_reads(text: str) -> None:
    (finding,) = outcome_of(text.encode(), flags("TG101")).findings
    assert finding.code == "TG900"
    assert "Python" not in finding.message


@pytest.mark.parametrize("text", ["lazy from x import y\n", "x y\n", "class A{T}: pass\n"])
def test_the_python_version_is_named_where_newer_syntax_may_be_the_cause(text: str) -> None:
    if text.startswith("lazy") and sys.version_info >= (3, 15):
        assert not outcome_of(text.encode(), flags("TG101")).findings
        return
    (finding,) = outcome_of(text.encode(), flags("TG101")).findings
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert finding.message.endswith(f"(read by Python {version}; newer syntax needs a newer Python)")


def test_the_python_version_is_named_for_defaults_of_type_parameters() -> None:
    found = outcome_of(b"def f[T = int](): pass\n", flags("TG101")).findings
    if sys.version_info >= (3, 13):
        assert not found
    else:
        assert found[0].message.endswith("newer syntax needs a newer Python)")


@pytest.mark.parametrize("text", ["f'{a['x']}'\n", "f'{1\n}'\n", "type X = int\n", "def f[T](): pass\n"])
def test_syntax_of_3_12_is_read_or_explained(text: str) -> None:
    found = outcome_of(text.encode(), flags("TG101")).findings
    if sys.version_info >= (3, 12):
        assert not found
    else:
        assert "read by Python 3.11" in found[0].message


@pytest.mark.parametrize("levels", [100, 1000])
@pytest.mark.parametrize("shape", ["call", "binary", "attribute", "list", "if", "string"])
def test_nesting_gets_an_answer(shape: str, levels: int) -> None:
    text = {
        "call": "f(" * levels + ")" * levels,
        "binary": "x = " + " + ".join(["a"] * levels),
        "attribute": "x" + ".a" * levels,
        "list": "[" * levels + "]" * levels,
        "if": "".join(f"{' ' * level}if x:\n" for level in range(levels)) + " " * levels + "pass",
        "string": "x = " + " + ".join(["'a'"] * levels),
    }[shape]
    outcome = outcome_of(text.encode() + b"\n", *ALL)
    assert not outcome.faults
    assert set(codes(outcome)) <= {"TG900"}


def test_findings_are_sorted_and_their_lines_kept() -> None:
    text = "other\r\nflagged; flagged\r\n\tx = flagged\r\n".replace("\t", "")
    outcome = outcome_of(text.encode(), flags("TG302", "other"), flags("TG301"), flags("TG101"))
    places = [(finding.span.line, finding.span.column, finding.code) for finding in outcome.findings]
    assert places == sorted(places)
    assert len(places) == 7
    assert outcome.lines == {1: "other", 2: "flagged; flagged", 3: "x = flagged"}


def test_columns_are_code_points() -> None:
    outcome = outcome_of("é = '字'; flagged\n".encode(), flags("TG101"))
    assert outcome.findings[0].span.as_tuple() == (1, 10, 1, 17)


@pytest.mark.parametrize(
    "data",
    [
        b"# coding: unicode_escape\nx = '\\ud800'  # noqa: TG101\n",
        b"# coding: utf-7\nx = 1  # noqa: TG101 +2AA-\n",
        b"# coding: raw_unicode_escape\nx \\ud800  # torchgate: ignore[TG101]\n",
    ],
)
def test_surrogates_from_a_codec_are_unreadable(data: bytes) -> None:
    outcome = outcome_of(data, flags("TG101"))
    assert not outcome.faults
    assert "surrogates not allowed" in outcome.findings[0].message


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_content_makes_it_raise(data: bytes) -> None:
    outcome = outcome_of(data + b" # noqa: TG101 # torchgate: ignore[TG302]", *ALL)
    assert not outcome.faults
    count = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
    assert all(1 <= finding.span.line <= count + 1 for finding in outcome.findings)
