"""Availability probes: calls that tell whether an accelerator is there, and truth values made of them."""

from __future__ import annotations

from torchgate.semantics.values import UNKNOWN, Ref, Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from torchgate.semantics.values import Value

BACKENDS = ("cuda", "xpu", "mps", "mtia", "npu", "hpu", "mlu", "musa")
PROBES = frozenset(
    [
        "torch.accelerator.is_available",
        "torch.accelerator.device_count",
        "torch.backends.mps.is_available",
        "torch.backends.mps.is_built",
        *(f"torch.{backend}.is_available" for backend in BACKENDS),
        *(f"torch.{backend}.device_count" for backend in BACKENDS),
    ]
)


def is_probe(value: Value) -> bool:
    """Whether a value is what an availability probe answered."""
    return isinstance(value, Result) and isinstance(value.callee, Ref) and value.callee.dotted in PROBES


def truth_of(values: Iterable[Value]) -> Value:
    """What ``not``, ``and``, ``or`` and comparisons of ``values`` tell: the probe among them, or nothing.

    It keeps ``use_cuda = torch.cuda.is_available() and not args.cpu`` a probe wherever the name goes.
    """
    return next(filter(is_probe, values), UNKNOWN)
