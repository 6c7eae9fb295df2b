"""What some formats tell besides the findings themselves. It is put together only when one of them asks."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torchgate.finding import Finding


class Background:
    """``fingerprints`` name findings across edits, no two in a report the same. ``place`` gives, for a path
    as shown, the folder of its repository and the path from there, with ``/``; None and an absolute path
    where it stands in none. ``rules`` are all rules, whether they ran or not."""

    __slots__ = ("fingerprints", "place", "rules")

    def __init__(
        self,
        fingerprints: Mapping[Finding, str],
        place: Callable[[str], tuple[str | None, str]],
        rules: Sequence[RulePage],
    ) -> None:
        self.fingerprints = fingerprints
        self.place = place
        self.rules = rules


class RulePage:
    """One rule as its readers know it. ``text`` is its page in Markdown, empty where Python stripped it."""

    __slots__ = ("by_default", "code", "fix", "name", "text")

    def __init__(
        self, code: str, name: str, text: str, *, by_default: bool = True, fix: str | None = None
    ) -> None:
        """``by_default``: it runs unless somebody says otherwise."""
        self.code = code
        self.name = name
        self.text = text
        self.by_default = by_default
        self.fix = fix
