"""The scope pass against the compiler's own symbol table."""

from __future__ import annotations

import ast
import symtable
import sys
import sysconfig
import warnings
from collections import Counter
from collections.abc import Set
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesmith import from_grammar

from torchgate.semantics.scopes import COMPREHENSIONS, FUNCTIONS, bindings
from torchgate.semantics.text import skimmed
from torchgate.source import Source

Row = tuple[str, int, frozenset[str]]
_IMPLICIT = {
    ".0",
    "__class__",
    "__classdict__",
    "__static_attributes__",
    "__firstlineno__",
    "__conditional_annotations__",
    "__type_params__",
}
_NAMES = {ast.Lambda: "lambda", ast.ListComp: "listcomp", ast.SetComp: "setcomp", ast.DictComp: "dictcomp"}


def ours(node: ast.AST, klass: str = "", unsure: Set[str] = frozenset()) -> Counter[Row]:
    rows: Counter[Row] = Counter()
    if isinstance(node, (ast.Module, ast.ClassDef, *FUNCTIONS, *COMPREHENSIONS)):
        name = getattr(node, "name", None) or _NAMES.get(type(node), "genexpr")
        name = "top" if isinstance(node, ast.Module) else name
        inner = node.name if isinstance(node, ast.ClassDef) else klass
        bound = frozenset(mangled(item, inner) for item in bindings(node).bound - _IMPLICIT - unsure)
        rows[(name, getattr(node, "lineno", 0), bound)] += 1
    for field, value in ast.iter_fields(node):
        inside = node.name if isinstance(node, ast.ClassDef) and field == "body" else klass
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                rows += ours(child, inside)
    return rows


def mangled(name: str, klass: str) -> str:
    """Private names as the compiler spells them inside a class."""
    private = name.startswith("__") and not name.endswith("__") and klass.strip("_")
    return f"_{klass.lstrip('_')}{name}" if private else name


def binds(symbol: symtable.Symbol, kind: str) -> bool:
    return symbol.is_local() or (kind == "module" and (symbol.is_assigned() or symbol.is_imported()))


def theirs(table: symtable.SymbolTable, unsure: Set[str] = frozenset()) -> Counter[Row]:
    rows: Counter[Row] = Counter()
    kind = str(table.get_type()).lower().rpartition(".")[2]
    if kind in ("module", "class", "function"):
        local = (
            {symbol.get_name() for symbol in table.get_symbols() if binds(symbol, kind)} - _IMPLICIT - unsure
        )
        rows[(table.get_name(), 0 if kind == "module" else table.get_lineno(), frozenset(local))] += 1
    for child in table.get_children():
        rows += theirs(child)
    return rows


def check(code: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(code)
        try:
            table = symtable.symtable(code, "<test>", "exec")
        except SyntaxError:
            return  # what only the compiler refuses: `return` outside a function and the like
    # In a module, what a comprehension's walrus binds counts as declared global, and so does `global x`.
    unsure = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_declared_global()}
    mine, other = ours(tree, unsure=unsure), theirs(table, unsure)
    if sys.version_info >= (
        3,
        12,
    ):  # PEP 709: the compiler inlines comprehensions, and shows no scope for most
        targets = {name for row in mine if row[0] in INLINED for name in row[2]}
        mine, other = without(mine, targets), without(other, targets)
    assert mine == other


INLINED = ("listcomp", "setcomp", "dictcomp")


def without(rows: Counter[Row], names: Set[str]) -> Counter[Row]:
    """The rows without comprehensions, and without the names that comprehensions bind."""
    kept: Counter[Row] = Counter()
    for (name, line, bound), count in rows.items():
        if name not in INLINED:
            kept[(name, line, frozenset(bound - names))] += count
    return kept


STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))
SAMPLE = sorted(
    path
    for folder in ("", "asyncio", "importlib", "unittest", "email")
    for path in (STANDARD_LIBRARY / folder).glob("*.py")
)


def test_standard_library() -> None:
    """Some 250 files of code that no one here wrote."""
    assert len(SAMPLE) > 100
    for path in SAMPLE:
        check(path.read_text("utf-8", "replace"))


@pytest.mark.parametrize(
    "code",
    [
        "[y := x for x in z]",
        "def f():\n    [y := 1 for x in z if (w := x)]\n    return y",
        "lambda a, *b, c=(d := 1), **e: (f := 2)",
        "class C:\n    x: int\n    y = 1\n    def m(self): nonlocal_ = 2",
        "def f():\n    global g\n    g = 1\n    def h():\n        nonlocal i\n        i = 2\n    i = 0",
        "match x:\n    case {'a': a, **rest}: pass\n    case [b, *c]: pass\n    case D(e=f) as g: pass",
        "try: pass\nexcept* E as e: del e",
        "import a.b.c, d.e as f\nfrom . import g as h\nfrom i import *",
        "for (a, *b), c[0], d.e in f: pass\nwith g as (h, i): pass",
        "@(a := f)\ndef g(b=(c := 1)) -> (d := 2): pass",
        "{k: v for k, v in {j: (w := 1) for j in a}.items()}",
    ],
)
def test_forms(code: str) -> None:
    check(code)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(from_grammar())
def test_generated(code: str) -> None:
    try:
        code.encode("utf-8")
    except UnicodeEncodeError:
        return
    check(code)


@pytest.mark.parametrize(
    "text",
    [
        "class C:\n    x = (X := 1)\n    def f(self):\n        return 1\n",
        "class C:\n    def f(self, a=(X := 1)):\n        return (y := a)\n",
        "class C:\n    @(X := g)\n    def f(self): return (X := 1)\n",
        "class C:\n    class D((X := B)):\n        y = (z := 1)\n",
        "class C:\n    if a:\n        def f(self):\n            pass\n    else:\n        b = [X := 1]\n",
        "class C:\n    def f(self):\n        return (y := 1)\n    [\n    X\n    := 1]\n",
    ],
)
def test_walruses_in_a_class(text: str) -> None:
    text += f"# {'-' * 2048}\n"
    parsed = skimmed(Source.from_text("a.py", text))
    (node,) = parsed.tree.body
    assert isinstance(node, ast.ClassDef)
    bound = bindings(node, walrus=parsed.binds_by_walrus(node)).bound
    assert bound == bindings(node).bound
    assert "X" in bound
