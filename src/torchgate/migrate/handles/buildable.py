"""Classes that could be defined later than their module is imported, in a function."""

from __future__ import annotations

import _ast as ast
from bisect import bisect_right

from torchgate.migrate.handles.kept import is_torch
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.lexical import Kind, Location
from torchgate.migrate.handles.loading import side_effects_between
from torchgate.migrate.handles.torch_bound import needing_torch
from torchgate.migrate.project import Unit
from torchgate.semantics.values import Class


def classes_needing_torch(unit: Unit) -> list[ast.ClassDef] | str:
    """The classes that need torch, and those that derive from them; or what else does. All runs look for
    them, so it is what the linter knows already that tells."""
    found: dict[ast.ClassDef, None] = {}
    body = unit.module.tree.body
    for statement in dict.fromkeys(needing_torch(unit)):
        top = body[bisect_right(body, _start(statement), key=_start) - 1]
        if not isinstance(top, ast.ClassDef):
            return f"line {statement.lineno} stands in no class at the top level"
        found[top] = None
    for top in body:
        if isinstance(top, ast.ClassDef):
            bases = [unit.module.value(base) for base in top.bases]
            if any(isinstance(base, Class) and base.node in found for base in bases):
                found[top] = None
    for cls in found:
        if cls.decorator_list:
            return f"`{cls.name}` is decorated"
        if unit.info.is_test and any(map(_is_run_by_tests, cls.body)):
            return f"the test runner looks for `{cls.name}` by its name"
    return sorted(found, key=lambda cls: cls.lineno)


def _is_run_by_tests(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")


def _start(node: ast.stmt) -> tuple[int, int]:
    return node.lineno, node.col_offset


def obstacle_of(knowledge: Knowledge, unit: Unit, cls: ast.ClassDef) -> str | None:
    """Why a class cannot be defined later, in a function."""
    lexicon = knowledge.lexicon(unit)
    if len(lexicon.bindings_of(lexicon.tree, cls.name)) != 1:
        return f"`{cls.name}` is defined under a condition, or more than once"
    for effect in side_effects_between(knowledge, unit, [cls]):
        return f"defining `{cls.name}` does more than that: {effect.detail}"
    for inner in unit.module.within(cls):
        if isinstance(inner, ast.Global) and cls.name in inner.names:
            return f"line {inner.lineno} declares `{cls.name}` global"
    for use in lexicon.uses:
        evaluated = use.location.kind is not Kind.TYPE and not use.location.deferred
        if evaluated and belongs_to(use.location, cls) and use.owner is lexicon.tree:
            if is_torch(unit, use.node):
                continue  # judged with the imports that bind it
            if len(lexicon.bindings_of(lexicon.tree, use.name)) > 1:
                return f"`{use.name}` is bound more than once, and `{cls.name}` needs it while it is defined"
            if use.name == cls.name:
                return f"`{cls.name}` names itself while it is defined"
    return None


def belongs_to(location: Location, cls: ast.ClassDef) -> bool:
    """Whether a place belongs to a class: its body, its bases."""
    return (location.chain[0] if location.chain else location.stmt) is cls
