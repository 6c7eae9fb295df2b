"""Callables that objects hold under another name: ``self.norm = layer``, ``norm = scale`` in a class."""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING

from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient.declared import promised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.migrate.ambient.definitions import File, Store
    from torchgate.migrate.ambient.files import Files

# What is no callable; the objects of these have no call of their own.
_DATA = k.TENSORS | k.PLAIN | k.CONTAINERS
_SETTERS = frozenset(["setattr", "add_module", "register_module"])


def held_at(files: Files, name: str) -> str | None:
    """Where something that may be called is put under an attribute of that name; None where nothing is."""
    for file in files.naming([name]):
        if file.stores is None:
            file.stores = stores_of(file)
        for node, value, annotation in file.stores.get(name, ()):
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
            yield from (value for _, value, _ in of_class(statement, name) if value is not None)


def stores_of(file: File) -> dict[str, list[Store]]:
    """What a file stores under attributes, as far as it stands there, by their names."""
    found: dict[str, list[Store]] = {}
    for node in file.module.within(file.module.tree):
        match node:
            case ast.Attribute(attr=name, ctx=ast.Store()):
                for value, annotation in _assigned(file.module.parent(node)):
                    found.setdefault(name, []).append((node, value, annotation))
            case ast.ClassDef(body=body):
                for statement in body:
                    for name in _names_of_class(statement):
                        found.setdefault(name, []).extend(of_class(statement, name))
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=args):
                if called in _SETTERS:
                    texts = {item.value for item in args[:2] if isinstance(item, ast.Constant)}
                    for text in texts:
                        if isinstance(text, str):
                            found.setdefault(text, []).append((node, args[-1], None))
    return found


def _assigned(around: ast.AST | None) -> Iterator[tuple[ast.expr | None, ast.expr | None]]:
    match around:
        case ast.Assign(value=value):
            yield value, None
        case ast.AnnAssign(value=value, annotation=annotation):
            yield value, annotation
        case ast.AugAssign():
            pass  # what it was before is what counts
        case _:
            yield None, None


def _names_of_class(statement: ast.stmt) -> set[str]:
    match statement:
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()


def of_class(statement: ast.stmt, name: str) -> Iterator[Store]:
    """What a statement of a class's body gives to a name."""
    match statement:
        case ast.Assign(targets=targets, value=value):
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                yield statement, value, None
        case ast.AnnAssign(target=ast.Name(id=target), value=value, annotation=annotation) if target == name:
            yield statement, value, annotation
