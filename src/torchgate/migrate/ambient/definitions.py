"""A file with its names, and the functions and classes that are defined in it."""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from torchgate.lint.torch_names import torch_name
from torchgate.migrate.ambient.names import Bound, FunctionNode, Names
from torchgate.migrate.changes import Place
from torchgate.migrate.project import Unit
from torchgate.semantics.module import Module
from torchgate.semantics.scopes import FUNCTIONS
from torchgate.semantics.values import Class, Function, Ref

# Where something is stored, what it is, and what it is declared as.
Store: TypeAlias = tuple[ast.AST, ast.expr | None, ast.expr | None]


class File:
    """One file, with the scopes of its names."""

    __slots__ = ("_functions", "_loads", "_names", "module", "path", "stores", "unit")

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.path = unit.path
        self.module: Module = unit.module
        self._names: Names | None = None
        self._functions: dict[ast.AST, Function] | None = None
        self._loads: dict[str, list[ast.Name | ast.Attribute]] | None = None
        self.stores: dict[str, list[Store]] | None = None  # under attributes, once somebody has asked

    @property
    def names(self) -> Names:
        """The scopes of its names."""
        if self._names is None:
            self._names = Names(self.module)
        return self._names

    @property
    def functions(self) -> dict[ast.AST, Function]:
        """Its functions by their nodes."""
        if self._functions is None:
            self._functions = {function.node: function for function, _ in self.module.functions}
        return self._functions

    def loads_of(self, name: str) -> list[ast.Name | ast.Attribute]:
        """Every read of a name or attribute of that name."""
        if self._loads is None:
            self._loads = {}
            for node in self.module.within(self.module.tree):
                if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                    key = node.id if isinstance(node, ast.Name) else node.attr
                    self._loads.setdefault(key, []).append(node)
        return self._loads.get(name, [])

    def place(self, node: ast.AST) -> Place:
        """Where a node stands."""
        return self.unit.place(node)

    def text(self, node: ast.AST) -> str:
        """The source text of a node."""
        return self.unit.text(node)

    def where(self, node: ast.AST) -> str:
        """``file.py:3``, for a message."""
        line: int = getattr(node, "lineno", 1)
        return f"{self.name}:{line}"

    @property
    def name(self) -> str:
        """``file.py``, for a message."""
        return self.path.rpartition("/")[2]

    def torch(self, node: ast.expr) -> str:
        """The dotted name of something of torch's; empty for anything else."""
        return torch_name(self.module, self.module.value(node))

    def is_certain(self, node: ast.expr, depth: int = 0) -> bool:
        """Whether one definition or import decides what a callee is, on whichever path.

        What comes out of a container, a call or an object's attribute may be another thing when the code
        runs; a method is found through its class, and the handle through whatever holds it.
        """
        value = self.module.value(node)
        if isinstance(value, Ref) and value.is_handle and value.dotted == "torch":
            return True
        if isinstance(node, ast.Attribute):
            if isinstance(self.module.value(node.value), Ref):
                return self.is_certain(node.value, depth)
            return not isinstance(value, Ref | Class)
        if not isinstance(node, ast.Name):
            return not isinstance(value, Ref | Class | Function) or isinstance(node, ast.Lambda)
        scope = self.names.scope_of(node)
        if scope is None:
            return True
        if node.id in scope.declared or depth > 5:
            return False
        real = [bound for bound in scope.bound[node.id] if not is_stand_in(bound)]
        if all(bound.how == "import" for bound in real):
            return True
        if len(real) != 1:
            return False
        if real[0].how == "assign" and real[0].value is not None:
            return self.is_certain(real[0].value, depth + 1)
        return real[0].how in ("function", "class") or not isinstance(value, Ref | Class | Function)

    def body_of(self, statement: ast.stmt) -> list[ast.stmt] | None:
        """The block in which a statement stands."""
        parent = self.module.parent(statement)
        for field in ("body", "orelse", "finalbody"):
            block = getattr(parent, field, None)
            if isinstance(block, list) and any(item is statement for item in block):
                return block
        return None

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """The statement around a node, or the node itself."""
        found: ast.AST | None = node
        while found is not None and not isinstance(found, ast.stmt):
            found = self.module.parent(found)
        return found


def is_stand_in(bound: Bound) -> bool:
    """Whether a binding is the None that stands in where an import fails."""
    return bound.how == "assign" and isinstance(bound.value, ast.Constant) and bound.value.value is None


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """A function of the project. Equal only to itself: ``Files`` makes one for each node."""

    file: File
    node: FunctionNode
    value: Function

    @property
    def name(self) -> str:
        """The name for messages."""
        return self.value.qualname or "<lambda>"

    @property
    def owner(self) -> Class | None:
        """The class whose method it is."""
        return self.value.owner

    @property
    def body(self) -> list[ast.stmt] | ast.expr:
        """The statements, or a lambda's expression."""
        return self.node.body

    @property
    def is_generator(self) -> bool:
        """Whether a call gives a generator and runs nothing yet."""
        return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(self.node))

    @property
    def returns(self) -> list[ast.Return]:
        """Its own ``return`` statements."""
        return [node for node in own_nodes(self.node) if isinstance(node, ast.Return)]


@dataclass(frozen=True, slots=True, eq=False)
class ClassDefinition:
    """A class of the project."""

    file: File
    node: ast.ClassDef
    value: Class

    @property
    def dotted(self) -> str:
        """Its full name."""
        return self.value.dotted

    @property
    def makers(self) -> list[FunctionNode]:
        """Its own methods that run where an object is made."""
        found = (self.own(name) for name in ("__new__", "__init__"))
        return [node for node in found if node is not None]

    @property
    def members(self) -> list[str]:
        """The names that its body defines or declares."""
        found = [
            item.name for item in self.node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        targets = (item.target for item in self.node.body if isinstance(item, ast.AnnAssign))
        return found + [target.id for target in targets if isinstance(target, ast.Name)]

    def own(self, name: str) -> FunctionNode | None:
        """A method of its own."""
        found = [
            item
            for item in self.node.body
            if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and item.name == name
        ]
        return found[-1] if found else None


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when a function's body runs: everything below it but the functions inside it."""
    body = getattr(node, "body", None)
    waiting: list[ast.AST] = list(body) if isinstance(body, list) else [body] if body is not None else []
    while waiting:
        item = waiting.pop()
        yield item
        if not isinstance(item, FUNCTIONS):
            waiting += list(_children(item))


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for field in node._fields:
        value = getattr(node, field, None)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, ast.AST):
                yield item


def default_for(arguments: ast.arguments, name: str) -> ast.expr | None:
    """The default value of a parameter."""
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True)
    for parameter, value in pairs:
        if parameter.arg == name:
            return value
    for parameter, given in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if parameter.arg == name:
            return given
    return None


def is_of_classes(base: ast.expr) -> bool:
    """Whether a base class is, by its name, a class of classes."""
    name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
    return name == "type" or "meta" in name.lower()


def is_property(node: ast.AST) -> bool:
    """Whether reading the attribute runs the function: ``property`` and whatever is called so."""
    for decorator in getattr(node, "decorator_list", ()):
        inner = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = inner.attr if isinstance(inner, ast.Attribute) else getattr(inner, "id", "")
        if "property" in name or name in ("setter", "getter", "deleter") or "lazy" in name:
            return True
    return False
