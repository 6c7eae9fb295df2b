"""What a top-level name of a module is, where the text alone tells: so that the module need not be read.

Most names that others import are bound by one statement, a definition or an import at the left edge, and by
nothing else. Where something may bind a name a second time, or under some condition, the text does not tell;
what it tells is what the summary of the module would (``torchgate.semantics.summary``).
"""

from __future__ import annotations

import re

from torchgate.semantics.calls import absolute_name
from torchgate.semantics.skim import PAIRS, UTF_8, is_normal_text, structure
from torchgate.semantics.summary import ABSENT, UNTOLD
from torchgate.semantics.values import IMPORT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.config import FileInfo
    from torchgate.semantics.summary import Symbol

_LETTER = rb"\w\x80-\xff"
_NAME = rb"[%b]+" % _LETTER
# A definition at the left edge, with what is indented below it, or closes a bracket: there only walruses and
# `global` bind names of the module.
_DEFINITION = re.compile(
    rb"\n((?:class|def|async +def) +%b)[^\n]*(?:\n(?: [^\n]*|\r?|[)\]}][^\n]*)(?=\n))*+" % _NAME
)
_DEFINED = re.compile(rb"(class|def|async +def) +")
_GLOBAL = re.compile(rb"global((?:[^\n;\\]|\\\r?\n?)*)")
_BEFORE_WALRUS = re.compile(rb"%b\Z" % _NAME)
# What begins at the left edge and belongs to the line before.
_CONTINUED = re.compile(rb"\\\r?\n[^ \r\n]")
# A whole import statement at the left edge. The quantifiers give nothing back: one pass is all it takes.
_FROM = re.compile(
    rb"\nfrom ++([.%b]++(?: ++[.%b]++)*?) ++import(?![%b]) *+(?:\(([%b,\s]*+)\) *+|([%b, ]*+))\r?(?=\n)"
    % ((_LETTER,) * 5)
)
_IMPORT = re.compile(rb"\nimport ++([%b,. ]*+)\r?(?=\n)" % _LETTER)
# A name of which an attribute or an item is taken, or which is called, and one that is given another name.
_LOADED = re.compile(rb"[ \t]*(?:[.(\[]|as(?![%b]))" % _LETTER)
# What may stand before a name that has one of these behind it, so that it is none that is bound.
_OPERATORS = frozenset(b"=([{@+-*/%&|<>;")
_WORDS = frozenset(
    b"and as assert await del elif else except for if in is not or raise return while with yield".split()
)
# Before an operand, which is no target.
_BINARY = frozenset(b"@+-/%&<>^|")
_LAST_WORD = re.compile(rb"(%b)\(?\Z" % _NAME)
_ANNOTATED = re.compile(rb"(%b)[ ]*:[ ]*" % _NAME)
_SOFT = re.compile(rb"\n[ ]*case(?![%b])" % _LETTER)
_LONG = 200
# What is assigned at the left edge in a bracket that takes more than a line: nothing in there binds a name.
_BRACKETED = re.compile(
    rb"\n(%b *(?::[^\n=;]*)?=[^\n;]*[(\[{]) *\r?((?:\n(?: [^\n]*|\r?)(?=\n))*+)\n([)\]}]++) *(?=\r?\n)"
    % _NAME
)
# What is assigned there: a display, a constant, a call.
_ASSIGNED = re.compile(rb" *(?::([^\n=;]*))?=(?!=) *([^\n]*)")
_PLAIN = re.compile(rb"\[[^\[\]]*\]|\{[^{}]*\}|-?[\d.]+(?: 0)*|True|False|None")
_PLAIN_TYPE = re.compile(rb"(dict|list|set|tuple)(?: *\[[^|]*\])?")
_CALLED = re.compile(rb"(%b)\((?:[^()]|\([^()]*\))*\)" % _NAME)


