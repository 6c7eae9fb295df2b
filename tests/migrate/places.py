"""Finds the places of changes in test programs."""

from __future__ import annotations

import ast
from typing import Any

from torchgate.migrate.apply import apply
from torchgate.migrate.changes import Change, Place
from torchgate.migrate.merge import merged
from torchgate.migrate.verify.trees import problem_of
from torchgate.source import Source

PATH = "/project/file.py"


class Program:
    """A test program, and the places in it."""

    def __init__(self, text: str | bytes) -> None:
        data = text.encode() if isinstance(text, str) else text
        self.source = Source(PATH, data)
        self.tree = ast.parse(self.source.text)

    def place(self, node: ast.AST) -> Place:
        return Place.of(PATH, self.source.span(node))

    def find(self, kind: type[Any] | tuple[type[Any], ...], nth: int = 0) -> Place:
        """The nth node of a class, in the order of the text."""
        found = [node for node in ast.walk(self.tree) if isinstance(node, kind)]
        found.sort(key=lambda node: (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset))
        return self.place(found[nth])

    def line(self, number: int) -> Place:
        """The statement that begins on a line."""
        (found,) = [
            node for node in ast.walk(self.tree) if isinstance(node, ast.stmt) and node.lineno == number
        ][:1]
        return self.place(found)

    def change(self, *changes: Change) -> bytes:
        """The text with the changes, after both ways agreed on it."""
        wanted = merged(changes)
        result = apply(self.source, wanted)
        assert problem_of(self.source, result, wanted) is None, result.decode(self.source.encoding)
        return result
