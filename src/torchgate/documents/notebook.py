"""Jupyter notebooks (nbformat 3 and 4): the code cells are one program, Markdown cells are Markdown."""

from __future__ import annotations

import json

from torchgate.documents.document import Document, Place, Problem, Program
from torchgate.documents.magics import cell_magic, without_magic
from torchgate.documents.markdown import markdown
from torchgate.source import UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from torchgate.documents.document import Parse

# Each magic that is replaced takes another look at the cell.
_MAGICS = 200


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
    code = cell_magic(lines)
    if code is None:
        return
    for _ in range(_MAGICS):
        try:
            parse("".join(f"{line}\n" for line in code))
        except UnreadableError as error:
            mended = without_magic(code, error.line - 1)
            if mended is None:
                document.problems.append(Problem(error.reason, error.line, error.column, number))
                return
            code = mended
        else:
            program.add(code, (Place(index, 0, number) for index in range(1, len(code) + 1)))
            return
    document.problems.append(Problem("it has too many magic commands", 1, 1, number))
