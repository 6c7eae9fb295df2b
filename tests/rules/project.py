"""Lints a small project on disk as both front ends do, with every rule on."""

from __future__ import annotations

from pathlib import Path

from torchgate.config_load import file_info, load_config
from torchgate.lint.engine import Options, check_data, project_of
from torchgate.lint.rules import ALL
from torchgate.lint.selection import Overrides, Selection

Found = dict[str, list[tuple[int, int, str, str]]]


def lint_files(root: Path, files: dict[str, str], config_text: str = "") -> Found:
    """Findings per path as (line, column, code, message), sorted; opt-in and preview rules included."""
    write_files(root, files, config_text)
    return lint_batch(root, list(files))


def write_files(root: Path, files: dict[str, str], config_text: str = "") -> None:
    """Put a project on disk."""
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8"))
    (root / "torchgate.toml").write_text(config_text, "utf-8")


def lint_batch(root: Path, paths: list[str]) -> Found:
    """The findings of some files of a project, in this order, by one process that knows nothing yet."""
    config = load_config(str(root / "torchgate.toml"))
    every = tuple(rule.code for rule in ALL)
    selection = Selection(config, ALL, Overrides(extend_select=every, preview=True))
    project = project_of(config)
    found: Found = {}
    for path in paths:
        info = file_info(config, str(root / path))
        data = (root / path).read_bytes()
        outcome = check_data(path, data, config, info, selection, Options(path, resolver=project))
        assert not outcome.faults, outcome.faults[0].trace
        found[path] = [
            (finding.span.line, finding.span.column, finding.code, finding.message)
            for finding in outcome.findings
        ]
    return found
