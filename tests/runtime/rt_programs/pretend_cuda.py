"""A CUDA build, pretended on the CPU build of torch: same module, the CUDA answers replaced.

Calls that would start CUDA raise, so a probe that makes one is seen. What a real GPU does is not shown here.
"""

from __future__ import annotations

import json
import os
from typing import Any

import torch
import torch._inductor.config
from rt_state import differences, state

from torchgate.runtime import (
    ApplyError,
    Policy,
    Ready,
    RejectedError,
    apply_torch_runtime,
    decide_placement,
    decide_torch_runtime,
    probing,
)
from torchgate.runtime.state import PROCESS

out: dict[str, Any] = {}
device: dict[str, Any] = {
    "initialized": False,
    "bad_fork": False,
    "nvml": 2,
    "current": 0,
    "workspace": 131072,
    "calls": [],
}


def forbidden(name: str) -> Any:
    def call(*_: Any) -> Any:
        raise SystemExit(f"{name} starts CUDA and was called")

    return call


def started(name: str, answer: Any) -> Any:
    return answer if device["initialized"] else forbidden(name)()


def set_device(index: int) -> None:
    variable, mode = os.environ.get("CUBLAS_WORKSPACE_CONFIG"), torch.get_deterministic_debug_mode()
    device["calls"].append([index, variable, mode])
    device.update(initialized=True, current=index)


torch.__version__ = "2.13.0+cu130"
torch.version.cuda = "13.0"
torch.backends.cuda.is_built = lambda: True
type(torch.backends.cudnn).is_available = staticmethod(lambda: True)
type(torch.backends.cudnn).version = staticmethod(forbidden("cudnn.version"))
torch.cuda.is_available = forbidden("is_available")
torch.cuda.init = forbidden("init")
torch.cuda.current_device = lambda: started("current_device", device["current"])
torch.cuda.device_count = lambda: started("device_count", 2)
torch.cuda.is_initialized = lambda: device["initialized"] and not device["bad_fork"]
torch.cuda._is_in_bad_fork = lambda: device["bad_fork"]
torch.cuda._device_count_nvml = lambda: device["nvml"]
torch.cuda.set_device = set_device
torch.backends.cuda.cublas_workspace_size = lambda: started("cublas_workspace_size", device["workspace"])


def reasons(policy: Policy) -> list[str]:
    runtime = decide_torch_runtime(policy)
    return [] if isinstance(runtime, Ready) else [reason.value for reason in runtime.reasons]


def probing_and_deciding() -> None:
    policy = Policy(device="cuda", device_index=1)
    out["facts"] = probing.probe(policy).to_json()
    out["ready"] = reasons(policy)
    out["too few"] = reasons(Policy(device="cuda", min_devices=3))
    out["index"] = reasons(Policy(device="cuda", device_index=2))
    device["nvml"] = 0
    out["no devices"] = reasons(policy)
    device["nvml"] = -1
    probing._device_count_elsewhere = lambda visible: None
    out["no driver"] = reasons(policy)
    probing._device_count_elsewhere = lambda visible: 2
    out["counted elsewhere"] = reasons(policy)
    device["nvml"] = 2
    device["bad_fork"] = True
    out["bad fork"] = reasons(policy)
    device["bad_fork"] = False
    device["initialized"] = True
    out["started without the variable"] = reasons(policy)
    device["initialized"] = False


def failing_last() -> None:
    def refuse(index: int) -> None:
        raise RuntimeError("CUDA error: all CUDA-capable devices are busy")

    torch.cuda.set_device = refuse
    before = state()
    try:
        apply_torch_runtime(decide_torch_runtime(Policy(device="cuda", device_index=1)))
    except ApplyError as error:
        out["failing"] = [error.item, error.got, error.restored, differences(before, state())]
    torch.cuda.set_device = set_device


def applying() -> None:
    policy = Policy(device="cuda", device_index=1)
    handle = apply_torch_runtime(decide_torch_runtime(policy))
    out["set_device"] = device["calls"]
    out["applied"] = dict(handle.applied)
    out["drift"] = handle.drift()
    out["again after CUDA started"] = apply_torch_runtime(decide_torch_runtime(policy)) is handle
    device["workspace"] = 33554432
    out["workspace drift"] = handle.drift()
    device["workspace"] = 131072
    device["current"] = 0
    out["device drift"] = handle.drift()
    device["current"] = 1
    out["other workspace"] = reasons(Policy(device="cuda", device_index=1, cublas_workspace=":4096:8"))
    placement = decide_placement(handle.runtime, device="cuda", dtype="float32")
    out["placement"] = placement.device  # type: ignore[union-attr]
    PROCESS.after_fork()
    device["bad_fork"] = True
    try:
        handle.zeros(2)
    except RejectedError as error:
        out["handle in a bad fork"] = [reason.value for reason in error.reasons]
    try:
        apply_torch_runtime(decide_torch_runtime(policy))
    except RejectedError as error:
        out["apply in a bad fork"] = [reason.value for reason in error.reasons]


probing_and_deciding()
failing_last()
applying()
print(json.dumps(out))