class Glimpse:
    """The statements of one module without the bodies of its definitions, and the names that these may bind
    in it all the same."""

    __slots__ = ("_hidden", "_imports", "_info", "_top")

    def __init__(self, data: bytes, info: FileInfo) -> None:
        """``data`` is the file's text in UTF-8."""
        self._info = info
        self._imports: dict[bytes, Symbol] | None = None
        self._hidden: frozenset[bytes] = frozenset()
        self._top: bytes | None = None
        code = structure(data) if is_normal_text(data) else None
        if code is not None and _CONTINUED.search(code) is None:
            top = _DEFINITION.sub(rb"\n\1", b"\n" + code)
            self._top = _BRACKETED.sub(_emptied, top)
            # The text has those in f-strings, the code those with a comment in between.
            self._hidden = frozenset([*_walruses(data), *_walruses(code), *_globals(code)])
            # Which names a pattern binds is not told by what stands around them.
            if b"" in self._hidden or _SOFT.search(top) is not None:
                self._top = None

    def symbol(self, name: str) -> Symbol | None:
        """What a name of the module holds for others; ``ABSENT`` or ``UNTOLD``."""
        word = name.encode(*UTF_8)
        places = self._places(word)
        if places is None or len(places) > 1:
            return UNTOLD
        if not places:
            return ABSENT
        if self._definition_at(places[0]):
            own = self._info.module_name
            return ("ref", f"{own}.{name}" if own else name, IMPORT, False, "")
        if self._imports is None:
            self._imports = dict(self._find_imports())
        return self._imports[word] if word in self._imports else self._assigned(places[0], word)

    def is_class(self, name: str) -> bool | None:
        """Whether a name is that of a class; None where the text does not tell."""
        places = self._places(name.encode(*UTF_8))
        if places is None or len(places) > 1:
            return None
        kind = self._definition_at(places[0]) if places else b""
        return kind == b"class" if kind or not places else None

    def _assigned(self, place: int, word: bytes) -> Symbol | None:
        """What a name holds that is assigned at the left edge, once and for all; ``UNTOLD``."""
        assert self._top is not None
        match = _ASSIGNED.match(self._top, place + len(word))
        if match is None or self._top[place - 1 : place] != b"\n":
            return UNTOLD
        annotation, value = match[1], match[2].rstrip()
        called = _CALLED.fullmatch(value)
        if called is not None:
            origin = self._places(called[1])
            if origin is None or len(origin) != 1 or origin[0] > place:
                return UNTOLD
            if self._definition_at(origin[0]) != b"class":
                return UNTOLD
            own, name = self._info.module_name, called[1].decode(*UTF_8)
            return ("instance", f"{own}.{name}" if own else name, IMPORT, False, "")
        if _PLAIN.fullmatch(value) is None:
            return UNTOLD
        if annotation is not None:  # which tells more than a value of which nothing is known
            kind = _PLAIN_TYPE.fullmatch(annotation.strip())
            if kind is None or self._places(kind[1]) != []:
                return UNTOLD
        return None

    def _places(self, word: bytes) -> list[int] | None:
        """Where a name may be bound; None where that may be elsewhere too."""
        top = self._top
        if top is None or not word or word in self._hidden:
            return None
        found: list[int] = []
        place = top.find(word)
        while place >= 0:
            if _may_bind(top, place, place + len(word)):
                found.append(place)
            place = top.find(word, place + 1)
        return found

    def _definition_at(self, place: int) -> bytes:
        """The first word of the definition whose name stands at a place; empty where none does."""
        assert self._top is not None
        match = _DEFINED.fullmatch(self._top, self._top.rfind(b"\n", 0, place) + 1, place)
        return match[1] if match is not None else b""

    def _find_imports(self) -> Iterator[tuple[bytes, Symbol]]:
        """The names that plain import statements bind."""
        assert self._top is not None
        info = self._info
        package = info.module_name if info.is_package else info.module_name.rpartition(".")[0]
        for match in _FROM.finditer(self._top):
            origin = _plain(match[1]).replace(" ", "")
            level = len(origin) - len(origin.lstrip("."))
            module = absolute_name(package, level, origin[level:]) if level else origin
            for name, bound in _items(match[2] or match[3] or b"") if module else ():
                yield bound, ("ref", f"{module}.{name}", IMPORT, False, module)
        for match in _IMPORT.finditer(self._top):
            for dotted, bound in _items(match[1]):
                first, _, rest = bound.partition(b".")
                if rest:  # no `as`: the name is the top-level package
                    yield first, ("ref", dotted.partition(".")[0], IMPORT, False, "")
                else:
                    yield first, ("ref", dotted, IMPORT, False, dotted.rpartition(".")[0])


