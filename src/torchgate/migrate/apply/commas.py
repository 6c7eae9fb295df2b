"""Lists whose items are separated by commas: arguments, parameters, with items, imported names.

A list is taken apart into items and the gaps around them, so that adding or removing an item is the same for
all four: a comment stays with the item that it stands behind, an own line stays an own line, and a trailing
comma stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import libcst as cst

Gap: TypeAlias = cst.BaseParenthesizableWhitespace
NOTHING = cst.SimpleWhitespace("")
BLANK = cst.SimpleWhitespace(" ")
# Where the gap behind an item without a comma is kept, where the list's parentheses do not keep it.
_AFTER: dict[type[Any], str] = {
    cst.Arg: "whitespace_after_arg",
    cst.Param: "whitespace_after_param",
    cst.ParamSlash: "whitespace_after",
}


class CommaList:
    """Items and gaps: ``gaps[i]`` stands before ``items[i]``, the last one before the closing bracket."""

    def __init__(self, opening: Gap, items: Sequence[Any], closing: Gap = NOTHING) -> None:
        """``opening`` and ``closing`` are the gaps at the brackets; items keep their own where they can."""
        self.items: list[Any] = []
        self.gaps: list[Gap] = [opening]
        self.trailing = False
        for item in items:
            self.trailing = isinstance(item.comma, cst.Comma)
            after = _AFTER.get(type(item))
            if self.trailing:
                self.gaps.append(item.comma.whitespace_after)
            elif after is not None:
                self.gaps.append(getattr(item, after))
                item = item.with_changes(**{after: NOTHING})
            else:
                self.gaps.append(closing)
            self.items.append(item)
        if self.trailing and is_empty(self.gaps[-1]):
            self.gaps[-1] = closing

    def insert(self, index: int, item: Any) -> None:
        """Put an item in front of another one, or at the end."""
        if index >= len(self.items):
            self._append(item)
            return
        gap = self.gaps[index]
        before: Gap
        after: Gap
        shares_line = index + 1 < len(self.items) and isinstance(self.gaps[index + 1], cst.SimpleWhitespace)
        if isinstance(gap, cst.ParenthesizedWhitespace) and shares_line:
            before, after = gap, BLANK
        elif isinstance(gap, cst.ParenthesizedWhitespace):
            before = gap.with_changes(empty_lines=[])
            after = _break(gap).with_changes(empty_lines=gap.empty_lines)
        else:
            before, after = gap, gap if index else BLANK
        self.items.insert(index, item)
        self.gaps[index : index + 1] = [before, after]

    def _append(self, item: Any) -> None:
        if not self.items:
            self.gaps = [self.gaps[0], NOTHING]
        else:
            closing, before = self.gaps[-1], self.gaps[-2]
            if isinstance(before, cst.ParenthesizedWhitespace) and isinstance(
                closing, cst.ParenthesizedWhitespace
            ):
                between: Gap = closing.with_changes(indent=before.indent, last_line=before.last_line)
                self.gaps[-1:] = [between, _break(closing)]
            elif isinstance(before, cst.ParenthesizedWhitespace) or len(self.items) == 1:
                self.gaps[-1:] = [BLANK, closing]
            else:
                self.gaps[-1:] = [before, closing]
        self.items.append(item)

    def remove(self, index: int) -> None:
        """Take an item away, with the comment behind it."""
        before, after = self.gaps[index], self.gaps[index + 1]
        is_last = index == len(self.items) - 1
        del self.items[index]
        self.gaps[index : index + 2] = [
            _closed(before, after) if is_last and index else _joined(before, after)
        ]
        self.trailing = self.trailing and bool(self.items)

    def write(self) -> list[Any]:
        """The items with their commas. ``gaps[0]`` is the caller's, and so is a bracket's ``closing``."""
        found = []
        for index, item in enumerate(self.items):
            is_last = index == len(self.items) - 1
            after = _AFTER.get(type(item))
            gap = NOTHING if is_last and after is None else self.gaps[index + 1]
            if not is_last or self.trailing:
                old = item.comma if isinstance(item.comma, cst.Comma) else cst.Comma()
                item = item.with_changes(comma=old.with_changes(whitespace_after=gap))
            else:
                item = item.with_changes(comma=cst.MaybeSentinel.DEFAULT)
                if after is not None:
                    item = item.with_changes(**{after: gap})
            found.append(item)
        return found

    @property
    def closing(self) -> Gap:
        """The gap before the closing bracket."""
        return self.gaps[-1]


def is_empty(gap: object) -> bool:
    """Whether there is no gap at all."""
    return isinstance(gap, cst.SimpleWhitespace) and not gap.value


def _break(gap: cst.ParenthesizedWhitespace) -> cst.ParenthesizedWhitespace:
    """A line break with the same indentation, without comments."""
    first = cst.TrailingWhitespace(newline=gap.first_line.newline)
    return cst.ParenthesizedWhitespace(first_line=first, indent=gap.indent, last_line=gap.last_line)


def _own_lines(gap: Gap) -> list[cst.EmptyLine]:
    return list(gap.empty_lines) if isinstance(gap, cst.ParenthesizedWhitespace) else []


def _joined(before: Gap, after: Gap) -> Gap:
    """The gap that is left where an item between two goes: the next one takes its place."""
    kept = _own_lines(after)
    if isinstance(before, cst.ParenthesizedWhitespace):
        return before.with_changes(empty_lines=[*before.empty_lines, *kept])
    if kept and isinstance(after, cst.ParenthesizedWhitespace):
        return _break(after).with_changes(empty_lines=kept)
    return before


def _closed(before: Gap, after: Gap) -> Gap:
    """The gap that is left before the bracket where the last item goes."""
    if not isinstance(before, cst.ParenthesizedWhitespace):
        return after
    kept = [*before.empty_lines, *_own_lines(after)]
    if isinstance(after, cst.ParenthesizedWhitespace):
        return before.with_changes(empty_lines=kept, indent=after.indent, last_line=after.last_line)
    if before.first_line.comment is None and not any(line.comment for line in kept):
        return after
    return before.with_changes(empty_lines=kept)  # a bracket cannot follow a comment
