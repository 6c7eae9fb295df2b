"""One file: its digest, whether it can be replaced, and the replacing."""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from torchgate.files.read import read_file
from torchgate.source import UnreadableError

# Replacing a folder's entry is durable once the folder is; Windows has no such thing.
_CAN_SYNC_FOLDERS = hasattr(os, "O_DIRECTORY")
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


# Of a file that was there when it was read.
GONE = "it is gone: somebody took it away while this run was at work"


def digest(data: bytes) -> str:
    """What tells one content from another."""
    from hashlib import sha256  # loads OpenSSL

    return sha256(data).hexdigest()


def digest_of(path: str) -> str | None:
    """The digest of a file; None where there is none, or none that can be read."""
    try:
        return digest(read_file(path))
    except (OSError, UnreadableError):
        return None


def obstacle(path: str) -> str | None:
    """Why a file cannot be replaced; None where it can."""
    target = os.path.realpath(path)
    try:
        status = os.stat(target)
    except (FileNotFoundError, NotADirectoryError):
        return GONE
    except OSError as error:
        return (error.strerror or str(error)).lower()
    if not stat.S_ISREG(status.st_mode):
        return "it is no regular file"
    # The owner's bit, not what this process may do: root may do everything.
    if not status.st_mode & stat.S_IWUSR or not os.access(target, os.W_OK):
        return "it is read-only"
    if not os.access(os.path.dirname(target), os.W_OK | os.X_OK):
        return "its folder is read-only"
    if status.st_nlink > 1:
        return f"it has {status.st_nlink} hard links, which replacing it would part"
    return None


def prepare(target: str, data: bytes, path: str) -> None:
    """Write ``data`` durably to ``path``, which stands beside ``target`` and gets its mode.

    Raises:
        OSError: it cannot be written; nothing is left of it then.
    """
    create(path, data)
    try:
        _copy_owner_and_mode(target, path)
    except BaseException:
        remove(path)
        raise


def create(path: str, data: bytes) -> None:
    """Write a new file durably, in the place of one of that name.

    Raises:
        OSError: it cannot be written; nothing is left of it then.
    """
    remove(path)
    handle = os.open(path, _NEW_FILE, 0o600)
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        finally:
            os.close(handle)
    except BaseException:
        remove(path)
        raise


def _copy_owner_and_mode(target: str, path: str) -> None:
    try:
        status = os.stat(target)
    except FileNotFoundError:
        return
    if hasattr(os, "chown"):
        own = os.stat(path)
        if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
            # Somebody else's file in a folder of ours becomes ours, as with every editor.
            with suppress(PermissionError):
                os.chown(path, status.st_uid, status.st_gid)
    os.chmod(path, stat.S_IMODE(status.st_mode))


def swap(prepared: str, target: str) -> None:
    """Put a prepared file in the place of ``target``, at once and for good."""
    os.replace(prepared, target)
    sync_folder(os.path.dirname(target))


def write_whole(target: str, data: bytes, beside: str) -> None:
    """Prepare and swap."""
    prepare(target, data, beside)
    try:
        swap(beside, target)
    except BaseException:
        remove(beside)
        raise


def remove(path: str) -> None:
    """Take a file away that may be gone already."""
    with suppress(FileNotFoundError):
        os.unlink(path)


def sync_folder(folder: str) -> None:
    """Make a folder's entries durable, where that is possible."""
    if not _CAN_SYNC_FOLDERS:
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # some network file systems have no such operation
            os.fsync(handle)
    finally:
        os.close(handle)
