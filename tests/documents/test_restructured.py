"""reStructuredText: which blocks are examples, and which lines are prose."""

from __future__ import annotations

import pytest

from tests.documents.test_markdown import parse
from torchgate.documents.document import Document
from torchgate.documents.restructured import restructured


def read(text: str) -> Document:
    return restructured(text.split("\n"), parse)


def code(text: str) -> list[str]:
    return [line for program in read(text).programs for line in program.lines if line]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (".. code:: python\n\n   x\n   y\n\nz", ["x", "y"]),
        (".. code-block:: Python3\n   :linenos:\n   :caption: a\n\n   if x:\n       y\n", ["if x:", "    y"]),
        (".. sourcecode:: pycon\n\n   >>> x\n   1\n", ["x"]),
        (".. testcode::\n\n   x\n", ["x"]),
        (".. testcode:: group\n\n   x\n", ["x"]),
        (".. doctest::\n\n   >>> x\n", ["x"]),
        ("* item\n\n  .. code:: python\n\n     x\n\n  more", ["x"]),
        (".. note::\n\n   .. code:: python\n\n      x\n", ["x"]),
        ("text::\n\n   x\n", []),
        (".. code:: bash\n\n   x\n", []),
        (".. code::\n\n   x\n", []),
        (".. code-block:: text\n\n   >>> x\n", []),
        ("text\n\n>>> x\n... # y\n1\n\n", ["x", "# y"]),
        ("text\n\n    >>> x\n\n", ["x"]),
        ("    >>> x\nprose\n", ["x"]),
        ("..  note::\n\n   ..  code-block:: python\n\n       x\n", ["x"]),
        (".. Note ::\n\n   .. Code-Block :: python\n\n      x\n", ["x"]),
        ("..  _target: a\n   .. code:: python\n\n      x\n", ["x"]),
        ("..  [1] note\n\n   .. code:: python\n\n      x\n", ["x"]),
        ("..\n\n   .. code:: python\n\n      x\n", ["x"]),
        ("..\n   .. code:: python\n\n      x\n", []),
        ("..\tcode:: python\n\n\tx\n", ["x"]),
        (".. a comment\n   .. code:: python\n\n      x\n", []),
    ],
)
def test_examples(text: str, lines: list[str]) -> None:
    assert code(text) == lines


@pytest.mark.parametrize("before", ["Don't:", ".. torchgate: skip", "Wrong\n-----", "So it is. This is bad:"])
def test_the_wrong_way(before: str) -> None:
    assert code(f"{before}\n\n.. code:: python\n\n   x\n\n.. code:: python\n\n   y\n") == ["y"]


def test_prose() -> None:
    hidden = ".. hidden\n   still\n"
    code = ".. code:: c\n\n   x\n"
    text = f"Title\n=====\n\nfirst\nsecond\n\n{hidden}\n.. note:: third\n\n{code}\nfourth\n\n..\n\nfifth"
    assert [paragraph.text for paragraph in read(text).prose] == [
        "Title\n=====",
        "first\nsecond",
        ".. note:: third",
        "fourth",
        "fifth",
    ]
