"""Classes that need torch while their module is imported, made by functions that take the handle instead.

Only under ``--unsafe``: the class is made later than today, is no attribute of its module any more, and has
another ``__qualname__``. What can be told is proven all the same: that defining it does nothing else, and
that everything in the project that names it holds the handle there.
"""

from __future__ import annotations

import _ast as ast
import re
from collections.abc import Iterator

from torchgate.migrate.changes import Change, ReplaceStatement, WrapInFunction
from torchgate.migrate.handles.buildable import (
    belongs_to,
    classes_needing_torch,
    obstacle_of,
)
from torchgate.migrate.handles.candidates import free_name
from torchgate.migrate.handles.denied import Denied
from torchgate.migrate.handles.groups import Group
from torchgate.migrate.handles.import_edits import ImportEdits
from torchgate.migrate.handles.injection import Injection
from torchgate.migrate.handles.kept import is_torch
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.lexical import Kind
from torchgate.migrate.handles.mentions import Mention
from torchgate.migrate.handles.references import references
from torchgate.migrate.handles.replacing import Replacing
from torchgate.migrate.project import Unit
from torchgate.semantics.facts import Import

_CACHE = "functools"
_ASKS = frozenset({"builtins.isinstance", "builtins.issubclass"})
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def builders_instead(knowledge: Knowledge, unit: Unit, group: Group, early: Denied | None) -> Denied | None:
    """What is left of ``early``, by which a module needs torch at import: nothing where builders may do
    without, which then are the group's; else itself, with a word about them."""
    if early is None or unit.info.is_stub or any(take.denied for take in group.takes):
        return early
    classes = classes_needing_torch(unit)
    if not knowledge.migration.unsafe:
        more = "; `--unsafe` may turn its classes into builder functions"
        return early if isinstance(classes, str) else Denied(early.reason, early.detail + more, early.at)
    if isinstance(classes, str):
        return _without(early, classes)
    for cls in classes:
        obstacle = obstacle_of(knowledge, unit, cls)
        if obstacle is not None:
            return _without(early, obstacle)
    found = _Naming(knowledge, unit, classes).builders(early)
    if isinstance(found, str):
        return _without(early, found)
    group.builders = found
    return None


def _without(early: Denied, why: str) -> Denied:
    return Denied(
        early.reason, f"{early.detail}; `--unsafe` finds no builder function for it: {why}", early.at
    )


# Their names.


class _Naming:
    """The names that come: the builders, their parameters, `functools`."""

    def __init__(self, knowledge: Knowledge, unit: Unit, classes: list[ast.ClassDef]) -> None:
        self.knowledge = knowledge
        self.unit = unit
        self.classes = classes

    def builders(self, early: Denied) -> Builders | str:
        """The builders under names that are free, or why there are none."""
        names: dict[ast.ClassDef, str] = {}
        parameters: dict[ast.AST, str] = {}
        for cls in self.classes:
            name = builder_name(cls.name)
            if not is_free(self.knowledge, self.unit, cls.name):
                return f"the name `{name}` is taken"
            parameter = free_name(self.knowledge, self.unit, cls, imports_go=False)
            if parameter is None or not self._means_torch(cls, parameter):
                return f"no name is free in `{cls.name}` for the handle"
            names[cls], parameters[cls] = name, parameter
        missing = self._cache_missing()
        if isinstance(missing, str):
            return missing
        return Builders(self.knowledge, self.unit, names, parameters, early, add_cache=missing)

    def _means_torch(self, cls: ast.ClassDef, name: str) -> bool:
        """Whether all that the class would read as its builder's parameter is torch today."""
        lexicon = self.knowledge.lexicon(self.unit)
        return all(
            use.location.kind is Kind.TYPE
            or not belongs_to(use.location, cls)
            or is_torch(self.unit, use.node)
            for use in lexicon.uses_of(lexicon.tree, name)
        )

    def _cache_missing(self) -> bool | str:
        """Whether `import functools` has to be added."""
        lexicon = self.knowledge.lexicon(self.unit)
        found = lexicon.bindings_of(lexicon.tree, _CACHE)
        body = lexicon.tree.body
        if not found:
            start = 1 if isinstance(body[0], ast.Expr) else 0
            leads = isinstance(body[start], ast.Import | ast.ImportFrom)
            return True if leads else "the module does not begin with its imports"
        first = self.classes[0].lineno
        for item in self.unit.module.imports:
            plain = item.dotted == _CACHE and not item.is_from and item.alias.asname is None
            if found == [item.alias] and plain and item.stmt in body and item.stmt.lineno < first:
                return False
        return f"`{_CACHE}` means something else"


