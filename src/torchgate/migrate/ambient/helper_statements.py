"""What the statements of a helper's body do, one after the other."""

from __future__ import annotations

import _ast as ast
from dataclasses import replace

from torchgate.lint.ambient import READERS
from torchgate.migrate.ambient.definitions import File
from torchgate.migrate.ambient.helper_model import (
    READER_ASPECTS,
    SETTER_ASPECTS,
    Source,
    Unread,
)
from torchgate.migrate.ambient.obstacles import Aspect, shown
from torchgate.migrate.refusals.reason import RefusalReason as R


class Statements:
    """What the statements of a helper do, one after the other."""

    def __init__(self, file: File, names: dict[str, Source]) -> None:
        self.file = file
        self.names = names
        self.saved: dict[str, Aspect] = {}
        self.pending: list[Aspect] = []  # set, and not restored yet
        self.protected = False  # by a `finally` that restores
        self.sources: dict[Aspect, Source] = {}

    def unread(self, node: ast.AST, why: str = "does something besides setting a default") -> Unread:
        """The refusal for a statement that is not understood."""
        return Unread(
            R.HELPER_NOT_UNDERSTOOD, f"the helper's {shown(self.file, node)} ({self.file.where(node)}) {why}"
        )

    def unpaired(self, node: ast.AST, why: str) -> Unread:
        """The refusal for a default that is not put back."""
        return Unread(R.RESTORE_NOT_PAIRED, f"{shown(self.file, node)} ({self.file.where(node)}): {why}")

    def key(self, node: ast.expr) -> str:
        """A name, or an attribute of ``self``, as a key of ``names`` and ``saved``."""
        match node:
            case ast.Name():
                return node.id
            case ast.Attribute(value=ast.Name(id="self")):
                return f"self.{node.attr}"
        return ""

    def setter(self, statement: ast.stmt) -> tuple[Aspect, ast.expr] | None:
        """The default that a statement sets, and to what."""
        if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
            return None
        call = statement.value
        name = self.file.torch(call.func)
        if name == "torch.set_default_tensor_type":
            raise self.unread(call, "sets device and dtype in one text")
        if name not in SETTER_ASPECTS:
            return None
        given = [*call.args, *(item.value for item in call.keywords)]
        if len(given) != 1 or isinstance(given[0], ast.Starred):
            raise self.unread(call)
        return SETTER_ASPECTS[name], given[0]

    def source(self, node: ast.expr, aspect: Aspect) -> Source:
        """Where a value that is set comes from."""
        none = "reset" if aspect == "device" else "raises"
        key = self.key(node)
        if key in self.names:
            known = self.names[key]
            return replace(known, none=known.none if known.none == "pass" else none)
        if (
            isinstance(node, ast.Call)
            and self.file.torch(node.func) == "torch.device"
            and len(node.args) == 1
            and not node.keywords
            and self.key(node.args[0]) in self.names
        ):
            known = self.names[self.key(node.args[0])]
            return replace(known, none="pass" if known.none == "pass" else "raises")
        if isinstance(node, ast.Constant) or self.file.torch(node).startswith("torch."):
            return Source(constant=node, file=self.file)
        raise self.unread(node, "is no parameter of the helper")

    def sets(self, statement: ast.stmt) -> bool:
        """Take in a statement that sets a default; False for any other."""
        found = self.setter(statement)
        if found is None:
            return False
        aspect, value = found
        if aspect in self.sources:
            raise self.unread(statement, "sets the same default again")
        if aspect not in self.saved.values():
            raise self.unpaired(statement, "what was set before is not saved")
        self.sources[aspect] = self.source(value, aspect)
        self.pending.append(aspect)
        return True

    def save(self, statement: ast.stmt) -> bool:
        """Take in a statement that saves a default; False for any other."""
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            return False
        value, key = statement.value, self.key(statement.targets[0])
        name = self.file.torch(value.func) if isinstance(value, ast.Call) else ""
        if name not in READERS or not key or key in self.names:
            return False
        aspect = READER_ASPECTS[name]
        if aspect in self.sources:
            raise self.unpaired(statement, "it is saved after it was set")
        self.saved[key] = aspect
        return True

    def converts(self, statement: ast.stmt) -> bool:
        """Take in ``device = torch.device(device)``; False for any other statement."""
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            return False
        key, value = self.key(statement.targets[0]), statement.value
        if not key or key in self.saved:
            return False
        if (
            isinstance(value, ast.Call)
            and self.file.torch(value.func) == "torch.device"
            and len(value.args) == 1
            and not value.keywords
            and self.key(value.args[0]) in self.names
        ):
            known = self.names[self.key(value.args[0])]
            self.names[key] = replace(known, none="pass" if known.none == "pass" else "raises")
            return True
        if self.key(value) in self.names:
            self.names[key] = self.names[self.key(value)]
            return True
        return False

    def restores(self, statements: list[ast.stmt]) -> None:
        """Check that these statements restore every default that was set, and do nothing else."""
        missing = set(self.pending)
        for statement in statements:
            if isinstance(statement, ast.If) and not statement.orelse and self.asks_not_none(statement.test):
                self.restores_some(statement.body, missing)
                continue
            self.restores_some([statement], missing)
        if missing:
            at = statements[-1] if statements else None
            word = " and ".join(sorted(missing))
            raise (
                self.unpaired(at, f"the default {word} is not restored here")
                if at is not None
                else Unread(R.RESTORE_NOT_PAIRED, f"the default {word} is not restored")
            )

    def restores_some(self, statements: list[ast.stmt], missing: set[Aspect]) -> None:
        """The restoring statements among others; raises for one that is none."""
        for statement in statements:
            found = self.setter(statement)
            if found is None:
                if isinstance(statement, ast.Pass):
                    continue
                raise self.unread(statement)
            aspect, value = found
            if self.saved.get(self.key(value)) != aspect:
                raise self.unpaired(statement, "it restores something else than what was saved")
            missing.discard(aspect)

    def asks_not_none(self, test: ast.expr) -> str:
        """The parameter that ``x is not None`` asks about; empty for another test."""
        match test:
            case ast.Compare(left=left, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
                return self.key(left) if self.key(left) in self.names else ""
        return ""

    def asks_none(self, test: ast.expr) -> str:
        """The parameter that ``x is None`` asks about; empty for another test."""
        match test:
            case ast.Compare(left=left, ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
                return self.key(left) if self.key(left) in self.names else ""
        return ""
