"""Files that are no modules, and speak of a function: notebooks, stubs, entry points."""

from __future__ import annotations

from collections.abc import Iterator

from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.project import Unit


def other_files(knowledge: Knowledge, unit: Unit, name: str) -> Iterator[tuple[str, str]]:
    """Those that call a function of a file or say how it is called, by path, and what they do, in words."""
    for path in knowledge.files_with(name):
        shown = knowledge.shown(path)
        if path.endswith(".ipynb"):
            yield path, f"the notebook {shown} may call `{name}`"
        elif path == f"{unit.path}i":
            yield path, f"the stub {shown} declares `{name}`"
        elif path.endswith((".toml", ".cfg")) and _is_entry_point(knowledge, path, unit, name):
            yield path, f"{shown} makes `{name}` an entry point"


def _is_entry_point(knowledge: Knowledge, path: str, unit: Unit, name: str) -> bool:
    text = knowledge.migration.text(path).decode("utf-8", "replace").replace(" ", "")
    return f"{unit.info.module_name}:{name}" in text
