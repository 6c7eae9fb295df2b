"""Statements that choose between an accelerator and the CPU by what a probe says (TG307)."""

from __future__ import annotations

import _ast as ast

from torchgate.lint.branches import enforcement
from torchgate.lint.devices import ACCELERATOR, ALL, CPU, device_kinds, spelled
from torchgate.lint.fallback_expressions import asks_for, compares, conflict, holds_by_probe, probe_in
from torchgate.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from torchgate.semantics.module import Module

    Place: TypeAlias = tuple[tuple[str, ...], object]  # a target, and where in it
    Yielded: TypeAlias = set[tuple[Place, str]]

_RETURN = ("return",)
_STOPS = ("raises", "asserts", "exits")
_LOOK_BACK = 50  # statements between a default and the `if` that overwrites it


class _Way:
    """One branch of a chain: its ``if`` and test (None for what is left over), and what it yields."""

    __slots__ = ("node", "test", "yields")

    def __init__(self, node: ast.If | None, test: ast.expr | None, yields: Yielded) -> None:
        self.node = node
        self.test = test
        self.yields = yields


def statement_fallbacks(module: Module) -> Iterator[tuple[Span, str]]:
    """``if`` chains with what stands around them, and ``match``; each with its probe, one finding a chain."""
    taken: set[ast.AST] = set()
    for node, site in module.sites(ast.If):
        if node not in taken and site.where.runs:
            found = _fallback(module, node, taken)
            if found is not None:
                yield _header(module, found, found.test), probe_in(module, found.test)
    for match, site in module.sites(ast.Match):
        probe = probe_in(module, match.subject) if site.where.runs else ""
        if probe:
            yields = [_yielded(module, case.body) for case in match.cases]
            if any(conflict(one, other) for index, one in enumerate(yields) for other in yields[index + 1 :]):
                yield _header(module, match, match.subject), probe


def _header(module: Module, node: ast.stmt, end: ast.expr) -> Span:
    start, last = module.source.span(node), module.source.span(end)
    return Span(start.line, start.column, last.end_line, last.end_column)


def _fallback(module: Module, node: ast.If, taken: set[ast.AST]) -> ast.If | None:
    """The first ``if`` (or ``elif``) whose test probes, where the chain from there on falls back to the CPU.

    What the branches before it choose, they choose for other reasons (``if args.cpu: device = "cpu"``).
    """
    ways = _chain(module, node)
    before: list[ast.stmt] = []
    after: list[ast.stmt] = []
    if _returns(ways) or (any(way.yields for way in ways) and _first_probe(module, ways) is not None):
        before, after = _around(module, node)
        before = before if _leaves_default(module, node) else []
        ways += _followers(module, after) if _returns(ways) else []
    taken.update(way.node for way in ways if way.node is not None)
    first = _first_probe(module, ways)
    if first is None:
        return None
    rest = ways[first:]
    found = (
        _disagree(module, rest)
        or _overwrites(module, rest, before)
        or _returns_instead(module, rest[0], after)
    )
    return rest[0].node if found else None


def _first_probe(module: Module, ways: list[_Way]) -> int | None:
    for index, way in enumerate(ways):
        if way.test is not None and probe_in(module, way.test):
            return index
    return None


def _followers(module: Module, block: list[ast.stmt]) -> list[_Way]:
    """What comes after an `if` that returns is its `else`: further ones like it, and the last `return`.

    What stands between them changes nothing, unless it stops the run: then the CPU is a decision.
    """
    ways: list[_Way] = []
    for statement in block:
        if isinstance(statement, ast.If):
            further = _chain(module, statement)
            if _returns(further):
                ways += further
            elif any(enforcement(module, part) in _STOPS for part in (statement.body, statement.orelse)):
                break
        elif isinstance(statement, ast.Return):
            return [*ways, _Way(None, None, _yielded(module, [statement]))]
    return ways


def _chain(module: Module, node: ast.If) -> list[_Way]:
    """The branches of ``if`` / ``elif`` / ``else``."""
    ways = [_Way(node, node.test, _yielded(module, node.body))]
    rest = node.orelse
    while len(rest) == 1 and isinstance(rest[0], ast.If):
        node = rest[0]
        ways.append(_Way(node, node.test, _yielded(module, node.body)))
        rest = node.orelse
    return [*ways, _Way(None, None, _yielded(module, rest))] if rest else ways


def _leaves_default(module: Module, node: ast.If) -> bool:
    """Whether what was chosen before a chain can still hold after it: nothing is left over for an ``else``,
    or that one neither chooses nor ends."""
    rest = node.orelse
    while len(rest) == 1 and isinstance(rest[0], ast.If):
        rest = rest[0].orelse
    return not (_yielded(module, rest) or _leaves(module, rest))