def builder_name(name: str) -> str:
    """``Net`` is made by ``build_net``, ``_LSTMCell`` by ``_build_lstm_cell``."""
    bare = name.lstrip("_")
    return f"{name[: len(name) - len(bare)]}build_{_WORDS.sub('_', bare).lower()}"


def is_free(knowledge: Knowledge, unit: Unit, name: str) -> bool:
    """Whether the builder's name for a class means nothing anywhere in a file, and would not come to mean
    another class as well."""
    lexicon = knowledge.lexicon(unit)
    wanted = builder_name(name)
    for (_, other), nodes in lexicon.bound.items():
        maybe_class = any(isinstance(node, ast.alias | ast.ClassDef) for node in nodes)
        if other == wanted or (maybe_class and other != name and builder_name(other) == wanted):
            return False
    return all(use.name != wanted for use in lexicon.uses)


# What they change.


class Builders:
    """The builders of one module: what becomes of the classes and of everything that names them."""

    def __init__(
        self,
        knowledge: Knowledge,
        unit: Unit,
        names: dict[ast.ClassDef, str],
        parameters: dict[ast.AST, str],
        early: Denied,
        *,
        add_cache: bool,
    ) -> None:
        self.knowledge = knowledge
        self.unit = unit
        self.injection = Injection(knowledge, parameters)
        self._names = names
        self._parameters = parameters
        self._early = early
        self._add_cache = add_cache
        self._imported: dict[tuple[Unit, ast.ImportFrom], dict[Import, str]] = {}

    def conclude(self, group: Group, edits: ImportEdits) -> None:
        """Adds to the group what the classes and their users become; or all of it is refused as before."""
        denied = next((take.denied for take in group.takes if take.denied), None)
        why = denied.detail if denied is not None else self._plan(group, edits)
        if why is not None:
            for take in group.takes:
                take.denied = _without(self._early, why)

    def _plan(self, group: Group, edits: ImportEdits) -> str | None:
        if (scripted := self.knowledge.scripted_at) is not None:
            return f"{scripted} compiles to TorchScript, which knows no handle"
        module = self.unit.info.module_name
        near = (
            self.knowledge.units()  # `from . import *` holds no name
            if self.unit.info.is_package
            else self.knowledge.units_with(module.rpartition(".")[2])
        )
        for unit in near:
            for item in unit.module.imports:
                if item.star and item.module == module:
                    return f"the star import at {self.knowledge.at(unit, item.stmt)} takes all names"
        for cls, name in self._names.items():
            why = self._users(cls, name, group)
            if why is not None:
                return why
            place, parameter = self.unit.place(cls), self._parameters[cls]
            group.changes.append(WrapInFunction(place, f"{_CACHE}.cache", name, parameter))
        if self._add_cache:
            edits.add_module(_CACHE)
        for (other, statement), names in self._imported.items():
            group.changes += _renamed(other, statement, names)
        return None

    # Who names a class.

    def _users(self, cls: ast.ClassDef, name: str, group: Group) -> str | None:
        found = references(self.knowledge, self.unit, cls.name, follow=True)
        if (obstacle := found.obstacle) is not None:
            return f"`{cls.name}` is more than the project's own: {obstacle.detail}"
        known = set(self._own_uses(cls))
        for unit, item in found.imports:
            why = self._import(unit, item, name)
            if why is not None:
                return why
            lexicon = self.knowledge.lexicon(unit)
            owner = lexicon.owner(lexicon.locations[item.stmt].scopes, item.bound)
            known |= {use.node for use in lexicon.uses_of(owner, item.bound)}
        lexicon = self.knowledge.lexicon(self.unit)
        for use in lexicon.uses_of(lexicon.tree, cls.name):
            if use.location.kind is not Kind.RUN and not belongs_to(use.location, cls):
                return f"the annotation at {self.knowledge.at(self.unit, use.node)} names `{cls.name}`"
        for mention in found.mentions:
            if mention.unit is self.unit and belongs_to(mention.location, cls):
                continue  # the name inside the builder
            why = self._mention(mention, cls, name, group, direct=mention.node in known)
            if why is not None:
                return why
        return None

    def _own_uses(self, cls: ast.ClassDef) -> Iterator[ast.AST]:
        lexicon = self.knowledge.lexicon(self.unit)
        yield from (use.node for use in lexicon.uses_of(lexicon.tree, cls.name))

    def _import(self, unit: Unit, item: Import, name: str) -> str | None:
        """`from app.net import Net` becomes `from app.net import build_net`."""
        at = self.knowledge.at(unit, item.stmt)
        lexicon = self.knowledge.lexicon(unit)
        parent = unit.module.parent(item.stmt)
        if unit is self.unit or not isinstance(item.stmt, ast.ImportFrom):
            return f"the module imports itself at {at}"
        if not item.where.runs or not isinstance(parent, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef):
            return f"the import at {at} is for type checkers, or stands under a condition"
        local = builder_name(item.bound)
        if not is_free(self.knowledge, unit, item.bound):
            return f"the name `{local}` is taken in {self.knowledge.shown(unit.path)}"
        owner = lexicon.owner(lexicon.locations[item.stmt].scopes, item.bound)
        if owner is lexicon.tree and not isinstance(parent, ast.Module):
            return f"the import at {at} binds a global"
        uses = lexicon.uses_of(owner, item.bound)
        if not uses:
            return f"`{item.bound}` is imported at {at} for others to take"
        for use in uses:
            if use.location.kind is not Kind.RUN:
                return f"the annotation at {self.knowledge.at(unit, use.node)} names `{item.bound}`"
        if owner is lexicon.tree and (taker := self._taker(unit, item.bound)) is not None:
            return taker
        alias = "" if local == name else f" as {local}"
        self._imported.setdefault((unit, item.stmt), {})[item] = name + alias
        return None

    def _taker(self, unit: Unit, bound: str) -> str | None:
        """Whoever takes the class from a module that imports it."""
        found = references(self.knowledge, unit, bound, follow=False)
        if (obstacle := found.obstacle) is not None:
            return f"`{bound}` is taken through {self.knowledge.shown(unit.path)}: {obstacle.detail}"
        takers: list[tuple[Unit, ast.AST]] = [(other, item.stmt) for other, item in found.imports]
        takers += [(mention.unit, mention.node) for mention in found.mentions if mention.unit is not unit]
        for other, node in takers:
            shown = self.knowledge.shown(unit.path)
            return f"`{bound}` is taken through {shown} at {self.knowledge.at(other, node)}"
        return None

    def _mention(
        self, mention: Mention, cls: ast.ClassDef, name: str, group: Group, *, direct: bool
    ) -> str | None:
        """`Net` becomes `build_net(torch)`, wherever the handle is."""
        unit, node, location = mention.unit, mention.node, mention.location
        at = self.knowledge.at(unit, node)
        if not _is_plain(unit, node):
            return f"`{cls.name}` is used as a value at {at}"
        late = location.deferred or location.program or unit.info.is_entry
        if location.kind is not Kind.RUN or not (late or self.injection.builder_parameter(location)):
            return f"`{cls.name}` is used at {at}, while the module is imported"
        if isinstance(node, ast.Attribute):
            start = unit.text(node.value)
            direct = unit.module.dotted(node.value) == self.unit.info.module_name and "\n" not in start
            name = f"{start}.{name}"
        elif isinstance(node, ast.Name):
            name = builder_name(node.id)
        if not direct:
            return f"`{cls.name}` is taken through another module at {at}"
        replacing = Replacing(self.knowledge, unit, group.targets, group.changes, self.injection)
        denied = replacing.put(node, location, lambda handle: f"{name}({handle})")
        return None if denied is None else f"`{cls.name}` is used at {at}: {denied.detail}"


