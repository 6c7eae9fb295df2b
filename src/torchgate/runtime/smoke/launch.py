"""Fresh processes for the proofs: subprocess only, never fork (a fork after an OpenMP region can hang).

A worker gets its request as a JSON file and answers with one; standard output belongs to whatever the
imported packages print. It sees the parent's ``sys.path`` and environment, because the question is what
torch does for programs started the way this one was.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torchgate.runtime.text import killed_by

TIMEOUT = 300.0
"""Seconds that one worker may take: ten times what the slowest one takes on two cores."""

# -P keeps the working directory off sys.path until the parent's own sys.path is in place.
_BOOT = """\
import sys
with open(sys.argv[1], encoding="utf-8") as file:
    request = __import__("json").load(file)
sys.path[:] = request["sys_path"]
from torchgate.runtime.smoke.worker import main
main(request, sys.argv[2])
"""


@dataclass(frozen=True, slots=True)
class Answered:
    """The worker ran to its end; ``answer`` is its JSON."""

    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Died:
    """The worker ended without an answer; ``how`` is one line, ``output`` the end of what it printed."""

    how: str
    output: str


Outcome = Answered | Died


def run_worker(
    request: Mapping[str, Any], *, environment: Mapping[str, str] | None = None, timeout: float = TIMEOUT
) -> Outcome:
    """Run one worker to its end. ``environment`` replaces the inherited one."""
    if not sys.executable:
        return Died("it could not be started: sys.executable is empty", "")
    try:
        holder = tempfile.TemporaryDirectory(prefix="torchgate-smoke-")
    except OSError as error:
        why = f"no temporary folder can be made (TMPDIR): {error.strerror or error}"
        return Died(f"it could not be started: {why}", "")
    try:
        with holder as folder:
            question = Path(folder, "request.json")
            question.write_text(json.dumps({**request, "sys_path": _search_path()}), encoding="utf-8")
            return _run(question, Path(folder, "answer.json"), environment, timeout)
    except OSError as error:
        # A full disk, an interpreter that went away.
        return Died(f"it could not be started: {error.strerror or error}", "")


def _run(question: Path, reply: Path, environment: Mapping[str, str] | None, timeout: float) -> Outcome:
    command = [sys.executable, *_interpreter_flags(), "-P", "-c", _BOOT, str(question), str(reply)]
    try:
        done = subprocess.run(
            command,
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        return Died(f"no answer within {timeout:.0f} s", _tail(expired.stdout))
    if done.returncode == 0 and reply.exists():
        return Answered(json.loads(reply.read_text(encoding="utf-8")))
    return Died(_how_it_ended(done.returncode), _tail(done.stdout))


def _search_path() -> list[str]:
    # An empty entry means the working directory; the worker has the same one.
    # What is no string there (a Path, bytes) Python passes over.
    return [os.path.abspath(entry) if entry == "" else entry for entry in sys.path if isinstance(entry, str)]


def _interpreter_flags() -> list[str]:
    """The flags of this interpreter that decide what is importable and whether asserts run."""
    flags = sys.flags
    return [
        *(["-" + "O" * flags.optimize] if flags.optimize else []),
        *(["-I"] if flags.isolated else []),
        *(["-E"] if flags.ignore_environment and not flags.isolated else []),
        *(["-s"] if flags.no_user_site and not flags.isolated else []),
        *(["-S"] if flags.no_site else []),
        *(["-B"] if flags.dont_write_bytecode else []),
    ]


def _how_it_ended(code: int) -> str:
    killer = killed_by(code)
    return f"it was killed by {killer}" if killer else f"it ended with exit code {code} and no answer"


def _tail(output: bytes | None, lines: int = 4) -> str:
    text = (output or b"").decode("utf-8", "replace")
    # Without the carets under the lines of a traceback.
    return "\n".join([line.rstrip() for line in text.splitlines() if line.strip(" \t~^")][-lines:])