def _emptied(match: re.Match[bytes]) -> bytes:
    """What is assigned in brackets, without what is in them; as it was where these do not close there."""
    head, inside, end = match[1], match[2], match[3]
    balanced = all((head + inside + end).count(a) == (head + inside + end).count(b) for a, b in PAIRS)
    return b"\n" + head + end if balanced else match[0]


def _may_bind(code: bytes, start: int, end: int) -> bool:
    """Whether a word is a name that may be bound there: not a part of another one, nor an attribute, nor a
    value whose attribute or item is taken, which is called, or which is computed with or assigned."""
    before, behind = code[start - 1 : start], code[end : end + 1]
    if _is_letter(before) or _is_letter(behind) or before == b".":
        return False
    ahead = code[max(start - _LONG, 0) : start].rstrip(b" \t")
    last = ahead[-1:]
    if _LOADED.match(code, end) is not None:
        if last == b"\n":  # a statement begins, or what stands in a bracket, or a line goes on
            return ahead[:-1].rstrip(b"\r").endswith(b"\\")
        word = _LAST_WORD.search(ahead)
        return word[1] not in _WORDS if word is not None and last != b"(" else ahead[-1] not in _OPERATORS
    if ahead[-1] in _BINARY:
        return False
    line_end = code.find(b"\n", end)
    rest = code[end : line_end if line_end >= 0 else len(code)]
    is_last = not any(letter in rest for letter in (b"=", b"(", b"[", b"{", b"\\", b";"))
    if last == b"(":
        word = _LAST_WORD.search(ahead)  # of a call
        return word is None or word[1] in _WORDS or word[1] == b"import"
    if last == b":":
        name = _ANNOTATED.fullmatch(code, code.rfind(b"\n", 0, start) + 1, start)
        is_annotation = name is not None and name[1] not in (b"else", b"try", b"finally")
        return not is_annotation and not is_last
    return last != b"=" or not is_last


def _is_letter(byte: bytes) -> bool:
    return byte.isalnum() or byte == b"_" or byte >= b"\x80"


def _walruses(code: bytes) -> Iterator[bytes]:
    """The names that walruses bind; an empty one where that begins too far before."""
    place = code.find(b":=")
    while place >= 0:
        ahead = code[max(place - _LONG, 0) : place].rstrip(b" \t\r\n\\")
        match = _BEFORE_WALRUS.search(ahead)
        if match is not None:
            yield match[0] if match.start() else b""
        elif not ahead:
            yield b""
        place = code.find(b":=", place + 1)


def _globals(code: bytes) -> Iterator[bytes]:
    for match in _GLOBAL.finditer(code):
        yield from re.findall(_NAME, match[1])


def _plain(text: bytes) -> str:
    return " ".join(text.decode(*UTF_8).split())


def _items(text: bytes) -> Iterator[tuple[str, bytes]]:
    """The names of an import statement, and as what they are bound."""
    for item in _plain(text).split(","):
        name, _, bound = item.strip().partition(" as ")
        if name.replace(".", "").isidentifier():
            yield name, (bound or name).encode(*UTF_8)
