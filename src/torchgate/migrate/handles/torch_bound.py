"""Modules that need torch while they are imported: the configuration line to add, and who imports them."""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterator

from torchgate.config import FileInfo
from torchgate.config_load import file_info
from torchgate.migrate.handles.denied import Denied
from torchgate.migrate.handles.holders import held
from torchgate.migrate.handles.importers import importing_files, imports_of
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.project import Unit
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.values import IMPORT, Ref

_SHOWN = 6


def needs_torch_at_import(knowledge: Knowledge, unit: Unit) -> Denied | None:
    """A base class, a constant, a decorator of torch: the first place at which it is needed for certain.
    Annotations are not; what the linter cannot tell is looked at later."""
    if unit.info.is_entry or not any(map(unit.module.is_guarded, unit.module.config.gated_packages)):
        return None
    statement = next(needing_torch(unit), None)
    return None if statement is None else at_import_time(knowledge, unit, statement)


def needing_torch(unit: Unit) -> Iterator[ast.stmt]:
    """The statements that certainly need torch while the module is imported."""
    for reference in unit.module.references:
        where, value = reference.where, reference.value
        certain = where.import_time and where.runs and not where.annotation
        if certain and isinstance(value, Ref) and value.package == "torch" and value.via == IMPORT:
            yield reference.stmt


def at_import_time(knowledge: Knowledge, unit: Unit, statement: ast.stmt) -> Denied:
    """The refusal of a module that needs torch at a statement, while it is imported."""
    decorator = _decorator_needing_torch(unit, statement)
    what = f"@{unit.text(decorator)}" if decorator is not None else unit.text(statement)
    what, line = what.partition("\n")[0], (decorator or statement).lineno
    what = what if len(what) <= 70 else f"{what[:67]}..."
    cure = knowledge.once(("torch-bound", unit.path), lambda: torch_bound_line(knowledge, unit))
    detail = f"line {line}, `{what}`, needs torch while the module is imported; {cure}"
    return Denied(R.TORCH_AT_IMPORT_TIME, detail, unit.place(statement))


def _decorator_needing_torch(unit: Unit, statement: ast.stmt) -> ast.expr | None:
    """The decorator because of which a definition, whose own line is the one below it, needs torch."""
    for decorator in getattr(statement, "decorator_list", ()):
        for node in unit.module.within(decorator):
            value = unit.module.value(node) if isinstance(node, ast.Name | ast.Attribute) else None
            if isinstance(value, Ref) and value.package == "torch":
                found: ast.expr = decorator
                return found
    return None


def torch_bound_line(knowledge: Knowledge, unit: Unit) -> str:
    """What to do with a module that needs torch at import: the line, and the importers to move."""
    name = unit.info.module_name
    if unit.info.is_test:
        return "move it into the tests, which get torch from the fixture `torch_handle`"
    if not name:
        return "the file lies in no `src` root, so it has no module name to list under `torch-bound-modules`"
    if not all(part.isidentifier() for part in name.split(".")):
        folder = knowledge.shown(unit.path).rpartition("/")[0]
        return (
            f"`{name}` is no name of a module that could be imported or listed; if it is imported under "
            f"another name, its root is missing in `src` (`{folder}`, say)"
        )
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
    """The places that import a module at run time and hold no handle there."""
    found: dict[str, None] = {}
    for path in importing_files(knowledge, module):
        info = file_info(knowledge.config, path)
        if not (info.is_test or info.is_torch_bound or info.is_runtime or info.module_name == module):
            found.update(dict.fromkeys(_places(knowledge, path, info, module)))
    return list(found)


def _places(knowledge: Knowledge, path: str, info: FileInfo, module: str) -> Iterator[str]:
    lines = None if info.is_entry else _lines(knowledge, path, module)
    if lines is not None:
        yield from (f"{knowledge.shown(path)}:{line}" for line in lines)
        return
    unit = knowledge.migration.unit(path)
    for item in imports_of(unit, module) if unit is not None else ():
        assert unit is not None
        outside = item.where.function is None and not info.is_entry and not item.where.main_guard
        if outside or held(knowledge, unit, knowledge.lexicon(unit).locations[item.stmt]) is None:
            yield knowledge.at(unit, item.stmt)


def _lines(knowledge: Knowledge, path: str, module: str) -> list[int] | None:
    """The lines that import a module, or something below it, where all of them run in any case; None where
    the file has to be read for it."""
    leads = knowledge.migration.leads.get(path)
    if leads is None:
        imports = knowledge.imports_text(path)
        return imports.top_lines(module) if imports is not None and knowledge.is_readable(path) else None
    found = [(line, late) for name, line, late in leads.running if f"{name}.".startswith(f"{module}.")]
    return None if any(late for _, late in found) else [line for line, _ in found]
