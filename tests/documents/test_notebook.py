"""Notebooks: cells, languages, magics, and what is no notebook."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.documents.test_markdown import parse
from torchgate.documents.document import Document
from torchgate.documents.notebook import notebook
from torchgate.source import UnreadableError


def cell(*lines: str, kind: str = "code") -> dict[str, Any]:
    return {"cell_type": kind, "source": [f"{line}\n" for line in lines[:-1]] + list(lines[-1:])}


def read(*cells: dict[str, Any], **more: Any) -> Document:
    return notebook(json.dumps({"cells": list(cells), "nbformat": 4, **more}), parse)


def code(*cells: dict[str, Any]) -> list[str]:
    return [line for line in read(*cells).programs[0].lines if line]


def test_code_cells_are_one_program() -> None:
    document = read(
        cell("# Title", kind="markdown"), cell("x = 1", "y = 2"), cell("raw", kind="raw"), cell("z")
    )
    (program,) = document.programs
    assert program.lines == ["x = 1", "y = 2", "z"]
    assert [(place.cell, place.line) for place in program.places] == [(2, 1), (2, 2), (4, 1)]
    assert [paragraph.text for paragraph in document.prose] == ["# Title"]
    assert document.lines[2] == ["x = 1", "y = 2"]


def test_examples_in_markdown_cells() -> None:
    document = read(cell("x"), cell("```python", "y", "```", kind="markdown"))
    assert [(program.is_example, program.lines) for program in document.programs] == [
        (False, ["x"]),
        (True, ["y"]),
    ]
    assert document.programs[1].places[0].cell == 2


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["%matplotlib inline", "x"], ["pass", "x"]),
        (["!pip install a \\", "  b", "x"], ["pass", "x"]),
        (["if x:", "    !ls", "    %time y"], ["if x:", "    pass", "    pass"]),
        (["!ls"] * 300 + ["x"], ["pass"] * 300 + ["x"]),
        (["pip install a", ""], []),
        (["  x = 1", "  y"], ["x = 1", "y"]),
        ([">>> x", "... y", "3"], ["x", "y"]),
        (["In [1]: x", "   ...: y"], ["x", "y"]),
        (["x = !ls", "a, b = %sql select"], ["x = get_ipython()", "a, b = get_ipython()"]),
        (["x[0] = !ls", "x: int = %y"], ["x[0] = get_ipython()", "x: int = get_ipython()"]),
        (["!echo \\", "it's \\", "(", "x"], ["pass", "x"]),
        (["x?", "?x", "x.y??"], ["pass", "pass", "pass"]),
        (["y", "plt.plot(x,", "    np.sin?", ""], ["y", "pass"]),
        (["if x:", "  f([')',  # (", "     {1: 2,", "  a.b[0].c??"], ["if x:", "  pass"]),
        (["%time x", "y = \\", "  z?"], ["pass", "pass"]),
        (["print(", "*load*?"], ["pass"]),
        (["%%time", "x"], ["x"]),
        (["", "%%capture out", "x"], ["x"]),
        (["%%bash", "echo (("], []),
        (["%%writefile a.py", "import torch"], []),
        (
            ["x = (1", "  % 2)", "s = '''", "%no magic", "!nor this", "'''"],
            ["x = (1", "  % 2)", "s = '''", "%no magic", "!nor this", "'''"],
        ),
        (["await x", "async with y: pass"], ["await x", "async with y: pass"]),
        ([], []),
    ],
)
def test_magics(lines: list[str], expected: list[str]) -> None:
    assert code(cell(*lines or [""])) == expected


def test_prompts_do_not_move_the_place() -> None:
    (program,) = read(cell(">>> x", "3", "    >>> y")).programs
    assert [(place.line, place.shift) for place in program.places] == [(1, 4), (3, 8)]


def test_automatic_magic_stands_alone() -> None:
    assert code(cell("ls", "")) == ["ls"]
    (problem,) = read(cell("x = 1", "pip install a")).problems
    assert problem.line == 2


@pytest.mark.parametrize("line", ["x += !ls", "x == %y", "'x = !ls", "f(x = !ls)", "x = [!ls]", "  x.y z"])
def test_what_is_no_magic(line: str) -> None:
    assert len(read(cell("x = 1", line)).problems) == 1


@pytest.mark.parametrize(
    "lines",
    [
        ["print(", "x?", ")"],  # IPython looks at the end of the statement
        ["x = [", "y?, 1]"],
        ["print(", "x?", "y"],
        ["x y", "f(", "g?"],
        ["f(", "g()?", ")"],
        ['text = """', "x?"],
    ],
)
def test_questions_that_ipython_does_not_see(lines: list[str]) -> None:
    assert len(read(cell(*lines)).problems) == 1


