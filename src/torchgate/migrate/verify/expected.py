"""The syntax tree that the changes should lead to, made from the old tree by code of its own.

It shares nothing with ``apply``: two ways to the same tree, one through the text and one without it, agree
only where neither did more or less than the changes say.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import Any

from torchgate.migrate.changes import (
    AddArgument,
    AddKeyword,
    AddParameter,
    Change,
    InsertIntoBody,
    InsertStatements,
    RemoveContexts,
    RemoveDecorator,
    RemoveImportedNames,
    ReplaceExpression,
    ReplaceStatement,
    UnwrapTry,
    WrapInFunction,
)
from torchgate.source import Source

_BLOCKS = ("body", "orelse", "finalbody")


class NoSuchNodeError(Exception):
    """A change that names no node of the tree, or one that it cannot change."""


def expected_tree(source: Source, changes: Iterable[Change]) -> ast.Module:
    """The tree of ``source`` with ``changes`` made.

    Raises:
        NoSuchNodeError: a change does not fit.
    """
    tree = ast.parse(source.text)
    targets = _Targets(source, tree)
    on_statements: dict[ast.AST, list[Change]] = {}
    replaced: dict[ast.AST, ast.expr] = {}
    for change in changes:
        match change:
            case AddKeyword() | AddArgument():
                _add_argument(targets.expression(change, ast.Call), change)
            case AddParameter():
                _add_parameter(targets.function(change), change)
            case InsertIntoBody():
                _insert_into_body(targets.function(change), change)
            case RemoveDecorator():
                targets.remove_decorator(change)
            case ReplaceExpression():
                replaced[targets.expression(change, ast.expr)] = _expression(change.text)
            case _:
                on_statements.setdefault(targets.statement(change), []).append(change)
    _replace(tree, replaced)
    tree.body = _rebuilt(tree.body, on_statements, may_be_empty=True)
    return tree


def _expression(text: str) -> Any:
    return ast.parse(text, mode="eval").body


def _statements(texts: Iterable[str]) -> list[ast.stmt]:
    return [statement for text in texts for statement in ast.parse(text).body]


class _Targets:
    """The nodes of a tree by where they stand."""

    def __init__(self, source: Source, tree: ast.Module) -> None:
        self._statements: dict[tuple[int, int], ast.stmt] = {}
        self._expressions: dict[tuple[int, ...], list[ast.expr]] = {}
        self._decorated: dict[ast.expr, Any] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.stmt):
                span = source.span(node)
                self._statements[span.line, span.column] = node
                for decorator in getattr(node, "decorator_list", ()):
                    self._decorated[decorator] = node
            elif isinstance(node, ast.expr):
                self._expressions.setdefault(source.span(node).as_tuple(), []).append(node)

    def statement(self, change: Change) -> ast.stmt:
        found = self._statements.get((change.place.line, change.place.column))
        if found is None:
            raise NoSuchNodeError(f"no statement at {change.place.line}:{change.place.column}")
        return found

    def expression(self, change: Change, kind: type[Any]) -> Any:
        place = change.place
        found = self._expressions.get((place.line, place.column, place.end_line, place.end_column), [])
        wanted = [node for node in found if isinstance(node, kind)]
        if len(wanted) != 1:
            raise NoSuchNodeError(f"no {kind.__name__} at {place.line}:{place.column}")
        return wanted[0]

    def function(self, change: Change) -> Any:
        try:
            found: Any = self.statement(change)
        except NoSuchNodeError:
            found = None
        if not isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
            found = self.expression(change, ast.Lambda)
        return found

    def remove_decorator(self, change: RemoveDecorator) -> None:
        node = self.expression(change, ast.expr)
        if node not in self._decorated:
            raise NoSuchNodeError("not a decorator")
        self._decorated[node].decorator_list.remove(node)


def _add_argument(call: ast.Call, change: AddKeyword | AddArgument) -> None:
    if isinstance(change, AddArgument):
        call.args.insert(change.index, _expression(change.value))
        return
    at = next((at for at, keyword in enumerate(call.keywords) if keyword.arg is None), len(call.keywords))
    call.keywords.insert(at, ast.keyword(arg=change.name, value=_expression(change.value)))


def _add_parameter(function: Any, change: AddParameter) -> None:
    arguments: ast.arguments = function.args
    annotation = None if change.annotation is None else _expression(change.annotation)
    new = ast.arg(arg=change.name, annotation=annotation, type_comment=None)
    default = None if change.default is None else _expression(change.default)
    if change.keyword_only:
        arguments.kwonlyargs.append(new)
        arguments.kw_defaults.append(default)
        return
    before = len(arguments.posonlyargs)
    positional = before + len(arguments.args)
    at = min(change.index, positional)
    if at < before:
        arguments.posonlyargs.insert(at, new)
    else:
        arguments.args.insert(at - before, new)
    if default is not None:
        arguments.defaults.insert(max(at - (positional - len(arguments.defaults)), 0), default)


def _insert_into_body(function: Any, change: InsertIntoBody) -> None:
    at = 0 if ast.get_docstring(function, clean=False) is None else 1
    function.body[at:at] = _statements(change.statements)


def _replace(tree: ast.AST, replaced: dict[ast.AST, ast.expr]) -> None:
    if not replaced:
        return
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                value[:] = [replaced.get(item, item) if isinstance(item, ast.AST) else item for item in value]
            elif value in replaced:
                setattr(node, name, replaced[value])


def _rebuilt(
    block: Sequence[ast.stmt], changes: dict[ast.AST, list[Change]], *, may_be_empty: bool = False
) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    for statement in block:
        _rebuild_inside(statement, changes)
        found += _becomes(statement, changes.get(statement, ()))
    return found if found or may_be_empty else [ast.Pass()]


def _rebuild_inside(statement: ast.AST, changes: dict[ast.AST, list[Change]]) -> None:
    for name in _BLOCKS:
        block = getattr(statement, name, None)
        if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
            setattr(statement, name, _rebuilt(block, changes))
    for inner in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        _rebuild_inside(inner, changes)


def _becomes(statement: ast.stmt, changes: Iterable[Change]) -> list[ast.stmt]:
    ahead: list[ast.stmt] = []
    behind: list[ast.stmt] = []
    middle: list[ast.stmt] = [statement]
    for change in changes:
        match change:
            case InsertStatements(statements=texts, after=after):
                (behind if after else ahead).extend(_statements(texts))
            case ReplaceStatement(statements=texts):
                middle = _statements(texts)
            case RemoveContexts():
                middle = _without_contexts(statement, change)
            case UnwrapTry():
                if not isinstance(statement, ast.Try) or statement.handlers or statement.orelse:
                    raise NoSuchNodeError("not a try with nothing but finally")
                middle = statement.body
            case WrapInFunction():
                middle = [_in_function(statement, change)]
            case RemoveImportedNames(names=names):
                if not isinstance(statement, ast.Import | ast.ImportFrom):
                    raise NoSuchNodeError("not an import")
                statement.names = [alias for alias in statement.names if alias.name not in names]
                middle = [statement] if statement.names else []
            case _:
                raise NoSuchNodeError(f"{type(change).__name__} is no change of a statement")
    return [*ahead, *middle, *behind]


def _in_function(statement: ast.stmt, change: WrapInFunction) -> ast.stmt:
    if not isinstance(statement, ast.ClassDef) or statement.decorator_list:
        raise NoSuchNodeError("not an undecorated class")
    head = f"@{change.decorator}\ndef {change.name}({change.parameter}):\n    return {statement.name}\n"
    function: Any = ast.parse(head).body[0]
    function.body.insert(0, statement)
    found: ast.stmt = function
    return found


def _without_contexts(statement: ast.stmt, change: RemoveContexts) -> list[ast.stmt]:
    if not isinstance(statement, ast.With | ast.AsyncWith):
        raise NoSuchNodeError("not a with")
    kept = [item for at, item in enumerate(statement.items) if at not in change.items]
    before = _statements(change.before)
    if not kept:
        return [*before, *statement.body]
    statement.items = kept
    return [*before, statement]
