"""Where a cache lies, and that nothing is ever written through a link that leads elsewhere."""

from __future__ import annotations

import os

from torchgate.cache.sealed import Folder, NoCacheError

NAME = ".torchgate_cache"
_TAG = b"""Signature: 8a477f597d28d172789f06886806bc55
# This folder holds what torchgate keeps between runs. It can be deleted at any time.
# See https://bford.info/cachedir/
"""


def folder_path(asked: str | None, project: str, cwd: str) -> str:
    """The cache folder: what an option (``asked``) or TORCHGATE_CACHE_DIR names, else the project's own."""
    named = asked or os.environ.get("TORCHGATE_CACHE_DIR")
    return os.path.normpath(os.path.join(cwd, named)) if named else os.path.join(project, NAME)


def open_folder(path: str, project: str, *, create: bool) -> Folder:
    """The cache folder at ``path`` of a project (both absolute); made where it is missing, with ``create``.

    Raises:
        NoCacheError: there is none, or it may not be used.
    """
    real, top = os.path.realpath(path), os.path.realpath(project)
    if _is_below(path, project) and not _is_below(real, top):
        raise NoCacheError(f"{path}: it leads out of the project")
    if not create:
        return Folder(path)
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise NoCacheError(f"{path}: {error.strerror or error}") from None
    folder = Folder(path)
    try:
        folder.place(".gitignore", b"*\n", replace=False)
        folder.place("CACHEDIR.TAG", _TAG, replace=False)
    except OSError as error:
        folder.close()
        raise NoCacheError(f"{path}: {error.strerror or error}") from None
    return folder


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(os.path.join(folder, ""))
