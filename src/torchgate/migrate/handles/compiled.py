"""Whether TorchScript may compile a definition: it does so with all that the methods of modules call."""

from __future__ import annotations

import _ast as ast
from collections.abc import Callable
from typing import TypeAlias

from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.mentions import Mention
from torchgate.migrate.handles.users import Users, users
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
    far: list[tuple[Users, list[str]]] = []
    seen: set[ast.AST] = set()
    while waiting or far:
        if waiting:
            home, node = waiting.pop()
            if node in seen:
                continue
            seen.add(node)
            if len(seen) > _MOST or _is_compiled(home, node):
                return True
            uses = users(knowledge, home, node.name)
            near = [path for path in uses.paths if knowledge.migration.is_read(path)]
            far.append((uses, [path for path in uses.paths if path not in near]))
        else:
            uses, near = far.pop()
        for mention in (mention for path in near for mention in uses.at(path)):
            user = _user(mention)
            if user is None:
                continue
            if isinstance(user, ast.ClassDef) and not is_plain(mention.unit, user):
                return True
            waiting.append((mention.unit, user))
    return False


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
