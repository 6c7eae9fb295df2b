"""Notebooks, Markdown and reStructuredText: the programs in them and the prose, each line with its place."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.documents.document import Document, Parse

NOTEBOOK, RESTRUCTURED = ".ipynb", ".rst"
MARKDOWN = (".md", ".markdown")
SUFFIXES = (NOTEBOOK, *MARKDOWN, RESTRUCTURED)


def is_document(path: str) -> bool:
    """Whether a file is read as a document: `README.MD` is one, too, where it is named."""
    return path.endswith(SUFFIXES) or path.lower().endswith(SUFFIXES)


def read(path: str, data: bytes, parse: Parse) -> Document:
    """The document in a file. ``parse`` raises ``UnreadableError`` for what is no Python.

    Raises:
        UnreadableError: it is no UTF-8, or no notebook.
    """
    text, path = text_of(data), path.lower()
    if path.endswith(NOTEBOOK):
        from torchgate.documents.notebook import notebook

        return notebook(text, parse)
    if path.endswith(MARKDOWN):
        from torchgate.documents.markdown import markdown

        return markdown(text.split("\n"), parse)
    from torchgate.documents.restructured import restructured

    return restructured(text.split("\n"), parse)


def text_of(data: bytes) -> str:
    """The text with line feeds alone, as the formats have it.

    Raises:
        UnreadableError: it is no UTF-8.
    """
    from torchgate.source import BOM, UnreadableError

    body = data.removeprefix(BOM)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        before = body[: error.start].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        line = before.count("\n") + 1
        column = len(before) - before.rfind("\n")
        raise UnreadableError(f"byte 0x{body[error.start]:02x} is not valid utf-8", line, column) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
