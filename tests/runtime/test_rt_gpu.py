"""The runtime on a real GPU: ``python3 scripts/test.py -m gpu`` on a machine that has one.

``TORCHGATE_GPU_EVIDENCE=FILE`` keeps what every program saw as JSON (docs/evidence has such files).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rt_support import run_program

pytestmark = [pytest.mark.torch, pytest.mark.gpu]

SEEN: dict[str, Any] = {}


@pytest.fixture(scope="module", autouse=True)
def evidence() -> Iterator[None]:
    yield
    if "TORCHGATE_GPU_EVIDENCE" in os.environ:
        told = {"machine": seen("describe"), "programs": {name: SEEN[name] for name in sorted(SEEN)}}
        Path(os.environ["TORCHGATE_GPU_EVIDENCE"]).write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def seen(*program: str, key: str = "", **changes: str) -> Any:
    """What a program saw, in a process of its own; kept, so that two tests share one run."""
    key = key or " ".join(program)
    if key not in SEEN:
        SEEN[key] = run_program("gpu", *program, **changes)
    assert "raised" not in SEEN[key], SEEN[key]["raised"]
    return SEEN[key]


def test_deciding_and_applying_leave_cuda_alone() -> None:
    told = seen("decides")
    assert told["initialised by deciding"] is False
    assert told["initialised by applying"] is False
    assert told["child"] == told["here"]
    assert told["here"][1] == 0


def test_gpus_and_cudnn_are_known_without_cuda() -> None:
    told = seen("decides")
    assert told["counted"] == told["torch counts"] > 0
    assert told["cudnn"] == told["torch says cudnn"]
    assert told["too few"] == ["cuda_too_few_devices"]
    assert told["no such index"] == ["cuda_device_index_invalid"]


@pytest.mark.parametrize(
    "call", ["_C._cudnn.getVersionInt", "cuda.device_count", "use_deterministic_algorithms"]
)
def test_what_the_probe_and_the_effect_call_keeps_fork_safe(call: str) -> None:
    assert seen("touches", call) == {"is_initialized": False, "forked child": "works"}


def test_what_the_probe_avoids_takes_cuda_from_children() -> None:
    """The reason for the ways around: were it gone, the probe could be simpler."""
    children = [
        seen("touches", call)["forked child"] for call in ("cuda.is_available", "backends.cudnn.version")
    ]
    assert any(child != "works" for child in children)


def test_a_device_index_starts_cuda_and_forks_are_refused() -> None:
    told = seen("indexed")
    assert told["initialised"] is True
    assert told["drift"] == []
    assert told["applied"]["device_index"] == "0"
    assert told["forked"] == [["cuda_forked_after_init"], ["cuda_forked_after_init"]]
    assert told["again"] is True


def test_cuda_started_first_is_too_late_unless_the_process_began_with_the_value() -> None:
    late = seen("late")
    assert late == {"reasons": ["cublas_config_too_late"], "cpu": ["cublas_config_too_late"]}
    early = seen("late", key="late, with the variable", CUBLAS_WORKSPACE_CONFIG=":16:8")
    assert early == {"reasons": [], "cpu": []}


def test_tensors_land_where_the_placement_says() -> None:
    told = seen("placed")
    expected = {"device": "cuda:0", "dtype": "torch.bfloat16", "beyond": "device_index_invalid"}
    assert told == {**expected, "empty is nan": True}


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_loader_workers_compute_the_same_on_the_gpu(method: str) -> None:
    told = seen("loaders")
    assert [row["product"] for row in told[method]] == [told["here"]] * 2
    assert [row["moved"] for row in told[method]] == [[], []]


def test_forked_loader_workers_are_refused_once_cuda_runs() -> None:
    assert "cuda_forked_after_init" in seen("loaders")["fork"]


def test_pinning_memory_moves_no_setting() -> None:
    told = seen("loaders")
    assert told["pinned"] == [True, True]
    assert told["drift after pinning"] == []


def test_attention_in_bf16_has_one_gradient() -> None:
    assert seen("attention", "bare")["distinct"] > 1, "the control shows nothing on this GPU"
    assert seen("attention", "runtime")["distinct"] == 1


def test_a_compiled_training_step_repeats() -> None:
    first, second = seen("compiled"), seen("compiled", key="compiled again")
    assert first == second
    assert first["drift"] == []


def test_tf32_forced_by_the_environment_is_refused_for_a_reason() -> None:
    told = seen("forced", key="forced", NVIDIA_TF32_OVERRIDE="1")
    assert told["reasons"] == ["tf32_forced_by_env"]
    assert told["allow_tf32"] is False
    assert told["errors"]["matmul"] > 1e-4, "the variable no longer does what it is refused for"
    assert seen("forced", key="not forced")["errors"]["matmul"] < 1e-5
