"""Checks many files in several processes. The outcomes, and so the output, are those of one process.

Where the system can fork, children start from what this process has read already, and send back what they
found through a pipe. Elsewhere a process pool starts fresh ones.
"""

from __future__ import annotations

import os

from torchgate.processes import ENDED, FIRST, WORTH_IT, EndedError, Line, Shares, can_fork, copies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from torchgate.cli._options import Arguments
    from torchgate.cli.check import Check
    from torchgate.files.discover import File
    from torchgate.lint.engine import Outcome

    Item = TypeVar("Item")
    Result = TypeVar("Result")

_checks: list[Check] = []


def outcomes(check: Check, files: Sequence[File], jobs: int) -> list[Outcome | None] | None:
    """The outcome of every file, in their order; None where this system has no process pools.

    Raises:
        EndedError: a process was ended, such as for want of memory.
        RuntimeError: one failed.
    """
    if can_fork():
        return spread(check.check, files, jobs)
    return _pooled(check.given, files, jobs)


def spread(
    work: Callable[[Item], Result], items: Sequence[Item], jobs: int, others: Sequence[Item] = ()
) -> list[Result]:
    """What ``work`` gives for every item and for every other one, in their order, done by this process and by
    its children. This one begins with the items and the children with the others, so that what only the
    items need to know is found out in one process, as far as the work is shared evenly.

    Raises:
        EndedError: a process was ended, such as for want of memory.
        RuntimeError: one failed.
    """
    every = [*items, *others]
    done = {
        index: work(every[index]) for index in (range(0, len(items), FIRST) if len(items) >= WORTH_IT else ())
    }
    waiting = [index for index in range(len(items)) if index not in done]
    behind = range(len(items), len(every))
    first, last = Shares(len(waiting), jobs), Shares(len(behind), jobs)

    def share(line: Line, number: int) -> None:
        found = {behind[index]: work(every[behind[index]]) for index in last.of(number)}
        line.send(found | {waiting[index]: work(every[waiting[index]]) for index in first.of(number)})

    lines = copies(share, jobs - 1)
    for index in first.of(0):
        done[waiting[index]] = work(every[waiting[index]])
    for index in last.of(0):
        done[behind[index]] = work(every[behind[index]])
    for line in lines:
        done.update(line.receive())
        line.end()
    return [done[index] for index in range(len(every))]


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
            raise EndedError(ENDED) from None


def _start(given: Arguments) -> None:
    from torchgate.cli.check import Check

    _checks[:] = [Check(given, announce=False)]


def _one(task: tuple[str, str, bool]) -> Outcome | None:
    from torchgate.files.discover import File

    path, shown, listed = task
    (check,) = _checks
    return check.check(File(path, shown, check.loader.for_folder(os.path.dirname(path)), listed))
