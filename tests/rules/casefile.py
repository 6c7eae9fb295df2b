"""Reads the Markdown case files: prose, fenced files, and the expected codes as comments.

A case is a ``## Title`` section. Its fences are files: ```` ```python path/to/file.py ```` (the path may
be left out: ``app/module.py``), ```` ```toml ```` is the project's ``torchgate.toml``. A line's expected
codes stand in a comment at its end, ``# error: TG101, TG302``; where the line cannot carry one, a line of
its own after it, ``# ^ error: TG101``, speaks for the nearest line above that is not such a comment.
A title that ends with ``(Python 3.15)`` is that of a case in the syntax of that version.
``# error: 5 TG101`` also states the column. A code that stands twice is expected twice.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(
    r"^(?P<ticks>`{3,})(?P<language>\w+)(?: +(?P<path>\S+))?\n(?P<body>.*?)^(?P=ticks)[ \t]*$", re.M | re.S
)
_VERSION = re.compile(r" \(Python 3\.(\d+)\)$")
_COMMENT = re.compile(r"#\s*(?P<above>\^\s*)?error:\s*(?P<codes>[^#]+?)\s*$")
_CODE = re.compile(r"^(?:(?P<column>\d+) +)?(?P<code>TG\d{3})$")


@dataclass(frozen=True)
class Expected:
    line: int
    code: str
    column: int | None


@dataclass
class Case:
    file: Path
    title: str
    line: int
    files: dict[str, str] = field(default_factory=dict)
    config: str = ""

    @property
    def version(self) -> tuple[int, int]:
        """The oldest Python that reads the case."""
        found = _VERSION.search(self.title)
        return (3, int(found[1])) if found is not None else (3, 11)

    @property
    def id(self) -> str:
        return f"{self.file.stem}: {self.title}"


def read_cases(file: Path) -> list[Case]:
    """The cases of one Markdown file, in order."""
    text = file.read_text("utf-8")
    cases: list[Case] = []
    heads = [*re.finditer(r"^## (.+)$", text, re.M)]
    for index, head in enumerate(heads):
        end = heads[index + 1].start() if index + 1 < len(heads) else len(text)
        case = Case(file, head[1].strip(), text.count("\n", 0, head.start()) + 1)
        for fence in _FENCE.finditer(text[head.end() : end]):
            if fence["language"] == "toml":
                case.config = fence["body"]
            elif fence["language"] == "python":
                case.files[fence["path"] or "app/module.py"] = fence["body"]
        if not case.files:
            raise ValueError(f"{file}:{case.line}: the case {case.title!r} has no file")
        cases.append(case)
    return cases


def expected_findings(source: str) -> list[Expected]:
    """The findings that a file's comments announce."""
    found: list[Expected] = []
    target = 0
    for number, line in enumerate(re.split(r"\r\n|\r|\n", source), 1):
        match = _COMMENT.search(line)
        if match is None or not match["above"]:
            target = number
        if match is None:
            continue
        for item in match["codes"].split(","):
            code = _CODE.match(item.strip())
            if code is None:
                raise ValueError(f"line {number}: {item!r} is no code")
            found.append(Expected(target, code["code"], int(code["column"]) if code["column"] else None))
    return found


def compare(expected: list[Expected], actual: list[tuple[int, int, str, str]]) -> list[str]:
    """What differs, one sentence each; ``actual`` are (line, column, code, message)."""
    wanted = Counter((item.line, item.code) for item in expected)
    got = Counter((line, code) for line, _, code, _ in actual)
    problems = [f"line {line}: {code} is missing" for line, code in (wanted - got).elements()]
    for line, code in (got - wanted).elements():
        message = next(text for at, _, what, text in actual if (at, what) == (line, code))
        problems.append(f"line {line}: {code} is not expected ({message})")
    columns = {(line, code, column) for line, column, code, _ in actual}
    for item in expected:
        if item.column is not None and (item.line, item.code, item.column) not in columns:
            problems.append(f"line {item.line}: {item.code} does not stand at column {item.column}")
    return problems
