"""Migrates a project on disk by the command, and looks at everything that needs no torch."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import tokenize
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.migrate.differential.casefile import Expected
from torchgate import cli

BOM = b"\xef\xbb\xbf"
AMBIENT = {"TG301", "TG302", "TG303"}


@dataclass(frozen=True)
class Site:
    """One line of ``migrate --format json``."""

    path: str
    line: int
    code: str
    codemod: str
    status: str
    reason: str
    detail: str

    def __str__(self) -> str:
        why = f" {self.reason} ({self.detail})" if self.reason else ""
        return f"{self.path}:{self.line} {self.code} {self.status}{why}"


@dataclass(frozen=True)
class Finding:
    """One line of ``check --format json``."""

    path: str
    line: int
    code: str


@dataclass
class Migrated:
    """What a migration did: its sites, the files it says it changed, and what was there before."""

    folder: Path
    sites: list[Site]
    said: set[str]
    before: dict[str, bytes]
    findings: list[Finding]

    @property
    def changed(self) -> set[str]:
        """The files whose bytes are others now."""
        return {path for path, data in self.before.items() if (self.folder / path).read_bytes() != data}

    @property
    def accepted(self) -> list[Site]:
        """The sites that were migrated."""
        return [site for site in self.sites if site.status == "migrated"]

    @property
    def forbids_ambient(self) -> bool:
        """Whether the project sets no ambient default any more, as far as this migration says."""
        return any(site.code in AMBIENT for site in self.accepted) and not self.ambient_left()

    def ambient_left(self) -> list[Site]:
        """Refused sites at which an ambient default is still set: no imports, no insides of helpers."""
        return [
            site
            for site in self.sites
            if site.status == "refused" and site.code in AMBIENT and not self._harmless(site)
        ]

    def _harmless(self, site: Site) -> bool:
        for node in ast.walk(ast.parse(self.before[site.path])):
            if isinstance(node, (ast.Import, ast.ImportFrom)) and node.lineno <= site.line <= end(node):
                return True
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.lineno <= site.line <= end(node):
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                here = [found for found in self.findings if found.path == site.path]
                if any(found.code == "TG305" and first <= found.line <= node.lineno for found in here):
                    return True
        return False


def end(node: ast.stmt) -> int:
    """The last line of a statement."""
    return node.end_lineno or node.lineno


def command(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run the command line in a folder, in this process: exit code and output."""
    printed, said = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(said):
        code = cli.main([*arguments, "."])
    assert code in (0, 1), f"torchgate {' '.join(arguments)} gave {code}: {said.getvalue()}"
    return code, printed.getvalue()


def check(folder: Path) -> list[Finding]:
    """The findings of a project."""
    _, printed = command(folder, "check", "--format", "json")
    return [Finding(found["path"], found["line"], found["code"]) for found in json.loads(printed)["findings"]]


def migrate(folder: Path, findings: list[Finding] | None = None) -> Migrated:
    """Migrate a project, in place; ``findings`` are those that it has, where they are known."""
    before = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.py")}
    findings = check(folder) if findings is None else findings
    _, printed = command(folder, "migrate", "--format", "json")
    told = json.loads(printed)
    sites = [
        Site(
            *(
                site.get(name) or ""
                for name in ("path", "line", "code", "codemod", "status", "reason", "detail")
            )
        )
        for site in told["sites"]
    ]
    return Migrated(folder, sites, set(told["files_changed"]), before, findings)


def unexpected(expected: list[Expected], sites: list[Site]) -> list[str]:
    """Where a migration did something else than a case expects."""
    wrong = []
    for item in expected:
        found = [
            site
            for site in sites
            if (site.path, site.line) == (item.path, item.line) and item.code in ("", site.code)
        ]
        if not found and item.status != "any":
            wrong.append(f"{item.path}:{item.line} has no site, expected {item}")
        wrong += [f"{site}, expected {item}" for site in found if not item.admits(site.status, site.reason)]
    return wrong


def unsound(done: Migrated) -> list[str]:
    """What is wrong with a migration whatever the case expects."""
    wrong = []
    if done.changed != done.said:
        wrong.append(f"changed {sorted(done.changed)}, said {sorted(done.said)}")
    if done.changed and not done.accepted:
        wrong.append(f"changed {sorted(done.changed)} and migrated no site")
    wrong += [f"{site}: no reason or no detail" for site in done.sites if not stated(site)]
    for path in sorted(done.changed):
        try:
            compile((done.folder / path).read_bytes(), path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            wrong.append(f"{path} does not compile: {error}")
        wrong += disturbed(path, done.before[path], (done.folder / path).read_bytes(), done.sites)
    if done.changed:
        wrong += again(done)
    return wrong


def disturbed(path: str, before: bytes, after: bytes, sites: list[Site]) -> list[str]:
    """What an edit changed that is no code: line endings, byte order mark, last newline, comments."""
    wrong = []
    if before.count(b"\n") == before.count(b"\r\n") and after.count(b"\n") != after.count(b"\r\n"):
        wrong.append(f"{path}: line endings are mixed now")
    if b"\r" in after and b"\r" not in before:
        wrong.append(f"{path}: line endings are others now")
    if before.startswith(BOM) != after.startswith(BOM):
        wrong.append(f"{path}: the byte order mark came or went")
    if after and before.endswith(b"\n") != after.endswith(b"\n"):
        wrong.append(f"{path}: the newline at the end came or went")
    lines = {site.line for site in sites if site.path == path}
    kept = Counter(text for _, text in comments(after))
    for line, text in comments(before):
        kept[text] -= 1
        if kept[text] < 0 and line not in lines:
            wrong.append(f"{path}:{line}: the comment {text!r} is gone")
    return wrong


def comments(data: bytes) -> list[tuple[int, str]]:
    """The comments of a file with their lines."""
    tokens = tokenize.tokenize(io.BytesIO(data).readline)
    return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]


def stated(site: Site) -> bool:
    """Whether a site says what a reader needs."""
    return site.status == "migrated" or (site.status == "refused" and bool(site.reason and site.detail))


def again(done: Migrated) -> list[str]:
    """What a second check and a second run show."""
    before = Counter((found.path, found.code) for found in done.findings)
    findings = check(done.folder)
    after = Counter((found.path, found.code) for found in findings)
    wrong = [f"a new finding in {path}: {code}" for path, code in (after - before).elements()]
    second = migrate(done.folder, findings)
    if second.changed or second.accepted:
        wrong.append(f"a second run changes {sorted(second.changed)}: {second.accepted}")
    return wrong
