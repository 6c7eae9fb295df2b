"""local-import: the import of a torch-bound module goes into the functions that hold the handle."""

from __future__ import annotations

from torchgate.migrate.decisions import Codemod
from torchgate.migrate.handles.local_imports import decide

NAME = "local-import"
CODEMOD = Codemod(NAME, frozenset({"TG107"}), decide)
