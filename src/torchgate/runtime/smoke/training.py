"""Five training steps over the operations whose results tend to wander, reduced to digests.

Digests are of the exact bytes: two processes agree bit for bit or they do not agree.
"""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

STEPS = 5
SEED = 20_240_611
BATCH, TIME, WORDS, WIDTH = 16, 12, 97, 32


def build(torch: Any, device: str) -> Any:
    """The model: embedding, attention with dropout, GRU, convolution, batch norm, a linear head."""
    nn = torch.nn
    module: Any = nn.Module

    class Model(module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(WORDS, WIDTH, device=device)
            self.attention = nn.MultiheadAttention(WIDTH, 4, dropout=0.1, batch_first=True, device=device)
            self.gru = nn.GRU(WIDTH, WIDTH, batch_first=True, device=device)
            self.conv = nn.Conv2d(1, 8, 3, padding=1, device=device)
            self.norm = nn.BatchNorm2d(8, device=device)
            self.dropout = nn.Dropout(0.2)
            self.head = nn.Linear(8 * WIDTH, 10, device=device)

        def forward(self, words: Any) -> Any:
            hidden = self.embedding(words)
            hidden = hidden + self.attention(hidden, hidden, hidden, need_weights=False)[0]
            hidden, _ = self.gru(hidden)
            image = torch.relu(self.norm(self.conv(hidden.unsqueeze(1))))
            return self.head(self.dropout(image.mean(dim=2).flatten(1)))

    return Model()


def _scattered(torch: Any, logits: Any, words: Any, device: str) -> Any:
    """A loss term through scatter_add and an accumulating index_put, both with colliding indices."""
    # Enough elements for several threads: below some 32,000 the CPU kernels use one, and nothing could race.
    weights = logits.flatten().repeat(800)
    index = words.flatten().repeat(-(-weights.numel() // words.numel()))[: weights.numel()] % 13
    added = torch.zeros(13, device=device).scatter_add(0, index, weights)
    put = torch.zeros(13, device=device).index_put((index,), weights * 0.5, accumulate=True)
    return (added * put).mean() * 1e-8


def train(torch: Any, device: str) -> dict[str, Any]:
    """Train and return one digest for each kind of result, and the losses as text for a reader."""
    torch.manual_seed(SEED)
    model = build(torch, device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses, gradients = [], hashlib.sha256()
    for _ in range(STEPS):
        # Drawn on the CPU, so that the data are the same whatever the device.
        words = torch.randint(0, WORDS, (BATCH, TIME), device="cpu").to(device)
        labels = torch.randint(0, 10, (BATCH,), device="cpu").to(device)
        logits = model(words)
        loss = torch.nn.functional.cross_entropy(logits, labels) + _scattered(torch, logits, words, device)
        optimizer.zero_grad()
        loss.backward()
        _feed(gradients, (parameter.grad for parameter in model.parameters()))
        optimizer.step()
        losses.append(loss.detach())
    return {
        "losses": digest(losses),
        "gradients": gradients.hexdigest(),
        "parameters": digest(model.state_dict().values()),
        "optimizer": digest(_tensors(torch, optimizer.state_dict()["state"])),
        "rng": digest(_rng_states(torch, device)),
        "final_loss": f"{losses[-1].item():.6f}",
    }


def wandering(torch: Any, device: str, attempts: int = 10) -> dict[str, int]:
    """Train again and again until the parameters differ; the number of runs and of distinct results."""
    results: set[str] = set()
    runs = 0
    with several_threads(torch):
        while runs < attempts and len(results) < 2:
            results.add(train(torch, device)["parameters"])
            runs += 1
    return {"runs": runs, "distinct": len(results)}


@contextmanager
def several_threads(torch: Any) -> Iterator[None]:
    """At least four threads: one cannot race, but more than cores can, so one core still has a control."""
    threads = torch.get_num_threads()
    torch.set_num_threads(max(4, threads))
    try:
        yield
    finally:
        torch.set_num_threads(threads)


DIGESTS = ("losses", "gradients", "parameters", "optimizer", "rng")


def digest(tensors: Iterable[Any]) -> str:
    """The SHA-256 of the tensors' bytes, in order."""
    sha = hashlib.sha256()
    _feed(sha, tensors)
    return sha.hexdigest()


def _feed(sha: Any, tensors: Iterable[Any]) -> None:
    for tensor in tensors:
        bits = tensor.detach().cpu().contiguous()
        # Straight from memory: torch's own road to bytes needs numpy, which torch does not require.
        sha.update(ctypes.string_at(bits.data_ptr(), bits.numel() * bits.element_size()))


def _tensors(torch: Any, state: dict[Any, dict[str, Any]]) -> Iterable[Any]:
    for key in sorted(state):
        for name in sorted(state[key]):
            yield torch.as_tensor(state[key][name])


def _rng_states(torch: Any, device: str) -> list[Any]:
    states = [torch.get_rng_state()]
    return [*states, torch.cuda.get_rng_state(device)] if device.startswith("cuda") else states
