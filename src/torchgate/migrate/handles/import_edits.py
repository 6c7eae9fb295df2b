"""Import statements rewritten: names taken away, origins put in their place, types kept for checkers."""

from __future__ import annotations

import _ast as ast
import sys
from collections.abc import Iterable

from torchgate.migrate.changes import (
    Change,
    InsertStatements,
    RemoveImportedNames,
    ReplaceStatement,
)
from torchgate.migrate.project import Unit
from torchgate.semantics import guards
from torchgate.semantics.facts import Import
from torchgate.semantics.values import Ref

_TYPE_CHECKING = "typing.TYPE_CHECKING"


def import_text(dotted: str, bound: str) -> str:
    """The import statement that binds ``bound`` to ``dotted``."""
    parent, _, name = dotted.rpartition(".")
    alias = "" if bound == name else f" as {bound}"
    return f"from {parent} import {name}{alias}" if parent else f"import {name}{alias}"


def merged(texts: Iterable[str]) -> list[str]:
    """Import statements in order, without repeats; those from one module in one statement."""
    found: dict[str, list[str]] = {}
    for text in texts:
        head, word, name = text.partition(" import ")
        key = head if word else text
        names = found.setdefault(key, [])
        if word and name not in names:
            names.append(name)
    return [f"{head} import {', '.join(sorted(names))}" if names else head for head, names in found.items()]


