"""Files that only this user's torchgate can have written: read, sealed, replaced whole.

A checked repository may hold anything under the cache's name: a link into the home directory, a pipe, another
user's file, a forgery. So nothing is followed, nothing but a regular file is opened for reading, and a file
counts only with a keyed hash that covers its folder, its name and its content.
"""

from __future__ import annotations

import os
import stat

try:
    from _blake2 import blake2b  # without the rest of hashlib, which takes longer to import than a run
except ImportError:
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MAGIC = b"torchgate cache 1\n"
MAX_BYTES = 256 * 1024 * 1024
_SEAL = 64  # hexadecimal digits
_FOLDER_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | _FLAGS | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS
_BY_DESCRIPTOR = os.open in os.supports_dir_fd and os.rename in os.supports_dir_fd
# A run that was killed while it wrote leaves its draft behind.
_DRAFT = ".draft"
_STALE_S = 3600


class NoCacheError(Exception):
    """There is no cache to read or write, with the reason."""


class Folder:
    """One cache folder, held open where the system can, so that no link can be slipped in under its name."""

    __slots__ = ("_handle", "path")

    def __init__(self, path: str, *, private: bool = False, within: Folder | None = None) -> None:
        """``path`` is absolute; ``private``: nobody else may write there; ``within``: the open folder around
        it.

        Raises:
            NoCacheError: it is not a folder of this user's.
        """
        self.path = path
        self._handle: int | None = None
        try:
            if _BY_DESCRIPTOR:
                name, above = (path, None) if within is None else (os.path.basename(path), within._handle)
                self._handle = os.open(name, _FOLDER_FLAGS, dir_fd=above)
                status = os.fstat(self._handle)
            else:
                status = os.lstat(path)
        except (OSError, ValueError) as error:
            raise NoCacheError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
        open_to_others = private and os.name == "posix" and status.st_mode & 0o022
        if not stat.S_ISDIR(status.st_mode) or not is_own(status) or open_to_others:
            self.close()
            raise NoCacheError(f"{path}: it is not a folder of this user's")

    def inner(self, name: str, *, create: bool) -> Folder:
        """A folder in this one; made where it is missing, with ``create``.

        Raises:
            NoCacheError: there is none, or it may not be used.
        """
        path = os.path.join(self.path, name)
        if create:
            try:
                if self._handle is not None and os.mkdir in os.supports_dir_fd:
                    os.mkdir(name, 0o700, dir_fd=self._handle)
                else:
                    os.mkdir(path, 0o700)
            except FileExistsError:
                pass
            except OSError as error:
                raise NoCacheError(f"{path}: {error.strerror or error}") from None
        return Folder(path, within=self)

    def close(self) -> None:
        """Let go of it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def read(self, name: str, secret: bytes) -> bytes:
        """What was written under ``name``.

        Raises:
            NoCacheError: nothing was, or what stands there was not written by ``write`` with this secret.
        """
        return self.read_dated(name, secret)[0]

    def read_dated(self, name: str, secret: bytes) -> tuple[bytes, float]:
        """The same, with the time at which it was written, or last marked as in use.

        Raises:
            NoCacheError: as for ``read``.
        """
        try:
            status, data = self.fetch(name)
        except OSError as error:
            raise NoCacheError(f"{name}: {error.strerror or error}") from None
        head = len(MAGIC) + _SEAL
        body = data[head + 1 :]
        if data[:head] != MAGIC + self._seal(name, body, secret):
            raise NoCacheError(f"{name}: it was not written by this user's torchgate for this folder")
        return body, status.st_mtime

    def fetch(self, name: str) -> tuple[os.stat_result, bytes]:
        """A regular file's status and content.

        Raises:
            OSError: it is none, or cannot be read.
        """
        handle = self._open(name, _READ)
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
                raise OSError(0, "it is no cache file")
            data = b""
            while more := os.read(handle, status.st_size + 1):
                data = data + more if data else more
            return status, data
        finally:
            os.close(handle)

    def size(self, name: str) -> int:
        """How many bytes a file has; none where there is no such file."""
        try:
            return self._status(name).st_size
        except OSError:
            return 0

    def written(self, name: str) -> float:
        """When a file was written, in seconds; 0 where there is none."""
        try:
            return self._status(name).st_mtime
        except OSError:
            return 0

    def mark_as_used(self, name: str) -> None:
        """Give a file the time of now, if that can be done."""
        try:
            if self._handle is not None and os.utime in os.supports_dir_fd:
                os.utime(name, dir_fd=self._handle, follow_symlinks=False)
        except OSError:
            return

    def _status(self, name: str) -> os.stat_result:
        if self._handle is not None:
            return os.stat(name, dir_fd=self._handle, follow_symlinks=False)
        return os.lstat(os.path.join(self.path, name))

    def write(self, name: str, body: bytes, secret: bytes) -> None:
        """Replace ``name``: a reader sees the old content or the new one. Not synced to the disk, since a
        file that a power cut tears has no valid seal.

        Raises:
            NoCacheError: it cannot be written.
        """
        try:
            self.place(name, b"".join((MAGIC, self._seal(name, body, secret), b"\n", body)))
        except OSError as error:
            raise NoCacheError(f"{self.path}: {error.strerror or error}") from None

    def place(self, name: str, data: bytes, *, replace: bool = True) -> None:
        """Write ``data`` under ``name``; unless ``replace``, only where nothing stands there.

        Raises:
            OSError: it cannot be written.
        """
        draft = f".{name}.{os.getpid()}{_DRAFT}" if replace else name
        try:
            handle = self._open(draft, _CREATE)
        except FileExistsError:
            if not replace:
                return
            self.remove(draft)  # of a process that had our number and was killed
            handle = self._open(draft, _CREATE)
        try:
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(handle, view) :]
            finally:
                os.close(handle)
            if replace:
                self._rename(draft, name)
        except BaseException:
            self.remove(draft)
            raise

    def clock(self) -> int:
        """The time of change that the folder's file system gives a file now, in nanoseconds: by its own
        clock, and long ago where it keeps no such time but repeats that of modification.

        Raises:
            NoCacheError: nothing can be written here.
        """
        name = f".clock.{os.getpid()}{_DRAFT}"
        try:
            self.remove(name)
            handle = self._open(name, _CREATE)
            try:
                if os.utime in os.supports_fd:
                    os.utime(handle, (0, 0))
                else:
                    os.utime(os.path.join(self.path, name), (0, 0))
                return os.fstat(handle).st_ctime_ns
            finally:
                os.close(handle)
                self.remove(name)
        except OSError as error:
            raise NoCacheError(f"{self.path}: {error.strerror or error}") from None

    def remove(self, name: str) -> None:
        """Delete a file of this folder, if that can be done."""
        try:
            if self._handle is not None:
                os.unlink(name, dir_fd=self._handle)
            else:
                os.unlink(os.path.join(self.path, name))
        except OSError:
            return

    def prune(self, kept: Iterable[tuple[str, int]], now: float, unused_s: float = 0) -> None:
        """Delete, for each suffix with its number, all but that many of the files last written, what was not
        written or used for ``unused_s`` (0: that does not count), and what killed runs left behind."""
        try:
            found = [(entry.stat(follow_symlinks=False).st_mtime, entry.name) for entry in self._scan()]
        except OSError:
            return
        found.sort(reverse=True)
        for suffix, number in kept:
            for _, name in [item for item in found if item[1].endswith(suffix)][number:]:
                self.remove(name)
        for written, name in found:
            limit = _STALE_S if name.endswith(_DRAFT) else unused_s
            if limit and abs(now - written) > limit:
                self.remove(name)

    def _scan(self) -> Iterable[os.DirEntry[str]]:
        if self._handle is not None and os.scandir in os.supports_fd:
            return list(os.scandir(self._handle))
        return list(os.scandir(self.path))

    def _open(self, name: str, flags: int) -> int:
        if self._handle is not None:
            return os.open(name, flags, 0o600, dir_fd=self._handle)
        path = os.path.join(self.path, name)
        if os.path.islink(path):
            raise OSError(0, "it is a link")
        return os.open(path, flags, 0o600)

    def _rename(self, old: str, new: str) -> None:
        if self._handle is not None:
            os.rename(old, new, src_dir_fd=self._handle, dst_dir_fd=self._handle)
        else:
            os.replace(os.path.join(self.path, old), os.path.join(self.path, new))

    def _seal(self, name: str, body: bytes, secret: bytes) -> bytes:
        where = os.fsencode(f"{self.path}\0{name}")
        seal = blake2b(len(where).to_bytes(8, "big") + where, key=secret, digest_size=_SEAL // 2)
        seal.update(body)
        return seal.hexdigest().encode()


def is_own(status: os.stat_result) -> bool:
    """Whether a file belongs to the user that runs this process; always so where there are no owners."""
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()


def digest(*parts: bytes) -> str:
    """A name for some content, by which nothing else can be meant."""
    state = blake2b(digest_size=20)
    for part in parts:
        if len(parts) > 1:
            state.update(len(part).to_bytes(8, "big"))
        state.update(part)
    return state.hexdigest()
