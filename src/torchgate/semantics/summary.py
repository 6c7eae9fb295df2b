"""What other modules may ask of one module: plain data, symbolic, made from its own text alone.

A value that depends on another module stays a dotted name here and is followed when it is asked for
(``torchgate.semantics.project``): so a summary depends on one file's content and on nothing else.
"""

from __future__ import annotations

import _ast as ast

from torchgate.semantics.values import IMPORT, Class, Const, Function, Instance, Ref, Result, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from torchgate.semantics.module import Module
    from torchgate.semantics.values import Value

    # ("ref" | "instance" | "call", dotted, via, type_only)
    Symbol: TypeAlias = tuple[str, str, int, bool]


class Summary:
    """One module as others see it.

    ``exports``: top-level names and what they hold (None: something that does not matter). ``stars``:
    modules it star-imports. ``public``: its ``__all__`` where that is constant. ``dynamic``: it has a
    module ``__getattr__``. ``results``: what calling a function gives, by qualified name, as far as it
    matters. ``classes``: by qualified name, base classes and members. ``imports``: what importing it
    imports, ``uses`` what running it may import. ``calls``: the functions it calls at run time, as (caller's
    qualified name, dotted name, line, whether at import time). ``writers``: functions that write determinism state themselves.
    ``cached``: functions that do their work once (``functools.cache``, or a guarding global).
    """

    __slots__ = ("cached", "calls", "classes", "dynamic", "exports", "imports", "name", "public", "results", "stars", "uses", "writers")

    def __init__(self, name: str) -> None:
        self.name = name
        self.exports: dict[str, Symbol | None] = {}
        self.stars: list[str] = []
        self.public: list[str] | None = None
        self.dynamic = False
        self.results: dict[str, Symbol] = {}
        self.classes: dict[str, tuple[list[str], dict[str, Symbol]]] = {}
        self.imports: list[str] = []
        self.uses: list[str] = []
        self.calls: list[tuple[str, str, int, bool]] = []
        self.writers: list[str] = []
        self.cached: list[str] = []


def summarise(module: Module) -> Summary:
    """The summary of an analysed module."""
    summary = Summary(module.info.module_name)
    public = None
    for name, value in module.exports().items():
        summary.exports[name] = symbol(value)
        if name == "__all__":
            public = value
    summary.public = _names(public)
    summary.dynamic = "__getattr__" in summary.exports
    summary.stars = [
        item.module for item in module.imports if item.star and item.module and not item.where.function
    ]
    running = [item for item in module.imports if item.where.runs and item.dotted]
    summary.uses = sorted({item.dotted for item in running})
    summary.imports = sorted({item.dotted for item in running if item.where.import_time})
    summary.calls = [
        (call.where.qualname, found[1], call.node.lineno, call.where.import_time)
        for call in module.calls
        if call.where.runs and (found := symbol(call.callee)) is not None and found[0] == "ref"
    ]
    summary.cached = [function.qualname for function, _ in module.functions if does_once(module, function)]
    for cls, _ in module.classes:
        summary.classes[cls.qualname] = (_bases(cls), {})
    for function, _ in module.functions:
        _add_function(summary, function, module)
    for (kind, node, name), value in module.table.items():
        if kind in ("attribute", "name") and isinstance(node, ast.ClassDef):
            _add_member(summary, module, node, name, value)
    return summary


def does_once(module: Module, function: Function) -> bool:
    """Whether a function keeps what it did: ``functools.cache``, or a global that it tests and sets."""
    for decorator in getattr(function.node, "decorator_list", ()):
        value = module.value(decorator)
        name = value.callee.dotted if isinstance(value, Result) else module.dotted(decorator)
        if name in ("functools.cache", "functools.lru_cache"):
            return True
    inside = list(module.within(function.node))
    kept = {name for node in inside if isinstance(node, ast.Global) for name in node.names}
    tests = [node.test for node in inside if isinstance(node, ast.If | ast.IfExp)]
    return any(
        isinstance(name, ast.Name) and name.id in kept for test in tests for name in module.within(test)
    )


def symbol(value: Value) -> Symbol | None:
    """A value without its syntax tree; None where other modules cannot use it."""
    match value:
        case Ref():
            return ("ref", value.dotted, value.via, value.type_only)
        case Function() | Class():
            return ("ref", value.dotted, IMPORT, False)
        case Instance(cls=cls):
            return ("instance", cls.dotted, IMPORT, False)
        case Result(callee=callee):
            return ("call", callee.dotted, callee.via, callee.type_only)
    return None


def _names(value: Value | None) -> list[str] | None:
    if not isinstance(value, Sequence):
        return None
    return [item.value for item in value.items if isinstance(item, Const) and isinstance(item.value, str)]


def _bases(cls: Class) -> list[str]:
    found = (symbol(base) for base in cls.bases)
    return [item[1] for item in found if item is not None and item[0] == "ref"]


def _add_function(summary: Summary, function: Function, module: Module) -> None:
    if function.opaque or function.context_manager:
        return
    result = symbol(module.learned("return", function.node))
    if result is not None:
        summary.results[function.qualname] = result


def _add_member(summary: Summary, module: Module, node: ast.ClassDef, name: str, value: Value) -> None:
    for cls, _ in module.classes:
        if cls.node is node:
            found = symbol(value)
            if found is not None:
                summary.classes[cls.qualname][1][name] = found
            return
