"""Reads the case files: Markdown whose sections are small projects, with what their migration should do.

A case is a ``## Title`` section. Its ```` ```python path ```` fences are files; fences before the first title
belong to every case of the file that has none of that path. ```` ```toml ```` is ``torchgate.toml``, and a
```` ```result ```` fence says what the project gives under real torch, a line a tensor (``outcome.render``).

Words after a path say how the file is stored: ``crlf``, ``bom``, ``latin-1``, ``tabs``, ``no-newline``.

What is expected of a site stands in a comment at the end of its line, which is taken off before the file is
written:

* ``# -> migrated``,
* ``# -> refused deferred-code``, ``# -> refused unknown-callee or third-party-callee``,
* ``# -> refused``: whatever the reason,
* ``# -> any``: either, as long as nothing differs.

``# -> TG302 migrated, TG303 any`` tells the sites of one line apart. Sites without a comment may come out as
they like.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

_FENCE = re.compile(
    r"^(?P<ticks>`{3,})(?P<language>\w+)(?: +(?P<path>\S+))?(?P<form>(?: +[\w-]+)*)\n"
    r"(?P<body>.*?)^(?P=ticks)[ \t]*$",
    re.M | re.S,
)
_COMMENT = re.compile(r"[ \t]*#[ \t]*->[ \t]*(?P<items>[^#\n]+?)[ \t]*$", re.M)
_ITEM = re.compile(
    r"^(?:(?P<code>TG\d{3}) )?(?P<status>migrated|refused|any)(?: (?P<reasons>[\w-]+(?: or [\w-]+)*))?$"
)
_META = re.compile(rb"\bmeta\b")
FORMS = {"crlf", "bom", "latin-1", "tabs", "no-newline"}


@dataclass(frozen=True)
class Expected:
    """What should become of the sites of a line, or of those of them with this code."""

    path: str
    line: int
    code: str
    status: str
    reasons: frozenset[str]

    def admits(self, status: str, reason: str) -> bool:
        """Whether this outcome of a site is as expected."""
        if self.status == "any":
            return True
        return status == self.status and (not self.reasons or reason in self.reasons)

    def __str__(self) -> str:
        return " ".join([self.status, " or ".join(sorted(self.reasons))]).strip()


@dataclass
class Case:
    """One project."""

    file: Path
    title: str
    line: int
    files: dict[str, bytes] = field(default_factory=dict)
    expected: list[Expected] = field(default_factory=list)
    result: str | None = None

    @property
    def id(self) -> str:
        """Its name among the tests."""
        return f"{self.file.stem}: {self.title}"

    def write(self, folder: Path) -> None:
        """Put the project on disk."""
        for path, data in self.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)

    def on_gpu(self) -> Case:
        """The same with a real GPU where ``meta`` stands in for it; what it gives is another thing then."""
        files = {path: _META.sub(b"cuda", data) for path, data in self.files.items()}
        return replace(self, files=files, result=None)


def read_cases(file: Path) -> list[Case]:
    """The cases of one Markdown file, in order."""
    text = file.read_text("utf-8")
    heads = [*re.finditer(r"^## (.+)$", text, re.M)]
    shared = Case(file, "", 0)
    add_fences(shared, text[: heads[0].start()])
    cases = []
    for index, head in enumerate(heads):
        end = heads[index + 1].start() if index + 1 < len(heads) else len(text)
        case = Case(file, head[1].strip(), text.count("\n", 0, head.start()) + 1)
        add_fences(case, text[head.end() : end])
        if not {"app/main.py", "app/__main__.py"} & case.files.keys():
            raise ValueError(f"{file}:{case.line}: the case {case.title!r} has no program")
        own = set(case.files)
        case.files = shared.files | case.files
        case.expected += [item for item in shared.expected if item.path not in own]
        for path in [*case.files]:
            for parent in [*Path(path).parents][:-1]:
                case.files.setdefault(f"{parent.as_posix()}/__init__.py", b"")
        cases.append(case)
    return cases


def add_fences(case: Case, text: str) -> None:
    """Take the files, the configuration, the expectations and the result from a section."""
    for fence in _FENCE.finditer(text):
        language, body = fence["language"], fence["body"]
        if language == "toml":
            case.files["torchgate.toml"] = body.encode()
        elif language == "result":
            case.result = body
        elif language == "python":
            path = fence["path"] or "app/main.py"
            forms = set(fence["form"].split())
            if forms - FORMS:
                raise ValueError(f"{case.file}: {case.title}: no such form: {forms - FORMS}")
            case.expected += expectations(path, body)
            case.files[path] = stored(_COMMENT.sub("", body), forms)


def expectations(path: str, body: str) -> list[Expected]:
    """What the comments of a file expect."""
    found = []
    for number, line in enumerate(body.split("\n"), 1):
        comment = _COMMENT.search(line)
        for item in comment["items"].split(",") if comment else ():
            match = _ITEM.match(item.strip())
            if match is None:
                raise ValueError(f"{path}:{number}: {item!r} is no expectation")
            reasons = frozenset((match["reasons"] or "").split(" or ")) - {""}
            found.append(Expected(path, number, match["code"] or "", match["status"], reasons))
    return found


def stored(text: str, forms: set[str]) -> bytes:
    """The bytes of a file."""
    if "tabs" in forms:
        text = re.sub(r"^(?: {4})+", lambda match: "\t" * (len(match[0]) // 4), text, flags=re.M)
    if "no-newline" in forms:
        text = text.rstrip("\n")
    if "crlf" in forms:
        text = text.replace("\n", "\r\n")
    data = text.encode("latin-1" if "latin-1" in forms else "utf-8")
    return b"\xef\xbb\xbf" + data if "bom" in forms else data
