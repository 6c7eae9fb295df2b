"""TG403 determinism-weakened."""

from __future__ import annotations

from torchgate.lint.rule import Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module


def check(module: Module) -> Iterator[Violation]:
    """Nothing yet."""
    yield from ()


RULE = Rule("TG403", "determinism-weakened", check)
