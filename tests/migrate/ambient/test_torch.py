"""What the proofs take for granted of torch, asked of the real one (in a process of its own)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def wrong() -> dict[str, list[str]]:
    worker = Path(__file__).with_name("torch_worker.py")
    done = subprocess.run([sys.executable, worker], capture_output=True, text=True, check=True, timeout=300)
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("what", ["operators", "results", "forwards", "decorators", "scripts"])
def test_torch_agrees(wrong: dict[str, list[str]], what: str) -> None:
    """Operators and forward passes that read no default, kinds of results, contexts that do not decorate,
    what TorchScript takes."""
    assert wrong[what] == []
