"""What is read without ``tomllib`` is what ``tomllib`` reads; or nothing is."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchgate.plain_toml import read

ROOT = Path(__file__).parents[1]


def compared(text: str) -> bool:
    """Whether a text is read without ``tomllib``; fails where that reads something else."""
    found = read(text)
    if found is not None:
        assert repr(found) == repr(tomllib.loads(text)), text
    return found is not None


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/**/*.toml")), ids=str)
def test_examples(path: Path) -> None:
    assert compared(path.read_text("utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        'src = ["src", "."]  # roots\n\n[lint]\nselect = [\n  "TG1", # imports\n  \'TG2\',\n]\n',
        "[project]\r\nname = \"a\"\r\nauthors = [{name = 'b', x = {}}, {}]\r\n",
        '[tool.a]\nb = true\n[tool]\nc = 10\n[tool.d."e f"]\n[[tool.g]]\nh = [[1]]\n[[tool.g]]\n[tool.g.i]',
        "[[a]]\n[a.b]\n[[a]]\n[a.b]\n[[a.c]]\n[[a.c]]\n",
    ],
)
def test_plain_texts(text: str) -> None:
    assert compared(text)


_PIECES = [
    *("[a]", "[a.b]", "[[a]]", "[[a.b]]", '[ b . "c" ]', "[b]", "[]", "[a.]", "[[b.c]", "[a] x", "['']"),
    *("a = 1", "a = {}", "b = {c = 1}", "b = {c = 1,}", "a = []", "a = [1, ]", "a = [1 2]", "c = [", "]"),
    *(
        "a = 01",
        "a = 1.5",
        "a = -1",
        "a = 1_0",
        "a = 0x1",
        "a = 1979-05-27",
        "a = inf",
        "a = 0",
        "a = \u0661",
    ),
    *("b = true", "b = truex", 'b = ""', 'b = """', 'b = "a\\n"', "b = 'a\\n'", "b = '''a'''", "b = 'a' 'b'"),
    *(
        "# c",
        "  # \u00e9",
        "b = 'a' # c",
        "b =",
        "= 1",
        "b",
        '"b" = 1',
        "'' = 1",
        "b = [{a = 1}, {a = [\n]}]",
    ),
    *("\tb\t=\t1\t", 'b = "\x7f"', "# \x01", "b = {c = [\n1]}", "b = {\nc = 1}", "b = {c.d = 1}", "a.b = 1"),
    *("b = {c = 1, c = 2}", "[b.c]", "b = [1, # d\n# e\n\n2,\n]", "b = [,]", "b = 1 # \r", "[[b.c.d]]"),
]


@settings(max_examples=1500, deadline=None)
@given(
    st.lists(st.sampled_from(_PIECES), max_size=6),
    st.sampled_from(["\n", "\r\n", "\n\n", "\r"]),
    st.booleans(),
)
def test_whatever_is_read_is_the_same(pieces: list[str], newline: str, ends: bool) -> None:
    compared(newline.join(pieces) + (newline if ends else ""))


@settings(max_examples=500, deadline=None)
@given(st.text("ab.=[]{}\"' ,#\n1t\\", max_size=12))
def test_any_text(text: str) -> None:
    compared(text)


def test_deep_nesting() -> None:
    assert read("a = " + "[" * 5000) is None
