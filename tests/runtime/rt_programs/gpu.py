"""What the runtime does on a real GPU: ``gpu.py NAME`` runs one program in this process and prints JSON."""

from __future__ import annotations

import json
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import Any

from processes import forked

from torchgate.runtime import (
    Policy,
    Ready,
    RejectedError,
    TorchHandle,
    WorkerSafe,
    apply_torch_runtime,
    decide_placement,
    decide_torch_runtime,
)
from torchgate.runtime.smoke.precision import errors
from torchgate.runtime.smoke.training import digest

POLICY = Policy(device="cuda", cublas_workspace=":16:8", affinity=WorkerSafe())
INDEXED = Policy(device="cuda", cublas_workspace=":16:8", affinity=WorkerSafe(), device_index=0)


def reasons(policy: Policy) -> list[str]:
    """Why the policy is rejected here; empty where it is not."""
    decision = decide_torch_runtime(policy)
    return [] if isinstance(decision, Ready) else [reason.value for reason in decision.reasons]


def product(torch: Any) -> str:
    """A digest of one product on the GPU."""
    left = torch.arange(4096.0, device="cuda").reshape(64, 64) / 4096
    return digest([left @ left])


def decides() -> Any:
    """Decisions leave CUDA alone, so that a child forked afterwards can use it; then this process does."""
    import torch

    plain = decide_torch_runtime(POLICY)
    assert isinstance(plain, Ready)
    count = plain.facts.cuda_device_count or 0
    seen = {
        "counted": count,
        "too few": reasons(Policy(device="cuda", min_devices=count + 1)),
        "no such index": reasons(Policy(device="cuda", device_index=count)),
        "cudnn": plain.facts.cudnn_version,
        "initialised by deciding": torch.cuda.is_initialized(),
    }
    handle = apply_torch_runtime(plain)
    seen["initialised by applying"] = torch.cuda.is_initialized()
    seen["child"] = forked(lambda: [product(handle), len(handle.drift())])
    seen["here"] = [product(handle), len(handle.drift())]
    seen["torch counts"] = torch.cuda.device_count()
    seen["torch says cudnn"] = torch.backends.cudnn.version()
    return seen


def _available(torch: Any) -> object:
    return torch.cuda.is_available()


def _cudnn_version(torch: Any) -> object:
    return torch.backends.cudnn.version()


def _cudnn_binding(torch: Any) -> object:
    return torch._C._cudnn.getVersionInt()


def _device_count(torch: Any) -> object:
    return torch.cuda.device_count()


def _flag(torch: Any) -> object:
    return torch.use_deterministic_algorithms(True)


TOUCHES: dict[str, Callable[[Any], object]] = {
    "cuda.is_available": _available,
    "backends.cudnn.version": _cudnn_version,
    "_C._cudnn.getVersionInt": _cudnn_binding,
    "cuda.device_count": _device_count,
    "use_deterministic_algorithms": _flag,
}


def touches(name: str) -> Any:
    """Whether one of torch's calls takes CUDA away from children that are forked later."""
    import torch

    TOUCHES[name](torch)
    told = torch.cuda.is_initialized()

    def child() -> str:
        try:
            return product(torch) and "works"
        except RuntimeError as error:
            return f"{type(error).__name__}: {str(error).splitlines()[0]}"

    return {"is_initialized": told, "forked child": forked(child)}


def indexed() -> Any:
    """A policy with a device index starts CUDA: everything stands by then, and a fork is refused by name."""
    handle = apply_torch_runtime(decide_torch_runtime(INDEXED))
    product(handle)

    def child() -> Any:
        try:
            handle.zeros(1)
        except RejectedError as error:
            return [[reason.value for reason in error.reasons], reasons(POLICY)]
        return "used"

    return {
        "initialised": handle.cuda.is_initialized(),
        "applied": {name: str(value) for name, value in handle.applied.items()},
        "drift": [str(item) for item in handle.drift()],
        "forked": forked(child),
        "again": apply_torch_runtime(decide_torch_runtime(INDEXED)) is handle,
    }


def late() -> Any:
    """CUDA was started before the runtime was decided."""
    import torch

    torch.zeros(1, device="cuda")
    return {"reasons": reasons(POLICY), "cpu": reasons(Policy(device="cpu", cublas_workspace=":16:8"))}


