"""What a project exposes, as plain data: every bit of every tensor, and whatever holds them.

Runs in the worker. Reads no ambient default: a case that leaves one behind is described like any other.
"""

from __future__ import annotations

import hashlib
from typing import Any

import torch

Tree = Any
"""JSON: what two runs must agree on."""

DEPTH = 12


def describe(value: Any, depth: int = 0) -> Tree:
    """A value as JSON; tensors by type, dtype, device, layout, shape, strides, gradient and bits."""
    if depth > DEPTH:
        return "deeper"
    if isinstance(value, torch.Tensor):
        return describe_tensor(value, depth)
    if isinstance(value, torch.nn.Module):
        return describe_module(value, depth)
    if isinstance(value, dict):
        entries = [[describe(k, depth + 1), describe(v, depth + 1)] for k, v in value.items()]
        return {"mapping": type(value).__name__, "entries": entries}
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        return {"sequence": type(value).__name__, "items": [describe(item, depth + 1) for item in value]}
    if isinstance(value, (set, frozenset)):
        return {"sequence": type(value).__name__, "items": sorted(repr(item) for item in value)}
    if isinstance(value, torch.optim.Optimizer):
        return describe(value.state_dict(), depth + 1)
    if isinstance(value, torch.Generator):
        return digest(value.get_state())
    if isinstance(value, type) or callable(value):
        return f"<{getattr(value, '__qualname__', type(value).__qualname__)}>"
    plain = (int, float, complex, str, bytes, type(None), torch.dtype, torch.device, torch.layout, torch.Size)
    if isinstance(value, plain):
        return repr(value)
    attributes = getattr(value, "__dict__", None)
    if attributes is None:
        return f"<{type(value).__qualname__}>"
    named = [[name, describe(item, depth + 1)] for name, item in attributes.items()]
    return {"mapping": type(value).__name__, "entries": named}


def describe_tensor(value: torch.Tensor, depth: int) -> Tree:
    """A tensor; ``meta`` ones have no bits."""
    told: dict[str, Tree] = {
        "tensor": type(value).__name__,
        "dtype": str(value.dtype),
        "device": str(value.device),
        "layout": str(value.layout),
        "shape": list(value.shape),
        "requires_grad": value.requires_grad,
        "is_leaf": value.is_leaf,
    }
    if value.layout is torch.strided:
        told["stride"] = list(value.stride())
    if value.device.type != "meta":
        told["bits"] = bits(value)
    if value.is_leaf and value.grad is not None:
        told["grad"] = describe(value.grad, depth + 1)
    return told


def bits(value: torch.Tensor) -> str:
    """The bytes of a tensor's elements in order, in hexadecimal; a digest where they are many."""
    dense = value.detach().to_dense() if value.layout is not torch.strided else value.detach()
    flat = dense.resolve_conj().resolve_neg().contiguous().reshape(-1).cpu()
    data = bytes(flat.view(torch.uint8).tolist()) if flat.numel() else b""
    return data.hex() if len(data) <= 64 else "sha256:" + hashlib.sha256(data).hexdigest()


def describe_module(value: torch.nn.Module, depth: int) -> Tree:
    """A module: all parameters and buffers by name, and its plain attributes."""
    private = ("_parameters", "_buffers", "_modules")
    plain = {name: item for name, item in vars(value).items() if name not in private and "hook" not in name}
    return {
        "module": type(value).__name__,
        "parameters": [[name, describe(item, depth + 1)] for name, item in value.named_parameters()],
        "buffers": [[name, describe(item, depth + 1)] for name, item in value.named_buffers()],
        "modules": [[name, type(item).__name__] for name, item in value.named_modules()],
        "attributes": [[name, describe(item, depth + 1)] for name, item in plain.items()],
    }


def digest(value: torch.Tensor) -> str:
    """A short name for the content of a tensor."""
    return hashlib.sha256(bytes(value.reshape(-1).view(torch.uint8).tolist())).hexdigest()[:16]
