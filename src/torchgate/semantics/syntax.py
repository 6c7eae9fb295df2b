"""Whether a text is Python, told without a tree of it.

To make the tree takes longer than to parse, and to free it takes time again. A future import of a feature
that does not exist makes the compiler stop as soon as it has parsed all of the text.
"""

from __future__ import annotations

import re
import warnings

_FEATURE = "_torchgate_"
_FIRST = f"from __future__ import {_FEATURE}\n"
_STOPPED = f"future feature {_FEATURE} is not defined"
# The only future import that is certain to be one, in its place.
_ANNOTATIONS = re.compile(rb"\s*from __future__ import annotations *$", re.MULTILINE)
# What begins a statement, and stands in no expression: none goes on beyond it. In the order in which they
# leave least to look at closer, in code as most people write it.
_BEGINNINGS = (b"\n        return ", b"\n    def ", b"\n    return ", b"\ndef ", b"\nclass ")
# What holds no other node of a tree: names, numbers, what separates, what closes.
_FLAT = bytes({*b"0123456789_ \t\r\n,:=)]}\"'", *range(65, 91), *range(97, 123), *range(128, 256)})
_HOLDING_WORDS = (b"else", b"lambda", b"not")
# Brackets are not nested more than 200 times, nor blocks more than 100 times, or it is no Python.
_SHORT = 1000
_FEW = 400
_FEW_ELIFS = 100


def is_plainly_python(text: str, code: bytes) -> bool:
    """Whether a text certainly has no syntax errors, and nothing in it is nested so deeply that the parser or
    the analysis would mind; ``code`` is the text, best without comments and strings (``codetext``)."""
    if b"__future__" in code and (code.count(b"__future__") > 1 or not _ANNOTATIONS.match(code)):
        return False  # from Python 3.14 on, who asks for the tree is told that there is no such feature
    if not is_shallow(code):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in checked code is not our output
            compile(_FIRST + text, "<text>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error.msg == _STOPPED
    except (RecursionError, MemoryError, ValueError):
        return False
    return False


def is_shallow(code: bytes) -> bool:
    """Whether nothing in a file is nested by the hundred, but for brackets and blocks, if it is Python."""
    if code.count(b"elif") > _FEW_ELIFS:
        return False
    if _is_shallow(code):
        return True
    if b'"""' in code or b"'''" in code:
        return False  # a line of an f-string may look like a statement
    parts = [code]
    for beginning in _BEGINNINGS:
        parts = [part for whole in parts for part in whole.split(beginning) if len(part) > _SHORT]
    return all(_is_shallow(part) for part in parts)


def _is_shallow(part: bytes) -> bool:
    """Whether what may hold something else stands only so often in a part of a file."""
    return len(part.translate(None, _FLAT)) + sum(map(part.count, _HOLDING_WORDS)) <= _FEW
