"""What a document holds: programs made of lines that stand somewhere else, and prose."""

from __future__ import annotations

import re

from torchgate.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeAlias

    Parse: TypeAlias = Callable[[str], object]


class Place:
    """Where a line of a program stands: its line in the document, or in a notebook's ``cell`` (both
    1-based), and by how much its columns are shifted there."""

    __slots__ = ("cell", "line", "shift")

    def __init__(self, line: int, shift: int = 0, cell: int | None = None) -> None:
        self.line = line
        self.shift = shift
        self.cell = cell


class Program:
    """Python code of a document, as one text. ``is_example``: it shows something, and is not what runs."""

    __slots__ = ("is_example", "lines", "places")

    def __init__(self, *, is_example: bool) -> None:
        self.is_example = is_example
        self.lines: list[str] = []
        self.places: list[Place] = []

    def add(self, lines: Iterable[str], places: Iterable[Place]) -> None:
        """Go on with these lines."""
        self.lines += lines
        self.places += places

    @property
    def text(self) -> str:
        """The whole code; each line ends."""
        return "".join(f"{line}\n" for line in self.lines)

    def span(self, span: Span) -> tuple[Span, int | None]:
        """A place in the code as a place in the document, and the cell. What reaches into another block ends
        with the line on which it begins."""
        start = self.places[min(span.line, len(self.places)) - 1]
        end = self.places[min(span.end_line, len(self.places)) - 1]
        column = span.column + start.shift
        if end.cell != start.cell or end.line < start.line:
            return Span(start.line, column, start.line, column), start.cell
        return Span(start.line, column, end.line, span.end_column + end.shift), start.cell


class Paragraph:
    """Prose: some lines of text and where each begins."""

    __slots__ = ("lines", "places")

    def __init__(self, lines: Sequence[str], places: Sequence[Place]) -> None:
        self.lines = lines
        self.places = places

    @property
    def text(self) -> str:
        """The lines, joined."""
        return "\n".join(self.lines)

    def span(self, start: int, end: int) -> tuple[Span, int | None]:
        """The place in the document of ``text[start:end]``, and the cell."""
        first, column = self._at(start)
        last, end_column = self._at(end)
        return Span(first.line, column, last.line, end_column), first.cell

    def _at(self, offset: int) -> tuple[Place, int]:
        for line, place in zip(self.lines, self.places, strict=True):
            if offset <= len(line):
                return place, offset + 1 + place.shift
            offset -= len(line) + 1
        raise AssertionError("an offset behind the text")


class Problem:
    """A part of a document that cannot be read: the reason and the place."""

    __slots__ = ("cell", "column", "line", "reason")

    def __init__(self, reason: str, line: int, column: int, cell: int | None) -> None:
        self.reason = reason
        self.line = line
        self.column = column
        self.cell = cell


class Document:
    """Everything in one document. ``lines`` are its lines, by cell (None outside notebooks)."""

    __slots__ = ("lines", "problems", "programs", "prose")

    def __init__(self) -> None:
        self.lines: dict[int | None, Sequence[str]] = {}
        self.programs: list[Program] = []
        self.prose: list[Paragraph] = []
        self.problems: list[Problem] = []


# What says that an example shows the wrong way.
# "Observers don't need sync" and "we don't know the formula" mark nothing.
_WRONG = re.compile(
    r"❌|\b(?:wrong|incorrect|bad)\b"
    r"|(?:^|[^\w\s]\s*|\b(?:and|but|just|or|please|so|then|you)\s+)don['’]t\b"
    r"|\bdon['’]t\s+(?:copy|do|recommend|use|work|write)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?]['\")*_`]*\s+(?=\S)")


def is_wrong_way(code: Sequence[str], before: str) -> bool:
    """Whether the first line of an example, or the sentence before it, marks it as the wrong way."""
    first = next((line for line in code if line.strip()), "")
    sentence = _SENTENCE_END.split(before.strip())[-1]
    return _WRONG.search(first) is not None or _WRONG.search(sentence) is not None
