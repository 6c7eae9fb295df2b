"""The codemods. ``ALL`` is in the order in which they get to speak of a finding.

What decides is imported only where there is something to decide: that costs as much as linting twenty files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from torchgate.migrate.decisions import Codemod, Decision

if TYPE_CHECKING:
    from torchgate.migrate.project import Migration

# Ambient defaults to explicit placement.
DEFAULT_DEVICE = "default-device"
# Imports of helpers that nothing uses any more.
HELPER_IMPORT = "helper-import"
# What a module takes from a removed facade comes from its origin, or through the handle.
FACADE_IMPORT = "facade-import"
# Functions that use a torch that their module imported take the handle as a parameter.
HANDLE_INJECTION = "handle-injection"
# The import of a torch-bound module goes into the functions that hold the handle.
LOCAL_IMPORT = "local-import"
# An effect at the top level of a program moves into its main guard.
IMPORT_TIME_EFFECT = "import-time-effect"
# A global that holds the handle becomes the program's own.
GLOBAL_HANDLE = "global-handle"


def _default_device(migration: Migration) -> Iterator[Decision]:
    from torchgate.migrate.codemods.default_device import decide

    return decide(migration)


def _helper_import(migration: Migration) -> Iterator[Decision]:
    from torchgate.migrate.codemods.helper_import import decide

    return decide(migration)


def _facade_import(migration: Migration) -> Iterator[Decision]:
    from torchgate.migrate.handles.taken import decide

    return decide(migration, FACADE_IMPORT)


def _handle_injection(migration: Migration) -> Iterator[Decision]:
    from torchgate.migrate.handles.taken import decide

    return decide(migration, HANDLE_INJECTION)


def _local_import(migration: Migration) -> Iterator[Decision]:
    from torchgate.migrate.handles.local_imports import decide

    return decide(migration)


def _import_time_effect(migration: Migration) -> Iterator[Decision]:
    from torchgate.migrate.handles.effect_moves import decide

    return decide(migration, "TG204")


def _global_handle(migration: Migration) -> Iterator[Decision]:
    from torchgate.migrate.handles.effect_moves import decide

    return decide(migration, "TG205")


ALL: tuple[Codemod, ...] = (
    Codemod(DEFAULT_DEVICE, frozenset({"TG301", "TG302", "TG303", "TG305"}), _default_device),
    Codemod(HELPER_IMPORT, frozenset({"TG302"}), _helper_import),
    Codemod(FACADE_IMPORT, frozenset({"TG201"}), _facade_import),
    Codemod(HANDLE_INJECTION, frozenset({"TG101", "TG105"}), _handle_injection),
    Codemod(LOCAL_IMPORT, frozenset({"TG107"}), _local_import),
    Codemod(IMPORT_TIME_EFFECT, frozenset({"TG204"}), _import_time_effect),
    Codemod(GLOBAL_HANDLE, frozenset({"TG205"}), _global_handle),
)
