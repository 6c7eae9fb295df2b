"""``torchgate smoke``: prove the allowed path in fresh processes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from torchgate.errors import UsageError
from torchgate.files.write import check_writable, write_atomically

HELP = "Prove in fresh processes that the runtime keeps its promise on this machine (docs/smoke.md)."


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--device", choices=("cuda", "cpu"), required=True, help="the device to prove it for")
    parser.add_argument("--json", action="store_true", help="print the report as JSON instead of a table")
    parser.add_argument("--format", choices=("text", "json"), help="json is --json")
    parser.add_argument("--output", metavar="FILE", help="also write the JSON report to FILE, atomically")
    parser.epilog = "exit: 0 pass, 1 fail, 4 rejected, 5 a mandatory check was inconclusive"


def run(arguments: argparse.Namespace) -> int:
    """Run smoke; 0 pass, 1 fail, 4 rejected, 5 inconclusive. Raises `UsageError` for an unwritable FILE."""
    from torchgate.runtime.smoke.report import to_json, to_table
    from torchgate.runtime.smoke.run import run_smoke

    output: str | None = arguments.output
    if output is not None:
        # Before half a minute of work, not after it.
        _check_writable(output)
    report = run_smoke(arguments.device, _progress)
    _progress("")
    text = to_json(report)
    if output is not None:
        # Before standard output, whose reader may have gone away.
        _told(output, lambda: write_atomically(output, text))
    sys.stdout.write(text if arguments.json or arguments.format == "json" else to_table(report))
    return report.exit_code


def _progress(text: str) -> None:
    """One line on a terminal that rewrites itself; nothing in a log. The empty text clears it."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text and f'torchgate smoke: {text}'}", end="", file=sys.stderr, flush=True)


def _check_writable(output: str) -> None:
    folder = os.path.dirname(os.path.realpath(output))
    if not output or (os.path.exists(output) and not os.path.isfile(output)):
        raise UsageError(f"--output {output!r}: not a regular file")
    if not os.path.isdir(folder):
        raise UsageError(f"--output {output!r}: the folder {folder!r} does not exist")
    _told(output, lambda: check_writable(output))


def _told(output: str, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        raise UsageError(f"--output {output!r}: {error.strerror}") from error
