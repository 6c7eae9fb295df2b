"""Pairs of set and restore: a default that is saved, set, and restored in a ``finally``."""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterator
from dataclasses import dataclass

from torchgate.migrate.ambient.blocks import Block
from torchgate.migrate.ambient.contexts import Ambient, Placement
from torchgate.migrate.ambient.definitions import File
from torchgate.migrate.ambient.helper_model import READER_ASPECTS, SETTER_ASPECTS
from torchgate.migrate.ambient.obstacles import Aspect, Obstacle, obstacle, shown
from torchgate.migrate.changes import (
    Change,
    ReplaceStatement,
    UnwrapTry,
)
from torchgate.migrate.refusals.reason import RefusalReason as R


@dataclass(frozen=True, slots=True)
class Pair:
    """A default that is saved, set, and restored in a ``finally``."""

    aspect: Aspect
    saving: ast.Assign
    setting: ast.Expr
    restoring: ast.Expr
    value: ast.expr


class Pairs:
    """Finds sets and restores that belong together."""

    def __init__(self, file: File) -> None:
        self.file = file

    def around(self, node: ast.expr) -> tuple[ast.Try, list[Pair]] | Obstacle:
        """The ``try`` whose ``finally`` restores what a setter sets, or restores itself."""
        call = self.file.module.parent(node)
        if not isinstance(call, ast.Call) or call.func is not node:
            detail = f"{shown(self.file, node)} is handed on as a value"
            return obstacle(self.file, node, R.DEFAULT_SET_FOR_GOOD, detail)
        statement = self.file.module.parent(call)
        if not isinstance(statement, ast.Expr):
            return obstacle(
                self.file, call, R.DEFAULT_SET_FOR_GOOD, f"{shown(self.file, call)} stands in an expression"
            )
        for candidate in self._tries(statement):
            pairs = self._pairs(candidate)
            if any(statement in (pair.setting, pair.restoring) for pair in pairs):
                return candidate, pairs
        return self._unpaired(call)

    def _unpaired(self, call: ast.Call) -> Obstacle:
        name = self.file.torch(call.func)
        home = self.file.names.home(call).node
        others = [
            other
            for other in self.file.module.within(home)
            if isinstance(other, ast.Call) and other is not call and self.file.torch(other.func) == name
        ]
        saved = [
            other
            for other in self.file.module.within(home)
            if isinstance(other, ast.Call) and self.file.torch(other.func) in READER_ASPECTS
        ]
        if saved and others:
            detail = f"{shown(self.file, call)}: set and restore are not paired by a `finally`"
            return obstacle(self.file, call, R.RESTORE_NOT_PAIRED, detail)
        if self._restores(call, saved):
            detail = f"{shown(self.file, call)} restores what other code has changed"
            return obstacle(self.file, call, R.RESTORE_NOT_PAIRED, detail)
        if self._elsewhere(name):
            detail = f"{shown(self.file, call)}: saved, set and restored in different functions"
            return obstacle(self.file, call, R.RESTORE_NOT_PAIRED, detail)
        if others and not isinstance(home, ast.Module):
            detail = f"{shown(self.file, call)}: what was set before is not saved"
            return obstacle(self.file, call, R.RESTORE_NOT_PAIRED, detail)
        detail = f"{shown(self.file, call)} is never undone"
        return obstacle(self.file, call, R.DEFAULT_SET_FOR_GOOD, detail)

    def _restores(self, call: ast.Call, saved: list[ast.Call]) -> bool:
        """Whether a setter is given what one of these calls read."""
        names = {
            target.id
            for reader in saved
            if isinstance(statement := self.file.module.parent(reader), ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name)
        }
        return any(isinstance(item, ast.Name) and item.id in names for item in call.args)

    def _elsewhere(self, setter: str) -> bool:
        """Whether the file keeps what a default was in an attribute: ``setUp`` and ``tearDown``, say."""
        for node in self.file.module.within(self.file.module.tree):
            match node:
                case ast.Assign(targets=[ast.Attribute()], value=ast.Call() as call):
                    if READER_ASPECTS.get(self.file.torch(call.func)) == SETTER_ASPECTS.get(setter, ""):
                        return True
        return False

    def _tries(self, statement: ast.stmt) -> Iterator[ast.Try]:
        parent = self.file.module.parent(statement)
        if isinstance(parent, ast.Try):
            yield parent
        block = self.file.body_of(statement) or []
        for item in block[block.index(statement) + 1 :] if statement in block else []:
            if isinstance(item, ast.Try):
                yield item
                return

    def _pairs(self, node: ast.Try) -> list[Pair]:
        """The pairs of one ``try``; none unless its ``finally`` only restores."""
        if node.handlers or node.orelse or not node.finalbody:
            return []
        block = self.file.body_of(node)
        if block is None:
            return []
        above = block[: block.index(node)]
        found: list[Pair] = []
        for restoring in node.finalbody:
            pair = self._pair(restoring, above, node.body)
            if pair is None:
                return []
            found.append(pair)
        between = list(above[above.index(found[0].saving) :]) if found else []
        known = [part for pair in found for part in (pair.saving, pair.setting)]
        if any(item not in known for item in between if above.index(item) >= _first(above, found)):
            return []
        return found

    def _pair(self, restoring: ast.stmt, above: list[ast.stmt], inside: list[ast.stmt]) -> Pair | None:
        call = restoring.value if isinstance(restoring, ast.Expr) else None
        if not isinstance(call, ast.Call) or not isinstance(restoring, ast.Expr):
            return None
        aspect = SETTER_ASPECTS.get(self.file.torch(call.func))
        if aspect is None or len(call.args) != 1 or not isinstance(call.args[0], ast.Name):
            return None
        saved = call.args[0].id
        leading = []
        for statement in inside:
            if not self._sets(statement):
                break
            leading.append(statement)
        setting = [item for item in [*above, *leading] if self._sets(item) == aspect]
        saving = [item for item in above if self._saves(item, saved) == aspect]
        if len(setting) != 1 or len(saving) != 1:
            return None
        if setting[0] in above and above.index(saving[0]) > above.index(setting[0]):
            return None
        made, first = setting[0], saving[0]
        if (
            not isinstance(made, ast.Expr)
            or not isinstance(made.value, ast.Call)
            or not isinstance(first, ast.Assign)
        ):
            return None
        return Pair(aspect, first, made, restoring, made.value.args[0])

    def _sets(self, statement: ast.stmt) -> str:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and len(call.args) == 1 and not call.keywords:
            return SETTER_ASPECTS.get(self.file.torch(call.func), "")
        return ""

    def _saves(self, statement: ast.stmt, name: str) -> str:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=ast.Call(args=[]) as call) if target == name:
                return READER_ASPECTS.get(self.file.torch(call.func), "")
        return ""

    def block(self, node: ast.Try, pairs: list[Pair], pair: Pair) -> Block | Obstacle:
        """The block that one pair makes; all pairs of a ``try`` go together."""
        settings = [item.setting for item in pairs]
        body = [item for item in node.body if item not in settings]
        none = "reset" if pair.aspect == "device" else "raises"
        placement = Placement(pair.aspect, pair.value, "", none, True)
        removal: list[Change] = [UnwrapTry(self.file.place(node))]
        target = pair.saving.targets[0]
        scope = self.file.names.home(pair.saving)
        name = target.id if isinstance(target, ast.Name) else ""
        if len(self.file.names.loads(scope, name)) != 1 or len(scope.bound.get(name, ())) != 1:
            detail = f"what {shown(self.file, pair.saving)} saves is used elsewhere"
            return obstacle(self.file, pair.saving, R.READS_DEFAULT, detail)
        removal.append(ReplaceStatement(self.file.place(pair.saving)))
        return Block(
            self.file,
            pair.setting,
            pair.value,
            Ambient((placement,)),
            tuple(body),
            ahead=pair.setting in node.body and len(pairs) > 1,
            removal=tuple(removal),
        )


def _first(above: list[ast.stmt], pairs: list[Pair]) -> int:
    """Where the first of the settings stands; statements from there on run under a default."""
    found = [above.index(pair.setting) for pair in pairs if pair.setting in above]
    return min(found, default=len(above))
