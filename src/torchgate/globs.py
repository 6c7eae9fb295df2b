"""File patterns as ruff has them: ``*`` and ``?`` cross ``/``, ``**``, ``[...]``, ``{a,b}``.

A pattern is tried on a file's or folder's own name and on its path from the configuration's folder. Plain
names, the common case, cost a set lookup and no regular expression.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from re import Pattern

_SPECIAL = frozenset("*?[{\\")


class Globs:
    """Several patterns at once."""

    __slots__ = ("_literal", "_regex")

    def __init__(self, patterns: Iterable[str]) -> None:
        """Patterns may begin with ``./`` and end with ``/``."""
        cleaned = [pattern.removeprefix("./").rstrip("/") or pattern for pattern in patterns]
        self._literal = {pattern for pattern in cleaned if _SPECIAL.isdisjoint(pattern)}
        special = [pattern for pattern in cleaned if not _SPECIAL.isdisjoint(pattern)]
        self._regex = _compile(special) if special else None

    def match(self, relative: str) -> bool:
        """Whether a pattern matches ``relative`` (``/``-separated) or its last part."""
        name = relative.rpartition("/")[2]
        if relative in self._literal or name in self._literal:
            return True
        regex = self._regex
        return regex is not None and (regex.match(relative) is not None or regex.match(name) is not None)


def _compile(patterns: Iterable[str]) -> Pattern[str]:
    import re

    return re.compile("|".join(f"(?:{translate(pattern)})" for pattern in patterns), re.DOTALL)


def translate(pattern: str) -> str:
    r"""The regular expression of one pattern, anchored at its end (``\Z``)."""
    import re

    out: list[str] = []
    position, depth = 0, 0
    while position < len(pattern):
        char = pattern[position]
        position += 1
        if char == "*":
            if pattern[position : position + 2] == "*/" and (not out or pattern[position - 2] == "/"):
                out.append("(?:.*/)?")
                position += 2
            else:
                out.append(".*")
                position += pattern[position : position + 1] == "*"
        elif char == "?":
            out.append(".")
        elif char == "[" and (end := _class_end(pattern, position)) > 0:
            out.append(_character_class(pattern[position:end]))
            position = end + 1
        elif char == "{" and "}" in pattern[position:]:
            depth += 1
            out.append("(?:")
        elif char == "}" and depth:
            depth -= 1
            out.append(")")
        elif char == "," and depth:
            out.append("|")
        elif char == "\\" and position < len(pattern):
            out.append(re.escape(pattern[position]))
            position += 1
        else:
            out.append(re.escape(char))
    return "".join(out) + ")" * depth + r"\Z"


def _class_end(pattern: str, start: int) -> int:
    """Where the class that starts after ``[`` ends; 0 where it does not. A leading ``]`` is a member."""
    first = start + (pattern[start : start + 1] in ("!", "^"))
    return max(pattern.find("]", first + 1), 0)


def _character_class(body: str) -> str:
    import re

    negated = body[0] in "!^"
    members = body[1:] if negated else body
    # A range that runs backwards matches nothing, as in fnmatch; `re` would raise.
    parts = re.findall(r".-.|.", members, re.DOTALL)
    kept = [part for part in parts if len(part) == 1 or part[0] <= part[2]]
    text = "".join(
        re.escape(part) if len(part) == 1 else f"{re.escape(part[0])}-{re.escape(part[2])}" for part in kept
    )
    if not text:
        return "." if negated else "(?!)"
    return f"[{'^' if negated else ''}{text}]"
