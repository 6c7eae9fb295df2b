"""Reports for tests: of any paths, messages and lines of source, as hypothesis draws them."""

from __future__ import annotations

import os
from collections.abc import Sequence

from hypothesis import strategies as st

from torchgate.finding import Finding
from torchgate.lint.rules import ALL, page
from torchgate.report import Report
from torchgate.report.background import Background, RulePage
from torchgate.source import Span

ROOT = "/work tree/ä"
RULES = [
    RulePage(rule.code, rule.name, page(rule.code), by_default=not rule.opt_in, fix=rule.fix) for rule in ALL
]
CODES = [rule.code for rule in ALL]
Lines = dict[tuple[str, int | None], dict[int, str]]


def place(path: str) -> tuple[str | None, str]:
    """All files stand in one repository, but those in the middle of a path that looks so."""
    if "elsewhere" in path:
        return None, f"/{path}"
    return (f"{ROOT}/inner", path.removeprefix("inner/")) if path.startswith("inner/") else (ROOT, path)


def make(findings: Sequence[Finding], lines: Lines | None = None, **options: object) -> Report:
    """A report with all that any format asks for; findings have numbers for fingerprints."""
    prints = {finding: f"{number:032x}" for number, finding in enumerate(findings)}
    background = Background(prints, place, RULES)
    return Report(findings, lines=lines, background=lambda: background, **options)  # type: ignore[arg-type]


ANY = st.characters()  # control characters and lone surrogates as well
ODD = st.sampled_from(
    "\t\r\n\f\x00\x1b\x7f\x85\u2028\ufeff\ufffe\U0001f600\U0001f468\u200d\u0301ä字<>&\"']]>{}[](%:,"
)
TEXTS = st.text(ANY | ODD, max_size=30)
# What a file system gives: any bytes, those that are no text as lone surrogates.
NAMES = st.binary(min_size=1, max_size=12).map(os.fsdecode) | st.text(ODD, min_size=1, max_size=8)
PATHS = st.lists(
    (NAMES | st.sampled_from(["src", "inner", "elsewhere", "a.py", "a:b.py"])).map(
        lambda name: name.replace("/", "|").replace("\0", "0")
    ),
    min_size=1,
    max_size=3,
).map("/".join)
SOURCE_LINES = st.text(ANY | ODD | st.sampled_from(" xy"), max_size=40).map(
    lambda line: line.replace("\n", "").replace("\r", "")
)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Findings in any place; some lines are not known."""
    lines: Lines = {}
    found: list[Finding] = []
    for path in draw(st.lists(PATHS, unique=True, max_size=3)):
        known = lines.setdefault((path, None), {})
        for _ in range(draw(st.integers(0, 3))):
            line = draw(st.integers(1, 9))
            end = line + draw(st.sampled_from([0, 0, 0, 1, 4]))
            for number in (line, end):
                if draw(st.integers(0, 9)):
                    known.setdefault(number, draw(SOURCE_LINES))
            column = draw(st.integers(1, 45))
            end_column = draw(st.integers(column if line == end else 1, 50))
            code = draw(st.sampled_from(CODES))
            name = next(rule.name for rule in ALL if rule.code == code)
            qualname = draw(st.sampled_from(["", "f", "Net.forward"]))
            span = Span(line, column, end, end_column)
            found.append(Finding(path, span, code, name, draw(TEXTS), qualname=qualname))
    found.sort(key=Finding.sort_key)
    return make(found, lines, files=len(lines))


def placed(report: Report) -> list[tuple[str, int, int, str]]:
    """What every format must give back: path, line, column, code."""
    return [(item.path, item.span.line, item.span.column, item.code) for item in report.findings]
