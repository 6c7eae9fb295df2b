"""A project on disk, and codemods made for one test, to try what carries out the decisions of real ones."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from torchgate.config_load import ConfigLoader
from torchgate.files.discover import Discovery
from torchgate.finding import Finding
from torchgate.lint.rules import ALL as RULES
from torchgate.lint.selection import Selection
from torchgate.migrate.changes import Change, Place
from torchgate.migrate.deciding import site_of
from torchgate.migrate.decisions import Codemod, Decision, Site
from torchgate.migrate.project import Migration, Unit
from torchgate.migrate.result import Left, Result
from torchgate.migrate.run import Task, run


class Seen:
    """One finding as a toy codemod sees it."""

    def __init__(self, migration: Migration, unit: Unit, finding: Finding) -> None:
        self.migration = migration
        self.unit = unit
        self.finding = finding
        self.site = site_of(unit.path, finding, "toy")

    @property
    def line(self) -> str:
        """The finding's line."""
        return self.unit.source.lines[self.finding.span.line - 1].strip()

    def node(self, kind: type[Any]) -> Any:
        """The innermost node of a class around the finding."""
        line = self.finding.span.line
        found = [
            node
            for node in ast.walk(self.unit.module.tree)
            if isinstance(node, kind) and node.lineno <= line <= node.end_lineno
        ]
        return max(found, key=lambda node: node.lineno)

    def statement(self) -> Place:
        """The statement at the finding's line."""
        nodes = [node for node in ast.walk(self.unit.module.tree) if isinstance(node, ast.stmt)]
        return self.unit.place(next(node for node in nodes if node.lineno == self.finding.span.line))


def toy(decide: Callable[[Seen], Decision | None], *codes: str, name: str = "toy") -> Codemod:
    """A codemod that decides on each finding alone."""

    def decisions(migration: Migration) -> Iterator[Decision]:
        for path, findings in migration.asked():
            unit = migration.unit(path)
            for finding in findings:
                if finding.code in codes and unit is not None:
                    decision = decide(Seen(migration, unit, finding))
                    if decision is not None:
                        yield decision

    return Codemod(name, frozenset(codes), decisions)


class Workbench:
    """The project of one test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("pyproject.toml", "[tool.torchgate]\n")

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def path(self, name: str) -> str:
        return str(self.root / name)

    def task(self, *codemods: Codemod, paths: Sequence[str] = (), **options: Any) -> Task:
        loader = ConfigLoader(cwd=str(self.root))
        discovery = Discovery(loader)
        discovery.add([str(self.root / path) for path in paths] or [str(self.root)])
        files = [file for file in discovery.files.values() if file.path.endswith((".py", ".pyi"))]
        config = loader.for_folder(str(self.root))
        return Task(config, files, Selection(config, RULES), codemods, **options)

    def run(self, *codemods: Codemod, **options: Any) -> Result:
        return run(self.task(*codemods, **options))

    def after(self, result: Result, name: str) -> str:
        """A file's content after the run."""
        path = self.path(name)
        return result.rewrites[path].after.decode() if path in result.rewrites else Path(path).read_text()


def told(result: Result) -> list[tuple[str, int, str, str]]:
    """File name, line, code and what became of every site."""
    return [
        (
            Path(found.site.place.path).name,
            found.site.place.line,
            found.site.code,
            found.reason.value if isinstance(found, Left) else "migrated",
        )
        for found in result.sites
    ]


def details(result: Result) -> list[str]:
    """What was said of every site that was left."""
    return [found.detail for found in result.sites if isinstance(found, Left)]


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


__all__ = ["Change", "Codemod", "Seen", "Site", "Workbench", "details", "told", "toy"]
