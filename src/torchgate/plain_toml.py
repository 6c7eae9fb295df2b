"""The TOML of most configuration files, read without ``tomllib``, whose import takes half as long as a run
over one file.

What is not plain (escapes, dates, dotted keys, text over several lines), and whatever is wrong, is left to
``tomllib``: there is the same answer or none.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Table = dict[str, Any]

_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_ENDS = frozenset(" \t\n,]}#")
_DEEPEST = 20


class _NotPlainError(Exception):
    """The text is for ``tomllib``."""


def read(text: str) -> Table | None:
    """What a text in TOML holds; None where it is not plain."""
    text = text.replace("\r\n", "\n")
    if min(text.replace("\n", "").replace("\t", ""), default=" ") < " " or "\x7f" in text:
        return None
    try:
        return _Reader(text + "\n").read()
    except _NotPlainError:
        return None


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.named = set[int]()  # tables that a header names, which no other may, by their `id`
        self.lists = set[int]()  # arrays of tables
        self.closed = set[int]()  # inline tables

    def read(self) -> Table:
        root: Table = {}
        table = root
        self.skip("\n")
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header(root)
            else:
                self.pair(table, 0)
            self.skip()
            self.expect("\n")
            self.skip("\n")
        return root

    def skip(self, newline: str = "") -> None:
        """Go past blanks and a comment; with ``newline`` past lines of these."""
        text, blank = self.text, f" \t{newline}"
        while self.at < len(text):
            if text[self.at] == "#":
                self.at = text.index("\n", self.at)
            elif text[self.at] in blank:
                self.at += 1
            else:
                return

    def expect(self, token: str) -> None:
        if not self.text.startswith(token, self.at):
            raise _NotPlainError
        self.at += len(token)

    def header(self, root: Table) -> Table:
        """``[a.b]`` or ``[[a.b]]``: the table that what follows belongs to."""
        bracket = 2 if self.text.startswith("[[", self.at) else 1
        self.at += bracket
        path = [self.key()]
        while self.text[self.at] == ".":
            self.at += 1
            path.append(self.key())
        self.expect("]" * bracket)
        *outer, last = path
        table = root
        for name in outer:
            table = self.inner(table, name)
        if bracket == 1:
            found = self.inner(table, last)
            if id(found) in self.named or isinstance(table[last], list):
                raise _NotPlainError
        else:
            if last in table and id(table[last]) not in self.lists:
                raise _NotPlainError
            tables = table.setdefault(last, [])
            self.lists.add(id(tables))
            tables.append(found := {})
        self.named.add(id(found))
        return found

    def inner(self, table: Table, name: str) -> Table:
        found = table.setdefault(name, {})
        if isinstance(found, list) and id(found) in self.lists:
            found = found[-1]
        if not isinstance(found, dict) or id(found) in self.closed:
            raise _NotPlainError
        return found

    def key(self) -> str:
        """One part of a key, with the blanks around it."""
        self.blanks()
        if self.text[self.at] in "\"'":
            name = self.string()
        else:
            start = self.at
            while self.text[self.at] in _BARE:
                self.at += 1
            name = self.text[start : self.at]
            if not name:
                raise _NotPlainError
        self.blanks()
        return name

    def blanks(self) -> None:
        while self.text[self.at] in " \t":
            self.at += 1

    def pair(self, table: Table, depth: int) -> None:
        name = self.key()
        self.expect("=")
        self.blanks()
        if name in table:
            raise _NotPlainError
        table[name] = self.value(depth)

    def value(self, depth: int) -> object:
        if depth > _DEEPEST:
            raise _NotPlainError
        first = self.text[self.at]
        if first in "\"'":
            return self.string()
        if first == "[":
            return self.array(depth)
        if first == "{":
            return self.inline(depth)
        start = self.at
        while self.text[self.at] not in _ENDS:
            self.at += 1
        word = self.text[start : self.at]
        if word in ("true", "false"):
            return word == "true"
        if not word.isascii() or not word.isdecimal() or len(word) > 9 or (word[0] == "0" and word != "0"):
            raise _NotPlainError
        return int(word)

    def string(self) -> str:
        quote = self.text[self.at]
        end = self.text.find(quote, self.at + 1)
        found = self.text[self.at + 1 : end]
        is_raw = quote == "'" or "\\" not in found
        if end < 0 or "\n" in found or not is_raw or self.text.startswith(quote * 3, self.at):
            raise _NotPlainError
        self.at = end + 1
        return found

    def array(self, depth: int) -> list[object]:
        found: list[object] = []
        self.at += 1
        self.skip("\n")
        while not self.text.startswith("]", self.at):
            if self.at >= len(self.text):
                raise _NotPlainError
            found.append(self.value(depth + 1))
            self.skip("\n")
            if not self.text.startswith("]", self.at):
                self.expect(",")
                self.skip("\n")
        self.at += 1
        return found

    def inline(self, depth: int) -> Table:
        found: Table = {}
        self.closed.add(id(found))
        self.at += 1
        self.blanks()
        while self.text[self.at] != "}" or found:
            self.pair(found, depth + 1)
            self.blanks()
            if self.text[self.at] == "}":
                break
            self.expect(",")
        self.at += 1
        return found
