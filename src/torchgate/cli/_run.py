"""Runs one command module and maps what it raises to exit codes.

A module either has ``configure(parser)`` for argparse, or ``parse(arguments)`` where start-up counts.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from io import FileIO, TextIOWrapper

from torchgate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn, TextIO

OWN_FAULT = 3
FAULT = "a fault of torchgate's own, please report it"
# When the command began, before it looked at anything.
started_ns = 0
# What a full disk, a quota, a broken device or a closed stream answers; the error names no file then.
_WRITE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


# They start processes that go on by themselves, and keep what they tell each other in a folder.
_STARTS_OTHERS = ("prove-imports", "smoke", "doctor")


class _TerminatedError(KeyboardInterrupt):
    """SIGTERM, which `timeout`, a cancelled CI job and the end of a container send to this process alone."""


def guarded(task: Callable[[], int], command: str) -> int:
    """Run ``task`` and return its exit code: 2 for what the user can mend, 3 for a fault of our own."""
    global started_ns
    started_ns = time.time_ns()
    _mend_streams()
    try:
        code = task()
        sys.stdout.flush()
    except UsageError as error:
        complain(f"torchgate: {error}\n")
        return 2
    except BrokenPipeError:
        _give_up_output()  # the reader went away (`| head`): nothing to say
        return 1
    except _TerminatedError:
        return 143
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None and error.errno in _WRITE_ERRORS:
            _give_up_output()
            complain(f"torchgate: the output cannot be written: {error.strerror}\n")
            return 2
        import traceback

        complain(f"{traceback.format_exc()}torchgate: `{command}` failed: {FAULT}\n")
        return OWN_FAULT
    return code


def complain(text: str) -> None:
    """Write to standard error. Where nobody can hear it, the exit code must still be right."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        return


def _mend_streams() -> None:
    # A closed stream is None. The null device takes its descriptor, so that no file opened later gets it.
    # Input stays unreadable and output unwritable: nothing checked, or nothing shown, is no success.
    if sys.stdin is None:
        sys.stdin = _null(os.O_WRONLY, "r")
    if sys.stdout is None:
        sys.stdout = _null(os.O_RDONLY, "w")
    if sys.stderr is None:
        sys.stderr = _null(os.O_WRONLY, "w")
    for stream in (sys.stdout, sys.stderr):
        # A name or message that the terminal cannot show must not end the run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _null(flags: int, mode: str) -> TextIO:
    return TextIOWrapper(FileIO(os.open(os.devnull, flags), mode), encoding="utf-8")


def _give_up_output() -> None:
    """Let Python's flush at exit, and whatever is still buffered, go nowhere."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # a stream without a descriptor
        return


def run_command(command: str, arguments: list[str]) -> int:
    """Parse ``arguments`` for ``command`` and run it."""
    name = f"torchgate.cli.{command.replace('-', '_')}"
    __import__(name)
    module = sys.modules[name]
    code: int
    if hasattr(module, "parse"):
        code = module.run(module.parse(arguments))
        return code
    import argparse

    parser = argparse.ArgumentParser(prog=f"torchgate {command}", description=module.HELP)
    module.configure(parser)
    given = parser.parse_args(arguments)
    if command in _STARTS_OTHERS:
        code = _terminable(lambda: module.run(given))
    else:
        code = module.run(given)
    return code


def _terminable(task: Callable[[], int]) -> int:
    """Run ``task`` so that SIGTERM ends it as Ctrl-C does: with its processes, and without leftovers."""
    import signal
    import threading

    is_ours = threading.current_thread() is threading.main_thread()
    if not is_ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return task()
    signal.signal(signal.SIGTERM, _terminate)
    try:
        return task()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(*_: object) -> NoReturn:
    raise _TerminatedError
