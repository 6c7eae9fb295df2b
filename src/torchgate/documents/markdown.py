"""Markdown: fenced blocks (CommonMark 0.31, section 4.5) and doctests are examples, the rest is prose.

Fences count in lists and quotations as well, and the words behind them as the usual renderers read them:
``python title="x"``, ``{.python .numberLines}``, ``{code-cell} ipython3`` (MyST), ``{python}`` (Quarto).
"""

from __future__ import annotations

import re

from torchgate.documents.blocks import Blocks
from torchgate.documents.examples import DIRECTIVES, LANGUAGES, SKIP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from torchgate.documents.document import Document, Parse

_FENCE = re.compile(r"((?:[ \t]|>|(?:[-*+]|\d{1,9}[.)])[ \t])*)(`{3,}(?=[^`]*$)|~{3,})(.*)")
_PROMPT = ">>> "
_BLANK, _LEADING = " \t", " \t>"
_TAB = 4
_DIRECTIVES = frozenset({"code-cell", "code-block", "code", "sourcecode"})
# Directives of MyST that hold Markdown, and how deep they are looked for in each other.
_CONTAINERS = frozenset(
    """
    admonition attention card caution danger dropdown deprecated details error exercise grid
    grid-item grid-item-card hint important margin note seealso sidebar solution tab-item
    tab-set tip topic versionadded versionchanged warning
    """.split()  # noqa: SIM905 (the list literal takes a line each)
)
_DEEPEST = 16
# The marker of a list item, and how many lines above a fence it is looked for.
_MARKER = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+")
_FAR = 500
_OPTION = re.compile(r":[\w-]+:|---")


def markdown(lines: Sequence[str], parse: Parse, cell: int | None = None) -> Document:
    """The document in these lines, which are those of a notebook's ``cell`` if one is given."""
    blocks = Blocks(parse, cell)
    written, lines = lines, list(lines)
    around: list[tuple[int, int]] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        while around and around[-1][0] <= number:
            around.pop()
        fence = _FENCE.fullmatch(line) if "```" in line or "~~~" in line else None
        if fence is not None:
            number = _fenced(lines, number, fence, blocks, around)
        elif "<!--" in line and line.lstrip(_LEADING).startswith("<!--"):
            number = _comment(lines, number, blocks)
        elif _PROMPT in line and _is_prompt(line):
            number = _doctest(lines, number, blocks)
        else:
            _prose(line, number, blocks)
            number += 1
    document = blocks.finished()
    document.lines[cell] = written
    return document


def _fenced(
    lines: list[str], start: int, fence: re.Match[str], blocks: Blocks, around: list[tuple[int, int]]
) -> int:
    """A fenced block; returns the line behind it, or the first in it where it holds Markdown: then its last
    line is made blank. ``around`` are the blocks of that kind around it, the end and the width of each."""
    content, end = _content(lines, start, fence)
    if is_python(fence[3]):
        first = 0
        while fence[3].strip().startswith("{") and first < len(content) and _OPTION.match(content[first][0]):
            first += 1
        blocks.example(start + 1 + first, content[first:])
        return end + 1
    blocks.other()
    width = len(fence[2])
    if (
        not _holds_markdown(fence[3])
        or end >= len(lines)
        or not lines[end].strip(_LEADING).startswith(fence[2])
    ):
        return end + 1
    if len(around) == _DEEPEST or (around and width >= around[-1][1]):
        return end + 1
    around.append((end, width))
    lines[end] = ""
    return start + 1


def _content(lines: Sequence[str], start: int, fence: re.Match[str]) -> tuple[list[tuple[str, int]], int]:
    """The lines of a fenced block, each with the number of characters that stand before it, and its last
    line; one that is not closed goes to the end of what it stands in."""
    lead, mark = fence[1], fence[2]
    closing = re.compile(rf"[ \t]*{re.escape(mark[0])}{{{len(mark)},}}[ \t]*")
    place = (lead.count(">"), len(lead.rstrip(_LEADING).expandtabs(_TAB)), len(lead.expandtabs(_TAB)))
    item = _item(lines, start, *place)
    content: list[tuple[str, int]] = []
    end, left = start + 1, 0
    while end < len(lines):
        inner = _unquoted(lines[end], *place)
        if closing.fullmatch(lines[end] if inner is None and ">" not in lead else (inner or ("", 0))[0]):
            return content, end
        if inner is None:  # the list or the quotation ends, and the block with it
            end -= 1
            break
        if item and not left and _indent(lines[end], place[0]) < item:
            left = end
        if left and (another := _FENCE.fullmatch(lines[end])) is not None and another[3].strip():
            break  # what closes that one does not close this one
        content.append(inner)
        end += 1
    if left:  # nothing closes it: it ends with its list item
        return content[: left - start - 1], left - 1
    return content, end


def _item(lines: Sequence[str], start: int, marks: int, least: int, width: int) -> int:
    """Where the text of the list item begins in which a fence stands on a line of its own, in columns from
    the left or the last quotation mark; 0 where it stands in none."""
    indent = _indent(lines[start], marks)
    if not indent or least:
        return 0
    for number in range(start - 1, max(start - _FAR, -1), -1):
        found = _unquoted(lines[number], marks, 0, 0)
        if found is None:
            return 0
        line = found[0]
        if line.strip() and _indent(line, 0) < indent:
            marker = _MARKER.match(line)
            begins = len(marker[0].expandtabs(_TAB)) if marker is not None else 0
            return begins if begins <= indent else 0
    return 0


def _indent(line: str, marks: int) -> int:
    """How far right a line begins, behind so many quotation marks; far enough where it is blank."""
    line = (_unquoted(line, marks, 0, 0) or ("", 0))[0]
    text = line.lstrip(_BLANK)
    return len(line[: len(line) - len(text)].expandtabs(_TAB)) if text else len(line) + _FAR


def _holds_markdown(info: str) -> bool:
    """Whether a block is a directive of MyST whose text is Markdown."""
    name, closed, _ = info.strip().lower().removeprefix("{").partition("}")
    return bool(closed) and info.strip().startswith("{") and name in _CONTAINERS


def is_python(info: str) -> bool:
    """Whether the words behind a fence say that it is Python."""
    text = info.strip().lower().replace(",", " ")
    if text.startswith("{"):
        text = f"{{{text[1:].lstrip()}"
    word, *rest = text.split() or [""]
    if word.startswith("{"):
        name = word.strip("{}").removeprefix(".")
        if name in _DIRECTIVES:
            return bool(rest) and rest[0] in LANGUAGES
        return name in LANGUAGES or name in DIRECTIVES
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
