"""Imports one module in this fresh process, the gated packages poisoned, and prints what happened as JSON.

Run as a script: ``python _poisoned_import.py MODULE PACKAGES ROOT...`` with PACKAGES joined by commas. It
imports nothing of torchgate. The poison raises ``AssertionError``: code with ``except ImportError`` survives
an import error and would hide what it did. What was imported is recorded as well, so code that swallows
every exception does not hide it either. Looking a package up (``importlib.util.find_spec``) finds it and
imports nothing.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.machinery import ModuleSpec
from typing import cast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.abc import Loader
    from types import FrameType, ModuleType


class Poison:
    """Finds the gated packages, and refuses to load them; remembers from where that was asked for."""

    def __init__(self, packages: frozenset[str]) -> None:
        self.packages = packages
        self.asked: list[dict[str, object]] = []

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The import system's first question; an answer of None leaves the module to other finders."""
        if name.partition(".")[0] not in self.packages:
            return None
        loader = cast("Loader", self)
        return ModuleSpec(name, loader, origin="refused by torchgate prove-imports", is_package=True)

    def create_module(self, spec: ModuleSpec) -> None:
        """Python makes the module."""

    def exec_module(self, module: ModuleType) -> None:
        """What running a gated package comes to."""
        name = module.__name__
        self.asked.append({"name": name, "chain": _chain(sys._getframe(1))})
        raise AssertionError(f"importing this module imports {name}")


def _chain(frame: FrameType | None) -> list[list[object]]:
    """The places that led here, outermost first, without the import system's own."""
    places: list[list[object]] = []
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith("<frozen") and file != __file__:
            places.append([file, frame.f_lineno])
        frame = frame.f_back
    return places[::-1]


def main(module: str, packages: str, roots: list[str]) -> None:
    """Import ``module`` and print ``{"asked": [...], "error": "..."}``."""
    poison = Poison(frozenset(packages.split(",")))
    sys.path[0:1] = roots
    sys.meta_path.insert(0, poison)
    error = ""
    printed = os.dup(1)
    os.dup2(2, 1)  # what the module prints is not our answer
    try:
        __import__(module)
    except BaseException as raised:
        if not poison.asked:
            error = f"{type(raised).__name__}: {raised}"
    os.write(printed, json.dumps({"asked": poison.asked, "error": error}).encode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
    sys.stdout.flush()
    os._exit(0)  # threads and exit handlers of the module are none of our business
