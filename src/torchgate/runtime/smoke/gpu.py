"""What only a CUDA device can show: the workspace that cuBLAS uses, work beside a busy GPU, two streams.

Written from PyTorch's documentation; `docs/smoke.md` says on which machines it has run.
"""

from __future__ import annotations

import threading
from typing import Any

from torchgate.runtime.smoke.training import digest, train

RUNS = 6
WORKSPACE_BYTES = {":16:8": 8 * 16 * 1024, ":4096:8": 8 * 4096 * 1024}
"""``:SIZE:COUNT`` is COUNT buffers of SIZE KiB (cuBLAS documentation, "Results reproducibility")."""


def describe(torch: Any, device: str) -> dict[str, Any]:
    """The GPU by name and capability, and the versions of CUDA and cuDNN."""
    major, minor = torch.cuda.get_device_capability(device)
    return {
        "device_name": torch.cuda.get_device_name(device),
        "compute_capability": f"{major}.{minor}",
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
    }


def workspace(torch: Any, device: str) -> dict[str, Any]:
    """The workspace size of cuBLAS after the first product: reading it earlier freezes the default."""
    left = torch.randn(64, 64, device=device)
    (left @ left).sum().item()
    getter = getattr(torch.backends.cuda, "cublas_workspace_size", None)
    return {"bytes": None if getter is None else int(getter())}


def loaded(torch: Any, device: str) -> dict[str, Any]:
    """Train while another thread keeps the GPU busy: scheduling must not reach the digests.

    ``rounds`` counts the rounds of load that ended while the training ran; none would prove nothing.
    """
    stop, started = threading.Event(), threading.Event()
    rounds = 0

    def load() -> None:
        nonlocal rounds
        stream = torch.cuda.Stream()
        with torch.cuda.stream(stream):
            left = torch.ones(2048, 2048, device=device) / 2048
            while not stop.is_set():
                for _ in range(10):
                    left = left @ left
                stream.synchronize()
                rounds += 1
                started.set()

    thread = threading.Thread(target=load, daemon=True)
    thread.start()
    try:
        started.wait(timeout=60)
        before = rounds
        digests = train(torch, device)
        during = rounds - before
    finally:
        stop.set()
        thread.join(timeout=60)
    return {"digests": digests, "rounds": during}


def two_streams(torch: Any, device: str) -> dict[str, int]:
    """The same products on two streams at once, several times: one result for each stream.

    Without a workspace configuration cuBLAS may pick another algorithm for each stream.
    """
    generator = torch.Generator(device="cpu").manual_seed(3)
    operands = [torch.randn(768, 768, generator=generator, device="cpu").to(device) for _ in range(2)]
    torch.cuda.synchronize()
    results: set[str] = set()
    for _ in range(RUNS):
        streams = [torch.cuda.Stream(), torch.cuda.Stream()]
        products = []
        for stream in streams:
            with torch.cuda.stream(stream):
                product = operands[0]
                for _ in range(8):
                    product = torch.tanh(product @ operands[1])
                products.append(product)
        torch.cuda.synchronize()
        results |= {digest([product]) for product in products}
    return {"runs": RUNS * 2, "distinct": len(results)}
