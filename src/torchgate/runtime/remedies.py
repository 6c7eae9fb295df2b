"""What to do about each rejection reason: one sentence for doctor, smoke and the pytest plugin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torchgate.runtime.model import Reason

REMEDIES: Mapping[Reason, str] = {
    Reason.TORCH_ABSENT: "Install torch into this environment: pip install 'torchgate[runtime]'.",
    Reason.TORCH_SHADOWED: "Rename or move what answers to the name torch, or start the program elsewhere.",
    Reason.TORCH_BROKEN: "Mend what the error names (a variable, a library); "
    "otherwise reinstall torch in one piece, for this Python and this platform.",
    Reason.TORCH_UNSUPPORTED_VERSION: "Upgrade to torch 2.6 or later.",
    Reason.DEVICE_UNSUPPORTED: "Use an NVIDIA GPU with a CUDA build of torch, or a policy for the CPU.",
    Reason.CUDA_NOT_BUILT: "Install a CUDA build of torch, or choose device='cpu' explicitly.",
    Reason.CUDA_UNAVAILABLE: "Install or repair the NVIDIA driver (does nvidia-smi answer?), "
    "or give the container access to the GPU.",
    Reason.CUDA_NO_DEVICES: "Look at CUDA_VISIBLE_DEVICES and at the container's GPU options.",
    Reason.CUDA_TOO_FEW_DEVICES: "Make more GPUs visible, or lower min_devices in the policy.",
    Reason.CUDA_DEVICE_INDEX_INVALID: "Choose a device_index among the visible GPUs; they count from 0.",
    Reason.CUDA_FORKED_AFTER_INIT: "Start the process with spawn or forkserver, or fork before CUDA is used.",
    Reason.CUDNN_UNAVAILABLE: "Install a build of torch that has cuDNN; the official CUDA wheels do.",
    Reason.CUBLAS_CONFIG_INVALID: "Unset CUBLAS_WORKSPACE_CONFIG, or set it to :16:8 or :4096:8.",
    Reason.CUBLAS_CONFIG_TOO_LATE: "Apply the runtime before anything uses CUDA, "
    "or start the program with CUBLAS_WORKSPACE_CONFIG set to what the policy names.",
    Reason.TF32_FORCED_BY_ENV: "Unset NVIDIA_TF32_OVERRIDE, or set it to 0.",
    Reason.FLAGS_FROZEN: "Apply the runtime before torch.backends.disable_global_flags() is called.",
    Reason.INDUCTOR_ALREADY_CONFIGURED: "Apply the runtime before Inductor is imported, "
    "or start the program with TORCHINDUCTOR_DETERMINISTIC=1.",
    Reason.NOT_MAIN_THREAD: "Apply the runtime in the main thread, or choose affinity=WorkerSafe().",
}


def remedy(reason: str) -> str:
    """The remedy for a reason's value; for one that this version does not know, where to look."""
    try:
        return REMEDIES[Reason(reason)]
    except (KeyError, ValueError):
        return "See docs/runtime.md."


def explained(decision: Mapping[str, Any]) -> list[dict[str, str]]:
    """The reasons of a rejected decision's JSON form, each with its detail and its remedy; none if ready."""
    detail = decision.get("detail", {})
    return [
        {"reason": reason, "detail": detail.get(reason, ""), "remedy": remedy(reason)}
        for reason in decision.get("reasons", ())
    ]
