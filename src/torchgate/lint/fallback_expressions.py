"""Expressions that choose between an accelerator and the CPU by what a probe says (TG307)."""

from __future__ import annotations

import _ast as ast

from torchgate.lint.devices import ACCELERATOR, CPU, device_kind, device_kinds
from torchgate.lint.torch_names import made_by
from torchgate.semantics.probes import is_probe
from torchgate.semantics.values import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torchgate.semantics.module import Module

_TELLING = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print"})


def expression_fallbacks(module: Module) -> Iterator[tuple[ast.expr, str]]:
    """Conditional expressions, ``and`` / ``or`` and indexed displays, each with its probe.

    Of a chain the outermost is given.
    """
    seen: set[ast.AST] = set()
    for node, test in _candidates(module):
        if not _only_tells(module, node):
            top = _top(module, node)
            if top not in seen:
                seen.add(top)
                yield top, probe_in(module, top.test if isinstance(top, ast.IfExp) else test)


def _candidates(module: Module) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Fallbacks and the expressions that hold their probes."""
    for choice, site in module.sites(ast.IfExp):
        if site.where.runs and probe_in(module, choice.test) and _is_fallback(module, choice):
            yield choice, choice.test
    for either, site in module.sites(ast.BoolOp):
        if site.where.runs and isinstance(either.op, ast.Or) and _and_or(module, either):
            yield either, either
    for lookup, site in module.sites(ast.Subscript):
        if site.where.runs and probe_in(module, lookup.slice) and _is_lookup(module, lookup.value):
            yield lookup, lookup.slice


def probe_in(module: Module, test: ast.expr) -> str:
    """The first availability probe that has a say in ``test``, by its dotted name; empty for none."""
    for node in module.within(test):
        if isinstance(node, ast.expr):
            value = module.value(node)
            if isinstance(value, Result) and is_probe(value):
                return made_by(module, value)
    return ""


def _is_fallback(module: Module, node: ast.IfExp) -> bool:
    """Whether the two ways yield an accelerator and the CPU, in the same place where they are tuples."""
    return conflict(_kinds(module, node.body), _kinds(module, node.orelse))


def conflict(one: Iterable[tuple[object, str]], other: Iterable[tuple[object, str]]) -> bool:
    """Whether the same place holds an accelerator on one way and the CPU on the other."""
    here, there = set(one), set(other)
    return any(kind and (place, CPU if kind == ACCELERATOR else ACCELERATOR) in there for place, kind in here)


def _kinds(module: Module, node: ast.expr) -> Iterator[tuple[object, str]]:
    """The kinds of an arm, with all that a further choice or a call of ``torch.device`` in it may yield."""
    if isinstance(node, ast.IfExp):
        yield from _kinds(module, node.body)
        yield from _kinds(module, node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _kinds(module, value)
    elif isinstance(node, ast.Tuple | ast.List):
        yield len(node.elts), ""
        for index, kind in device_kinds(module, node):
            yield (len(node.elts), index), kind
    elif isinstance(node, ast.Call) and module.dotted(node.func) == "torch.device" and len(node.args) == 1:
        yield from _kinds(module, node.args[0])
    else:
        yield -1, device_kind(module, node)


def _and_or(module: Module, node: ast.BoolOp) -> bool:
    """``probe and "cuda" or "cpu"``."""
    for index, value in enumerate(node.values[:-1]):
        if not isinstance(value, ast.BoolOp) or not any(probe_in(module, part) for part in value.values[:-1]):
            continue
        rest = [kind for other in node.values[index + 1 :] for kind in _kinds(module, other)]
        if conflict(_kinds(module, value.values[-1]), rest):
            return True
    return False


def _is_lookup(module: Module, display: ast.expr) -> bool:
    elements = display.values if isinstance(display, ast.Dict) else getattr(display, "elts", [])
    kinds = {kind for element in elements for _, kind in device_kinds(module, element)}
    return {ACCELERATOR, CPU} <= kinds


def _top(module: Module, node: ast.expr) -> ast.expr:
    """The outermost choice of a chain whose every test probes."""
    top, inner = node, module.parent(node)
    while inner is not None and isinstance(inner, ast.IfExp | ast.Call):
        if isinstance(inner, ast.Call):
            if module.dotted(inner.func) != "torch.device":
                break
        elif node is not inner.test and probe_in(module, inner.test):
            top = inner
        else:
            break
        inner = module.parent(inner)
    return top


def _only_tells(module: Module, node: ast.AST) -> bool:
    """Whether an expression only goes into a message: print, logging, ``raise``, ``assert``."""
    inner: ast.AST = node
    outer = module.parent(node)
    while outer is not None and not isinstance(outer, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef):
        match outer:
            case ast.Raise() | ast.Assert():
                return True
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _TELLING:
                return inner is not outer.func
            case ast.stmt():
                return False
        inner, outer = outer, module.parent(outer)
    return False
