"""Markdown: which blocks are examples, which lines are prose, and where each line stands."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchgate.documents.document import Document
from torchgate.documents.markdown import is_python, markdown
from torchgate.documents.restructured import restructured
from torchgate.source import UnreadableError


def parse(text: str) -> None:
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise UnreadableError(str(error), error.lineno or 1) from None
    except ValueError as error:
        raise UnreadableError(str(error)) from None


def code(text: str) -> list[str]:
    return [line for program in read(text).programs for line in program.lines]


def read(text: str) -> Document:
    return markdown(text.split("\n"), parse)


def prose(text: str) -> list[str]:
    return [paragraph.text for paragraph in read(text).prose]


@pytest.mark.parametrize(
    "info",
    [
        "python",
        " py",
        "Python3",
        'python title="x.py"',
        "python,linenos",
        "pycon",
        "{python}",
        "{.python .numberLines}",
        "{ .python .annotate }",
        "{testcode}",
        "{doctest} group",
        "{jupyter-execute}",
        "{code-cell} ipython3",
        "{code-block} python",
        "{python} echo=FALSE",
    ],
)
def test_python(info: str) -> None:
    assert is_python(info)
    assert code(f"```{info}\nx = 1\n```") == ["x = 1"]


@pytest.mark.parametrize(
    "info", ["", "text", "bash", "pythonic", "{code-cell}", "{code-block} c", "{note}", "toml"]
)
def test_no_python(info: str) -> None:
    assert not is_python(info)
    assert code(f"```{info}\nx = 1\n```") == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("~~~python\nx\n~~~", ["x"]),
        ("````python\nx\n```\n````", []),
        ("````python\nx = '''\n```\n'''\n````", ["x = '''", "```", "'''"]),
        ("```python\nx\n", ["x", ""]),  # not closed: to the end
        ("- a\n\n  ```python\n  if x:\n      y\n  ```", ["if x:", "    y"]),
        ("1. ```python\n   x\n   ```", ["x"]),
        ("> ```python\n> x\n>\n> y\n> ```", ["x", "", "y"]),
        ("    ```python\n    x\n    ```", ["x"]),
        ("```python\nx\n```\n\n```python\ny\n```", ["x", "y"]),
        ("```{code-cell} python\n:tags: [hide]\n\nx\n```", ["", "x"]),
        ("`` ```python ``\nx", []),
        ("```python x``` is inline", []),
        (">>> x = 1\n>>> x\n1\n\ny = 2", ["x = 1", "x"]),
        ("```pycon\n>>> def f():\n...     pass\n...\n>>> f()\n```", ["def f():", "    pass", "", "f()"]),
        ("```ipython\nIn [1]: x = 1\n   ...: y = 2\nOut[1]: 3\n```", ["x = 1", "y = 2"]),
        ("> ```python\n> x\n\n```python\ny\n```", ["x", "y"]),  # the quotation ends
        ("> > ```python\n> > x\n> ```python\n> y", ["x", "y"]),
        ("- ```python\n  x\n\nA\n\n```python\ny\n```", ["x", "", "y"]),  # the list ends
        ("- a\n\n  ```python\n  x\n\nA\n\n```python\ny\n```", ["x", "", "y"]),
        ("1. a\n   b\n   ```python\n   x\n2. c\n", ["x"]),
        ("- a\n  - b\n\n    ```python\n    x\n\n  A\n", ["x", ""]),
        ("> - a\n>   ```python\n>   x\n> A\n", ["x"]),
        ("- a\n\n  ```python\n  x\n\n  y\n  ```\nA", ["x", "", "y"]),
        ("- a\n\n  ```python\nx\n  ```\nA\n", ["x"]),  # renderers break it, and it is meant so
        ("a\n\n  ```python\n  x\n\nA\n", ["x", "", "A", ""]),  # no list
        ("- a\n\nb\n\n  ```python\n  x\n\nA\n", ["x", "", "A", ""]),  # the list has ended
        ("-a\n\n  ```python\n  x\nA\n", ["x", "A", ""]),
        ("- ```python\n  x\n```\n```python\ny\n```", ["x", "y"]),  # meant, if not so read by all
        ("```python\nx = 1\n>>```\n```", []),
        ('```python\nx = """\n> ```\n"""\n```', ['x = """', "> ```", '"""']),
        ("   ```pycon\n>>> x\n   ```", ["x"]),
        ("> ```pycon\n>>>> x\n> >>> y\n> ```", ["x", "y"]),
        ("-\t```python\n\tif x:\n\t    y\n\t```", ["if x:", "    y"]),
        ("-\t```python\n    if x:\n        y\n    ```", ["if x:", "    y"]),
        ("```python\n    if x:\n        y\n```", ["if x:", "    y"]),  # deeper than its fence
        ("- ```python\n    x\n\n    y\n  ```", ["x", "", "y"]),
        (">>> \nx", []),
        ("````{note}\n```python\nx\n```\n````\n```python\ny\n```", ["x", "y"]),
        ("`````{tab-set}\n````{tab-item} a\n```py\nx\n```\n````\n`````\n```py\ny\n```", ["x", "y"]),
        ("> ````{note}\n> ```python\n> x\n> ```\n> ````\n> ```python\n> y", ["x", "y"]),
        ("````{mermaid}\n```python\nx\n```\n````", []),
        ("```{note}\n~~~python\nx\n~~~\n", []),  # not closed
        ("```python\n!pip install a\nx\n```", ["pass", "x"]),
        ("```ipython\nIn [1]: %time x\nIn [2]: y\n```", ["pass", "y"]),
        ("```{code-cell} ipython3\n%%time\nx\n```", ["", "x"]),
        ("```{code-cell} ipython3\n%%bash\nx\n```", []),
        ("```python\npip install x\n```", []),
        ("> >>> \n>>>>> >>> \n>>> x\n", ["x"]),
        ("```python\nx = ...\ndef f(:\n```\n```python\ny\n```", ["y"]),
    ],
)
def test_examples(text: str, lines: list[str]) -> None:
    assert code(text) == lines


