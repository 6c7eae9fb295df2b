"""Ten ways in which later code moves a flag, and whether the handle notices each of them.

The values are data and not literals at a write: they are what smoke guards against, not what it advises.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torchgate.runtime.smoke.flags import ABSENT, EXPECTED, read


@dataclass(frozen=True, slots=True)
class Tampering:
    """One careless write: ``act`` does it; ``needs`` is the path below torch that it takes."""

    name: str
    act: Callable[[Any], None]
    needs: str | None = None


def assign(torch: Any, path: str, value: object) -> None:
    """Set the attribute at ``path`` below torch."""
    *owners, name = path.split(".")
    owner = torch
    for step in owners:
        owner = getattr(owner, step)
    setattr(owner, name, value)


def _set(path: str, value: object) -> Tampering:
    return Tampering(f"{path} = {value!r}", lambda torch: assign(torch, path, value), path)


def _deterministic(mode: bool, warn_only: bool) -> Callable[[Any], None]:
    return lambda torch: torch.use_deterministic_algorithms(mode, warn_only=warn_only)


def _matmul_precision(value: str) -> Callable[[Any], None]:
    return lambda torch: torch.set_float32_matmul_precision(value)


def _forget_workspace(torch: Any) -> None:
    os.environ.pop("CUBLAS_WORKSPACE_CONFIG", None)


TAMPERINGS: tuple[Tampering, ...] = (
    Tampering("use_deterministic_algorithms(False)", _deterministic(False, False)),
    Tampering("use_deterministic_algorithms(True, warn_only=True)", _deterministic(True, True)),
    Tampering("set_float32_matmul_precision('medium')", _matmul_precision("medium")),
    Tampering("del os.environ['CUBLAS_WORKSPACE_CONFIG']", _forget_workspace),
    _set("backends.cudnn.deterministic", False),
    _set("backends.cudnn.benchmark", True),
    _set("backends.cudnn.allow_tf32", True),
    _set("backends.cuda.matmul.allow_tf32", True),
    _set("backends.cuda.matmul.allow_bf16_reduced_precision_reduction", True),
    _set("utils.deterministic.fill_uninitialized_memory", False),
    _set("backends.fp32_precision", "tf32"),
    _set("backends.cudnn.conv.fp32_precision", "tf32"),
    _set("backends.cudnn.rnn.fp32_precision", "tf32"),
    _set("backends.mkldnn.matmul.fp32_precision", "bf16"),
    _set("backends.mkldnn.deterministic", False),
)
"""The first ten exist in every supported torch."""

AT_LEAST = 10


def put_right(torch: Any, workspace: str) -> None:
    """Write every setting of `EXPECTED` again, the generic ones before the particular ones.

    Smoke's own repair, so that one tampering cannot hide behind the residue of the one before it.
    """
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = workspace
    torch.use_deterministic_algorithms(True, warn_only=False)
    torch.set_float32_matmul_precision("highest")
    writable = [path for path in EXPECTED if not path.endswith("()")]
    for path in sorted(writable, key=lambda path: (path.endswith("fp32_precision"), path.count("."))):
        if path != "backends.fp32_precision" and read(torch, path) != ABSENT:
            assign(torch, path, EXPECTED[path])


def provoke(handle: Any, workspace: str) -> dict[str, str]:
    """Do each tampering that this torch knows and ask the handle; ``"detected"`` or what went wrong."""
    from torchgate.runtime import DriftError

    torch = handle.torch
    seen: dict[str, str] = {}
    for tampering in TAMPERINGS:
        if tampering.needs and read(torch, tampering.needs) == ABSENT:
            continue
        generic = read(torch, "backends.fp32_precision")
        tampering.act(torch)
        seen[tampering.name] = _asked(handle, DriftError)
        if generic != ABSENT:
            torch.backends.fp32_precision = generic
        put_right(torch, workspace)
        leftover = handle.drift()
        if leftover:
            return {**seen, tampering.name: f"after the repair the handle still reports {leftover!r}"}
    return seen


def _asked(handle: Any, drift_error: type[Exception]) -> str:
    drift = handle.drift()
    try:
        handle.verify()
    except drift_error:
        return "detected" if drift else "verify() raised, drift() was empty"
    return "drift() saw it, verify() did not raise" if drift else "not noticed"
