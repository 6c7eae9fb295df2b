"""Findings and nodes: which codemod speaks of a code, and what stands at a finding's place."""

from __future__ import annotations

import _ast as ast

from torchgate.migrate.changes import Place
from torchgate.migrate.codemods import ALL, DEFAULT_DEVICE, HELPER_IMPORT
from torchgate.migrate.decisions import Site
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.project import Unit
from torchgate.semantics.facts import Import

CODEMOD_OF = {
    code: codemod.name
    for codemod in ALL
    if codemod.name not in (DEFAULT_DEVICE, HELPER_IMPORT)
    for code in codemod.codes
}


def site_of_import(knowledge: Knowledge, unit: Unit, item: Import) -> Site | None:
    """The site of an imported name; None where a comment or the baseline speaks for it, or no rule."""
    places = (unit.place(item.stmt), unit.place(item.alias))
    for finding in knowledge.migration.findings.get(unit.path, ()):
        place = Place.of(unit.path, finding.span)
        if place in places and CODEMOD_OF.get(finding.code) in ("handle-injection", "facade-import"):
            return Site(place, finding.code, CODEMOD_OF[finding.code])
    return None


def import_at(
    knowledge: Knowledge, unit: Unit, span: tuple[int, int, int, int]
) -> ast.Import | ast.ImportFrom | ast.alias | None:
    """The import statement, or the name of one, that stands exactly at a span."""
    lines = knowledge.once(("imports", unit.path), lambda: _imports_by_line(unit))
    found = lines.get(span[0], ())
    return next((node for node in found if unit.source.span(node).as_tuple() == span), None)


def _imports_by_line(unit: Unit) -> dict[int, list[ast.Import | ast.ImportFrom | ast.alias]]:
    found: dict[int, list[ast.Import | ast.ImportFrom | ast.alias]] = {}
    for item in unit.module.imports:
        found.setdefault(item.stmt.lineno, []).append(item.stmt)
        found.setdefault(item.alias.lineno, []).append(item.alias)
    return found


def nodes_of(knowledge: Knowledge, unit: Unit, span: tuple[int, int, int, int]) -> list[ast.AST]:
    """The nodes that stand exactly at a span, outermost first."""
    lines = knowledge.once(("lines", unit.path), lambda: _by_line(unit))
    return [node for node in lines.get(span[0], ()) if unit.source.span(node).as_tuple() == span]


def _by_line(unit: Unit) -> dict[int, list[ast.AST]]:
    """The statements, expressions and imported names of a file by the line in which they begin."""
    found: dict[int, list[ast.AST]] = {}
    for node in unit.module.within(unit.module.tree):
        if isinstance(node, ast.stmt | ast.expr | ast.alias):
            found.setdefault(node.lineno, []).append(node)
    return found
