"""Ambient defaults to explicit placement: ``default-device``.

Every place that sets a default device or dtype for the code in it becomes ``device=`` and ``dtype=`` at the
calls that the default reaches, through the project's functions, or is refused with what stands in the way.
"""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from torchgate.finding import Finding
from torchgate.lint.devices import SETTERS
from torchgate.migrate.ambient.analysis import Analysis
from torchgate.migrate.ambient.blocks import Blocks
from torchgate.migrate.ambient.definitions import File
from torchgate.migrate.ambient.helper_model import Helper
from torchgate.migrate.ambient.obstacles import Obstacle, obstacle, shown
from torchgate.migrate.ambient.pairs import Pairs
from torchgate.migrate.ambient.plan import Planner
from torchgate.migrate.ambient.surroundings import Surroundings
from torchgate.migrate.changes import Change, Place
from torchgate.migrate.codemods import ALL
from torchgate.migrate.codemods import DEFAULT_DEVICE as NAME
from torchgate.migrate.decisions import Decision, Edit, Refused, Site
from torchgate.migrate.fixtures import fixture_around, is_fixture
from torchgate.migrate.project import Migration
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.values import Class, Function, same

_CODES = next(codemod.codes for codemod in ALL if codemod.name == NAME)
_FIXTURE = "is a fixture: the tests that ask for it run under the default that it sets"


_DECIDED: WeakKeyDictionary[Migration, dict[str, list[Decision]]] = WeakKeyDictionary()
_DECIDING: WeakKeyDictionary[Migration, _Deciding] = WeakKeyDictionary()


def decide(migration: Migration) -> Iterator[Decision]:
    """One decision for each finding but those at imports."""
    known = _DECIDED.setdefault(migration, {})
    for path, findings in migration.asked():
        if path not in known:
            wanted = [finding for finding in findings if finding.code in _CODES]
            known[path] = list(_decide(migration, path, wanted)) if wanted else []
        yield from known[path]


def _decide(migration: Migration, path: str, findings: list[Finding]) -> Iterator[Decision]:
    deciding = _DECIDING.get(migration)
    if deciding is None:
        deciding = _DECIDING[migration] = _Deciding(Analysis(migration))
    unit = migration.unit(path)
    if unit is not None:
        yield from deciding.file(deciding.analysis.files.file(unit), findings)


