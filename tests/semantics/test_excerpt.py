"""Import statements cut out of a file: they say what they say in the whole of it, at the same places."""

from __future__ import annotations

import ast
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchgate.config import Config
from torchgate.config_load import file_info
from torchgate.lint.rules.tg104_implicit_torch_import import RULE
from torchgate.semantics.codetext import code_only
from torchgate.semantics.excerpt import excerpt
from torchgate.semantics.module import analyze
from torchgate.source import Source, Span

ROOT = Path(__file__).parents[2]
CONFIG = Config(root="/p", file=None)
WORDS = {name.partition(".")[0].encode() for name in CONFIG.implicit_torch_packages}
Place = tuple[tuple[int, int, int, int], str, str]


def cut(text: str) -> str | None:
    data = text.encode()
    code = code_only(data)
    found = None if code is None else excerpt(data, code, WORDS)
    return None if found is None else found.decode()


def reported(text: str) -> list[Place]:
    """What TG104 says of a file: where, what, and in which definition."""
    module = analyze(Source("/p/app/m.py", text.encode()), CONFIG, file_info(CONFIG, "/p/app/m.py"))
    found: list[Place] = []
    for target, message in RULE.check(module):
        span = target if isinstance(target, Span) else module.source.span(target)
        found.append((span.as_tuple(), message, module.qualname_at(span.line)))
    return found


