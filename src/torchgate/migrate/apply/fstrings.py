"""F-strings, within which Python before 3.12 allows neither quotes nor knows every place."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterable

from torchgate.migrate.changes import AddArgument, AddKeyword, Change, ReplaceExpression
from torchgate.source import Source, Span

_QUOTES = frozenset("'\"\\#\n")
_NESTS = sys.version_info >= (3, 12)


def spans(source: Source) -> list[Span]:
    """Where the file's f-strings stand."""
    if not any(
        quote in source.text for quote in ("f'", 'f"', "F'", 'F"', "fr", "rf", "FR", "RF", "Rf", "rF")
    ):
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nodes = ast.walk(ast.parse(source.text))
    return [source.span(node) for node in nodes if isinstance(node, ast.JoinedStr)]


def inside(change: Change, strings: Iterable[Span]) -> bool:
    """Whether a change is about code within an f-string."""
    place = change.place
    return any(
        (span.line, span.column) < (place.line, place.column)
        and (place.end_line, place.end_column) < (span.end_line, span.end_column)
        for span in strings
    )


def unfit(change: Change, strings: Iterable[Span]) -> bool:
    """Whether a change would put into an f-string what the running Python does not read there."""
    match change:
        case AddKeyword(value=text) | AddArgument(value=text) | ReplaceExpression(text=text):
            return not _NESTS and not _QUOTES.isdisjoint(text) and inside(change, strings)
    return False
