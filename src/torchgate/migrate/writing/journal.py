"""The record of a migration that is under way, so that the next run can finish what was interrupted.

It is a folder at the project's root. Its ``journal.json`` appears only when everything that the migration
needs lies in the folder, durably, and before the first file is touched; it goes when the last file is done.
So a folder without it means that nothing was written, and one with it that everything can be.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from torchgate.config_load import is_below, relative_to
from torchgate.migrate.writing.files import create, digest, digest_of, remove, sync_folder, write_whole

FOLDER = ".torchgate_migrate"
_JOURNAL = "journal.json"
_LOCK = "lock"
_IGNORE = ".gitignore"
_TEMPORARY = "temporary.json"
_TRIES = 5
VERSION = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its path from the root, its digests, and the names of its contents in the folder."""

    path: str
    old: str
    new: str
    content: str
    before: str


@dataclass(frozen=True, slots=True)
class Group:
    """Files that change together."""

    entries: tuple[Entry, ...]


class BusyError(Exception):
    """Another process migrates this project."""


class DamagedError(Exception):
    """The folder is there and cannot be understood."""


class Journal:
    """The folder of one project; use it as a context, which locks it."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.folder = os.path.join(root, FOLDER)
        self._lock: int | None = None

    def exists(self) -> bool:
        """Whether a migration is under way, or was interrupted."""
        return os.path.lexists(self.folder)

    def __enter__(self) -> Journal:
        """Lock it.

        Raises:
            BusyError: another process has it.
            OSError: the folder cannot be made.
        """
        if os.path.islink(self.folder):
            raise DamagedError(f"{self.folder} is a symbolic link")
        for _ in range(_TRIES):
            with suppress(FileExistsError):
                os.mkdir(self.folder)
            try:
                handle = os.open(os.path.join(self.folder, _LOCK), os.O_RDWR | os.O_CREAT, 0o600)
            except FileNotFoundError:
                continue  # the process that had it has just taken it away
            except OSError:
                with suppress(OSError):
                    os.rmdir(self.folder)  # only where nothing is in it
                raise
            if not _lock(handle):
                os.close(handle)
                raise BusyError(self.folder)
            if self._is_there(handle):
                self._lock = handle
                return self
            os.close(handle)
        raise BusyError(self.folder)

    def _is_there(self, handle: int) -> bool:
        """Whether the file that was locked is still the one with its name."""
        try:
            return os.path.samestat(os.fstat(handle), os.stat(os.path.join(self.folder, _LOCK)))
        except FileNotFoundError:
            return False

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # Reading.

    def read(self) -> list[Group] | None:
        """What is recorded; None where nothing was written yet.

        Raises:
            DamagedError: it cannot be understood.
        """
        try:
            with open(os.path.join(self.folder, _JOURNAL), encoding="utf-8") as file:
                document = json.load(file)
            if document["version"] != VERSION:
                raise DamagedError(f"{self.folder} was written by another version of torchgate")
            return [Group(tuple(Entry(**entry) for entry in group)) for group in document["groups"]]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise DamagedError(f"{self.folder} cannot be read: {error}") from None

    def target(self, entry: Entry) -> str:
        """The file of an entry.

        Raises:
            DamagedError: it lies outside the project: no repository may have another file written.
        """
        path = os.path.normpath(os.path.join(self.root, entry.path))
        if not is_below(os.path.realpath(path), os.path.realpath(self.root)):
            raise DamagedError(f"{self.folder} names a file outside of the project: {entry.path}")
        return os.path.realpath(path)

    def content(self, name: str, wanted: str) -> bytes:
        """A content that the folder keeps.

        Raises:
            DamagedError: it is not what the journal says.
        """
        try:
            with open(os.path.join(self.folder, os.path.basename(name)), "rb") as file:
                data = file.read()
        except OSError as error:
            raise DamagedError(f"{self.folder}: {name}: {error.strerror}") from None
        if digest(data) != wanted:
            raise DamagedError(f"{self.folder}: {name} is not what the journal says")
        return data

    # Writing.

    def keep(self, name: str, data: bytes) -> None:
        """Put a content into the folder, durably."""
        create(os.path.join(self.folder, name), data)

    def announce(self, paths: list[str]) -> None:
        """Note the files that are about to be made outside of the folder."""
        names = [relative_to(path, os.path.realpath(self.root)) for path in paths]
        self.keep(_TEMPORARY, json.dumps(names).encode())

    def sweep(self) -> None:
        """Remove what was announced, wherever the run that made it was stopped."""
        try:
            with open(os.path.join(self.folder, _TEMPORARY), encoding="utf-8") as file:
                names = json.load(file)
        except (OSError, ValueError):
            return  # it is written before any of them is made
        for name in names if isinstance(names, list) else ():
            path = os.path.normpath(os.path.join(self.root, str(name)))
            inside = is_below(os.path.realpath(path), os.path.realpath(self.root))
            if inside and is_temporary(os.path.basename(path)):
                remove(path)

    def commit(self, groups: list[Group]) -> None:
        """Record ``groups``: from here on the migration can be finished."""
        if not os.path.exists(os.path.join(self.folder, _IGNORE)):
            self.keep(_IGNORE, b"*\n")
        document: dict[str, Any] = {"version": VERSION, "groups": [_fields(group) for group in groups]}
        data = json.dumps(document, indent=1).encode()
        path = os.path.join(self.folder, _JOURNAL)
        write_whole(path, data, f"{path}.tmp")

    def clear(self) -> None:
        """Take everything away, the record first; keeps the lock until the folder is gone."""
        remove(os.path.join(self.folder, _JOURNAL))
        sync_folder(self.folder)
        for name in os.listdir(self.folder):
            if name != _LOCK:
                remove(os.path.join(self.folder, name))
        if os.name == "nt":
            self.__exit__()  # an open file cannot be removed there
        remove(os.path.join(self.folder, _LOCK))
        try:
            os.rmdir(self.folder)
        except OSError:
            return  # another process is already making its own


def temporary(root: str, number: int) -> str:
    """The name of a file beside the one that it will replace. Short, since names may be near the longest
    already; with the project, since two of them may lie in each other."""
    return f".torchgate-{digest(os.path.realpath(root).encode('utf-8', 'surrogateescape'))[:8]}-{number}.tmp"


def is_temporary(name: str) -> bool:
    """Whether a file is called as ``temporary`` calls it."""
    return name.startswith(".torchgate-") and name.endswith(".tmp")


def _fields(group: Group) -> list[dict[str, str]]:
    return [
        {
            "path": entry.path,
            "old": entry.old,
            "new": entry.new,
            "content": entry.content,
            "before": entry.before,
        }
        for entry in group.entries
    ]


def _lock(handle: int) -> bool:
    """Take the lock, which the system gives back when the process ends, however it ends."""
    try:
        import fcntl
    except ImportError:
        return _lock_on_windows(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks: as before there were any
    return True


def _lock_on_windows(handle: int) -> bool:
    import msvcrt

    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
    except OSError:
        return False
    return True


def state(journal: Journal, entry: Entry) -> str:
    """``"old"``, ``"new"``, or ``"other"`` where somebody changed the file since."""
    found = digest_of(journal.target(entry))
    if found == entry.new:
        return "new"
    return "old" if found == entry.old else "other"
