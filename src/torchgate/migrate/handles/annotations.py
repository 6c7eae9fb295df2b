"""Who may read an annotation while the program runs: its names have to exist then."""

from __future__ import annotations

import _ast as ast

from torchgate.migrate.handles.classes_read import class_reader
from torchgate.migrate.handles.compiled import Top, may_be_compiled
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.references import references
from torchgate.migrate.project import Unit
from torchgate.semantics.values import Class, Ref, Result

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Decorators that do not read annotations, or (dataclass) not what is in them.
_BLIND = frozenset(
    """
    builtins.staticmethod builtins.classmethod builtins.property contextlib.contextmanager
    contextlib.asynccontextmanager functools.cache functools.lru_cache functools.cached_property
    abc.abstractmethod typing.final typing.override typing.overload dataclasses.dataclass
    """.split()  # noqa: SIM905 (the list literal takes a line each)
)
_PLAIN_BASES = ("builtins.", "abc.", "enum.", "typing.Protocol", "typing.Generic", "typing.NamedTuple")


def is_of_function(unit: Unit, annotation: ast.expr) -> bool:
    """Whether it belongs to a parameter or a result."""
    return isinstance(_owner(unit, annotation), _FUNCTIONS)


def reader_of(knowledge: Knowledge, unit: Unit, annotation: ast.expr) -> str | None:
    """In words, who may read it; None where nobody does."""
    return (
        _reader(knowledge, unit, annotation)
        or _script(knowledge, unit, annotation)
        or _asker(knowledge, unit, annotation)
    )


def _asker(knowledge: Knowledge, unit: Unit, annotation: ast.expr) -> str | None:
    owner = _owner(unit, annotation)
    cls = unit.module.parent(owner) if owner is not None else None
    return class_reader(knowledge, unit, cls, _head) if isinstance(cls, ast.ClassDef) else None


def _script(knowledge: Knowledge, unit: Unit, annotation: ast.expr) -> str | None:
    place = knowledge.scripted_at
    if place is None or _known_to_script(knowledge, unit, annotation):
        return None
    top = _top(unit, annotation)
    if top is not None and not knowledge.once(
        ("compiled", unit.path, top), lambda: may_be_compiled(knowledge, unit, top, _is_plain)
    ):
        return None
    return f"{place} compiles to TorchScript, and with it what that calls"


def _is_plain(unit: Unit, cls: ast.ClassDef) -> bool:
    return _class(unit, cls) is None


def _top(unit: Unit, annotation: ast.expr) -> Top | None:
    """The module-level definition that an annotation belongs to; None for one that stands in a function."""
    owner = _owner(unit, annotation)
    parent = unit.module.parent(owner) if owner is not None else None
    top = parent if isinstance(parent, ast.ClassDef) else owner
    at_top = top is not None and isinstance(unit.module.parent(top), ast.Module)
    return top if at_top and isinstance(top, (*_FUNCTIONS, ast.ClassDef)) else None


def _reader(knowledge: Knowledge, unit: Unit, annotation: ast.expr) -> str | None:
    owner = _owner(unit, annotation)
    parent = unit.module.parent(owner) if owner is not None else None
    match owner:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            by = _decorator(unit, owner)
            if by is not None or not isinstance(parent, ast.ClassDef | ast.Module):
                return by  # a function inside a function is read by whom it is handed to, and seen there
            if isinstance(parent, ast.ClassDef):
                return _class(unit, parent)
            return _holder(knowledge, unit, owner)
        case ast.AnnAssign() if isinstance(parent, ast.ClassDef):
            return _class(unit, parent)
    return None


def _known_to_script(knowledge: Knowledge, unit: Unit, annotation: ast.expr) -> bool:
    """Whether TorchScript finds all the names of torch in an annotation by itself: it reads the source, in
    which it knows `Tensor`, but not through quotes."""
    if not knowledge.lexicon(unit).lazy:
        return False
    values = {item.bound: item.value for item in unit.module.imports}
    for node in unit.module.within(annotation):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return False
        value = values.get(node.id) if isinstance(node, ast.Name) else None
        if isinstance(node, ast.Name) and isinstance(value, Ref) and value.package == "torch":
            whole: ast.expr = node
            while isinstance(outer := unit.module.parent(whole), ast.Attribute):
                whole = outer
            if unit.text(whole) not in ("torch.Tensor", "Tensor"):
                return False
    return True


def _owner(unit: Unit, annotation: ast.expr) -> ast.AST | None:
    node = unit.module.parent(annotation)
    while isinstance(node, ast.arg | ast.arguments):
        node = unit.module.parent(node)
    return node


def _decorator(unit: Unit, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str | None:
    for decorator in node.decorator_list:
        value = unit.module.value(decorator)
        name = value.callee.dotted if isinstance(value, Result) else unit.module.dotted(decorator)
        accessor = isinstance(decorator, ast.Attribute) and decorator.attr in ("setter", "deleter")
        if name not in _BLIND and not accessor:
            return f"`{node.name}` is decorated"
    return None


def _head(
    unit: Unit, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, known: ast.expr | None
) -> str | None:
    return _class(unit, node, known) if isinstance(node, ast.ClassDef) else _decorator(unit, node)


def _class(unit: Unit, cls: ast.ClassDef, known: ast.expr | None = None) -> str | None:
    """``known``: a base that has been looked at already."""
    by = _decorator(unit, cls)
    if by is not None:
        return by
    if cls.keywords:
        return f"`{cls.name}` is made with keywords"
    for base in cls.bases:
        inner = base.value if isinstance(base, ast.Subscript) else base
        value = unit.module.value(inner)
        plain = isinstance(value, Ref) and value.dotted.startswith(_PLAIN_BASES)
        if (
            base is not known
            and not plain
            and not (isinstance(value, Class) and _class(unit, value.node) is None)
        ):
            return f"`{cls.name}` derives from `{unit.text(base)}`"
    return None


def _holder(knowledge: Knowledge, unit: Unit, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    found = references(knowledge, unit, node.name, follow=True)
    if found.obstacle is not None:
        return found.obstacle.detail
    for mention in found.mentions:
        parent = mention.unit.module.parent(mention.node)
        if not (isinstance(parent, ast.Call) and parent.func is mention.node):
            return f"`{node.name}` is used as a value at {knowledge.at(mention.unit, mention.node)}"
    return None
