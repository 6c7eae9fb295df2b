"""What Markdown and reStructuredText have in common: prose in paragraphs, and examples between them."""

from __future__ import annotations

from torchgate.documents.document import Document, Paragraph, Place
from torchgate.documents.examples import Examples

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from torchgate.documents.document import Parse


class Blocks:
    """Makes a document of lines that are told one by one: prose, a break, or a whole example."""

    def __init__(self, parse: Parse, cell: int | None = None) -> None:
        self.document = Document()
        self._examples = Examples(parse)
        self._cell = cell
        self._lines: list[tuple[int, str, int]] = []
        self._before = ""

    def prose(self, number: int, line: str, shift: int = 0) -> None:
        """A line of prose, with its number (0-based) and how many characters stand before it; a blank one
        ends the paragraph."""
        if line.strip():
            self._lines.append((number, line, shift))
        else:
            self.close()

    def close(self) -> None:
        """The paragraph ends."""
        if not self._lines:
            return
        places = [Place(number + 1, shift, self._cell) for number, _, shift in self._lines]
        paragraph = Paragraph([line for _, line, _ in self._lines], places)
        self.document.prose.append(paragraph)
        self._before = paragraph.text
        self._lines = []

    def skip(self, mark: str) -> None:
        """A comment that speaks of the next example."""
        self.close()
        self._before = mark

    def example(self, first: int, lines: Sequence[tuple[str, int]]) -> None:
        """An example whose first line has the number ``first`` (0-based): its lines, each with the number of
        characters that stand before it."""
        self.close()
        places = [Place(first + index + 1, shift, self._cell) for index, (_, shift) in enumerate(lines)]
        self._examples.add([line for line, _ in lines], places, self._before)
        self._before = ""

    def other(self) -> None:
        """Something that is neither: the prose before it says nothing about an example behind it."""
        self.close()
        self._before = ""

    def finished(self) -> Document:
        """The document."""
        self.close()
        if self._examples.program.lines:
            self.document.programs.append(self._examples.program)
        return self.document
