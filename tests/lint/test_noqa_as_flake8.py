"""``# noqa`` and ``# flake8: noqa`` hush exactly what the installed flake8 has them hush."""

from __future__ import annotations

import argparse
import itertools

import pytest
from flake8.processor import FileProcessor
from flake8.violation import Violation
from hypothesis import given, settings
from hypothesis import strategies as st

from torchgate.finding import Finding
from torchgate.lint.suppression import Suppressions, may_hush
from torchgate.source import Span

CODES = ("TG101", "TG102", "TG301", "E501")
COMMENTS = (
    "# noqa",
    "#noqa",
    "#  noqa",
    "# NOQA",
    "# NoQA: TG101",
    "# noqa:TG101",
    "# noqa: TG101",
    "# noqa:  TG101",
    "# noqa : TG101",
    "# noqa TG101",
    "# noqa:TG101,E501",
    "# noqa: TG101, TG301",
    "# noqa: TG101 TG301",
    "# noqa: TG101,,TG301",
    "# noqa: TG101TG301",
    "# noqa: TG1",
    "# noqa: TG",
    "# noqa: T1",
    "# noqa: tg101",
    "# noqa: Tg101",
    "# noqa: ABC",
    "# noqa: E501",
    "# noqa: E501 TG101 because",
    "# noqa: because of TG101",
    "# noqa:\tTG101",
    "# noqa:\N{NO-BREAK SPACE}TG101",
    "# noqa-TG101",
    "# noqa(TG101)",
    "# noqa: TG101  # and more",
    "# type: ignore # noqa: TG101",
    "# noqa: E501 # noqa: TG101",
    "## noqa: TG101",
    "# see # noqa",
    "# noqaX",
    "# nonoqa",
    "# torchgate: ignore[TG999] # noqa: TG301",
)
SHAPES = (
    "x = 1  {}\n",
    "x = 1  {}",
    "x = 1  {}\r\ny = 2\r\n",
    "x = 1  {}\ry = 2\r",
    "x = '''\n{}\ny\n'''\n",
    "x = '''\ny\n'''  {}\n",
    "x = (1,\n     2,  {}\n     3)\n",
    "x = (1,\n     '''\n''',  {}\n     3)\n",
    "x = 1 + \\\n    2  {}\n",
    "x = 1 + \\\n    2 + \\\n    3\ny = 4  {}\n",
    "x = '{}'\n",
    "def f():\n    '''text\n    {}\n    '''\n    return 1\n",
    "if x:\n    y = 1  {}\nz = 2\n",
    "{}\nx = 1\n",
    "x = 1\n    {}\ny = 2\n",
    "\n\n  {}\n\n",
    "x = 1; y = 2  {}\n\f\nz = 3\n",
    "@d  {}\ndef f(a,  {}\n      b):\n    pass\n",
    "x = f'''{{a}}\n{{b}}\n'''  {}\n",
    "x = f'{{a}} {}'\n",
    "x = (\n  {}\n",
    "x = 'unterminated  {}\n",
    "  x = 1  {}\n y = 2\n",
    "x = 1  {}\\\ny = 2\n",
    "x = 1\u2028  {}\n",
    "x = 1\f  {}\n",
)


def lines_as_flake8_reads(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [*(f"{line}\n" for line in lines[:-1]), *([lines[-1]] if lines[-1] else [])]


def as_flake8(text: str) -> tuple[bool, set[tuple[int, str]]]:
    options = argparse.Namespace(
        disable_noqa=False,
        hang_closing=False,
        indent_size=4,
        max_doc_length=None,
        max_line_length=79,
        verbose=0,
    )
    processor = FileProcessor("x.py", options, lines_as_flake8_reads(text))
    hushed = set()
    for line, code in itertools.product(range(1, len(processor.lines) + 1), CODES):
        physical = processor.noqa_line_for(line)
        if physical is None:  # flake8 asks linecache for the line then
            physical = processor.lines[line - 1]
        if Violation(code, "x.py", line, 1, "text", physical).is_inline_ignored(False):
            hushed.add((line, code))
    return processor.should_ignore_file(), hushed


def as_torchgate(text: str) -> tuple[bool, set[tuple[int, str]]]:
    suppressions = Suppressions(text)
    hushed = set()
    for line, code in itertools.product(range(1, len(lines_as_flake8_reads(text)) + 1), CODES):
        finding = Finding("x.py", Span(line, 1, line, 2), code, "name", "text")
        if suppressions.hushes(finding)[0]:
            hushed.add((line, code))
    ours = any(code.startswith("TG") for _, code in hushed)
    assert may_hush(text) or not (ours or suppressions.whole_file)
    assert all(may_hush(text, {line}) for line, code in hushed if code.startswith("TG"))
    assert may_hush(text, ()) or not suppressions.whole_file
    return suppressions.whole_file, hushed


@pytest.mark.parametrize("shape", SHAPES)
def test_every_form_in_every_place(shape: str) -> None:
    hushed_somewhere = False
    for comment in COMMENTS:
        text = shape.replace("{{", "{").replace("}}", "}").replace("{}", comment)
        expected = as_flake8(text)
        assert as_torchgate(text) == expected, text
        hushed_somewhere = hushed_somewhere or bool(expected[1])
    assert hushed_somewhere


@pytest.mark.parametrize(
    "line",
    [
        "# flake8: noqa",
        "# flake8:noqa",
        "# flake8=noqa",
        "# FLAKE8: NOQA",
        "    # flake8: noqa",
        "#flake8: noqa",
        "x = 1  # flake8: noqa",
        "# flake8: noqa: TG101",
        "# flake8: noqa TG101",
        "# flake8 : noqa",
        "'''\n# flake8: noqa\n'''",
        "## flake8: noqa",
        "# flake8: noqa-not",
    ],
)
def test_whole_file(line: str) -> None:
    text = f"import os\n{line}\nx = 1\n"
    assert as_torchgate(text) == as_flake8(text)


def test_the_whole_file_forms_are_not_all_alike() -> None:
    assert as_torchgate("# flake8: noqa\n")[0]
    assert not as_torchgate("x = 1  # flake8: noqa\n")[0]


PIECES = ("x = 1", "(", ")", "'''", '"', "\\\n", "\n", "\r\n", "    ", "f'''{", "}'''", "\t", "é", ",")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*COMMENTS, *PIECES]), max_size=14))
def test_any_mixture(parts: list[str]) -> None:
    text = " ".join(parts)
    assert as_torchgate(text) == as_flake8(text)
