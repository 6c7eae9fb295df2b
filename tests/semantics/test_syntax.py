"""Whether a text is Python is told without a tree; whoever makes one finds the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchgate.config import Config
from torchgate.config_load import file_info
from torchgate.semantics.codetext import code_only
from torchgate.semantics.module import analyze
from torchgate.semantics.syntax import is_plainly_python, is_shallow
from torchgate.semantics.text import parse
from torchgate.source import Source, UnreadableError

ROOT = Path(__file__).parents[2]
CONFIG = Config(root="/p", file=None)
FILES = sorted((ROOT / "src").rglob("*.py"))


def is_python(text: str) -> bool:
    try:
        parse(Source("m.py", text.encode()))
    except UnreadableError:
        return False
    return True


def test_own_files() -> None:
    """Here the compiler stops where it should."""
    told = 0
    for path in FILES:
        data = path.read_bytes()
        told += is_plainly_python(data.decode(), code_only(data) or data)
    assert told > len(FILES) * 0.9


WRONG = [
    "x = = 1\n",
    "x = (\n",
    "def f(:\n    pass\n",
    "if a:\npass\n",
    "from __future__ import braces\n",
    "from __future__ import nothing\n",
    "x = 1\nfrom __future__ import annotations\n",
    "from __future__ import annotations\nfrom __future__ import division, nothing\n",
    "from __future__ import annotations; from a import _torchgate_\nx = = 1\n",
    "x = b'\u00e9'\n",
    "x = '\\N{no such letter}'\n",
    "  x = 1\n",
    "f(**a, *b)\n",
    "x = " + "(" * 300 + ")" * 300 + "\n",
    "if a:\n" + "".join(" " * n + "if a:\n" for n in range(1, 120)) + " " * 120 + "pass\n",
]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_python(text: str) -> None:
    assert not is_plainly_python(text, text.encode())


RIGHT = [
    "",
    "\n\n",
    "x = 1",
    "from __future__ import annotations\nx = 1\n",
    "\n   \nfrom __future__ import annotations",
    "def f():\n    return '\\d'\n",
    "return 1\n",
    "x = 1\nglobal x\n",
]


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_python(text: str) -> None:
    assert is_plainly_python(text, text.encode())


@settings(max_examples=1000, deadline=None)
@given(st.integers(0, 2**32))
def test_changed_files(seed: int) -> None:
    random = Random(seed)
    text = random.choice(FILES).read_text("utf-8")
    start = random.randrange(len(text))
    text = text[start : start + random.choice((30, 300, 3000))]
    for _ in range(random.randrange(3)):
        place = random.randrange(len(text) + 1)
        text = text[:place] + random.choice("()[]{}'\"\n\\:=,. \t#ae") + text[place + random.randrange(2) :]
    told = is_plainly_python(text, text.encode())
    assert told == is_python(text) or (not told and ("__future__" in text or not is_shallow(text.encode())))


# Ways to nest something in an expression, or to go on with one, for so many times.
CHAINS: dict[str, Callable[[int], str]] = {
    "attributes": lambda n: "x = a" + ".b" * n,
    "calls": lambda n: "x = a" + "()" * n,
    "items": lambda n: "x = a" + "[b:c, *d]" * n,
    "sums": lambda n: "x = a" + " + b" * n,
    "powers": lambda n: "x = a" + "**b" * n,
    "signs": lambda n: "x = " + "-" * n + "a",
    "nots": lambda n: "x = " + "not " * n + "a",
    "choices": lambda n: "x = " + "a if b else " * n + "c",
    "lambdas": lambda n: "x = " + "lambda: " * n + "a",
    "elifs": lambda n: "if a:\n    b\n" + "elif a:\n    b\n" * n,
    "f-strings": lambda n: "x = a" + ' + f"{b!r:>{c}}"' * n,
    "brackets": lambda n: "x = " + "f(a=not b or c and d < [*e, " * n + "])" * n,
    "lines": lambda n: "x = (a" + "\n        .b" * n + "\n)",
    "returns": lambda n: "x = (\n    f'''" + "\n    return '''  + f'''" * n + "''')",
    "patterns": lambda n: "match a:\n  case " + "A(b=[" * n + "_" + "] as c)" * n + ": pass",
    "assignments": lambda n: "x = " * n + "a",
    "compared": lambda n: "x = a" + " < b" * n,
}


@pytest.mark.parametrize("name", CHAINS)
def test_what_is_shallow_is_understood(name: str) -> None:
    sizes = [*range(1, 100), *range(100, 1100, 50)]
    texts = {n: f"{CHAINS[name](n)}\n" for n in sizes}
    told = [n for n, text in texts.items() if is_plainly_python(text, text.encode())]
    assert told
    for n in {told[0], told[-1]}:
        source = Source("m.py", texts[n].encode())
        analyze(source, CONFIG, file_info(CONFIG, "/p/m.py"))  # nothing is said of its nesting
    long = f"{CHAINS[name](20_000)}\n"
    assert not is_plainly_python(long, long.encode()) or is_python(long)
