"""Features of a price series."""

from market.defaults import default_device, default_dtype
from market.torch_facade import torch


def synthetic_prices(days, device):
    """A seeded random walk of ``days`` prices, float64."""
    generator = torch.Generator().manual_seed(7)
    with default_device(device), default_dtype(torch.float64):
        steps = torch.randn(days, generator=generator)
        start = torch.full((1,), 100.0)
    return torch.cat([start, start + steps.cumsum(0)])


def windows(prices, length):
    """Pairs of ``length`` returns and the return that follows them."""
    returns = prices[1:] / prices[:-1] - 1.0
    inputs = returns.unfold(0, length, 1)[:-1]
    return inputs, returns[length:]
