"""``full``: every finding with its source line and carets under the place."""

from __future__ import annotations

import unicodedata

from torchgate.report.text import BLUE, RED, RESET, headline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.finding import Finding
    from torchgate.report import Report

TAB = 4
WIDTH = 120


def full(report: Report) -> str:
    """The findings with excerpts, and how to read more."""
    return "".join(f"{with_excerpt(finding, report, report.color)}\n\n" for finding in report.findings)


def with_excerpt(finding: Finding, report: Report, color: bool) -> str:
    """One finding with its excerpt, several lines."""
    head = headline(finding, color)
    line = report.line(finding, finding.span.line)
    help_line = f"= help: torchgate explain {finding.code}"
    if line is None:
        return f"{head}\n  {help_line}"
    number = str(finding.span.line)
    gutter = " " * len(number)
    bar, red, reset = ("|", "", "") if not color else (f"{BLUE}|{RESET}", RED, RESET)
    shown, pad, carets = excerpt(line, *_columns(finding, line))
    rows = [
        head,
        f"{gutter} {bar}",
        f"{number} {bar} {shown}".rstrip(),
        f"{gutter} {bar} {' ' * pad}{red}{'^' * carets}{reset}",
        f"{gutter} {help_line}",
    ]
    return "\n".join(rows)


def _columns(finding: Finding, line: str) -> tuple[int, int]:
    """The marked part of the line, 0-based and half-open; a span over several lines marks to the end."""
    span = finding.span
    start = min(span.column - 1, len(line))
    end = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    return start, max(min(end, len(line)), start)


def excerpt(line: str, start: int, end: int) -> tuple[str, int, int]:
    """The line as a terminal shows it, and the cells before and under the mark ``line[start:end]``."""
    before, marked, after = _cells(line[:start], 0), "", ""
    prefix = "".join(before)
    if len(prefix) > WIDTH // 2:
        keep, dropped = [], 0
        for char in reversed(line[:start]):
            if dropped >= WIDTH // 2 - 3:
                break
            keep.append(char)
            dropped += _width(char)
        prefix = "..." + "".join(_cells("".join(reversed(keep)), 3))
    pad = _display(prefix)
    marked = "".join(_cells(line[start : min(end, start + WIDTH)], pad))
    room = WIDTH - pad
    carets = max(min(_display(marked), room), 1)
    after = "".join(_cells(line[end : end + WIDTH], pad + _display(marked)))
    shown = _clip(prefix + marked + after, WIDTH)
    if shown != prefix + marked + after or end + WIDTH < len(line):
        shown += "..."
    return shown, pad, carets


def _cells(text: str, column: int) -> list[str]:
    """Characters as they are printed: tabs expanded from ``column`` on, controls replaced."""
    cells = []
    for char in text:
        if char == "\t":
            cell = " " * (TAB - column % TAB)
        else:
            cell = char if char.isprintable() or unicodedata.combining(char) else "\N{REPLACEMENT CHARACTER}"
        cells.append(cell)
        column += _display(cell)
    return cells


def _clip(text: str, width: int) -> str:
    used = 0
    for index, char in enumerate(text):
        used += _width(char)
        if used > width:
            return text[:index]
    return text


def _display(text: str) -> int:
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(char: str) -> int:
    if char < "\u0300":
        return 1
    if unicodedata.combining(char) or char in "\u200b\u200d\ufe0e\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
