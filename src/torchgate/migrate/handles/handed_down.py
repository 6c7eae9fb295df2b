"""A global that holds the handle, read by functions of its own module alone: they take it as a parameter.

Whoever calls them has to hold the handle already, or can take it in turn. There is one handle in a process,
so what they are given is what they have read so far.
"""

from __future__ import annotations

import _ast as ast

from torchgate.migrate.changes import Change, ReplaceStatement
from torchgate.migrate.handles.candidates import Target
from torchgate.migrate.handles.denied import Denied
from torchgate.migrate.handles.injection import injection
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.lexical import Kind, Use
from torchgate.migrate.handles.references import references
from torchgate.migrate.handles.replacing import Replacing
from torchgate.migrate.handles.unread import may_be_named
from torchgate.migrate.handles.uses import is_bare, is_handed_on
from torchgate.migrate.project import Unit
from torchgate.migrate.refusals.reason import RefusalReason as R


def as_parameter(
    knowledge: Knowledge, unit: Unit, statement: ast.Assign | ast.AnnAssign, name: str
) -> tuple[Change, ...] | Denied:
    """The changes that hand down what the module's ``statement`` keeps as ``name``, or who stands in the
    way."""
    lexicon = knowledge.lexicon(unit)
    if len(lexicon.bindings_of(lexicon.tree, name)) != 1:
        return Denied(R.HANDLE_READ_ELSEWHERE, f"`{name}` is bound more than once")
    denied = _others(knowledge, unit, name)
    if denied is not None:
        return denied
    targets: list[Target] = []
    changes: list[Change] = []
    replacing = Replacing(knowledge, unit, targets, changes)
    for use in lexicon.uses_of(lexicon.tree, name):
        denied = _use(unit, use, replacing)
        if denied is not None:
            return denied
    assert statement.value is not None
    kept = ReplaceStatement(unit.place(statement), (unit.text(statement.value),))
    return tuple(dict.fromkeys([*changes, *injection(knowledge).changes(targets), kept]))


def _others(knowledge: Knowledge, unit: Unit, name: str) -> Denied | None:
    found = references(knowledge, unit, name, follow=False)
    if (obstacle := found.obstacle) is not None:
        detail = f"`{name}` is more than this module's own: {obstacle.detail}"
        return Denied(R.HANDLE_READ_ELSEWHERE, detail, obstacle.at)
    places: list[tuple[Unit, ast.AST]] = [(other, item.stmt) for other, item in found.imports]
    places += [(item.unit, item.node) for item in found.mentions if item.unit is not unit]
    for other, node in places:
        detail = f"`{name}` is read at {knowledge.at(other, node)}, in another module"
        return Denied(R.HANDLE_READ_ELSEWHERE, detail, other.place(node))
    if may_be_named(knowledge, unit, name):
        return Denied(R.HANDLE_READ_ELSEWHERE, f"`{name}` may be read through its module, or by a string")
    return None


def _use(unit: Unit, use: Use, replacing: Replacing) -> Denied | None:
    line = use.node.lineno
    if use.location.kind is not Kind.RUN or not isinstance(use.node, ast.Name):
        return Denied(R.HANDLE_READ_ELSEWHERE, f"line {line} names `{use.name}` in an annotation")
    if not use.location.deferred:
        detail = f"line {line} uses `{use.name}` while the module is imported"
        return Denied(R.EFFECT_ORDER, detail, unit.place(use.node))
    if is_bare(unit, use.node) and not is_handed_on(unit, use.node):
        detail = (
            f"line {line} hands on `{use.name}` itself, to something that is not known to take the handle"
        )
        return Denied(R.HANDLE_READ_ELSEWHERE, detail, unit.place(use.node))
    return replacing.expression(use.node, "torch", use.location)
