"""The reference runtime: torch enters a program through one gate.

::

    runtime = decide_torch_runtime()             # looks, changes nothing: Ready | Rejected
    torch_handle = apply_torch_runtime(runtime)  # the one effect: all or nothing, or it raises
    torch_handle.cuda.Stream()

Importing this package costs nothing: each name loads its module at first use, and torch is imported only
inside functions. The package stands alone; it imports nothing else of torchgate.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.runtime.apply import apply_torch_runtime
    from torchgate.runtime.decision import decide, decide_torch_runtime
    from torchgate.runtime.errors import AlreadyAppliedError, ApplyError, Drift, DriftError, RejectedError
    from torchgate.runtime.handle import TorchHandle, WorkerInit
    from torchgate.runtime.model import (
        Facts,
        Metrics,
        Policy,
        Ready,
        Reason,
        Rejected,
        RequiresMainThread,
        ThreadAffinity,
        TorchRuntime,
        WorkerSafe,
    )
    from torchgate.runtime.placement import (
        OnCpu,
        OnCuda,
        Placement,
        PlacementReason,
        RejectedPlacement,
        decide_placement,
    )
    from torchgate.runtime.probing import probe

__all__ = [
    "AlreadyAppliedError",
    "ApplyError",
    "Drift",
    "DriftError",
    "Facts",
    "Metrics",
    "OnCpu",
    "OnCuda",
    "Placement",
    "PlacementReason",
    "Policy",
    "Ready",
    "Reason",
    "Rejected",
    "RejectedError",
    "RejectedPlacement",
    "RequiresMainThread",
    "ThreadAffinity",
    "TorchHandle",
    "TorchRuntime",
    "WorkerInit",
    "WorkerSafe",
    "apply_torch_runtime",
    "decide",
    "decide_placement",
    "decide_torch_runtime",
    "probe",
]

_HOMES = {
    "apply": ("apply_torch_runtime",),
    "decision": ("decide", "decide_torch_runtime"),
    "errors": ("AlreadyAppliedError", "ApplyError", "Drift", "DriftError", "RejectedError"),
    "handle": ("TorchHandle", "WorkerInit"),
    "model": (
        "Facts",
        "Metrics",
        "Policy",
        "Ready",
        "Reason",
        "Rejected",
        "RequiresMainThread",
        "ThreadAffinity",
        "TorchRuntime",
        "WorkerSafe",
    ),
    "placement": (
        "OnCpu",
        "OnCuda",
        "Placement",
        "PlacementReason",
        "RejectedPlacement",
        "decide_placement",
    ),
    "probing": ("probe",),
}


def __getattr__(name: str) -> object:
    """Load the module that defines ``name``, at first use (PEP 562)."""
    for home, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            value: object = getattr(import_module(f"{__name__}.{home}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
