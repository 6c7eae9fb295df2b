"""How long torchgate, flake8 and ruff take for the same projects, side by side in one run."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from ecosystem.checking import command, environment
from ecosystem.corpus import EcosystemError

ROUNDS = 3


def measure(folder: Path, python: Path, rounds: int = ROUNDS) -> dict[str, float]:
    """The median of a few rounds in seconds, by tool. One process each, so that cores do not count.

    Raises:
        EcosystemError: a tool fails.
    """
    peer = [str(python), "-m"]
    for name in ("flake8", "ruff"):  # a missing module ends with 1 too, as findings do, and in no time
        if subprocess.run([*peer, name, "--version"], capture_output=True).returncode != 0:
            raise EcosystemError(f"{python} has no {name}")
    tools: dict[str, Sequence[str]] = {
        "torchgate": command("check", "--quiet", "--no-cache", "--output-file", "/dev/null", "."),
        "flake8": [*peer, "flake8", "--isolated", "--jobs", "1", "--quiet", "--quiet", "."],
        "ruff": [
            *peer,
            "ruff",
            "check",
            "--isolated",
            "--no-cache",
            "--no-respect-gitignore",
            "--quiet",
            ".",
        ],
    }
    taken: dict[str, list[float]] = {name: [] for name in tools}
    for _ in range(rounds):
        for name, line in tools.items():  # in turn, so that a busy machine is busy for all
            start = time.perf_counter()
            done = subprocess.run(
                line, cwd=folder, env={**environment(), "RAYON_NUM_THREADS": "1"}, capture_output=True
            )
            taken[name].append(time.perf_counter() - start)
            if done.returncode not in (0, 1):
                raise EcosystemError(f"{name} ended with {done.returncode}: {done.stderr.decode()[-500:]}")
    return {name: statistics.median(times) for name, times in taken.items()}
