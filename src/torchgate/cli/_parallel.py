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
    its children. These do the others while this one begins with the items, so that what only the items need
    to know is found out in one process; children that start when the others are done know it, too, and share
    the rest of the items.

    Raises:
        EndedError: a process was ended, such as for want of memory.
        RuntimeError: one failed.
    """
    every = [*items, *others]
    behind = range(len(items), len(every))
    last = Shares(len(behind), jobs)
    lines = copies(_share(work, every, behind, last), jobs - 1) if others else []
    before = range(0, len(items), FIRST) if len(items) >= WORTH_IT else range(0)
    done = {index: work(every[index]) for index in before}
    waiting = [index for index in range(len(items)) if index not in done]
    while waiting and not last.all_begun():
        index = waiting.pop(0)
        done[index] = work(every[index])
    first = Shares(len(waiting), jobs)
    lines += copies(_share(work, every, waiting, first), jobs - 1, lines) if waiting else []
    done.update((waiting[index], work(every[waiting[index]])) for index in first.of(0))
    done.update((behind[index], work(every[behind[index]])) for index in last.of(0))
    for line in lines:
        done.update(line.receive())
        line.end()
    return [done[index] for index in range(len(every))]


def _share(
    work: Callable[[Item], Result], every: Sequence[Item], indices: Sequence[int], shares: Shares
) -> Callable[[Line, int], None]:
    """What one child does: its share of some of the items."""

    def share(line: Line, number: int) -> None:
        line.send({indices[index]: work(every[indices[index]]) for index in shares.of(number)})

    return share


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
