from __future__ import annotations

import dataclasses
import types
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchgate.runtime import (
    Facts,
    OnCpu,
    OnCuda,
    Policy,
    Ready,
    Reason,
    Rejected,
    RejectedPlacement,
    decide_placement,
)

ON_CPU = Ready(policy=Policy(device="cpu"), facts=Facts(torch_found=True))
TWO_GPUS = Ready(policy=Policy(device="cuda"), facts=Facts(torch_found=True, cuda_device_count=2))
SECOND_GPU = Ready(policy=Policy(device="cuda", device_index=1), facts=TWO_GPUS.facts)


@pytest.mark.parametrize(
    ("runtime", "device", "dtype", "expected"),
    [
        (ON_CPU, "cpu", "float32", OnCpu(dtype="float32")),
        (TWO_GPUS, "cpu", "torch.bfloat16", OnCpu(dtype="bfloat16")),
        (TWO_GPUS, "cuda", "float64", OnCuda(index=0, dtype="float64")),
        (TWO_GPUS, "cuda:1", "int64", OnCuda(index=1, dtype="int64")),
        (SECOND_GPU, "cuda", "bool", OnCuda(index=1, dtype="bool")),
        (SECOND_GPU, "cuda:0", "complex64", OnCuda(index=0, dtype="complex64")),
    ],
)
def test_a_placement_is_data(runtime: Ready, device: str, dtype: str, expected: Any) -> None:
    assert decide_placement(runtime, device=device, dtype=dtype) == expected


@pytest.mark.parametrize(
    ("runtime", "device", "dtype", "reason", "text"),
    [
        (ON_CPU, "cuda", "float32", "device_not_in_runtime", "'cuda', but the runtime was decided for 'cpu'"),
        (ON_CPU, "cuda:0", "float32", "device_not_in_runtime", "'cuda:0'"),
        (TWO_GPUS, "cuda:2", "float32", "device_index_invalid", "the visible GPUs are 0 to 1"),
        (TWO_GPUS, "mps", "float32", "device_unsupported", "only cpu and cuda"),
        (TWO_GPUS, "xpu:0", "float32", "device_unsupported", "'xpu:0'"),
        (TWO_GPUS, "gpu", "float32", "device_invalid", "valid: cpu, cuda, cuda:0"),
        (TWO_GPUS, "", "float32", "device_invalid", "''"),
        (TWO_GPUS, "CPU", "float32", "device_invalid", "'CPU'"),
        (TWO_GPUS, "cpu:0", "float32", "device_invalid", "'cpu:0'"),
        (TWO_GPUS, "cuda:-1", "float32", "device_invalid", "'cuda:-1'"),
        (TWO_GPUS, "cuda:01", "float32", "device_invalid", "'cuda:01'"),
        (TWO_GPUS, "cuda:١", "float32", "device_invalid", "cuda:"),
        (TWO_GPUS, "cuda:0\n", "float32", "device_invalid", "cuda:0"),
        (TWO_GPUS, "cuda:" + "9" * 5000, "float32", "device_index_invalid", "GPUs are 0 to 1"),
        (TWO_GPUS, "cuda", "float", "dtype_invalid", "valid: float64, float32"),
        (TWO_GPUS, "cuda", "zeros", "dtype_invalid", "'zeros'"),
        (TWO_GPUS, "cuda", "torch.torch.float32", "dtype_invalid", "torch.torch"),
        (TWO_GPUS, "cuda", "", "dtype_invalid", "''"),
    ],
)
def test_a_rejected_placement_says_why(
    runtime: Ready, device: str, dtype: str, reason: str, text: str
) -> None:
    placement = decide_placement(runtime, device=device, dtype=dtype)
    assert isinstance(placement, RejectedPlacement)
    assert placement.reason.value == reason
    assert text in placement.detail


def test_arguments_are_required_keywords_of_the_right_type() -> None:
    with pytest.raises(TypeError):
        decide_placement(ON_CPU, device="cpu")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        decide_placement(ON_CPU, "cpu", "float32")  # type: ignore[misc]
    with pytest.raises(TypeError, match="device must be a string, not None"):
        decide_placement(ON_CPU, device=None, dtype="float32")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="dtype must be a string"):
        decide_placement(ON_CPU, device="cpu", dtype=float)  # type: ignore[arg-type]
    float32 = type("dtype", (), {"__module__": "torch", "__repr__": lambda self: "torch.float32"})()
    with pytest.raises(TypeError, match=r"dtype must be a string, not torch\.float32; say 'float32'"):
        decide_placement(ON_CPU, device="cpu", dtype=float32)
    handle = types.SimpleNamespace(runtime=ON_CPU)
    with pytest.raises(TypeError, match=r"a handle has it as handle\.runtime"):
        decide_placement(handle, device="cpu", dtype="float32")  # type: ignore[arg-type]
    rejected = Rejected(policy=Policy(device="cpu"), reasons=(Reason.TORCH_ABSENT,))
    with pytest.raises(TypeError, match="takes a Ready runtime"):
        decide_placement(rejected, device="cpu", dtype="float32")  # type: ignore[arg-type]


def test_kwargs_are_what_a_factory_takes() -> None:
    torch = types.SimpleNamespace(device=lambda name: ("device", name), float32="f32", int8="i8")
    assert OnCuda(index=1, dtype="float32").kwargs(torch) == {"device": ("device", "cuda:1"), "dtype": "f32"}
    assert OnCpu(dtype="int8").kwargs(torch) == {"device": ("device", "cpu"), "dtype": "i8"}
    with pytest.raises(dataclasses.FrozenInstanceError):
        OnCpu(dtype="int8").dtype = "int16"  # type: ignore[misc]


@given(
    device=st.text(max_size=8) | st.sampled_from(["cpu", "cuda", "cuda:0", "cuda:1", "cuda:9", "mps"]),
    dtype=st.text(max_size=8) | st.sampled_from(["float32", "torch.int8"]),
    runtime=st.sampled_from([ON_CPU, TWO_GPUS, SECOND_GPU]),
)
def test_nothing_falls_back(device: str, dtype: str, runtime: Ready) -> None:
    """Whatever is asked for: that device or a rejection."""
    match decide_placement(runtime, device=device, dtype=dtype):
        case OnCpu():
            assert device == "cpu"
        case OnCuda(index=index):
            assert runtime.policy.device == "cuda"
            assert index < 2
            assert device in ("cuda", f"cuda:{index}")
        case RejectedPlacement(detail=detail):
            assert detail


@pytest.mark.torch
def test_the_placement_reaches_real_tensors() -> None:
    torch = pytest.importorskip("torch")
    placement = decide_placement(ON_CPU, device="cpu", dtype="bfloat16")
    assert isinstance(placement, OnCpu)
    tensor = torch.zeros(2, **placement.kwargs(torch))
    assert (tensor.device.type, tensor.dtype) == ("cpu", torch.bfloat16)


@pytest.mark.torch
def test_every_dtype_name_is_torchs() -> None:
    from torchgate.runtime.placement import DTYPES

    torch = pytest.importorskip("torch")
    assert all(isinstance(getattr(torch, name), torch.dtype) for name in DTYPES)
