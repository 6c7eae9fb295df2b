"""Which changes can be made together, and what becomes of those that say the same."""

from __future__ import annotations

import pytest

from torchgate.migrate.changes import (
    AddArgument,
    AddKeyword,
    AddParameter,
    Change,
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
from torchgate.migrate.merge import Occupied, by_file, merged

HERE = Place("/a.py", 1, 1, 1, 10)
INSIDE = Place("/a.py", 1, 3, 1, 5)
BEHIND = Place("/a.py", 2, 1, 2, 5)
WRAP = WrapInFunction(HERE, "cache", "build", "torch")

TOGETHER: list[tuple[Change, Change]] = [
    (AddKeyword(HERE, "device", "d"), AddKeyword(HERE, "dtype", "t")),
    (AddKeyword(HERE, "device", "d"), AddKeyword(HERE, "device", "d")),
    (AddKeyword(HERE, "device", "d"), AddKeyword(BEHIND, "device", "e")),
    (AddParameter(HERE, "device", True), AddParameter(HERE, "dtype", True)),
    (RemoveContexts(HERE, (0,)), RemoveContexts(HERE, (1,), ("x = 1",))),
    (RemoveContexts(HERE, (0,)), RemoveContexts(HERE, (0, 1))),
    (RemoveImportedNames(HERE, ("a",)), RemoveImportedNames(HERE, ("b",))),
    (RemoveContexts(HERE, (0,)), AddKeyword(INSIDE, "device", "d")),
    (InsertStatements(HERE, ("x",)), ReplaceStatement(HERE, ("y",))),
    (InsertStatements(HERE, ("x",)), RemoveContexts(HERE, (0,))),
    (ReplaceExpression(INSIDE, "x"), AddKeyword(HERE, "device", "d")),
    (WRAP, ReplaceExpression(INSIDE, "x")),
    (WRAP, InsertStatements(HERE, ("x",))),
]
APART: list[tuple[Change, Change]] = [
    (AddKeyword(HERE, "device", "d"), AddKeyword(HERE, "device", "e")),
    (AddArgument(HERE, 0, "a"), AddArgument(HERE, 1, "b")),
    (AddParameter(HERE, "device", True), AddParameter(HERE, "device", True, default="None")),
    (AddParameter(HERE, "torch", False), AddParameter(HERE, "device", True)),
    (RemoveContexts(HERE, (0,), ("x = 1",)), RemoveContexts(HERE, (0,), ("x = 2",))),
    (RemoveContexts(HERE, (0,)), ReplaceStatement(HERE)),
    (RemoveContexts(HERE, (0,)), UnwrapTry(HERE)),
    (RemoveImportedNames(HERE, ("a",)), ReplaceStatement(HERE)),
    (ReplaceStatement(HERE, ("x",)), ReplaceStatement(HERE, ("y",))),
    (ReplaceStatement(HERE, ("x",)), AddKeyword(INSIDE, "device", "d")),
    (ReplaceStatement(HERE, ("x",)), InsertStatements(INSIDE, ("d",))),
    (ReplaceExpression(HERE, "x"), AddKeyword(HERE, "device", "d")),
    (ReplaceExpression(HERE, "x"), ReplaceExpression(INSIDE, "y")),
    (ReplaceExpression(HERE, "x"), ReplaceExpression(HERE, "y")),
    (RemoveDecorator(HERE), AddKeyword(INSIDE, "device", "d")),
    (WRAP, WrapInFunction(HERE, "cache", "build", "torch_handle")),
    (WRAP, ReplaceStatement(HERE, ("x",))),
]


def conflict(first: Change, second: Change) -> bool:
    occupied = Occupied()
    assert occupied.conflict(first) is None
    occupied.add(first)
    return occupied.conflict(second) is not None


@pytest.mark.parametrize(("one", "other"), TOGETHER)
def test_changes_that_go_together_whichever_comes_first(one: Change, other: Change) -> None:
    assert not conflict(one, other)
    assert not conflict(other, one)


@pytest.mark.parametrize(("one", "other"), APART)
def test_changes_that_conflict_whichever_comes_first(one: Change, other: Change) -> None:
    assert conflict(one, other)
    assert conflict(other, one)


def test_merged_changes_are_the_same_in_every_order() -> None:
    changes: list[Change] = [
        RemoveContexts(HERE, (1,), ("x = 1",)),
        RemoveContexts(HERE, (0,), ("y = 2",)),
        RemoveImportedNames(BEHIND, ("b",)),
        RemoveImportedNames(BEHIND, ("a",)),
        AddKeyword(INSIDE, "dtype", "t"),
        AddKeyword(INSIDE, "device", "d"),
        AddKeyword(INSIDE, "device", "d"),
    ]
    wanted = (
        RemoveContexts(HERE, (0, 1), ("y = 2", "x = 1")),
        AddKeyword(INSIDE, "device", "d"),
        AddKeyword(INSIDE, "dtype", "t"),
        RemoveImportedNames(BEHIND, ("a", "b")),
    )
    assert merged(changes) == wanted
    assert merged(reversed(changes)) == wanted


def test_by_file() -> None:
    other = Place("/b.py", 1, 1, 1, 2)
    one, two = AddKeyword(HERE, "k", "v"), AddKeyword(other, "k", "v")
    assert by_file([two, one]) == {"/a.py": [one], "/b.py": [two]}
