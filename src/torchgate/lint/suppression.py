"""Comments that hush findings: flake8's ``# noqa`` exactly as flake8 7.5 reads it, and torchgate's own.

``# noqa`` counts on the physical line of a finding, joined over multi-line strings and backslash
continuations, and wherever its text stands, be it in a string. ``# torchgate: ignore[TG101]`` is read from
comments only and speaks for a logical line. A file with neither costs a search of its bytes.
"""

from __future__ import annotations

import re

from torchgate.semantics.codetext import in_turn
from torchgate.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator
    from tokenize import TokenInfo

    from torchgate.finding import Finding

# From flake8 7.5, defaults.py: NOQA_INLINE_REGEXP and NOQA_FILE.
NOQA = re.compile(r"# noqa(?::[\s]?(?P<codes>([A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
NOQA_FILE = re.compile(r"\s*# flake8[:=]\s*noqa", re.IGNORECASE)
IGNORE = re.compile(r"#\s*torchgate:\s*(?P<kind>ignore-file|ignore)\[(?P<codes>[^\]]*)\]")
# What was meant to be one: no brackets, a blank before them, none at the end. Quoted, it is documentation.
MALFORMED = re.compile(r"(?<![`'\"])#\s*torchgate:\s*ignore(?:-file)?(?![-\w])(?!\[[^\]]*\])")
REMEDY = "put the rule's code in brackets, as in `ignore[TG101]`"
CODE = re.compile(r"TG\d{0,3}")
# Without one of these no comment hushes a code of ours: a `noqa` that has no codes on its line, a code.
_BLANKET = r"[#] noqa(?!:[^\S\r\n]?[A-Z]+[0-9])"
_OTHERS = r"# flake8[:=]\s*noqa|TG[0-9]|torchgate:"
_EFFECTIVE = re.compile(f"{_BLANKET}|{_OTHERS}", re.IGNORECASE)
_CONTINUED = re.compile(rb"\\\n")
# The most lines of a statement that are entered one by one.
_NEAR = 100
_SEPARATOR = re.compile(r"[,\s]")


def may_hush(text: str, lines: Container[int] | None = None) -> bool:
    """Whether a comment in a file may hush a finding, of those at the given ``lines`` if they are all: for
    which lines it speaks takes all of the file's tokens, and most files that have a ``# noqa`` have those of
    other tools, or have it elsewhere."""
    if _EFFECTIVE.search(text) is None:
        return False
    if lines is None or "\r" in text or re.search(_OTHERS, text, re.IGNORECASE):
        return True
    joined = _joined(text.encode("utf-8", "surrogatepass"))
    if joined is None:
        return True
    for match in re.finditer(_BLANKET, text, re.IGNORECASE):
        first = last = text.count("\n", 0, match.start()) + 1
        while first - 1 in joined:
            first -= 1
        while last in joined:
            last += 1
        if any(line in lines for line in range(first, last + 1)):
            return True
    return False


def _joined(data: bytes) -> set[int] | None:
    """The lines at whose end a string or a backslash goes on; None where that is not certain."""
    told = in_turn(data)
    if told is None:
        return None
    found: set[int] = set()
    line = 1
    for place, part in enumerate(told[0]):
        if place % 2:
            found.update(range(line, line + part.count(b"\n")))
        elif b"\\\n" in part:
            ends = [match.start() for match in _CONTINUED.finditer(part)]
            found.update(line + part.count(b"\n", 0, end) for end in ends)
        line += part.count(b"\n")
    return found


class Directive:
    """One comment: its codes, which of them hushed something, and the lines for which it speaks."""

    __slots__ = ("codes", "first", "last", "span", "text", "used")

    def __init__(self, text: str, codes: tuple[str, ...], span: Span, first: int, last: int) -> None:
        """Empty ``codes`` are a blanket ``# noqa``."""
        self.text = text
        self.codes = codes
        self.span = span
        self.first = first
        self.last = last
        self.used: set[str] = set()

    def hushes(self, code: str) -> bool:
        """Whether it speaks of ``code``; notes the use."""
        hits = [prefix for prefix in self.codes if code.startswith(prefix)]
        self.used.update(hits)
        return bool(hits) or not self.codes


class Suppressions:
    """Everything in one file that hushes."""

    __slots__ = (
        "_comments",
        "_ignores",
        "_lines",
        "_malformed",
        "_near",
        "_noqa",
        "_regions",
        "_wide",
        "whole_file",
    )

    def __init__(self, text: str) -> None:
        """``text`` is the decoded file, without BOM."""
        self._lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.whole_file = any(NOQA_FILE.match(line) for line in self._lines)
        self._ignores: list[Directive] = []
        self._malformed: list[tuple[Span, str]] = []
        # First and last line of the text in which flake8 looks for the noqa of a line.
        self._regions: dict[int, tuple[int, int]] = {}
        self._noqa: dict[int, Directive | None] = {}
        self._comments: dict[int, int] = {}
        tokens = _tokens(self._lines)
        self._regions = _regions(tokens)
        self._read_comments(tokens)
        # By line, so that a file of many findings and many comments does not compare each with each.
        self._near: dict[int, list[Directive]] = {}
        self._wide = [entry for entry in self._ignores if entry.last - entry.first > _NEAR]
        for entry in self._ignores:
            if entry.last - entry.first <= _NEAR:
                for line in range(entry.first, entry.last + 1):
                    self._near.setdefault(line, []).append(entry)

    def hushes(self, finding: Finding) -> tuple[bool, bool]:
        """Whether a ``# noqa``, and whether a ``# torchgate: ignore``, hushes the finding."""
        line = finding.span.line
        noqa = self._noqa_at(line)
        by_noqa = noqa is not None and noqa.hushes(finding.code)
        by_ignore = False
        for entry in (
            *self._near.get(line, ()),
            *self._wide,
        ):  # all of them: every comment that speaks for the finding is in use
            if entry.first <= line <= entry.last and entry.hushes(finding.code):
                by_ignore = True
        return by_noqa, by_ignore

    def unused(self, is_computed: Callable[[str], bool]) -> Iterator[tuple[Span, str]]:
        """Comments with codes that hushed nothing, among the codes for which ``is_computed``, and those of
        torchgate's own that can never hush anything."""
        yield from self._malformed
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
        trailing = len(match[0]) - len(match[0].rstrip(", \t\r\n\f\v")) if codes else 0
        start = match.start()
        line = first + region.count("\n", 0, start)
        column = start - (region.rfind("\n", 0, start) + 1) + 1
        text = region[start : match.end() - trailing].partition("\n")[0]
        span = Span(line, column, line, column + len(text))
        return Directive(f"`{text}`", codes, span, first, last)

    def _every_noqa(self) -> Iterator[Directive]:
        """The ``# noqa`` that stand in comments: documentation in a string is none."""
        for line, column in self._comments.items():
            if "noqa" in self._lines[line - 1].lower():
                found = self._noqa_at(line)
                if found is not None and found.span.line == line and found.span.column >= column:
                    yield found

    def _read_comments(self, tokens: Iterable[TokenInfo]) -> None:
        """Note every comment's place, and which logical line each ``# torchgate: ignore`` speaks for."""
        import tokenize

        skipped = (tokenize.NL, tokenize.INDENT, tokenize.DEDENT)
        logical_start = 0
        waiting: list[Directive] = []
        for kind, text, (line, column), _, _ in tokens:
            if kind == tokenize.COMMENT:
                self._comments[line] = column + 1
                waiting.extend(self._directives(text, line, column, logical_start or line))
            elif kind == tokenize.NEWLINE:
                for directive in waiting:
                    directive.last = max(directive.last, line)
                waiting.clear()
                logical_start = 0
            elif kind not in skipped and not logical_start:
                logical_start = line

    def _directives(self, comment: str, line: int, column: int, first: int) -> Iterator[Directive]:
        for match in IGNORE.finditer(comment):
            codes = tuple(code.upper() for code in _SEPARATOR.split(match["codes"]) if code)
            if codes:
                directive = Directive(f"`{match[0]}`", codes, _span(match, line, column), first, line)
                if match["kind"] == "ignore-file":
                    directive.first, directive.last = 1, len(self._lines)
                self._ignores.append(directive)
                yield directive
            named = match["codes"].replace(",", " ").split()
            wrong = [code for code in named if not CODE.fullmatch(code.upper())]
            if wrong or not codes:
                what = f"names {' and '.join(wrong)}, no code of torchgate" if wrong else "names no code"
                self._malformed.append((_span(match, line, column), f"`{match[0]}` {what}; {REMEDY}"))
        malformed = MALFORMED.search(comment)
        if malformed is not None:
            message = f"`{malformed[0]}` hushes nothing; {REMEDY}"
            self._malformed.append((_span(malformed, line, column), message))


def _span(match: re.Match[str], line: int, column: int) -> Span:
    return Span(line, column + match.start() + 1, line, column + match.end() + 1)


def _tokens(lines: list[str]) -> list[TokenInfo]:
    import tokenize

    rows = iter([*(f"{line}\n" for line in lines[:-1]), *lines[-1:]])
    try:
        return list(tokenize.generate_tokens(lambda: next(rows)))
    except (tokenize.TokenError, SyntaxError, ValueError):
        # flake8 falls back to physical lines as well. ValueError: a lone surrogate, from Python 3.12 on.
        return []


def _regions(tokens: Iterable[TokenInfo]) -> dict[int, tuple[int, int]]:
    """As ``FileProcessor._noqa_line_mapping`` of flake8 7.5 has it."""
    import tokenize

    regions: dict[int, tuple[int, int]] = {}
    first, last = 0, 0
    for kind, _, (start, _), (end, _), _ in tokens:
        if kind in (tokenize.ENDMARKER, tokenize.DEDENT):
            continue
        first, last = min(first or start, start), max(last, end)
        if kind in (tokenize.NL, tokenize.NEWLINE):
            for line in range(first, last + 1):
                regions[line] = (first, last)
            first, last = 0, 0
    return regions
