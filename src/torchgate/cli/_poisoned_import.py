"""Imports one module in this fresh process, the gated packages poisoned, and writes down what happened.

Run as a script: ``python _poisoned_import.py MODULE PACKAGES ANSWER ROOT...`` with PACKAGES joined by commas.
It imports nothing of torchgate. The poison raises ``AssertionError``: code with ``except ImportError``
survives an import error and would hide what it did. What was imported is recorded as well, so code that
swallows every exception does not hide it either. Looking a package up (``importlib.util.find_spec``) finds it
and imports nothing.

The file ANSWER gets a line of JSON from this process, and from each that the module forks and that comes
back: ``{"asked": [...], "error": "...", "first": true}``. What is needed for that is bound before the module
runs: it may close descriptors, empty ``sys.modules``, or put itself in the place of functions.
"""

from __future__ import annotations

import faulthandler
import signal
import sys
from contextlib import suppress
from importlib.machinery import ModuleSpec
from json import dumps
from os import O_APPEND, O_CREAT, O_WRONLY, _exit, getpid, write
from os import open as open_
from traceback import print_exc
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
        # What the start of Python has imported (a .pth file, sitecustomize) is no import of the module's, but
        # must not spare it one either. Kept, for whoever holds parts of it.
        self.hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if self._is_gated(name)}

    def _is_gated(self, name: str) -> bool:
        return name.partition(".")[0] in self.packages

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The import system's first question; an answer of None leaves the module to other finders."""
        if not self._is_gated(name):
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

    def stay_first(self, event: str, arguments: tuple[object, ...]) -> None:
        """An audit hook: before Python looks for a gated package, no hook of the module's stands in front."""
        if event == "import" and self._is_gated(str(arguments[0])) and sys.meta_path[:1] != [self]:
            sys.meta_path = [self, *sys.meta_path]

    def all_asked(self) -> list[dict[str, object]]:
        """What was asked for, and what is there although it was not: loaded by the module's own means."""
        past = (
            name for name in sorted(sys.modules) if self._is_gated(name) and _is_loaded(sys.modules[name])
        )
        return self.asked or [{"name": name, "chain": []} for name in past]


def _is_loaded(module: object) -> bool:
    """By its loader: a stand-in made by hand has none, and a lazy module waits for its first attribute."""
    try:
        names = object.__getattribute__(module, "__dict__")
    except AttributeError:
        return False
    loader = getattr(names.get("__spec__"), "loader", None)
    return loader is not None and not isinstance(loader, Poison) and type(module).__name__ != "_LazyModule"


def _chain(frame: FrameType | None) -> list[list[object]]:
    """The places that led here, outermost first, without the import system's own."""
    places: list[list[object]] = []
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith("<frozen") and file != __file__:
            places.append([file, frame.f_lineno])
        frame = frame.f_back
    return places[::-1]


def _words(raised: BaseException) -> str:
    text = ""
    with suppress(Exception):  # whatever its __str__ does
        text = str(raised)
    return f"{type(raised).__name__}: {text}" if text else type(raised).__name__


def main(module: str, packages: str, answer: str, roots: list[str]) -> None:
    """Import ``module`` and write down what came of it."""
    started = getpid()
    poison = Poison(frozenset(packages.split(",")))
    sys.path[0:1] = roots
    sys.argv[:] = ["-c"]  # as for `python -c "import module"`
    sys.meta_path.insert(0, poison)
    sys.addaudithook(poison.stay_first)
    error = ""
    try:
        __import__(module)
    except BaseException as raised:
        error = _words(raised)
    seen = {"asked": poison.all_asked(), "error": error, "first": getpid() == started}
    write(open_(answer, O_WRONLY | O_APPEND | O_CREAT), dumps(seen).encode() + b"\n")


if __name__ == "__main__":
    faulthandler.enable()
    if hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGUSR1)  # whoever waits for this process asks where it is
    try:
        main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
    except BaseException:
        print_exc()
        _exit(1)
    with suppress(BaseException):  # the module may have put anything there
        sys.stdout.flush()
    _exit(0)  # threads and exit handlers of the module are none of our business
