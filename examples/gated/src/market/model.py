"""The forecaster. A torch-bound module: it is imported only inside functions that hold the handle."""

import torch
from torch import nn


class Forecaster(nn.Module):
    """A small multi-layer perceptron on a window of returns."""

    def __init__(self, length: int, *, device: str, dtype: torch.dtype) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(length, 16, device=device, dtype=dtype),
            nn.Tanh(),
            nn.Linear(16, 1, device=device, dtype=dtype),
        )

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """One forecast per window: ``(batch, length)`` to ``(batch,)``."""
        return self.layers(inputs).squeeze(-1)
