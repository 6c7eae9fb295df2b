"""Negative controls: operations that show whether determinism is on, by what they do without it.

A proof that only looks at what agrees cannot tell a working flag from an idle machine. Each control is run
bare and under the runtime, in processes of their own; only the pair proves something.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torchgate.runtime.smoke.training import digest, several_threads

ATTEMPTS = 20
"""How often a racing control is run bare before it is called inconclusive."""

AGREEING = 8
"""How many runs of a racing control must agree under the runtime."""


def _put(torch: Any, device: str) -> None:
    torch.zeros(8, device=device).put_(
        torch.tensor([1, 1], device=device), torch.ones(2, device=device), accumulate=False
    )


def _unpool(torch: Any, device: str) -> None:
    values = torch.arange(16.0, device=device).reshape(1, 1, 4, 4)
    pooled, index = torch.nn.functional.max_pool2d(values, 2, return_indices=True)
    torch.nn.functional.max_unpool2d(pooled, index, 2)


STRICT: dict[str, Callable[[Any, str], None]] = {"put_": _put, "max_unpool2d": _unpool}
"""Operations without a deterministic form: they raise under the strict flag and run without it."""


def strict(torch: Any, device: str) -> dict[str, str]:
    """Run each strict control once: ``"ran"``, ``"raised"``, or ``"warned"`` / an unrelated error's text."""
    import warnings

    seen = {}
    for name, operation in STRICT.items():
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                operation(torch, device)
            warned = any("deterministic" in str(warning.message) for warning in caught)
            seen[name] = "warned" if warned else "ran"
        except RuntimeError as error:
            line = str(error).splitlines()[0]
            seen[name] = "raised" if "deterministic" in line else f"failed: {line}"
    return seen


# Many slots with about ten writers each: some of them are always won by another thread. With 50 slots a bare
# run took up to 60 attempts to differ on two cores, with 20,000 the second always did (270 trials).
SLOTS, ELEMENTS = 20_000, 200_000


def _draw(torch: Any, device: str) -> tuple[Any, Any]:
    generator = torch.Generator(device="cpu").manual_seed(7)
    index = torch.randint(0, SLOTS, (ELEMENTS,), generator=generator, device="cpu").to(device)
    return index, torch.randn(ELEMENTS, generator=generator, device="cpu").to(device)


def _accumulate(torch: Any, device: str) -> str:
    index, values = _draw(torch, device)
    return digest([torch.zeros(SLOTS, device=device).index_put_((index,), values, accumulate=True)])


def _overwrite(torch: Any, device: str) -> str:
    index, values = _draw(torch, device)
    return digest([torch.zeros(SLOTS, device=device).index_put_((index,), values)])


def _copy(torch: Any, device: str) -> str:
    index, values = _draw(torch, device)
    return digest([torch.zeros(SLOTS, 1, device=device).index_copy_(0, index, values.unsqueeze(1))])


def _scatter(torch: Any, device: str) -> str:
    index, values = _draw(torch, device)
    return digest([torch.zeros(SLOTS, device=device).scatter_add_(0, index, values)])


def _index_add(torch: Any, device: str) -> str:
    index, values = _draw(torch, device)
    return digest([torch.zeros(SLOTS, device=device).index_add_(0, index, values)])


RACING: dict[str, dict[str, Callable[[Any, str], str]]] = {
    "cpu": {
        "index_put_(accumulate=True)": _accumulate,
        "index_put_": _overwrite,
        "index_copy_": _copy,
    },
    # On CUDA an accumulating index_put_ sorts in any case; the atomic additions race.
    "cuda": {"scatter_add_": _scatter, "index_add_": _index_add},
}
"""Operations whose result depends on which thread comes first, unless the flag is on."""


def race(torch: Any, device: str, *, until_different: bool) -> dict[str, dict[str, int]]:
    """Run each racing control and count runs and distinct results.

    Bare it stops at the second result, or gives up after `ATTEMPTS`; under the runtime it always runs
    `AGREEING` times.
    """
    operations = RACING[device.partition(":")[0]]
    with several_threads(torch):
        return {name: _race(run, torch, device, until_different) for name, run in operations.items()}


def _race(
    operation: Callable[[Any, str], str], torch: Any, device: str, until_different: bool
) -> dict[str, int]:
    results: set[str] = set()
    runs = 0
    while runs < (ATTEMPTS if until_different else AGREEING):
        results.add(operation(torch, device))
        runs += 1
        if until_different and len(results) > 1:
            break
    return {"runs": runs, "distinct": len(results)}
