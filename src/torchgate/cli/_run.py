"""Runs one command module and maps its errors to exit codes."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from torchgate.errors import UsageError


def run_command(command: str, arguments: list[str]) -> int:
    """Parse ``arguments`` for ``command``, run it, and return its exit code."""
    module = importlib.import_module(f"torchgate.cli.{command.replace('-', '_')}")
    parser = argparse.ArgumentParser(prog=f"torchgate {command}", description=module.HELP)
    module.configure(parser)
    options = parser.parse_args(arguments)
    try:
        code: int = module.run(options)
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
    return code
