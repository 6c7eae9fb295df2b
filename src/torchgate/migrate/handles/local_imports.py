"""Imports of torch-bound modules, moved into the functions that hold the handle and use them."""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterator

from torchgate.finding import Finding
from torchgate.lint.imports import prefixes
from torchgate.migrate.changes import Change, InsertIntoBody, InsertStatements, Place
from torchgate.migrate.decisions import Decision, Edit, Refused, Site
from torchgate.migrate.handles.candidates import Target
from torchgate.migrate.handles.denied import Denied
from torchgate.migrate.handles.holders import held
from torchgate.migrate.handles.import_edits import ImportEdits, merged
from torchgate.migrate.handles.injection import injection
from torchgate.migrate.handles.knowledge import Knowledge, of
from torchgate.migrate.handles.lexical import Kind, Use
from torchgate.migrate.handles.losing import lost_effects
from torchgate.migrate.handles.offered import offered
from torchgate.migrate.handles.references import references
from torchgate.migrate.handles.replacing import Replacing
from torchgate.migrate.handles.sites import CODEMOD_OF, nodes_of
from torchgate.migrate.handles.taken import plans_types
from torchgate.migrate.handles.torch_bound import torch_bound_line
from torchgate.migrate.project import Migration, Unit
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.facts import Import

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def decide(migration: Migration) -> Iterator[Decision]:
    """One decision for each import of a torch-bound module out of place."""
    knowledge = of(migration)
    for path, findings in migration.asked():
        wanted = [finding for finding in findings if finding.code == "TG107"]
        unit = migration.unit(path) if wanted and path.endswith(".py") else None
        if unit is None:
            continue
        types = plans_types(knowledge, unit)
        for finding in wanted:
            move = _Move(knowledge, unit, finding)
            denied = move.plan()
            if denied is None and move.edits.begins_types and types:
                # One site begins the block for type checkers: in the next pass the others add to it.
                denied = Denied(
                    R.PART_REFUSED, "another site begins the block of imports for type checkers first"
                )
            if denied is not None:
                yield Refused(move.site, denied.reason, denied.detail, denied.at)
                continue
            types = types or move.edits.begins_types
            needs = dict.fromkeys(move.injection.needs(move.targets))
            yield Edit(move.site, move.all_changes(), tuple(needs))


