"""A file's bytes: words in them, and what is not ASCII."""

from __future__ import annotations

import re
from unicodedata import is_normalized

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchgate.config import Config
from torchgate.lint.filter import is_plain
from torchgate.semantics.outline import outline
from torchgate.semantics.searched import Searched

_WORDS = [
    b"environ",
    b"environb",
    b"putenv",
    b"thread",
    b"_thread",
    b"default_dtype",
    b"__builtins__",
    b"eval",
    b"getattr",
    b"__getattribute__",
    b"import",
    b"__import__",
    b"importlib",
    b"importorskip",
]


@given(st.lists(st.sampled_from([*_WORDS, b" ", b"#", b"'", b"\n", b"get", b"x"]), max_size=12).map(b"".join))
def test_words_are_found_where_they_are(data: bytes) -> None:
    text = Searched(data)
    if len(data) % 2:
        text.outline(Config("/p").info("app.m"))  # which has seen some of the words
    for word in _WORDS * 2:
        assert text.has(word) == (word in data)
        assert text.code.has(word) == (word in text.code.data)
        pattern = re.compile(word)
        assert text.places(word, pattern) == [match.start() for match in pattern.finditer(data)]


# Letters that are others in disguise, that come together with those before them, or stay what they are.
_LETTERS = [
    "a",
    "e",
    "K",
    " ",
    "\n",
    "#",
    '"',
    "é",
    "中",
    "\u0301",
    "\u0327",
    "\u212a",
    "\uff21",
    "½",
    "…",
    "ﬁ",
]
_LETTERS += ["\u1100", "\u1161", "\u11a8", "\u09c7", "\u09be", "\U0001f600", "\u2126", "\u00aa"]


def _is_normal(text: str) -> bool:
    """The same over the whole text."""
    odd = [letter for letter in set(text) if not is_normalized("NFKC", letter)]
    return is_normalized("NFKC", text) or (
        not any(f"a{letter}".isidentifier() for letter in odd)
        and is_normalized("NFKC", text.translate(dict.fromkeys(map(ord, odd), " ")))
    )


@settings(max_examples=2000)
@given(st.lists(st.sampled_from(_LETTERS), max_size=6).map("".join))
def test_letters_that_python_takes_for_others(letters: str) -> None:
    text = Searched(letters.encode())
    code = text.code.data.decode()
    assert is_plain(text) == _is_normal(letters)
    plain_code = text.code is not text and _is_normal(code)
    assert is_plain(text, in_strings=False) == (_is_normal(letters) or plain_code)


@pytest.mark.parametrize(
    ("data", "is_it"),
    [
        (b"x = '\xff'\n", False),
        (b"# coding: latin-1\n", False),
        (b"x\n\n# coding: latin-1\n", True),
        (b"x\0\n", False),
        ("x = 'ＡＢ'  # Ｃ".encode(), True),
        ("x = f'{Ａ}'".encode(), False),
        ("Ａ = 1  # Ｃ".encode(), False),
        ("x = 'Ａ".encode(), False),
    ],
)
def test_is_plain(data: bytes, is_it: bool) -> None:
    assert is_plain(Searched(data), in_strings=False) == is_it


def test_examples_are_imports_and_no_text() -> None:
    info = Config("/p").info("app.m")
    found = outline(b'"""\n>>> from a import x\n"""\nfrom .b import c as d\nimport e  # f\n', info)
    assert [item.dotted for item in found.imports] == ["a.x", "app.b.c", "e"]
    assert found.text == b"from .b import c as d\nimport e  "
    assert found.certain


@pytest.mark.parametrize(
    ("data", "imported", "statement"),
    [
        (b"lazy import torch\n", ["torch"], b"lazy import torch"),
        (b"\xef\xbb\xbflazy import torch\n", ["torch"], b"lazy import torch"),
        (b"x = 1; lazy\timport a, b.c as d\n", ["a", "b.c"], b"lazy\timport a, b.c as d"),
        (b"if x: lazy  from a import (b,\n c)\n", ["a.b", "a.c"], b"lazy  from a import (b,\n c)"),
        (b"lazy = 1\nimport lazy\n", ["lazy"], b"import lazy"),
        (b"lazyimport a\nnot lazy import b\n# lazy import c\n", [], b""),
    ],
)
def test_lazy_imports(data: bytes, imported: list[str], statement: bytes) -> None:
    found = outline(data, Config("/p").info("app.m"))
    assert [item.dotted for item in found.imports] == imported
    assert [data[start:end] for start, end in found.spans] == ([statement] if statement else [])
    assert found.text == statement
    assert found.certain


@pytest.mark.parametrize("data", [b"import a, \\\n b\n", b"from a \\\n import b\n", b"x\rimport a\r"])
def test_what_is_not_certain(data: bytes) -> None:
    assert not outline(data, Config("/p").info("app.m")).certain


def test_files_share_what_they_import() -> None:
    """The same statement in two packages is not the same import."""
    text = b"from .a import b\nfrom ..c import *\nfrom d import e\n"
    first = outline(text, Config("/p").info("p.q.m"))
    other = outline(text, Config("/p").info("r.s.m"))
    assert [item.module for item in first.imports] == ["p.q.a", "p.c", "d"]
    assert [item.module for item in other.imports] == ["r.s.a", "r.c", "d"]
