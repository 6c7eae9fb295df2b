"""torch before 2.9, pretended: the newer switches are taken out of 2.13 or 2.14, getters included.

Shows that the gates hold and that the effect proves what is left, not what an old torch computes.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import torch

C = torch._C
for name in (
    "_get_fp32_precision_getter",
    "_set_fp32_precision_setter",
    "_get_cublas_allow_fp16_accumulation",
):
    delattr(C, name)
for module in (torch.backends, torch.backends.cudnn, torch.backends.mkldnn):
    del type(module).fp32_precision
del type(torch.backends.cudnn).conv
for name in ("matmul", "conv", "rnn"):
    delattr(type(torch.backends.mkldnn), name)
type(torch.backends.cudnn.rnn).fp32_precision = property(lambda self: self.absent)
if hasattr(torch.backends.cuda, "cublas_workspace_size"):  # not before 2.12
    del torch.backends.cuda.cublas_workspace_size

Matmul = type(torch.backends.cuda.matmul)
newer = Matmul.__getattr__


def older(self: Any, name: str) -> Any:
    if name.endswith("_split_k") or name in ("fp32_precision", "allow_fp16_accumulation"):
        raise AttributeError("Unknown attribute " + name)
    return newer(self, name)


Matmul.__getattr__ = older
for kind in ("fp16", "bf16"):
    get = getattr(C, f"_get_cublas_allow_{kind}_reduced_precision_reduction")
    setattr(C, f"_get_cublas_allow_{kind}_reduced_precision_reduction", lambda get=get: get()[0])
Matmul.__getattr__ = lambda self, name: (
    getattr(C, f"_get_cublas_{name}")() if name.endswith("precision_reduction") else older(self, name)
)


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """As it was before it told Inductor."""
    C._set_deterministic_algorithms(mode, warn_only=warn_only)


def set_float32_matmul_precision(value: str) -> None:
    """One flag with the legacy switch, and nothing of oneDNN's."""
    torch.backends.cuda.matmul.allow_tf32 = value != "highest"


torch.set_float32_matmul_precision = set_float32_matmul_precision
torch.get_float32_matmul_precision = lambda: "high" if C._get_cublas_allow_tf32() else "highest"
torch.use_deterministic_algorithms = use_deterministic_algorithms
torch.__version__ = "2.6.0+cpu"

from torchgate.runtime import ApplyError, Policy, apply, checklist, decide_torch_runtime  # noqa: E402

CPU = Policy(device="cpu")


def hostile() -> None:
    torch.backends.cudnn.deterministic = False
    torch.backends.cudnn.benchmark = True
    torch.backends.mkldnn.deterministic = False
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = True
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = True
    torch.backends.cuda.allow_fp16_bf16_reduction_math_sdp(True)
    torch.utils.deterministic.fill_uninitialized_memory = False


names = [row.name for row in checklist.rows(torch, CPU)]
green = []
restored = []
for name in names:
    hostile()
    apply.rows = lambda torch_, policy, name=name: tuple(
        row for row in checklist.rows(torch_, policy) if row.name != name
    )
    try:
        apply.apply_torch_runtime(decide_torch_runtime(CPU))
        green.append(name)
        break
    except ApplyError as error:
        restored.append(error.restored)
apply.rows = checklist.rows
handle = apply.apply_torch_runtime(decide_torch_runtime(CPU))
loaded = "torch._inductor.config" in sys.modules
print(
    json.dumps(
        {"rows": names, "green": green, "restored": restored, "drift": handle.drift(), "inductor": loaded}
    )
)
