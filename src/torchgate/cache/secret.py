"""The user's secret, which tells a cache of one's own from one that a repository brings along."""

from __future__ import annotations

import os
import sys

from torchgate.cache.sealed import Folder, NoCacheError, is_own

NAME = "cache-secret"
LENGTH = 32


def secret_for(project: str, *, create: bool) -> bytes:
    """The secret, which must lie outside ``project`` (absolute); made where there is none, with ``create``.

    Raises:
        NoCacheError: there is none to rely on.
    """
    path = user_folder()
    if _is_in(path, project):
        raise NoCacheError(f"{path}: the user's cache folder lies inside the project")
    if create:
        try:
            os.makedirs(path, 0o700, exist_ok=True)
        except OSError as error:
            raise NoCacheError(f"{path}: {error.strerror or error}") from None
    folder = Folder(path, private=True)
    try:
        return _read(folder) or (_make(folder) if create else b"") or _refuse("the user has no secret yet")
    finally:
        folder.close()


def user_folder() -> str:
    """The folder in which this user's programs keep what they can make anew.

    Raises:
        NoCacheError: the user has none.
    """
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
        base = base if os.path.isabs(base) else os.path.join(home, ".cache")
    if not os.path.isabs(base):
        raise NoCacheError("the user has no home directory")
    return os.path.join(base, "torchgate")


def _is_in(path: str, project: str) -> bool:
    """Whether a checked repository may have brought ``path`` along: it lies in its work tree."""
    top = folder = os.path.realpath(project)
    while True:
        if os.path.lexists(os.path.join(folder, ".git")):
            top = folder
            break
        parent = os.path.dirname(folder)
        if parent == folder:
            break
        folder = parent
    real = os.path.realpath(path)
    return real == top or real.startswith(os.path.join(top, ""))


def _read(folder: Folder) -> bytes | None:
    try:
        status, data = folder.fetch(NAME)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NoCacheError(f"the user's secret: {error.strerror or error}") from None
    open_to_others = os.name == "posix" and status.st_mode & 0o077
    if not is_own(status) or open_to_others:
        raise NoCacheError("the user's secret is not this user's alone")
    return data if len(data) == LENGTH else None


def _make(folder: Folder) -> bytes | None:
    """A new secret. Of two runs that make one at a time the later wins, and the other's cache is void."""
    try:
        folder.place(NAME, os.urandom(LENGTH))
    except OSError as error:
        raise NoCacheError(f"{folder.path}: {error.strerror or error}") from None
    return _read(folder)


def _refuse(reason: str) -> bytes:
    raise NoCacheError(reason)
