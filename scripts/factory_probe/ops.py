"""Which ops read an ambient default although every tensor is given: probed on torch's own sample inputs.

``op_db`` is the table that torch tests its operators with: about 700 operators, each with sample inputs for
each dtype. An operator whose result differs under float32 and float64 defaults, or under a meta device, for
the same given inputs is a reader; one that never differs is inert.
"""

from __future__ import annotations

import dataclasses
import itertools
import sys
import types
import unittest
from collections.abc import Callable, Iterator
from typing import Any

import torch

from factory_probe.state import DEVICES, NEUTRAL, Ambient, run

FLOATING = (torch.float32, torch.complex64)
INTEGER = (torch.int64, torch.bool)
_SAMPLES = 3
Arguments = tuple[Any, tuple[Any, ...], dict[str, Any]]


@dataclasses.dataclass(slots=True)
class Seen:
    """What was seen of one operator: the aspects it read, by the class of its inputs."""

    floating: set[str] = dataclasses.field(default_factory=set)
    integer: set[str] = dataclasses.field(default_factory=set)
    ran: bool = False
    evidence: str = ""

    def note(self, aspect: str, dtype: torch.dtype, how: str) -> None:
        (self.floating if dtype in FLOATING else self.integer).add(aspect)
        self.evidence = self.evidence or f"{how}, {str(dtype).removeprefix('torch.')}"


def op_db() -> list[Any]:
    """Torch's operator table; raises ImportError where this torch ships none."""
    if "expecttest" not in sys.modules:
        # torch.testing._internal imports it for test cases that are never run here.
        stub = types.ModuleType("expecttest")
        stub.TestCase = unittest.TestCase  # type: ignore[attr-defined]
        sys.modules["expecttest"] = stub
    from torch.testing._internal.common_methods_invocations import op_db as found

    return list(found)


def probe_ops() -> dict[str, Seen]:
    """Every public name of an operator with what was seen of it."""
    names = _names_by_function()
    seen: dict[str, Seen] = {}
    for op in op_db():
        called = {name: function for function in _variants(op) for name in names.get(id(function), ())}
        for dtype in (*FLOATING, *INTEGER) if called else ():
            for how, arguments in _arguments(op, dtype):
                for name, function in called.items():
                    _compare(function, arguments, seen.setdefault(name, Seen()), dtype, how)
    return seen


def _names_by_function() -> dict[int, list[str]]:
    spaces = {
        "torch": torch,
        "torch.Tensor": torch.Tensor,
        "torch.nn.functional": torch.nn.functional,
        "torch.fft": torch.fft,
        "torch.linalg": torch.linalg,
        "torch.special": torch.special,
        "torch.sparse": torch.sparse,
        "torch.masked": torch.masked,
    }
    found: dict[int, list[str]] = {}
    for space, owner in spaces.items():
        for name in dir(owner):
            value = getattr(owner, name)
            if callable(value) and (not name.startswith("_") or name.startswith("__")):
                found.setdefault(id(value), []).append(f"{space}.{name}")
    return found


def _variants(op: Any) -> Iterator[Callable[..., Any]]:
    for entry in (op, *op.aliases):
        methods = (entry.method_variant, entry.inplace_variant)
        operators = (
            getattr(entry, "operator_variant", None),
            getattr(entry, "inplace_operator_variant", None),
        )
        yield entry.op
        # op_db calls methods and operators through wrappers: the name tells which method of Tensor it is.
        for function in filter(None, methods):
            yield getattr(torch.Tensor, _name(function), function)
        for function in filter(None, operators):
            yield getattr(torch.Tensor, f"__{_name(function).strip('_')}__", function)


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", "")


def _arguments(op: Any, dtype: torch.dtype) -> Iterator[tuple[str, Arguments]]:
    for sample in _samples(op, dtype):
        first, rest, named = sample.input, tuple(sample.args), dict(sample.kwargs)
        yield "tensors", (first, rest, named)
        if dtype not in INTEGER:
            continue
        for place, value in enumerate(rest):
            if _takes_number(value):
                yield "a float beside tensors", (first, (*rest[:place], 0.5, *rest[place + 1 :]), named)
        for key, value in named.items():
            if _takes_number(value):
                yield "a float beside tensors", (first, rest, named | {key: 0.5})


def _takes_number(value: Any) -> bool:
    return isinstance(value, torch.Tensor | int | float) and not isinstance(value, bool)


def _samples(op: Any, dtype: torch.dtype) -> list[Any]:
    torch.default_generator.manual_seed(0)
    try:
        if dtype in op.dtypes:
            # Not op.sample_inputs: it inspects the call stack for each sample, two thirds of the whole run.
            return list(itertools.islice(op.sample_inputs_func(op, "cpu", dtype, False), _SAMPLES))
    except Exception:  # some generators need a library that is not here; the operator is then not seen to run
        pass
    return []


def _compare(
    function: Callable[..., Any], arguments: Arguments, seen: Seen, dtype: torch.dtype, how: str
) -> None:
    def make() -> Callable[[], Any]:
        own, rest, named = _cloned(arguments)
        return lambda: function(own, *rest, **named)

    plain = run(make, NEUTRAL)
    under = {"dtype": Ambient(dtype=torch.float64), "device": Ambient(device=DEVICES[1])}
    if plain.raised and run(make, under["dtype"]).raised:
        return
    seen.ran = True
    for aspect, ambient in under.items():
        if run(make, ambient) != plain:
            seen.note(aspect, dtype, how)


def _cloned(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if type(value) in (list, tuple):
        return type(value)(_cloned(item) for item in value)
    if isinstance(value, dict):
        return {key: _cloned(item) for key, item in value.items()}
    return value
