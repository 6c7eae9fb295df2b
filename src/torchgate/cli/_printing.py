"""How ``check`` prints what it found, and how it prints again what an unchanged project gave before."""

from __future__ import annotations

import os
import sys

from torchgate.cli._run import complain
from torchgate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from torchgate.cli._options import Arguments


def replay(arguments: Sequence[str]) -> int | None:
    """Print what the last run with these arguments printed, if nothing has changed; returns its exit code."""
    from torchgate.cache.replay import find

    recording = find(arguments)
    if recording is None:
        return None
    before, output, file, after = (
        block.decode("utf-8", "surrogatepass")
        for block in (recording.before, recording.output, recording.output_file, recording.after)
    )
    complain(before)
    write(output, file)
    sys.stdout.flush()
    complain(after)
    return int(recording.code)


def write(text: str, file: str | None) -> None:
    """The findings, to standard output or to a file.

    Raises:
        UsageError: the file cannot be written.
    """
    if not file:
        sys.stdout.write(text)
        return
    from torchgate.files.write import write_atomically

    try:
        write_atomically(file, text)
    except OSError as error:
        raise UsageError(f"{file}: the report cannot be written: {error.strerror or error}") from None


def color(given: Arguments) -> bool:
    """Whether the text formats are coloured."""
    asked = given.text("color") or "auto"
    if asked != "auto" or given.text("output_file") is not None:
        return asked == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")


def code(
    given: Arguments, findings: Sequence[object], faults: Sequence[object], missing: Sequence[object]
) -> int:
    """The exit code of a run that gave these."""
    if faults:
        return 3
    if missing:
        return 2
    return 1 if findings and not given.flag("exit_zero") else 0
