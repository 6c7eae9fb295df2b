"""The postconditions: what must be true of torch after the effect, asked of torch and not of the write list.

Written apart from checklist.py on purpose, in another order and through other getters wherever torch has
them (its C bindings instead of ``torch.backends`` attributes, which accept and echo any misspelt name).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextvars import Context
from typing import Any

from torchgate.runtime.environment import in_c
from torchgate.runtime.errors import Drift
from torchgate.runtime.model import Policy

# cuBLAS counts a preset :SIZE:COUNT in KiB (CUDA documentation, cuBLAS, results reproducibility).
_WORKSPACE_BYTES = {":16:8": 16 * 1024 * 8, ":4096:8": 4096 * 1024 * 8}

_OPERATIONS = {
    "mkldnn.rnn.fp32_precision": ("mkldnn", "rnn"),
    "mkldnn.conv.fp32_precision": ("mkldnn", "conv"),
    "mkldnn.matmul.fp32_precision": ("mkldnn", "matmul"),
    "cudnn.rnn.fp32_precision": ("cuda", "rnn"),
    "cudnn.conv.fp32_precision": ("cuda", "conv"),
    "cuda.matmul.fp32_precision": ("cuda", "matmul"),
}
_LEVELS = {
    "mkldnn.fp32_precision": ("mkldnn", "all"),
    "cudnn.fp32_precision": ("cuda", "all"),
    "fp32_precision": ("generic", "all"),
}
_DEBUG_MODES = ("default", "warn", "error")

_Check = tuple[str, Any, Callable[[], Any]]


def read_back(torch: Any, policy: Policy) -> dict[str, tuple[Any, Any]]:
    """Each item with what is wanted and what torch answers now. Reads only."""
    return {item: (wanted, _answer(get)) for item, wanted, get in _checks(torch, policy)}


def drift(torch: Any, policy: Policy) -> tuple[Drift, ...]:
    """The items that do not read as wanted. Reads only."""
    answers = read_back(torch, policy).items()
    return tuple(Drift(item, wanted, got) for item, (wanted, got) in answers if got != wanted)


def pinning_drift(torch: Any) -> tuple[Drift, ...]:
    """The operations that a later "tf32" on a level above would reach. Writes those levels, puts them back.

    Only a write can show this: an operation that merely inherits "ieee" reads the same as a pinned one.
    """
    if not hasattr(torch._C, "_set_fp32_precision_setter"):
        return ()
    get, put = torch._C._get_fp32_precision_getter, torch._C._set_fp32_precision_setter
    before = [(level, get(*level)) for level in _LEVELS.values()]
    try:
        for level, _ in before:
            put(*level, "tf32")
        reached = [item for item, pair in _OPERATIONS.items() if get(*pair) != "ieee"]
    finally:
        for level, value in before:
            put(*level, value)
    return tuple(Drift(item, "ieee, pinned", "what the level above says") for item in reached)


def _answer(get: Callable[[], Any]) -> Any:
    try:
        return get()
    except Exception as error:
        # A getter that raises (legacy and new API disagree) is an answer, and never the wanted one.
        return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


def _checks(torch: Any, policy: Policy) -> Iterator[_Check]:
    yield from _of_policy(torch, policy)
    yield from _of_precision(torch)
    yield from _of_libraries(torch)
    yield from _of_determinism(torch)
    yield from _of_environment(torch, policy)


def _of_policy(torch: Any, policy: Policy) -> Iterator[_Check]:
    if policy.device_index is not None:
        yield "device_index", policy.device_index, _bind(_current_device, torch)
    if policy.num_threads is not None:
        yield "num_threads", policy.num_threads, torch.get_num_threads
    if hasattr(torch._C, "_get_deterministic_fill_uninitialized_memory"):
        get = torch._C._get_deterministic_fill_uninitialized_memory
        yield "fill_uninitialized_memory", policy.fill_uninitialized_memory, get


def _of_precision(torch: Any) -> Iterator[_Check]:
    if hasattr(torch._C, "_get_fp32_precision_getter"):
        for item, pair in (_OPERATIONS | _LEVELS).items():
            yield item, "ieee", _bind(torch._C._get_fp32_precision_getter, *pair)
    yield "cudnn.allow_tf32", False, torch._C._get_cudnn_allow_tf32
    yield "cuda.matmul.allow_tf32", False, torch._C._get_cublas_allow_tf32
    yield "float32_matmul_precision", "highest", torch.get_float32_matmul_precision
    for kind in ("bf16", "fp16"):
        get = getattr(torch._C, f"_get_cublas_allow_{kind}_reduced_precision_reduction", None)
        if get is not None:
            yield f"cuda.matmul.allow_{kind}_reduced_precision_reduction", False, _bind(_first, get)
    if hasattr(torch._C, "_get_cublas_allow_fp16_accumulation"):
        yield "cuda.matmul.allow_fp16_accumulation", False, torch._C._get_cublas_allow_fp16_accumulation
    if hasattr(torch._C, "_get_math_sdp_allow_fp16_bf16_reduction"):
        get = torch._C._get_math_sdp_allow_fp16_bf16_reduction
        yield "cuda.allow_fp16_bf16_reduction_math_sdp", False, get


def _of_libraries(torch: Any) -> Iterator[_Check]:
    if hasattr(torch._C, "_get_mkldnn_deterministic"):
        yield "mkldnn.deterministic", True, torch._C._get_mkldnn_deterministic
    yield "cudnn.benchmark", False, torch._C._get_cudnn_benchmark
    yield "cudnn.deterministic", True, torch._C._get_cudnn_deterministic


def _of_determinism(torch: Any) -> Iterator[_Check]:
    # "warn" is what warn_only=True leaves.
    yield "deterministic_algorithms", "error", lambda: _DEBUG_MODES[torch.get_deterministic_debug_mode()]
    config = sys.modules.get("torch._inductor.config")
    if hasattr(config, "deterministic"):
        yield "inductor.deterministic", True, lambda: config.deterministic  # type: ignore[union-attr]
        in_new_thread = _bind(Context().run, getattr, config, "deterministic")
        yield "inductor.deterministic in other threads", True, in_new_thread


def _of_environment(torch: Any, policy: Policy) -> Iterator[_Check]:
    wanted = policy.cublas_workspace
    yield "CUBLAS_WORKSPACE_CONFIG", wanted, _bind(_variable, "CUBLAS_WORKSPACE_CONFIG")
    yield "TORCHINDUCTOR_DETERMINISTIC", "1", _bind(_variable, "TORCHINDUCTOR_DETERMINISTIC")
    # Nothing that the effect wrote: it was rejected unless this was so, and a library loaded later asks.
    yield "NVIDIA_TF32_OVERRIDE", None, _bind(_unless_off, "NVIDIA_TF32_OVERRIDE")
    # Asking earlier would freeze the default size.
    size = getattr(torch.backends.cuda, "cublas_workspace_size", None)
    if size is not None and torch.backends.cuda.is_built() and torch.cuda.is_initialized():
        yield "cublas_workspace_size", _WORKSPACE_BYTES[wanted], size


def _variable(name: str) -> str | None:
    """What Python and the C libraries say, if they agree."""
    seen, seen_in_c = os.environ.get(name), in_c(name)
    return seen if seen_in_c == seen else f"{seen!r} in os.environ, {seen_in_c!r} in C"


def _unless_off(name: str) -> str | None:
    value = _variable(name)
    return None if value == "0" else value


def _current_device(torch: Any) -> Any:
    # Asking CUDA would initialise it; before that the current device is 0.
    return torch.cuda.current_device() if torch.cuda.is_initialized() else 0


def _bind(function: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    return lambda: function(*arguments)


def _first(get: Callable[[], Any]) -> Any:
    """Newer versions answer with a pair, the second of which speaks of split-K."""
    answer = get()
    return answer[0] if isinstance(answer, tuple) else answer
