"""``torchgate prove-imports``: the proof by experiment that importing the application imports no torch.

The one command that executes checked code: every module is imported in a fresh process of its own, with the
gated packages poisoned and under a timeout.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from argparse import ArgumentTypeError
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from torchgate.cli._watched_process import WatchedProcess, ending, shown
from torchgate.config_load import ConfigLoader, file_info, relative_to
from torchgate.config_roots import source_folders
from torchgate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator
    from typing import Any

    from torchgate.config import Config

HELP = "Import the project's modules, one fresh process each, with torch poisoned. Executes the checked code."
_PROGRAM = os.path.join(os.path.dirname(__file__), "_poisoned_import.py")


def configure(parser: ArgumentParser) -> None:
    """The options of ``prove-imports``."""
    parser.add_argument(
        "modules",
        nargs="*",
        metavar="MODULE",
        help="dotted names; without any, the modules of the packages in the `src` roots that are neither "
        "programs, tests, runtime nor torch-bound modules",
    )
    parser.add_argument("--list", action="store_true", help="print the modules and import nothing")
    parser.add_argument("--config", metavar="FILE", help="use this configuration file")
    parser.add_argument(
        "--timeout", type=_seconds, default=60.0, metavar="SECONDS", help="for one module (60)"
    )
    parser.add_argument(
        "-j", "--jobs", type=_count, default=os.cpu_count() or 1, metavar="N", help="processes at a time"
    )
    parser.epilog = (
        "exit: 0 none imports torch, 1 one does or cannot be imported. A module is imported to its end: what "
        "the threads and processes that it starts do afterwards is not waited for."
    )


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if 0 < (seconds := float(text)) < float("inf"):
            return seconds
    raise ArgumentTypeError(f"it needs a positive number of seconds, not {text!r}")


def _count(text: str) -> int:
    if text.isdecimal() and text.isascii() and int(text) > 0:
        return int(text)
    raise ArgumentTypeError(f"it needs a positive number, not {text!r}")


def _named(config: Config, name: str) -> str:
    """``name``, which must be that of a module.

    Raises:
        UsageError: it is not, but that of a file, perhaps.
    """
    is_file = name.endswith(".py") and os.path.isfile(name)
    if not is_file and all(part.isidentifier() for part in name.split(".")):
        return name
    dotted = file_info(config, os.path.abspath(name)).module_name
    hint = f"; write {dotted!r}" if dotted else ""
    raise UsageError(f"{name!r} is no dotted module name{hint}")


def run(arguments: Namespace) -> int:
    """Import, report what imported torch or failed, and return 1 where anything did.

    Raises:
        UsageError: there is nothing to import.
    """
    config = ConfigLoader(arguments.config).for_folder(os.getcwd())
    named = [_named(config, name) for name in arguments.modules]
    modules = named or sorted(set(project_modules(config)))
    if not modules:
        raise UsageError("no module to import: `src` holds no package (name modules, or set `src`)")
    if arguments.list:
        print("\n".join(modules))
        return 0
    count = "1 module, in" if len(modules) == 1 else f"{len(modules)} modules, each in"
    print(f"importing {count} a process of its own", file=sys.stderr)
    with ThreadPoolExecutor(arguments.jobs) as pool:
        try:
            told = list(pool.map(lambda name: prove(name, config, arguments.timeout), modules))
        except KeyboardInterrupt:
            # A module may have caught its own, or not have been sent one.
            WatchedProcess.end_all()
            raise
    failures = [text for text in told if text]
    for text in failures:
        print(text)
    noun = "module imports" if len(modules) == 1 else "modules import"
    print(f"{len(modules) - len(failures)} of {len(modules)} {noun} without torch", file=sys.stderr)
    return 1 if failures else 0


def project_modules(config: Config) -> Iterator[str]:
    """The modules of the packages in the ``src`` roots, by dotted name; namespace packages count, but at the
    top of the project itself, where any folder would be one."""
    for root in config.src:
        for folder, folders, files in os.walk(root):
            inner = filter(str.isidentifier, source_folders(folder, folders, config.lint.exclude))
            on_top = folder == root == config.root
            folders[:] = [name for name in sorted(inner) if not on_top or _is_package(folder, name)]
            if folder == root:
                continue
            for name in sorted(files):
                path = os.path.join(folder, name)
                info = file_info(config, path)
                if not name.endswith(".py") or not all(
                    part.isidentifier() for part in info.module_name.split(".")
                ):
                    continue
                if not (info.is_entry or info.is_test or info.is_runtime or info.is_torch_bound):
                    yield info.module_name


def _is_package(folder: str, name: str) -> bool:
    return os.path.isfile(os.path.join(folder, name, "__init__.py"))


def prove(module: str, config: Config, timeout: float) -> str:
    """Import one module in a fresh process; what went wrong, in words, or nothing."""
    packages = ",".join(sorted(set(config.gated_packages) - config.shadowed_packages))
    with _temporary_folder() as folder:
        answer = os.path.join(folder, "answer")
        process = WatchedProcess([sys.executable, _PROGRAM, module, packages, answer, *config.src])
        code = process.wait(timeout)
        if code is None:
            at = _in_parentheses(process.last_words())
            return f"{module}: not imported within {timeout:g} seconds{at}; --timeout gives it more"
        answers = list(_answers(answer))
    for asked in (each["asked"] for each in answers):
        if asked:
            places = [f"{relative_to(file, os.getcwd())}:{line}" for file, line in asked[0]["chain"]]
            how = " -> ".join(places) or "past Python's import system: by a finder or loader of its own"
            return f"{module}: importing it imports {asked[0]['name']} ({how})"
    for answered in answers:
        if answered["first"]:
            error = answered["error"]
            return f"{module}: it cannot be imported: {shown(error)}" if error else ""
    return f"{module}: {ending(code)}{_in_parentheses(process.last_words())}"


def _in_parentheses(text: str) -> str:
    return f" ({text})" if text else ""


def _temporary_folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="torchgate-", ignore_cleanup_errors=True)
    except OSError as error:
        raise UsageError(f"no temporary folder can be made (TMPDIR): {error.strerror}") from error


def _answers(file: str) -> Iterator[dict[str, Any]]:
    """What the process, and those that it forked, wrote down; nothing where it did not come to that."""
    with suppress(FileNotFoundError), open(file, "rb") as lines:
        yield from map(json.loads, lines)
