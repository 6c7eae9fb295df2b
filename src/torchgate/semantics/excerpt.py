"""Some import statements of a file, with the headers of the blocks around them, as a text of its own: what it
says of them is what the whole file does.

Lines and columns stay as they are. Where the file is not written plainly, the answer is None. It is right for
what is Python.
"""

from __future__ import annotations

import re

from torchgate.semantics.codetext import IN_NAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_IMPORT = re.compile(rb"import(?!%b)(?<!%bimport)" % (IN_NAME, IN_NAME))
# A statement of its own: no line of an expression begins so.
_STATEMENT = re.compile(rb"( *)(?:from +[\w.]+ +)?import +(?:[\w., ]+|\([\w., \n]*\)) *$", re.MULTILINE)
_HEADER = re.compile(rb" *(?:(?:async +)?(?:def|with) |class |if |try(?= *:)).*: *\Z", re.DOTALL)
_SEVERAL_LINES = re.compile(rb" *(?:(?:async +)?def|class) ")
# A test that is made of calls is for nobody in particular, whatever they give.
_CALL = rb"(?:not +)?[\w.]+\([^()]*\)"
_CALLS = re.compile(rb" *if +%b(?: +(?:and|or) +%b)* *: *\Z" % (_CALL, _CALL))
_WORDS = re.compile(rb"\w+")
_TRY = re.compile(rb"( *)try *: *\Z")
_OPENING, _CLOSING = (b"(", b"[", b"{"), (b")", b"]", b"}")
_ODD = (b"\t", b"\f", b"\r", b'"""', b"'''")


def excerpt(data: bytes, code: bytes, words: Iterable[bytes]) -> bytes | None:
    """The import statements that have one of ``words``, and the headers around them; ``code`` is ``data``
    without comments and strings (``codetext.code_only``)."""
    if any(map(code.__contains__, _ODD)):
        return None  # a line of an f-string may look like a statement
    wanted = frozenset(words)
    kept: set[int] = set()
    lines: list[bytes] | None = None
    for match in _IMPORT.finditer(code):
        start = code.rfind(b"\n", 0, match.start()) + 1
        statement = _STATEMENT.match(code, start)
        if statement is None or statement.end() < match.end() or code[start - 2 : start] == b"\\\n":
            return None
        if wanted.isdisjoint(_WORDS.findall(statement[0])):
            continue
        first = code.count(b"\n", 0, start)
        kept.update(range(first, first + statement[0].count(b"\n") + 1))
        if statement[1]:
            lines = lines if lines is not None else code.split(b"\n")
            if not _keep_headers(lines, first, len(statement[1]), kept):
                return None
    whole = data.split(b"\n")
    found = [b""] * len(whole)
    for number in kept:
        found[number] = _TRY.sub(rb"\1if 1:", whole[number])  # the handlers are left out
    return b"\n".join(found)


def _keep_headers(lines: list[bytes], line: int, indent: int, kept: set[int]) -> bool:
    """Note the headers of the blocks around a line of that indent; False where they are not plain."""
    last = line
    while indent:
        last -= 1
        if last < 0:
            return False
        text = lines[last]
        own = len(text) - len(text.lstrip(b" "))
        if own >= indent or own == len(text):
            continue
        first = _first_line(lines, last, own) if text[own : own + 1] in (b")", b"]") else last
        if first is None or not _is_header(b"\n".join(lines[first : last + 1])):
            return False
        if first and lines[first - 1].endswith(b"\\"):
            return False
        kept.update(range(first, last + 1))
        last, indent = first, own
    return True


def _first_line(lines: list[bytes], last: int, indent: int) -> int | None:
    """The line in which the header of a definition begins that ends in a line of the same indent."""
    for first in range(last - 1, -1, -1):
        text = lines[first]
        own = len(text) - len(text.lstrip(b" "))
        if own > indent or own == len(text):
            continue
        if own < indent or not _SEVERAL_LINES.match(text):
            return None
        depth = 0
        for line in lines[first:last]:
            depth += _depth(line)
            if depth <= 0:
                return None  # it ends there
        return first
    return None


def _is_header(text: bytes) -> bool:
    """Whether a text, which begins a line, is all of the header of a block that is for everybody."""
    if not _HEADER.match(text) or _depth(text):
        return False
    return not text.lstrip().startswith(b"if ") or _CALLS.match(text) is not None


def _depth(text: bytes) -> int:
    """How many brackets stay open."""
    return sum(map(text.count, _OPENING)) - sum(map(text.count, _CLOSING))
