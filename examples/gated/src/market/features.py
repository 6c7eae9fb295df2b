"""Features of a price series: functions of the handle."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from torchgate.runtime import OnCpu, OnCuda, TorchHandle


def synthetic_prices(torch: TorchHandle, days: int, placement: OnCpu | OnCuda) -> Tensor:
    """A seeded random walk of ``days + 1`` prices, in the placement's device and dtype."""
    generator = torch.Generator(device=placement.device).manual_seed(7)
    steps = torch.randn(days, generator=generator, **placement.kwargs(torch))
    start = torch.full((1,), 100.0, **placement.kwargs(torch))
    return torch.cat([start, start + steps.cumsum(0)])


def windows(prices: Tensor, length: int) -> tuple[Tensor, Tensor]:
    """Pairs of ``length`` returns, shape ``(days - length, length)``, and the return that follows each."""
    returns = prices[1:] / prices[:-1] - 1.0
    inputs = returns.unfold(0, length, 1)[:-1]
    return inputs, returns[length:]
