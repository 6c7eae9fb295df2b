"""torch's whole determinism and precision state as data, by getters chosen without looking at the product."""

from __future__ import annotations

import os
import threading
from typing import Any

import torch

# Not all that Inductor's import sets: TORCHINDUCTOR_CACHE_DIR appears with it and decides no bit.
VARIABLES = (
    "CUBLAS_WORKSPACE_CONFIG",
    "NVIDIA_TF32_OVERRIDE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
    "TORCHINDUCTOR_DETERMINISTIC",
)
PAIRS = [
    (backend, operation)
    for backend, operations in (
        ("generic", ["all"]),
        ("cuda", ["all", "matmul", "conv", "rnn"]),
        ("mkldnn", ["all", "matmul", "conv", "rnn"]),
    )
    for operation in operations
]


def _answer(get: Any, *arguments: Any) -> Any:
    try:
        return get(*arguments)
    except RuntimeError:
        return "raises"
    except AttributeError:
        return "not in this torch"


def state(*, inductor: bool = False) -> dict[str, Any]:
    c, cuda = torch._C, torch.backends.cuda
    seen: dict[str, Any] = {
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "warn_only": torch.is_deterministic_algorithms_warn_only_enabled(),
        "cudnn.deterministic": torch.backends.cudnn.deterministic,
        "cudnn.benchmark": torch.backends.cudnn.benchmark,
        "cudnn.enabled": torch.backends.cudnn.enabled,
        "cudnn.allow_tf32": _answer(lambda: torch.backends.cudnn.allow_tf32),
        "matmul.allow_tf32": _answer(lambda: cuda.matmul.allow_tf32),
        "float32_matmul_precision": _answer(torch.get_float32_matmul_precision),
        "fp16": c._get_cublas_allow_fp16_reduced_precision_reduction(),
        "bf16": c._get_cublas_allow_bf16_reduced_precision_reduction(),
        "fp16_accumulation": _answer(lambda: cuda.matmul.allow_fp16_accumulation),
        "math_sdp": cuda.fp16_bf16_reduction_math_sdp_allowed(),
        "mkldnn.deterministic": _answer(lambda: torch.backends.mkldnn.deterministic),
        "mkldnn.enabled": torch.backends.mkldnn.enabled,
        "fill": torch.utils.deterministic.fill_uninitialized_memory,
        "threads": torch.get_num_threads(),
        "interop_threads": torch.get_num_interop_threads(),
        "default_dtype": str(torch.get_default_dtype()),
        "default_device": str(torch.get_default_device()),
        "grad": torch.is_grad_enabled(),
        "frozen": torch.backends.flags_frozen(),
        "seed": torch.initial_seed(),
        "cuda_initialized": torch.cuda.is_initialized(),
        "environment": {name: os.environ.get(name) for name in VARIABLES},
    }
    seen |= {f"fp32 {b}.{o}": _answer(lambda b=b, o=o: c._get_fp32_precision_getter(b, o)) for b, o in PAIRS}
    if inductor:
        from torch._inductor import config

        seen["inductor"] = _answer(lambda: config.deterministic)
        seen["inductor elsewhere"] = in_thread(lambda: _answer(lambda: config.deterministic))
    return seen


def in_thread(work: Any) -> Any:
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join()
    return results[0]


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {key: [before[key], after[key]] for key in before if before[key] != after[key]}