def test_a_cell_that_cannot_be_read() -> None:
    document = read(cell("x"), cell("def f(:"), cell("y"))
    assert document.programs[0].lines == ["x", "y"]
    (problem,) = document.problems
    assert problem.cell == 2


@pytest.mark.parametrize(
    "metadata",
    [{"language_info": {"name": "julia"}}, {"kernelspec": {"language": "R"}}],
)
def test_another_language(metadata: dict[str, Any]) -> None:
    document = read(cell("x"), metadata=metadata)
    assert (document.programs, document.problems) == ([], [])


@pytest.mark.parametrize(
    "metadata", [{}, None, {"language_info": None}, {"kernelspec": {"language": "python"}}, []]
)
def test_python(metadata: object) -> None:
    assert read(cell("x"), metadata=metadata).programs[0].lines == ["x"]


def test_the_older_format() -> None:
    sheet = {"cells": [{"cell_type": "code", "input": ["x\n", "y"], "language": "python"}]}
    assert notebook(json.dumps({"worksheets": [sheet], "nbformat": 3}), parse).programs[0].lines == ["x", "y"]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("{\n x", "it is no notebook: Expecting property name enclosed in double quotes", 2),
        ("[]", "it is no notebook: there is no object at its top", 1),
        ('{"cells": 3}', "it is no notebook: `cells` is no list", 1),
        ('{"nbformat": ' + "1" * 5000 + "}", "it is no notebook: a number in it is too long", 1),
        ("[" * 200_000, "it is no notebook: it is too deeply nested", 1),
    ],
)
def test_no_notebook(text: str, message: str, line: int) -> None:
    with pytest.raises(UnreadableError) as caught:
        notebook(text, parse)
    assert (caught.value.reason, caught.value.line) == (message, line)


@pytest.mark.parametrize(
    ("cells", "lines"),
    [
        (
            '[{"cell_type": "code", "source": null}, {"cell_type": "code"}, null, 3, {"source": "x"}]',
            ["", ""],
        ),
        ('[{"cell_type": "code", "source": ["x\\n", null, 3, "y"]}]', ["x", "y"]),
        ('[{"cell_type": "code", "source": "x\\r\\ny\\rz"}]', ["x", "y", "z"]),
        ('[], "cells": [{"cell_type": "code", "source": "x"}]', ["x"]),
    ],
)
def test_odd_cells(cells: str, lines: list[str]) -> None:
    assert notebook(f'{{"cells": {cells}}}', parse).programs[0].lines == lines


@pytest.mark.parametrize("sheets", ['[{"cells": 3}]', "[{}]", "[3]", "3"])
def test_odd_sheets(sheets: str) -> None:
    assert notebook(f'{{"worksheets": {sheets}}}', parse).programs[0].lines == []


def test_a_line_of_blanks_takes_no_time() -> None:
    document = read(cell(" " * 200_000 + "x x"))
    assert len(document.problems) == 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["cells", "cell_type", "source", "metadata", "worksheets", "language_info", "name"]
            ),
            inner,
            max_size=4,
        )
    ),
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["cells", "metadata", "worksheets"]), VALUES))
def test_whatever_it_holds(content: dict[str, Any]) -> None:
    """An answer or UnreadableError."""
    with suppress(UnreadableError):
        notebook(json.dumps(content), parse)
