"""Globals that hold the handle and that nobody reads: the store is taken away, what it evaluates stays."""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterator

from torchgate.migrate.changes import Change, ReplaceStatement
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.references import references
from torchgate.migrate.project import Unit
from torchgate.semantics.values import Ref


def without_store(knowledge: Knowledge, unit: Unit, target: ast.AST | None) -> tuple[Change, ...] | None:
    """The changes that take away the assignment to the module's name ``target``; None where somebody may
    read it."""
    if not isinstance(target, ast.Name):
        return None
    lexicon, statement = knowledge.lexicon(unit), unit.module.parent(target)
    scopes = lexicon.locations[target].scopes
    if lexicon.owner(scopes, target.id) is not lexicon.tree or not _is_unread(knowledge, unit, target.id):
        return None
    match statement:
        case ast.Assign(targets=[_], value=value) | ast.AnnAssign(value=ast.expr() as value):
            match value:
                case ast.Call():
                    kept: tuple[str, ...] = (unit.text(value),)
                case ast.Name():
                    kept = ()
                case _:
                    return None
            gone = [unit.place(node) for node in _declarations(unit, scopes[-1], target.id)]
            return (
                ReplaceStatement(unit.place(statement), kept),
                *(ReplaceStatement(place) for place in gone),
            )
    return None


def _is_unread(knowledge: Knowledge, unit: Unit, name: str) -> bool:
    lexicon = knowledge.lexicon(unit)
    if lexicon.uses_of(lexicon.tree, name):
        return False
    for node in lexicon.bindings_of(lexicon.tree, name):
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Store):
            return False
        if not isinstance(unit.module.parent(node), ast.Assign | ast.AnnAssign):
            return False  # `+=` reads it
    found = references(knowledge, unit, name, follow=False)
    return not (found.obstacle or found.mentions or found.imports or may_be_named(knowledge, unit, name))


def may_be_named(knowledge: Knowledge, unit: Unit, name: str) -> bool:
    """Whether somebody may get at the name without the module's: by a string (``getattr``), as an attribute
    of an object that is not known (``sys.modules[__name__]``), in a notebook or a stub, by a star import."""
    for path in knowledge.files_with(name):
        other = knowledge.migration.unit(path) if path.endswith(".py") else None
        if other is None:
            return True
        lexicon = knowledge.lexicon(other)
        for node in lexicon.named.get(name, ()):
            if isinstance(node, ast.Attribute):
                base = other.module.value(node.value)
                if not isinstance(base, Ref) or base.dotted == unit.info.module_name:
                    return True
        if any(node.value == name for node in lexicon.strings):
            return True
    module = unit.info.module_name
    near = knowledge.units() if unit.info.is_package else knowledge.units_with(module.rpartition(".")[2])
    return any(item.star and item.module == module for other in near for item in other.module.imports)


def _declarations(unit: Unit, scope: ast.AST, name: str) -> Iterator[ast.Global]:
    """The ``global NAME`` that the function no longer needs."""
    if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        inside = list(unit.module.within(scope))
        if sum(isinstance(node, ast.Name) and node.id == name for node in inside) == 1:
            yield from (node for node in inside if isinstance(node, ast.Global) and node.names == [name])
