"""Attributes of torch that the project replaces: a test's patch, a write."""

from __future__ import annotations

import _ast as ast
import re

from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.project import Unit
from torchgate.semantics.values import Ref


def patched_at(knowledge: Knowledge, dotted: str) -> str | None:
    """Where the project sets or patches the attribute ``dotted`` of torch; None where it does not."""
    return knowledge.once(("patched", dotted), lambda: _find(knowledge, dotted))


def _find(knowledge: Knowledge, dotted: str) -> str | None:
    parent, _, name = dotted.rpartition(".")
    for unit in knowledge.units_with(name, "torch") if parent else ():
        for write in unit.module.writes:
            if write.name == name and isinstance(write.base, Ref) and write.base.dotted == parent:
                return knowledge.at(unit, write.node)
        if re.search(rf"\b{name}[\"']", unit.source.text):
            lexicon = knowledge.lexicon(unit)
            for node in lexicon.strings:
                if node in lexicon.annotations:
                    continue  # `x: "torch.Tensor"`
                if node.value == dotted or (node.value == name and _is_patch(unit, node, parent)):
                    return knowledge.at(unit, node)
    return None


def _is_patch(unit: Unit, node: ast.Constant, parent: str) -> bool:
    """``monkeypatch.setattr(torch, "zeros", fake)``, ``patch.object(torch, "zeros")``."""
    match unit.module.parent(node):
        case ast.Call(func=ast.Attribute(), args=[first, second, *_]) if second is node:
            return unit.module.dotted(first) == parent
    return False
