"""Attributes in which the instances of a class certainly hold the handle."""

from __future__ import annotations

import _ast as ast

from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.project import Unit
from torchgate.semantics.values import Ref, Value


def is_handle(value: Value) -> bool:
    """Whether a value is the handle itself on every path."""
    return isinstance(value, Ref) and value.is_handle and value.dotted == "torch" and not value.type_only


def kept_attribute(knowledge: Knowledge, unit: Unit, cls: ast.ClassDef) -> str | None:
    """The attribute that ``__init__`` sets to the handle before anything can go wrong, and nothing else
    ever sets; None where there is none."""
    return knowledge.once(("kept", unit.path, cls), lambda: _find(knowledge, unit, cls))


def _find(knowledge: Knowledge, unit: Unit, cls: ast.ClassDef) -> str | None:
    if cls.bases or cls.keywords or cls.decorator_list:
        return None  # another `__init__` or metaclass may be in play
    for method in cls.body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__" and method.args.args:
            attribute = None if method.decorator_list else _first_set(unit, method)
            if attribute is not None and _is_only_store(knowledge, unit, cls, attribute):
                return None if _is_derived_from(knowledge, cls) else attribute
    return None


def _first_set(unit: Unit, method: ast.FunctionDef) -> str | None:
    """The attribute that gets the handle, if all that runs before it are plain assignments."""
    own = method.args.args[0].arg
    for statement in method.body:
        match statement:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr=attribute)], value=value):
                if name == own and is_handle(unit.module.value(value)):
                    return attribute
                if name != own or any(_names(node, own) for node in unit.module.within(value)):
                    return None
            case ast.Expr(value=ast.Constant()):
                continue
            case _:
                return None
    return None


def _names(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_only_store(knowledge: Knowledge, unit: Unit, cls: ast.ClassDef, attribute: str) -> bool:
    inside = 0
    for other in knowledge.units_with(attribute):
        lexicon = knowledge.lexicon(other)
        for node in lexicon.stored.get(attribute, ()):
            chain = lexicon.locations[node].chain
            classes = [item for item in chain if isinstance(item, ast.ClassDef)]
            own = isinstance(node.value, ast.Name) and node.value.id == "self"
            if classes and classes[-1] is cls:
                inside += 1
            elif not (classes and own):
                return False  # written from outside, on some object
        for text in lexicon.strings if other is unit else ():
            parent = unit.module.parent(text)
            writes = isinstance(parent, ast.Call) and unit.module.dotted(parent.func) in (
                "builtins.setattr",
                "builtins.delattr",
            )
            if text.value == attribute and writes:
                return False
    return inside == 1


def _is_derived_from(knowledge: Knowledge, cls: ast.ClassDef) -> bool:
    """Whether the project has a subclass: it need not call this `__init__`."""
    for unit in knowledge.units_with(cls.name):
        for other, _ in unit.module.classes:
            for base in other.bases:
                if getattr(base, "node", None) is cls:
                    return True
                if isinstance(base, Ref) and base.dotted.rpartition(".")[2] == cls.name:
                    return True
    return False
