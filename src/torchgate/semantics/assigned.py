"""What a function may change, told by its tree alone: so that others need not be read."""

from __future__ import annotations

import _ast as ast
from functools import lru_cache

from torchgate.semantics.tree import below

ANY = ""
# Methods that change a list or dict in place.
CHANGING = frozenset(
    "append clear extend insert pop popitem remove reverse setdefault sort update".split()  # noqa: SIM905
)
# What a constant text may be made of.
_TEXTS = (ast.Constant, ast.JoinedStr, ast.BinOp)


def assigned(function: ast.AST) -> frozenset[str]:
    """The attributes that a function assigns, of whatever object; an empty name where it may be any."""
    found: set[str] = set()
    calls = 0
    for node in below(function):
        if isinstance(node, ast.Attribute):
            if not isinstance(node.ctx, ast.Load):
                found.add(node.attr)
            elif node.attr == "setattr":  # `builtins.setattr`
                found.add(ANY)
        elif isinstance(node, ast.Call):
            if getattr(node.func, "attr", "") == "__setattr__" and len(node.args) > 1:
                name = given_name(node.args[-2], function)  # `object.__setattr__`, `super().__setattr__`
                found.update(() if name is None else (name,))
            if isinstance(node.func, ast.Name) and node.func.id == "setattr" and len(node.args) > 1:
                calls += 1
                name = given_name(node.args[1], function)
                found.update(() if name is None else (name,))
        elif isinstance(node, ast.Name) and node.id == "setattr":
            calls -= 1
    if calls:  # it is handed on, or called in another way
        found.add(ANY)
    return frozenset(found)


def given_name(node: ast.expr, function: ast.AST | None) -> str | None:
    """The attribute that ``setattr(x, node, ...)`` inside a function assigns, where that counts: as a text,
    or as a constant of the function or of the module (any, then). None for everything else: what a parameter,
    a loop or a call gives is hardly ever constant."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr() | ast.BinOp():
            return ANY
        case ast.Attribute(value=ast.Name(id=name)):
            return None if function is not None and name in _bound(function) else ANY
        case ast.Name(id=name):
            values = _bound(function).get(name, []) if function is not None else []
            return ANY if all(isinstance(value, _TEXTS) for value in values) else None
    return None


def _bound(function: ast.AST) -> dict[str, list[ast.AST]]:
    """The names that a function binds, each with what it is assigned, or whatever else binds it."""
    body = getattr(function, "body", None)
    return _bound_in(function, body[0] if isinstance(body, list) else body)


@lru_cache(maxsize=4)
def _bound_in(function: ast.AST, first: ast.AST | None) -> dict[str, list[ast.AST]]:
    """``first`` tells a body from another one that is in the tree at another time."""
    found: dict[str, list[ast.AST]] = {}
    plain: set[ast.AST] = set()
    for node in below(function):
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load) and node not in plain:
                found.setdefault(node.id, []).append(node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    plain.add(target)
                    found.setdefault(target.id, []).append(node.value)
        elif isinstance(node, ast.arg):
            found.setdefault(node.arg, []).append(node)
    return found
