"""What a file may load by a name that is no import statement's: by a loader, or in text that it runs."""

from __future__ import annotations

import _ast as ast
import re
from collections.abc import Iterator

from torchgate.lint.imports import RUNNERS
from torchgate.migrate import lookups
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.project import Unit
from torchgate.semantics.values import Ref

# Words of which whoever loads a module by its name has one.
WORDS = ("import_module", "__import__", "__lazy_import__", "resolve_name", "run_module")


def loads(knowledge: Knowledge, unit: Unit, module: str, name: str) -> Iterator[tuple[ast.AST, str]]:
    """Where a file may load ``module`` or its ``name``, and how, in words."""
    for node, dotted, open_ended in knowledge.once(
        ("loads", unit.path), lambda: list(lookups.loads(unit.module))
    ):
        at = f"{knowledge.shown(unit.path)}:{node.lineno}"
        if _is_loaded(dotted, module, name, open_ended=open_ended):
            how = f"may load any module of `{dotted}`" if open_ended else f"loads `{dotted}` by its name"
            yield node, f"{at} {how}"


def may_load(knowledge: Knowledge, path: str, module: str, name: str) -> bool:
    """Whether a file may have such a place, as far as the process tells that has read it."""
    leads = knowledge.migration.leads.get(path)
    return leads is None or any(
        _is_loaded(dotted, module, name, open_ended=open_ended) for dotted, open_ended in leads.loads
    )


def _is_loaded(dotted: str, module: str, name: str, *, open_ended: bool) -> bool:
    return module.startswith(f"{dotted}.") if open_ended else dotted in (module, f"{module}.{name}")


def runs(knowledge: Knowledge, unit: Unit, module: str, name: str) -> Iterator[tuple[ast.AST, str]]:
    """Where a file runs text that speaks of the name and its module, and how, in words."""
    words = [rf"(?<!\w){re.escape(word)}(?!\w)" for word in (name, module)]
    for node, text in knowledge.once(("runs", unit.path), lambda: list(_texts(unit))):
        if all(re.search(word, text) for word in words):
            yield node, f"{knowledge.shown(unit.path)}:{node.lineno} runs a text that may use `{name}`"


def _texts(unit: Unit) -> Iterator[tuple[ast.expr, str]]:
    for call in unit.module.calls:
        if isinstance(call.callee, Ref) and call.callee.dotted in RUNNERS:
            text = unit.module.text(call.argument(0, "source"))
            if text is not None:
                yield call.node, text
