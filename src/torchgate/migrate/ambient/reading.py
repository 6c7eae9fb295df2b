"""What a piece of code does with one ambient default: the values that a reading is made of."""

from __future__ import annotations

import _ast as ast
from dataclasses import dataclass, field

from torchgate.migrate.ambient.definitions import Definition, File
from torchgate.migrate.ambient.obstacles import Obstacle


@dataclass(frozen=True, slots=True)
class Keyword:
    """A call that the default reaches, and that a keyword makes explicit.

    ``replaces``: the ``None`` that is passed now. ``partner``: the keyword is the complex partner. ``full``:
    this was measured under float32 and float64 alone. ``own``: nothing is added, since the call passes on
    the parameter of this name that the function around it has already.
    """

    file: File
    call: ast.Call
    replaces: ast.expr | None = None
    partner: bool = False
    full: bool = False
    own: bool = False


@dataclass(frozen=True, slots=True)
class Passing:
    """A call of a project function. ``replaces``: the ``None`` that is passed under the aspect's name now;
    ``closed``: something else is passed, so that the default does not get in through the parameter.
    ``wraps``: the function itself is handed over here to be called, and ``partial`` is how the file spells
    ``functools.partial``. ``verified``: what is handed over to be called there was looked at."""

    file: File
    call: ast.Call
    callee: Definition
    replaces: ast.expr | None = None
    own: bool = False
    closed: bool = False
    wraps: ast.expr | None = None
    partial: str = ""
    verified: bool = False


@dataclass(slots=True)
class Reading:
    """One body, one aspect."""

    keywords: list[Keyword] = field(default_factory=list)
    passings: list[Passing] = field(default_factory=list)
    implicit: list[tuple[Definition, Obstacle]] = field(default_factory=list)
    """Functions that run without a call that could pass a keyword, and what to say if they need one."""
    obstacles: list[Obstacle] = field(default_factory=list)
    unverified: list[Obstacle] = field(default_factory=list)
    """Calls of the function's own parameters: obstacles unless every caller hands over what is known."""
