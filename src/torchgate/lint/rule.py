"""The whole rule framework: a rule is a value with a generator function.

A rule module's docstring is its documentation page; ``RULE`` is its value; ``lint/rules/__init__.py``
lists every ``RULE`` in the explicit tuple ``ALL``.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _ast import AST
    from collections.abc import Callable, Iterator
    from typing import Literal, TypeAlias

    from torchgate.semantics.module import Module
    from torchgate.source import Span

    Violation: TypeAlias = tuple[AST | Span, str]
    Check: TypeAlias = Callable[[Module], Iterator[Violation]]
    Fix: TypeAlias = Literal["safe", "unsafe"] | None

RUNTIME = "runtime"
TORCH_BOUND = "torch-bound"
TESTS = "tests"
STUB = "stub"


class Rule:
    """One rule. ``skips`` names the kinds of file in which it never reports: the constants above."""

    __slots__ = ("check", "code", "fix", "name", "opt_in", "preview", "skips")

    def __init__(
        self,
        code: str,
        name: str,
        check: Check,
        *,
        skips: tuple[str, ...] = (STUB,),
        fix: Fix = None,
        opt_in: bool = False,
        preview: bool = False,
    ) -> None:
        """``opt_in`` rules run only when selected by their code or a longer prefix than ``TG``."""
        self.code = code
        self.name = name
        self.check = check
        self.skips = frozenset(skips)
        self.fix = fix
        self.opt_in = opt_in
        self.preview = preview

    def __repr__(self) -> str:
        return f"Rule({self.code} {self.name})"