class _Move:
    """One site."""

    def __init__(self, knowledge: Knowledge, unit: Unit, finding: Finding) -> None:
        self.knowledge = knowledge
        self.unit = unit
        self.lexicon = knowledge.lexicon(unit)
        self.injection = injection(knowledge)
        self.site = Site(Place.of(unit.path, finding.span), finding.code, CODEMOD_OF[finding.code])
        nodes = nodes_of(knowledge, unit, finding.span.as_tuple())
        self.node = next((item for item in nodes if isinstance(item, ast.stmt | ast.expr)), None)
        self.edits = ImportEdits(unit)
        self.changes: list[Change] = []
        self.targets: list[Target] = []
        self.bodies: dict[ast.AST, list[str]] = {}  # imports at the start of a function
        self.starts: dict[ast.AST, list[str]] = {}  # and in front of a statement

    def all_changes(self) -> tuple[Change, ...]:
        """Everything that the edit changes."""
        for node, texts in self.bodies.items():
            self.changes.append(InsertIntoBody(self.unit.place(node), _lines(texts)))
        for node, texts in self.starts.items():
            self.changes.append(InsertStatements(self.unit.place(node), _lines(texts)))
        found = (*self.edits.changes(), *self.changes, *self.injection.changes(self.targets))
        return tuple(dict.fromkeys(found))

    def plan(self) -> Denied | None:
        """Collect the changes, or say why there are none."""
        node = self.node
        location = self.lexicon.locations.get(node) if node is not None else None
        if node is None or location is None:
            return Denied(R.CONDITIONAL_IMPORT, "what stands here is no plain import")
        if location.deferred:
            through = self.injection.reach(self.unit, location)
            if isinstance(through, Denied):
                return through
            if through.target is None:
                return Denied(R.NO_HANDLE_IN_REACH, "the handle is held here only after the import")
            self.targets.append(through.target)
            return None
        if not isinstance(node, ast.Import | ast.ImportFrom):
            return Denied(R.CONDITIONAL_IMPORT, f"`{self.unit.text(node)}` runs while the module is imported")
        if location.chain or self.unit.module.parent(node) is not self.lexicon.tree:
            return Denied(R.CONDITIONAL_IMPORT, f"the import at line {node.lineno} stands under a condition")
        items = [item for item in self.unit.module.imports if item.stmt is node and self._is_bound(item)]
        for item in items:
            denied = self._item(item)
            if denied is not None:
                return denied
        effects = lost_effects(self.knowledge, self.unit, items).get(node)
        if isinstance(effects, Denied):
            return effects
        if effects:
            name = sorted(effects)[0]
            return Denied(R.IMPORT_HAS_SIDE_EFFECTS, f"it sets `{name}` when it is imported")
        return None

    def _is_bound(self, item: Import) -> bool:
        """Whether the import loads a torch-bound module, or a runtime module that imports torch."""
        own = set(prefixes(self.unit.info.module_name))
        return any(
            self.knowledge.config.info(name).is_torch_bound or self.knowledge.project.imports_gate(name)
            for name in prefixes(item.dotted)
            if name not in own
        )

    def _item(self, item: Import) -> Denied | None:
        """One name: into each function that uses it."""
        if item.star:
            return Denied(R.FACADE_NAME_UNKNOWN, f"`from {item.module} import *` does not say what it takes")
        denied = self._is_only_here(item)
        if denied is not None:
            return denied
        uses = self._uses(item)
        if isinstance(uses, Denied):
            return uses
        places: dict[ast.AST, list[Use]] = {}
        for use in sorted(uses, key=lambda use: use.location.deferred):
            if use.location.kind is Kind.RUN:
                function = self._function(use)
                if isinstance(function, Denied):
                    return function
                places.setdefault(function, []).append(use)
            else:
                denied = Replacing(self.knowledge, self.unit, self.targets, self.changes).for_types(use)
                if denied is not None:
                    return denied
                self.edits.keep_for_types(_text(item))
        for outer, inside in places.items():
            denied = self._put(item, outer, inside)
            if denied is not None:
                return denied
        self.edits.remove(item)
        return None

    def _is_only_here(self, item: Import) -> Denied | None:
        """Nobody takes the name from this module, or is offered it, and nothing else binds it."""
        aliases = {other.alias: other for other in self.unit.module.imports}
        for node in self.lexicon.bindings_of(self.lexicon.tree, item.bound):
            other = aliases.get(node) if isinstance(node, ast.alias) else None
            package = not item.is_from and item.alias.asname is None
            if node is not item.alias and not (package and other is not None and not other.is_from):
                return Denied(R.CONDITIONAL_IMPORT, f"`{item.bound}` is bound again at line {_line(node)}")
        found = references(self.knowledge, self.unit, item.bound, follow=False)
        if (obstacle := found.obstacle) is not None:
            detail = f"`{item.bound}` is more than this module's own: {obstacle.detail}"
            return Denied(R.HANDLE_READ_ELSEWHERE, detail, obstacle.at)
        takers: list[tuple[Unit, ast.stmt]] = [(unit, other.stmt) for unit, other in found.imports]
        others = (mention for mention in found.mentions if mention.unit is not self.unit)
        takers += [(mention.unit, mention.location.stmt) for mention in others]
        for unit, node in takers:
            detail = f"`{item.bound}` is taken from here at {self.knowledge.at(unit, node)}"
            return Denied(R.HANDLE_READ_ELSEWHERE, detail, unit.place(node))
        return offered(self.unit, item)

    def _uses(self, item: Import) -> list[Use] | Denied:
        """The uses of the imported name; of a package's name those that lead to the module."""
        uses = self.lexicon.uses_of(self.lexicon.tree, item.bound)
        if item.is_from or item.alias.asname is not None or "." not in item.dotted:
            return uses
        found = [use for use in uses if self._leads(use, item.dotted)]
        alone = len(self.lexicon.bindings_of(self.lexicon.tree, item.bound)) == 1
        if alone and len(found) != len(uses):
            line = next(use.node.lineno for use in uses if use not in found)
            detail = f"`{item.bound}` is used at line {line} for more than `{item.dotted}`"
            return Denied(R.NAME_COLLISION, detail)
        return found

    def _leads(self, use: Use, dotted: str) -> bool:
        node: ast.AST | None = use.node
        for name in dotted.split(".")[1:]:
            node = self.unit.module.parent(node) if node is not None else None
            if not (isinstance(node, ast.Attribute) and node.attr == name):
                return False
        return True

    def _function(self, use: Use) -> ast.FunctionDef | ast.AsyncFunctionDef | Denied:
        """The function that gets the import: the outermost one around the use."""
        if not use.location.deferred:
            line = use.location.stmt.lineno
            if use.location.program or self.unit.info.is_entry:
                detail = f"line {line} uses `{use.name}` in the program: import it there, behind the effect"
                return Denied(R.NO_HANDLE_IN_REACH, detail, self.unit.place(use.location.stmt))
            cure = torch_bound_line(self.knowledge, self.unit)
            detail = f"line {line} uses `{use.name}` while the module is imported; {cure}"
            return Denied(R.TORCH_AT_IMPORT_TIME, detail, self.unit.place(use.location.stmt))
        function = next(node for node in use.location.chain if not isinstance(node, ast.ClassDef))
        if isinstance(function, ast.Lambda):
            detail = f"the lambda at line {function.lineno} cannot hold an import"
            return Denied(R.NO_HANDLE_IN_REACH, detail, self.unit.place(function))
        return function

    def _put(self, item: Import, function: ast.AST, uses: list[Use]) -> Denied | None:
        """The import goes to the start of the function, or behind the effect that it applies."""
        assert isinstance(function, _FUNCTIONS)
        if any(
            isinstance(inner, ast.Global) and item.bound in inner.names
            for inner in self.unit.module.within(function)
        ):
            return Denied(R.NAME_COLLISION, f"`{function.name}` declares `{item.bound}` global")
        start = function.body[0]
        if held(self.knowledge, self.unit, self.lexicon.locations[start]) is not None:
            self.bodies.setdefault(function, []).append(_text(item))
            return None
        first = next(
            statement
            for statement in function.body
            if any(use.node in set(self.unit.module.within(statement)) for use in uses)
        )
        if held(self.knowledge, self.unit, self.lexicon.locations[first]) is not None:
            self.starts.setdefault(first, []).append(_text(item))
            return None
        for use in uses:
            through = self.injection.reach(self.unit, use.location)
            if isinstance(through, Denied):
                return through
            if through.target is None:
                line = use.node.lineno
                return Denied(
                    R.NO_HANDLE_IN_REACH, f"`{function.name}` does not hold the handle before line {line}"
                )
            self.targets.append(through.target)
        self.bodies.setdefault(function, []).append(_text(item))
        return None


def _lines(texts: list[str]) -> tuple[str, ...]:
    """Import statements, with a blank line behind them."""
    found = merged(texts)
    return (*found[:-1], f"{found[-1]}\n")


def _text(item: Import) -> str:
    """The import of one name, as it stands."""
    alias = f" as {item.alias.asname}" if item.alias.asname else ""
    if not item.is_from:
        return f"import {item.alias.name}{alias}"
    assert isinstance(item.stmt, ast.ImportFrom)
    return f"from {'.' * item.level}{item.stmt.module or ''} import {item.alias.name}{alias}"


def _line(node: ast.AST) -> int:
    line: int = getattr(node, "lineno", 0)
    return line
