"""Functions that only give a device or a dtype: ``default_device()`` is what some call a helper for ambient
defaults, and others the function that picks the device. A definition in sight tells which, by its words.
"""

from __future__ import annotations

import _ast as ast

from torchgate.lint.fallback_expressions import TELLING
from torchgate.semantics.tree import below

_SETTER = "set_default_"
# What makes a device, a dtype, or the name of one; what another call gives may be a context to enter.
_MAKERS = frozenset(
    {
        "current_accelerator",
        "current_device",
        "device",
        "dtype",
        "get",
        "get_default_device",
        "get_default_dtype",
        "getattr",
        "str",
    }
)
_OTHER = (
    ast.AsyncFor,
    ast.AsyncFunctionDef,
    ast.AsyncWith,
    ast.Await,
    ast.ClassDef,
    ast.FunctionDef,
    ast.Lambda,
    ast.With,
    ast.Yield,
    ast.YieldFrom,
)


def only_gives(function: ast.AST) -> bool:
    """Whether a function returns what it was asked for, and sets nothing for anybody.

    A ``torch.device`` is a context too, so that where the result is entered is another matter.
    """
    if not isinstance(function, ast.FunctionDef) or function.decorator_list:
        return False
    inside = [node for statement in function.body for node in below(statement)]
    if any(isinstance(node, _OTHER) or _sets(node) for node in inside):
        return False
    assigned: dict[str, list[ast.expr]] = {}
    for node in inside:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    assigned.setdefault(target.id, []).append(node.value)
    given = [node.value for node in inside if isinstance(node, ast.Return) and node.value is not None]
    return bool(given) and all(_is_placement(value, assigned) for value in given)


def _sets(node: ast.AST) -> bool:
    """Whether a part of the function may set a default: it says so, or is a call made for what it does."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str() as name):
            return name.startswith(_SETTER)
        case ast.Expr(value=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))):
            return name not in TELLING
        case ast.Expr(value=value):
            return not isinstance(value, ast.Constant)
    return False


def _is_placement(given: ast.expr, assigned: dict[str, list[ast.expr]]) -> bool:
    """Whether what is returned can be a device, a dtype or the name of one, and is no call of something else;
    ``assigned``: what the names of the function get."""
    waiting, seen = [given], set[str]()
    while waiting:
        match waiting.pop():
            case ast.Name(id=name):
                waiting += assigned.get(name, []) if name not in seen else []
                seen.add(name)
            case ast.IfExp(body=body, orelse=orelse):
                waiting += [body, orelse]
            case ast.BoolOp(values=values):
                waiting += values
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _MAKERS:
                pass
            case ast.Attribute() | ast.Subscript() | ast.Constant() | ast.JoinedStr():
                pass
            case _:
                return False
    return True
