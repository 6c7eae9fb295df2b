"""From runs to effects: what an ambient default does to one call, and whether a keyword does the same.

The four effects, the same words as in ``torchgate.migrate.factories``:

kept      the result does not depend on the ambient default: nothing to add
ambient   it does, and ``device=`` / ``dtype=`` with the ambient value gives the same result everywhere
partner   it does, and ``dtype=`` with the complex partner of the ambient dtype gives the same result
stuck     it does, and no keyword gives the same result
fails     the call raises under every ambient default, so nothing was learnt
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from types import CodeType
from typing import Any

import torch

from factory_probe.fixtures import namespace
from factory_probe.outcome import Outcome
from factory_probe.state import DEVICES, Ambient, run

DTYPES = (torch.float32, torch.float64)
PARTNER = {torch.float32: torch.complex64, torch.float64: torch.complex128}
# Strongest first: what one argument makes impossible no other argument makes possible.
DOMINANCE = ("fails", "stuck", "partner", "ambient", "kept")


class Disagreement(AssertionError):
    """Probes of one row contradict each other: the table's shape cannot say what torch does."""


def with_keyword(call: str, keyword: str) -> str:
    """The call as a codemod writes it, the keyword appended."""
    head, tail = call[:-1], call[-1]
    return f"{head}{'' if head.endswith('(') else ', '}{keyword}{tail}"


@functools.cache
def _compiled(call: str) -> CodeType:
    return compile(call, "<case>", "eval")


def evaluate(call: str, ambient: Ambient) -> Outcome:
    """Evaluate one case under ``ambient`` with fresh fixtures."""
    code = _compiled(call)

    def make() -> Callable[[], Any]:
        values = namespace(code)
        return lambda: eval(code, values)  # the catalogue is this project's own text

    return run(make, ambient)


def device_effect(call: str) -> str:
    """How the ambient device reaches ``call``."""
    bare = {
        setter: {d: evaluate(call, Ambient(device=d, setter=setter)) for d in DEVICES}
        for setter in (False, True)
    }
    if bare[False] != bare[True]:
        raise Disagreement(f"{call}: the with-block and set_default_device differ")
    plain, under = evaluate(call, Ambient()), bare[False]
    if plain.raised and all(outcome.raised for outcome in under.values()):
        return "fails"
    if under["cpu"] == under[DEVICES[1]] == plain:
        return "kept"
    for device in DEVICES:
        said = with_keyword(call, f"device={device!r}")
        for other in (Ambient(), Ambient(device=DEVICES[1]), Ambient(device="cpu")):
            if under[device].raised or evaluate(said, other) != under[device]:
                return "stuck"
    return "ambient"


def dtype_effect(call: str) -> str:
    """How the ambient dtype reaches ``call``."""
    under = {dtype: evaluate(call, Ambient(dtype=dtype)) for dtype in DTYPES}
    if all(outcome.raised for outcome in under.values()):
        return "fails"
    if under[torch.float32] == under[torch.float64]:
        return "kept"
    if _same_by_keyword(call, under, {dtype: dtype for dtype in DTYPES}):
        return "ambient"
    if _same_by_keyword(call, under, PARTNER):
        return "partner"
    return "stuck"


def _same_by_keyword(
    call: str, under: dict[torch.dtype, Outcome], said: dict[torch.dtype, torch.dtype]
) -> bool:
    return all(
        not under[dtype].raised
        and evaluate(with_keyword(call, f"dtype={said[dtype]}"), Ambient(dtype=other)) == under[dtype]
        for dtype in DTYPES
        for other in DTYPES
    )


def harmless(call: str, aspect: str) -> bool:
    """Whether the keyword changes nothing about a call that the ambient default does not reach."""
    values = [f"{d!r}" for d in DEVICES] if aspect == "device" else [str(t) for t in DTYPES]
    plain = evaluate(call, Ambient())
    return all(evaluate(with_keyword(call, f"{aspect}={value}"), Ambient()) == plain for value in values)


def joint(call: str, device: str, dtype: str) -> bool:
    """Whether both keywords at once equal both ambient defaults at once, whatever else is ambient."""
    for d in DEVICES:
        for t in DTYPES:
            want = evaluate(call, Ambient(device=d, dtype=t))
            keywords = [f"device={d!r}"] if device == "ambient" else []
            keywords += (
                [f"dtype={t if dtype == 'ambient' else PARTNER[t]}"]
                if dtype in ("ambient", "partner")
                else []
            )
            said = call
            for keyword in keywords:
                said = with_keyword(said, keyword)
            for other in (
                Ambient(device="cpu", dtype=DTYPES[0]),
                Ambient(device=DEVICES[1], dtype=DTYPES[1]),
            ):
                left = Ambient(
                    device=other.device if device == "ambient" else d,
                    dtype=other.dtype if dtype in ("ambient", "partner") else t,
                )
                if evaluate(said, left) != want:
                    return False
    return True


def strongest(effects: Iterable[str]) -> str:
    """The effect of several arguments together."""
    return min(effects, key=DOMINANCE.index)


def agreed(effects: dict[str, str]) -> str:
    """One effect for several spellings of the same thing; a spelling that raises teaches nothing, and
    spellings that disagree are stuck: a codemod cannot tell them apart."""
    told = {effect for effect in effects.values() if effect != "fails"}
    if not told:
        return "fails"
    return told.pop() if len(told) == 1 else "stuck"
