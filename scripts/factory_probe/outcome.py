"""What a probe produced, reduced to plain data that two runs can be compared by, bit for bit."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run's result. Two runs agree if their outcomes are equal."""

    data: tuple[Any, ...]
    raised: bool = False


def snapshot(value: Any) -> Any:
    """Every tensor in ``value`` with dtype, device, layout, shape and bits; the rest by value or type."""
    return _snapshot(value, frozenset())


def _snapshot(value: Any, seen: frozenset[int]) -> Any:
    if isinstance(value, torch.Tensor):
        return _tensor(value)
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return (type(value).__name__, repr(value))
    if isinstance(value, torch.dtype | torch.device | torch.Size | torch.layout | range | slice):
        return str(value)
    if isinstance(value, np.ndarray | np.generic):
        return ("numpy", str(value.dtype), value.shape, value.tobytes())
    if isinstance(value, torch.UntypedStorage | torch.TypedStorage):
        return (
            "storage",
            type(value).__name__,
            str(value.device),
            str(getattr(value, "dtype", "")),
            len(value),
        )
    if isinstance(value, torch.Generator):
        return ("generator", str(value.device), value.initial_seed())
    if isinstance(value, torch.finfo | torch.iinfo):
        return ("info", str(value.dtype))
    if id(value) in seen:
        return "<cycle>"
    return _compound(value, seen | {id(value)})


def _compound(value: Any, seen: frozenset[int]) -> Any:
    if isinstance(value, dict):
        return ("dict", tuple((str(key), _snapshot(item, seen)) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return (type(value).__name__, tuple(_snapshot(item, seen) for item in value))
    if isinstance(value, torch.nn.Module | torch.distributions.Distribution | torch.optim.Optimizer):
        # Hooks are numbered by a process-wide counter.
        state = {name: item for name, item in vars(value).items() if "hook" not in name}
        return (type(value).__name__, _snapshot(state, seen))
    if isinstance(value, types.FunctionType | types.BuiltinFunctionType | type):
        return ("callable", value.__qualname__)
    return ("object", type(value).__name__)


def _tensor(value: torch.Tensor) -> Any:
    if torch.nn.parameter.is_lazy(value):
        return (
            "uninitialized",
            type(value).__name__,
            str(value.dtype),
            str(value.device),
            value.requires_grad,
        )
    dense = value.detach()
    head = ("tensor", type(value).__name__, str(value.dtype), str(value.device), str(value.layout))
    grad = value.requires_grad
    if value.is_nested:
        return (*head, grad, tuple(_tensor(part) for part in dense.unbind()))
    if value.layout == torch.sparse_coo:
        dense = dense.coalesce() if value.device.type != "meta" else dense
        parts = () if value.device.type == "meta" else (_tensor(dense.indices()), _tensor(dense.values()))
        return (*head, grad, tuple(value.shape), parts)
    if value.layout != torch.strided:
        rows = value.layout in (torch.sparse_csr, torch.sparse_bsr)
        plain = (
            (dense.crow_indices(), dense.col_indices())
            if rows
            else (dense.ccol_indices(), dense.row_indices())
        )
        return (*head, grad, tuple(value.shape), tuple(_tensor(part) for part in (*plain, dense.values())))
    bits = None
    if value.device.type != "meta":
        plain = dense.int_repr() if value.is_quantized else dense.resolve_conj().resolve_neg()
        flat = torch.empty(plain.numel(), dtype=plain.dtype).copy_(plain.reshape(-1))
        bits = flat.view(torch.uint8).numpy().tobytes()
    return (*head, grad, tuple(value.shape), tuple(value.stride()), bits)
