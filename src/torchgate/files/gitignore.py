"""``.gitignore`` without git: for folders outside a repository and machines without the program."""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Pattern
    from typing import TypeAlias

    # Whether the rule re-includes, whether it is for folders only, and its expression.
    Line: TypeAlias = tuple[bool, bool, Pattern[str]]


class GitIgnore:
    """The lines of one ``.gitignore``, for paths relative to its folder."""

    __slots__ = ("_lines",)

    def __init__(self, text: str) -> None:
        self._lines = [line for line in map(_parse, text.splitlines()) if line is not None]

    def verdict(self, relative: str, is_folder: bool) -> bool | None:
        """True: ignored, False: re-included, None: this file says nothing. The last match wins."""
        for negated, folder_only, regex in reversed(self._lines):
            if (is_folder or not folder_only) and regex.match(relative):
                return not negated
        return None


def load(folder: str) -> GitIgnore | None:
    """The ``.gitignore`` in ``folder``; None where there is none, or none that can be read."""
    path = os.path.join(folder, ".gitignore")
    if not os.path.isfile(path):
        return None
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            return GitIgnore(stream.read(1 << 20))
    except OSError:
        return None


def _parse(line: str) -> Line | None:
    if line.startswith("#"):
        return None
    stripped = line.rstrip(" ")
    if stripped.endswith("\\") and len(stripped) < len(line):
        stripped += " "
    negated = stripped.startswith("!")
    pattern = stripped[1:] if negated else stripped
    folder_only = pattern.endswith("/")
    pattern = pattern.rstrip("/")
    if not pattern:
        return None
    anchored = "/" in pattern
    pattern = pattern.removeprefix("/")
    try:
        regex = re.compile(("" if anchored else "(?:.*/)?") + _translate(pattern) + r"\Z", re.DOTALL)
    except re.error:
        return None  # a class that git does not understand matches nothing either
    return negated, folder_only, regex


def _translate(pattern: str) -> str:
    out: list[str] = []
    rest = pattern
    while rest:
        if rest.startswith("**/") and (not out or out[-1] == "/"):
            out.append("(?:.*/)?")
            rest = rest[3:]
        elif rest == "**" and out and out[-1] == "/":
            out.append(".+")
            rest = ""
        elif rest[0] == "*":
            out.append("[^/]*")
            rest = rest.lstrip("*")
        elif rest[0] == "?":
            out.append("[^/]")
            rest = rest[1:]
        elif rest[0] == "[" and (end := rest.find("]", 2 + (rest[1:2] in ("!", "^")))) > 0:
            body = rest[1:end].replace("\\", "\\\\")
            out.append(f"(?!/)[{'^' + body[1:] if body[0] in '!^' else body}]")
            rest = rest[end + 1 :]
        elif rest[0] == "\\" and len(rest) > 1:
            out.append(re.escape(rest[1]))
            rest = rest[2:]
        else:
            out.append("/" if rest[0] == "/" else re.escape(rest[0]))
            rest = rest[1:]
    return "".join(out)