class _Deciding:
    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self.blocks = Blocks(analysis)
        self.planner = Planner(analysis, Surroundings(analysis, self.blocks))

    def file(self, file: File, findings: list[Finding]) -> Iterator[Decision]:
        nodes = nodes_at(file, findings)
        for finding in findings:
            site = Site(Place.of(file.path, finding.span), finding.code, NAME)
            if finding.code == "TG305":
                yield Refused(site, R.HELPER_DEFINITION, _definition_of(file, finding))
                continue
            node = nodes.get((finding.span.line, finding.span.column))
            if node is None:
                if finding.code != "TG302":
                    yield Refused(site, R.HELPER_NOT_UNDERSTOOD, "the place is not understood")
                continue
            if finding.code == "TG301":
                yield self._setter(file, site, node, findings)
            else:
                yield self._entered(file, site, node)

    # Helpers and devices that are entered.

    def _entered(self, file: File, site: Site, node: ast.expr) -> Decision:
        contexts = [node] if site.code == "TG303" else list(self._uses(file, node))
        changes: dict[Change, None] = {}
        for context in contexts:
            made = self._context(file, site, context)
            if isinstance(made, Obstacle):
                return _refused(site, made)
            changes |= dict.fromkeys(made)
        return Edit(site, tuple(changes))

    def _context(self, file: File, site: Site, node: ast.expr) -> tuple[Change, ...] | Obstacle:
        context = node
        parent = file.module.parent(node)
        if site.code == "TG302":
            if not isinstance(parent, ast.Call) or parent.func is not node:
                return self._not_called(file, node)
            context = parent
        elif file.torch(node).endswith(SETTERS) or getattr(node, "attr", "") in SETTERS:
            detail = f"{shown(file, node)} changes the current device of the thread, and nothing restores it"
            return obstacle(file, node, R.DEFAULT_SET_FOR_GOOD, detail)
        inside = self._definition_around(file, context, configured=True)
        if inside:
            return obstacle(file, context, R.HELPER_DEFINITION, _part_of(file, node, inside))
        block = self.blocks.entered(file, context)
        return block if isinstance(block, Obstacle) else self.planner.plan(block)

    def _not_called(self, file: File, node: ast.expr) -> Obstacle:
        parent = file.module.parent(node)
        if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.withitem):
            detail = f"{shown(file, node)} is entered without being called"
            return obstacle(file, node, R.HELPER_NOT_UNDERSTOOD, detail)
        return obstacle(file, node, R.FUNCTION_ESCAPES, f"{shown(file, node)} is used as a value")

    def _uses(self, file: File, node: ast.expr) -> Iterator[ast.expr]:
        """Every use of the same helper on the line, which is one finding."""
        value = file.module.value(node)
        inside: set[ast.AST] = set()
        for other in file.module.within(file.module.tree):
            if getattr(other, "lineno", 0) != node.lineno or other in inside:
                continue
            if isinstance(other, ast.Name | ast.Attribute) and same(file.module.value(other), value):
                inside |= set(file.module.within(other))
                yield other

    # Setters.

    def _setter(self, file: File, site: Site, node: ast.expr, findings: list[Finding]) -> Decision:
        inside = self._definition_around(file, node) or self._reported_around(file, node, findings)
        if inside:
            return Refused(site, R.HELPER_DEFINITION, _part_of(file, node, inside))
        found = Pairs(file).around(node)
        if isinstance(found, Obstacle):
            return _refused(site, found)
        around, pairs = found
        changes: dict[Change, None] = {}
        for pair in pairs:
            block = Pairs(file).block(around, pairs, pair)
            made = block if isinstance(block, Obstacle) else self.planner.plan(block)
            if isinstance(made, Obstacle):
                return _refused(site, made)
            changes |= dict.fromkeys(made)
        needs = self._partners(
            file, site, [part for pair in pairs for part in (pair.setting, pair.restoring)], findings
        )
        return needs if isinstance(needs, Refused) else Edit(site, tuple(changes), needs)

    def _partners(
        self, file: File, site: Site, statements: list[ast.Expr], findings: list[Finding]
    ) -> tuple[Site, ...] | Refused:
        """The findings at the other setters of the ``try``: all of them are migrated, or none."""
        needs: list[Site] = []
        for statement in statements:
            place = file.place(statement.value)
            if (place.line, place.column) == (site.place.line, site.place.column):
                continue
            there = [
                finding
                for finding in findings
                if finding.code == "TG301"
                and (finding.span.line, finding.span.column) == (place.line, place.column)
            ]
            if not there:
                detail = f"{shown(file, statement)} belongs to it, and is suppressed or in the baseline"
                return Refused(site, R.PART_REFUSED, detail, place)
            needs.append(Site(Place.of(file.path, there[0].span), "TG301", NAME))
        return tuple(needs)

    def _definition_around(self, file: File, node: ast.AST, *, configured: bool = False) -> str:
        """The helper in whose definition a node stands; empty for code that is none."""
        outer = file.module.parent(node)
        while outer is not None:
            value = self._definition(file, outer)
            if value is not None:
                known = self.analysis.contexts.helpers.read(file, value)
                enters = isinstance(value, Class) or value.context_manager
                if isinstance(known, Helper) and (
                    self._is_configured(file, value) or (enters and not configured)
                ):
                    return value.qualname
            outer = file.module.parent(outer)
        return ""

    def _reported_around(self, file: File, node: ast.AST, findings: list[Finding]) -> str:
        """The definition around a node that TG305 reports."""
        lines = {finding.span.line for finding in findings if finding.code == "TG305"}
        outer = file.module.parent(node)
        while outer is not None:
            if isinstance(outer, ast.ClassDef | ast.FunctionDef) and outer.lineno in lines:
                return outer.name
            outer = file.module.parent(outer)
        return ""

    def _definition(self, file: File, node: ast.AST) -> Function | Class | None:
        if isinstance(node, ast.ClassDef):
            return next((cls for cls, _ in file.module.classes if cls.node is node), None)
        if isinstance(node, ast.FunctionDef):
            return next((made for made, _ in file.module.functions if made.node is node), None)
        return None

    def _is_configured(self, file: File, value: Function | Class) -> bool:
        helpers = file.module.config.default_helpers
        return value.dotted in helpers or value.qualname in helpers


def _refused(site: Site, found: Obstacle) -> Refused:
    elsewhere = (found.at.path, found.at.line) != (site.place.path, site.place.line)
    return Refused(site, found.reason, found.detail, found.at if elsewhere else None)


def _definition_of(file: File, finding: Finding) -> str:
    """Why a helper's definition stays."""
    defined = (made.node for made, _ in file.module.functions if made.qualname == finding.qualname)
    if any(is_fixture(file.module, node) for node in defined):
        return f"`{finding.qualname}` {_FIXTURE}"
    return "code outside the project may import the helper"


def _part_of(file: File, node: ast.AST, inside: str) -> str:
    if fixture_around(file.module, node) is not None:
        return f"`{inside}` {_FIXTURE}"
    return f"it is part of the helper `{inside}`, which stays as long as somebody may import it"


def nodes_at(file: File, findings: list[Finding]) -> dict[tuple[int, int], ast.expr]:
    """The outermost expressions that begin and end where findings stand."""
    lines = {finding.span.line for finding in findings}
    spans = {finding.span.as_tuple() for finding in findings}
    found: dict[tuple[int, int], ast.expr] = {}
    for node in file.module.within(file.module.tree):
        if isinstance(node, ast.expr) and node.lineno in lines:
            place = file.place(node)
            key = (place.line, place.column)
            if (*key, place.end_line, place.end_column) in spans:
                found.setdefault(key, node)
    return found
