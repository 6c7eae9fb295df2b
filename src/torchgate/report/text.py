"""``text``: one line a finding, as flake8 and ruff's concise format have it."""

from __future__ import annotations

from torchgate.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.finding import Finding
    from torchgate.report import Report

BOLD, RED, BLUE, RESET = "\x1b[1m", "\x1b[1;31m", "\x1b[1;34m", "\x1b[0m"


def text(report: Report) -> str:
    """``path:line:column: CODE message``."""
    return "".join(f"{headline(finding, report.color)}\n" for finding in report.findings)


def headline(finding: Finding, color: bool) -> str:
    """The one line of a finding."""
    path = printable(finding.path)
    cell = f"cell {finding.cell}:" if finding.cell is not None else ""
    place = f"{cell}{finding.span.line}:{finding.span.column}:"
    message = printable(finding.message)
    if color:
        return f"{BOLD}{path}{RESET}:{place} {RED}{finding.code}{RESET} {message}"
    return f"{path}:{place} {finding.code} {message}"


def printable(value: str) -> str:
    """``value`` with control characters and lone surrogates escaped.

    A file name or a quoted constant must not move the cursor, forge a line or break the encoder.
    """
    if value.isprintable():
        return value
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in value
    )


def encodable(value: str) -> str:
    """``value`` with lone surrogates escaped, which neither UTF-8 nor many a reader of JSON takes: what a
    program looks up (a path) is otherwise left as it is."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def in_file(finding: Finding) -> tuple[Span, str]:
    """Where a format that knows files only points to, and what it says there. Lines count within a notebook's
    cell, so that there is no such place for it: the beginning of the file, and the place in words."""
    message = printable(finding.message)
    if finding.cell is None:
        return finding.span, message
    place = f"cell {finding.cell}, line {finding.span.line}, column {finding.span.column}"
    return Span(1, 1, 1, 1), f"{place}: {message}"
