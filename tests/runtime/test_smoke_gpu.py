"""The CUDA half of smoke without CUDA: its programs against a stand-in, its wiring on canned answers.

This shows that the code runs and is judged, not what a GPU does; docs/smoke.md says what was seen where.
"""

from __future__ import annotations

from typing import Any

import pytest
from rt_support import run_code

from torchgate.runtime.smoke import run
from torchgate.runtime.smoke.report import Status

DIGEST = dict.fromkeys(("losses", "gradients", "parameters", "optimizer", "rng"), "a") | {"final_loss": "1"}
FLAGS = {"read": 24, "absent": [], "values": {}, "wrong": []}
RACE = {"scatter_add_": {"runs": 8, "distinct": 1}}
SEEN: dict[str, Any] = {
    "flags": FLAGS,
    "training": DIGEST,
    "verify": [],
    "strict": {"put_": "raised"},
    "race": RACE,
    "precision": {"matmul": 1e-7, "conv": 1e-7, "gru": 1e-7},
    "rounded": {"matmul": 1e-3, "conv": 1e-3, "gru": 1e-3},
    "tampering": {str(n): "detected" for n in range(10)},
    "generic_tf32": {"applicable": True, "wrong": []},
    "device": {"device_name": "a GPU", "compute_capability": "9.0", "cuda": "13.0", "cudnn": 91000},
    "workspace": {"bytes": 131072},
    "loaded": {"digests": DIGEST, "rounds": 2},
    "streams": {"runs": 12, "distinct": 1},
    "wandering": {"runs": 2, "distinct": 2},
    "hardware": {"errors": {"matmul": 3e-4, "conv": 3e-4, "gru": 3e-4}},
}
BARE = SEEN | {"strict": {"put_": "ran"}, "race": {"scatter_add_": {"runs": 2, "distinct": 2}}}


def canned(request: Any, environment: Any = None) -> dict[str, Any]:
    """What workers on a good GPU would answer."""
    if request["mode"] == "decide":
        refused = environment is not None
        decision = {
            "decision": "rejected" if refused else "ready",
            "policy": {"device": "cuda"},
            "detail": {},
        }
        decision["reasons"] = ["cublas_config_invalid", "tf32_forced_by_env"] if refused else []
        facts = [{"torch_path": "/secret", "cuda_device_count": 1}]
        return {"decisions": [decision], "facts": facts, "environment": {}, "cuda_initialized": False}
    table = BARE if request["mode"] == "bare" else SEEN
    programs = {name: {"seen": table[name]} for name in request["programs"]}
    return {"decision": {"decision": "ready"}, "stubborn": [], "programs": programs}


def test_a_good_gpu_passes_with_every_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_ask", canned)
    report = run.run_smoke("cuda")
    assert {check.status for check in report.checks} == {Status.PASS}
    assert report.exit_code == 0
    ids = {check.id for check in report.checks}
    assert ids >= {"cuda untouched", "cublas workspace", "loaded gpu", "two streams", "precision: gru"}
    assert report.environment["device_name"] == "a GPU"
    assert "/secret" not in str(report)


@pytest.mark.parametrize(
    ("program", "seen", "id"),
    [
        ("workspace", {"bytes": 33554432}, "cublas workspace"),
        ("streams", {"runs": 12, "distinct": 2}, "two streams"),
        ("precision", {"matmul": 1e-7, "conv": 1e-7, "gru": 3e-4}, "precision: gru"),
        ("loaded", {"digests": DIGEST | {"losses": "b"}, "rounds": 2}, "loaded gpu"),
    ],
)
def test_a_bad_gpu_fails(monkeypatch: pytest.MonkeyPatch, program: str, seen: Any, id: str) -> None:
    monkeypatch.setitem(SEEN, program, seen)
    monkeypatch.setattr(run, "_ask", canned)
    report = run.run_smoke("cuda")
    assert [check.id for check in report.checks if check.status is Status.FAIL] == [id]
    assert report.exit_code == 1


def test_a_worker_that_dies_fails_every_check_that_needed_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def dying(request: Any, environment: Any = None) -> dict[str, Any]:
        return (
            {"died": "it was killed by SIGABRT"}
            if request["mode"] != "decide"
            else canned(request, environment)
        )

    monkeypatch.setattr(run, "_ask", dying)
    report = run.run_smoke("cuda")
    statuses = {check.id: check.status for check in report.checks}
    passed = {id for id, status in statuses.items() if status is Status.PASS}
    assert passed == {"decision", "hostile environment", "cuda untouched"}
    assert all(
        check.detail == "it was killed by SIGABRT" for check in report.checks if check.id not in passed
    )


STAND_IN = """
import contextlib, json
from types import SimpleNamespace
import torch as real
from torchgate.runtime.smoke import gpu, precision
class Stream:
    def synchronize(self): pass
class Torch:
    cuda = SimpleNamespace(
        Stream=Stream, stream=lambda stream: contextlib.nullcontext(), synchronize=lambda: None,
        get_device_capability=lambda device: (7, 5), get_device_name=lambda device: "stand-in",
    )
    def __getattr__(self, name):
        return getattr(real, name)
torch = Torch()
print(json.dumps({
    "describe": gpu.describe(torch, "cpu"),
    "workspace": gpu.WORKSPACE_BYTES,
    "loaded": gpu.loaded(torch, "cpu"),
    "streams": gpu.two_streams(torch, "cpu"),
    "missing": precision._missing_capability(torch, "cuda"),
}))
"""


@pytest.mark.torch
def test_the_programs_run_against_a_stand_in() -> None:
    seen = run_code(STAND_IN)
    assert seen["describe"]["compute_capability"] == "7.5"
    assert seen["workspace"] == {":16:8": 131072, ":4096:8": 33554432}
    assert set(seen["loaded"]["digests"]) > {"losses", "rng"}
    assert seen["streams"] == {"runs": 12, "distinct": 1}
    assert seen["missing"] == "TF32 (compute capability 7.5; it came with 8.0)"
