"""``torchgate smoke``: prove the allowed path in fresh processes."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from torchgate.errors import UsageError

HELP = "Prove in fresh processes that the runtime keeps its promise on this machine (docs/smoke.md)."


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--device", choices=("cuda", "cpu"), required=True, help="the device to prove it for")
    parser.add_argument("--json", action="store_true", help="print the report as JSON instead of a table")
    parser.add_argument("--output", metavar="FILE", help="also write the JSON report to FILE, atomically")
    parser.epilog = "exit: 0 pass, 1 fail, 4 rejected, 5 a mandatory check was inconclusive"


def run(arguments: argparse.Namespace) -> int:
    """Run smoke; 0 pass, 1 fail, 4 rejected, 5 inconclusive. Raises `UsageError` for an unwritable FILE."""
    from torchgate.runtime.smoke.report import to_json, to_table
    from torchgate.runtime.smoke.run import run_smoke

    output = None if arguments.output is None else Path(arguments.output)
    if output is not None:
        # Before half a minute of work, not after it.
        _check_writable(output)
    report = run_smoke(arguments.device, _progress)
    _progress("")
    text = to_json(report)
    sys.stdout.write(text if arguments.json else to_table(report))
    if output is not None:
        _write(output, text)
    return report.exit_code


def _progress(text: str) -> None:
    """One line on a terminal that rewrites itself; nothing in a log. The empty text clears it."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text and f'torchgate smoke: {text}'}", end="", file=sys.stderr, flush=True)


def _check_writable(output: Path) -> None:
    folder = output.resolve().parent
    if output.exists() and not output.is_file():
        raise UsageError(f"--output {output}: not a regular file")
    if not folder.is_dir():
        raise UsageError(f"--output {output}: the folder {folder} does not exist")
    if not os.access(folder, os.W_OK):
        raise UsageError(f"--output {output}: the folder {folder} is not writable")


def _write(output: Path, text: str) -> None:
    """Write the whole file or none of it: a reader never sees half a report."""
    # Through a symbolic link to what it names, as any writer would; replacing would cut the link.
    target = output.resolve()
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with open(draft, "x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UsageError(f"--output {output}: {error.strerror}") from error
