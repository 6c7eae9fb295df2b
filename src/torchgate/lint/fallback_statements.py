"""Statements that choose between an accelerator and the CPU by what a probe says (TG307)."""

from __future__ import annotations

import _ast as ast

from torchgate.lint.devices import ACCELERATOR, CPU, device_kinds
from torchgate.lint.fallback_expressions import conflict, probe_in
from torchgate.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from torchgate.semantics.module import Module

    Yielded: TypeAlias = set[tuple[object, str]]

_RETURN = ("return",)


def statement_fallbacks(module: Module) -> Iterator[tuple[Span, str]]:
    """``if`` chains with what stands around them, and ``match``; one finding a chain."""
    taken: set[ast.AST] = set()
    for node, site in module.sites(ast.If):
        if node not in taken and site.where.runs:
            probe = _fallback(module, node, taken)
            if probe:
                yield _header(module, node, node.test), probe
    for match, site in module.sites(ast.Match):
        probe = probe_in(module, match.subject) if site.where.runs else ""
        if probe and _disagree([_yielded(module, case.body) for case in match.cases]):
            yield _header(module, match, match.subject), probe


def _header(module: Module, node: ast.stmt, end: ast.expr) -> Span:
    start, last = module.source.span(node), module.source.span(end)
    return Span(start.line, start.column, last.end_line, last.end_column)


def _fallback(module: Module, node: ast.If, taken: set[ast.AST]) -> str:
    """The probe by which an ``if`` falls back; empty where it does not."""
    tests, ways = _chain(node, taken)
    block, index = _block(module, node)
    yielded = [_yielded(module, way) for way in ways]
    for follower in block[index + 1 :] if _returns(yielded) else ():
        # The early return: what comes after the `if` is its `else`.
        if isinstance(follower, ast.If):
            more_tests, more = _chain(follower, set())
            further = [_yielded(module, way) for way in more]
            if not _returns(further):
                break
            tests += more_tests
            yielded += further
            taken.add(follower)
        elif isinstance(follower, ast.Return):
            yielded.append(_yielded(module, [follower]))
            break
    probe = next(filter(None, (probe_in(module, test) for test in tests)), "")
    if probe and (_disagree(yielded) or _overwrites(module, node, yielded, block[:index])):
        return probe
    return ""


def _chain(node: ast.If, taken: set[ast.AST]) -> tuple[list[ast.expr], list[list[ast.stmt]]]:
    """The tests and the blocks of ``if`` / ``elif`` / ``else``."""
    tests, ways = [node.test], [node.body]
    rest = node.orelse
    while len(rest) == 1 and isinstance(rest[0], ast.If):
        taken.add(rest[0])
        tests.append(rest[0].test)
        ways.append(rest[0].body)
        rest = rest[0].orelse
    return tests, [*ways, rest] if rest else ways


def _block(module: Module, node: ast.stmt) -> tuple[list[ast.stmt], int]:
    """The block in which a statement stands, and its place there."""
    parent = module.parent(node)
    for field in ("body", "orelse", "finalbody"):
        block = getattr(parent, field, None)
        if isinstance(block, list) and node in block:
            return block, block.index(node)
    return [node], 0


def _yielded(module: Module, body: list[ast.stmt]) -> Yielded:
    """What a block assigns or returns, as far as these are devices: (target, kind)."""
    found: Yielded = set()
    for statement in body:
        match statement:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    found |= _assigned(module, target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                found |= _assigned(module, target, value)
            case ast.Return(value=ast.expr() as value):
                found |= {((_RETURN, place), kind) for place, kind in device_kinds(module, value)}
            case ast.If() | ast.With() | ast.Try() | ast.For():
                found |= _yielded(module, [*statement.body, *getattr(statement, "orelse", ())])
    return {(place, kind) for place, kind in found if kind}


def _assigned(module: Module, target: ast.expr, value: ast.expr) -> Yielded:
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        pairs = zip(target.elts, value.elts, strict=False)
        return set().union(*(_assigned(module, part, item) for part, item in pairs))
    return {((_spelled(target), place), kind) for place, kind in device_kinds(module, value)}


def _spelled(node: ast.expr) -> tuple[str, ...]:
    """A target as one can compare it: the names along a chain of attributes and items."""
    match node:
        case ast.Name(id=name):
            return (name,)
        case ast.Attribute(value=owner, attr=name):
            return (*_spelled(owner), name)
        case ast.Subscript(value=owner, slice=ast.Constant(value=key)):
            return (*_spelled(owner), repr(key))
    return (f"<{node.lineno}:{node.col_offset}>",)


def _returns(yielded: list[Yielded]) -> bool:
    return any(isinstance(place, tuple) and place[0] == _RETURN for way in yielded for place, _ in way)


def _disagree(yielded: list[Yielded]) -> bool:
    """Whether two ways yield an accelerator and the CPU for the same target."""
    return any(conflict(one, other) for index, one in enumerate(yielded) for other in yielded[index + 1 :])


def _overwrites(module: Module, node: ast.If, yielded: list[Yielded], before: list[ast.stmt]) -> bool:
    """Whether an ``if`` replaces a device that was chosen before it, or that its test compares with."""
    chosen = set().union(*yielded)
    for statement in reversed(before):
        earlier = _yielded(module, [statement])
        if earlier and conflict(earlier, chosen):
            return True
        if _targets(statement) & {place[0] for place, _ in chosen if isinstance(place, tuple)}:
            return False
    compared = {
        (place, ACCELERATOR)
        for place, kind in chosen
        if kind == CPU and isinstance(place, tuple) and _compares(module, node.test, place[0])
    }
    return conflict(compared, chosen)


def _targets(statement: ast.stmt) -> set[tuple[str, ...]]:
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    return {_spelled(target) for target in targets if isinstance(target, ast.expr)}


def _compares(module: Module, test: ast.expr, target: tuple[str, ...]) -> bool:
    """Whether ``test`` compares ``target`` (or its ``type``) with the name of an accelerator."""
    for node in module.within(test):
        sides: list[ast.expr] = []
        match node:
            case ast.Compare(left=left, comparators=others):
                sides = [left, *others]
            case ast.Call(func=ast.Attribute(value=owner, attr="startswith"), args=[text, *_]):
                sides = [owner, text]
        kinds = {kind for side in sides for _, kind in device_kinds(module, side)}
        if ACCELERATOR in kinds and {target, (*target, "type")} & {_spelled(side) for side in sides}:
            return True
    return False
