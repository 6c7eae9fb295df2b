"""Attributes in which the instances of a class certainly hold the handle."""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterable

from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.mentions import Mention
from torchgate.migrate.handles.references import references
from torchgate.migrate.project import Unit
from torchgate.semantics.values import Ref, Value

# What makes an object, or gives all methods away.
_METHODS = frozenset({"__new__", "__init__", "__dict__", "__bases__"})


def is_torch(unit: Unit, node: ast.expr) -> bool:
    """Whether an expression yields the module torch."""
    value = unit.module.value(node)
    return isinstance(value, Ref) and value.dotted == "torch"


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
                return None if _has_others(knowledge, unit, cls) else attribute
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
        for text in lexicon.strings:
            match other.module.parent(text):
                case ast.Call(func=func, args=[_, name, *_]) if name is text and text.value == attribute:
                    if other.module.dotted(func) in ("builtins.setattr", "builtins.delattr"):
                        return False
    return inside == 1


def _has_others(knowledge: Knowledge, unit: Unit, cls: ast.ClassDef) -> bool:
    """Whether the methods may run on an object that this `__init__` has not made: of a subclass, which need
    not call it, or one that is made, or given the methods, in another way."""
    if unit.module.parent(cls) is not unit.module.tree:
        return any(_is_base_of(other.bases, cls) for other, _ in unit.module.classes)
    found = references(knowledge, unit, cls.name, follow=True)
    return any(_may_make_others(mention, cls) for mention in found.each_mention())


def _is_base_of(bases: Iterable[Value], cls: ast.ClassDef) -> bool:
    return any(getattr(base, "node", None) is cls for base in bases)


def _may_make_others(mention: Mention, cls: ast.ClassDef) -> bool:
    module = mention.unit.module
    node: ast.AST = mention.node
    parent = module.parent(node)
    while isinstance(parent, ast.Subscript | ast.Tuple | ast.List | ast.Starred):
        node, parent = parent, module.parent(parent)
    match parent:
        case ast.ClassDef() | ast.Assign() | ast.AnnAssign() | ast.NamedExpr():
            return True
        case ast.Call(func=func):
            return module.dotted(func) == "builtins.type"
        case ast.Attribute(attr=name, ctx=context):
            return not isinstance(context, ast.Load) or name in _METHODS or name in _methods(cls)
    return False


def _methods(cls: ast.ClassDef) -> set[str]:
    """The methods that are called on an instance."""
    return {
        item.name
        for item in cls.body
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and not item.decorator_list
    }
