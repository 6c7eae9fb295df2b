"""reStructuredText: code directives and doctest blocks are examples, comments nothing, the rest is prose.

Directives of docutils (``code``), of Sphinx (``code-block``, ``testcode``, ``doctest``), and of IPython.
A literal block behind ``::`` says no language, and is none of them.
"""

from __future__ import annotations

import re

from torchgate.documents.blocks import Blocks
from torchgate.documents.examples import DIRECTIVES, LANGUAGES, SKIP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from torchgate.documents.document import Document, Parse

# "Explicit markup" of docutils; whatever is none of its other kinds is a comment.
_MARKUP = re.compile(r"([ \t]*)\.\.(?:[ \t]+(.*))?")
_DIRECTIVE = re.compile(r"([\w:.+-]+?)[ ]?::(?:[ \t]+(.*))?")
_OTHER = ("_", "[", "|")
_NAMED = frozenset({"code", "code-block", "sourcecode"})
_OPTION = re.compile(r"[ \t]*:[\w-]+:")
_DOCTEST = re.compile(r"[ \t]*>>> ")


def restructured(lines: Sequence[str], parse: Parse) -> Document:
    """The document in these lines."""
    blocks = Blocks(parse)
    number = 0
    while number < len(lines):
        line = lines[number]
        markup = _MARKUP.fullmatch(line) if ".." in line else None
        text = (markup[2] or "").strip() if markup is not None else ""
        directive = _DIRECTIVE.fullmatch(text) if text else None
        if directive is not None and directive[1].lower() in _NAMED | DIRECTIVES:
            number = _code(lines, number, directive, blocks)
        elif markup is not None and directive is None and not text.startswith(_OTHER):
            number = _comment(lines, number, text, blocks)
        elif ">>> " in line and _DOCTEST.match(line):
            number = _doctest(lines, number, blocks)
        else:
            blocks.prose(number, line)
            number += 1
    document = blocks.finished()
    document.lines[None] = lines
    return document


def _comment(lines: Sequence[str], start: int, text: str, blocks: Blocks) -> int:
    """A comment; returns the line behind it."""
    if text == SKIP:
        blocks.skip(SKIP)
        return start + 1
    if not text and not "".join(lines[start + 1 : start + 2]).strip():
        return start + 1  # two dots alone end what was before, and hold nothing
    return _block_end(lines, start + 1, _indent(lines[start]))


def _code(lines: Sequence[str], start: int, directive: re.Match[str], blocks: Blocks) -> int:
    """A directive with code; returns the line behind it."""
    end = _block_end(lines, start + 1, _indent(lines[start]))
    first = start + 1
    while first < end and _OPTION.match(lines[first]):
        first += 1
    content = lines[first:end]
    language = (directive[2] or "").strip().lower()
    if directive[1].lower() in DIRECTIVES or language in LANGUAGES:
        shift = min((_indent(line) for line in content if line.strip()), default=0)
        blocks.example(first, [(line[shift:], min(shift, len(line))) for line in content])
    else:
        blocks.other()
    return end


def _block_end(lines: Sequence[str], start: int, indent: int) -> int:
    """The first line from ``start`` on that stands no deeper than ``indent``."""
    end = start
    while end < len(lines) and (not lines[end].strip() or _indent(lines[end]) > indent):
        end += 1
    return end


def _doctest(lines: Sequence[str], start: int, blocks: Blocks) -> int:
    end = start
    while end < len(lines) and lines[end].strip() and _indent(lines[end]) >= _indent(lines[start]):
        end += 1
    blocks.example(start, [(line, 0) for line in lines[start:end]])
    return end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
