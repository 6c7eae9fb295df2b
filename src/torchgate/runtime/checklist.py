"""The write list: every setting of the effect, in the order in which writing them works.

What is read back afterwards is in readback.py, a list of its own: a misspelt name on ``torch.backends.cudnn``
is accepted silently and reads back as written, so a list that proves itself proves nothing. Each row has a
line in docs/runtime.md.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from torchgate.runtime.model import Policy

UNREADABLE = "unreadable: the legacy and the new precision API disagree"

_OPERATIONS = (
    "cudnn.conv",
    "cudnn.rnn",
    "mkldnn.matmul",
    "mkldnn.conv",
    "mkldnn.rnn",
)


class Row(NamedTuple):
    """One setting. ``restore`` takes what ``read`` gave before the effect."""

    name: str
    wanted: Any
    read: Callable[[], Any]
    write: Callable[[Any], object]
    restore: Callable[[Any], object]


def rows(torch: Any, policy: Policy) -> tuple[Row, ...]:
    """The settings that this torch has, gated by what exists and not by version."""
    return (
        *_environment(policy),
        _deterministic_algorithms(torch),
        *_cudnn_and_mkldnn(torch),
        *_precision(torch),
        *_reductions(torch),
        *_policy_rows(torch, policy),
    )


def _environment(policy: Policy) -> Iterator[Row]:
    # Inductor reads its variable when its config is first imported, which use_deterministic_algorithms does.
    yield _variable("TORCHINDUCTOR_DETERMINISTIC", "1")
    yield _variable("CUBLAS_WORKSPACE_CONFIG", policy.cublas_workspace)


def _variable(name: str, wanted: str) -> Row:
    def write(value: str | None) -> None:
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value

    return Row(name, wanted, lambda: os.environ.get(name), write, write)


def _deterministic_algorithms(torch: Any) -> Row:
    # Bound before the write: where the write is what imports the module, there was no value to come back to.
    inductor = sys.modules.get("torch._inductor.config")

    def read() -> tuple[bool, bool, bool | None]:
        enabled = torch.are_deterministic_algorithms_enabled()
        warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
        return enabled, warn_only, getattr(inductor, "deterministic", None)

    def write(_: Any) -> None:
        torch.use_deterministic_algorithms(True, warn_only=False)

    def restore(before: tuple[bool, bool, bool | None]) -> None:
        if read() == before:
            # Nothing was written, perhaps not the variable either: the call would be what imports Inductor's
            # config, without its deterministic mode, and this process could not apply the runtime any more.
            return
        enabled, warn_only, in_inductor = before
        torch.use_deterministic_algorithms(enabled, warn_only=warn_only)
        if in_inductor is not None:
            inductor.deterministic = in_inductor  # type: ignore[union-attr]

    return Row("deterministic_algorithms", "error", read, write, restore)


def _cudnn_and_mkldnn(torch: Any) -> Iterator[Row]:
    cudnn = torch.backends.cudnn
    yield _attribute("cudnn.deterministic", cudnn, "deterministic", True)
    yield _attribute("cudnn.benchmark", cudnn, "benchmark", False)
    if hasattr(torch.backends.mkldnn, "deterministic"):
        yield _attribute("mkldnn.deterministic", torch.backends.mkldnn, "deterministic", True)


def _attribute(name: str, owner: Any, attribute: str, wanted: Any) -> Row:
    def read() -> Any:
        return getattr(owner, attribute)

    def write(value: Any) -> None:
        setattr(owner, attribute, value)

    return Row(name, wanted, read, write, write)


def _precision(torch: Any) -> Iterator[Row]:
    """Generic first, the legacy switches second, each operation last.

    In this order nothing is left on TF32, both APIs stay readable, and a later generic "tf32" reaches no
    operation (measured on 2.13; before 2.9 only the legacy switches exist).
    """
    backends = torch.backends
    if hasattr(backends, "fp32_precision"):
        yield _attribute("fp32_precision", backends, "fp32_precision", "ieee")
    if hasattr(backends.cudnn, "fp32_precision"):
        yield _inheriting("cudnn.fp32_precision", backends.cudnn)
    if hasattr(backends.mkldnn, "fp32_precision"):
        yield from _mkldnn_precision(backends.mkldnn)
    yield _matmul_tf32(torch)
    yield _cudnn_tf32(backends.cudnn)
    for operation in _OPERATIONS:
        backend, _, part = operation.partition(".")
        owner = getattr(getattr(backends, backend), part, None)
        if hasattr(owner, "fp32_precision"):
            yield _inheriting(f"{operation}.fp32_precision", owner)


def _inheriting(name: str, owner: Any, write: Callable[[Any], object] | None = None) -> Row:
    """A precision that inherits from the level above while it is "none"."""

    def read() -> Any:
        return owner.fp32_precision

    def set_(value: Any) -> None:
        owner.fp32_precision = value

    put = write or set_
    return Row(name, "ieee", read, put, lambda before: _restore_precision(read, put, before))


def _restore_precision(read: Callable[[], Any], put: Callable[[Any], object], before: Any) -> None:
    """Try "none" first, so that what inherited does so again: torch tells the effective value only.

    What was pinned to just the value that it would inherit cannot be told apart and comes back inheriting.
    """
    put("none")
    if read() != before:
        put(before)


def _mkldnn_precision(mkldnn: Any) -> Iterator[Row]:
    """oneDNN's own level, by ``set_flags``: in 2.13 ``mkldnn.fp32_precision = x`` sets the generic one."""
    from inspect import signature

    if "_fp32_precision" in signature(mkldnn.set_flags).parameters:

        def write(value: Any) -> None:
            mkldnn.set_flags(_fp32_precision=value)

        yield _inheriting("mkldnn.fp32_precision", mkldnn, write)


