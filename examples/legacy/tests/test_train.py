"""The project's own tests: the losses of a run, and that a run repeats."""

import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"


def run() -> str:
    return subprocess.run(
        [sys.executable, "-m", "market"],
        cwd=SOURCE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_a_run_repeats(record_property):
    first = run()
    assert first.count(",") == 4
    assert run() == first
    record_property("losses", first)
