"""Reads Markdown cases of a migration: files before, files after, refusals.

A case is a ``## Title`` section. ```` ```python app/x.py ```` is a file before the migration, ```` ```after
app/x.py ```` what becomes of it; a file without one stays as it is, to the byte. ```` ```toml ```` is the
project's ``torchgate.toml``. ``# refused: TG101 no-handle-in-reach`` at a line's end is a refusal there (it
stays in the file), ``... reason: words`` also asks for words of the detail; ``;;`` stands between two.
Every other site migrates. A title that ends with ``(--unsafe)`` asks for that option.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(
    r"^(?P<ticks>`{3,})(?P<language>\w+)(?: +(?P<path>\S+))?\n(?P<body>.*?)^(?P=ticks)[ \t]*$", re.M | re.S
)
_REFUSED = re.compile(r"# refused: (?P<what>.*)$")
_ONE = re.compile(r"(?P<code>TG\d{3}) (?P<reason>[a-z-]+)(?:: (?P<words>.*))?$")


@dataclass(frozen=True)
class Expected:
    """A refusal that a line announces."""

    path: str
    line: int
    code: str
    reason: str
    words: str


@dataclass
class Case:
    """One section."""

    file: Path
    title: str
    line: int
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    config: str = ""

    @property
    def unsafe(self) -> bool:
        return self.title.endswith("(--unsafe)")

    @property
    def id(self) -> str:
        return f"{self.file.stem}: {self.title}"

    def expected(self) -> list[Expected]:
        """The refusals that the files announce."""
        found = []
        for path, text in self.before.items():
            for number, line in enumerate(text.split("\n"), 1):
                match = _REFUSED.search(line)
                for item in match["what"].split(";;") if match else ():
                    one = _ONE.match(item.strip())
                    if one is None:
                        raise ValueError(f"{self.file}:{self.line}: {item!r} is no refusal")
                    found.append(Expected(path, number, one["code"], one["reason"], one["words"] or ""))
        return found


def read_cases(file: Path) -> list[Case]:
    """The cases of one Markdown file, in order."""
    text = file.read_text("utf-8")
    cases: list[Case] = []
    heads = [*re.finditer(r"^## (.+)$", text, re.M)]
    for index, head in enumerate(heads):
        end = heads[index + 1].start() if index + 1 < len(heads) else len(text)
        case = Case(file, head[1].strip(), text.count("\n", 0, head.start()) + 1)
        for fence in _FENCE.finditer(text[head.end() : end]):
            match fence["language"]:
                case "toml":
                    case.config = fence["body"]
                case "python":
                    case.before[fence["path"] or "app/module.py"] = fence["body"]
                case "after":
                    case.after[fence["path"] or "app/module.py"] = fence["body"]
                case language:
                    case.before[fence["path"] or language] = fence["body"]
        if not case.before:
            raise ValueError(f"{file}:{case.line}: the case {case.title!r} has no file")
        cases.append(case)
    return cases
