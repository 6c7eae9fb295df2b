"""A star import as the names that its module uses of it, where both sides can be seen."""

from __future__ import annotations

import _ast as ast

from torchgate.migrate.handles.denied import Denied
from torchgate.migrate.handles.importers import project_imports
from torchgate.migrate.handles.knowledge import Knowledge, module_constants
from torchgate.migrate.handles.lexical import Kind
from torchgate.migrate.project import Unit
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.environment import BUILTINS
from torchgate.semantics.facts import Import
from torchgate.semantics.values import UNKNOWN


def star_imports(knowledge: Knowledge, unit: Unit, item: Import) -> list[Import] | Denied:
    """The names that a module uses of its star import, each as an import of its own."""
    unknown = f"`from {item.module} import *` does not say which names it takes"
    stars = [other for other in unit.module.imports if other.star and other.where.runs]
    obscure = "" if item.where.import_time else "it stands in a function"
    if len(stars) > 1:
        obscure = f"there are {len(stars)} star imports here, and the last one that has a name gives it"
    obscure = obscure or _obscure(knowledge, item.module)
    if obscure:
        return Denied(R.FACADE_NAME_UNKNOWN, f"{unknown}: {obscure}")
    given = set(unit.module.star_names(item.module))
    lexicon = knowledge.lexicon(unit)
    taken = _taken_on(knowledge, unit, given) or _hidden(unit, lexicon.tree, given, lexicon.bound)
    if taken:
        return Denied(R.FACADE_NAME_UNKNOWN, f"{unknown}: {taken}")
    used: dict[str, None] = {}
    for use in lexicon.uses:
        if use.owner is lexicon.tree and not lexicon.bindings_of(lexicon.tree, use.name):
            if use.name in given:
                used[use.name] = None
            elif use.name not in BUILTINS and use.location.kind is Kind.RUN and not use.name.startswith("__"):
                return Denied(R.FACADE_NAME_UNKNOWN, f"{unknown}: `{use.name}` may be one of them")
    return [_one(unit, item, name) for name in sorted(used)]


def _obscure(knowledge: Knowledge, module: str) -> str:
    """Why what a module's star import gives is not all in sight."""
    summary = knowledge.project.summary(module)
    if summary is None and module.partition(".")[0] in knowledge.config.gated_packages:
        return f"what `{module}` offers is not looked at; name what is used"
    if summary is None:
        return f"the source of `{module}` was not found"
    if summary.dynamic:
        return f"`{module}` makes names at run time"
    if summary.public is None and "__all__" in summary.exports:
        return f"`__all__` of `{module}` is made at run time"
    return f"`{module}` has a star import of its own" if summary.stars else ""


def _taken_on(knowledge: Knowledge, unit: Unit, given: set[str]) -> str:
    """Who takes names from this module that only its star import binds."""
    module = unit.info.module_name
    if given & set(module_constants(unit.module.tree, "__all__")):
        return "`__all__` offers some of them to others"
    for other, item in project_imports(knowledge, module) if module else ():
        at = knowledge.at(other, item.stmt)
        if item.star or item.dotted.removeprefix(f"{module}.") in given:
            return f"{at} takes some of them from here"
        if item.dotted == module or item.dotted.endswith(f".{module}"):
            for name in given:
                if knowledge.lexicon(other).named.get(name):
                    return f"`{name}` is used at {at} and below, maybe from here"
    return ""


def _hidden(
    unit: Unit, tree: ast.AST, given: set[str], bound: dict[tuple[ast.AST, str], list[ast.AST]]
) -> str:
    """A name that the star import and something else bind: which one counts depends on the order."""
    both = sorted(name for owner, name in bound if owner is tree and name in given)
    return f"`{both[0]}` is bound here too" if both else ""


def _one(unit: Unit, item: Import, name: str) -> Import:
    made = Import(
        item.stmt,
        item.alias,
        item.where,
        module=item.module,
        dotted=f"{item.module}.{name}",
        bound=name,
        value=unit.module.star(item, name) or UNKNOWN,
    )
    made.star = False
    return made
