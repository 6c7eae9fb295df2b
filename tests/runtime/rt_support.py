"""Runs the programs of rt_programs in fresh processes: torch's state, and so the effect, is the process's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).parent / "rt_programs"
SRC = Path(__file__).parents[2] / "src"


def _torch_version() -> tuple[int, ...]:
    """By its metadata, without importing it; empty where there is none."""
    try:
        return tuple(map(int, version("torch").split(".")[:2]))
    except PackageNotFoundError:
        return ()


OLD_TORCH = () < _torch_version() < (2, 9)
"""A torch from before the precision API and Inductor's deterministic mode; 2.6 is the one that was run."""

SHARED_INDUCTOR = () < _torch_version() < (2, 12)
"""A torch whose Inductor configuration is the process's, or has no deterministic mode yet (`OLD_TORCH`)."""

# What a developer's shell may carry and what would change the outcome.
_CLEARED = (
    "CUBLAS_WORKSPACE_CONFIG",
    "NVIDIA_TF32_OVERRIDE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
    "TORCHINDUCTOR_DETERMINISTIC",
    "PYTHONOPTIMIZE",
)

NO_GPU = {"CUDA_VISIBLE_DEVICES": ""}
"""For programs that show a rejection: a CUDA build rejects too, with or without a GPU in the machine."""


def rejected_for_cuda(cuda_build: bool) -> list[str]:
    """The reasons that a build may have under `NO_GPU`: without a driver nobody can say how many GPUs."""
    return ["cuda_no_devices", "cuda_unavailable"] if cuda_build else ["cuda_not_built"]


def environment(**changes: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if name not in _CLEARED}
    return {**clean, **changes}


def run_program(name: str, *arguments: str, python: tuple[str, ...] = (), **changes: str) -> Any:
    """The last line of the program's standard output, as JSON."""
    command = [sys.executable, *python, str(PROGRAMS / f"{name}.py"), *arguments]
    return _json(command, environment(**changes))


def run_code(code: str, *, python: tuple[str, ...] = (), cwd: Path | None = None, **changes: str) -> Any:
    """The last line that ``code`` prints, as JSON."""
    return _json([sys.executable, *python, "-c", code], environment(**changes), cwd)


def _json(command: list[str], env: dict[str, str], cwd: Path | None = None) -> Any:
    result = subprocess.run(
        command, capture_output=True, text=True, env=env, cwd=cwd, timeout=500, check=False
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return json.loads(result.stdout.splitlines()[-1])
