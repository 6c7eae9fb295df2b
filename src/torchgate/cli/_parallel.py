"""Checks many files in several processes. The outcomes, and so the output, are those of one process."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from torchgate.cli._options import Arguments
    from torchgate.cli.check import Check
    from torchgate.files.discover import File
    from torchgate.lint.engine import Outcome

# Starting the processes costs about as much as checking this many files of ordinary size.
WORTH_IT = 64
_checks: list[Check] = []


def processes(asked: int | None, files: int) -> int:
    """How many processes to use; one where starting others would cost more than it gains."""
    if asked is not None:
        return min(asked, files)
    return min(os.cpu_count() or 1, files) if files >= WORTH_IT else 1


def outcomes(given: Arguments, files: Sequence[File], jobs: int) -> list[Outcome | None] | None:
    """The outcome of every file, in their order; None where this system has no process pools.

    Raises:
        RuntimeError: a process ended on its own, such as for want of memory.
    """
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
            raise RuntimeError(
                "a process ended on its own, perhaps for want of memory; `--jobs 1` uses one process"
            ) from None


def _start(given: Arguments) -> None:
    from torchgate.cli.check import Check

    _checks[:] = [Check(given, announce=False)]


def _one(task: tuple[str, str, bool]) -> Outcome | None:
    from torchgate.files.discover import File

    path, shown, listed = task
    (check,) = _checks
    return check.check(File(path, shown, check.loader.for_folder(os.path.dirname(path)), listed))
