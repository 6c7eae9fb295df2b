"""A file's bytes, in which everything is looked for once.

To look for one word takes longer than to read the file from the disk; some thirty are asked for, by several
who do not know of each other.
"""

from __future__ import annotations

from torchgate.semantics.codetext import beyond_ascii, code_only
from torchgate.semantics.outline import LONGER, outline

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

    from torchgate.config import FileInfo
    from torchgate.semantics.outline import Outline

# Parts of several words: where the part is not, none of them need be looked for.
_STEMS = {
    word: stem
    for stem, words in {
        b"builtins": (b"__builtins__",),
        b"default_d": (b"default_device", b"default_dtype"),
        b"environ": (b"environb",),
        b"getattr": (b"__getattribute__",),
        b"tenv": (b"putenv", b"unsetenv"),
        b"thread": (b"_thread", b"threading"),
    }.items()
    for word in words
}


class Searched:
    """The bytes of one file. ``around``: those of a text that has every word of this one."""

    __slots__ = ("_around", "_code", "_known", "_outline", "_places", "_runs", "data")

    def __init__(self, data: bytes, around: Searched | None = None) -> None:
        self.data = data
        self._around = around
        self._known: dict[bytes, bool] = {}
        self._places: dict[re.Pattern[bytes], list[int]] = {}
        self._code: Searched | None = None
        self._runs: frozenset[bytes] | None = None
        self._outline: Outline | None = None

    def has(self, word: bytes) -> bool:
        """Whether a word, or part of one, stands in the text."""
        known = self._known.get(word)
        if known is None:
            known = self._known[word] = self._has(word)
        return known

    def _has(self, word: bytes) -> bool:
        if self._around is not None and not self._around.has(word):
            return False
        stem = _STEMS.get(word)
        return (stem is None or self.has(stem)) and word in self.data

    def places(self, word: bytes, pattern: re.Pattern[bytes]) -> list[int]:
        """Where a pattern matches that begins with a word."""
        if not self.has(word):
            return []
        found = self._places.get(pattern)
        if found is None:
            found = self._places[pattern] = [match.start() for match in pattern.finditer(self.data)]
        return found

    def outline(self, info: FileInfo) -> Outline:
        """The import statements."""
        if self._outline is None:
            self._outline = outline(self.data, info)
            if not self._outline.has_longer:
                self._known.update(dict.fromkeys(LONGER, False))
        return self._outline

    @property
    def runs(self) -> frozenset[bytes]:
        """What is not ASCII, between what is."""
        if self._runs is None:
            self._runs = beyond_ascii(self.data)
        return self._runs

    @property
    def code(self) -> Searched:
        """The text without comments and strings; itself where these cannot be told apart for certain."""
        if self._code is None:
            code = code_only(self.data)
            self._code = self if code is None else Searched(code, self)
        return self._code
