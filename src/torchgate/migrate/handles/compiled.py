"""Whether TorchScript may compile a definition: it does so with all that the methods of modules call."""

from __future__ import annotations

import _ast as ast
from collections.abc import Callable, Iterator
from typing import TypeAlias

from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.references import Mention, Referrers
from torchgate.migrate.project import Unit
from torchgate.migrate.torch_script import RUN_AS_THEY_ARE, SCRIPTS

Top: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef"
_MOST = 200


def may_be_compiled(
    knowledge: Knowledge, unit: Unit, top: Top, is_plain: Callable[[Unit, ast.ClassDef], bool]
) -> bool:
    """Whether a method of a module, or a compiled function, uses a module-level definition, at any distance.
    ``is_plain`` says of a class that it is no module. The files that are understood by now are asked first:
    the answer does not hang on the order, and one use is enough."""
    waiting: list[tuple[Unit, Top]] = [(unit, top)]
    far: list[_Uses] = []
    seen: set[ast.AST] = set()
    while waiting or far:
        if waiting:
            home, node = waiting.pop()
            if node in seen:
                continue
            seen.add(node)
            if len(seen) > _MOST or _is_compiled(home, node):
                return True
            uses = _uses(knowledge, home, node.name)
            found: Iterator[Mention] = iter(uses.near)
            far.append(uses)
        else:
            found = far.pop().far()
        for mention in found:
            user = _user(mention)
            if user is None:
                continue
            if isinstance(user, ast.ClassDef) and not is_plain(mention.unit, user):
                return True
            waiting.append((mention.unit, user))
    return False


class _Uses:
    """The uses of a definition: those ``near`` are in files that were understood when somebody first
    asked."""

    def __init__(self, knowledge: Knowledge, unit: Unit, name: str) -> None:
        self._found = Referrers(knowledge, unit, name, follow=True)
        users, is_read = self._found.users(), knowledge.migration.is_read
        self.near = [item for path in users if is_read(path) for item in self._found.mentions_in(path)]
        self._waiting = [path for path in users if not is_read(path)]
        self._far: list[Mention] = []

    def far(self) -> Iterator[Mention]:
        """Those in other files, which are read one by one."""
        done = 0
        while done < len(self._far) or self._waiting:
            if done == len(self._far):
                self._far += self._found.mentions_in(self._waiting.pop(0))
            yield from self._far[done:]
            done = len(self._far)


def _uses(knowledge: Knowledge, unit: Unit, name: str) -> _Uses:
    return knowledge.once(("uses", unit.path, name), lambda: _Uses(knowledge, unit, name))


def _is_compiled(unit: Unit, node: Top) -> bool:
    callees = (item.func if isinstance(item, ast.Call) else item for item in node.decorator_list)
    return any(unit.module.dotted(item) in SCRIPTS for item in callees)


def _user(mention: Mention) -> Top | None:
    """The module-level function or class whose code, or base, a use is; None where nothing is compiled."""
    location = mention.location
    if not location.chain:
        statement = location.stmt
        if isinstance(statement, ast.ClassDef) and mention.node in statement.bases:
            return statement
        return None
    names = [node.name for node in location.chain if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    outer = location.chain[0]
    if names and names[0].startswith(RUN_AS_THEY_ARE):
        return None
    return outer if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else None
