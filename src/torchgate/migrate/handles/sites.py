"""Findings and nodes: which codemod speaks of a code, and what stands at a finding's place."""

from __future__ import annotations

import _ast as ast

from torchgate.migrate.project import Unit

CODEMOD_OF = {
    "TG101": "handle-injection",
    "TG105": "handle-injection",
    "TG107": "local-import",
    "TG201": "facade-import",
    "TG204": "import-time-effect",
    "TG205": "global-handle",
}


def nodes_of(unit: Unit, span: tuple[int, int, int, int]) -> list[ast.AST]:
    """The nodes that stand exactly at a span, outermost first."""
    found: list[ast.AST] = []
    for node in unit.module.within(unit.module.tree):
        if getattr(node, "lineno", 0) == span[0] and unit.source.span(node).as_tuple() == span:
            found.append(node)
    return found
