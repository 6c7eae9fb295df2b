"""File patterns as ruff has them: ``*`` and ``?`` cross ``/``, ``**/``, ``[...]``, ``{a,b}``.

A pattern is tried on a file's or folder's own name and on its path from the configuration's folder. Plain
names, the common case, cost a set lookup and no regular expression.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from re import Pattern

_SPECIAL = frozenset("*?[{\\")
# Elements of a pattern that match any number of characters; all others are expressions for one character.
STAR = "*"
FOLDERS = "**/"
_MAX_ALTERNATIVES = 256


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

    plain = [plain for pattern in patterns for plain in _alternatives(pattern)]
    return re.compile("|".join(expression(_elements(pattern), ".") + r"\Z" for pattern in plain), re.DOTALL)


def expression(elements: Iterable[str], any_character: str) -> str:
    """The regular expression of a pattern's elements.

    Every wildcard but the last takes its shortest match and never reconsiders (an atomic group): nothing is
    lost by that, since the next wildcard can take up the rest, and no pattern needs exponential time.
    """
    lazy = {STAR: f"{any_character}*?", FOLDERS: "(?:.*?/)??"}
    groups = [""]
    for element in elements:
        if element in lazy:
            groups.append(lazy[element])
        else:
            groups[-1] += element
    head, *rest = groups
    return head + "".join(f"(?>{group})" for group in rest[:-1]) + "".join(rest[-1:])


def _alternatives(pattern: str) -> list[str]:
    """``pattern`` with its braces multiplied out; a brace without its partner stands for itself."""
    done: list[str] = []
    waiting = [pattern]
    while waiting:
        current = waiting.pop()
        start, end = _innermost_braces(current)
        if end < 0 or len(done) + len(waiting) > _MAX_ALTERNATIVES:
            done.append(current)
            continue
        for choice in current[start + 1 : end].split(","):
            waiting.append(current[:start] + choice + current[end + 1 :])
    return done


def _innermost_braces(pattern: str) -> tuple[int, int]:
    start, position = -1, 0
    while position < len(pattern):
        char = pattern[position]
        if char == "\\":
            position += 1
        elif char == "{":
            start = position
        elif char == "}" and start >= 0:
            return start, position
        position += 1
    return start, -1


def _elements(pattern: str) -> list[str]:
    import re

    out: list[str] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        position += 1
        if char == "*":
            if pattern[position : position + 2] == "*/" and pattern[position - 2 : position - 1] in ("", "/"):
                out.append(FOLDERS)
                position += 2
            elif not out or out[-1] != STAR:
                out.append(STAR)
        elif char == "?":
            out.append(".")
        elif char == "[" and (end := class_end(pattern, position)) > 0:
            out.append(character_class(pattern[position:end]))
            position = end + 1
        elif char == "\\" and position < len(pattern):
            out.append(re.escape(pattern[position]))
            position += 1
        else:
            out.append(re.escape(char))
    return out


def class_end(pattern: str, start: int) -> int:
    """Where the class that starts after ``[`` ends; 0 where it does not. A leading ``]`` is a member."""
    first = start + (pattern[start : start + 1] in ("!", "^"))
    return max(pattern.find("]", first + 1), 0)


def character_class(body: str) -> str:
    """The expression of a class's inside. A range that runs backwards is empty, as in fnmatch."""
    import re

    negated = body[0] in "!^"
    members = body[1:] if negated else body
    parts = re.findall(r".-.|.", members, re.DOTALL)
    kept = [part for part in parts if len(part) == 1 or part[0] <= part[2]]
    text = "".join(
        re.escape(part) if len(part) == 1 else f"{re.escape(part[0])}-{re.escape(part[2])}" for part in kept
    )
    if not text:
        return "." if negated else "(?!)"
    return f"[{'^' if negated else ''}{text}]"
