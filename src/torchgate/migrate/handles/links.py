"""What is taken of a module, or done to it, where an expression that yields the module stands."""

from __future__ import annotations

import _ast as ast
from dataclasses import dataclass

from torchgate.migrate.imports_text import WHOLE
from torchgate.migrate.project import Unit


@dataclass(frozen=True, slots=True)
class Link:
    """One attribute of the module, at ``node``, which yields it where it is ``read``. ``told``: who is told
    its name as a text, in words; empty where it stands behind a dot."""

    name: str
    node: ast.expr
    read: bool
    told: str = ""


def link_from(unit: Unit, node: ast.expr) -> Link | None:
    """The attribute that is taken of what ``node`` yields; None where it may be any, or the whole object."""
    parent = unit.module.parent(node)
    match parent:
        case ast.Attribute(value=base, attr=name) if base is node and name not in WHOLE:
            return Link(name, parent, isinstance(parent.ctx, ast.Load))
        case ast.Attribute(value=base, attr="__dict__") if base is node:
            return _item(unit, parent, "__dict__")
        case ast.Call(func=func, args=[first, ast.Constant(value=str() as name), *_]) if first is node:
            return Link(name, parent, unit.module.dotted(func) == "builtins.getattr", unit.text(func))
        case ast.Call(func=func, args=[_]) if unit.module.dotted(func) == "builtins.vars":
            return _item(unit, parent, "vars()")
    return None


def _item(unit: Unit, names: ast.expr, told: str) -> Link | None:
    """``module.__dict__["name"]``."""
    parent = unit.module.parent(names)
    match parent:
        case ast.Subscript(value=base, slice=ast.Constant(value=str() as name)) if base is names:
            return Link(name, parent, isinstance(parent.ctx, ast.Load), told)
    return None
