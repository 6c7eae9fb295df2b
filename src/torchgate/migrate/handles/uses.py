"""Uses of torch by name that a handle cannot stand in for, and what stands in a use's place."""

from __future__ import annotations

import _ast as ast

from torchgate.migrate.handles.lexical import Use
from torchgate.migrate.project import Unit
from torchgate.semantics.handle import HANDLE_MEMBERS
from torchgate.semantics.values import Function

_READERS = frozenset({"builtins.getattr", "builtins.hasattr"})


def is_bare(unit: Unit, node: ast.expr) -> bool:
    """Whether torch is used in another way than by reading an attribute: the handle is not the module."""
    parent = unit.module.parent(node)
    match parent:
        case ast.Attribute(value=base, ctx=ast.Load(), attr=name) if base is node:
            # What every object has of its own is not torch's: `torch.__doc__`.
            return name in HANDLE_MEMBERS or (name.startswith("__") and name != "__version__")
        case ast.Call(func=func, args=[first, *_]) if first is node and unit.module.dotted(func) in _READERS:
            return False
    return True


def is_handed_on(unit: Unit, node: ast.expr) -> bool:
    """Whether torch is an argument for a parameter that carries the handle."""
    parent = unit.module.parent(node)
    names = unit.module.config.handle_names
    match parent:
        case ast.keyword(arg=str() as name) if name in names:
            return True
        case ast.Call(func=func, args=arguments) if node in arguments:
            callee = unit.module.value(func)
            if isinstance(callee, Function) and not any(isinstance(item, ast.Starred) for item in arguments):
                spec = callee.node.args
                positional = [*spec.posonlyargs, *spec.args]
                index = arguments.index(node)
                return index < len(positional) and positional[index].arg in names
    return False


def written_problem(unit: Unit, node: ast.expr) -> str | None:
    """What is written to torch, or deleted from it, by attribute."""
    parent = unit.module.parent(node)
    match parent:
        case ast.Attribute(value=base, attr=name) if base is node and not isinstance(parent.ctx, ast.Load):
            return f"`torch.{name}` is written at line {node.lineno}"
    return None


def is_beyond_handle(unit: Unit, use: Use) -> bool:
    """Whether the handle cannot stand in the place of the module under the same name."""
    return is_bare(unit, use.node) and not is_handed_on(unit, use.node)


def has_position(unit: Unit, node: ast.expr) -> bool:
    """Whether the parser's position of an expression is right: before 3.12 not in every f-string."""
    text = unit.text(node)
    try:
        parsed = compile(f"({text}\n)", "<text>", "eval", ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return isinstance(parsed, ast.Expression) and same_code(parsed.body, node)


def same_code(one: object, other: object) -> bool:
    """Whether two trees are of the same code, wherever it stands."""
    if isinstance(one, ast.AST) and isinstance(other, ast.AST):
        return one.__class__ is other.__class__ and all(
            same_code(getattr(one, field, None), getattr(other, field, None)) for field in one._fields
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_code, one, other))
    return one == other
