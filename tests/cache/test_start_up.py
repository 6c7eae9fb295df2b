"""What a run loads in which nothing changed: no rule, no parser of configurations, no JSON."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cache.conftest import Project
from tests.cli.test_start_up import FOREIGN, HEAVY, PROBE

ROOT = Path(__file__).parents[2]
OWN = {
    "torchgate",
    "torchgate.cache",
    "torchgate.cache.place",
    "torchgate.cache.replay",
    "torchgate.cache.sealed",
    "torchgate.cache.secret",
    "torchgate.cli",
    "torchgate.cli._printing",
    "torchgate.cli._run",
    "torchgate.errors",
}


def loaded(folder: Path, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-S", "-c", PROBE, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    code, *modules = done.stderr.splitlines()[-1].split()
    assert code == "1", done.stderr
    assert "app/a.py:1:1: TG101" in done.stdout
    return set(modules)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no time of change, so nothing is printed again")
def test_a_run_that_is_printed_again_loads_nothing(project: Project) -> None:
    project.write({"app/a.py": "import torch\n", "app/b.py": "x = 1\n"})
    for _ in range(2):
        time.sleep(0.3)
        loaded(project.root, "check")
    modules = loaded(project.root, "check")
    assert not modules & {*FOREIGN, *HEAVY, "re", "enum", "hashlib"}
    assert {name for name in modules if name.startswith("torchgate")} == OWN
