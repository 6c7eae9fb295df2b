"""Importing the application imports no torch; a run repeats to the last bit."""

import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"


def run(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, *arguments], cwd=SOURCE, capture_output=True, text=True, check=True
    ).stdout


def test_importing_the_application_imports_no_torch():
    assert run("-c", "import market.train, market.__main__, sys; print('torch' in sys.modules)") == "False\n"


def test_a_run_repeats():
    first = run("-m", "market")
    assert first.count(",") == 4
    assert run("-m", "market") == first
