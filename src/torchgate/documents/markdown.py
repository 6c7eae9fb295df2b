"""Markdown: fenced blocks (CommonMark 0.31, section 4.5) and doctests are examples, the rest is prose.

Fences count in lists and quotations as well, and the words behind them as the usual renderers read them:
``python title="x"``, ``{.python .numberLines}``, ``{code-cell} ipython3`` (MyST), ``{python}`` (Quarto).
"""

from __future__ import annotations

import re

from torchgate.documents.blocks import Blocks
from torchgate.documents.examples import LANGUAGES, SKIP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from torchgate.documents.document import Document, Parse

_FENCE = re.compile(r"((?:[ \t]|>|(?:[-*+]|\d{1,9}[.)])[ \t])*)(`{3,}(?=[^`]*$)|~{3,})(.*)")
_PROMPT = ">>> "
_BLANK, _LEADING = " \t", " \t>"
_TAB = 4
_DIRECTIVES = frozenset({"code-cell", "code-block", "code", "sourcecode"})
_OPTION = re.compile(r":[\w-]+:|---")


def markdown(lines: Sequence[str], parse: Parse, cell: int | None = None) -> Document:
    """The document in these lines, which are those of a notebook's ``cell`` if one is given."""
    blocks = Blocks(parse, cell)
    number = 0
    while number < len(lines):
        line = lines[number]
        fence = _FENCE.fullmatch(line) if "```" in line or "~~~" in line else None
        if fence is not None:
            number = _fenced(lines, number, fence, blocks)
        elif "<!--" in line and line.lstrip(_LEADING).startswith("<!--"):
            number = _comment(lines, number, blocks)
        elif _PROMPT in line and _is_prompt(line):
            number = _doctest(lines, number, blocks)
        else:
            _prose(line, number, blocks)
            number += 1
    document = blocks.finished()
    document.lines[cell] = lines
    return document


def _fenced(lines: Sequence[str], start: int, fence: re.Match[str], blocks: Blocks) -> int:
    """A fenced block; returns the line behind it. One that is not closed goes to the end."""
    lead, mark = fence[1], fence[2]
    closing = re.compile(rf"[ \t]*{re.escape(mark[0])}{{{len(mark)},}}[ \t]*")
    around = (lead.count(">"), len(lead.rstrip(_LEADING).expandtabs(_TAB)), len(lead.expandtabs(_TAB)))
    content: list[tuple[str, int]] = []
    end = start + 1
    while end < len(lines):
        inner = _unquoted(lines[end], *around)
        if closing.fullmatch(lines[end] if inner is None and ">" not in lead else (inner or ("", 0))[0]):
            break
        if inner is None:  # the list or the quotation ends, and the block with it
            end -= 1
            break
        content.append(inner)
        end += 1
    if is_python(fence[3]):
        first = 0
        while fence[3].strip().startswith("{") and first < len(content) and _OPTION.match(content[first][0]):
            first += 1
        blocks.example(start + 1 + first, content[first:])
    else:
        blocks.other()
    return end + 1


def is_python(info: str) -> bool:
    """Whether the words behind a fence say that it is Python."""
    word, *rest = info.strip().lower().replace(",", " ").split() or [""]
    if word.startswith("{"):
        name = word.strip("{}").removeprefix(".")
        if name in _DIRECTIVES:
            return bool(rest) and rest[0] in LANGUAGES
        return name in LANGUAGES
    return word in LANGUAGES


def _unquoted(line: str, marks: int, least: int, width: int) -> tuple[str, int] | None:
    """A line of a block without what stands before it, and how many characters these are; None where it is
    part of another: it stands in fewer quotations (``marks``), or further left than its list (``least``)."""
    count = column = 0
    while count < len(line) and (marks or column < width) and line[count] in (_LEADING if marks else _BLANK):
        marks -= line[count] == ">"
        column += _TAB - column % _TAB if line[count] == "\t" else 1
        count += 1
    if marks or (column < least and line[count:].strip()):
        return None
    return line[count:], count


def _prose(line: str, number: int, blocks: Blocks, shift: int = 0) -> None:
    """A line of prose without the comments in it. Each row of a table is a paragraph."""
    is_row = "|" in line and line.lstrip(_LEADING).startswith("|")
    if is_row:
        blocks.close()
    blocks.prose(number, _uncommented(line) if "<!--" in line else line, shift)
    if is_row:
        blocks.close()


def _uncommented(line: str) -> str:
    """A line with blanks where comments begin and end in it."""
    parts: list[str] = []
    done = 0
    while (start := line.find("<!--", done)) >= 0 and (end := line.find("-->", start)) >= 0:
        parts += (line[done:start], " " * (end + len("-->") - start))
        done = end + len("-->")
    return "".join([*parts, line[done:]])


def _comment(lines: Sequence[str], start: int, blocks: Blocks) -> int:
    end = start
    while end < len(lines) - 1 and "-->" not in lines[end]:
        end += 1
    if SKIP in " ".join(" ".join(lines[start : end + 1]).split()):
        blocks.skip(SKIP)
    _, mark, rest = lines[end].partition("-->")
    if mark and rest.strip():
        blocks.close()
        _prose(rest, end, blocks, len(lines[end]) - len(rest))
    return end + 1


def _is_prompt(line: str) -> bool:
    """Whether something is typed behind a prompt, in a quotation or not."""
    rest = line.lstrip(_LEADING)
    return bool(rest) and _PROMPT in line[: len(line) - len(rest)]


def _doctest(lines: Sequence[str], start: int, blocks: Blocks) -> int:
    end = start
    while end < len(lines) and lines[end].strip(_LEADING):
        end += 1
    blocks.example(start, [(line, 0) for line in lines[start:end]])
    return end
