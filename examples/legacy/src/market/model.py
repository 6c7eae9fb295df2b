"""The forecaster."""

import torch.nn as nn


class Forecaster(nn.Module):
    """A small multi-layer perceptron on a window of returns."""

    def __init__(self, length):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(length, 16), nn.Tanh(), nn.Linear(16, 1))

    def forward(self, inputs):
        return self.layers(inputs).squeeze(-1)
