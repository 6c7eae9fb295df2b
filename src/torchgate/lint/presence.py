"""Tests that ask whether torch is in ``sys.modules``."""

from __future__ import annotations

import _ast as ast

from torchgate.semantics.values import Const, Sequence
from torchgate.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.semantics.module import Module

_LOOKUPS = frozenset(["sys.modules.get", "sys.modules.__contains__"])
_VIEWS = frozenset(["sys.modules", "sys.modules.keys", "sys.modules.copy", "sys.modules.items"])
# What a test for presence may call besides: conversions, and switches read from the environment.
_CONVERSIONS = ("all", "any", "bool", "dict", "frozenset", "len", "list", "set", "sorted", "tuple")
_HARMLESS = frozenset([*(f"builtins.{name}" for name in _CONVERSIONS), "os.environ.get", "os.getenv"])


def tests_torch(module: Module, test: ast.expr) -> bool:
    """Whether an expression asks for torch or a submodule of it in ``sys.modules``."""
    return next(_questions(module, test), None) is not None


def is_about_presence(module: Module, test: ast.expr) -> bool:
    """Whether an expression asks that, and of the rest of the world at most for switches."""
    if not tests_torch(module, test):
        return False
    for node in module.asked(test):
        if isinstance(node, ast.Call):
            callee = module.dotted(node.func)
            if not (callee in _HARMLESS or callee in _LOOKUPS or callee in _VIEWS or _is_switch(node)):
                return False
    return True


def head(module: Module, node: ast.stmt, last: ast.AST) -> Span:
    """From the beginning of a compound statement to the end of its test."""
    start, end = module.source.span(node), module.source.span(last)
    return Span(start.line, start.column, end.end_line, end.end_column)


def _questions(module: Module, test: ast.expr) -> Iterator[ast.AST]:
    for node in module.asked(test):
        match node:
            case ast.Compare(ops=[ast.In() | ast.NotIn()], left=left, comparators=[right]):
                if _is_modules(module, right) and _names_torch(module, left):
                    yield node
            case ast.Call(func=function, args=[key, *_]) if module.dotted(function) in _LOOKUPS:
                if _names_torch(module, key) and not isinstance(module.parent(node), ast.Attribute):
                    yield node
            case ast.GeneratorExp() | ast.ListComp() | ast.SetComp():
                if _mentions_torch(module, node) and _looks_through(module, node):
                    yield node
            case ast.BinOp(op=ast.BitAnd(), left=left, right=right):
                if _meet(module, left, right):
                    yield node
            case ast.Call(func=ast.Attribute(attr="intersection" | "isdisjoint", value=left), args=[right]):
                if _meet(module, left, right):
                    yield node


def _meet(module: Module, left: ast.expr, right: ast.expr) -> bool:
    """Whether one of two sets is of loaded modules and the other names torch."""
    return (_is_modules(module, left) and _mentions_torch(module, right)) or (
        _is_modules(module, right) and _mentions_torch(module, left)
    )


def in_loop(module: Module, node: ast.If) -> bool:
    """``for name in sys.modules: if name == "torch"``, or a loop over names that are looked up there."""
    loop = module.parent(node)
    if not isinstance(loop, ast.For) or node not in loop.body:
        return False
    if _is_modules(module, loop.iter):
        return _mentions_torch(module, node.test)
    return _mentions_torch(module, loop.iter) and _looks_up(module, node.test, loop.target)


def _looks_through(module: Module, node: ast.GeneratorExp | ast.ListComp | ast.SetComp) -> bool:
    first = node.generators[0]
    return _is_modules(module, first.iter) or any(
        _looks_up(module, part, first.target) for part in (node.elt, *first.ifs)
    )


def _looks_up(module: Module, test: ast.expr, target: ast.expr) -> bool:
    """``name in sys.modules``, of the loop's own name."""
    for node in module.within(test):
        match node:
            case ast.Compare(ops=[ast.In() | ast.NotIn()], left=ast.Name(id=name), comparators=[right]):
                if isinstance(target, ast.Name) and target.id == name and _is_modules(module, right):
                    return True
    return False


def _is_modules(module: Module, node: ast.expr) -> bool:
    """``sys.modules`` itself, its keys or items, or a set or list of it."""
    while isinstance(node, ast.Call):
        if module.dotted(node.func) in _VIEWS:
            return True
        if module.dotted(node.func) not in _HARMLESS or len(node.args) != 1:
            return False
        node = node.args[0]
    return module.dotted(node) == "sys.modules"


def _names_torch(module: Module, node: ast.expr) -> bool:
    return _is_torch(module.constant(node))


def _is_torch(name: object) -> bool:
    return isinstance(name, str) and (name == "torch" or name.startswith("torch."))


def _mentions_torch(module: Module, node: ast.expr) -> bool:
    for item in module.within(node):
        if isinstance(item, ast.expr):
            value = module.value(item)
            parts = value.items if isinstance(value, Sequence) else (value,)
            if any(isinstance(part, Const) and _is_torch(part.value) for part in parts):
                return True
    return False


def _is_switch(node: ast.Call) -> bool:
    """A string method on a module's name (``name.startswith("torch")``), or ``configured()``."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr in ("intersection", "isdisjoint", "partition", "split", "startswith")
    return isinstance(node.func, ast.Name) and not node.args and not node.keywords
