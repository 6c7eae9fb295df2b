"""Runs one command module and maps what it raises to exit codes.

A module either has ``configure(parser)`` for argparse, or ``parse(arguments)`` where start-up counts.
"""

from __future__ import annotations

import os
import sys

from torchgate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

OWN_FAULT = 3


def run_command(command: str, arguments: list[str]) -> int:
    """Parse ``arguments`` for ``command``, run it, and return its exit code."""
    name = f"torchgate.cli.{command.replace('-', '_')}"
    __import__(name)
    module = sys.modules[name]
    for stream in (sys.stdout, sys.stderr):
        # A name or message that the terminal cannot show must not end the run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(command, module, arguments)
        sys.stdout.flush()
    except UsageError as error:
        print(f"torchgate: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader went away (`| head`): nothing to say, and nothing to flush at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception:
        import traceback

        traceback.print_exc()
        print(f"torchgate: `{command}` failed: a fault of torchgate's own, please report it", file=sys.stderr)
        return OWN_FAULT
    return code


def _run(command: str, module: ModuleType, arguments: list[str]) -> int:
    code: int
    if hasattr(module, "parse"):
        code = module.run(module.parse(arguments))
        return code
    import argparse

    parser = argparse.ArgumentParser(prog=f"torchgate {command}", description=module.HELP)
    module.configure(parser)
    code = module.run(parser.parse_args(arguments))
    return code
