"""A process that runs unknown code: it may hang, print without end, or leave others behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from contextlib import suppress

from torchgate.config_load import relative_to
from torchgate.runtime.text import killed_by, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import ClassVar

_KEPT = 1 << 16
_LONGEST = 200
_GRACE = 2.0
"""Seconds for what is left to come through a pipe, or for a process to say where it is."""


class WatchedProcess:
    """Its output is read and all but the end forgotten: a file would grow as long as it prints."""

    _running: ClassVar[set[WatchedProcess]] = set()

    def __init__(self, command: Sequence[str]) -> None:
        self._end = b""
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        # A daemon, and not waited for: what the process leaves behind may hold the pipe open for ever.
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._running.add(self)

    @classmethod
    def end_all(cls) -> None:
        """Kill what runs, for a user who has had enough; the threads that wait for it then go on."""
        for process in [*cls._running]:
            process._process.kill()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with suppress(OSError):
            while part := os.read(self._process.stdout.fileno(), _KEPT):
                self._end = (self._end + part)[-_KEPT:]

    def wait(self, timeout: float) -> int | None:
        """How it ended; None where it did not in that time, and was killed."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._ask_where_it_is()
        finally:
            self._process.kill()
            self._process.wait()
            self._running.discard(self)
        return None

    def _ask_where_it_is(self) -> None:
        """By the signal that has `faulthandler` print the stack."""
        if hasattr(signal, "SIGUSR1"):
            self._process.send_signal(signal.SIGUSR1)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE / 4)

    def last_words(self) -> str:
        """Where Python was when it was asked or killed, in this folder's files if it was in any; or else the
        line that was printed last."""
        self._reader.join(_GRACE)
        text = self._end.decode("utf-8", "replace")
        _, asked, stack = text.rpartition("(most recent call first):\n")
        places = re.findall(r'^  File "([^<"][^"]*)", line (\d+) in ', stack, re.MULTILINE)
        if asked and places:
            here = os.path.join(os.getcwd(), "")
            file, line = next((place for place in places if place[0].startswith(here)), places[0])
            return f"{shown(relative_to(file, here))}:{line}"
        lines = text.split("\n")
        return shown(next((line for line in reversed(lines) if line.strip()), ""))


def ending(code: int) -> str:
    """How a process ended, in words."""
    killer = killed_by(code)
    return f"the process was killed by {killer}" if killer else f"the process ended with exit code {code}"


def shown(text: str) -> str:
    """One line, not too long, and nothing that a terminal would obey."""
    line = one_line(text)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
