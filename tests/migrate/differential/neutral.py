"""The state of a process between two projects: how it is reset, and the proof that it was.

``probe`` asks by other means than ``reset`` writes: it makes tensors and looks at them.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import linecache
import os
import sys
import threading
import warnings
from typing import Any

import snapshot
import torch
import torch.utils._device
from torch.overrides import _get_current_function_mode_stack, _pop_mode

SEED = 20
cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
original: dict[str, Any] = {}
"""torch's own names; ``remember`` fills it."""


def remember() -> None:
    """Note what torch holds before any project runs."""
    original.update(vars(torch))


def foreign() -> list[str]:
    """Names of torch that a project has bound, or bound again; submodules are loaded when they like."""
    module = type(torch)
    return [
        name
        for name, value in vars(torch).items()
        if not isinstance(value, module) and (name not in original or original[name] is not value)
    ]


def reset(environment: dict[str, str], folder: str) -> None:
    """Put everything back that a project of ``folder`` may have changed."""
    while _get_current_function_mode_stack():
        _pop_mode()
    torch._GLOBAL_DEVICE_CONTEXT.device_context = None
    torch.utils._device.CURRENT_DEVICE = None
    torch.set_default_dtype(torch.float32)
    torch.set_grad_enabled(True)
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = True
    cudnn.deterministic = False
    cudnn.benchmark = False
    cudnn.allow_tf32 = True
    matmul.allow_tf32 = False
    matmul.allow_tf32 = False
    torch.set_num_threads(1)
    torch.set_printoptions(profile="default")
    torch.manual_seed(SEED)
    for name in foreign():
        if name in original:
            setattr(torch, name, original[name])
        else:
            delattr(torch, name)
    os.environ.clear()
    os.environ.update(environment)
    for name in [name for name, module in sys.modules.items() if within(module, folder)]:
        del sys.modules[name]
    sys.path[:] = [path for path in sys.path if not path.startswith(folder)]
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()
    linecache.clearcache()
    warnings.simplefilter("ignore")
    asyncio.set_event_loop(None)
    gc.collect()


def within(module: Any, folder: str) -> bool:
    """Whether a loaded module comes from a folder; namespace packages have a path and no file."""
    told = vars(module) if hasattr(module, "__dict__") else {}
    origins = [told.get("__file__"), *(told.get("__path__") or [])]
    return any(isinstance(origin, str) and origin.startswith(folder) for origin in origins)


def probe(folder: str) -> dict[str, Any]:
    """What a project would find: compared between any two projects."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = torch.zeros(1)
        ambient = ended()
        drawn = torch.rand(2).tolist()
    torch.manual_seed(SEED)
    return {
        **ambient,
        "made": [str(made.dtype), str(made.device), str((torch.ones(1, dtype=torch.int64) / 2).dtype)],
        "requires_grad": (torch.ones(1, requires_grad=True) * 2).requires_grad,
        "drawn": drawn,
        "uninitialised": repr(torch.empty(1).tolist()),
        "printed": repr(torch.tensor([1.5], dtype=torch.float32)),
        "modes": len(_get_current_function_mode_stack()),
        "foreign": foreign(),
        "loaded": sorted(name for name, module in sys.modules.items() if within(module, folder)),
        "path": [path for path in sys.path if path.startswith(folder)],
        "environment": sorted(os.environ.items()),
        "threads": threading.active_count(),
        "num_threads": torch.get_num_threads(),
        "flags": [cudnn.deterministic, cudnn.benchmark, cudnn.allow_tf32, matmul.allow_tf32],
    }


def ended() -> dict[str, Any]:
    """The ambient state as a project left it, which its migration must not change."""
    return {
        "default dtype": str(torch.get_default_dtype()),
        "default device": str(torch.get_default_device()),
        "generator": snapshot.digest(torch.get_rng_state()),
        "GPU's generator": torch.cuda.is_initialized() and snapshot.digest(torch.cuda.get_rng_state()),
        "grad": torch.is_grad_enabled(),
        "deterministic": [
            torch.are_deterministic_algorithms_enabled(),
            torch.is_deterministic_algorithms_warn_only_enabled(),
        ],
    }
