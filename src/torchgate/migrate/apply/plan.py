"""The changes of one file by the place of the node that they change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from torchgate.migrate.changes import (
    AddArgument,
    AddKeyword,
    AddParameter,
    Change,
    InsertIntoBody,
    OnExpression,
    OnSignature,
    OnStatement,
    RemoveContexts,
    RemoveDecorator,
    ReplaceExpression,
    UnwrapTry,
    WrapInFunction,
)

Start: TypeAlias = tuple[int, int]
Extent: TypeAlias = tuple[int, int, int, int]

# Statements whose body gets another indentation.
MOVING = (RemoveContexts, UnwrapTry, WrapInFunction)


class Plan:
    """Changes by place, each handed out once. Statements are known by where they begin, expressions by where
    they begin and end."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._statements: dict[Start, list[OnStatement]] = {}
        self._signatures: dict[Start, list[OnSignature]] = {}
        self._expressions: dict[Extent, list[OnExpression]] = {}
        self._decorators: dict[Extent, list[RemoveDecorator]] = {}
        for change in changes:
            place = change.place
            start: Start = (place.line, place.column)
            extent: Extent = (*start, place.end_line, place.end_column)
            match change:
                case RemoveDecorator():
                    self._decorators.setdefault(extent, []).append(change)
                case AddKeyword() | AddArgument() | ReplaceExpression():
                    self._expressions.setdefault(extent, []).append(change)
                case AddParameter() | InsertIntoBody():
                    self._signatures.setdefault(start, []).append(change)
                case _:
                    self._statements.setdefault(start, []).append(change)

    def statement(self, start: Start) -> list[OnStatement]:
        """What happens to the statement that begins here."""
        return self._statements.pop(start, [])

    def moves(self, line: int) -> bool:
        """Whether a statement that is still to be changed, and whose body gets another indentation, holds a
        line."""
        return any(
            isinstance(change, MOVING) and change.place.line <= line <= change.place.end_line
            for changes in self._statements.values()
            for change in changes
        )

    def signature(self, start: Start) -> list[OnSignature]:
        """What happens to the parameters and the body of the function that begins here."""
        return self._signatures.pop(start, [])

    def decorator(self, extent: Extent) -> bool:
        """Whether the decorator with this expression goes."""
        return bool(self._decorators.pop(extent, []))

    def calls(self, extent: Extent) -> list[AddKeyword | AddArgument]:
        """What is added to the call here."""
        found = self._expressions.get(extent, [])
        taken = [change for change in found if isinstance(change, AddKeyword | AddArgument)]
        self._keep(extent, [change for change in found if not isinstance(change, AddKeyword | AddArgument)])
        return taken

    def replacement(self, extent: Extent) -> str | None:
        """What takes the place of the expression here."""
        found = self._expressions.get(extent, [])
        for change in found:
            if isinstance(change, ReplaceExpression):
                self._keep(extent, [other for other in found if other is not change])
                return change.text
        return None

    def _keep(self, extent: Extent, changes: list[OnExpression]) -> None:
        if changes:
            self._expressions[extent] = changes
        else:
            self._expressions.pop(extent, None)

    def left(self) -> list[Change]:
        """The changes for which no node was found."""
        groups = (self._statements, self._signatures, self._expressions, self._decorators)
        return [change for group in groups for changes in group.values() for change in changes]