def placed() -> Any:
    """Tensors land where the placement says, uninitialised memory is filled, and the dtype is kept."""
    handle = apply_torch_runtime(decide_torch_runtime(POLICY))
    runtime = handle.runtime
    on_gpu: Any = decide_placement(runtime, device="cuda", dtype="bfloat16")
    beyond: Any = decide_placement(runtime, device=f"cuda:{runtime.facts.cuda_device_count}", dtype="float32")
    made = handle.zeros(2, **on_gpu.kwargs(handle))
    filled = handle.empty(1000, device="cuda")
    return {
        "device": str(made.device),
        "dtype": str(made.dtype),
        "beyond": beyond.reason.value,
        "empty is nan": bool(filled.isnan().all()),
    }


class OnGpu:
    """A map-style dataset that computes on the GPU in its worker."""

    def __init__(self, handle: TorchHandle) -> None:
        self.handle = handle

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Any:
        moved = [item.item for item in self.handle.drift()]
        return {"index": index, "product": product(self.handle), "moved": moved}


def loaders() -> Any:
    """DataLoader workers with the GPU: spawn and forkserver work, fork is refused once CUDA runs."""
    handle = apply_torch_runtime(decide_torch_runtime(POLICY))
    seen: dict[str, Any] = {"here": product(handle)}
    for method in ("spawn", "forkserver", "fork"):
        loader = handle.utils.data.DataLoader(
            OnGpu(handle),
            num_workers=1,
            multiprocessing_context=method,
            batch_size=None,
            worker_init_fn=handle.worker_init,
        )
        try:
            seen[method] = list(loader)
        except Exception as error:
            seen[method] = str(error).splitlines()[-1]
    pinned = handle.utils.data.DataLoader([handle.ones(3), handle.ones(3)], pin_memory=True)
    seen["pinned"] = [batch.is_pinned() for batch in pinned]
    seen["drift after pinning"] = [str(item) for item in handle.drift()]
    return seen


def _attention(torch: Any) -> str:
    """Gradients of attention in bf16, which the fused kernels add up in any order unless told otherwise."""
    torch.manual_seed(5)
    made = [torch.randn(2, 8, 2048, 64, device="cuda", dtype=torch.bfloat16) for _ in range(3)]
    parts = [part.requires_grad_() for part in made]
    torch.nn.functional.scaled_dot_product_attention(*parts, is_causal=True).float().square().sum().backward()
    return digest([part.grad.float() for part in parts])


def attention(under: str) -> Any:
    """How many results sixteen equal backward passes have, bare or under the runtime."""
    if under == "runtime":
        torch: Any = apply_torch_runtime(decide_torch_runtime(POLICY))
    else:
        import torch
    return {"runs": 16, "distinct": len({_attention(torch) for _ in range(16)})}


def compiled() -> Any:
    """A compiled training step, as Inductor and Triton make it for this GPU."""
    handle = apply_torch_runtime(decide_torch_runtime(POLICY))
    handle.manual_seed(3)
    model = handle.nn.Sequential(
        handle.nn.Linear(256, 512), handle.nn.GELU(), handle.nn.LayerNorm(512), handle.nn.Linear(512, 8)
    ).to("cuda")
    optimizer = handle.optim.AdamW(model.parameters(), lr=1e-3)
    data = handle.randn(512, 256, device="cuda")

    @handle.compile
    def loss(batch: Any) -> Any:
        return model(batch).softmax(-1).square().mean()

    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        value = loss(data)
        value.backward()
        optimizer.step()
        losses.append(value.detach())
    return {
        "digest": digest([*losses, *model.state_dict().values()]),
        "drift": [str(item) for item in handle.drift()],
    }


def forced() -> Any:
    """TF32 as the environment forces it on cuBLAS, below everything that torch knows."""
    import torch

    refused = reasons(POLICY)
    torch.backends.cuda.matmul.allow_tf32 = False
    return {
        "reasons": refused,
        "allow_tf32": torch.backends.cuda.matmul.allow_tf32,
        "errors": errors(torch, "cuda"),
    }


def describe() -> Any:
    """The machine and the versions; no name of the machine and no path."""
    import torch

    major, minor = torch.cuda.get_device_capability(0)
    return {
        "python": sys.version.split()[0],
        "torch": str(torch.__version__),
        "device_name": torch.cuda.get_device_name(0),
        "compute_capability": f"{major}.{minor}",
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
    }


PROGRAMS: dict[str, Callable[..., Any]] = {
    "decides": decides,
    "touches": touches,
    "indexed": indexed,
    "late": late,
    "placed": placed,
    "loaders": loaders,
    "attention": attention,
    "compiled": compiled,
    "forced": forced,
    "describe": describe,
}


def main(name: str, *arguments: str) -> None:
    """Run one program. An error is its answer, in full."""
    warnings.simplefilter("ignore")
    try:
        answer = PROGRAMS[name](*arguments)
    except Exception:
        answer = {"raised": traceback.format_exc()}
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
