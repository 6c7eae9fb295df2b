"""Changes of several sites in one file: equal ones are one, compatible ones are joined, others conflict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

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

Start: TypeAlias = tuple[int, int]
# Changes after which nothing is left of the node for another change to speak of.
_WHOLE = (ReplaceExpression, ReplaceStatement, RemoveDecorator)
_OWN = (RemoveContexts, UnwrapTry, ReplaceStatement, RemoveImportedNames, WrapInFunction)


class Occupied:
    """The changes of one file that were accepted so far."""

    def __init__(self) -> None:
        self.changes: dict[Change, None] = {}
        self._at: dict[Start, list[Change]] = {}
        self._whole: list[Change] = []

    def add(self, change: Change) -> None:
        """Accept a change."""
        if change not in self.changes:
            self.changes[change] = None
            self._at.setdefault(_start(change.place), []).append(change)
            if isinstance(change, _WHOLE):
                self._whole.append(change)

    def conflict(self, change: Change) -> Change | None:
        """An accepted change that cannot be made together with this one."""
        if change in self.changes:
            return None
        for other in self._at.get(_start(change.place), ()):
            if _disagree(change, other):
                return other
        for other in self._whole:
            if _swallows(other, change):
                return other
        if isinstance(change, _WHOLE):
            return next((other for other in self.changes if _swallows(change, other)), None)
        return None


def merged(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes of one file as they are carried out, in the order of the text."""
    joined: dict[tuple[type[Change], Place], Change] = {}
    rest: dict[Change, None] = {}
    for change in changes:
        if isinstance(change, RemoveContexts | RemoveImportedNames):
            key = (type(change), change.place)
            other = joined.get(key)
            joined[key] = change if other is None else _join(other, change)
        else:
            rest[change] = None
    return tuple(sorted([*joined.values(), *rest], key=_order))


def _join(one: Change, other: Change) -> Change:
    match one, other:
        case RemoveContexts(), RemoveContexts():
            first, second = sorted((one, other), key=lambda change: change.items)
            before = dict.fromkeys((*first.before, *second.before))
            items = sorted({*first.items, *second.items})
            return replace(first, items=tuple(items), before=tuple(before))
        case RemoveImportedNames(), RemoveImportedNames():
            return replace(one, names=tuple(sorted({*one.names, *other.names})))
    raise TypeError(f"{one} and {other} cannot be joined")


def _disagree(one: Change, other: Change) -> bool:
    """Whether two different changes whose nodes begin at one place cannot both be made."""
    match one, other:
        case AddKeyword(), AddKeyword():
            return one.place == other.place and one.name == other.name
        case AddArgument(), AddArgument():
            return one.place == other.place
        case AddParameter(), AddParameter():
            return one.name == other.name or not (one.keyword_only and other.keyword_only)
        case RemoveContexts(), RemoveContexts():
            return bool({*one.items} & {*other.items}) and one.before != other.before
        case RemoveImportedNames(), RemoveImportedNames():
            return False
        case (ReplaceExpression(), ReplaceExpression()) | (RemoveDecorator(), RemoveDecorator()):
            return one.place == other.place
    return isinstance(one, _OWN) and isinstance(other, _OWN)


def _swallows(whole: Change, change: Change) -> bool:
    """Whether the node of ``change`` goes with that of ``whole``."""
    if isinstance(change, InsertStatements) and change.place == whole.place:
        return False
    outer, inner = whole.place, change.place
    begins = _start(outer) <= _start(inner)
    ends = (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)
    return begins and ends and change != whole


def _start(place: Place) -> Start:
    return (place.line, place.column)


def _order(change: Change) -> tuple[int, int, int, int, str, str]:
    place = change.place
    name = change.name if isinstance(change, AddKeyword | AddParameter) else ""
    texts = change.statements if isinstance(change, InsertIntoBody | InsertStatements) else ()
    return (*_extent(place), type(change).__name__, "\n".join((name, *texts)))


def _extent(place: Place) -> tuple[int, int, int, int]:
    return (place.line, place.column, place.end_line, place.end_column)


def by_file(changes: Iterable[Change]) -> dict[str, list[Change]]:
    """Changes by the file that they touch, in a stable order."""
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.place.path, []).append(change)
    return dict(sorted(found.items()))


def paths_of(changes: Iterable[Change]) -> Iterator[str]:
    """The files that changes touch, sorted."""
    yield from sorted({change.place.path for change in changes})
