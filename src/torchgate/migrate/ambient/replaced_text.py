"""What the text of a file tells about names that something else is put in place of."""

from __future__ import annotations

import re

# A name in a string that puts something in its place, or in a namespace.
PATCH = (
    rb"""(?:patch(?:\.\w+)*|setattr)\([^)]{0,200}?['"](?:[\w.]*\.)?%b['"]"""
    rb"""|(?:globals\(\)|__dict__)\[['"]%b['"]\]"""
)
_PATCHING = (b"patch", b"setattr", b"globals()", b"__dict__")


def line_of(data: bytes, pattern: re.Pattern[bytes]) -> int:
    """The line of a text's first match; 0 if there is none."""
    found = pattern.search(data)
    return data.count(b"\n", 0, found.start()) + 1 if found is not None else 0


def patch_line(data: bytes, pattern: re.Pattern[bytes]) -> int:
    """The line of the first match of a ``PATCH``. Most texts hold no word of one, told much faster."""
    return line_of(data, pattern) if any(word in data for word in _PATCHING) else 0
