"""Trains the forecaster with an injected handle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.features import synthetic_prices, windows

if TYPE_CHECKING:
    from torchgate.runtime import OnCpu, OnCuda, TorchHandle


def train(torch: TorchHandle, placement: OnCpu | OnCuda, epochs: int = 5, length: int = 8) -> list[float]:
    """Train on a synthetic series and return the loss of every epoch."""
    from market.model import Forecaster

    torch.assert_thread()
    torch.manual_seed(0)
    model = Forecaster(length, **placement.kwargs(torch))
    inputs, targets = windows(synthetic_prices(torch, 200, placement), length)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(inputs), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    torch.verify()
    return losses