def _matmul_tf32(torch: Any) -> Row:
    """Both APIs in one row, since in 2.13 writing the legacy switch pins the new one too.

    The legacy switch is float32_matmul_precision in other words; read and restored in its three values.
    """
    matmul = torch.backends.cuda.matmul
    legacy = _legible(torch.get_float32_matmul_precision)
    has_new = hasattr(matmul, "fp32_precision")

    def precision() -> Any:
        return matmul.fp32_precision

    def pin(value: Any) -> None:
        matmul.fp32_precision = value

    def read() -> tuple[Any, Any]:
        return legacy(), precision() if has_new else None

    def write(_: Any) -> None:
        matmul.allow_tf32 = False
        if has_new:
            pin("ieee")

    def restore(before: tuple[Any, Any]) -> None:
        if before[0] is not UNREADABLE:
            torch.set_float32_matmul_precision(before[0])
        if has_new:
            _restore_precision(precision, pin, before[1])

    return Row("cuda.matmul.allow_tf32", False, read, write, restore)


def _cudnn_tf32(cudnn: Any) -> Row:
    def write(_: Any) -> None:
        cudnn.allow_tf32 = False

    def restore(before: Any) -> None:
        if before is not UNREADABLE:
            cudnn.allow_tf32 = before

    return Row("cudnn.allow_tf32", False, _legible(lambda: cudnn.allow_tf32), write, restore)


def _legible(read: Callable[[], Any]) -> Callable[[], Any]:
    """Legacy getters raise RuntimeError once the new API was used against them."""

    def wrapped() -> Any:
        try:
            return read()
        except RuntimeError:
            return UNREADABLE

    return wrapped


def _reductions(torch: Any) -> Iterator[Row]:
    matmul = torch.backends.cuda.matmul
    for name in ("allow_fp16_reduced_precision_reduction", "allow_bf16_reduced_precision_reduction"):
        if hasattr(matmul, name):
            yield _reduction(matmul, name)
    if hasattr(matmul, "allow_fp16_accumulation"):
        yield _attribute("cuda.matmul.allow_fp16_accumulation", matmul, "allow_fp16_accumulation", False)
    if hasattr(torch.backends.cuda, "allow_fp16_bf16_reduction_math_sdp"):
        read = torch.backends.cuda.fp16_bf16_reduction_math_sdp_allowed
        write = torch.backends.cuda.allow_fp16_bf16_reduction_math_sdp
        yield Row("cuda.allow_fp16_bf16_reduction_math_sdp", False, read, write, write)


def _reduction(matmul: Any, name: str) -> Row:
    """Newer versions pair the switch with one for split-K, which only the pair form restores."""
    has_split_k = hasattr(matmul, f"{name}_split_k")

    def read() -> Any:
        allowed = getattr(matmul, name)
        return (allowed, getattr(matmul, f"{name}_split_k")) if has_split_k else allowed

    def write(value: Any) -> None:
        setattr(matmul, name, value)

    return Row(f"cuda.matmul.{name}", False, read, write, write)


def _policy_rows(torch: Any, policy: Policy) -> Iterator[Row]:
    deterministic = torch.utils.deterministic
    if hasattr(deterministic, "fill_uninitialized_memory"):
        wanted = policy.fill_uninitialized_memory
        yield _attribute("fill_uninitialized_memory", deterministic, "fill_uninitialized_memory", wanted)
    yield from thread_rows(torch, policy)


def thread_rows(torch: Any, policy: Policy) -> Iterator[Row]:
    """What each thread has of its own: the effect in one does not reach another that has used torch."""
    if policy.num_threads is not None:
        read, write = torch.get_num_threads, torch.set_num_threads
        yield Row("num_threads", policy.num_threads, read, write, write)
    if policy.device_index is not None:
        yield _device_index(torch, policy.device_index)


def _device_index(torch: Any, wanted: int) -> Row:
    """Last of all: making a GPU the current one initialises CUDA, and everything else must stand by then."""

    def read() -> int:
        # Asking CUDA would initialise it; before that the current device is 0.
        return int(torch.cuda.current_device()) if torch.cuda.is_initialized() else 0

    def restore(before: int) -> None:
        if torch.cuda.is_initialized():
            torch.cuda.set_device(before)

    return Row("device_index", wanted, read, torch.cuda.set_device, restore)
