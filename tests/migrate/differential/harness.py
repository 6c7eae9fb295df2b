"""Runs projects before and after their migration, in two processes with real torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from tests.migrate.differential.outcome import Outcome

WORKER = Path(__file__).with_name("worker.py")


class Worker:
    """A process with torch that runs one project after the other, ``gpu``: with CUDA running."""

    def __init__(self, *, gpu: bool = False) -> None:
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        if gpu:
            environment |= {"CUBLAS_WORKSPACE_CONFIG": ":4096:8", "TORCHGATE_TEST_GPU": "1"}
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=environment,
        )

    def run(self, folder: Path, *, forbidden: bool = False) -> Outcome:
        """Run a project; ``forbidden``: whoever sets an ambient default there gets an AssertionError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(
            json.dumps({"folder": str(folder), "forbidden": forbidden}), file=self._process.stdin, flush=True
        )
        line = self._process.stdout.readline()
        assert line, f"the worker ended at {folder}, with {self._process.wait()}"
        outcome: Outcome = json.loads(line)
        assert not outcome["left behind"], f"{folder}: {outcome['left behind']}"
        return outcome

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
