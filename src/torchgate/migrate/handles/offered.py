"""Imports that are there for others: a package's own, and those that a comment or an alias says so of."""

from __future__ import annotations

import re

from torchgate.migrate.handles.denied import Denied
from torchgate.migrate.project import Unit
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.facts import Import

_UNUSED = re.compile(r"#.*noqa:[\w, ]*\bF401\b", re.IGNORECASE)


def offered(unit: Unit, item: Import) -> Denied | None:
    """Why the name of the project that an import binds at the top level has to stay there, though nobody in
    the project takes it: an ``__init__`` imports from its own modules what the package offers."""
    if item.where.function is not None or item.where.cls is not None or not item.where.runs:
        return None
    if unit.info.is_package and not unit.info.is_stub:
        detail = f"the package hands `{item.bound}` on to whoever imports it from there"
    elif item.alias.asname is not None and item.alias.asname == item.alias.name:
        detail = f"`as {item.bound}` says that the name is there for others"
    elif any(_UNUSED.search(line) for line in _lines(unit, item)):
        detail = "`# noqa: F401` says that the name is there for others"
    else:
        return None
    return Denied(R.HANDLE_READ_ELSEWHERE, detail, unit.place(item.stmt))


def _lines(unit: Unit, item: Import) -> list[str]:
    """The lines on which a linter would report the import: the statement's first, and the name's."""
    return [unit.source.lines[node.lineno - 1] for node in (item.stmt, item.alias)]