def _renamed(unit: Unit, statement: ast.ImportFrom, names: dict[Import, str]) -> list[Change]:
    """The import with the builders' names in the place of the classes'; a statement of several lines, which
    may hold comments, keeps its other names as they stand."""
    head = f"from {'.' * statement.level}{statement.module or ''} import "
    if statement.lineno != statement.end_lineno:
        edits = ImportEdits(unit)
        for item, name in names.items():
            edits.remove(item)
            edits.put(statement, head + name)
        return edits.changes()
    new = {item.alias: name for item, name in names.items()}
    texts = dict.fromkeys(new.get(alias) or unit.text(alias) for alias in statement.names)
    return [ReplaceStatement(unit.place(statement), (head + ", ".join(texts),))]


def _is_plain(unit: Unit, node: ast.expr) -> bool:
    """Whether a class is called, derived from, asked for or read from: nobody keeps it under a name."""
    parent = unit.module.parent(node)
    if _is_in_pattern(unit, node):
        return False
    match parent:
        case ast.Call(func=func) if func is node:
            return True
        case ast.Attribute(ctx=ast.Load()):
            return True
        case ast.ClassDef(bases=bases) if node in bases:
            return True
        case ast.Tuple():
            return _is_asked_for(unit, parent)
    return _is_asked_for(unit, node)


def _is_in_pattern(unit: Unit, node: ast.expr) -> bool:
    """Whether `case` names it, where no call may stand."""
    outer: ast.AST | None = node
    while isinstance(outer, ast.expr):
        outer = unit.module.parent(outer)
    return isinstance(outer, ast.pattern)


def _is_asked_for(unit: Unit, node: ast.expr) -> bool:
    match unit.module.parent(node):
        case ast.Call(func=func, args=arguments):
            return node in arguments and unit.module.dotted(func) in _ASKS
    return False
