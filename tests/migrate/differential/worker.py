"""One process with real torch that runs projects, one after the other: a JSON line in, a JSON line out.

Not a test module: ``harness.Worker`` starts it. A request names the project's folder and whether ambient
defaults are forbidden there (a migrated project must not set any). A project is run by importing ``app.main``
and calling ``main()``, or as the program ``app`` where it has a ``__main__`` (its global ``result`` counts).
"""

from __future__ import annotations

import contextlib
import faulthandler
import functools
import gc
import importlib
import io
import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

import neutral
import snapshot
import torch
import torch.utils._device

HANG = 120
"""Seconds after which a project counts as hanging; the process ends with a traceback."""


class Watch:
    """Stands in the way of everything that sets an ambient default, and keeps who called."""

    def __init__(self) -> None:
        self.folder = ""
        self.forbidden = False
        self.calls: list[list[Any]] = []
        for name in ("set_default_device", "set_default_dtype", "set_default_tensor_type"):
            setattr(torch, name, self.watched(getattr(torch, name), f"torch.{name}"))
        context = torch.utils._device.DeviceContext
        context.__init__ = self.watched(context.__init__, "with torch.device")  # type: ignore[method-assign]

    def watched(self, function: Any, name: str) -> Any:
        """The function, told on."""

        @functools.wraps(function)
        def call(*args: Any, **keywords: Any) -> Any:
            frames = self.frames()
            if frames:
                self.calls.append([name, frames])
                if self.forbidden:
                    path, line = frames[0]
                    raise AssertionError(f"{name} called from {path}:{line}, which was migrated")
            return function(*args, **keywords)

        return call

    def frames(self) -> list[tuple[str, int]]:
        """The project's frames, innermost first."""
        found = []
        frame: Any = sys._getframe(2)
        while frame is not None:
            path = frame.f_code.co_filename
            if self.folder and path.startswith(self.folder):
                found.append((os.path.relpath(path, self.folder), frame.f_lineno))
            frame = frame.f_back
        return found


def run(folder: str) -> dict[str, Any]:
    """What the project gives, prints or raises, and the state that it leaves."""
    sys.path.insert(0, folder)
    os.chdir(folder)
    printed = io.StringIO()
    value: Any = None
    raised: list[str] = []
    with contextlib.redirect_stdout(printed):
        try:
            if (Path(folder) / "app" / "__main__.py").exists():
                value = runpy.run_module("app", run_name="__main__", alter_sys=True).get("result")
            else:
                value = importlib.import_module("app.main").main()
        except Exception as error:
            raised = [type(error).__name__, str(error).replace(folder, "")]
        state = neutral.ended()
    return {
        "value": snapshot.describe(value),
        "printed": printed.getvalue().replace(folder, ""),
        "raised": raised,
        "state": state,
    }


def main() -> None:
    """Serve requests until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    watch = Watch()
    environment = dict(os.environ)
    start = os.getcwd()
    if "TORCHGATE_TEST_GPU" in environment:
        torch.cuda.init()
    neutral.remember()
    neutral.reset(environment, start + "/nothing")
    expected = neutral.probe(start + "/nothing")
    gc.freeze()  # torch's objects stay: a collection between two projects looks at what they left
    for line in sys.stdin:
        request = json.loads(line)
        folder = os.path.realpath(request["folder"])
        faulthandler.dump_traceback_later(HANG, exit=True)
        watch.folder, watch.forbidden, watch.calls = folder, request["forbidden"], []
        answer = run(folder)
        answer["ambient"] = watch.calls
        watch.folder, watch.forbidden = "", False
        os.chdir(start)
        neutral.reset(environment, folder)
        found = neutral.probe(folder)
        answer["left behind"] = [
            f"{name}: {expected[name]!r} became {found[name]!r}"
            for name in found
            if found[name] != expected[name]
        ]
        faulthandler.cancel_dump_traceback_later()
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
