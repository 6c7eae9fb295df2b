"""One applied runtime, seen from all sides. Prints what happened; the tests judge."""

from __future__ import annotations

import contextlib
import copy
import json
import logging
import os
import pickle
import sys
import threading
from typing import Any

from torchgate.runtime import (
    AlreadyAppliedError,
    DriftError,
    Policy,
    Ready,
    RejectedError,
    TorchHandle,
    WorkerSafe,
    apply_torch_runtime,
    decide_torch_runtime,
)

out: dict[str, Any] = {}
records: list[logging.LogRecord] = []


class _Collect(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        records.append(record)


logging.getLogger("torchgate.runtime").addHandler(_Collect())


def raised(call: Any, *arguments: Any) -> list[str]:
    try:
        call(*arguments)
    except Exception as error:
        return [type(error).__name__, str(error)]
    return ["nothing", ""]


def design_example() -> None:
    runtime = decide_torch_runtime()
    out["torch imported by decide for cuda"] = "torch" in sys.modules
    out["design example"] = raised(lambda: apply_torch_runtime(runtime).cuda.Stream())


def apply_from_many_threads(policy: Policy) -> TorchHandle:
    handles: list[TorchHandle] = []
    barrier = threading.Barrier(12)

    def work() -> None:
        barrier.wait()
        handles.append(apply_torch_runtime(decide_torch_runtime(policy)))

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    out["threads"] = [len(handles), len(set(map(id, handles)))]
    return handles[0]


def identity(handle: TorchHandle, policy: Policy) -> None:
    import torch

    out["same"] = {
        "again": apply_torch_runtime(decide_torch_runtime(policy)) is handle,
        "equal policy": apply_torch_runtime(decide_torch_runtime(copy.deepcopy(policy))) is handle,
        "module": handle.torch is torch,
        "attribute": handle.nn.Linear is torch.nn.Linear,
        "copy": copy.copy(handle) is handle,
        "deepcopy": copy.deepcopy({"a": [handle]})["a"][0] is handle,
        "pickle": pickle.loads(pickle.dumps(handle)) is handle,
        "runtime": isinstance(handle.runtime, Ready) and handle.runtime.policy == policy,
    }

    class Net(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, torch_handle: TorchHandle) -> None:
            super().__init__()
            self.torch = torch_handle
            self.linear = torch_handle.nn.Linear(2, 2)

    net = Net(handle)
    out["same"]["deepcopy of a module"] = copy.deepcopy(net).torch is handle
    out["state_dict"] = sorted(net.state_dict())


def surface(handle: TorchHandle) -> None:
    out["other policy"] = raised(lambda: apply_torch_runtime(decide_torch_runtime(Policy(device="cpu"))))
    out["set"] = raised(setattr, handle, "zeros", None)
    out["set own"] = raised(setattr, handle, "_torch", None)
    out["del"] = raised(delattr, handle, "zeros")
    out["misspelt"] = raised(getattr, handle, "zeroes")
    out["applied read-only"] = raised(handle.applied.__setitem__, "a", 1)  # type: ignore[attr-defined]
    out["dir"] = {"zeros", "nn", "verify", "worker_init"} <= set(dir(handle))
    out["repr"] = repr(handle)
    out["applied"] = dict(handle.applied)
    out["cuda build"] = handle.version.cuda is not None
    out["unfinished"] = raised(getattr, object.__new__(TorchHandle), "zeros")
    out["not a decision"] = raised(apply_torch_runtime, handle.runtime.policy)
    out["not metrics"] = raised(lambda: apply_torch_runtime(handle.runtime, metrics=object()))


def drift(handle: TorchHandle) -> None:
    torch = handle.torch
    out["drift before"] = handle.drift()
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    out["drift"] = [list(item) for item in handle.drift()]
    try:
        handle.verify()
    except DriftError as error:
        out["drift error"] = [item.item for item in error.items]
    out["second apply under drift"] = raised(lambda: apply_torch_runtime(handle.runtime))
    torch.backends.cudnn.benchmark = False
    torch.set_float32_matmul_precision("highest")
    with torch.backends.cudnn.flags(benchmark=False, deterministic=False, allow_tf32=False):
        out["drift in a flags context"] = [item.item for item in handle.drift()]
    os.environ["NVIDIA_TF32_OVERRIDE"] = "0"
    out["TF32 forced off"] = handle.drift()
    os.environ["NVIDIA_TF32_OVERRIDE"] = "1"
    out["TF32 forced on"] = [list(item) for item in handle.drift()]
    del os.environ["NVIDIA_TF32_OVERRIDE"]
    os.putenv("CUBLAS_WORKSPACE_CONFIG", ":0:0")
    out["drift by putenv"] = handle.drift()
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":16:8"
    out["drift after"] = handle.drift()


def threads(handle: TorchHandle) -> None:
    results: list[Any] = []

    def work() -> None:
        handle.assert_thread()
        results.append(handle.drift())
        config = sys.modules.get("torch._inductor.config")
        if hasattr(config, "deterministic"):
            config.deterministic = False  # type: ignore[union-attr]
        results.append([item.item for item in handle.drift()])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    out["another thread"] = results
    out["its change stays there"] = [list(item) for item in handle.drift()]
    config = sys.modules.get("torch._inductor.config")
    if hasattr(config, "deterministic"):
        config.deterministic = True  # type: ignore[union-attr]


def compiled(handle: TorchHandle) -> None:
    def rebound(handle: TorchHandle, x: Any) -> Any:
        torch = handle.torch
        return torch.relu(x) + torch.ones(2)

    def through_the_handle(handle: TorchHandle, x: Any) -> Any:
        return handle.relu(x) + handle.ones(2)

    def asserted(handle: TorchHandle, x: Any) -> Any:
        handle.assert_thread()
        return rebound(handle, x)

    def verified(handle: TorchHandle, x: Any) -> Any:
        handle.verify()
        return rebound(handle, x)

    torch = handle.torch

    class Net(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.handle = handle

        def forward(self, x: Any) -> Any:
            torch = self.handle.torch
            return torch.relu(x) + torch.ones(2)

    x = torch.tensor([-1.0, 1.0])
    calls = {
        "rebound": (rebound, handle),
        "through": (through_the_handle, handle),
        "module": (Net(),),
        "asserted": (asserted, handle),
        "verified": (verified, handle),
    }
    # First, while nothing is in the compiler's cache.
    whole_graph = torch.compile(verified, fullgraph=True, backend="eager")
    out["verified in one graph"] = raised(whole_graph, handle, x)[0]
    for name, (function, *first) in calls.items():
        try:
            # The handle's own methods break the graph.
            whole = name not in ("asserted", "verified")
            call = torch.compile(function, fullgraph=whole, backend="eager")
            out[f"compiled {name}"] = call(*first, x).tolist()
        except Exception as error:
            out[f"compiled {name}"] = type(error).__name__


def other_front_ends(handle: TorchHandle) -> None:
    import types

    torch = handle.torch

    class Net(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return handle.relu(x)

    out["fx"] = torch.fx.symbolic_trace(Net())(torch.tensor([-1.0, 1.0])).tolist()
    out["vmap"] = handle.vmap(lambda x: handle.relu(x))(torch.tensor([-1.0, 1.0])).tolist()
    out["script"] = raised(torch.jit.script, Net())[0]
    out["vars"] = raised(vars, handle)[0]
    out["is a module"] = isinstance(handle, types.ModuleType)


def frozen(handle: TorchHandle) -> None:
    handle.torch.backends.disable_global_flags()
    out["after freezing"] = apply_torch_runtime(decide_torch_runtime(handle.runtime.policy)) is handle
    out["verify after freezing"] = raised(handle.verify)


def main() -> None:
    design_example()
    policy = Policy(device="cpu", affinity=WorkerSafe(), num_threads=2)
    handle = apply_from_many_threads(policy)
    identity(handle, policy)
    surface(handle)
    drift(handle)
    threads(handle)
    compiled(handle)
    other_front_ends(handle)
    frozen(handle)
    out["records"] = [[each.levelname, each.torchgate_reasons] for each in records]  # type: ignore[attr-defined]
    with contextlib.suppress(RejectedError, AlreadyAppliedError):
        apply_torch_runtime(decide_torch_runtime())
    print(json.dumps(out))


main()
