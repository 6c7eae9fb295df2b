"""The values that cases name, built afresh in the neutral state for every run."""

from __future__ import annotations

import atexit
import functools
import os
import tempfile
from collections.abc import Callable
from types import CodeType
from typing import Any

import numpy as np
import torch

_DTYPES = {
    "bool": torch.bool,
    "u8": torch.uint8,
    "i32": torch.int32,
    "i64": torch.int64,
    "f16": torch.float16,
    "f32": torch.float32,
    "f64": torch.float64,
    "c64": torch.complex64,
    "c128": torch.complex128,
}


@functools.cache
def _raw_file() -> str:
    descriptor, path = tempfile.mkstemp()
    os.write(descriptor, bytes(16))
    os.close(descriptor)
    atexit.register(os.unlink, path)
    return path


_MAKERS: dict[str, Callable[[], Any]] = {
    "torch": lambda: torch,
    "np": lambda: np,
    "raw_file": _raw_file,
    "generator": lambda: torch.Generator().manual_seed(3),
    "f32_2": lambda: torch.tensor([[1.5, 2.5], [3.5, 4.5]]),
    "i64_2": lambda: torch.tensor([[1, 2], [3, 4]]),
    "chances": lambda: torch.tensor([[0.1, 0.3], [0.5, 0.7]]),
    "zeros": lambda: torch.tensor([0, 0]),
    "offsets": lambda: torch.tensor([0, 1, 2]),
    "mask": lambda: torch.tensor([True, False]),
    "transformer_layer": lambda: torch.nn.TransformerEncoderLayer(4, 2, 8, batch_first=True),
    "quantized": lambda: torch.quantize_per_tensor(torch.tensor([1.0, 2.0]), 0.1, 0, torch.qint8),
    **{f"{name}_0": functools.partial(torch.tensor, 3, dtype=dtype) for name, dtype in _DTYPES.items()},
    **{f"{name}_1": functools.partial(torch.tensor, [1, 2], dtype=dtype) for name, dtype in _DTYPES.items()},
}


def register(makers: dict[str, Callable[[], Any]]) -> None:
    """Offer further names to cases."""
    _MAKERS.update(makers)


def namespace(code: CodeType) -> dict[str, Any]:
    """Fresh values for the names that ``code`` uses: a case may mutate or alias them."""
    return {name: _MAKERS[name]() for name in code.co_names if name in _MAKERS}