@pytest.mark.parametrize(
    "before",
    [
        "Don't do this:",
        "Don’t do this:",
        "All is well. This is wrong:",
        "*Don't*",
        "Please don’t do so:",
        "You don't want this:",
        "Things that don't work:",
        "## Bad",
        "**Incorrect**",
        "❌ Never:",
        "<!-- torchgate: skip -->",
        "<!--\n  torchgate:   skip\n-->\n",
        "Some prose.\n\n<!-- torchgate: skip -->\n\n",
    ],
)
def test_the_wrong_way(before: str) -> None:
    assert code(f"{before}\n```python\nx\n```\n\n```python\ny\n```") == ["y"]


@pytest.mark.parametrize(
    "before",
    [
        "This was wrong. Do this:",
        "Weights typically don't need sync, activations do",
        "Next, we assume that we don't know the formula.",
        "Badly needed:",
        "<!-- not torchgate skip -->",
        "Wrong:\n\n```text\nx\n```\n",
        "",
    ],
)
def test_not_the_wrong_way(before: str) -> None:
    assert code(f"{before}\n```python\nx\n```") == ["x"]


def test_a_mark_in_a_quotation() -> None:
    assert code("> <!-- torchgate: skip -->\n> ```python\n> x\n> ```\n> ```python\n> y\n> ```") == ["y"]


def test_the_first_line_says_that_it_is_wrong() -> None:
    assert code("```python\n\n# wrong: twice\nx\n```\n```python\ny\n# wrong\n```") == ["y", "# wrong"]


def test_prose() -> None:
    hidden = "<!-- hidden\nstill -->\n"
    text = f"# Title\nfirst\nsecond\n\n{hidden}third\n```python\nx\n```\nfourth\n```text\nfifth\n```\n"
    assert prose(text) == ["# Title\nfirst\nsecond", "third", "fourth"]


def test_comments_in_a_line_are_no_prose() -> None:
    text = "a <!-- b --> c\n\n<!-- d\ne --> f\n\n<!-- g --> h <!-- i -->\n\nj <!-- k"
    assert [line.split() for line in prose(text)] == [["a", "c"], ["f"], ["h"], ["j", "<!--", "k"]]
    (_, second, *_) = read(text).prose
    span, _ = second.span(1, 2)
    assert (span.line, span.column, span.end_column) == (4, 7, 8)


def test_prose_in_a_directive() -> None:
    assert prose("```{note} Title\n:class: a\n\nsome\n```\n\n```{math}\nx\n```\nmore") == [
        ":class: a",
        "some",
        "more",
    ]


@pytest.mark.parametrize(
    "piece",
    ["```{note}\n", "```{note}\n```\n", "<!--", "<!-- a", "-->", "- ", "> ", ">>> ", "`", "1. ", "``` ", "|"],
)
def test_a_line_without_end_takes_no_time(piece: str) -> None:
    long = piece * (20_000 if "\n" in piece else 200_000)
    for text in (long, f"{long}x", f"x{long}", f"{piece}\n" * 20_000):
        read(text)
        read(text + "```\n" * 20_000)
        restructured(text.split("\n"), parse)


def test_every_row_of_a_table_stands_alone() -> None:
    assert prose("text\n| a | b |\n|---|---|\n| c | d |\nmore") == [
        "text",
        "| a | b |",
        "|---|---|",
        "| c | d |",
        "more",
    ]


def test_places() -> None:
    document = read("one\n\n- ```python\n  >>> x = (1,\n  ...      2)\n  ```\n\n```py\ny\n```")
    (program,) = document.programs
    assert [(place.line, place.shift) for place in program.places] == [(4, 6), (5, 6), (9, 0)]
    assert program.lines == ["x = (1,", "     2)", "y"]


TEXTS = st.text(st.sampled_from("`~>- .:<!\n\tpython1x#\"'()é\U0001f40d"), max_size=120)


@pytest.mark.parametrize("reader", [markdown, restructured])
@given(
    text=TEXTS,
    pieces=st.lists(
        st.sampled_from(["```python\n", "```\n", ".. code:: python\n\n", "   x = 1\n", ">>> y\n"])
    ),
)
def test_every_line_stands_where_its_place_says(reader: object, text: str, pieces: list[str]) -> None:
    lines = "".join([text, *pieces, text]).split("\n")
    document = reader(lines, parse)  # type: ignore[operator]
    for program in document.programs:
        assert len(program.lines) == len(program.places)
        for line, place in zip(program.lines, program.places, strict=True):
            # "pass" and "" stand for magic.
            assert lines[place.line - 1][place.shift :] == line or line.strip() in ("pass", "")
    for paragraph in document.prose:
        for line, place in zip(paragraph.lines, paragraph.places, strict=True):
            assert lines[place.line - 1][place.shift :] == line or "<!--" in lines[place.line - 1]
        span, cell = paragraph.span(0, len(paragraph.text))
        assert cell is None
        assert (span.line, span.end_line) == (paragraph.places[0].line, paragraph.places[-1].line)
