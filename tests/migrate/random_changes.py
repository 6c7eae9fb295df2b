"""Random changes of random places of any program, such as apply and verify must agree on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from random import Random

from tests.migrate.places import PATH
from torchgate.migrate.changes import (
    AddArgument,
    AddKeyword,
    AddParameter,
    Change,
    InsertIntoBody,
    InsertStatements,
    Place,
    RemoveContexts,
    RemoveDecorator,
    RemoveImportedNames,
    ReplaceExpression,
    ReplaceStatement,
    UnwrapTry,
    WrapInFunction,
)
from torchgate.migrate.merge import Occupied
from torchgate.source import Source

SIMPLE = (ast.Expr, ast.Assign, ast.AugAssign, ast.Import, ast.ImportFrom, ast.Assert, ast.Delete, ast.Raise)
TEXTS = ((), ("q_ = 1",), ("q_ = 1", "q_.w = (2)"), ("if q_:\n    w_ = 1",))


def pick(source: Source, random: Random, wanted: int) -> list[Change]:
    """Up to ``wanted`` changes that do not conflict."""
    tree = ast.parse(source.text)
    # A body's docstring stays where it is: `InsertIntoBody` means the one that was there.
    kept = {
        id(node.body[0])
        for node in ast.walk(tree)
        if isinstance(getattr(node, "body", 0), list) and node.body
    }
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.stmt | ast.expr)]
    # Only names and constants may stand in a pattern.
    kept |= {
        id(inner) for node in ast.walk(tree) if isinstance(node, ast.pattern) for inner in ast.walk(node)
    }
    nodes = [node for node in nodes if not (id(node) in kept and isinstance(node, ast.Expr | ast.expr))]
    occupied = Occupied()
    for node in random.sample(nodes, min(len(nodes), wanted * 6)):
        for change in _changes(source, node, random):
            if len(occupied.changes) < wanted and occupied.conflict(change) is None:
                occupied.add(change)
    return list(occupied.changes)


def _changes(source: Source, node: ast.AST, random: Random) -> Iterator[Change]:
    place = Place.of(PATH, source.span(node))
    match node:
        case ast.Call():
            yield AddKeyword(place, "q_", random.choice(["v", "'é'", "torch.device('cuda', 0)"]))
            if not node.keywords:
                yield AddArgument(place, random.randint(0, len(node.args)), "v_")
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            yield from _function(place, node, random)
        case ast.With() | ast.AsyncWith():
            items = random.sample(range(len(node.items)), random.randint(1, len(node.items)))
            before = random.choice(((), ("q_ = 1",)))
            yield RemoveContexts(place, tuple(sorted(items)), before)
        case ast.ClassDef(decorator_list=[]):
            yield WrapInFunction(place, "q_.c_", "w_", "v_")
        case ast.Try(handlers=[], orelse=[]):
            yield UnwrapTry(place)
        case ast.Import() | ast.ImportFrom():
            names = [alias.name for alias in node.names if alias.name != "*"]
            if names and not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
                yield RemoveImportedNames(
                    place, tuple(sorted({*random.sample(names, random.randint(1, len(names)))}))
                )
        case ast.Name(ctx=ast.Load()) | ast.Attribute(ctx=ast.Load()):
            yield ReplaceExpression(place, random.choice(["q_", "(q_ or w_)", "q_.w_(1)"]))
    if isinstance(node, SIMPLE) and not _is_future(node):
        yield ReplaceStatement(place, random.choice(TEXTS[:3]))
    is_elif = isinstance(node, ast.If) and source.lines[place.line - 1][place.column - 1 :].startswith("elif")
    if isinstance(node, ast.stmt) and not _is_future(node) and not is_elif:
        yield InsertStatements(place, random.choice(TEXTS[1:3]), random.random() < 0.5)


def untouched(source: Source, changes: list[Change]) -> list[str]:
    """The lines, blank ones and comments aside, that no change is about."""
    bodies = {
        (node.lineno, node.col_offset): node.body[0].lineno
        for node in ast.walk(ast.parse(source.text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    touched: set[int] = set()
    for change in changes:
        place = change.place
        start, end = place.line, place.end_line
        if isinstance(change, AddParameter | InsertIntoBody):
            end = min(end, next((first for (line, _), first in bodies.items() if line == place.line), end))
        elif isinstance(change, InsertStatements):
            # What comes after a `;` goes on the line where the statement ends.
            start = end = end if change.after else start
        touched.update(range(start, end + 1))
    lines = enumerate(source.lines, 1)
    return [line for at, line in lines if at not in touched and line.strip() and "#" not in line]


def _is_future(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _function(place: Place, node: ast.AST, random: Random) -> Iterator[Change]:
    if random.random() < 0.5:
        yield AddParameter(place, "q_", True, default=random.choice([None, "None"]))
    else:
        yield AddParameter(place, "q_", False, 0)
    if not isinstance(node, ast.Lambda):
        yield InsertIntoBody(place, random.choice(TEXTS[1:3]))
    for decorator in getattr(node, "decorator_list", ()):
        if random.random() < 0.5:
            span = (decorator.lineno, decorator.col_offset, decorator.end_lineno, decorator.end_col_offset)
            if span[0] == span[2] and decorator.end_col_offset < 200:
                yield RemoveDecorator(_ascii_place(decorator))


def _ascii_place(node: ast.expr) -> Place:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return Place(PATH, node.lineno, node.col_offset + 1, node.end_lineno, node.end_col_offset + 1)
