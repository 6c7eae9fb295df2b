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
    from collections.abc import Sequence

    from torchgate.cli._options import Arguments
    from torchgate.cli.check import Check
    from torchgate.files.discover import File
    from torchgate.lint.engine import Outcome

# Starting the processes costs about as much as checking this many files of ordinary size.
WORTH_IT = 64
# One file in so many is checked before the children start: they then share the modules that it asks about.
_FIRST = 24
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
    if hasattr(os, "fork") and sys.platform != "darwin" and not _has_threads():
        return _forked(check, files, jobs)
    return _pooled(check.given, files, jobs)


def _has_threads() -> bool:
    """Whether other threads may hold a lock that a forked child would wait for."""
    threading = sys.modules.get("threading")
    return threading is not None and threading.active_count() > 1


def _forked(check: Check, files: Sequence[File], jobs: int) -> list[Outcome | None] | None:
    import pickle

    first = files[::_FIRST] if len(files) >= WORTH_IT else ()
    done: dict[int, Outcome | None] = {index * _FIRST: check.check(file) for index, file in enumerate(first)}
    waiting = [index for index in range(len(files)) if index not in done]
    gc.freeze()  # what is there stays, in all processes
    sys.stdout.flush()
    sys.stderr.flush()
    children: list[tuple[int, int]] = []
    for number in range(1, jobs):
        share = waiting[number::jobs]
        reader, writer = os.pipe()
        try:
            child = os.fork()
        except OSError:  # no more processes to be had: the rest is this one's work
            os.close(reader)
            os.close(writer)
            break
        if not child:
            os.close(reader)
            _work(check, files, share, writer)
        os.close(writer)
        children.append((child, reader))
    for index in (index for place, index in enumerate(waiting) if not 1 <= place % jobs <= len(children)):
        done[index] = check.check(files[index])
    for child, reader in children:
        with open(reader, "rb") as stream:
            sent = stream.read()
        _, status = os.waitpid(child, 0)
        if status or not sent:
            raise RuntimeError(_ENDED)
        done.update(pickle.loads(sent))  # from a child of our own
    return [done[index] for index in range(len(files))]


def _work(check: Check, files: Sequence[File], share: Sequence[int], writer: int) -> None:
    """A child's whole life."""
    import pickle

    code = 1
    try:
        found = {index: check.check(files[index]) for index in share}
        with open(writer, "wb") as stream:
            pickle.dump(found, stream, pickle.HIGHEST_PROTOCOL)
        code = 0
    except KeyboardInterrupt:
        code = 130  # the parent says what there is to say
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)  # the parent's buffers and exit handlers are not this process's


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
