"""Where a file keeps the handle beyond one call: globals, class attributes, shared containers."""

from __future__ import annotations

import _ast as ast

from torchgate.lint.contents import contents
from torchgate.semantics.values import IMPORT, NOTHING, Class, Instance, Mapping, Ref, Result, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from torchgate.semantics.facts import Binding, Reference, Where, Write
    from torchgate.semantics.module import Module
    from torchgate.semantics.values import Value

    Place: TypeAlias = tuple[str, str]  # kind, and the place in words

# The kinds; a binding's scope has the first two as its own.
GLOBAL = "module"
CLASS = "class"
PROCESS = "process"  # builtins, sys.modules
CONTAINER = "container"
# Kinds that a program may not use either.
ALWAYS = frozenset({CLASS, PROCESS})

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_DISPLAYS = (ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Starred, ast.keyword)
_COPIES = frozenset(
    {"builtins.dict", "builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset"}
)
# On an imported name, which may be a module with functions of these names, only the unmistakable ones count.
_FILLS_ONLY = frozenset({"append", "appendleft", "setdefault", "__setitem__"})
_FILLS = _FILLS_ONLY | {"add", "extend", "insert", "update"}
_CONTAINERS = _COPIES | {
    "collections.ChainMap",
    "collections.OrderedDict",
    "collections.defaultdict",
    "collections.deque",
    "threading.local",
    "types.SimpleNamespace",
    "weakref.WeakSet",
    "weakref.WeakValueDictionary",
}


class Store:
    """One place that keeps the handle: ``kind``, and ``place`` in words."""

    __slots__ = ("kind", "node", "place", "where")

    def __init__(self, node: ast.AST, where: Where, kind: str, place: str) -> None:
        self.node = node
        self.where = where
        self.kind = kind
        self.place = place


def stores(module: Module) -> Iterator[Store]:
    """Every place of this file that keeps the handle."""
    for binding in module.bindings:
        kind = binding.scope_kind
        if kind in (GLOBAL, CLASS) and _stores_handle(module, binding):
            yield Store(binding.node, binding.where, kind, _named(kind, binding.name))
    for write in module.writes:
        if write.value is not None and any(map(is_handle, contents(write.value))):
            place = _place(module, write.base, _written_object(write))
            if place is not None:
                yield Store(write.node, write.where, *place)
    for reference in module.references:
        if is_handle(reference.value):
            yield from _through_display(module, reference)


def is_handle(value: Value) -> bool:
    """Whether a value is the handle itself, on one path at least."""
    return isinstance(value, Ref) and value.dotted == "torch" and value.via != IMPORT


def _stores_handle(module: Module, binding: Binding) -> bool:
    """A field or variable that is only declared (``torch: TorchHandle``, ``... = None``) stores nothing."""
    if not is_handle(binding.value):
        return False
    statement = binding.stmt
    if not isinstance(statement, ast.AnnAssign) or binding.node is not statement.target:
        return True
    if statement.value is None:
        return False
    value = module.value(statement.value)
    return is_handle(value) or (binding.scope_kind == GLOBAL and value is not NOTHING)


def _named(kind: str, name: str) -> str:
    return f"the class attribute `{name}`" if kind == CLASS else f"the global `{name}`"


def _written_object(write: Write) -> ast.expr | None:
    match write.node:
        case ast.Attribute(value=base) | ast.Subscript(value=base):
            return base
        case ast.Call(args=[base, *_]):
            return base
    return None


def _place(module: Module, base: Value, node: ast.expr | None) -> Place | None:
    """What an attribute or item of ``base`` is: None where it is nobody else's."""
    match base:
        case Ref(dotted="sys.modules"):
            return PROCESS, "`sys.modules`"
        case Ref(package="builtins"):
            return PROCESS, "`builtins`"
        case Ref(package="torch"):
            return None
        case Ref(dotted=dotted):
            return GLOBAL, f"`{dotted.removesuffix('.__dict__')}`, which all its importers share"
        case Class(qualname=name):
            return CLASS, f"an attribute of the class `{name}`"
        case Result(callee=Ref(dotted="builtins.globals")):
            return GLOBAL, "the module's globals"
        case Result(callee=Ref(dotted="builtins.type"), node=made):
            if len(made.args) == 1 and isinstance(module.value(made.args[0]), Instance):
                return CLASS, "an attribute of the class"
        case Mapping() | Sequence() | Result():
            return _container(module, base, node)
    match node:
        case ast.Subscript(value=owner) if module.dotted(owner) == "sys.modules":
            return GLOBAL, "a module that `sys.modules` gives"
        case ast.Attribute(value=owner, attr="__class__") if isinstance(module.value(owner), Instance):
            return CLASS, "an attribute of the class"
    return None


def _container(module: Module, made: Mapping | Sequence | Result, node: ast.expr | None) -> Place | None:
    """A container that was made at module level or in a class body."""
    if isinstance(made, Result) and made.callee.dotted not in _CONTAINERS:
        return None
    outer: ast.AST | None = made.node
    if module.parent(made.node) is None:
        return None  # a tuple that another module's function gave
    while outer is not None:
        if isinstance(outer, _FUNCTIONS):
            return None
        outer = module.parent(outer)
    name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
    return CONTAINER, f"the shared container `{name}`" if name else "a shared container"


def _through_display(module: Module, reference: Reference) -> Iterator[Store]:
    """``CONTEXT = {"torch": handle}``, ``HANDLES.append(handle)``, ``HANDLES += [handle]``."""
    node: ast.AST = reference.node
    outer = module.parent(node)
    wrapped = False
    while outer is not None and (isinstance(outer, _DISPLAYS) or _is_copy(module, outer)):
        node, outer, wrapped = outer, module.parent(outer), True
    match outer:
        case ast.Call(func=ast.Attribute(value=owner, attr=method)) if node is not outer.func:
            value = module.value(owner)
            if method in (_FILLS_ONLY if isinstance(value, Ref) and value.package != "sys" else _FILLS):
                place = _place(module, value, owner)
                if place is not None and not isinstance(value, Class):
                    yield Store(outer, reference.where, *place)
        case ast.Assign(targets=[ast.Name() as target, *_]) if wrapped:
            yield from _assigned(module, target, reference.where)
        case ast.AugAssign(target=ast.Name() as target) | ast.AnnAssign(target=ast.Name() as target) if (
            wrapped
        ):
            yield from _assigned(module, target, reference.where)


def _is_copy(module: Module, node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and module.dotted(node.func) in _COPIES


def _assigned(module: Module, target: ast.Name, where: Where) -> Iterator[Store]:
    if where.function is None:
        kind = GLOBAL if where.cls is None else CLASS
        yield Store(target, where, kind, _named(kind, target.id))
    elif any(
        isinstance(node, ast.Global) and target.id in node.names
        for node in module.within(where.function.node)
    ):
        yield Store(target, where, GLOBAL, _named(GLOBAL, target.id))
