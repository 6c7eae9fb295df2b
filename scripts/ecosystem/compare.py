"""TG101 against an independent count: ruff's TID251 with torch banned, statement by statement.

TID251 sees type-only imports too; those are taken off by ``_seen_by_type_checkers_only``, which knows
nothing of torchgate: an import below ``if TYPE_CHECKING:``, textually. Every statement that only one of
the two reports must fall into a class of ``EXPLAINED``, whose words go into the page.
"""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import tokenize
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ecosystem.checking import PLAIN, Checked
from ecosystem.corpus import EcosystemError

STUB = "stub"
BLANKET = "blanket noqa"
TYPE_ONLY = "type-only"
EXPLAINED = {
    TYPE_ONLY: "ruff reports it, torchgate does not: below `if TYPE_CHECKING:`, so it never runs.",
    STUB: "ruff reports it, torchgate does not: in a `.pyi`, which never runs.",
    BLANKET: "ruff (told to ignore suppressions) reports it, torchgate does not: the line has a `# noqa` "
    "without codes (`# noqa F403` lacks the colon and is one), or the file has `# flake8: noqa`, and such a "
    "comment hushes every rule, as in flake8.",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A statement that one of the two reports; ``kind`` is a key of EXPLAINED, or empty."""

    project: str
    path: str
    line: int
    by: str
    kind: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many statements each reports, how many both, and where they differ."""

    torchgate: int
    ruff: int
    both: int
    differences: tuple[Difference, ...]

    def kinds(self) -> Counter[str]:
        """Differences by kind."""
        return Counter(difference.kind for difference in self.differences)


def compare(checked: Checked, banned: Iterable[tuple[str, int]]) -> Comparison:
    """Both counts over one plainly checked project; ``banned`` is what ruff says of it."""
    assert checked.way == PLAIN
    ours = {(found.path, found.line) for found in checked.findings if found.code == "TG101"}
    files: dict[str, _File] = {}
    theirs: set[tuple[str, int]] = set()
    for path, line in banned:
        if path not in files:
            files[path] = _File(checked.folder / path)
        theirs.add((path, files[path].statement(line)))
    differences = []
    for path, line in sorted(ours ^ theirs):
        file = files.get(path) or _File(checked.folder / path)
        by = "torchgate" if (path, line) in ours else "ruff"
        kind = file.kind(line) if by == "ruff" else ""
        differences.append(Difference(checked.project.label, path, line, by, kind))
    return Comparison(len(ours), len(theirs), len(ours & theirs), tuple(differences))


def banned(folder: Path, python: Path) -> list[tuple[str, int]]:
    """The places where ruff's TID251 sees torch: path and line.

    Raises:
        EcosystemError: ruff fails.
    """
    command = [str(python), "-m", "ruff", "check", "--isolated", "--no-cache", "--ignore-noqa", "--quiet"]
    command += ["--no-respect-gitignore", "--output-format", "json", "--select", "TID251", "--config"]
    command += ['lint.flake8-tidy-imports.banned-api."torch".msg = "torch is banned"', "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    if done.returncode not in (0, 1):
        raise EcosystemError(f"ruff ended with {done.returncode}: {done.stderr.strip()}")
    return [
        (Path(item["filename"]).relative_to(folder).as_posix(), item["location"]["row"])
        for item in json.loads(done.stdout)
        if item["code"] == "TID251"  # ruff tells syntax errors in the same list
    ]


class _File:
    """What the comparison wants to know of one file."""

    def __init__(self, path: Path) -> None:
        self._is_stub = path.suffix == ".pyi"
        data = path.read_bytes()
        tree = ast.parse(data)
        self._imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        self._type_only = set(_seen_by_type_checkers_only(tree))
        self._noqa = {
            token.start[0]: token.string.lower()
            for token in tokenize.tokenize(io.BytesIO(data).readline)
            if token.type == tokenize.COMMENT and "noqa" in token.string.lower()
        }

    def statement(self, line: int) -> int:
        """The first line of the import statement around ``line``; the line itself where there is none."""
        starts = [node.lineno for node in self._imports if node.lineno <= line <= (node.end_lineno or line)]
        return max(starts, default=line)

    def kind(self, line: int) -> str:
        """Why torchgate leaves out an import at ``line``; empty for no reason that is known here."""
        if self._is_stub:
            return STUB
        if line in self._type_only:
            return TYPE_ONLY
        whole_file = any(re.fullmatch(r"#\s*flake8:\s*noqa\s*", text) for text in self._noqa.values())
        if whole_file or re.search(r"# noqa(?!:\s?[a-z]+[0-9])", self._noqa.get(line, "")):
            return BLANKET
        return ""


def _seen_by_type_checkers_only(tree: ast.AST) -> list[int]:
    """The lines of the imports below ``if TYPE_CHECKING:``."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).rpartition(".")[2] == "TYPE_CHECKING":
            for statement in node.body:
                for inner in ast.walk(statement):
                    if isinstance(inner, ast.Import | ast.ImportFrom):
                        found.append(inner.lineno)
    return found
