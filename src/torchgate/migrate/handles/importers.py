"""Who in the project imports a module."""

from __future__ import annotations

from collections.abc import Iterator

from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.project import Unit
from torchgate.semantics.facts import Import


def importing_files(knowledge: Knowledge, module: str) -> Iterator[str]:
    """The Python files of the project that may import ``module``, or something below it, by their text."""
    for path in knowledge.files_with(module.rpartition(".")[2]):
        if path.endswith(".py"):
            imports = knowledge.imports_text(path)
            if imports is None or imports.asks_for(module):
                yield path


def project_imports(knowledge: Knowledge, module: str) -> Iterator[tuple[Unit, Import]]:
    """Every import in the project that imports ``module`` at run time, or something below it."""
    for path in importing_files(knowledge, module):
        unit = knowledge.migration.unit(path)
        if unit is not None:
            yield from ((unit, item) for item in imports_of(unit, module))


def imports_of(unit: Unit, module: str) -> Iterator[Import]:
    """The imports of a file that import ``module`` at run time, or something below it."""
    for item in unit.module.imports:
        if item.where.runs and (item.dotted == module or item.dotted.startswith(f"{module}.")):
            yield item
