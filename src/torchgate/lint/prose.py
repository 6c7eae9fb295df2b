"""The prose of a Python file: comments, joined over adjacent lines, and docstrings, with their places."""

from __future__ import annotations

import _ast as ast

from torchgate.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from tokenize import TokenInfo

    from torchgate.semantics.module import Module


class Prose:
    """A stretch of text and where its lines stand: ``places`` has, for each, the offset, line and column."""

    __slots__ = ("places", "text")

    def __init__(self, text: str, places: list[tuple[int, int, int]]) -> None:
        self.text = text
        self.places = places

    def span(self, start: int, end: int) -> Span:
        """The place in the file of ``text[start:end]``."""
        return Span(*self._place(start), *self._place(end))

    def _place(self, offset: int) -> tuple[int, int]:
        begin, line, column = next(place for place in reversed(self.places) if place[0] <= offset)
        return line, column + offset - begin


def prose(module: Module) -> Iterator[Prose]:
    """Comments and docstrings in the order of the file. Bare string statements count as docstrings."""
    starts = set()
    for node in module.within(module.tree):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            span = module.source.span(node)
            starts.add((span.line, span.column - 1))
    block: list[TokenInfo] = []
    for token in _tokens(module):
        if token.string.startswith("#"):
            if block and not _continues(block[-1], token):
                yield _comments(block)
                block = []
            block.append(token)
        elif token.start in starts:
            if block:
                yield _comments(block)
                block = []
            yield _docstring(token)
    if block:
        yield _comments(block)


def _tokens(module: Module) -> Iterator[TokenInfo]:
    import tokenize

    lines = iter(module.source.lines)
    try:
        for token in tokenize.generate_tokens(lambda: next(_ended(lines), "")):
            if token.type in (tokenize.COMMENT, tokenize.STRING):
                yield token
    except (tokenize.TokenError, SyntaxError):
        return  # the parser read the file, so what tokenize stumbles over stands at its very end


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line + "\n"


def _continues(last: TokenInfo, token: TokenInfo) -> bool:
    """Whether a comment goes on from the line above: both alone on their lines, at the same column."""
    return (
        token.start[0] == last.start[0] + 1
        and token.start[1] == last.start[1]
        and not token.line[: token.start[1]].strip()
        and not last.line[: last.start[1]].strip()
    )


def _comments(block: list[TokenInfo]) -> Prose:
    parts: list[str] = []
    places: list[tuple[int, int, int]] = []
    offset = 0
    for token in block:
        body = token.string.lstrip("#!:")
        hashes = len(token.string) - len(body)
        places.append((offset, token.start[0], token.start[1] + hashes + 1))
        parts.append(body)
        offset += len(body) + 1
    return Prose("\n".join(parts), places)


def _docstring(token: TokenInfo) -> Prose:
    opening = len(token.string) - len(token.string.lstrip("rRuUbB"))
    quotes = 3 if token.string[opening : opening + 3] in ('"""', "'''") else 1
    opening += quotes
    text = token.string[opening:-quotes]
    places = [(0, token.start[0], token.start[1] + opening + 1)]
    for index, character in enumerate(text):
        if character == "\n":
            places.append((index + 1, places[-1][1] + 1, 1))
    return Prose(text, places)