PLAIN = {
    "top": "import timm\n",
    "no break at the end": "x = 1\nimport timm",
    "several": "import os, timm.data as t, sys\nimport os\n",
    "from": "from torchvision.ops import (  # a comment\n    a,\n    b as c,  # import timm\n)\nimport os\n",
    "behind a string": 'x = """\nimport timm\n"""\nimport timm\n',
    "in a string": 'x = """\nimport timm\n"""\n',
    "comment": "import timm  # noqa\n",
    "block": "if is_timm():\n    import timm\n",
    "blocks": "if a.b(1, x='y:') and not c(d=[1]):\n  if not e():\n    import os\n    import timm\n",
    "function": "@d\nasync def f(a, b: 'timm' = {}) -> dict[str, int]:\n    x = 1\n\n    import timm\n",
    "method": 'class A(B):\n    """Doc."""\n    def f(self):\n        g = import_(1)\n        import timm\n',
    "long header": "def f(\n    a: str,\n    b: int = (1),\n) -> None:\n    x = [\n    ]\n    import timm\n",
    "long class": "class A(\n    B,\n):\n    import timm\n",
    "try": "def f():\n    try:\n        import timm\n    except ImportError:\n        timm = None\n",
    "with": "with suppress(ImportError):\n    import timm\n    with a() as b:\n        import lightning\n",
    "f-string": "def f():\n    x = f'{a} def'\n    return x\nimport timm\n",
    "relative": "from .timm import x\nfrom . import timm\n",
    "letters": "def größe():\n    'é' + x\n    import timm\n",
}
# Not plain: the whole file has to be read.
ODD = {
    "else": "if a():\n    pass\nelse:\n    import timm\n",
    "elif": "if a():\n    pass\nelif b():\n    import timm\n",
    "handler": "try:\n    pass\nexcept ImportError:\n    import timm\n",
    "finally": "try:\n    pass\nfinally:\n    import timm\n",
    "for types": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import timm\n",
    "not for types": "import typing\nif not typing.TYPE_CHECKING:\n    import timm\n",
    "flag": "if False:\n    import timm\n",
    "zero": "if a() and 0:\n    import timm\n",
    "main": "if __name__ == '__main__':\n    import timm\n",
    "long test": "if (\n    a()\n):\n    import timm\n",
    "long test in a function": "def f(a):\n    if g(\n        a\n    ):\n        import timm\n",
    "left test in a function": "def f(a):\n    if (a\n):\n        import timm\n",
    "one line": "if a(): import timm\n",
    "several statements": "x = 1; import timm\n",
    "statement behind": "import timm; x = 1\n",
    "continued": "from timm \\\n    import x\n",
    "continued names": "from timm import x, \\\n    y\n",
    "continued line": "x = 1; \\\nimport timm\n",
    "in an f-string": "x = f'{a} import timm'\n",
    "star": "from timm import *\n",
    "tab": "if a():\n\timport timm\n",
    "form feed": "\fimport timm\n",
    "carriage return": "import timm\r\n",
    "loop": "while a():\n    import timm\n",
    "case": "match a:\n    case 1:\n        import timm\n",
    "long f-string": 'x = f"""\nimport timm\n"""\n',
    "behind a long string": 'def f():\n    x = """\n  """\n    y = g(\n )\n    import timm\n',
    "left bracket": "def f(a):\n    x = g(\n)\n    import timm\n",
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain_files(name: str) -> None:
    text = PLAIN[name]
    found = cut(text)
    assert found is not None
    assert reported(found) == reported(text)
    ast.parse(found)


@pytest.mark.parametrize("name", ODD)
def test_odd_files(name: str) -> None:
    ast.parse(ODD[name])
    assert cut(ODD[name]) is None


# What random files are made of; `{}` is a block.
_STATEMENTS = [
    "import timm",
    "import os, timm.layers",
    "import torchvision.ops as ops  # import timm",
    "from timm import a, b as c",
    "from timm import (\n{i}a,\n{i}  b, # (\n{o})",
    "from .timm import d",
    "from typing import TYPE_CHECKING",
    "TYPE_CHECKING = False",
    "x = 1",
    "x = (\n{o}1)",
    "x = f(\n{o})",
    "x = f(\n{i}a[\n{o}0])",
    'x = """\n import timm\n"""',
    "x = '''\n{o}def f():\n{o}  ''' + 'y'",
    "x = y if f(z) else \\\n{o}1",
    "x = [a\n{o}if f(b)\n{o}else c]",
    "x = [a for a in b\n if f(a)\n]",
    "x = {{a\n{o}if f(b) else c:\n{o}1}}",
    "x[a\n{o}: b]",
    'x = f"{{y}} import timm"',
    "# if a():",
    "",
    "return 1",
    "pass; x = 2",
]
_BLOCKS = [
    "if f():",
    "if not a.f(b, c='d') and e():",
    "if f(\n{o}):",
    "if TYPE_CHECKING:",
    "if not TYPE_CHECKING:",
    "if f() or TYPE_CHECKING:",
    "if f() and TYPE_CHECKING:",
    "if False:",
    "while f():",
    "with f() as g:",
    "with (\n{i}f()\n{o}):",
    "class A:",
    "class B(A, metaclass=f(1)):",
    "class C(\n{i}A\n{o}):",
    "def f(a, b=(1, 2)):",
    "def g(\n{i}a,\n{i}b=(\n{o}),\n{o}) -> None:",
    "@f(\n{o})\n{o}def h(a) -> dict[str, int]:",
    "async def k(*, a: int = 1):",
    "def l(a=lambda x:\n{i}x):",
]
_ENDED = [("if f():", "else:"), ("if f():", "elif g():"), ("try:", "except E:"), ("try:", "finally:")]


def _program(random: Random, indent: int = 0, depth: int = 0) -> str:
    lines: list[str] = []

    def add(text: str) -> None:
        lines.append(f"{' ' * indent}{text.format(o=' ' * indent, i=' ' * (indent + 3))}\n")

    def add_block() -> None:
        lines.append(_program(random, indent + random.choice((1, 2, 4)), depth + 1))

    for _ in range(random.randint(1, 4)):
        kind = random.random()
        if kind < 0.5 or depth > 3:
            add(random.choice(_STATEMENTS))
        elif kind < 0.85:
            add(random.choice(_BLOCKS))
            add_block()
        else:
            for head in random.choice(_ENDED):
                add(head)
                add_block()
    add("pass")
    return "".join(lines)


@settings(max_examples=1500, deadline=None)
@given(st.integers(0, 2**32))
def test_random_files(seed: int) -> None:
    text = _program(Random(seed))
    found = cut(text)
    if found is not None:
        ast.parse(text)
        assert reported(found) == reported(text)


def test_random_files_are_cut() -> None:
    texts = [_program(Random(seed)) for seed in range(3000)]
    found = [text for text in texts if cut(text) is not None]
    assert len(found) > 500
    assert sum(bool(reported(text)) for text in found) > 250


def test_own_files() -> None:
    """What is cut out of real files is Python, and stands where it stood."""
    count = 0
    for path in sorted((ROOT / "src").rglob("*.py")):
        data = path.read_bytes()
        code = code_only(data)
        found = None if code is None else excerpt(data, code, {b"typing", b"tokenize", b"re"})
        if found is not None:
            count += 1
            whole = {(node.lineno, ast.unparse(node)) for node in _imports(data)}
            own = {(node.lineno, ast.unparse(node)) for node in _imports(found)}
            wanted = {item for item in whole if {"typing", "tokenize", "re"} & set(_words(item[1]))}
            assert own == wanted
    assert count > 100


def _imports(data: bytes) -> list[ast.Import | ast.ImportFrom]:
    return [node for node in ast.walk(ast.parse(data)) if isinstance(node, ast.Import | ast.ImportFrom)]


def _words(text: str) -> list[str]:
    return text.replace(",", " ").replace(".", " ").split()
