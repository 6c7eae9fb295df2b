"""Comments that hush findings: flake8's ``# noqa`` exactly as flake8 7.5 reads it, and torchgate's own.

``# noqa`` counts on the physical line of a finding, joined over multi-line strings, brackets and backslash
continuations, and wherever its text stands, be it in a string. ``# torchgate: ignore[TG101]`` is read from
comments only and speaks for a logical line. A file with neither costs a search of its bytes.
"""

from __future__ import annotations

import re

from torchgate.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from torchgate.finding import Finding
    from torchgate.source import Source

# From flake8 7.5, flake8/defaults.py: NOQA_INLINE_REGEXP and NOQA_FILE.
NOQA = re.compile(r"# noqa(?::[\s]?(?P<codes>([A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
NOQA_FILE = re.compile(r"\s*# flake8[:=]\s*noqa", re.IGNORECASE)
IGNORE = re.compile(r"#\s*torchgate:\s*(?P<kind>ignore-file|ignore)\[(?P<codes>[^\]]*)\]")
_SEPARATOR = re.compile(r"[,\s]")


class Directive:
    """One comment: its codes, which of them hushed something, and the lines for which it speaks."""

    __slots__ = ("codes", "first", "in_comment", "last", "span", "text", "used")

    def __init__(self, text: str, codes: tuple[str, ...], span: Span, first: int, last: int) -> None:
        """Empty ``codes`` are a blanket ``# noqa``."""
        self.text = text
        self.codes = codes
        self.span = span
        self.first = first
        self.last = last
        self.in_comment = True
        self.used: set[str] = set()

    def hushes(self, code: str) -> bool:
        """Whether it speaks of ``code``; notes the use."""
        hits = [prefix for prefix in self.codes if code.startswith(prefix)]
        self.used.update(hits)
        return bool(hits) or not self.codes


class Suppressions:
    """Everything in one file that hushes."""

    __slots__ = ("_ignores", "_lines", "_noqa", "_regions", "whole_file")

    def __init__(self, text: str) -> None:
        """``text`` is the decoded file, without BOM."""
        self._lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.whole_file = any(NOQA_FILE.match(line) for line in self._lines)
        self._ignores: list[Directive] = []
        # First and last line of the text in which flake8 looks for the noqa of a line.
        self._regions: dict[int, tuple[int, int]] = {}
        self._noqa: dict[int, Directive | None] = {}
        if not self.whole_file:
            self._read_tokens()

    def hushes(self, finding: Finding) -> tuple[bool, bool]:
        """Whether a ``# noqa``, and whether a ``# torchgate: ignore``, hushes the finding."""
        line = finding.span.line
        noqa = self._noqa_at(line)
        by_noqa = noqa is not None and noqa.hushes(finding.code)
        # A list, not a generator: every comment that speaks for the finding is in use.
        by_ignore = any(
            [entry.hushes(finding.code) for entry in self._ignores if entry.first <= line <= entry.last]
        )
        return by_noqa, by_ignore

    def unused(self, is_computed: Callable[[str], bool]) -> Iterator[tuple[Span, str]]:
        """Comments with codes that hushed nothing, among the codes for which ``is_computed``."""
        for directive in [*self._every_noqa(), *self._ignores]:
            idle = [code for code in directive.codes if code not in directive.used and is_computed(code)]
            if idle:
                keep = len(set(directive.codes)) > len(set(idle))
                what = "these codes" if len(idle) > 1 else "the code"
                remedy = f"remove {what}" if keep else "remove the comment"
                yield directive.span, f"{directive.text} hushes no {' and no '.join(idle)} here; {remedy}"

    def _noqa_at(self, line: int) -> Directive | None:
        first, last = self._regions.get(line, (line, line))
        if first not in self._noqa:
            self._noqa[first] = self._find_noqa(first, last)
        return self._noqa[first]

    def _find_noqa(self, first: int, last: int) -> Directive | None:
        region = "\n".join(self._lines[first - 1 : last]) + "\n"
        match = NOQA.search(region)
        if match is None:
            return None
        codes = tuple(code for code in _SEPARATOR.split(match["codes"] or "") if code)
        start, end = match.span()
        if codes:
            end = match.start("codes") + len(match["codes"].rstrip(", \t\r\n\f\v"))
        line = first + region.count("\n", 0, start)
        column = start - (region.rfind("\n", 0, start) + 1) + 1
        text = " ".join(region[start:end].split())
        return Directive(f"`{text}`", codes, Span(line, column, line, column + end - start), first, last)

    def _every_noqa(self) -> Iterator[Directive]:
        """The ``# noqa`` with codes that stand in comments: documentation in a string is none."""
        for number, text in enumerate(self._lines, 1):
            if "noqa" in text.lower():
                found = self._noqa_at(number)
                if found is not None and found.span.line == number and self._in_comment(found):
                    yield found

    def _in_comment(self, directive: Directive) -> bool:
        return directive.in_comment and directive.span.line not in self._string_noqa(directive)

    def _string_noqa(self, directive: Directive) -> set[int]:
        raise NotImplementedError

    def _read_tokens(self) -> None:
        raise NotImplementedError