def _around(module: Module, node: ast.stmt) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """What runs before and after a statement, further out as well, up to a function, a loop, or a test that
    probes itself."""
    before: list[ast.stmt] = []
    after: list[ast.stmt] = []
    goes_on = True
    while True:
        block, index = _block(module, node)
        before[:0] = block[:index]
        if goes_on:
            after += block[index + 1 :]
            goes_on = not _leaves(module, block[index + 1 :])
        outer = module.parent(node)
        if isinstance(outer, ast.With | ast.AsyncWith) or (
            isinstance(outer, ast.If) and not probe_in(module, outer.test)
        ):
            node = outer
        else:
            return before, after


def _leaves(module: Module, block: list[ast.stmt]) -> bool:
    ends = any(isinstance(part, ast.Return | ast.Raise | ast.Continue | ast.Break) for part in block)
    return ends or enforcement(module, block) in _STOPS


def _block(module: Module, node: ast.stmt) -> tuple[list[ast.stmt], int]:
    """The block in which a statement stands, and its place there."""
    parent = module.parent(node)
    for field in ("body", "orelse", "finalbody"):
        block = getattr(parent, field, None)
        if isinstance(block, list) and node in block:
            return block, block.index(node)
    return [node], 0


def _yielded(module: Module, body: list[ast.stmt]) -> Yielded:
    """What a block assigns or returns, as far as these are devices: (place, kind)."""
    found: Yielded = set()
    waiting = list(body)
    while waiting:
        statement = waiting.pop()
        match statement:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    found |= _assigned(module, target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                found |= _assigned(module, target, value)
            case ast.Return(value=ast.expr() as value):
                found |= {((_RETURN, place), kind) for place, kind in device_kinds(module, value)}
            case ast.If() | ast.With() | ast.Try() | ast.For():
                waiting += [*statement.body, *getattr(statement, "orelse", ())]
    return {(place, kind) for place, kind in found if kind}


def _assigned(module: Module, target: ast.expr, value: ast.expr) -> Yielded:
    if (
        isinstance(target, ast.Tuple | ast.List)
        and isinstance(value, ast.Tuple | ast.List)
        and not any(isinstance(part, ast.Starred) for part in (*target.elts, *value.elts))
    ):
        pairs = zip(target.elts, value.elts, strict=False)
        return set().union(*(_assigned(module, part, item) for part, item in pairs))
    return {((spelled(target), place), kind) for place, kind in device_kinds(module, value)}


def _returns(ways: list[_Way]) -> bool:
    return any(place[0] == _RETURN for way in ways for place, _ in way.yields)


def _disagree(module: Module, ways: list[_Way]) -> bool:
    """Whether an accelerator on one way meets the CPU on a way that a probe or nothing else leads to."""
    accelerated: dict[object, set[int]] = {}
    for index, way in enumerate(ways):
        for place, kind in way.yields:
            if kind == ACCELERATOR:
                accelerated.setdefault(place, set()).add(index)
    return any(
        kind == CPU and accelerated.get(place, set()) - {index}
        for index, way in enumerate(ways)
        if way.test is None or probe_in(module, way.test)
        for place, kind in way.yields
    )


def _overwrites(module: Module, ways: list[_Way], before: list[ast.stmt]) -> bool:
    """Whether an ``if`` replaces a device that was chosen before it, or that its test compares with."""
    chosen: Yielded = set().union(*(way.yields for way in ways))
    open_targets = {place[0] for place, _ in chosen}
    for statement in before[-_LOOK_BACK:][::-1]:
        earlier = {item for item in _yielded(module, [statement]) if item[0][0] in open_targets}
        if conflict(earlier, chosen):
            return True
        open_targets -= _targets(statement) | {place[0] for place, _ in earlier}
    test = ways[0].test
    compared: Yielded = {
        (place, ACCELERATOR)
        for place, kind in chosen
        if kind == CPU and test is not None and compares(module, test, place[0])
        if (place, CPU) not in ways[0].yields or not holds_by_probe(module, test)
    }
    return conflict(compared, chosen)


def _returns_instead(module: Module, way: _Way, after: list[ast.stmt]) -> bool:
    """Whether a way returns the CPU in the place of a device that its test compares with an accelerator and
    that is returned otherwise: ``if name == "cuda" and not probe: return "cpu"``, then ``return name``."""
    node, test = way.node, way.test
    if node is None or test is None or ((_RETURN, ALL), CPU) not in way.yields:
        return False
    if holds_by_probe(module, test):
        return False
    after = after[after.index(node) + 1 :] if node in after else after
    waiting = [*node.orelse, *after]
    while waiting:
        match waiting.pop():
            case ast.Return(value=ast.expr() as value) if asks_for(module, test, value):
                return True
            case ast.If() as inner:
                waiting += [*inner.body, *inner.orelse]
    return False


def _targets(statement: ast.stmt) -> set[tuple[str, ...]]:
    targets = [*(getattr(statement, "targets", None) or [getattr(statement, "target", None)])]
    found = set()
    while targets:
        match targets.pop():
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                targets += parts
            case ast.expr() as target:
                found.add(spelled(target))
    return found
