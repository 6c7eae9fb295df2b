"""Attributes and names that are read by a text (``getattr(os, "envi" + "ron")``), looked for in bytes.

A text that is put together need not be in the file as a whole; one that stands there alone is found there.
"""

from __future__ import annotations

import re

from torchgate.semantics.codetext import IN_NAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.semantics.searched import Searched

# Attributes by a name that no attribute of the text has. First what is not plainly `getattr(..., "name")`.
_TEXT = rb"""[^()\[\]{}"'#\\]|"[^"\\()\[\]\n]*+"|'[^'\\()\[\]\n]*+'"""
_INNER = rb"(?:%s|\((?:%s)*+\)|\[(?:%s)*+\])*+" % (_TEXT, _TEXT, _TEXT)
_OWNER = rb"""(?:[^()\[\]{},"'#\\]|\(%s\)|\[%s\])++""" % (_INNER, _INNER)
_GETATTR = re.compile(rb"getattr(?!\w)(?!\s*\(" + _OWNER + rb""",\s*["']\w+["']\s*[,)])""")
# Of whose attribute; nothing where that, or the name, is put together on the spot (`self` is no module).
_GETATTR_OF = re.compile(
    rb"""getattr\s*\(\s*(\w+)(?!\w)[\w.]*\s*,(?:(?<=self,)|(?<=cls,)|(?!\s*[rRuUbB]{0,2}["']))"""
)
_VARS_OF = re.compile(rb"vars\s*\(\s*(%s+)(?:%s|\.)*\s*\)" % (IN_NAME, IN_NAME))
# Under another name: bound, or given back.
_VARS_BOUND = re.compile(rb"(?:=|return)[ \t]*vars[ \t\r]*(?:[;#]|$)", re.MULTILINE)
_VARS = re.compile(rb"vars(?<!\wvars)\s*\(")
# The attributes that give all the others, and what stands before them.
_ALL_ATTRIBUTES = tuple((word, re.compile(word)) for word in (b"__dict__", b"__getattribute__"))
_OWNER_END = re.compile(rb"(?<!%s)(?<!\.)(%s+)(?:%s|\.)*\.\Z" % (IN_NAME, IN_NAME, IN_NAME))
_ALL_WORDS = (b"vars", *(word for word, _ in _ALL_ATTRIBUTES))
_LONG = 80
_OF_SELF = re.compile(rb"getattr\s*\(\s*(?:self|cls)\s*,")
# A class is no module either, as long as `type` is Python's own.
_OF_OWN_CLASS = re.compile(rb"getattr\s*\(\s*type\s*\(\s*self\s*\)\s*,")
_OTHER_TYPE = re.compile(
    rb"def\s+type(?!\w)|type(?<![\w.]type)[ \t\r]*(?:$|[,;)#])|^[ \t]*type[ \t]*=(?!=)", re.MULTILINE
)
# Behind the literal text, a look back costs nothing where that is not.
_GLOBALS = re.compile(rb"""globals(?<!\wglobals)(?!\w)(?!\(\)\[["']__\w+__["']\])""")


def uses_globals(text: Searched) -> bool:
    """Whether names of the module may be read by ``globals()``."""
    return bool(text.places(b"globals", _GLOBALS))


def has_text_reads(text: Searched) -> bool:
    """Whether attributes or names may be read by a text, even a plain one."""
    return text.has(b"getattr") or _reads_all(text) or uses_globals(text)


def is_computing(text: Searched) -> bool:
    """Whether attributes or names may be read by a text, other than in ``getattr(a.b, "c")``."""
    return _reads_all(text) or bool(text.places(b"getattr", _GETATTR)) or uses_globals(text)


def reads_by_text(text: Searched) -> bool:
    """Whether attributes of anything but ``self`` may be read by a text that is put together somewhere."""
    if text.places(b"vars", _VARS) or any(map(_is_of_others, _before_all(text))):
        return True
    return any(
        _OF_SELF.match(text.data, start) is None and not _is_of_own_class(text, start)
        for start in text.places(b"getattr", _GETATTR)
    )


def _is_of_own_class(text: Searched, start: int) -> bool:
    """Whether a ``getattr`` asks the class of ``self``."""
    if _OF_OWN_CLASS.match(text.data, start) is None:
        return False
    return not text.places(b"", _OTHER_TYPE)


def _before_all(text: Searched) -> Iterator[bytes]:
    """What stands before ``__dict__`` and its like: of a longer line, the end."""
    data = text.data
    for word, pattern in _ALL_ATTRIBUTES:
        for start in text.places(word, pattern):
            yield data[max(start - _LONG, 0) : start]


def _is_of_others(before: bytes) -> bool:
    """Whether what stands before an attribute is something other than ``self.``."""
    owner = before.rstrip()
    return (owner.endswith(b".") and not owner.endswith((b"self.", b"cls."))) or not owner


def is_text(name: str, text: Searched) -> bool:
    """Whether a text that is nothing but a name is in a file."""
    word = name.encode()
    return text.has(word) and (text.has(b'"%s"' % word) or text.has(b"'%s'" % word))


def computes_of(names: set[bytes], text: Searched) -> bool:
    """Whether something of any of some names is read by a text."""
    data = text.data
    if text.has(b"vars") and any(match[1] in names for match in _VARS_OF.finditer(data)):
        return True
    if text.has(b"vars") and _VARS_BOUND.search(data):
        return True
    if any(_may_be_of(names, before) for before in _before_all(text)):
        return True
    if any(map(_is_of_result, _before_all(text))) and _count(text) > 1:
        return True
    for start in text.places(b"getattr", _GETATTR):
        if _is_of_own_class(text, start):
            continue
        plain = _GETATTR_OF.match(data, start)
        if plain is None or plain[1] in names:
            return True
    return False


def _may_be_of(names: set[bytes], before: bytes) -> bool:
    owner = _OWNER_END.search(before)
    return owner is not None and (owner[1] in names or owner.start() == 0)


def _is_of_result(before: bytes) -> bool:
    """Whether what stands before an attribute gives its owner in a way of its own: a call, an item. What such
    a one leads to takes one more text to be read."""
    owner = before.rstrip()
    if owner.endswith((b"'", b'"')):
        return b"getattr" in owner
    return owner.endswith(b".") and not owner.endswith(b"super().") and _OWNER_END.search(owner) is None


def _count(text: Searched) -> int:
    """How often attributes or names are read by a text."""
    return sum(
        len(text.places(word, pattern))
        for word, pattern in ((b"getattr", _GETATTR), (b"vars", _VARS), *_ALL_ATTRIBUTES)
    )


def _reads_all(text: Searched) -> bool:
    return any(map(text.has, _ALL_WORDS))
