"""Lines around statements: comments and blank lines that outlive the statement they stood at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import libcst as cst

# Comments that speak to a tool about the line they stand on: they mean nothing without it, or something else.
_PRAGMA = re.compile(
    r"#\s*(noqa\b|type:\s*ignore|pyright:|mypy:|pylint:|pragma:|nosec|nopycln|isort:|fmt:|yapf:|ruff:|torchgate:)",
    re.IGNORECASE,
)


def is_blank(line: cst.EmptyLine) -> bool:
    """Whether a line has no comment."""
    return line.comment is None


def own_lines(nodes: Iterable[cst.CSTNode]) -> list[cst.EmptyLine]:
    """The comments in these nodes as lines of their own, but those that speak to a tool about the line."""
    return [
        cst.EmptyLine(comment=comment)
        for node in nodes
        for comment in _comments(node)
        if not _PRAGMA.match(comment.value)
    ]


def _comments(node: cst.CSTNode) -> Iterable[cst.Comment]:
    if isinstance(node, cst.Comment):
        yield node
    for child in node.children:
        yield from _comments(child)


def joined(first: Sequence[cst.EmptyLine], second: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """Lines that come to stand behind each other: of two groups of blank lines the longer one stays."""
    tail = 0
    while tail < len(first) and is_blank(first[-1 - tail]):
        tail += 1
    head = 0
    while head < len(second) and is_blank(second[head]):
        head += 1
    if tail and head:
        return [
            *first[: len(first) - tail],
            *max(first[len(first) - tail :], second[:head], key=len),
            *second[head:],
        ]
    return [*first, *second]


def without_blank_start(lines: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """The lines from the first comment on."""
    start = next((at for at, line in enumerate(lines) if not is_blank(line)), len(lines))
    return list(lines[start:])


def without_blank_end(lines: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """The lines up to the last comment."""
    return without_blank_start(list(lines)[::-1])[::-1]


def with_lines_before(statement: Any, lines: Sequence[cst.EmptyLine]) -> Any:
    """A statement with ``lines`` in front of its own."""
    if not lines:
        return statement
    return statement.with_changes(leading_lines=joined(lines, statement.leading_lines))
