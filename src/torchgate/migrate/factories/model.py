"""The values of the table: effects, factories and readers."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from torchgate.migrate.factories.binding import Binding, Signature

Aspect: TypeAlias = Literal["device", "dtype"]


class Effect(enum.Enum):
    """What an ambient default does to a call, and what a keyword can do about it."""

    KEPT = "kept"
    """The result does not depend on the ambient default. Add nothing: the keyword might change the result."""
    AMBIENT = "ambient"
    """It does, and the keyword with the ambient value gives the same result."""
    PARTNER = "partner"
    """It does, and ``dtype=`` with the *complex partner* of the ambient dtype gives the same result
    (float32: complex64, float64: complex128; no other partner is proven)."""
    STUCK = "stuck"
    """It does, and no keyword is proven to give the same result."""


_DOMINANCE = (Effect.STUCK, Effect.PARTNER, Effect.AMBIENT, Effect.KEPT)


class Kind(enum.Enum):
    """How a row's callable makes tensors."""

    FUNCTION = "function"
    MODULE = "module"
    LIKE = "like"
    """Device and dtype come from an argument (``zeros_like``, ``Tensor.new_zeros``, ``from_numpy``)."""
    LEGACY = "legacy"
    """A type-named constructor (``torch.Tensor``, ``torch.FloatTensor``), which takes no dtype keyword."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The effect on one aspect: one for every call (``always``), or one for each argument kind."""

    always: Effect | None
    by_kind: Mapping[str, Effect] = field(hash=False)

    def effect(self, kinds: Iterable[str], *, mixes: bool) -> Effect | None:
        """The effect for deciding arguments of these kinds, or None where the table does not know."""
        if self.always is not None:
            return self.always
        told = {kind: self.by_kind.get(kind) for kind in kinds}
        effects = set(told.values())
        if not told or None in effects:
            return None
        if len(told) > 1 and not (mixes and NUMBERS.issuperset(told)):
            return None
        return next(effect for effect in _DOMINANCE if effect in effects)

    def effects(self) -> frozenset[Effect]:
        """Every effect that some call has."""
        return frozenset(self.by_kind.values()) if self.always is None else frozenset((self.always,))


NUMBERS = frozenset({"bool", "int", "float", "complex"})
"""The kinds that were proven to mix: the strongest effect wins. Any other mixture is unknown."""


@dataclass(frozen=True, slots=True)
class Factory:
    """One callable that makes tensors (or modules), and what the ambient defaults do to it."""

    name: str
    kind: Kind
    device: Rule
    dtype: Rule
    decided_by: tuple[str, ...]
    mixes: bool
    signatures: tuple[Signature, ...]

    @property
    def honours_device(self) -> bool:
        """Whether the ambient device reaches some call of it."""
        return self.device.effects() != {Effect.KEPT}

    @property
    def honours_dtype(self) -> bool:
        """Whether the ambient dtype reaches some call of it."""
        return self.dtype.effects() != {Effect.KEPT}

    @property
    def device_keyword_ok(self) -> bool:
        """Whether ``device=`` makes some call explicit; ask ``device_effect`` for a given call."""
        return Effect.AMBIENT in self.device.effects()

    @property
    def dtype_keyword_ok(self) -> bool:
        """Whether ``dtype=`` makes some call explicit; ask ``dtype_effect`` for a given call."""
        return not self.dtype.effects().isdisjoint({Effect.AMBIENT, Effect.PARTNER})

    def device_effect(self, kinds: Iterable[str] = ()) -> Effect | None:
        """What the ambient device does, given the kinds of the arguments in ``decided_by``."""
        return self.device.effect(kinds, mixes=self.mixes)

    def dtype_effect(self, kinds: Iterable[str] = ()) -> Effect | None:
        """What the ambient dtype does, given the kinds of the arguments in ``decided_by``.

        A kind is what reading the argument tells: ``int``, ``float``, ``bool``, ``complex``, ``empty`` (an
        empty list), ``range``, ``none``, ``absent`` (the argument is not passed), ``int-tensor``,
        ``float-tensor``, ..., ``numpy-float``, ...; for a list, nested or not, the kinds of all its elements.
        None means unknown, which is no permission: a kind that was not probed, a mixture not proven.
        """
        return self.dtype.effect(kinds, mixes=self.mixes)

    def bind(self, positional: int, keywords: Sequence[str] = ()) -> tuple[Binding, ...]:
        """Every overload that takes such a call; empty if none does or torch tells no signature.

        Number and names can fit several overloads (``torch.zeros(3)`` is ``size`` and ``*size``): what must
        hold for the call must hold for each of them.
        """
        bound = (signature.bind(positional, keywords) for signature in self.signatures)
        return tuple(binding for binding in bound if binding is not None)

    def accepts(self, keyword: str, positional: int, keywords: Sequence[str] = ()) -> bool:
        """Whether ``keyword=`` can be added to such a call, whichever overload takes it."""
        bound = self.bind(positional, keywords)
        return any(b.accepts(keyword) for b in bound) and not any(keyword in b.given for b in bound)


@dataclass(frozen=True, slots=True)
class Reader:
    """A callable that reads an ambient default in a way that no keyword at the call can replace."""

    name: str
    aspects: frozenset[Aspect]
    when: str
    """``always``, ``integer-input`` (an integer or bool tensor takes part) or ``number-input`` (the Python
    numbers passed to it become tensors)."""
    evidence: str
    """A call that shows it."""
