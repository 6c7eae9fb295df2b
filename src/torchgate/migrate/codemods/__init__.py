"""The codemods, one file each. ``ALL`` is in the order in which they get to speak of a finding."""

from __future__ import annotations

from torchgate.migrate.codemods import (
    default_device,
    facade_import,
    global_handle,
    handle_injection,
    helper_import,
    import_time_effect,
    local_import,
)
from torchgate.migrate.decisions import Codemod

ALL: tuple[Codemod, ...] = (
    default_device.CODEMOD,
    helper_import.CODEMOD,
    facade_import.CODEMOD,
    handle_injection.CODEMOD,
    local_import.CODEMOD,
    import_time_effect.CODEMOD,
    global_handle.CODEMOD,
)
