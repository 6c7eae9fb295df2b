"""Processes that begin as copies of this one, where the system can fork: what was understood so far is theirs
as well, and what they find comes back through a pipe."""

from __future__ import annotations

import os
import sys

from torchgate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

# Starting processes costs about as much as checking this many files of ordinary size.
WORTH_IT = 64
# One item in so many is done before the others start: they then share the modules that it asks about.
FIRST = 64
# Descriptors that stay free when there are processes: files are read, and pipes and terminals written to.
_SPARE = 16
_INTERRUPTED = 130
ENDED = "a process was ended by the system, perhaps for want of memory; `--jobs 1` uses one process"


class EndedError(UsageError):
    """A process was ended by the system or by somebody, and what it was to do is missing."""


def how_many(asked: int | None, files: int) -> int:
    """How many processes to use; one where starting others would cost more than it gains."""
    if asked is not None:
        return min(asked, files)
    return min(os.cpu_count() or 1, files) if files >= WORTH_IT else 1


def can_fork() -> bool:
    """Whether this process can be doubled: no other thread may hold a lock that a child would wait for."""
    if not hasattr(os, "fork") or sys.platform == "darwin":
        return False
    threading = sys.modules.get("threading")
    return threading is None or threading.active_count() == 1


class Shares:
    """Says what each of several processes does of a list: a stretch of its own, since neighbours ask about
    the same modules, and then what others have not begun with, from the ends of their stretches.

    Nothing is locked: where two begin with the same at one moment, both do it, and find the same.
    """

    def __init__(self, length: int, jobs: int) -> None:
        """To be made before the processes are."""
        import mmap

        self._begun = mmap.mmap(-1, length + 1)  # shared by all of them, a byte for each
        self._stretches = [range(length * n // jobs, length * (n + 1) // jobs) for n in range(jobs)]

    def of(self, number: int) -> Iterator[int]:
        """The indices that the process of this number does; the first one's number is 0."""
        own, *others = (*self._stretches[number:], *self._stretches[:number])
        for stretch in (own, *map(reversed, others)):
            for index in stretch:
                if not self._begun[index]:
                    self._begun[index] = 1
                    yield index

    def all_begun(self) -> bool:
        """Whether somebody has begun with each of them."""
        return self._begun.find(b"\0") >= len(self._begun) - 1


class Line:
    """One end of a connection between this process and a copy of it. What is sent is pickled: both ends are
    ours."""

    def __init__(self, reader: int, writer: int, child: int = 0) -> None:
        """``child``: the process at the other end, where that is this one's."""
        self._reader = os.fdopen(reader, "rb")
        self._writer = os.fdopen(writer, "wb")
        self._child = child
        self._status: int | None = None

    def send(self, value: object) -> None:
        """Hand over a value.

        Raises:
            EndedError: the process at the other end was ended.
            RuntimeError: it failed.
        """
        import pickle

        try:
            pickle.dump(value, self._writer, pickle.HIGHEST_PROTOCOL)
            self._writer.flush()
        except BrokenPipeError:
            raise self._ended() from None

    def receive(self) -> Any:
        """The next value from the other end.

        Raises:
            EndedError: there is none, since the process was ended.
            RuntimeError: it failed.
        """
        import pickle

        try:
            return pickle.load(self._reader)
        except (EOFError, pickle.UnpicklingError):
            raise self._ended() from None

    def _ended(self) -> Exception:
        status = self.end()
        if not self._child or os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == _INTERRUPTED:
            return EndedError(ENDED)
        return RuntimeError(f"a process ended on its own with {os.waitstatus_to_exitcode(status)}")

    def forget(self) -> None:
        """Close a copied end: it is the parent's, who alone may hang up."""
        self._reader.close()
        self._writer.close()

    def end(self) -> int:
        """Hang up, wait until a child has ended, and give its status (of ``os.waitpid``)."""
        for stream in (self._writer, self._reader):
            try:
                stream.close()
            except BrokenPipeError:
                continue
        if self._child and self._status is None:
            self._status = os.waitpid(self._child, 0)[1]
        return self._status or 0


def copies(work: Callable[[Line, int], None], count: int, others: Sequence[Line] = ()) -> list[Line]:
    """Start so many copies of this process, or as many as there can be, which do ``work`` and end. Each is
    given its end of the connection, and its number from 1; the other ends are returned. ``others`` are those
    of copies that run already."""
    import gc

    gc.freeze()  # what is there stays, in all processes
    sys.stdout.flush()
    sys.stderr.flush()
    lines: list[Line] = []
    for number in range(1, count + 1):
        line = _copy(work, number, [*others, *lines])
        if line is None:
            break
        lines.append(line)
    return lines


def _pipes() -> list[int]:
    """Both ends of two pipes; nothing where the files that are to be read might then not be opened."""
    ends: list[int] = []
    try:
        for _ in range(2 + _SPARE // 2):
            ends += os.pipe()
    except OSError:
        kept = 0
    else:
        kept = 4
    for end in ends[kept:]:
        os.close(end)
    return ends[:kept]


def _copy(work: Callable[[Line, int], None], number: int, others: Sequence[Line]) -> Line | None:
    ends = _pipes()
    if not ends:
        return None
    from_child, to_parent, from_parent, to_child = ends
    try:
        child = os.fork()
    except OSError:
        for end in ends:
            os.close(end)
        return None
    if child:
        os.close(to_parent)
        os.close(from_parent)
        return Line(from_child, to_child, child)
    code = 1
    try:
        os.close(from_child)
        os.close(to_child)
        for line in others:
            line.forget()
        line = Line(from_parent, to_parent)
        work(line, number)
        line.end()
        code = 0
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except EndedError:
        code = 1  # the parent is gone
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)  # the parent's buffers and exit handlers are not this process's
