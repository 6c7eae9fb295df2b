"""Ctrl-C at one point of the effect after another: each STEPth line that the runtime runs, from FIRST on.

Every attempt is a forked child of a process that has imported torch and done nothing else. Prints the number
of points, how many left the process as it was, how many found the effect already complete, and what is wrong.
A third argument names a row that is not written, so that the effect fails by itself as well.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from types import FrameType
from typing import Any

import torch
import torch._inductor.config
from rt_state import differences, state

import torchgate.runtime.handle
from torchgate.runtime import ApplyError, Policy, Ready, apply, checklist, decide_torch_runtime
from torchgate.runtime.apply import apply_torch_runtime
from torchgate.runtime.state import PROCESS

del sys.modules["torch._inductor.config"], torch._inductor.config

LEFT_OUT = sys.argv[3:]
FOLDER = os.path.dirname(torchgate.runtime.handle.__file__)


def rows_but_one(torch_: Any, policy: Policy) -> Any:
    return tuple(row for row in checklist.rows(torch_, policy) if row.name not in LEFT_OUT)


class Interrupt:
    """Raises KeyboardInterrupt where the counted lines reach ``at``."""

    def __init__(self, at: int) -> None:
        self.at, self.seen, self.where = at, 0, ""

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        return self.line if frame.f_code.co_filename.startswith(FOLDER) else None

    def line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event in ("line", "return"):
            self.seen += 1
            if self.seen == self.at:
                self.where = f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"
                raise KeyboardInterrupt
        return self.line


def attempt(ready: Ready, at: int) -> dict[str, Any]:
    before, interrupt, notes = state(), Interrupt(at), None
    apply.rows = rows_but_one
    sys.settrace(interrupt)
    try:
        apply_torch_runtime(ready)
    except KeyboardInterrupt as error:
        notes = getattr(error, "__notes__", [])
    except ApplyError as error:
        if error.item not in LEFT_OUT:
            raise
    finally:
        sys.settrace(None)
    apply.rows = checklist.rows
    complete = PROCESS.handle is not None
    moved = [] if complete else differences(before, state())
    again = apply_torch_runtime(ready).drift()
    return {
        "lines": interrupt.seen,
        "where": interrupt.where,
        "notes": notes,
        "complete": complete,
        "wrong": bool(moved or again or (notes and "reads as it did before" not in notes[0])),
        "moved": str(moved),
    }


def in_a_child(ready: Ready, at: int) -> dict[str, Any]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(120)
        try:
            answer = attempt(ready, at)
        except BaseException:
            answer = {"complete": False, "notes": None, "wrong": True, "moved": traceback.format_exc()}
        os.write(writer, json.dumps(answer).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        text = file.read()
    os.waitpid(child, 0)
    found: dict[str, Any] = json.loads(text)
    return found


decision = decide_torch_runtime(Policy(device="cpu"))
assert isinstance(decision, Ready)
lines = in_a_child(decision, 0)["lines"]
first, step = map(int, sys.argv[1:3])
seen = [in_a_child(decision, at) for at in range(first, lines + 1, step)]
print(
    json.dumps(
        {
            "lines": lines,
            "tried": len(seen),
            "told": sum(bool(each["notes"]) for each in seen),
            "restored": sum(not each["complete"] for each in seen),
            "complete": sum(each["complete"] for each in seen),
            "wrong": [each for each in seen if each["wrong"]],
        }
    )
)
