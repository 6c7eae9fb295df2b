"""The examples of a document that are Python, as one program: as somebody types them in turn."""

from __future__ import annotations

import re

from torchgate.documents.document import Place, Program, is_wrong_way
from torchgate.documents.magics import python
from torchgate.source import UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from torchgate.documents.document import Parse

LANGUAGES = frozenset(
    (
        "ipython",
        "ipython3",
        "py",
        "py3",
        "pycon",
        "pycon3",
        "python",
        "python-console",
        "python-repl",
        "python3",
    )
)
# Directives of Sphinx and MyST whose content is Python without a word about it.
DIRECTIVES = frozenset(
    ("doctest", "ipython", "jupyter-execute", "prompt", "testcleanup", "testcode", "testsetup")
)
SKIP = "torchgate: skip"
_PROMPT = re.compile(r"[ \t]*(?:>>>|\.\.\.)(?: |$)")
_NUMBERED = re.compile(r"[ \t]*(?:In \[\d+\]:|\.\.\.+:)(?: |$)")


class Examples:
    """Collects the examples of one document."""

    def __init__(self, parse: Parse) -> None:
        self.program = Program(is_example=True)
        self._parse = parse

    def add(self, code: Sequence[str], places: Sequence[Place], before: str) -> None:
        """Go on with an example behind the prose ``before``; not with one that shows the wrong way, or that
        is no Python by itself: examples leave things out."""
        if SKIP in before or is_wrong_way(code, before):
            return
        lines, own = typed(code, places)
        try:
            mended = python(lines, self._parse)
        except UnreadableError:
            return
        if mended is not None:
            self.program.add(mended, own)


def typed(code: Sequence[str], places: Sequence[Place]) -> tuple[list[str], list[Place]]:
    """The lines behind the prompts of a session, without what it printed. Where there are no prompts, all,
    without the blanks with which each of them begins."""
    pattern = _PROMPT if any(line.lstrip().startswith(">>>") for line in code) else _NUMBERED
    if not any(map(pattern.match, code)):
        return _dedented(code, places)
    lines: list[str] = []
    kept: list[Place] = []
    for line, place in zip(code, places, strict=True):
        match = pattern.match(line)
        if match is not None:
            lines.append(line[match.end() :])
            kept.append(Place(place.line, place.shift + match.end(), place.cell))
    return lines, kept


def _dedented(code: Sequence[str], places: Sequence[Place]) -> tuple[list[str], list[Place]]:
    """The lines without the blanks that all of them begin with."""
    indents = [len(line) - len(line.lstrip(" \t")) for line in code if line.strip()]
    least = min(indents, default=0)
    if not least:
        return list(code), list(places)
    cut = [min(least, len(line)) for line in code]
    shifted = [Place(place.line, place.shift + by, place.cell) for place, by in zip(places, cut, strict=True)]
    return [line[by:] for line, by in zip(code, cut, strict=True)], shifted
