"""Ambient defaults: whoever is inside such a block gets its device and dtype without asking."""

from contextlib import contextmanager

from market.torch_facade import torch


@contextmanager
def default_device(device):
    """Make ``device`` the default for every factory call inside the block."""
    previous = torch.get_default_device()
    torch.set_default_device(device)
    try:
        yield
    finally:
        torch.set_default_device(previous)


@contextmanager
def default_dtype(dtype):
    """Make ``dtype`` the default floating point type inside the block."""
    previous = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(previous)
