"""Which attributes a function may assign, told by its text: those that stand where a target may, and more.

A comment or a string is taken for code. Every line is looked at by itself; where it closes a bracket that an
earlier one opened, all that came before may belong to it.
"""

from __future__ import annotations

import re

# Python knows letters that `re` does not: in UTF-8, all that are not ASCII.
_LETTER = rb"\w\x80-\xff"
_NAME = rb"[%b]+" % _LETTER
_END = rb"(?![%b])" % _LETTER  # of a word
_ATTRIBUTE = re.compile(rb"\.\s*(%b)" % _NAME)
# A comment between a dot and its name. A comment line behind a comment that ends with a full stop is none.
_BROKEN = re.compile(
    rb"\.[^\S\n]*#[^\n]*\n(?:\s*#[^\n]*\n){0,20}\s*[#%b]"
    rb"|^(?=[^\n#'\"]*+['\"\n])[^\n]*\.[^\S\n]*\n(?:[^\S\n]*\n)*[^\S\n]*#" % _LETTER,
    re.MULTILINE,
)
# A line that begins a block and does nothing else: its colon is no annotation's.
_HEADER = rb"[^\S\n]*(?:if|elif|for|while|with)%b[^:\n]*:[^\S\n]*(?:#|$)" % _END
# What may stand between the name of an attribute and what makes it a target.
_GAP = rb"(?:[\s)\],]|#[^\n]*\n)*+"
_AUGMENTED = rb"(?:[-+*/%@&|^]|//|\*\*|>>|<<)?"
# Where attributes that are targets may stand, tuples aside, in a text with a line break before it. What
# begins with one certain letter is looked for fast.
_TARGETS = (
    re.compile(rb"(\.\s*%b)%b%b=(?!=)" % (_NAME, _GAP, _AUGMENTED)),
    re.compile(rb"\n(?!%b)([^\n=:;]*\.\s*%b)%b:" % (_HEADER, _NAME, _GAP), re.MULTILINE),
    re.compile(rb"[:;]([^\n=:;]*\.\s*%b)(?=%b:)" % (_NAME, _GAP)),
    re.compile(rb"for%b(?<!\wfor)((?s:.{0,1000}?)(?<![%b])in%b|(?s:.*))" % (_END, _LETTER, _END)),
    # What may take more than a line is all that follows.
    re.compile(rb"as%b(?<!\was)(\s*[(\[](?s:.*)|[^\n]*)" % _END),
    re.compile(rb"del%b(?<!\wdel)((?:[^\n()\[\]{}]|\[[^\n()\[\]{}]*\])*+$|(?s:.*))" % _END, re.MULTILINE),
)
_EQUALS = re.compile(rb"(?<![=!<>:])=(?!=)")
_MANY = 50  # on a line
_BRACKET = re.compile(rb"[()\[\]{}]")


def attributes(function: bytes) -> list[str] | None:
    """The attributes that a function may assign, of whatever object; None where these may be any."""
    text = (b"\n" + function).replace(b"\r\n", b"\n").replace(b"\\\n", b" ")
    if _BROKEN.search(text):
        return None
    found: set[bytes] = set()
    for pattern in _TARGETS:
        for part in pattern.findall(text):
            found.update(_ATTRIBUTE.findall(part))
    for line in text.split(b"\n"):
        if b"=" in line and (b"," in line or b")" in line or b"]" in line):
            part = _tuples(line)
            if part is None:
                found.update(_ATTRIBUTE.findall(text))
                break
            found.update(_ATTRIBUTE.findall(part))
    return [name.decode("utf-8", "surrogatepass") for name in found]


def _tuples(line: bytes) -> bytes | None:
    """What on a line may be tuples of targets; None where they may have begun before it."""
    parts = _EQUALS.split(line)
    if len(parts) > _MANY:
        return None
    depth = lowest = end = 0
    has_string = has_comma = False
    for number, part in enumerate(parts[:-1], 1):
        depth, lowest = _nested(part, depth, lowest)
        has_string = has_string or b"'" in part or b'"' in part
        has_comma = has_comma or b"," in part
        if lowest < 0 or b"'''" in part or b'"""' in part:
            if not _ends_call(b"=".join(parts[number:])):
                return None
        elif has_comma and (depth == 0 or has_string):  # and not `f(self.a, b=1)`
            end = number
    return b"=".join(parts[:end])


def _nested(part: bytes, depth: int, lowest: int) -> tuple[int, int]:
    """How many brackets are open behind a part of a line, and the fewest so far: below zero where one from an
    earlier line is closed."""
    for bracket in _BRACKET.findall(part):
        depth += 1 if bracket in b"([{" else -1
        lowest = min(lowest, depth)
    return depth, lowest


def _ends_call(part: bytes) -> bool:
    """Whether what follows an equals sign closes a bracket around it: `b), c=1)`."""
    return b"'" not in part and b'"' not in part and b"#" not in part and _nested(part, 0, 0)[1] < 0
