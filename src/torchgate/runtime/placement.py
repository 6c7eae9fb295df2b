"""Placement: device and dtype as explicit, validated data, in place of ambient default helpers.

::

    match decide_placement(runtime, device="cuda:1", dtype="float32"):
        case OnCuda() | OnCpu() as placement:
            weights = torch_handle.zeros(3, **placement.kwargs(torch_handle))
        case RejectedPlacement(reason=reason, detail=detail):
            ...
"""

from __future__ import annotations

import dataclasses
import enum
import re
from typing import Any, TypeAlias

from torchgate.runtime.model import Ready

DTYPES = (
    "float64",
    "float32",
    "float16",
    "bfloat16",
    "complex128",
    "complex64",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
    "bool",
)

_CUDA = re.compile(r"cuda(?::(0|[1-9][0-9]*))?", re.ASCII)


class PlacementReason(enum.Enum):
    """Why a placement is rejected. The values are stable."""

    DEVICE_INVALID = "device_invalid"
    DEVICE_UNSUPPORTED = "device_unsupported"
    DEVICE_NOT_IN_RUNTIME = "device_not_in_runtime"
    DEVICE_INDEX_INVALID = "device_index_invalid"
    DTYPE_INVALID = "dtype_invalid"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OnCpu:
    """On the CPU."""

    dtype: str

    @property
    def device(self) -> str:
        """The device as torch spells it."""
        return "cpu"

    def kwargs(self, torch: Any) -> dict[str, Any]:
        """``device`` and ``dtype`` for a factory call; ``torch`` is the handle or the module."""
        return _kwargs(torch, self.device, self.dtype)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OnCuda:
    """On one GPU, by its index."""

    index: int
    dtype: str

    @property
    def device(self) -> str:
        """The device as torch spells it."""
        return f"cuda:{self.index}"

    def kwargs(self, torch: Any) -> dict[str, Any]:
        """``device`` and ``dtype`` for a factory call; ``torch`` is the handle or the module."""
        return _kwargs(torch, self.device, self.dtype)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RejectedPlacement:
    """No placement, and why. Nothing falls back to another device."""

    reason: PlacementReason
    detail: str


Placement: TypeAlias = OnCuda | OnCpu


def _kwargs(torch: Any, device: str, dtype: str) -> dict[str, Any]:
    return {"device": torch.device(device), "dtype": getattr(torch, dtype)}


def decide_placement(runtime: Ready, *, device: str, dtype: str) -> Placement | RejectedPlacement:
    """Pure. ``device`` is ``"cpu"``, ``"cuda"`` or ``"cuda:N"``; ``dtype`` a name, also ``torch.float32``.

    ``"cuda"`` means the policy's ``device_index``, or GPU 0. Raises TypeError unless ``runtime`` is `Ready`
    and both are strings.
    """
    if not isinstance(runtime, Ready):
        hint = "; a handle has it as handle.runtime" if hasattr(runtime, "runtime") else ""
        raise TypeError(f"decide_placement takes a Ready runtime, not {runtime!r}{hint}")
    for name, value in (("device", device), ("dtype", dtype)):
        if not isinstance(value, str):
            plain = str(value).removeprefix("torch.")
            # torch's own objects print as what is wanted here.
            hint = f"; say {plain!r}" if type(value).__module__ == "torch" else ""
            raise TypeError(f"{name} must be a string, not {value!r}{hint}")
    plain = dtype.removeprefix("torch.")
    if plain not in DTYPES:
        return _rejected(PlacementReason.DTYPE_INVALID, f"dtype {dtype!r}; valid: {', '.join(DTYPES)}")
    if device == "cpu":
        return OnCpu(dtype=plain)
    return _on_cuda(runtime, device, plain)


def _on_cuda(runtime: Ready, device: str, dtype: str) -> OnCuda | RejectedPlacement:
    match = _CUDA.fullmatch(device)
    if match is None:
        kind = device.partition(":")[0]
        if kind in ("mps", "xpu", "hip", "hpu", "mtia", "npu", "mlu", "musa", "meta", "xla"):
            text = f"device {device!r}; only cpu and cuda are supported"
            return _rejected(PlacementReason.DEVICE_UNSUPPORTED, text)
        text = f"device {device!r}; valid: cpu, cuda, cuda:0, cuda:1 ..."
        return _rejected(PlacementReason.DEVICE_INVALID, text)
    policy, count = runtime.policy, runtime.facts.cuda_device_count
    if policy.device != "cuda" or count is None:
        text = f"device {device!r}, but the runtime was decided for {policy.device!r}"
        return _rejected(PlacementReason.DEVICE_NOT_IN_RUNTIME, text)
    # Bounded, since Python refuses to read thousands of digits as a number.
    index = int(match[1][:10]) if match[1] else policy.device_index or 0
    if index >= count:
        text = f"device {device!r}, but the visible GPUs are 0 to {count - 1}"
        return _rejected(PlacementReason.DEVICE_INDEX_INVALID, text)
    return OnCuda(index=index, dtype=dtype)


def _rejected(reason: PlacementReason, detail: str) -> RejectedPlacement:
    return RejectedPlacement(reason=reason, detail=detail)
