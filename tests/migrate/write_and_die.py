"""A process that dies, or finds the disk full, at a step that the test chooses."""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

STEPS = ("mkdir", "open", "write", "fsync", "replace", "unlink", "rmdir", "chmod", "close")
NEED_NO_ROOM = ("close", "unlink", "rmdir", "chmod")


@dataclass(frozen=True)
class Ended:
    """How the process ended, after how many steps, and what it said."""

    status: int
    steps: int
    said: str


def run(task: Callable[[], object], fatal: int, how: str = "kill") -> Ended:
    """Run ``task`` in a process of its own; at the step ``fatal`` it is killed, or the disk is ``full``."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _child(task, fatal, how, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read().decode()
    _, status = os.waitpid(child, 0)
    steps, _, text = said.partition("\n")
    return Ended(os.waitstatus_to_exitcode(status), int(steps or 0), text)


def _child(task: Callable[[], object], fatal: int, how: str, pipe: int) -> None:
    count = 0
    real = {name: getattr(os, name) for name in STEPS}

    def wrapped(name: str) -> Any:
        def step(*arguments: Any, **options: Any) -> Any:
            nonlocal count
            if name == "open" and not arguments[1] & os.O_CREAT:
                return real[name](*arguments, **options)  # it changes nothing
            count += 1
            if count == fatal and how == "full" and name not in NEED_NO_ROOM:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))
            if count == fatal and how == "kill":
                if name == "write":  # half of it
                    real[name](arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real[name](*arguments, **options)

        return step

    code, said = 0, ""
    try:
        for name in STEPS:
            setattr(os, name, wrapped(name))
        task()
    except BaseException:
        code, said = 1, traceback.format_exc()
    finally:
        real["write"](pipe, f"{count}\n{said}".encode())
        sys.stdout.flush()
        os._exit(code)
