"""Modules that need torch while they are imported: the configuration line to add, and who imports them."""

from __future__ import annotations

from torchgate.migrate.handles.holders import held
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.references import project_imports
from torchgate.migrate.project import Unit

_SHOWN = 6


def torch_bound_line(knowledge: Knowledge, unit: Unit) -> str:
    """What to do with a module that needs torch at import: the line, and the importers to move."""
    name = unit.info.module_name
    if unit.info.is_test:
        return "move it into the tests, which get torch from the fixture `torch_handle`"
    if not name:
        return "the file lies in no `src` root, so it has no module name to list under `torch-bound-modules`"
    listed = [*knowledge.config.torch_bound_modules, name]
    line = _line(listed)
    importers = _importers(knowledge, name)
    if not importers:
        return f"add `{line}`; nothing in the project imports it outside functions that hold the handle"
    more = f" and {len(importers) - _SHOWN} more" if len(importers) > _SHOWN else ""
    return (
        f"add `{line}`, and move these imports into functions that hold the handle: "
        + ", ".join(importers[:_SHOWN])
        + more
    )


def _line(names: list[str]) -> str:
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"torch-bound-modules = [{quoted}]"


def _importers(knowledge: Knowledge, module: str) -> list[str]:
    found: dict[str, None] = {}
    for unit, item in project_imports(knowledge, module):
        info = unit.info
        if info.is_test or info.is_torch_bound or info.is_runtime or info.module_name == module:
            continue
        location = knowledge.lexicon(unit).locations[item.stmt]
        if held(knowledge, unit, location) is None:
            found[knowledge.at(unit, item.stmt)] = None
    return list(found)
