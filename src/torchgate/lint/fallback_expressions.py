"""Expressions that choose between an accelerator and the CPU by what a probe says (TG307)."""

from __future__ import annotations

import _ast as ast

from torchgate.lint.devices import ACCELERATOR, CPU, device_argument, device_kind, device_kinds, spelled
from torchgate.lint.torch_names import made_by
from torchgate.semantics.probes import is_probe
from torchgate.semantics.values import Result, Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torchgate.semantics.module import Module

TELLING = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print"})


def expression_fallbacks(module: Module) -> Iterator[tuple[ast.expr, str]]:
    """Conditional expressions, ``and`` / ``or`` and indexed displays, each with its probe.

    Of a chain the outermost is given.
    """
    inside: set[ast.AST] = set()
    for node, test in _candidates(module, inside):
        inside.update(_choices(module, node))
        if not _only_tells(module, node) and not _is_one_to_try(module, node):
            yield node, probe_in(module, test)


def _candidates(module: Module, inside: set[ast.AST]) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Fallbacks and the expressions that hold their probes, but for those ``inside`` another one."""
    for choice, site in module.sites(ast.IfExp):  # the outer ones come first
        if choice in inside or not site.where.runs or not probe_in(module, choice.test):
            continue
        ways = choice.body, choice.orelse
        if conflict(*(_kinds(module, way) for way in ways)) or _replaces_asked(module, choice, ways):
            yield choice, choice.test
    for either, site in module.sites(ast.BoolOp):
        if either not in inside and site.where.runs and _and_or(module, either):
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


def holds_by_probe(module: Module, test: ast.expr) -> bool:
    """Whether a test holds only where a probe finds an accelerator: whoever takes the CPU there has other
    reasons."""
    parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    return any(
        isinstance(part, ast.Call | ast.Name | ast.Attribute) and probe_in(module, part) for part in parts
    )


def conflict(one: Iterable[tuple[object, str]], other: Iterable[tuple[object, str]]) -> bool:
    """Whether the same place holds an accelerator on one way and the CPU on the other."""
    here, there = set(one), set(other)
    return any(kind and (place, CPU if kind == ACCELERATOR else ACCELERATOR) in there for place, kind in here)


def _kinds(module: Module, node: ast.expr) -> Iterator[tuple[object, str]]:
    """The kinds of an arm, with all that a further choice or a call of ``torch.device`` in it may yield."""
    for arm in _choices(module, node):
        if not isinstance(arm, ast.IfExp | ast.BoolOp):
            yield from device_kinds(module, arm)


def _replaces_asked(module: Module, choice: ast.IfExp, ways: tuple[ast.expr, ast.expr]) -> bool:
    """Whether one way is the CPU, and the other the device that was asked for, or one of which a test around
    it asks whether it is an accelerator: ``"cpu" if device == "cuda" and not probe else device``."""
    cpu, other = ways if CPU in {kind for _, kind in _kinds(module, ways[0])} else ways[::-1]
    if CPU not in {kind for _, kind in _kinds(module, cpu)}:
        return False
    if cpu is choice.body and holds_by_probe(module, choice.test):
        return False
    if _is_wish(module, other, choice):
        return True
    tests = [choice.test]
    inner: ast.AST = choice
    outer = module.parent(choice)
    while outer is not None and not isinstance(outer, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef):
        if isinstance(outer, ast.If) and inner in outer.body and not _negates(module, outer.test):
            tests.append(outer.test)
        inner, outer = outer, module.parent(outer)
    return any(asks_for(module, test, other) for test in tests)


def _is_wish(module: Module, node: ast.expr, choice: ast.IfExp) -> bool:
    """Whether a way of a choice is a device that somebody else named: a variable of which nothing is known,
    and which is called a device or goes straight into ``torch.device``."""
    outer = module.parent(choice)
    into_device = isinstance(outer, ast.Call) and module.dotted(outer.func) == "torch.device"
    if isinstance(node, ast.Call) and module.dotted(node.func) == "torch.device":
        node, into_device = device_argument(node) or node, True
    if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        return False
    if not isinstance(module.value(node), Unknown):
        return False
    return into_device or "device" in (spelled(node) or ("",))[-1].lower()


def _negates(module: Module, test: ast.expr) -> bool:
    return any(isinstance(node, ast.Not | ast.NotEq | ast.NotIn | ast.IsNot) for node in module.within(test))


def asks_for(module: Module, test: ast.expr, device: ast.expr) -> bool:
    """Whether a test asks whether a device, or one of those it may be, is an accelerator."""
    return any(
        compares(module, test, spelled(way))
        for way in _choices(module, device)
        if isinstance(way, ast.Name | ast.Attribute | ast.Subscript)
    )


def compares(module: Module, test: ast.expr, target: tuple[str, ...]) -> bool:
    """Whether ``test`` compares ``target`` (or its ``type``) with the name of an accelerator, or says that
    it is not the CPU."""
    for node in module.within(test):
        sides: list[ast.expr] = []
        telling = {ACCELERATOR}
        match node:
            case ast.Compare(left=left, ops=operators, comparators=others):
                sides = [left, *others]
                telling = {ACCELERATOR, CPU} if isinstance(operators[0], ast.NotEq) else telling
            case ast.Call(func=ast.Attribute(value=owner, attr="startswith"), args=[text, *_]):
                sides = [owner, text]
        kinds = {kind for side in sides for _, kind in device_kinds(module, side)}
        if telling & kinds and {target, (*target, "type")} & {spelled(side) for side in sides}:
            return True
    return False


def _choices(module: Module, node: ast.expr) -> Iterator[ast.expr]:
    """An expression and all that it may yield through choices and ``torch.device``."""
    waiting = [node]
    while waiting:
        arm = waiting.pop()
        yield arm
        match arm:
            case ast.IfExp(body=body, orelse=orelse):
                waiting += [body, orelse]
            case ast.BoolOp(values=values):
                waiting += values
            case ast.Call(args=[argument], func=function) if module.dotted(function) == "torch.device":
                waiting.append(argument)


def _and_or(module: Module, node: ast.BoolOp) -> bool:
    """``probe and "cuda" or "cpu"``."""
    if not isinstance(node.op, ast.Or):
        return False
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


def _is_one_to_try(module: Module, node: ast.expr) -> bool:
    """Whether an expression is one of several devices to try, and the CPU is one of the others anyway:
    ``{"cpu", "cuda" if torch.cuda.is_available() else "cpu"}``."""
    inner, outer = node, module.parent(node)
    while isinstance(outer, ast.Call) and module.dotted(outer.func) in ("torch.device", "builtins.str"):
        inner, outer = outer, module.parent(outer)
    if not isinstance(outer, ast.List | ast.Set | ast.Tuple):
        return False
    others = [element for element in outer.elts if element is not inner]
    is_several = not isinstance(outer, ast.Tuple) or _is_gone_through(module, outer)
    return is_several and any(device_kind(module, element) == CPU for element in others)


def _is_gone_through(module: Module, display: ast.Tuple) -> bool:
    """Whether a tuple is a collection, as far as the place tells, and not a device for each position."""
    around = module.parent(display)
    match around:
        case ast.For(iter=iterable) | ast.AsyncFor(iter=iterable) | ast.comprehension(iter=iterable):
            return iterable is display
        case ast.Assign(targets=[ast.Name() | ast.Attribute()]) | ast.AnnAssign():
            return True
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name == "parametrize"
    return False


def _only_tells(module: Module, node: ast.AST) -> bool:
    """Whether an expression only goes into a message: print, logging, ``raise``, ``assert``."""
    inner: ast.AST = node
    outer = module.parent(node)
    while outer is not None and not isinstance(outer, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef):
        match outer:
            case ast.Raise() | ast.Assert():
                return True
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in TELLING:
                return inner is not outer.func
            case ast.stmt():
                return False
        inner, outer = outer, module.parent(outer)
    return False
