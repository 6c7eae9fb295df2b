"""The oldest supported torch and the newest that pip offers, each in an environment of its own.

Gigabytes and some ten minutes, so behind ``-m slow``; skipped, with pip's own last words, where one does
not install.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rt_support import environment

from torchgate.cli.doctor import NEWEST_TESTED
from torchgate.runtime.decision import OLDEST_TORCH

ROOT = Path(__file__).parents[2]
NEEDED_GB = 12
"""A CUDA build with its libraries takes six, and pip unpacks beside them."""

pytestmark = [pytest.mark.slow, pytest.mark.torch]


@dataclass(frozen=True)
class Installed:
    """One environment with torch, the tests' own needs and this torchgate."""

    python: Path
    version: str

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(map(int, self.version.split("+")[0].split(".")[:2]))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return _run(str(self.python), "-m", *arguments)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in environment().items() if name != "PYTHONPATH"}
    return subprocess.run(
        command, cwd=ROOT, env=clean, capture_output=True, text=True, timeout=3000, check=False
    )


@pytest.fixture(scope="module", params=[f"torch=={'.'.join(map(str, OLDEST_TORCH))}.0", "torch"])
def installed(request: pytest.FixtureRequest) -> Iterator[Installed]:
    with tempfile.TemporaryDirectory(prefix="torchgate-versions-") as folder:
        free = shutil.disk_usage(folder).free / 1e9
        if free < NEEDED_GB:
            pytest.skip(f"{request.param} needs {NEEDED_GB} GB of disk, {free:.0f} are free")
        venv.create(folder, with_pip=True)
        python = next(Path(folder).glob("[bS]*/python*"))
        # No cache: what this test downloads goes when it ends.
        pip = [str(python), "-m", "pip", "install", "--quiet", "--no-cache-dir"]
        for wanted in ([request.param, "numpy", "pytest", "hypothesis"], ["--no-deps", "--editable", "."]):
            result = _run(*pip, *wanted)
            if result.returncode != 0:
                said = [line for line in result.stderr.splitlines() if line.startswith("ERROR")]
                pytest.skip(f"{wanted[0]} does not install here: {' '.join(said)[-500:]}")
        version = _run(str(python), "-c", "import torch; print(torch.__version__)")
        assert version.returncode == 0, version.stderr
        yield Installed(python, version.stdout.strip())


def test_the_right_version_is_there(installed: Installed, request: pytest.FixtureRequest) -> None:
    wanted = request.node.callspec.params["installed"].partition("==")[2]
    assert installed.version.startswith(wanted)
    assert installed.numbers == OLDEST_TORCH if wanted else installed.numbers > OLDEST_TORCH


def test_doctor_is_ready_and_a_newer_version_is_a_warning(installed: Installed) -> None:
    result = installed.run("torchgate", "doctor", "--json")
    report = json.loads(result.stdout)
    assert (result.returncode, result.stderr) == (0, "")
    assert "cpu" in report["ready"]
    assert report["environment"]["torch"] == installed.version
    warned = any("is newer than" in text for text in report["warnings"])
    assert warned is (installed.numbers > NEWEST_TESTED)


def test_smoke_passes(installed: Installed) -> None:
    result = installed.run("torchgate", "smoke", "--device", "cpu", "--json")
    assert result.returncode == 0, result.stdout + result.stderr
    report: Any = json.loads(result.stdout)
    assert (report["verdict"], report["environment"]["torch"]) == ("pass", installed.version)
    assert {check["status"] for check in report["checks"]} <= {"pass", "not_applicable"}


@pytest.mark.parametrize(
    ("arguments", "at_least"),
    [
        (("tests/runtime", "-m", "not slow and not gpu"), 400),
        (("tests/runtime/test_rt_apply.py", "-m", "slow"), 1),
    ],
    ids=["ordinary", "compile"],
)
def test_the_runtimes_own_tests_pass(
    installed: Installed, arguments: tuple[str, ...], at_least: int, record_property: Any
) -> None:
    """The same programs as on the pinned version: effect, processes, mutation loop, plugin, smoke, doctor."""
    started = time.monotonic()
    result = installed.run("pytest", *arguments, "-q", "-p", "no:cacheprovider", "--tb=short")
    summary = result.stdout.strip().splitlines()[-1]
    record_property("torch", installed.version)
    print(f"torch {installed.version}: {summary} ({time.monotonic() - started:.0f} s)")
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr
    assert int(summary.split(" passed")[0].split()[-1]) >= at_least, summary
