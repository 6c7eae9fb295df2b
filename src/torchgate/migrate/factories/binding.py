"""Binding the arguments of a call to a signature, by their number and names alone.

A keyword may be added to a call only when nothing is bound to that parameter already: a positional device
and the keyword together are a TypeError.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Binding:
    """Where the arguments of one call go.

    ``positional[i]`` is the parameter that takes the i-th positional argument (a ``*size`` takes many);
    ``given`` are all parameters that the call passes, by either way.
    """

    signature: Signature
    positional: tuple[str, ...]
    given: frozenset[str]

    def accepts(self, keyword: str) -> bool:
        """Whether ``keyword=`` can be added to this call."""
        return keyword not in self.given and keyword in self.signature.keywords


@dataclass(frozen=True, slots=True)
class Signature:
    """One overload, read from ``"end, *, out?, dtype?, device?"`` (``?``: may be left out)."""

    text: str
    positional: tuple[str, ...]
    variadic: str | None
    keyword_only: tuple[str, ...]
    required: frozenset[str]

    @classmethod
    def parse(cls, text: str) -> Signature:
        """Read the table's spelling."""
        positional: list[str] = []
        keyword_only: list[str] = []
        required: set[str] = set()
        variadic: str | None = None
        starred = False
        for part in text.split(", ") if text else ():
            if part.startswith("**"):
                continue
            if part.startswith("*"):
                starred, variadic = True, part[1:] or None
                continue
            name = part.rstrip("?")
            (keyword_only if starred else positional).append(name)
            if name == part:
                required.add(name)
        return cls(text, tuple(positional), variadic, tuple(keyword_only), frozenset(required))

    @property
    def keywords(self) -> frozenset[str]:
        """Every parameter that may be named in a call."""
        return frozenset((*self.positional, *self.keyword_only))

    def bind(self, positional: int, keywords: Sequence[str] = ()) -> Binding | None:
        """Bind ``positional`` arguments and the named ``keywords``; None if they do not fit this overload.

        Raises ValueError for a negative count.
        """
        if positional < 0:
            raise ValueError(f"a call cannot have {positional} positional arguments")
        names = self.positional[:positional]
        extra = positional - len(names)
        if extra and self.variadic is None:
            return None
        if self.variadic is not None:
            names = (*names, *(self.variadic,) * extra)
        given = frozenset((*names, *keywords))
        fits = len(set(keywords)) == len(keywords) and self.keywords.issuperset(keywords)
        if not fits or set(names) & set(keywords) or not self.required <= given:
            return None
        return Binding(self, names, given)
