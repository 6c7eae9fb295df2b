"""Function bodies that are left out at first: put in, they give the tree that the parser gives."""

from __future__ import annotations

import ast
from copy import copy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchgate.semantics.assigned import assigned
from torchgate.semantics.skim import graft, skim, units_of
from torchgate.semantics.targets_text import attributes
from torchgate.semantics.text import Text
from torchgate.source import Source

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "src").rglob("*.py"))


def positions(tree: ast.AST) -> list[tuple[object, ...]]:
    """Where every node begins and, but for compound statements that end with a function, where it ends."""
    return [
        (type(node).__name__, node.lineno, node.col_offset)
        + (() if isinstance(node, ast.stmt | ast.excepthandler) else (node.end_lineno, node.end_col_offset))
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt | ast.expr | ast.excepthandler | ast.arg | ast.alias)
    ]


def rebuilt(text: str) -> ast.Module | None:
    """The tree of a skimmed text with all bodies put in; None where nothing is left out."""
    found = skim(text.encode())
    if found is None:
        return None
    assert found[0].count("\n") == text.count("\n")
    try:
        tree = ast.parse(found[0])
    except SyntaxError:
        return None  # the file is then parsed in full
    unread = graft(tree, found[1])
    if unread is None:
        return None
    for node, unit in unread.items():
        unit.put_into(node)
        names = assigned(node)
        assert all(copy(unit).may_assign(name) for name in names if name), (unit.text, names)
        missed = names - unit.assigned()
        assert not missed or "" in unit.assigned(), (unit.text, missed)
    return tree


def compare(text: str) -> bool:
    """Whether anything was left out; fails where the rebuilt tree differs from the parser's."""
    tree = rebuilt(text)
    if tree is None:
        return False
    whole = ast.parse(text)
    assert ast.dump(tree) == ast.dump(whole)
    assert positions(tree) == positions(whole)
    return True


def test_this_project_is_skimmed_and_rebuilt() -> None:
    skimmed = [compare(path.read_text("utf-8")) for path in FILES]
    assert sum(skimmed) > len(FILES) * 0.6


def restored(text: str) -> bool:
    """Whether anything could be taken out of a whole tree; fails where putting it in gives another one."""
    tree, whole = ast.parse(text), ast.parse(text)
    units = units_of(tree, text.encode())
    for node, unit in units.items():
        unit.take_out_of(node)
    taken = ast.dump(tree) != ast.dump(whole)
    for node, unit in units.items():
        unit.put_into(node)
    assert ast.dump(tree) == ast.dump(whole)
    assert positions(tree) == positions(whole)
    return taken


def test_this_project_is_taken_apart_and_restored() -> None:
    taken = [restored(path.read_text("utf-8")) for path in FILES]
    assert sum(taken) > len(FILES) * 0.6


@pytest.mark.parametrize(
    "text",
    [
        "def f(): return 1\n",
        "if x:\n\tdef f():\n\t\treturn 1\n",  # behind a tab
        "x = 1\n\\\ndef f():\n    return 1\n",  # behind a backslash
        "def f():\r    return 1\r",
    ],
)
def test_a_function_that_cannot_be_parsed_apart_stays(text: str) -> None:
    assert not restored(text)


@pytest.mark.parametrize(
    "text",
    [
        "def f():\r\n    return '\u00e9', a\r\n",
        "def f():\n\treturn 1\n",
        "class A:\n  async def f(self, a=(1,\n2)) -> int: return (\na)\n",
        "def f():\n    x = 1\n    return 1; \n# end\n",
        "def f():\n    '''\n  text'''\n    def g():\n        pass",
    ],
)
def test_a_function_is_taken_out_and_put_in(text: str) -> None:
    assert restored(text)


def test_a_tree_that_was_put_away_keeps_its_definitions() -> None:
    text = f"class A:\n    def f(self, a):\n        return a\n{'#' * 2048}\nif x:\n    def g(): return 1\n"
    parsed = Text(ast.parse(text), Source.from_text("x.py", text))
    parsed.find_units()
    (method,) = parsed.units
    assert isinstance(method, ast.FunctionDef)
    parsed.put_away()
    assert not parsed.tree.body
    assert not method.args.args
    for _ in range(2):
        parsed.read_body(method)
        assert ast.unparse(method) == "def f(self, a):\n    return a"
        parsed.put_away()
        assert not method.args.args
    assert ast.dump(parsed.whole().tree) == ast.dump(ast.parse(text))


_BODIES = [
    'x = """\n  def hidden():\nnot code\n"""',
    "x = (\n1,\n)",
    "x = 'a \" b' # \"\"\" '''",
    "x = f'{y!r:>{width}} {{}}'",
    "x = f\"{d['k']}\"",
    "x = 1 + \\\n        2",
    "def inner(a, b=(1, 2)):\n    return a",
    "self.a, self.b = 1, 2",
    "for self.c in (1, 2):\n    pass",
    "with open(a) as self.d:\n    pass",
    "del self.e",
    "self.f: int = 3",
    "self.g += 1",
    "(self.h,\n self.i) = x",
    "setattr(self, 'j', 1)",
    "# only a comment\npass",
    "if x:\n    return [\n    1]",
    "r'\\d'",
    "b'''\n'''",
    "class Local:\n    def method(self): return 1",
    "lambda: (yield)",
    "if x: self.k: int = 1",
    "for q in z: self.l: int = 2",
    "f(a).m, y = 1, 2",
    "f(self.n, y=1); d['('], self.o = 1, 2",
    "(self.p, y,  # = (\n self.q) = x",
    "for x in self.r, y:\n    pass\nfor self.s.t, y in x: self.u: int",
    "if (x): self.v : int = 1",
    "with open(a)as self.w, b as self.x: pass",
    "x = y; del (self.y), self.z",
]
_HEADS = [
    "def f():",
    "async def f(a: 'x: y' = {1: 2}, *b) -> dict[str, int]:",
    "def f(\n    a,\n    b=')',  # (\n):",
    "@decorate(a, b)\ndef f(self) -> None:  # why",
    "def f(a=lambda x: x):",
]
_AROUND = [
    "",
    "class A:\n",
    "if x:\n",
    "try:\n    pass\nexcept E:\n",
    "class A:\n    '''Doc.'''\n    x = 1\n\n",
]


def indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line if line else line for line in text.split("\n"))


@st.composite
def modules(draw: st.DrawFn) -> str:
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        around = draw(st.sampled_from(_AROUND))
        by = 4 if around else 0
        body = "\n".join(draw(st.lists(st.sampled_from(_BODIES), min_size=1, max_size=4)))
        parts.append(around + indented(draw(st.sampled_from(_HEADS)), by) + "\n" + indented(body, by + 4))
        parts.append(draw(st.sampled_from(["x = 1", "'''Text\ndef no():\n    pass\n'''", "y = [\n2]", "#"])))
    return "\n".join(parts) + draw(st.sampled_from(["", "\n", "\n\n"]))


@settings(max_examples=400, deadline=None)
@given(modules())
def test_generated_modules(text: str) -> None:
    try:
        ast.parse(text)
    except SyntaxError:
        return
    compare(text)
    restored(text)


def test_generated_modules_are_skimmed() -> None:
    """The generator is worth something: most of what it makes is Python, and is skimmed."""
    made = [f"{head}\n{indented(body, 4)}\n" for head in _HEADS for body in _BODIES]
    assert sum(map(compare, made)) > len(made) * 0.8


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n\tpass\n",  # a tab may mean anything
        "def f():\n    pass\n\x0c\ndef g():\n    pass\n",
        "def f():\r    pass\r",
        "x = '''\ndef f():\n    pass\n",  # a string that does not end
        "def f():\n    x = f'{a['\n    y = ']}'\n",
    ],
)
def test_what_is_not_certain_is_left_alone(text: str) -> None:
    assert skim(text.encode()) is None


@pytest.mark.parametrize(
    "statement",
    [
        "z = self.x, self.y = g()",
        "z = (self.x, b) = g()",
        "y = z = self.x, = g()",
        "self.\\\n    x = g()",
        "(self. # c\n    x) = g()",
        f"(self. # {'c' * 100}\n    x) = g()",
        f"self. {' ' * 100}x = g()",
        "(self # c\n    .x) = g()",
        "with g() as (self\n    .x): pass",
        *(
            "self.x: int",
            "(self.x): int = g()",
            "g(y).x: int = 1",
            "self.x **= 2",
            "self.x\t//=\\\n    2",
            "self.x>>=1",
            "self.x@=1",
        ),
        *(
            "[self.x, *_] = g()",
            "self.x, = g()",
            "*self.x, y = g()",
            "y = self.x = g()",
            "(self.x\n    ) = g()",
        ),
        *("for self.x in g(): pass", "for y, self.x in g(): pass", "[0 for self.x\\\n    in g()]"),
        *("with g() as self.x: pass", "with (g() as self.x, g()): pass", "with g() as (y, self.x): pass"),
        *("del self.x", "del self.x; g()", "del (self.x), y", "del y, self.x # c", "if y: self.x = 1"),
        *("(self.\n\n    # c\n    x) = g()", "(self. # c\n    # d\n    x) = g()", "(self.x # c\n    ) += 1"),
        *(
            "((self).x,\n    (*y,)\n    ) = g()",
            "(g(y).x ,\n    y['=']) = g()",
            "y, (self).x, \\\n    y = g()",
        ),
        *("(y,) = (y, [self.x, (y)]) = g()", "y = (y, (*self.x,)) \\\n    = g()", "self.x,y=g(y=1)"),
        *("y, z = self.x, (y) = g(y, z=1)", "self.x, y[\n    0], z = g()", '(self.x, y["""\n    [["""]) = 1'),
        *("with g() as [y,\n    self.x]: pass", "with g() as (y[1:], self.x): pass"),
        *("for y[1:], self.x in g(): pass", "for y, (self # c\n    .x) in g(): pass"),
        *("del(self\n    .x)", "del (y, # c\n    self.x)", "del y[\n    0], self.x", "del y, \\\n    self.x"),
        "self.\u092e\u0949 = g()",
        "self.\u00b5 = g()",
        "self.gr\u00f6\u00dfe = g()",
    ],
)
def test_what_a_function_assigns_shows_in_its_text(statement: str) -> None:
    text = f"def f(self):\n    {statement}\n"
    tree = ast.parse(text)
    (unit,) = units_of(tree, text.encode()).values()
    (name,) = assigned(tree.body[0]) - {"y"}
    assert unit.may_assign(name)
    assert not {name, ""}.isdisjoint(unit.assigned())
    assert not unit.may_assign("other") or "" in unit.assigned()


@pytest.mark.parametrize(
    "text", ["# a. # b\n" * 30000 + "!", ")=" * 30000, "a,b=" * 30000, "for x " * 30000, "as (" * 30000]
)
def test_no_text_takes_long(text: str) -> None:
    """They would take minutes where every part looked at all that follows."""
    assert not attributes(text.encode())
