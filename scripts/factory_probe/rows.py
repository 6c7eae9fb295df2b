"""One row a callable: effects of the ambient defaults by argument kind, and the signatures to bind with."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable
from typing import Any

import torch

from factory_probe import cases
from factory_probe.effects import (
    Disagreement,
    agreed,
    device_effect,
    dtype_effect,
    harmless,
    joint,
    strongest,
)
from factory_probe.signatures import signatures

Row = dict[str, Any]


def resolve(name: str) -> Any:
    """The object that a dotted name of torch stands for."""
    return functools.reduce(getattr, name.split(".")[1:], torch)


def plain_row(name: str, kind: str, calls: Iterable[str]) -> Row:
    """A row whose effects hold for every argument."""
    calls = list(calls)
    device = _for_all({call: device_effect(call) for call in calls}, "device")
    dtype = _for_all({call: dtype_effect(call) for call in calls}, "dtype")
    if "fails" in (device, dtype):
        raise Disagreement(f"{name}: every case raises")
    for call in calls:
        if not _jointly(call, device, dtype):
            raise Disagreement(f"{call}: the two keywords together differ from the two defaults together")
    return {"kind": kind, "device": device, "dtype": dtype, "signatures": signatures(name, resolve(name))}


def _for_all(effects: dict[str, str], aspect: str) -> str:
    """One effect for calls that differ in arguments no codemod reads.

    A call that makes no tensor (``LayerNorm(3, elementwise_affine=False)``) is kept while its siblings are
    ambient; the keyword does both justice if it changes nothing there.
    """
    effect = agreed(effects)
    if set(effects.values()) - {"fails"} == {"kept", "ambient"}:
        kept = [call for call, told in effects.items() if told == "kept"]
        return "ambient" if all(harmless(call, aspect) for call in kept) else "stuck"
    return effect


def _jointly(call: str, device: str, dtype: str) -> bool:
    if device != "ambient" or dtype not in ("ambient", "partner"):
        return True
    return "fails" in (device_effect(call), dtype_effect(call)) or joint(call, device, dtype)


def decided_row(name: str, parameters: tuple[str, ...], templates: tuple[str, ...], sequences: bool) -> Row:
    """A row whose dtype is decided by the kind of some arguments."""
    device: dict[str, str] = {}
    dtype: dict[str, str] = {}
    for kind, calls in (_calls_by_kind(templates, sequences) | _bare(name)).items():
        device[kind] = agreed({call: device_effect(call) for call in calls})
        dtype[kind] = agreed({call: dtype_effect(call) for call in calls})
        if not all(_jointly(call, device[kind], dtype[kind]) for call in calls[:1]):
            dtype[kind] = "stuck"
    mixes = all(_mixes(template, dtype, sequences) for template in templates)
    told = [kind for kind in dtype if dtype[kind] != "fails"]
    return {
        "kind": "function",
        "device": _by_kind({kind: device[kind] for kind in told}),
        "dtype": _by_kind({kind: dtype[kind] for kind in told}, always=True),
        "decided_by": list(parameters),
        "mixes": mixes,
        "signatures": signatures(name, resolve(name)),
    }


def _calls_by_kind(templates: tuple[str, ...], sequences: bool) -> dict[str, list[str]]:
    calls: dict[str, list[str]] = {}
    for kind, spellings in cases.SCALARS.items():
        shapes = cases.SHAPES if sequences else ("{}",)
        filled = [shape.replace("{}", spelling) for spelling in spellings for shape in shapes]
        calls.setdefault(kind, []).extend(t.replace("{}", value) for t in templates for value in filled)
    for kind, spellings in cases.ARRAYS.items() if sequences else ():
        calls.setdefault(kind, []).extend(t.replace("{}", value) for t in templates for value in spellings)
    return calls


def _bare(name: str) -> dict[str, list[str]]:
    return {"absent": list(cases.BARE[name])} if name in cases.BARE else {}


def _mixes(template: str, dtype: dict[str, str], sequences: bool) -> bool:
    """Whether numbers of two kinds together do what the stronger kind does alone."""
    if template.count("{}") < 2 and not sequences:
        return True
    for left, right in itertools.permutations(cases.MIXABLE, 2):
        first, second = cases.NUMBERS[left][0], cases.NUMBERS[right][0]
        if sequences:
            call = template.replace("{}", f"[[{first}], [{second}]]")
        else:
            call = template.replace("{}", first, 1).replace("{}", second)
        if dtype_effect(call) not in ("fails", strongest((dtype[left], dtype[right]))):
            return False
    return True


def _by_kind(effects: dict[str, str], *, always: bool = False) -> str | dict[str, list[str]]:
    """One word where every kind agrees, else the kinds under each word."""
    if len(set(effects.values())) == 1 and not always:
        return next(iter(effects.values()))
    grouped: dict[str, list[str]] = {}
    for kind, effect in effects.items():
        grouped.setdefault(effect, []).append(kind)
    return {effect: grouped[effect] for effect in sorted(grouped)}


def factory_rows() -> dict[str, Row]:
    """Every function and legacy constructor of the catalogue."""
    rows = {name: plain_row(name, "function", calls) for name, calls in cases.PLAIN.items()}
    rows |= {name: plain_row(name, "like", calls) for name, calls in cases.LIKE.items()}
    rows |= {name: plain_row(name, "legacy", calls) for name, calls in cases.LEGACY.items()}
    rows |= {name: decided_row(name, *spec) for name, spec in cases.DECIDED.items()}
    missing = unlisted_constructors(rows)
    if missing:
        raise Disagreement(f"device constructors without a case: {', '.join(sorted(missing))}")
    return rows


def unlisted_constructors(rows: Iterable[str]) -> set[str]:
    """What torch itself lists as honouring the ambient device and the catalogue does not name."""
    from torch.utils._device import _device_constructors

    listed = {id(resolve(name)) for name in rows}
    return {str(function) for function in _device_constructors() if id(function) not in listed}
