"""Who in the project imports a module."""

from __future__ import annotations

from collections.abc import Iterator

from torchgate.config_load import file_info
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.project import Unit
from torchgate.semantics.facts import Import


def importing_files(knowledge: Knowledge, module: str) -> Iterator[str]:
    """The Python files of the project that may import ``module``, or something below it, by their text."""
    for path in _files_near(knowledge, module):
        if path.endswith(".py") and _asks_for(knowledge, path, module):
            yield path


def _asks_for(knowledge: Knowledge, path: str, module: str) -> bool:
    leads = knowledge.migration.leads.get(path)
    if leads is not None:
        return module in leads.asked
    imports = knowledge.imports_text(path)
    return imports is None or imports.asks_for(module)


def _files_near(knowledge: Knowledge, module: str) -> list[str]:
    """The files that may name a module: by its last part, or from inside a package as `.`."""
    near = knowledge.files_with(module.rpartition(".")[2])
    path = knowledge.project.find(module)
    if path is None or not path.endswith("/__init__.py"):
        return near
    others = set(knowledge.files_with("from", "import")).difference(near)
    return sorted([*near, *(other for other in others if _is_inside(knowledge, other, module))])


def _is_inside(knowledge: Knowledge, path: str, package: str) -> bool:
    return file_info(knowledge.config, path).module_name.startswith(f"{package}.")


def project_imports(knowledge: Knowledge, module: str) -> Iterator[tuple[Unit, Import]]:
    """Every import in the project that imports ``module`` at run time, or something below it."""
    for path in importing_files(knowledge, module):
        unit = knowledge.migration.unit(path)
        if unit is not None:
            yield from ((unit, item) for item in imports_of(unit, module))


def star_imports_of(knowledge: Knowledge, module: str) -> Iterator[tuple[Unit, Import]]:
    """Every `from module import *` in the project that runs."""
    for path in importing_files(knowledge, module):
        told = knowledge.migration.leads.get(path) or knowledge.imports_text(path)
        if told is not None and not told.has_star:
            continue
        unit = knowledge.migration.unit(path)
        if unit is not None:
            items = (item for item in imports_of(unit, module) if item.star and item.module == module)
            yield from ((unit, item) for item in items)


def imports_of(unit: Unit, module: str) -> Iterator[Import]:
    """The imports of a file that import ``module`` at run time, or something below it."""
    for item in unit.module.imports:
        if item.where.runs and (item.dotted == module or item.dotted.startswith(f"{module}.")):
            yield item
