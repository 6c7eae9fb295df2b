"""torch.compile with Inductor under the runtime: the rebind idiom, in the main thread and in another one."""

from __future__ import annotations

import json
import threading
from typing import Any

from torchgate.runtime import Policy, TorchHandle, WorkerSafe, apply_torch_runtime, decide_torch_runtime

handle = apply_torch_runtime(decide_torch_runtime(Policy(device="cpu", affinity=WorkerSafe(), num_threads=2)))
results: list[Any] = []


def step(handle: TorchHandle, x: Any) -> Any:
    torch = handle.torch
    return torch.softmax(torch.relu(x) @ x, dim=0).sum(dim=1)


def work() -> None:
    x = handle.linspace(-1, 1, 64).reshape(8, 8)
    compiled = handle.compile(step, fullgraph=True)
    results.append([bool(handle.allclose(compiled(handle, x), step(handle, x))), handle.drift()])


work()
thread = threading.Thread(target=work)
thread.start()
thread.join()
print(json.dumps(results))
