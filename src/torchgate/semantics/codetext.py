"""A file's text without comments and strings, at the speed of a regular expression.

Offsets and lines stay as they are: what is left out becomes blanks. The contents of f-strings are code and
stay. Where it is not certain what is a string, the answer is None.
"""

from __future__ import annotations

import re
from functools import lru_cache

# A byte of a name: to a pattern of bytes, no letter beyond ASCII is one.
IN_NAME = rb"[\w\x80-\xff]"
# So much is looked at of what stands before a word.
_LONG = 80
_ASCII = "".join(map(chr, range(128)))
# Longer runs of letters beyond ASCII are not worth keeping.
_LONG_RUN = 1000
# Comments and strings, and quotes of strings that do not end. The quantifiers give nothing back, so that no
# text takes more than one pass; each way begins with a letter, which is looked for fast.
_TOKEN = re.compile(
    rb"""(\#[^\n]*+"""
    rb'''|"(?:""(?:[^"\\]++|\\.|"(?!""))*+"""|(?!"")(?:[^"\\\n]++|\\.)*+"|)'''
    rb"""|'(?:''(?:[^'\\]++|\\.|'(?!''))*+'''|(?!'')(?:[^'\\\n]++|\\.)*+'|))""",
    re.DOTALL,
)
# All that is ASCII becomes blanks.
_BLANKED = bytes(byte if byte > 127 else 32 for byte in range(256))
_BLANKS = bytes.maketrans(bytes(byte for byte in range(256) if byte != 10), b" " * 255)
# Before the quotes of an f-string or template string.
_F_PREFIXES = tuple(first + raw for first in (b"f", b"F", b"t", b"T") for raw in (b"", b"r", b"R"))
_BEYOND_ASCII = re.compile(r"[^\0-\x7f]+")
_LONE_CR = re.compile(rb"\r(?!\n)")
# The contents of an f-string that certainly ends where its quotes say. From Python 3.12 on quotes of its own
# kind, comments and further f-strings may stand in a replacement field: what is not plain is not certain.
_PLAIN_F_STRING = re.compile(
    rb"""(?:[^{}\\]++|\\[^{]|\{\{|\}\}|"""
    rb"""\{(?:[^{}'"\#:!\\]++|(?<![fFtT])(?<![fFtT][rR])(?:'[^'\\\n]*+'(?!')|"[^"\\\n]*+"(?!")))*+"""
    rb"""(?:![rsa])?(?::(?:[^{}'"\#\\]++|\{[^{}'"\#\\]*+\})*+)?\})*+""",
    re.DOTALL,
)


def ends_there(token: bytes) -> bool:
    """Whether an f-string, quotes and all, certainly ends with its last quote."""
    quotes = 3 if token[:3] in (b'"""', b"'''") and len(token) >= 6 else 1
    return _PLAIN_F_STRING.fullmatch(token, quotes, len(token) - quotes) is not None


def is_attribute(code: bytes, start: int) -> bool:
    """Whether a dot stands before a word, or may stand before a comment that does."""
    window = code[max(start - _LONG, 0) : start]
    before = window.rstrip(b" \t\f\r\n\\")
    return before.endswith(b".") or not before or (b"\n" in window[len(before) :] and b"#" in before)


def code_only(data: bytes) -> bytes | None:
    """The code of a file with everything else blanked; None where it cannot be told apart for certain."""
    if b"\r" in data and _LONE_CR.search(data):
        return None  # comments end there, and lines
    told = in_turn(data)
    if told is None:
        return None
    parts, formatted = told
    for place in set(range(1, len(parts), 2)).difference(formatted):
        parts[place] = parts[place].translate(_BLANKS)
    return b"".join(parts)


def in_turn(data: bytes) -> tuple[list[bytes], list[int]] | None:
    """Code and what is none, comments and strings, in turn, code first; and the places of f-strings among
    them. None where a string does not end, or may end elsewhere."""
    parts = _TOKEN.split(data)
    tokens = parts[1::2]
    if b'"' in tokens or b"'" in tokens:
        return None
    formatted = [
        place + 1
        for place in range(0, len(parts) - 1, 2)
        if parts[place].endswith(_F_PREFIXES) and parts[place + 1][:1] != b"#"
    ]
    return (parts, formatted) if all(ends_there(parts[place]) for place in formatted) else None


def beyond_ascii(data: bytes) -> frozenset[bytes]:
    """What is not ASCII, between what is."""
    return frozenset(() if data.isascii() else data.translate(_BLANKED).split())


def is_inert(run: bytes) -> bool:
    """Whether characters beyond ASCII mean no others, whatever ASCII characters stand around them."""
    return len(run) < _LONG_RUN and _is_inert(run)


@lru_cache(maxsize=4096)
def _is_inert(run: bytes) -> bool:
    from unicodedata import is_normalized

    try:
        text = run.decode("utf-8")
    except UnicodeDecodeError:
        return False
    first = text[0]
    beside_all = "".join(f"{letter}{first}" for letter in _ASCII) if is_normalized("NFKC", first) else ""
    return is_normal(text) and is_normalized("NFKC", beside_all)


def is_normal(text: str) -> bool:
    """Whether Python takes every name in a text as it is written."""
    from unicodedata import is_normalized

    if is_normalized("NFKC", text):
        return True
    # An ASCII letter stays as it is, and comes together with what stands behind it alone.
    found = _BEYOND_ASCII.finditer(text)
    others = "".join([text[max(match.start() - 1, 0) : match.end()] for match in found])
    odd = [letter for letter in set(others) if not is_normalized("NFKC", letter)]
    if any(f"a{letter}".isidentifier() for letter in odd):
        return False
    # Letters that are normal by themselves may come to others together.
    return is_normalized("NFKC", others.translate(dict.fromkeys(map(ord, odd), " ")))
