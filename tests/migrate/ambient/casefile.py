"""Reads the case files of this folder: Markdown whose sections are small projects before their migration.

A case is a ``## Title`` section; fences before the first title belong to every case that has no file of
that path. ```` ```python path ```` is a file, ```` ```python path after ```` what becomes of it (without one
it has to stay as it is, byte for byte), ```` ```toml ```` the configuration. A comment ``# refused: reason``
at the end of a line is what is expected of the sites of that line, and is taken off before the file is
written; every other site outside ``app/defaults.py`` has to be migrated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(
    r"^```(?P<language>\w+)(?: +(?P<path>\S+))?(?P<after> after)?\n(?P<body>.*?)^```[ \t]*$", re.M | re.S
)
_COMMENT = re.compile(r"[ \t]*# refused: (?P<reason>[a-z-]+)[ \t]*$", re.M)


@dataclass
class Case:
    file: Path
    title: str
    line: int
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    refused: set[tuple[str, int, str]] = field(default_factory=set)

    @property
    def id(self) -> str:
        return f"{self.file.stem}: {self.title}"

    def add(self, fence: re.Match[str]) -> None:
        """Take in one fence."""
        if fence["language"] == "toml":
            self.before["torchgate.toml"] = fence["body"]
            return
        path = fence["path"] or "app/main.py"
        if fence["after"]:
            self.after[path] = fence["body"]
            return
        for number, line in enumerate(fence["body"].splitlines(), 1):
            if found := _COMMENT.search(line):
                self.refused.add((path, number, found["reason"]))
        self.before[path] = _COMMENT.sub("", fence["body"])


def read_cases(file: Path) -> list[Case]:
    """The cases of one Markdown file, in order."""
    text = file.read_text("utf-8")
    heads = [*re.finditer(r"^## (.+)$", text, re.M)]
    shared = [*_FENCE.finditer(text[: heads[0].start()])]
    cases: list[Case] = []
    for index, head in enumerate(heads):
        end = heads[index + 1].start() if index + 1 < len(heads) else len(text)
        case = Case(file, head[1].strip(), text.count("\n", 0, head.start()) + 1)
        for fence in [*shared, *_FENCE.finditer(text[head.end() : end])]:
            case.add(fence)
        if not case.after and not case.refused:
            raise ValueError(f"{file}:{case.line}: the case {case.title!r} expects nothing")
        cases.append(case)
    return cases
