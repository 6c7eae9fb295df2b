"""Calls that make objects of the project's classes, and calls of ``super()``."""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING

from torchgate.migrate.ambient import harmless
from torchgate.migrate.ambient.definitions import ClassDefinition, Definition
from torchgate.migrate.ambient.files import Files
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.values import Ref, Result

if TYPE_CHECKING:
    from torchgate.migrate.ambient.analysis import Analysis
    from torchgate.migrate.ambient.project_calls import ProjectCalls

_DATACLASS = frozenset(["dataclasses.dataclass"])
_PLAIN_DECORATORS = frozenset(["functools.total_ordering", "typing.final", "typing.runtime_checkable"])
_QUIET_BASES = harmless.BASES | {
    "typing.NamedTuple",
    "typing.TypedDict",
    "enum.Enum",
    "enum.IntEnum",
    "enum.StrEnum",
    "builtins.dict",
    "builtins.list",
    "builtins.tuple",
    "builtins.str",
    "builtins.int",
    "builtins.float",
    "contextlib.ContextDecorator",
    "contextlib.AbstractContextManager",
}

_OF_EVERY_OBJECT = frozenset(name for name in dir(object) if name not in ("__class__", "__init__")) | {
    "__enter__",
    "__exit__",
}


class Classes:
    """What constructing does, for a whole analysis."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self.files = analysis.files

    def construct(self, calls: ProjectCalls, node: ast.Call, cls: ClassDefinition) -> None:
        """``Class(...)``."""
        reader = calls.reader
        for item in mro(self.files, cls):
            if isinstance(item, str):
                continue
            if item.node.keywords:
                reader.refuse(node, R.UNKNOWN_CALLEE, f"`{item.node.name}` has a metaclass or class keywords")
                return
            names = decorator_names(item.file.module, item.node)
            unknown = [
                item.file.text(decorator)
                for decorator, name in zip(item.node.decorator_list, names, strict=True)
                if name not in _DATACLASS | _PLAIN_DECORATORS
            ]
            if unknown:
                detail = f"the class `{item.node.name}` is decorated with `{unknown[0]}`"
                reader.refuse(node, R.DECORATED_FUNCTION, detail)
                return
            if item.own("__new__") is not None:
                reader.refuse(node, R.UNKNOWN_CALLEE, f"`{item.node.name}` has a `__new__` of its own")
                return
            if set(names) & _DATACLASS:
                self._dataclass(calls, node, item)
                return
            made = item.own("__init__")
            if made is not None:
                self._init(calls, node, self.files.of_node(item.file, made))
                return
        self._outside(calls, node, cls, "__init__")
        if any(isinstance(item, str) and item.startswith("enum.") for item in mro(self.files, cls)):
            reader.by_name(node, ["_missing_"])  # the call looks a member up

    def replaced(self, calls: ProjectCalls, node: ast.Call) -> None:
        """``dataclasses.replace(obj, ...)`` makes another object of a class that may be any."""
        calls.reader.by_name(node, ["__post_init__", "__init__"])
        for file in self.files.naming(["default_factory"]):
            for cls, _ in file.module.classes:
                made = self.files.klass(file, cls)
                if made is not None and set(decorator_names(file.module, cls.node)) & _DATACLASS:
                    self._dataclass(calls, node, made)

    def _init(self, calls: ProjectCalls, node: ast.Call, made: Definition | None) -> None:
        if made is not None:
            calls.pass_on(node, made)

    def _dataclass(self, calls: ProjectCalls, node: ast.Call, cls: ClassDefinition) -> None:
        """Default factories and ``__post_init__`` run without a call that could pass a keyword."""
        reader = calls.reader
        for item in mro(self.files, cls):
            if isinstance(item, str):
                continue
            for part in item.file.module.within(item.node):
                if not isinstance(part, ast.keyword) or part.arg != "default_factory":
                    continue
                self._factory(calls, node, item, part.value)
            found = item.own("__post_init__") or item.own("__init__")
            if found is not None:
                made = self.files.of_node(item.file, found)
                reader.implicitly(node, [made] if made is not None else [])

    def _factory(self, calls: ProjectCalls, node: ast.Call, cls: ClassDefinition, factory: ast.expr) -> None:
        value = cls.file.module.value(factory)
        if isinstance(value, Ref) and value.package in ("builtins", "collections"):
            return
        made = self.files.function(cls.file, value)
        if isinstance(factory, ast.Lambda):
            made = self.files.of_node(cls.file, factory)
        if made is not None:
            calls.reader.implicitly(node, [made])
            return
        detail = f"`{cls.node.name}` calls {cls.file.text(factory)} for a default"
        calls.reader.refuse(node, R.UNKNOWN_CALLEE, detail)

    def _outside(self, calls: ProjectCalls, node: ast.Call, cls: ClassDefinition, name: str) -> None:
        """The constructor is that of a base class outside the project."""
        reader = calls.reader
        for base in mro(self.files, cls):
            if not isinstance(base, str):
                continue
            dotted = self.analysis.table.canonical(base)
            if dotted in _QUIET_BASES or is_exception(dotted):
                continue
            if self.analysis.table.entry(dotted) is not None and dotted.startswith("torch.nn."):
                calls._take(node, self.analysis.torch.judge(calls.file, node, dotted, calls.aspect))
                reader.by_name(node, ["reset_parameters", "_reset_parameters"])  # which it calls
                return
            own = dotted.partition(".")[0] in calls.file.module.config.project_names
            shown = reader.shown(node)
            if dotted and not own:
                reader.refuse(node, R.THIRD_PARTY_CALLEE, f"{shown} runs the constructor of `{dotted}`")
                return
            what = f"`{dotted}` of the project" if dotted else f"a base of `{cls.node.name}`"
            reader.refuse(node, R.UNKNOWN_CALLEE, f"{shown}: what class {what} is cannot be told")
            return

    def super_call(self, calls: ProjectCalls, node: ast.Call, name: str) -> None:
        """``super().name(...)``: the next class in every order of resolution that it may run in."""
        reader = calls.reader
        owner = self._owner(calls, node)
        if owner is None:
            reader.refuse(node, R.UNKNOWN_CALLEE, f"the class of {reader.shown(node)} is not known")
            return
        found: list[Definition] = []
        outside: list[ClassDefinition] = []
        for cls in [owner, *self.files.subclasses(owner)]:
            order = mro(self.files, cls)
            after = order[order.index(owner) + 1 :] if owner in order else order
            made = self._next(after, name)
            if made is not None and made not in found:
                found.append(made)
            if made is None:
                outside.append(cls)
        if len(found) == 1 and not outside:
            calls.pass_on(node, found[0])
        elif found:
            if any(self.analysis.reaches(made, calls.aspect) for made in found):
                detail = f"{reader.shown(node)} calls one of several methods"
                reader.refuse(node, R.METHOD_OVERRIDDEN, detail)
            for made in found:
                reader.implicitly(node, [made])
        if outside:
            self._outside_super(calls, node, owner, name)

    def unknown(self, calls: ProjectCalls, function: ast.Attribute) -> str:
        """Why it is not known what a method call runs, in words."""
        receiver, shown = function.value, calls.reader.shown
        owner = self._owner(calls, receiver) if self._is_self(calls, receiver) else None
        if owner is None:
            return f"the class of {shown(receiver)} is not known"
        order = mro(self.files, owner)
        stored = (
            isinstance(node, ast.Attribute) and node.attr == function.attr and isinstance(node.ctx, ast.Store)
            for cls in order
            if isinstance(cls, ClassDefinition)
            for node in cls.file.module.within(cls.node)
        )
        if any(stored):
            return f"what {shown(function)} holds is not known"
        outside = next((item for item in order if isinstance(item, str) and item != "builtins.object"), None)
        if outside is None:
            return f"`{owner.node.name}` does not define it"
        base = f"`{outside}`" if outside else "a base class that is not known"
        return f"`{owner.node.name}` has it from outside the project, from {base}"

    def _is_self(self, calls: ProjectCalls, node: ast.expr) -> bool:
        """Whether a name is the first parameter of the method around it."""
        module = calls.file.module
        outer = module.parent(node)
        while outer is not None and not isinstance(module.parent(outer), ast.ClassDef):
            outer = module.parent(outer)
        if not isinstance(node, ast.Name) or not isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            return False
        return "builtins.staticmethod" not in decorator_names(module, outer) and any(
            item.arg == node.id for item in [*outer.args.posonlyargs, *outer.args.args][:1]
        )

    def _next(self, order: list[ClassDefinition | str], name: str) -> Definition | None:
        for item in order:
            if isinstance(item, ClassDefinition) and (node := item.own(name)) is not None:
                return self.files.of_node(item.file, node)
        return None

    def _outside_super(self, calls: ProjectCalls, node: ast.Call, owner: ClassDefinition, name: str) -> None:
        if name == "__init__":
            self._outside(calls, node, owner, name)
            return
        bases = [item for item in mro(self.files, owner) if isinstance(item, str)]
        torch = [self.analysis.table.canonical(item) for item in bases]
        if name in harmless.MODULE_METHODS | _OF_EVERY_OBJECT and all(
            item in _QUIET_BASES or item.startswith("torch.nn.") for item in torch
        ):
            return
        detail = f"{calls.reader.shown(node)} is outside the project"
        calls.reader.refuse(node, R.THIRD_PARTY_CALLEE, detail)

    def _owner(self, calls: ProjectCalls, node: ast.AST) -> ClassDefinition | None:
        outer = calls.file.module.parent(node)
        while outer is not None and not isinstance(outer, ast.ClassDef):
            outer = calls.file.module.parent(outer)
        for cls, _ in calls.file.module.classes:
            if cls.node is outer:
                return self.files.klass(calls.file, cls)
        return None


def decorator_names(module: object, node: ast.AST) -> list[str]:
    """The dotted names of a definition's decorators; empty text for one that is not known."""
    from torchgate.semantics.module import Module

    assert isinstance(module, Module)
    found: list[str] = []
    for decorator in getattr(node, "decorator_list", ()):
        value = module.value(decorator)
        name = value.callee.dotted if isinstance(value, Result) else module.dotted(decorator)
        if not name and isinstance(decorator, ast.Call):
            name = module.dotted(decorator.func)
        found.append(name)
    return found


