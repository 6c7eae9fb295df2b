"""What a file may load by a name that is no import statement's: by a loader, or in text that it runs."""

from __future__ import annotations

import _ast as ast
import re
from collections.abc import Iterator

from torchgate.lint.imports import PROBES, RUNNERS, anchor, dynamic_imports
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.project import Unit
from torchgate.semantics.values import Ref

# Words of which whoever loads a module by its name has one.
WORDS = ("import_module", "__import__", "resolve_name", "run_module")


def loads(knowledge: Knowledge, unit: Unit, module: str, name: str) -> Iterator[tuple[ast.AST, str]]:
    """Where a file may load ``module`` or its ``name``, and how, in words."""
    for node, dotted, open_ended in knowledge.once(("loads", unit.path), lambda: list(_loads(unit))):
        at = f"{knowledge.shown(unit.path)}:{node.lineno}"
        if open_ended and module.startswith(f"{dotted}."):
            yield node, f"{at} may load any module of `{dotted}`"
        elif not open_ended and dotted in (module, f"{module}.{name}"):
            yield node, f"{at} loads `{dotted}` by its name"


def _loads(unit: Unit) -> Iterator[tuple[ast.expr, str, bool]]:
    """What is named, and whether that is only the package of what is loaded."""
    module = unit.module
    for load in dynamic_imports(module):
        if load.kind != PROBES:
            yield load.node, load.dotted, load.open_ended
    for call in module.calls:
        if isinstance(call.callee, Ref) and call.callee.dotted == "importlib.import_module":
            package = anchor(module, call.argument(1, "package"))
            if package and module.text(call.argument(0, "name")) is None:
                yield call.node, package, True


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
