"""``.gitignore`` without git: for folders outside a repository and machines without the program."""

from __future__ import annotations

import os
import re

from torchgate.globs import FOLDERS, STAR, character_class, class_end, expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Pattern
    from typing import TypeAlias

    # Whether the rule re-includes, whether it is for folders only, and its expression.
    Line: TypeAlias = tuple[bool, bool, Pattern[str]]

_ANY_BUT_SLASH = "[^/]"


class GitIgnore:
    """The lines of one ``.gitignore``, for paths relative to its folder."""

    __slots__ = ("_lines",)

    def __init__(self, text: str) -> None:
        self._lines = [line for line in map(_parse, text.split("\n")) if line is not None]

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
        with open(path, encoding="utf-8-sig", errors="surrogateescape") as stream:
            return GitIgnore(stream.read(1 << 20))
    except OSError:
        return None


def _parse(line: str) -> Line | None:
    if line.startswith("#"):
        return None
    line = line.removesuffix("\r")
    stripped = line.rstrip(" ")
    if stripped.endswith("\\") and len(stripped) < len(line):
        stripped += " "
    negated = stripped.startswith("!")
    pattern = stripped[1:] if negated else stripped
    folder_only = pattern.endswith("/")
    pattern = pattern.removesuffix("/")
    if not pattern:
        return None
    anchored = "/" in pattern
    elements = _elements(pattern.removeprefix("/"))
    if not anchored:
        elements.insert(0, FOLDERS)
    try:
        regex = re.compile(_path_expression(elements), re.DOTALL)
    except re.error:
        return None  # a class that git does not understand matches nothing either
    return negated, folder_only, regex


def _path_expression(elements: list[str]) -> str:
    """A star ends at ``/``, so each part of a path is an expression of its own; a run of parts between two
    ``**/`` takes its first match for good, since the next ``**/`` can take up the rest."""
    runs: list[list[list[str]]] = [[[]]]
    for element in elements:
        if element == FOLDERS:
            runs.append([[]])
        elif element == "/":
            runs[-1].append([])
        else:
            runs[-1][-1].append(element)
    head, *rest = ["/".join(expression(part, _ANY_BUT_SLASH) for part in run) for run in runs]
    rest = [f"(?:.*?/)??{run}" for run in rest]
    return head + "".join(f"(?>{run})" for run in rest[:-1]) + "".join(rest[-1:]) + r"\Z"


def _elements(pattern: str) -> list[str]:
    out: list[str] = []
    rest = pattern
    while rest:
        if rest.startswith("**/") and (not out or out[-1] in ("/", FOLDERS)):
            if not out or out[-1] != FOLDERS:
                out.append(FOLDERS)
            rest = rest[3:]
        elif rest == "**" and (not out or out[-1] in ("/", FOLDERS)):
            out += [FOLDERS, _ANY_BUT_SLASH, STAR]
            rest = ""
        elif rest[0] == "*":
            out.append(STAR)
            rest = rest.lstrip("*")
        elif rest[0] == "?":
            out.append(_ANY_BUT_SLASH)
            rest = rest[1:]
        elif rest[0] == "[" and (end := class_end(rest, 1)) > 0:
            out.append(f"(?!/){character_class(rest[1:end])}")
            rest = rest[end + 1 :]
        elif rest[0] == "\\" and len(rest) > 1:
            out.append(re.escape(rest[1]))
            rest = rest[2:]
        else:
            out.append("/" if rest[0] == "/" else re.escape(rest[0]))
            rest = rest[1:]
    return out
