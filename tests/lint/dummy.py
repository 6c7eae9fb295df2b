"""Rules for tests of what stands around the rules: one that reports a word, one that raises."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from torchgate.lint.rule import Rule
from torchgate.semantics.module import Module

if TYPE_CHECKING:
    from torchgate.lint.rule import Violation


def flags(code: str, word: str = "flagged", **options: Any) -> Rule:
    """A rule that reports every name ``word``."""

    def check(module: Module) -> Iterator[Violation]:
        for node in module.within(module.tree):
            if isinstance(node, ast.Name) and node.id == word:
                yield node, f"the name {word}"

    return Rule(code, f"no-{word}", check, **options)


def fails(code: str, error: type[Exception] = ValueError) -> Rule:
    """A rule that reports the first statement and then raises."""

    def check(module: Module) -> Iterator[Violation]:
        yield module.tree.body[0], "before the failure"
        raise error("boom")

    return Rule(code, "fails", check)
