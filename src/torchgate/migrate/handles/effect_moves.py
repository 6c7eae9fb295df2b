"""Effects that run while a module is imported, and handles kept in globals: moved into the program, taken
away, or left.

What is proven: A file that is only ever run as a program (a main guard, and nothing that imports it)
applies the effect at its top level; between that and the guard it only defines things. There the statement
moves to the start of the guarded block: a run does the same things in the same order, and an import of the
file does nothing any more. A global that it binds stays a global, of the program.

A call that applies once more what the same run has just applied, or is about to, goes (``effect_repeats``).
A global that nobody reads is not kept (``unread``), one that its own module alone reads is handed down
(``handed_down``); the effect whose result it was stays where it is.
"""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from torchgate.finding import Finding
from torchgate.migrate.changes import Change, InsertStatements, Place, ReplaceStatement
from torchgate.migrate.decisions import Decision, Edit, Refused, Site
from torchgate.migrate.handles.computed import may_load
from torchgate.migrate.handles.denied import Denied
from torchgate.migrate.handles.effect_repeats import Repeats
from torchgate.migrate.handles.handed_down import as_parameter
from torchgate.migrate.handles.importers import project_imports
from torchgate.migrate.handles.knowledge import Knowledge, of
from torchgate.migrate.handles.lexical import Kind
from torchgate.migrate.handles.loading import side_effects_between
from torchgate.migrate.handles.processes import loads_again
from torchgate.migrate.handles.references import references
from torchgate.migrate.handles.sites import CODEMOD_OF, nodes_of
from torchgate.migrate.handles.taken import decision_at
from torchgate.migrate.handles.unread import without_store
from torchgate.migrate.project import Migration, Unit
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics import guards

# What a site may stand in; the value is the call of the effect.
_Plain: TypeAlias = ast.Assign | ast.AnnAssign | ast.Expr


def decide(migration: Migration, code: str) -> Iterator[Decision]:
    """One decision for each effect at import (TG204), or for each stored handle (TG205)."""
    knowledge = of(migration)
    for path, findings in migration.asked():
        wanted = [finding for finding in findings if finding.code == code]
        unit = migration.unit(path) if wanted and path.endswith(".py") else None
        for finding in wanted if unit is not None else ():
            assert unit is not None
            site = Site(Place.of(path, finding.span), code, CODEMOD_OF[code])
            taken = decision_at(knowledge, unit, site.place)
            if taken is not None:  # an import that binds the handle: what becomes of it is decided there
                yield replace(taken, site=site)
                continue
            found = _Effect(knowledge, unit, finding).plan()
            if isinstance(found, Denied):
                yield Refused(site, found.reason, found.detail, found.at)
            else:
                yield Edit(site, found)


