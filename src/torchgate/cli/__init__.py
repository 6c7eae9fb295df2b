"""The ``torchgate`` command. A command's module is imported only when that command is asked for.

A command is a module ``torchgate.cli.<name>`` (``-`` becomes ``_``) with ``HELP: str``,
``configure(parser) -> None`` and ``run(arguments) -> int`` (the exit code); ``check`` has
``parse(arguments)`` in place of ``configure``, since argparse costs a third of its start-up.
"""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "check": "find raw torch imports, facades, ambient defaults and stray determinism flags",
    "migrate": "rewrite what is provably safe, and say why the rest is left alone",
    "baseline": "accept today's findings, so that `check` reports new ones only",
    "init": "look at the project, and propose a configuration, the hook and a baseline",
    "explain": "print the page of a rule, or of a reason why migrate left a site alone",
    "rules": "print the table of rules",
    "prove-imports": "import the project's modules with torch poisoned (executes them)",
    "doctor": "report the runtime decision: probe, policy, decision, reasons",
    "smoke": "prove the allowed path in fresh processes",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (2: bad usage or configuration, 3: a fault of our own)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    from torchgate.cli._run import guarded

    return guarded(lambda: _main(arguments), arguments[0] if arguments else "")


def entry() -> int:
    """The command of the shell: ``main``, and the end of the process.

    Syntax trees are many objects and no garbage: the collector walks them for nothing. Of four million
    objects that 2,860 files leave behind, 425 are in cycles.

    After a large run, Python takes as long to free millions of objects one by one as a third of the run
    took. The system does it at once; mypy ends in this way, too.
    """
    is_large = sys.argv[1:2] in (["check"], ["migrate"], ["baseline"])
    if is_large:
        gc.disable()
    code = main()
    if is_large and not _is_watched():
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                continue
        os._exit(code)
    return code


def _is_watched() -> bool:
    """Whether somebody measures the run, and writes down at its end what was seen."""
    return sys.gettrace() is not None or sys.getprofile() is not None or "coverage" in sys.modules


def _main(arguments: list[str]) -> int:
    command = arguments[0] if arguments else "--help"
    if command in ("--version", "-V"):
        from torchgate import __version__

        print(f"torchgate {__version__}")
        return 0
    if command == "help" and arguments[1:2] and arguments[1] in COMMANDS:
        command, arguments = arguments[1], [arguments[1], "--help"]
    if command in ("--help", "-h", "help"):
        print(_usage())
        return 0 if arguments else 2
    if command not in COMMANDS:
        print(f"torchgate: unknown command {command!r}{_nearest(command)}\n\n{_usage()}", file=sys.stderr)
        return 2
    if command == "check" and "--no-cache" not in arguments:
        from torchgate.cli._printing import replay

        code = replay(arguments[1:])
        if code is not None:
            return code
    from torchgate.cli._run import run_command

    return run_command(command, arguments[1:])


def _usage() -> str:
    width = max(map(len, COMMANDS))
    rows = "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
    see = "See `torchgate COMMAND --help`; `torchgate --version`."
    return f"usage: torchgate COMMAND [ARGUMENTS]\n\n{rows}\n\n{see}"


def _nearest(command: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(command, COMMANDS, 1, 0.5)
    return f"; did you mean `torchgate {close[0]}`?" if close else ""
