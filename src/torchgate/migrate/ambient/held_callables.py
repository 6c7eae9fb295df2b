"""Callables that objects hold under another name: ``self.norm = layer``, ``norm = scale`` in a class."""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING

from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient.declared import promised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.migrate.ambient.definitions import File
    from torchgate.migrate.ambient.files import Files

# What is no callable; the objects of these have no call of their own.
_DATA = k.TENSORS | k.PLAIN | k.CONTAINERS
_SETTERS = frozenset(["setattr", "add_module", "register_module"])


def held_at(files: Files, name: str) -> str | None:
    """Where something that may be called is put under an attribute of that name; None where nothing is."""
    for file in files.naming([name]):
        for node, value, annotation in _stores(file, name):
            given = files.kinds(file, value) if value is not None else None
            declared = promised(file, annotation) if annotation is not None else None
            if not k.only(given, _DATA) and not k.only(declared, _DATA):
                return file.where(node)
    return None


def aliases(file: File, name: str) -> Iterator[ast.expr]:
    """What the classes of a file give a special method's name to: ``__rmul__ = __mul__``."""
    if not name.startswith("__"):
        return
    for cls, _ in file.module.classes:
        for statement in cls.node.body:
            yield from (value for _, value, _ in _of_class(statement, name) if value is not None)


def _stores(file: File, name: str) -> Iterator[tuple[ast.AST, ast.expr | None, ast.expr | None]]:
    """What is stored under the attribute, as far as it stands there, and its annotation."""
    for node in file.module.within(file.module.tree):
        match node:
            case ast.Attribute(attr=attr, ctx=ast.Store()) if attr == name:
                parent = file.module.parent(node)
                match parent:
                    case ast.Assign(value=value):
                        yield node, value, None
                    case ast.AnnAssign(value=value, annotation=annotation):
                        yield node, value, annotation
                    case ast.AugAssign():
                        pass  # what it was before is what counts
                    case _:
                        yield node, None, None
            case ast.ClassDef(body=body):
                for statement in body:
                    yield from _of_class(statement, name)
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=args) if (
                called in _SETTERS
                and any(isinstance(item, ast.Constant) and item.value == name for item in args[:2])
            ):
                yield node, args[-1], None


def _of_class(statement: ast.stmt, name: str) -> Iterator[tuple[ast.AST, ast.expr | None, ast.expr | None]]:
    match statement:
        case ast.Assign(targets=targets, value=value):
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                yield statement, value, None
        case ast.AnnAssign(target=ast.Name(id=target), value=value, annotation=annotation) if target == name:
            yield statement, value, annotation
