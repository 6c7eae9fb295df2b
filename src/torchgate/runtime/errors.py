"""What the runtime raises. Every error keeps its data as attributes and survives pickling."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

from torchgate.runtime.model import Policy, ReadOnly, Reason, Rejected


class RejectedError(RuntimeError):
    """The runtime is rejected and the pipeline stops. ``reasons``, ``detail`` and ``rejected`` say why."""

    def __init__(self, rejected: Rejected) -> None:
        # The value itself is the only argument, so that the error unpickles in a parent process.
        super().__init__(rejected)
        self.rejected = rejected
        self.reasons: tuple[Reason, ...] = rejected.reasons
        self.detail: Mapping[str, str] = rejected.detail

    def __str__(self) -> str:
        return reasons_text(self.rejected)


def reasons_text(rejected: Rejected) -> str:
    """Every reason with its sentence, one a line where there are several."""
    lines = []
    for reason in rejected.reasons:
        sentence = rejected.detail.get(reason.value)
        lines.append(f"{reason.value}: {sentence}" if sentence else reason.value)
    return "\n".join(lines)


class ApplyError(RuntimeError):
    """The effect failed at ``item``. ``restored`` is true if every item reads again as it did before.

    ``detail`` names what cannot be taken back: the modules that the attempt imported.
    """

    def __init__(
        self, item: str, wanted: object, got: object, restored: bool, detail: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(item, wanted, got, restored, dict(detail or {}))
        self.item = item
        self.wanted = wanted
        self.got = got
        self.restored = restored
        self.detail: Mapping[str, str] = ReadOnly(detail or {})

    def __str__(self) -> str:
        text = f"{self.item}: wanted {self.wanted!r}, got {self.got!r}; {aftermath(self.restored)}"
        return "\n".join([text, *(f"  {name}: {value}" for name, value in self.detail.items())])


def aftermath(restored: bool) -> str:
    """What a failed effect leaves, in words."""
    if restored:
        return "everything reads as it did before"
    return "and NOT everything could be put back: do not compute in this process"


class AlreadyAppliedError(RuntimeError):
    """This process has applied another policy. The effect happens once; start another process.

    ``place`` says where it was applied first: ``file.py:12 in main``.
    """

    def __init__(self, applied: Policy, requested: Policy, place: str = "") -> None:
        super().__init__(applied, requested, place)
        self.applied = applied
        self.requested = requested
        self.place = place

    def __str__(self) -> str:
        names = [field.name for field in dataclasses.fields(Policy)]
        pairs = [(name, getattr(self.applied, name), getattr(self.requested, name)) for name in names]
        differing = "; ".join(
            f"{name}={new!r} is requested, {old!r} was applied" for name, old, new in pairs if old != new
        )
        # A subclass of Policy is another policy without a field that differs.
        differing = differing or f"{self.requested!r} is requested, {self.applied!r} was applied"
        first = f"; it was applied at {self.place}" if self.place else ""
        return f"the effect happens once per process, and another policy was applied: {differing}{first}"


class Drift(NamedTuple):
    """One item that no longer reads as the effect left it."""

    item: str
    wanted: Any
    got: Any

    def __str__(self) -> str:
        return f"{self.item}: wanted {self.wanted!r}, got {self.got!r}"


class DriftError(RuntimeError):
    """Something changed a setting after the effect. ``items`` lists every `Drift`."""

    def __init__(self, items: tuple[Drift, ...]) -> None:
        super().__init__(items)
        self.items = tuple(Drift(*item) for item in items)

    def __str__(self) -> str:
        lines = "\n".join(f"  {item}" for item in self.items)
        return f"{len(self.items)} setting(s) moved since the runtime was applied:\n{lines}"
