"""The series: its shape, its type, and its numbers to the last bit."""

from market.features import synthetic_prices, windows
from market.torch_facade import torch


def test_prices_are_float64(torch_handle, record_property):
    prices = synthetic_prices(20, "cpu")
    assert prices.dtype is torch.float64
    assert prices.shape == (21,)
    record_property("prices", [value.hex() for value in prices.tolist()])


def test_windows(torch_handle, record_property):
    inputs, targets = windows(synthetic_prices(20, "cpu"), 4)
    assert inputs.shape == (16, 4)
    assert torch.equal(inputs[1, 3:], targets[:1])
    record_property("inputs", [[value.hex() for value in row] for row in inputs.tolist()])
