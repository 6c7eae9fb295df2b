"""Checks many files in several processes. The outcomes, and so the output, are those of one process.

Where the system can fork, children start from what this process has read already, and send back what they
found through a pipe. Elsewhere a process pool starts fresh ones.
"""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, TypeVar

    from torchgate.cli._options import Arguments
    from torchgate.cli.check import Check
    from torchgate.files.discover import File
    from torchgate.lint.engine import Outcome

    Item = TypeVar("Item")
    Result = TypeVar("Result")

# Starting the processes costs about as much as checking this many files of ordinary size.
WORTH_IT = 64
# One item in so many is done before the children start: they then share the modules that it asks about.
_FIRST = 64
# Items that are handed out together, and the most chunks that there can be: a pipe holds two bytes for each.
_NEIGHBOURS = 16
_CHUNKS = 1_000
_BYTES = 2
_ENDED = "a process ended on its own, perhaps for want of memory; `--jobs 1` uses one process"
_checks: list[Check] = []


def processes(asked: int | None, files: int) -> int:
    """How many processes to use; one where starting others would cost more than it gains."""
    if asked is not None:
        return min(asked, files)
    return min(os.cpu_count() or 1, files) if files >= WORTH_IT else 1


def outcomes(check: Check, files: Sequence[File], jobs: int) -> list[Outcome | None] | None:
    """The outcome of every file, in their order; None where this system has no process pools.

    Raises:
        RuntimeError: a process ended on its own, such as for want of memory.
    """
    if can_fork():
        return spread(check.check, files, jobs)
    return _pooled(check.given, files, jobs)


def can_fork() -> bool:
    """Whether this process can be doubled: no other thread may hold a lock that a child would wait for."""
    if not hasattr(os, "fork") or sys.platform == "darwin":
        return False
    threading = sys.modules.get("threading")
    return threading is None or threading.active_count() == 1


def spread(work: Callable[[Item], Result], items: Sequence[Item], jobs: int) -> list[Result]:
    """What ``work`` gives for every item, in their order, done by this process and by its children.

    Raises:
        RuntimeError: a process ended on its own, such as for want of memory.
    """
    done = {
        index: work(items[index])
        for index in (range(0, len(items), _FIRST) if len(items) >= WORTH_IT else ())
    }
    queue = _Queue([index for index in range(len(items)) if index not in done], jobs)
    gc.freeze()  # what is there stays, in all processes
    sys.stdout.flush()
    sys.stderr.flush()
    children: list[tuple[int, int]] = []
    for _ in range(1, jobs):
        started = _fork(work, items, queue)
        if started is None:
            break  # no more processes to be had: the rest is done by those that there are
        children.append(started)
    for index in queue:
        done[index] = work(items[index])
    for child, reader in children:
        done.update(_received(child, reader))
    return [done[index] for index in range(len(items))]


class _Queue:
    """Hands out what is left to do: neighbours together, since files of one folder ask about the same
    modules, and less of it at a time towards the end, so that all processes end together.

    It is a pipe that is filled before the processes start: what one reads of it the others do not get.
    """

    def __init__(self, waiting: Sequence[int], jobs: int) -> None:
        self._chunks: list[Sequence[int]] = []
        start = 0
        while start < len(waiting):
            size = max(1, min(_NEIGHBOURS, (len(waiting) - start) // (jobs * 2)), len(waiting) // _CHUNKS)
            self._chunks.append(waiting[start : start + size])
            start += size
        self._reader, writer = os.pipe()
        os.write(writer, b"".join(number.to_bytes(_BYTES, "big") for number in range(len(self._chunks))))
        os.close(writer)

    def __iter__(self) -> Iterator[int]:
        while number := os.read(self._reader, _BYTES):
            yield from self._chunks[int.from_bytes(number, "big")]
        os.close(self._reader)


def _fork(work: Callable[[Item], Result], items: Sequence[Item], queue: _Queue) -> tuple[int, int] | None:
    """Start a child; its process, and the pipe by which it sends what it found."""
    import pickle

    reader, writer = os.pipe()
    try:
        child = os.fork()
    except OSError:
        os.close(reader)
        os.close(writer)
        return None
    if child:
        os.close(writer)
        return child, reader
    code = 1
    try:
        os.close(reader)
        found = {index: work(items[index]) for index in queue}
        with open(writer, "wb") as stream:
            pickle.dump(found, stream, pickle.HIGHEST_PROTOCOL)
        code = 0
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)  # the parent's buffers and exit handlers are not this process's


def _received(child: int, reader: int) -> dict[int, Any]:
    import pickle

    with open(reader, "rb") as stream:
        sent = stream.read()
    _, status = os.waitpid(child, 0)
    if status or not sent:
        raise RuntimeError(_ENDED)
    found: dict[int, Any] = pickle.loads(sent)  # from a child of our own
    return found


def _pooled(given: Arguments, files: Sequence[File], jobs: int) -> list[Outcome | None] | None:
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    tasks = [(file.path, file.shown, file.listed) for file in files]
    size = max(1, min(16, len(tasks) // (jobs * 4)))
    try:
        pool = ProcessPoolExecutor(jobs, initializer=_start, initargs=(given,))
    except (ImportError, NotImplementedError, OSError):
        return None
    with pool:
        try:
            return list(pool.map(_one, tasks, chunksize=size))
        except OSError:
            return None  # no more processes or descriptors to be had
        except BrokenProcessPool:
            raise RuntimeError(_ENDED) from None


def _start(given: Arguments) -> None:
    from torchgate.cli.check import Check

    _checks[:] = [Check(given, announce=False)]


def _one(task: tuple[str, str, bool]) -> Outcome | None:
    from torchgate.files.discover import File

    path, shown, listed = task
    (check,) = _checks
    return check.check(File(path, shown, check.loader.for_folder(os.path.dirname(path)), listed))
