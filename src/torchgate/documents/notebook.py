"""Jupyter notebooks (nbformat 3 and 4): the code cells are one program, Markdown cells are Markdown."""

from __future__ import annotations

import json

from torchgate.documents.document import Document, Place, Problem, Program
from torchgate.documents.examples import typed
from torchgate.documents.magics import python
from torchgate.documents.markdown import markdown
from torchgate.source import UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from torchgate.documents.document import Parse


def notebook(text: str, parse: Parse) -> Document:
    """The document in a notebook; nothing where its language is not Python. Cells count from 1, all of them.

    Raises:
        UnreadableError: it is no notebook.
    """
    content = _content(text)
    document = Document()
    if not _is_python(content):
        return document
    program = Program(is_example=False)
    for number, kind, lines in _cells(content):
        document.lines[number] = lines
        if kind == "markdown":
            part = markdown(lines, parse, number)
            document.programs += part.programs
            document.prose += part.prose
        elif kind == "code":
            _add(lines, number, program, document, parse)
    document.programs.insert(0, program)
    return document


def _content(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise UnreadableError(f"it is no notebook: {error.msg}", error.lineno, error.colno) from None
    except ValueError:  # Python reads no numbers of so many digits
        raise UnreadableError("it is no notebook: a number in it is too long") from None
    except RecursionError:
        raise UnreadableError("it is no notebook: it is too deeply nested") from None
    if not isinstance(content, dict):
        raise UnreadableError("it is no notebook: there is no object at its top")
    return content


def _is_python(content: dict[str, Any]) -> bool:
    """Whether the notebook says that its language is Python, or says nothing."""
    metadata = content.get("metadata")
    for section, key in (("language_info", "name"), ("kernelspec", "language")):
        inner = metadata.get(section) if isinstance(metadata, dict) else None
        language = inner.get(key) if isinstance(inner, dict) else None
        if isinstance(language, str):
            return language.lower() in ("python", "ipython")
    return True


def _cells(content: dict[str, Any]) -> Iterator[tuple[int, str, list[str]]]:
    """Number, kind and lines of every cell."""
    sheets = content.get("worksheets")
    cells = content.get("cells")
    if cells is None and isinstance(sheets, list):  # nbformat 3
        own = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        cells = [cell for part in own if isinstance(part, list) for cell in part]
    if cells is not None and not isinstance(cells, list):
        raise UnreadableError("it is no notebook: `cells` is no list")
    for number, cell in enumerate(cells or (), 1):
        if isinstance(cell, dict):
            source = cell.get("source", cell.get("input", ""))
            parts = source if isinstance(source, list) else [source]
            joined = "".join(part for part in parts if isinstance(part, str))
            lines = joined.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            yield number, str(cell.get("cell_type")), lines


def _add(lines: Sequence[str], number: int, program: Program, document: Document, parse: Parse) -> None:
    """Go on with a cell, or note why it cannot be read."""
    places: Sequence[Place] = [Place(index, 0, number) for index in range(1, len(lines) + 1)]
    try:
        code = python(lines, parse)
    except UnreadableError as error:
        # IPython takes what was copied from a session, or from within a block, as it is meant.
        lines, places = typed(lines, places)
        try:
            code = python(lines, parse)
        except UnreadableError:
            document.problems.append(Problem(error.reason, error.line, error.column, number))
            return
    if code is not None:
        program.add(code, places)
