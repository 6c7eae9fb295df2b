"""What a module's text tells of a name is what its summary tells; or it tells nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchgate.config import Config
from torchgate.semantics.glimpse import Glimpse
from torchgate.semantics.module import glance
from torchgate.semantics.summary import ABSENT, UNTOLD, Summary
from torchgate.semantics.text import utf_8
from torchgate.semantics.values import IMPORT
from torchgate.source import Source, UnreadableError

if TYPE_CHECKING:
    from torchgate.semantics.summary import Symbol

FILES = sorted((Path(__file__).parents[2] / "src").rglob("*.py"))
_CONFIG = Config(project_names=frozenset({"app"}))


def told(text: str, module: str = "app.a") -> dict[str, Symbol] | None:
    """What the text of a module tells of every name in it, by name; fails where the summary tells something
    else. None where the text is no Python."""
    source, info = Source.from_text("a.py", text), _CONFIG.info(module)
    try:
        summary = Summary(info.module_name, glance(source, _CONFIG, info))
    except UnreadableError:
        return None
    glimpse = Glimpse(utf_8(source), info)
    found: dict[str, Symbol] = {}
    for name in {"torch", *filter(str.isidentifier, re.findall(r"\w+", text)), *summary.exports}:
        symbol = glimpse.symbol(name)
        assert symbol is UNTOLD or symbol == summary.exports.get(name, ABSENT), (text, name)
        assert glimpse.is_class(name) in (None, summary.is_class(name)), (text, name)
        if symbol is not UNTOLD:
            found[name] = symbol
    return found


def test_this_project() -> None:
    count = [told(path.read_text("utf-8"), f"app.{path.stem}") for path in FILES]
    shown = [symbol for names in count if names for symbol in names.values() if symbol is not ABSENT]
    assert len(shown) > 8 * len(FILES)


def _import(name: str, module: str = "") -> Symbol:
    return ("ref", name, IMPORT, False, module)


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("class X(Base):\n    a = 1\n", _import("app.a.X")),
        ("@wraps\nasync def X(\n    a, b=[\n]):\n    return X\n\ny = X()\n", _import("app.a.X")),
        ("from .b import (  # more\n    W,\n    Y as X,\n)\n", _import("app.b.Y", "app.b")),
        ("from . import X\n", _import("app.X", "app")),
        (
            "from torch.nn import X\nclass A(X):\n    def f(self):\n        X = 1\n",
            _import("torch.nn.X", "torch.nn"),
        ),
        ("import a.b as X, c\n", _import("a.b", "a")),
        ("import X.y\nz = X.y\n", _import("X")),
        ("import X\n@X.y\ndef f(): pass\n", _import("X")),
        ("'''\nclass X: pass\n'''\n# X = 1\ny.X = 'X'\n", ABSENT),
        ("from .X import y\ndef f(X):\n    return X\n", ABSENT),
    ],
)
def test_what_the_text_tells(text: str, symbol: Symbol) -> None:
    names = told(text)
    assert names is not None
    assert names["X"] == symbol


_BINDINGS = [
    *("def f():\n    if y: \\\nfrom torch import X", "def f():\n    pass\n    \\\ndef X(): pass"),
    *("class C:\n    \\\nfrom torch import X", "if y:\n  \\\nclass X: pass", "y = \\\n\nclass X: pass"),
    *(
        "X = 1",
        "import torch as X",
        "from b import X",
        "from X import *",
        "import X.b",
        "X: int = 1",
        "X += 1",
    ),
    *(
        "class X: pass",
        "def X(): pass",
        "class X:\n    X = 1",
        "async def X():\n    global Y, \\\n        X\n    X = 1",
    ),
    *("def f(a=(X := torch)): pass", "class C((X := torch)): pass", "@(X := g)\ndef f(): pass"),
    *("class C:\n    global X\n    X = torch", "def f(\na, X=1\n):\n    pass", "f(\nX\n)"),
    *("for X in y: pass", "with f() as X: pass", "with f() as (X): pass", "del X", "del (X)", "del(X)"),
    *(
        "try: pass\nexcept E as X: pass",
        "match y:\n    case [X, *Y]: pass",
        "if y: import X.b",
        "X.b = torch",
    ),
    *(
        "if y: \\\nfrom torch import X",
        "if y: \\\nimport torch as X",
        "def f(): \\\nimport torch as X",
        "class Y: \\\nfrom torch import X",
        "def f():\n    y; \\\nimport X",
        f"def f(a=(X{' ' * 300}:= 1)): pass",
        "if y:\n    X = torch",
        "[X for X in y]",
    ),
    *(
        "lambda X: X",
        "f(X=1)",
        "f(X)",
        "f(a, X.b)",
        "y = X.b",
        "import torch, X.b",
        "\u212a = 1",
        "from b import X as Y",
    ),
    *(
        "'''X\n'''; X = 1",
        "y = f'{(X := 1)}'",
        "y = (X # c\n:= 1)",
        "if True:\n\tX = 1",
        "X\\\n= 1",
        "(X) = 1",
        "X, y = 1, 2",
        "X[0] = 1",
    ),
    *(
        "(X, y) = 1, 2",
        "[\nX\n] = [1]",
        "while X:\n    break",
        "X.append(1)",
        "globals()['X'] = 1",
        "K = 1",
        "y = K",
    ),
    *("y = X = 1", "y = X, z = 1, 2", "y = (\n    X\n) = 1", "y = (\n    (X\n)\n) = z", "y = [\n    X,\n]"),
    *("y: X = 1", "if y:\n    pass\nelse: X = 1", "if y: X = 1", "try: X = 1\nfinally: pass", "X: int"),
    *(
        "y = {0: X,\n    1: 2}",
        "y = {\n    0: {0: X, 1: X},\n}",
        "y = {X: 1}",
        "y = X; X = 2",
        "y; X.a; X = 1",
    ),
    *(
        "with (f() as X): pass",
        "with f(X) as y: pass",
        "from b import(X)",
        "from b import (\n    X as Y,\n    Z)",
    ),
    *("f(X, y)", "f(\n    X=1,\n)", "y = f(\n    X=1,\n)", "y = (a)(\n    X\n)", "y = f(X)\\\n    = X"),
    *(
        "X = []",
        "X = {}\nX['a'] = torch",
        "X: dict[str, int] = {\n    1: 2,\n}",
        "dict = 1\nX: dict[str] = {}",
    ),
    *("X = C()", "class C: pass\nX = C()", "X = C()\nclass C: pass", "class C: pass\nX: int = C(1, f(2))"),
    *(
        "class C: pass\nX = C().a",
        "class C: pass\nX = C()\nX = 1",
        "def C(): pass\nX = C()",
    ),
    *("class C: pass\nX: C = None", "class C: pass\nX: C = {y for y in z}", "class C: pass\nX: list[C] = []"),
    *(
        "X = None",
        "X = -1",
        "X = 'a' 'b'",
        "X = b'a'",
        "X = f'{y}'",
        "class C: pass\nX: C = f'{y}'",
        "X = 1.5",
    ),
    *(
        "import torch, \\\n    X.y",
        "y = X \\\n    = 1",
        "y = z \\\n    = X",
        "y = a + X",
        "y = a | X",
        "y = -X",
    ),
    *("@X\ndef f(): pass", "@X(1)\nclass D: pass", "for y in X: pass", "for X.a in y: pass", "assert X", "X"),
    *("try: pass\nexcept X as e: pass", "y = lambda X=1: X", "import X as Y", "*X, y = z", "y = [*X, z]"),
    *("match y:\n    case {'a': X}: pass", "match y:\n    case C(X): pass", "match y:\n    case 1 | X: pass"),
    *(
        "if X.a is not None:\n    X.a.b = X.a.c(1)",
        "y = [X, X.a]\nX.b = f(X.a)",
        "y = [\n    1\n][X]",
        "y = {1:\nX}",
    ),
]


@settings(max_examples=1000)
@given(st.lists(st.sampled_from(_BINDINGS), min_size=1, max_size=4), st.booleans())
def test_it_is_what_the_summary_tells(statements: list[str], is_dos: bool) -> None:
    text = "\n".join([*statements, ""])
    told(text.replace("\n", "\r\n") if is_dos else text)


@pytest.mark.parametrize("statement", _BINDINGS)
def test_every_statement_beside_a_definition(statement: str) -> None:
    for first in ("def X(): pass", "from torch import X", "import torch as X"):
        assert told(f"{first}\n{statement}\n") is not None or "\\\n" in statement
        told(f"{statement}\n{first}\n")
    told(f"{statement}\n")


@pytest.mark.parametrize(
    "text",
    [
        f"from{' ' * 20000}x\n",
        f"import{' ' * 20000}x!\n",
        f"from a import b{' ' * 20000}!\n",
        f"from {'a ' * 10000}\n",
        f"X = {'f(' * 10000}\n",
        f"X = f({'(a) ' * 10000}\n",
        "X = " + "(" * 10000 + "\n    a" * 10000 + "\n",
        f"X = [{' ' * 20000}!\n",
        f"X: dict[{'a[' * 10000} = 1\n",
        f"X: {'a ' * 10000}\n",
        f"y = {'a' * 20000}, X\n",
    ],
)
def test_no_text_takes_long(text: str) -> None:
    """They would take hours where the blanks could be shared out among several parts of a pattern."""
    glimpse = Glimpse(text.encode(), _CONFIG.info("app.a"))
    assert list(glimpse._find_imports()) == []
    assert glimpse.symbol("X") in (UNTOLD, ABSENT)
