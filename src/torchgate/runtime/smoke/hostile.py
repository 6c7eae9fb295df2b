"""A hostile start: what other packages may have done before the effect runs.

Every write leaves Inductor's configuration unimported: with it imported and not deterministic the runtime
rejects, which is another check. The values are data, see `tampering`.
"""

from __future__ import annotations

import os
from typing import Any

from torchgate.runtime.smoke.flags import ABSENT, read
from torchgate.runtime.smoke.tampering import assign

WRITES: tuple[tuple[str, object], ...] = (
    ("backends.fp32_precision", "tf32"),
    ("backends.cudnn.fp32_precision", "tf32"),
    ("backends.cudnn.deterministic", False),
    ("backends.cudnn.benchmark", True),
    ("backends.cudnn.allow_tf32", True),
    ("backends.cuda.matmul.allow_tf32", True),
    ("backends.cuda.matmul.allow_fp16_reduced_precision_reduction", True),
    ("backends.cuda.matmul.allow_bf16_reduced_precision_reduction", True),
    ("backends.cuda.matmul.allow_fp16_accumulation", True),
    ("backends.cudnn.conv.fp32_precision", "tf32"),
    ("backends.cudnn.rnn.fp32_precision", "tf32"),
    ("backends.mkldnn.deterministic", False),
    ("backends.mkldnn.matmul.fp32_precision", "bf16"),
    ("backends.mkldnn.conv.fp32_precision", "bf16"),
    ("backends.mkldnn.rnn.fp32_precision", "bf16"),
    ("utils.deterministic.fill_uninitialized_memory", False),
)

ENVIRONMENT = {"TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "1"}
"""What the process is started with: torch turns matmul TF32 on at import."""

REFUSED: dict[str, tuple[str, str]] = {
    "CUBLAS_WORKSPACE_CONFIG": (":0:0", "cublas_config_invalid"),
    "NVIDIA_TF32_OVERRIDE": ("1", "tf32_forced_by_env"),
}
"""Environment values that no write can make good, and the reason that must name each."""


def forget_environment() -> None:
    """Take away what a careful launcher would have set, so that the effect has to."""
    for name in ("CUBLAS_WORKSPACE_CONFIG", "TORCHINDUCTOR_DETERMINISTIC"):
        os.environ.pop(name, None)


def spoil(torch: Any) -> list[str]:
    """Turn every setting that this torch has the wrong way; returns what would not turn."""
    stubborn = []
    for path, value in WRITES:
        if read(torch, path) == ABSENT:
            continue
        assign(torch, path, value)
    careless = True
    if read(torch, "backends.cuda.fp16_bf16_reduction_math_sdp_allowed()") != ABSENT:
        torch.backends.cuda.allow_fp16_bf16_reduction_math_sdp(careless)
    if hasattr(torch._C, "_set_fp32_precision_setter"):
        # oneDNN's own level; in 2.13 `torch.backends.mkldnn.fp32_precision = x` sets the generic one.
        torch._C._set_fp32_precision_setter("mkldnn", "all", "bf16")
    # The public function would import Inductor's configuration.
    torch._C._set_deterministic_algorithms(True, warn_only=True)
    torch.set_float32_matmul_precision("medium")  # torchgate: ignore[TG403] the hostile start
    for path, value in WRITES:
        seen = read(torch, path)
        if seen != ABSENT and seen != value and not str(seen).startswith("unreadable"):
            stubborn.append(f"torch.{path} stayed {seen!r}")
    return stubborn
