"""Programs that may start processes which load their file again, under another name than ``__main__``."""

from __future__ import annotations

import re

from torchgate.migrate.changes import Place
from torchgate.migrate.handles.denied import Denied
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.project import Unit
from torchgate.migrate.refusals.reason import RefusalReason as R

# What starts processes that import the program's file, unless they are forked: what the file does at its top
# level they do as well, and what stands under its main guard they do not.
_STARTERS = ("multiprocessing", "ProcessPoolExecutor", "num_workers", "joblib", "loky")


def loads_again(knowledge: Knowledge, unit: Unit) -> Denied | None:
    """Whether the program, or a project module that it imports, may start such processes."""
    own = unit.info.module_name
    for word in _STARTERS:
        for path in knowledge.files_with(word):
            other = knowledge.migration.unit(path) if path.endswith(".py") else None
            if other is None:
                continue
            if path == unit.path or knowledge.project.reaches(own, other.info.module_name):
                found = re.search(rf"\b{word}\b", other.source.text)
                line = other.source.text.count("\n", 0, found.start()) + 1 if found is not None else 1
                detail = (
                    f"{knowledge.shown(path)}:{line} (`{word}`) may start processes that load this file too, "
                    "and have the effect with it"
                )
                return Denied(R.EFFECT_ORDER, detail, Place(path, line, 1, line, 1))
    return None
