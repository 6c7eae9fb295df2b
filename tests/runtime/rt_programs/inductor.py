"""torch.compile with Inductor in the main thread and in another one, and torch.export, under the runtime."""

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


class Net(handle.nn.Module):  # type: ignore[misc, name-defined]
    def forward(self, x: Any) -> Any:
        return handle.relu(x)


x = handle.tensor([-1.0, 1.0])
exported = handle.export.export(Net(), (x,)).module()
results.append([exported(x).tolist() == [0.0, 1.0], handle.drift()])
print(json.dumps(results))
