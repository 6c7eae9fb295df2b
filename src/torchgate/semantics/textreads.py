"""Attributes and names that are read by a text (``getattr(os, "envi" + "ron")``), looked for in bytes.

A text that is put together need not be in the file as a whole; one that stands there alone is found there.
"""

from __future__ import annotations

import re

# Attributes by a name that no attribute of the text has. First what is not plainly `getattr(..., "name")`.
_TEXT = rb"""[^()\[\]{}"'#\\]|"[^"\\()\[\]\n]*+"|'[^'\\()\[\]\n]*+'"""
_INNER = rb"(?:%s|\((?:%s)*+\)|\[(?:%s)*+\])*+" % (_TEXT, _TEXT, _TEXT)
_OWNER = rb"""(?:[^()\[\]{},"'#\\]|\(%s\)|\[%s\])++""" % (_INNER, _INNER)
_GETATTR = re.compile(rb"getattr(?!\w)(?!\s*\(" + _OWNER + rb""",\s*["']\w+["']\s*[,)])""")
# Of whose attribute; nothing where that, or the name, is put together on the spot (`self` is no module).
_GETATTR_OF = re.compile(
    rb"""getattr\s*\(\s*(\w+)(?!\w)[\w.]*\s*,(?:(?<=self,)|(?<=cls,)|(?!\s*[rRuUbB]{0,2}["']))"""
)
_ALL_OF = re.compile(rb"(?:vars\s*\(\s*(\w+)[\w.]*\s*\)|(?<![\w.])(\w+)[\w.]*\.__(?:dict|getattribute)__)")
_ALL_WORDS = (b"vars", b"__dict__", b"__getattribute__")
_OF_OTHERS = re.compile(rb"(?<!\w)vars\s*\(|(?<!self)(?<!cls)\s*\.\s*__(?:dict|getattribute)__")
_OF_SELF = re.compile(rb"getattr\s*\(\s*(?:self|cls)\s*,")
_GLOBALS = re.compile(rb"""(?<!\w)globals(?!\w)(?!\(\)\[["']__\w+__["']\])""")


def uses_globals(data: bytes) -> bool:
    """Whether names of the module may be read by ``globals()``."""
    return b"globals" in data and _GLOBALS.search(data) is not None


def has_text_reads(data: bytes) -> bool:
    """Whether attributes or names may be read by a text, even a plain one."""
    return b"getattr" in data or any(word in data for word in _ALL_WORDS) or uses_globals(data)


def is_computing(data: bytes) -> bool:
    """Whether attributes or names may be read by a text, other than in ``getattr(a.b, "c")``."""
    return (
        any(word in data for word in _ALL_WORDS)
        or (b"getattr" in data and _GETATTR.search(data) is not None)
        or uses_globals(data)
    )


def reads_by_text(data: bytes) -> bool:
    """Whether attributes of anything but ``self`` may be read by a text that is put together somewhere."""
    if any(word in data for word in _ALL_WORDS) and _OF_OTHERS.search(data):
        return True
    found = _GETATTR.finditer(data) if b"getattr" in data else ()
    return any(_OF_SELF.match(data, match.start()) is None for match in found)


def is_text(name: str, data: bytes) -> bool:
    """Whether a text that is nothing but a name is in a file."""
    word = name.encode()
    return word in data and (b'"%s"' % word in data or b"'%s'" % word in data)


def computes_of(names: set[bytes], data: bytes) -> bool:
    """Whether something of any of some names is read by a text."""
    if any(word in data for word in _ALL_WORDS) and any(
        (match[1] or match[2]) in names for match in _ALL_OF.finditer(data)
    ):
        return True
    for match in _GETATTR.finditer(data) if b"getattr" in data else ():
        plain = _GETATTR_OF.match(data, match.start())
        if plain is None or plain[1] in names:
            return True
    return False
