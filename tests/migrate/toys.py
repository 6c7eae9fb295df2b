"""Codemods that prove nothing, to try the machinery that carries out what real ones decide."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torchgate.migrate.changes import (
    AddKeyword,
    AddParameter,
    RemoveContexts,
    RemoveImportedNames,
    ReplaceStatement,
)
from torchgate.migrate.deciding import site_of
from torchgate.migrate.decisions import Codemod, Decision, Edit, Refused
from torchgate.migrate.project import Migration, Unit
from torchgate.migrate.refusals.reason import RefusalReason

FACTORIES = ("zeros", "ones", "empty")


def contexts(migration: Migration) -> Iterator[Decision]:
    """``with default_device(x):`` goes, and every factory in its body gets ``device=x``; a block that yields
    is refused."""
    for path, findings in migration.findings.items():
        unit = migration.unit(path)
        assert unit is not None
        for finding in findings:
            if finding.code != "TG302":
                continue
            for node in ast.walk(unit.module.tree):
                if isinstance(node, ast.With):
                    yield from _block(unit, node, finding, path)


def _block(unit: Unit, node: ast.With, finding, path: str) -> Iterator[Decision]:  # type: ignore[no-untyped-def]
    for index, item in enumerate(node.items):
        call = item.context_expr
        if not isinstance(call, ast.Call) or unit.source.span(call).as_tuple()[:2] != (
            finding.span.line,
            finding.span.column,
        ):
            continue
        site = site_of(path, finding, "toy-context")
        yields = [inner for inner in ast.walk(node) if isinstance(inner, ast.Yield)]
        if yields:
            place = unit.place(yields[0])
            yield Refused(site, RefusalReason.YIELD_IN_BLOCK, "`yield` stands in the block", place)
            continue
        value = unit.text(call.args[0])
        calls = [
            inner
            for statement in node.body
            for inner in ast.walk(statement)
            if isinstance(inner, ast.Call)
            and isinstance(inner.func, ast.Attribute)
            and inner.func.attr in FACTORIES
            and not any(keyword.arg == "device" for keyword in inner.keywords)
        ]
        changes = [AddKeyword(unit.place(inner), "device", value) for inner in calls]
        yield Edit(site, (RemoveContexts(unit.place(node), (index,)), *changes))


def imports(migration: Migration) -> Iterator[Decision]:
    """``from helpers import default_device`` goes where the file says the name nowhere else."""
    for path, findings in migration.findings.items():
        unit = migration.unit(path)
        assert unit is not None
        for finding in findings:
            for node in ast.walk(unit.module.tree):
                if not isinstance(node, ast.ImportFrom) or finding.code != "TG302":
                    continue
                if node.lineno != finding.span.line:
                    continue
                site = site_of(path, finding, "toy-import")
                if unit.source.text.count("default_device") > 1:
                    yield Refused(site, RefusalReason.PART_REFUSED, "the name is in use")
                else:
                    change = RemoveImportedNames(unit.place(node), ("default_device",))
                    yield Edit(site, (change,))


CONTEXTS = Codemod("toy-context", frozenset({"TG302"}), contexts)
IMPORTS = Codemod("toy-import", frozenset({"TG302"}), imports)
ALL = (IMPORTS, CONTEXTS)

__all__ = ["ALL", "CONTEXTS", "IMPORTS", "AddParameter", "ReplaceStatement"]
