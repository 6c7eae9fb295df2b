"""Every rule, in the order of its code. A rule's page is its module's docstring."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.lint.rule import Rule

ALL: tuple[Rule, ...] = ()


def page(code: str) -> str:
    """A rule's documentation page in Markdown, by its code.

    Raises:
        KeyError: no rule has that code.
    """
    for rule in ALL:
        if rule.code == code:
            return sys.modules[rule.check.__module__].__doc__ or ""
    raise KeyError(code)
