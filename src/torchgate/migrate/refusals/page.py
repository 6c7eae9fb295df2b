"""The page of one refusal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a refusal says to the person who has to go on from there. ``example`` shows the refused code."""

    what: str
    why: str
    by_hand: str
    example: str = ""

    def render(self, name: str) -> str:
        """The page as Markdown."""
        parts = [f"# {name}", f"## What was found\n\n{self.what}"]
        if self.example:
            parts.append(f"```python\n{self.example.strip()}\n```")
        parts += [f"## Why it cannot be proven\n\n{self.why}", f"## What to do by hand\n\n{self.by_hand}"]
        return "\n\n".join(parts) + "\n"
