"""reStructuredText: code directives and doctest blocks are examples, comments nothing, the rest is prose.

Directives of docutils (``code``), of Sphinx (``code-block``, ``testcode``, ``doctest``), and of IPython.
A literal block behind ``::`` says no language, and is none of them.
"""

from __future__ import annotations

import re

from torchgate.documents.blocks import Blocks
from torchgate.documents.examples import LANGUAGES, SKIP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from torchgate.documents.document import Document, Parse

_DIRECTIVE = re.compile(r"([ \t]*)\.\.[ ]+([\w:.-]+?)::(?:[ ]+(.*))?")
_COMMENT = re.compile(r"([ \t]*)\.\.(?:[ ]+(?![_[|]|[\w:.-]+::|__)(.*)|[ ]*)")
_NAMED = frozenset({"code", "code-block", "sourcecode"})
_PYTHON = frozenset({"testcode", "doctest", "ipython", "testsetup", "testcleanup", "prompt"})
_OPTION = re.compile(r"[ \t]*:[\w-]+:")
_DOCTEST = re.compile(r"[ \t]*>>> ")


def restructured(lines: Sequence[str], parse: Parse) -> Document:
    """The document in these lines."""
    blocks = Blocks(parse)
    number = 0
    while number < len(lines):
        line = lines[number]
        directive = _DIRECTIVE.fullmatch(line)
        comment = _COMMENT.fullmatch(line) if directive is None else None
        if directive is not None and directive[2] in _NAMED | _PYTHON:
            number = _code(lines, number, directive, blocks)
        elif comment is not None:
            if (comment[2] or "").strip() == SKIP:
                blocks.skip(SKIP)
                number += 1
            else:
                number = _block_end(lines, number + 1, len(comment[1]))
        elif _DOCTEST.match(line):
            number = _doctest(lines, number, blocks)
        else:
            blocks.prose(number, line)
            number += 1
    document = blocks.finished()
    document.lines[None] = lines
    return document


def _code(lines: Sequence[str], start: int, directive: re.Match[str], blocks: Blocks) -> int:
    """A directive with code; returns the line behind it."""
    end = _block_end(lines, start + 1, len(directive[1]))
    first = start + 1
    while first < end and _OPTION.match(lines[first]):
        first += 1
    content = lines[first:end]
    language = (directive[3] or "").strip().lower()
    if directive[2] in _PYTHON or language in LANGUAGES:
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
    while end < len(lines) and lines[end].strip():
        end += 1
    blocks.example(start, [(line, 0) for line in lines[start:end]])
    return end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