class ImportEdits:
    """Collects what happens to the import statements of one file, and gives it as changes."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.tree = unit.module.tree
        self._gone: dict[ast.stmt, set[ast.alias]] = {}
        self._instead: dict[ast.stmt, list[str]] = {}
        self._types: list[str] = []
        self._modules: list[str] = []

    def remove(self, item: Import) -> None:
        """The name goes from its statement."""
        self._gone.setdefault(item.stmt, set()).add(item.alias)

    def put(self, stmt: ast.stmt, text: str) -> None:
        """``text`` stands at the statement, in the place of what goes from it."""
        self._instead.setdefault(stmt, []).append(text)

    def keep_for_types(self, text: str) -> None:
        """A type checker still needs this import."""
        self._types.append(text)

    def add_module(self, name: str) -> None:
        """A module of the standard library is imported as well, where its name sorts."""
        if name not in self._modules:
            self._modules.append(name)

    @property
    def begins_types(self) -> bool:
        """Whether a block of imports for type checkers is begun: to one that is there several sites add."""
        return bool(self._types) and self._block_end() is None

    def changes(self) -> list[Change]:
        """What happens, statement by statement."""
        before: dict[ast.stmt, list[str]] = {}
        after: dict[ast.stmt, list[str]] = {}
        found: list[Change] = []
        for name in self._modules:
            self._import_module(name, before, after)
        if self._types:
            found += self._plan_types(before, after)
        statements = {**self._gone, **dict.fromkeys(before), **dict.fromkeys(after)}
        for stmt in statements:
            found += self._at(stmt, before.get(stmt, []), after.get(stmt, []))
        return found

    def _at(self, stmt: ast.stmt, before: list[str], after: list[str]) -> list[Change]:
        place = self.unit.place(stmt)
        gone = self._gone.get(stmt, set())
        instead = sorted(merged(self._instead.get(stmt, ())), key=self._order)
        if gone and len(gone) == len(_names(stmt)):
            return [ReplaceStatement(place, (*before, *instead, *after))]
        found: list[Change] = []
        if gone:
            found.append(
                RemoveImportedNames(place, tuple(alias.name for alias in _names(stmt) if alias in gone))
            )
        if before:
            found.append(InsertStatements(place, tuple(before)))
        if instead or after:
            found.append(InsertStatements(place, (*instead, *after), after=True))
        return found

    def _order(self, text: str) -> tuple[int, bool, str]:
        """The standard library, other packages, the project; plain imports first."""
        module = text.split()[1]
        own = module.partition(".")[0] in self.unit.module.config.project_names
        group = 2 if own else 0 if _is_standard(module) else 1
        return group, text.startswith("from "), text

    # Imports for type checkers.

    def _plan_types(
        self, before: dict[ast.stmt, list[str]], after: dict[ast.stmt, list[str]]
    ) -> list[Change]:
        texts = sorted(merged(self._types), key=self._order)
        found_block = self._block_end()
        if found_block is not None:
            block, last = found_block
            known = {self.unit.text(inner) for inner in block.body}
            new = tuple(text for text in texts if text not in known)
            return [InsertStatements(self.unit.place(last), new, after=True)] if new else []
        imports = self._leading_imports()
        anchor = imports[-1]
        test = self._type_checking_name(anchor)
        found: list[Change] = []
        if test is None and self._is_bound("TYPE_CHECKING", anchor):  # to who knows what
            test = _TYPE_CHECKING
            self._import_module("typing", before, after)
        elif test is None:
            test = "TYPE_CHECKING"
            found += self._import_typing(imports, before, after)
        lines = "".join(f"\n    {text}" for text in texts)
        if self._is_alone(anchor):
            after.setdefault(anchor, []).append(f"\nif {test}:{lines}")
        else:  # a block cannot stand in a line with other statements
            behind = self.tree.body[self.tree.body.index(anchor) + 1 :]
            following = next(item for item in behind if self._is_alone(item))
            before.setdefault(following, []).append(f"if {test}:{lines}\n")
        return found

    def _is_alone(self, statement: ast.stmt) -> bool:
        """Whether no other statement of the module begins or ends in the lines of this one."""
        last = statement.end_lineno or statement.lineno
        return not any(
            item is not statement
            and item.lineno <= last
            and (item.end_lineno or item.lineno) >= statement.lineno
            for item in self.tree.body
        )

    def _block_end(self) -> tuple[ast.If, ast.stmt] | None:
        """The block of imports for type checkers to which a line can be added, and the import before that."""
        for block in self.tree.body:
            last = self._last_import(block)
            if isinstance(block, ast.If) and last is not None:
                return block, last
        return None

    def _last_import(self, block: ast.stmt) -> ast.stmt | None:
        """The last of the imports with which a block for type checkers begins, if a line can follow it."""
        if not isinstance(block, ast.If) or block.orelse or block.body[0].lineno == block.lineno:
            return None
        if guards.guard(block.test, self.unit.module.value) != guards.TYPES:
            return None
        last = None
        for statement, following in zip(block.body, [*block.body[1:], None], strict=True):
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                break
            last = statement if following is None or following.lineno > (statement.end_lineno or 0) else None
        return last

    def _leading_imports(self) -> list[ast.stmt]:
        """The import statements at the top, up to the first other statement; all of them where none leads."""
        body = self.tree.body
        start = 1 if body and isinstance(body[0], ast.Expr) else 0
        found: list[ast.stmt] = []
        for statement in body[start:]:
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                break
            found.append(statement)
        return found or [item for item in body if isinstance(item, ast.Import | ast.ImportFrom)]

    def _type_checking_name(self, anchor: ast.stmt) -> str | None:
        """How the module can write `TYPE_CHECKING` behind one of its imports, whichever way it came there."""
        long = None
        for item in self.unit.module.imports:
            value = item.value
            certain = item.stmt in self.tree.body and item.stmt.lineno <= anchor.lineno and not item.star
            if certain and isinstance(value, Ref):
                if value.dotted == _TYPE_CHECKING:
                    return item.bound
                if value.dotted == "typing":
                    long = long or f"{item.bound}.TYPE_CHECKING"
        return long

    def _is_bound(self, name: str, anchor: ast.stmt) -> bool:
        """Whether an import of the module binds a name, up to one of them."""
        imports = self.unit.module.imports
        return any(
            item.bound == name and item.stmt in self.tree.body and item.stmt.lineno <= anchor.lineno
            for item in imports
        )

    def _import_module(
        self, name: str, before: dict[ast.stmt, list[str]], after: dict[ast.stmt, list[str]]
    ) -> None:
        imports = self._leading_imports()
        last = next(index for index, item in enumerate([*imports, None]) if _sorts_after_module(item, name))
        if last == len(imports) or (last and not _is_future(imports[last - 1])):
            after.setdefault(imports[last - 1], []).append(f"import {name}")
            return
        parted = imports[last] not in self._gone and not _is_of_standard(imports[last])
        before.setdefault(imports[last], []).append(f"import {name}\n" if parted else f"import {name}")

    def _import_typing(
        self, imports: list[ast.stmt], before: dict[ast.stmt, list[str]], after: dict[ast.stmt, list[str]]
    ) -> list[Change]:
        for statement in imports:
            if isinstance(statement, ast.ImportFrom) and statement.module == "typing" and not statement.level:
                names = self.unit.text(statement).partition(" import ")[2]
                if statement not in self._gone and "\n" not in names and "(" not in names and names != "*":
                    text = f"from typing import TYPE_CHECKING, {names}"
                    return [ReplaceStatement(self.unit.place(statement), (text,))]
        text = "from typing import TYPE_CHECKING"
        last = next((index for index, item in enumerate(imports) if _sorts_after_typing(item)), len(imports))
        if last == len(imports) or (last and not _is_future(imports[last - 1])):
            after.setdefault(imports[last - 1], []).append(text)
        else:
            parted = self._begins_other_imports(imports, last)
            before.setdefault(imports[last], []).append(f"{text}\n" if parted else text)
        return []

    def _begins_other_imports(self, imports: list[ast.stmt], index: int) -> bool:
        """Whether what comes right behind an import of the standard library put in front of this one is none:
        a blank line belongs between."""
        statement = imports[index]
        if len(self._gone.get(statement, ())) < len(_names(statement)):
            return not _is_of_standard(statement)
        following = imports[index + 1] if index + 1 < len(imports) else None
        if following is None or statement in self._instead:
            return False
        adjacent = following.lineno == (statement.end_lineno or statement.lineno) + 1
        stays = len(self._gone.get(following, ())) < len(_names(following))
        return adjacent and stays and not _is_of_standard(following)


def _names(stmt: ast.stmt) -> list[ast.alias]:
    return stmt.names if isinstance(stmt, ast.Import | ast.ImportFrom) else []


def _sorts_after_typing(statement: ast.stmt) -> bool:
    """Whether `from typing import ...` belongs before a statement: plain imports, then `from` imports, the
    standard library before everything else."""
    match statement:
        case ast.ImportFrom(module=module, level=0):
            name = module or ""
            return name != "__future__" and not (_is_standard(name) and name < "typing")
        case ast.ImportFrom():
            return True
        case ast.Import(names=[alias, *_]):
            return not _is_standard(alias.name)
    return False


def _sorts_after_module(statement: ast.stmt | None, name: str) -> bool:
    """Whether `import name`, of the standard library, belongs before a statement."""
    match statement:
        case ast.Import(names=[alias, *_]):
            return not _is_standard(alias.name) or alias.name > name
        case ast.ImportFrom():
            return not _is_future(statement)
    return True


def _is_of_standard(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import(names=[alias, *_]):
            return _is_standard(alias.name)
        case ast.ImportFrom(module=str() as module, level=0):
            return _is_standard(module)
    return False


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names
