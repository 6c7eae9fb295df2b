"""Fits a line. torch is a parameter here, and still fully typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from torchgate.runtime import Placement, TorchHandle


@dataclass(frozen=True)
class Data:
    """Inputs and targets, on the device that the placement named."""

    inputs: torch.Tensor
    targets: torch.Tensor


def make_data(handle: TorchHandle, placement: Placement, count: int) -> Data:
    """Points on the line y = 3x + 1, with a little noise."""
    if TYPE_CHECKING:
        import torch
    else:
        torch = handle.torch
    kwargs = placement.kwargs(handle)
    inputs = torch.linspace(-1.0, 1.0, count, **kwargs).unsqueeze(1)
    return Data(inputs=inputs, targets=3 * inputs + 1 + 0.01 * torch.randn(count, 1, **kwargs))


def fit(handle: TorchHandle, placement: Placement, data: Data, steps: int) -> tuple[float, float]:
    """Slope and offset after ``steps`` of Adam."""
    if TYPE_CHECKING:
        import torch
    else:
        torch = handle.torch
    handle.assert_thread()
    model = torch.nn.Linear(1, 1, **placement.kwargs(handle))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        loss: torch.Tensor = torch.nn.functional.mse_loss(model(data.inputs), data.targets)
        # What `loss.backward()` does; that method has no annotations in torch, and strict mypy minds.
        torch.autograd.backward(loss)
        optimizer.step()
    return model.weight.item(), model.bias.item()
