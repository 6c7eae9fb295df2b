"""The part of a cache in which files have entries of their own: read and written by many processes at a time,
each for itself. A fault of any kind means that nothing is kept, never that a run fails."""

from __future__ import annotations

import sys
import time

from torchgate.cache.evidence import is_settled
from torchgate.cache.identity import own_state, refuse_if_changed, tool_digest
from torchgate.cache.place import folder_path, open_folder
from torchgate.cache.sealed import NoCacheError
from torchgate.cache.secret import secret_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from torchgate.cache.sealed import Folder

_TOOL = "tool"
_PRUNED = "pruned"
_DAY_S = 24 * 3600
# What no run has used for so long belongs to a file that is gone, or to another Python.
_UNUSED_S = 30 * _DAY_S


class Drawer:
    """One project's entries under ``name`` in its cache folder."""

    def __init__(self, name: str, project: str, asked: str | None, cwd: str, started_ns: int) -> None:
        """``asked`` is the folder of an option; ``started_ns`` when the process began, before it looked at
        anything."""
        self.started_ns = started_ns
        self.say: Callable[[str], None] = lambda text: None
        self._name = name
        self._project = project
        self._path = folder_path(asked, project, cwd)
        self._folder: Folder | None = None
        self._secret = b""
        self._state = self._tool = ""
        self._is_writing = False
        self._is_closed = False
        # How much of torchgate was loaded when its source was last seen to be what was loaded.
        self._loaded = 0

    def open(self, *, create: bool = False) -> None:
        """Open the folder, if there is one; ``create``: make it. The secret is made in any case, before
        flake8 starts processes: if each made one, it would void what the others keep.

        Raises:
            NoCacheError: there is none, or it may not be used.
        """
        try:
            self._secret = secret_for(self._project, create=False)
        except NoCacheError:
            self._secret = secret_for(self._project, create=True)
        outer = open_folder(self._path, self._project, create=create)
        try:
            self._folder = outer.inner(self._name, create=create)
        finally:
            outer.close()

    def read(self, name: str) -> bytes | None:
        """What was written under a name, by any process."""
        if self._folder is None:
            return None
        try:
            body, written = self._folder.read_dated(name, self._secret)
        except NoCacheError:
            return None
        if abs(time.time() - written) > _DAY_S:
            self._folder.mark_as_used(name)
        return body

    def read_beside(self, name: str, most: int) -> bytes | None:
        """A file of the cache folder itself, where it has no more than so many bytes."""
        try:
            outer = open_folder(self._path, self._project, create=False)
        except NoCacheError:
            return None
        try:
            return outer.read(name, self._secret) if self._secret and outer.size(name) <= most else None
        except NoCacheError:
            return None
        finally:
            outer.close()

    def write(self, name: str, body: bytes) -> None:
        """Write under a name; ``start_writing`` comes before it."""
        if self._folder is None or self._is_closed:
            return
        try:
            self._refuse_if_mixed()
            self._folder.write(name, body, self._secret)
        except NoCacheError as reason:
            self._give_up(reason)

    def start_writing(self) -> int | None:
        """Since when a file must not have changed for its signature to count, by the file system's clock;
        None where nothing can be written."""
        if not self._is_writing and not self._is_closed:
            try:
                if self._folder is None:
                    self.open(create=True)
                assert self._folder is not None
                self.started_ns += min(0, self._folder.clock() - time.time_ns())
                self._is_writing = True
                self._tidy(self._folder)
                self._remember_tool(self._folder)
            except NoCacheError as reason:
                self._give_up(reason)
        return None if self._is_closed else self.started_ns

    def tool(self) -> str:
        """``tool_digest``, without reading all of torchgate where its files are as they were.

        Raises:
            NoCacheError: its source cannot be read.
        """
        if not self._tool:
            self._state = own_state()[0]
            state, _, found = (self.read(_TOOL) or b"").partition(b" ")
            if found and state == self._state.encode():
                self._tool = found.decode("ascii")
            else:
                self._tool = tool_digest()
                if self._folder is not None:
                    self.start_writing()  # so that the next run finds it
        return self._tool

    def _remember_tool(self, folder: Folder) -> None:
        tool = self.tool()
        state, newest_ns = own_state()
        # What was read for the digest lies between two looks at the same files, none of which is new.
        if state != self._state or not is_settled(newest_ns, self.started_ns):
            return
        line = f"{state} {tool}".encode("ascii")
        if self.read(_TOOL) != line:
            folder.write(_TOOL, line, self._secret)

    def _tidy(self, folder: Folder) -> None:
        now = time.time()
        if abs(now - folder.written(_PRUNED)) > _DAY_S:
            folder.prune((), now, unused_s=_UNUSED_S)
            folder.write(_PRUNED, b"", self._secret)

    def _refuse_if_mixed(self) -> None:
        """What was loaded of torchgate must be what stands on the disk, whose digest counts for it. Only what
        is loaded later can be something else."""
        if len(sys.modules) != self._loaded:
            loaded = len(sys.modules)
            refuse_if_changed(self.started_ns)
            self._loaded = loaded

    def _give_up(self, reason: NoCacheError) -> None:
        self._is_closed = True
        self.say(f"no cache: {reason}")
