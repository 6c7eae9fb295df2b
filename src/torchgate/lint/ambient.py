"""The functions that set and read torch's ambient defaults."""

from __future__ import annotations

# What each setter changes, and for whom (measured on torch 2.13: the default device belongs to a thread).
SETTERS = {
    "torch.set_default_device": ("the device of every later factory call in this thread", "device="),
    "torch.set_default_dtype": ("the dtype of every later factory call in this process", "dtype="),
    "torch.set_default_tensor_type": (
        "device and dtype of every later factory call in this process",
        "device= and dtype=",
    ),
}
READERS = {"torch.get_default_device": "device", "torch.get_default_dtype": "dtype"}