def is_exception(dotted: str) -> bool:
    """Whether a base class is one of Python's exceptions."""
    return dotted.startswith("builtins.") and dotted.endswith(("Error", "Exception", "Warning"))


def mro(files: Files, cls: ClassDefinition) -> list[ClassDefinition | str]:
    """The order in which Python looks for methods; as the bases stand where that order is inconsistent."""
    if cls.node not in files.orders:
        # From the farthest base on, so that no chain of classes is too long to be followed.
        for item in reversed(files.lineage(cls)):
            if isinstance(item, ClassDefinition):
                _linear(files, item)
    return files.orders[cls.node] or files.lineage(cls)


def _linear(files: Files, cls: ClassDefinition | str) -> list[ClassDefinition | str]:
    if isinstance(cls, str):
        return [cls]
    known = files.orders.get(cls.node)
    if known is None:
        files.orders[cls.node] = [cls]  # of a class that is its own base
        bases = files.bases(cls)
        waiting = [_linear(files, base) for base in bases]
        single = len(bases) == 1 and bool(waiting[0])
        known = [cls, *waiting[0]] if single else _merged(cls, [*waiting, bases])
        files.orders[cls.node] = known
    return known


def _merged(cls: ClassDefinition, waiting: list[list[ClassDefinition | str]]) -> list[ClassDefinition | str]:
    """The orders of several bases in one (C3); empty where they contradict each other."""
    order: list[ClassDefinition | str] = [cls]
    while waiting := [rest for rest in waiting if rest]:
        for rest in waiting:
            head = rest[0]
            if not any(head in other[1:] for other in waiting):
                break
        else:
            return []
        order.append(head)
        waiting = [[item for item in rest if item != head] for rest in waiting]
    return order
