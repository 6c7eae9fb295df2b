"""All Python files of a project, without opening one."""

from __future__ import annotations

import os

from torchgate.cache.replay import signature
from torchgate.cache.sealed import digest
from torchgate.config_roots import source_folders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.config import Config


def tree_state(config: Config) -> tuple[str, int]:
    """A text that changes when a file in one of the ``src`` roots does, or comes or goes, and when one of
    them last changed, in nanoseconds: the text counts only where they are at rest."""
    parts: dict[bytes, bytes] = {}
    newest_ns = 0
    for root in config.src:
        for folder, folders, files in os.walk(root):
            folders[:] = source_folders(folder, folders, config.lint.exclude)
            for name in files:
                if name.endswith(".py"):
                    path = f"{folder}/{name}"
                    try:
                        status = os.stat(path)
                    except OSError:
                        parts[os.fsencode(path)] = b""
                        continue
                    parts[os.fsencode(path)] = signature(status).encode()
                    newest_ns = max(newest_ns, status.st_ctime_ns)
    return digest(*(part for item in sorted(parts.items()) for part in item)), newest_ns
