"""The handle in other processes: fork, spawn, forkserver, DataLoader workers. Prints what each one saw."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import random
import subprocess
import sys
import traceback
from typing import Any

from torchgate.runtime import (
    DriftError,
    Policy,
    RejectedError,
    TorchHandle,
    WorkerSafe,
    apply_torch_runtime,
    decide_torch_runtime,
)
from torchgate.runtime.state import PROCESS

POLICY = Policy(device="cpu", affinity=WorkerSafe(), num_threads=2)


class Numbers:
    """A map-style dataset that holds the handle; says which settings moved in the worker."""

    def __init__(self, handle: TorchHandle) -> None:
        self.handle = handle

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> Any:
        return {
            "index": self.handle.tensor(index).item(),
            "moved": [item.item for item in self.handle.drift()],
            **settings(),
        }


class Draws(Numbers):
    """What the three generators of a worker give, beside what its torch seed says they must give first."""

    def __getitem__(self, index: int) -> Any:
        import numpy

        torch = self.handle.torch
        seed = torch.initial_seed()
        expected = [random.Random(seed).random(), float(numpy.random.RandomState(seed % 2**32).rand())]
        return super().__getitem__(index) | {
            "seed": seed,
            "drawn": [random.random(), float(numpy.random.rand())],
            "from the seed": expected,
        }


def settings() -> dict[str, Any]:
    import torch

    return {
        "deterministic": torch.get_deterministic_debug_mode(),
        "inductor": getattr(sys.modules.get("torch._inductor.config"), "deterministic", None),
        "variable": os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
        "threads": torch.get_num_threads(),
    }


def report(handle: TorchHandle) -> dict[str, Any]:
    import torch

    return {"ok": handle.torch is torch and handle.drift() == (), **settings()}


def forked(work: Any) -> Any:
    reader, writer = os.pipe()
    if os.fork() == 0:
        try:
            answer = work()
        except BaseException:
            answer = traceback.format_exc()
        os.write(writer, json.dumps(answer).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        text = file.read()
    os.wait()
    return json.loads(text)


def fork_cases(handle: TorchHandle) -> dict[str, Any]:
    torch = handle.torch

    def tampered() -> Any:
        torch.backends.cudnn.benchmark = True
        seen = []
        for use in (lambda: handle.torch, lambda: handle.zeros, lambda: handle.torch):
            try:
                use()
                seen.append("nothing")
            except DriftError as error:
                seen.append([item.item for item in error.items])
        torch.backends.cudnn.benchmark = False
        handle.zeros(1)
        return seen

    def worker_init_after_dataloader() -> Any:
        """A forked DataLoader worker starts with one thread."""
        torch.set_num_threads(1)
        try:
            handle.zeros(1)
            seen = ["nothing"]
        except DriftError as error:
            seen = [item.item for item in error.items]
        handle.worker_init(0)
        return [seen, torch.get_num_threads(), handle.zeros(1).tolist()]

    return {
        "plain": forked(lambda: report(handle)),
        "same handle": forked(lambda: apply_torch_runtime(decide_torch_runtime(POLICY)) is handle),
        "tampered": forked(tampered),
        "dataloader": forked(worker_init_after_dataloader),
        "grandchild": forked(lambda: forked(lambda: report(handle)["ok"])),
    }


def loader(dataset: Numbers, method: str, workers: int, **options: Any) -> Any:
    data = dataset.handle.utils.data.DataLoader(
        dataset, num_workers=workers, multiprocessing_context=method, batch_size=None, **options
    )
    return list(data)


def unpickled_afresh(text: bytes) -> Any:
    """As in a process that has applied nothing, without the seconds that importing torch again takes."""
    PROCESS.handle = None
    os.environ["NVIDIA_TF32_OVERRIDE"] = "1"
    return pickle.loads(text)


def rejected_there(handle: TorchHandle) -> Any:
    """Unpickling where the policy cannot be met raises, and the error comes back as itself."""
    try:
        with multiprocessing.get_context("fork").Pool(1) as pool:
            pool.apply(unpickled_afresh, (pickle.dumps(handle),))
    except RejectedError as error:
        return [[reason.value for reason in error.reasons], str(error)]
    return None


def started() -> Any:
    """By subprocess, as any program that this one starts."""
    names = ("CUBLAS_WORKSPACE_CONFIG", "TORCHINDUCTOR_DETERMINISTIC")
    code = f"import json, os; print(json.dumps([os.environ.get(name) for name in {names}]))"
    return json.loads(subprocess.check_output([sys.executable, "-c", code]))


def main() -> None:
    handle = apply_torch_runtime(decide_torch_runtime(POLICY))
    out: dict[str, Any] = {"fork": fork_cases(handle), "pickle size": len(pickle.dumps(handle))}
    init = handle.worker_init
    out["loader spawn"] = loader(Draws(handle), "spawn", 2, worker_init_fn=init)
    out["loader fork"] = loader(Draws(handle), "fork", 2, worker_init_fn=init)
    out["loader bare"] = loader(Numbers(handle), "forkserver", 1)
    out["rejected there"] = rejected_there(handle)
    out["variables of a process that is started"] = started()
    print(json.dumps(out))


if __name__ == "__main__":
    main()
