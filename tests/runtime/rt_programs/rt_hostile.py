"""Starts that a runtime must survive: every setting on its wrong side, in three ways."""

from __future__ import annotations

import os

import torch
from rt_state import PAIRS

# Before 2.9 there is no such API, and a start is made of the classic switches alone.
HAS_PRECISION_API = hasattr(torch._C, "_set_fp32_precision_setter")
PUT = torch._C._set_fp32_precision_setter if HAS_PRECISION_API else lambda *_: None
GET = torch._C._get_fp32_precision_getter if HAS_PRECISION_API else lambda *_: "ieee"


def _common() -> None:
    for name in ("CUBLAS_WORKSPACE_CONFIG", "TORCHINDUCTOR_DETERMINISTIC"):
        os.environ.pop(name, None)
    torch.backends.cudnn.deterministic = False
    torch.backends.cudnn.benchmark = True
    torch.backends.mkldnn.deterministic = False
    matmul = torch.backends.cuda.matmul
    matmul.allow_fp16_reduced_precision_reduction = True
    matmul.allow_bf16_reduced_precision_reduction = True
    if hasattr(matmul, "allow_fp16_accumulation"):
        matmul.allow_fp16_accumulation = True
    torch.backends.cuda.allow_fp16_bf16_reduction_math_sdp(True)
    torch.utils.deterministic.fill_uninitialized_memory = False
    torch.set_num_threads(1)


def weaken_algorithms(*, warn_only: bool = False) -> None:
    """Apart, since the first such call imports Inductor's config and so decides what other threads see."""
    torch.use_deterministic_algorithms(warn_only, warn_only=warn_only)


def inheriting() -> None:
    """The new API, generic level only: everything inherits "tf32"."""
    _common()
    _clear_precision()
    PUT("generic", "all", "tf32")


def pinned() -> None:
    """Every level and operation pinned; oneDNN to bf16."""
    _common()
    _clear_precision()
    for backend, operation in PAIRS:
        PUT(backend, operation, "bf16" if backend == "mkldnn" else "tf32")


def legacy() -> None:
    """The classic switches only; "medium" makes CPU float32 products bf16."""
    _common()
    _clear_precision()
    torch.set_float32_matmul_precision("medium")
    torch.backends.cudnn.allow_tf32 = True


def mixed() -> None:
    """Legacy on, new API off for the operations: the legacy getters raise."""
    legacy()
    PUT("cuda", "conv", "ieee")
    PUT("cuda", "matmul", "ieee")


def ieee_above() -> None:
    """Strict above, lax below: what inherits reads well already."""
    _common()
    _clear_precision()
    PUT("generic", "all", "ieee")
    PUT("cuda", "conv", "tf32")
    PUT("mkldnn", "matmul", "bf16")


def _clear_precision() -> None:
    for pair in PAIRS:
        PUT(*pair, "none")
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = True
    for pair in PAIRS:
        PUT(*pair, "none")


STARTS = {start.__name__: start for start in (inheriting, pinned, legacy, mixed, ieee_above)}
