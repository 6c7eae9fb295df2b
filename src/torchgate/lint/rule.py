"""The whole rule framework: a rule is a value with a generator function.

A rule module's docstring is its documentation page; ``RULE`` is its value; ``lint/rules/__init__.py``
lists every ``RULE`` in the explicit tuple ``ALL``.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _ast import AST
    from collections.abc import Callable, Iterable, Iterator
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
# What a report may need (``Rule.needs``), besides the kinds of ``torchgate.semantics.sources``.
EVERYTHING = "@everything"
GUIDANCE = "@guidance"  # the words of a sentence that tells people to import a facade


class Rule:
    """One rule. ``skips`` names the kinds of file in which it never reports: the constants above. ``needs``
    names the sources, each by itself, of which a file must hold one (or get something of one from another
    module) for a report; the default says that everything must be parsed."""

    __slots__ = ("check", "code", "fix", "name", "needs", "opt_in", "preview", "skips")

    def __init__(
        self,
        code: str,
        name: str,
        check: Check,
        *,
        skips: tuple[str, ...] = (STUB,),
        needs: Iterable[str] = (EVERYTHING,),
        fix: Fix = None,
        opt_in: bool = False,
        preview: bool = False,
    ) -> None:
        """``opt_in`` rules run only when selected by their code or a longer prefix than ``TG``."""
        self.code = code
        self.name = name
        self.check = check
        self.skips = frozenset(skips)
        self.needs = frozenset(needs)
        self.fix = fix
        self.opt_in = opt_in
        self.preview = preview

    def __repr__(self) -> str:
        return f"Rule({self.code} {self.name})"
