"""What the functions of a module do: which of them keep their work, which put back what they set."""

from __future__ import annotations

import _ast as ast

from torchgate.semantics.summary import symbol
from torchgate.semantics.tree import children
from torchgate.semantics.values import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.semantics.module import Module
    from torchgate.semantics.values import Function


class Conduct:
    """What the functions of a module do, which takes reading all of them.

    ``uses``: what running it may import. ``calls``: the functions it calls at run time, as (caller's
    qualified name, dotted name, line, whether at import time, whether in a main guard). ``cached``:
    functions that do their work once. ``restorers``: context managers, which put back what they set.
    ``writers``: functions that write determinism state themselves.
    """

    __slots__ = ("cached", "calls", "restorers", "uses", "writers")

    def __init__(self, module: Module, writers: frozenset[str]) -> None:
        self.uses = sorted({item.dotted for item in module.imports if item.where.runs and item.dotted})
        self.calls = [
            (
                call.where.qualname,
                found[1],
                call.node.lineno,
                call.where.import_time,
                call.where.main_guard,
            )
            for call in module.calls
            if call.where.runs and (found := symbol(call.callee)) is not None and found[0] == "ref"
        ]
        self.cached = [function.qualname for function, _ in module.functions if does_once(module, function)]
        self.restorers = [function.qualname for function, _ in module.functions if restores(function)]
        self.writers = writers


def restores(function: Function) -> bool:
    """Whether a function is taken to put back what it sets: a context manager, or a generator under a
    decorator that is not understood (``from fastcore.all import *`` gave fastai its ``contextmanager``)."""
    return function.context_manager or (function.opaque and _is_generator(function.node))


def _is_generator(function: ast.AST) -> bool:
    waiting: list[ast.AST] = [*getattr(function, "body", ())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting += children(node)
    return False


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
