"""flake8 with the plugin in this process: the same reading of files and the same plugin object, without the
rest of flake8's start. Each run has settings of its own, as a process would."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path

import pytest
from flake8.processor import FileProcessor

from tests.cache.conftest import Project
from torchgate.flake8_plugin import Plugin, judge
from torchgate.flake8_plugin.settings import Settings

Row = tuple[str, int, int, str]

# What a file's reader wants to know of flake8's options.
OPTIONS = Namespace(
    hang_closing=False,
    indent_size=4,
    max_line_length=79,
    max_doc_length=None,
    verbose=0,
    stdin_display_name="stdin",
    disable_noqa=False,
)


class Run:
    """What one run reported, and which files it had to judge."""

    def __init__(self, rows: list[Row], judged: list[str]) -> None:
        self.rows = rows
        self.judged = judged


def flake8(
    files: Iterable[str] | None = None,
    *,
    no_cache: bool = False,
    disable_noqa: bool = False,
    cache_dir: str | None = None,
    config: str | None = None,
) -> Run:
    """Run the plugin over files, or over all in the working directory."""
    names = sorted(path.as_posix() for path in Path().rglob("*.py")) if files is None else list(files)
    settings = Settings(
        config, disable_noqa=disable_noqa, no_cache=no_cache, cache_dir=cache_dir, started_ns=time.time_ns()
    )
    judged: list[str] = []
    real = judge.check_data

    def check_data(path: str, *rest: object) -> object:
        judged.append(path)
        return real(path, *rest)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "check_data", check_data)
        patch.setattr(Plugin, "_settings", settings)
        settings.prepare()
        rows = [row for name in names for row in _rows(name)]
    return Run(rows, judged)


def compared(files: Iterable[str] | None = None, *, disable_noqa: bool = False) -> list[str]:
    """The files that a run has to judge; what it says must be what a run without a cache says."""
    found = flake8(files, disable_noqa=disable_noqa)
    expected = flake8(files, disable_noqa=disable_noqa, no_cache=True)
    assert found.rows == expected.rows
    return found.judged


def warmed(project: Project, files: dict[str, str | None]) -> Project:
    """A project of which everything is kept."""
    project.write(files)
    assert compared() == sorted(files)
    assert compared() == []
    return project


def _rows(name: str) -> list[Row]:
    processor = FileProcessor(name, OPTIONS)
    try:
        tree = processor.build_ast()
    except (SyntaxError, ValueError):
        return []
    return [(name, line, column, text) for line, column, text, _ in Plugin(tree, name, processor.lines).run()]