class _Effect:
    """One site."""

    def __init__(self, knowledge: Knowledge, unit: Unit, finding: Finding) -> None:
        self.knowledge = knowledge
        self.unit = unit
        self.lexicon = knowledge.lexicon(unit)
        self.code = finding.code
        nodes = nodes_of(knowledge, unit, finding.span.as_tuple())
        self.node = next((item for item in nodes if isinstance(item, ast.expr)), None)

    def plan(self) -> tuple[Change, ...] | Denied:
        """What becomes of the site, or why nothing can."""
        if self.unit.info.is_test:
            return self._elsewhere()
        statement = self._statement()
        found = self._elsewhere() if statement is None else self._in_module(statement)
        if not isinstance(found, Denied) or self.code != "TG205":
            return found
        dropped = without_store(self.knowledge, self.unit, self.node)
        if dropped is not None:
            return dropped
        if isinstance(statement, ast.Expr | None) or not isinstance(self.node, ast.Name):
            return found
        handed = as_parameter(self.knowledge, self.unit, statement, self.node.id)
        return found if isinstance(handed, Denied) and self._main_guard() is not None else handed

    def _in_module(self, statement: _Plain) -> tuple[Change, ...] | Denied:
        """A statement of the module itself: it goes, or moves into the program."""
        assert isinstance(statement.value, ast.Call)
        repeats = Repeats(self.knowledge, self.unit, statement, statement.value)
        gone = ReplaceStatement(self.unit.place(statement))
        alone = isinstance(statement, ast.Expr)
        if alone and repeats.is_second():
            return (gone,)
        guard = self._main_guard()
        denied = self._importers() or loads_again(self.knowledge, self.unit)
        if denied is None and guard is None:
            line = statement.lineno
            detail = f'the file has no `if __name__ == "__main__":` into which line {line} could move'
            denied = Denied(R.EFFECT_ORDER, detail)
        if denied is not None or guard is None:
            return denied or self._elsewhere()
        body = self.lexicon.tree.body
        between = body[body.index(statement) + 1 : body.index(guard)]
        denied = self._relies(statement, [*between, *body[body.index(guard) + 1 :]])
        if denied is None and alone and repeats.begins(guard):
            return (gone,)
        denied = denied or repeats.others()
        if denied is not None:
            return denied
        return gone, InsertStatements(self.unit.place(guard.body[0]), (self.unit.text(statement),))

    def _statement(self) -> _Plain | None:
        """The plain statement of the module that the site stands in: `NAME = effect()`, or the call alone."""
        parent = self.unit.module.parent(self.node) if self.node is not None else None
        match parent:
            case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=value):
                named = isinstance(target, ast.Name) and isinstance(value, ast.Call)
                whole = self.node is value or (self.code == "TG205" and self.node is target)
                return parent if named and whole and parent in self.lexicon.tree.body else None
            case ast.Expr(value=ast.Call() as value) if value is self.node:
                return parent if parent in self.lexicon.tree.body else None
        return None

    def _main_guard(self) -> ast.If | None:
        found = [
            item
            for item in self.lexicon.tree.body
            if isinstance(item, ast.If) and guards.guard(item.test, self.unit.module.value) == guards.MAIN
        ]
        plain = len(found) == 1 and not found[0].orelse and isinstance(found[0].test, ast.Compare)
        return found[0] if plain and found[0].body[0].lineno > found[0].lineno else None

    # What keeps it.

    def _elsewhere(self) -> Denied:
        """A place from which nothing is moved: a default, a class body, a container, a function's global."""
        if self.code == "TG204":
            what = "a test module" if self.unit.info.is_test else "another expression"
            cure = "; use the fixture `torch_handle` instead" if self.unit.info.is_test else ""
            return Denied(R.EFFECT_ORDER, f"the effect is part of {what} that runs at import{cure}")
        readers = self._readers()
        where = f", and it is read at {readers[0]}" if readers else ""
        return Denied(R.HANDLE_READ_ELSEWHERE, f"whoever gets hold of the object has the handle{where}")

    def _readers(self) -> list[str]:
        if not isinstance(self.node, ast.Name):
            return []
        found = references(self.knowledge, self.unit, self.node.id, follow=False)
        places = [self.knowledge.at(mention.unit, mention.node) for mention in found.mentions]
        return places + [self.knowledge.at(unit, item.stmt) for unit, item in found.imports]

    def _importers(self) -> Denied | None:
        """Whoever imports the module gets the effect, or the global, with it."""
        module = self.unit.info.module_name
        if not module:
            return None
        if self.unit.info.is_package:
            return Denied(
                R.EFFECT_ORDER, f"`{module}` is a package: importing anything in it applies the effect"
            )
        for unit, item in project_imports(self.knowledge, module):
            if unit.path == self.unit.path:
                continue
            at = self.knowledge.at(unit, item.stmt)
            name = item.dotted.removeprefix(f"{module}.")
            reason = R.HANDLE_READ_ELSEWHERE if self.code == "TG205" else R.EFFECT_ORDER
            what = f"takes `{name}` from it" if name != item.dotted else "imports it"
            return Denied(reason, f"{at} {what}, and has the effect with it", unit.place(item.stmt))
        for unit in self.knowledge.units_with(module.rpartition(".")[2]):
            for node in self.knowledge.lexicon(unit).strings:
                if node.value == module and not _is_run(unit, node):
                    at = self.knowledge.at(unit, node)
                    return Denied(R.EFFECT_ORDER, f"the string at {at} may load the module", unit.place(node))
        for unit, load, detail in may_load(self.knowledge, self.unit):
            return Denied(R.EFFECT_ORDER, detail, unit.place(load))
        return None

    def _relies(self, statement: _Plain, others: list[ast.stmt]) -> Denied | None:
        """Import-time code behind the effect that may rely on it."""
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        target = statement.target if isinstance(statement, ast.AnnAssign) else target
        name = target.id if isinstance(target, ast.Name) else ""
        if name:
            if len(self.lexicon.bindings_of(self.lexicon.tree, name)) != 1:
                return Denied(R.EFFECT_ORDER, f"`{name}` is bound more than once")
            for use in self.lexicon.uses_of(self.lexicon.tree, name):
                location = use.location
                if location.kind is not Kind.TYPE and not location.deferred and not location.program:
                    detail = f"line {use.node.lineno} uses `{name}` while the module is imported"
                    return Denied(R.EFFECT_ORDER, detail, self.unit.place(use.node))
        inside = {node.id for node in self.unit.module.within(statement) if isinstance(node, ast.Name)}
        for needed in sorted(inside - {name}):
            found = self.lexicon.bindings_of(self.lexicon.tree, needed)
            if len(found) > 1:
                return Denied(R.EFFECT_ORDER, f"`{needed}` is bound more than once")
            if any(getattr(node, "lineno", 0) > statement.lineno for node in found):
                return Denied(R.EFFECT_ORDER, f"`{needed}` is bound behind the effect")
        for effect in side_effects_between(self.knowledge, self.unit, others):
            return Denied(R.EFFECT_ORDER, f"{effect.detail}, behind the effect", effect.at)
        return None


def _is_run(unit: Unit, node: ast.Constant) -> bool:
    """Whether a module's name stands behind `-m`, or is a string of its own."""
    match unit.module.parent(node):
        case ast.Expr():
            return True
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            index = elements.index(node)
            before = elements[index - 1] if index else None
            return isinstance(before, ast.Constant) and before.value == "-m"
    return False
