"""Lints a small project on disk the way both front ends do, every rule on."""

from __future__ import annotations

from pathlib import Path

from torchgate.config_load import file_info, load_config
from torchgate.lint.effects import writers
from torchgate.lint.rules import ALL
from torchgate.semantics.module import analyze
from torchgate.semantics.project import Project
from torchgate.source import Source

Found = dict[str, list[tuple[int, int, str, str]]]


def lint_files(root: Path, files: dict[str, str], config_text: str = "") -> Found:
    """Findings per path as (line, column, code, message), sorted; opt-in and preview rules included."""
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8"))
    (root / "torchgate.toml").write_text(config_text, "utf-8")
    config = load_config(str(root / "torchgate.toml"))
    project = Project(config, writers)
    found: Found = {}
    for path in files:
        file = root / path
        source = Source(path, file.read_bytes())
        info = file_info(config, str(file))
        module = analyze(source, config, info, project)
        zones = {
            name
            for name, here in (
                ("runtime", info.is_runtime),
                ("torch-bound", info.is_torch_bound),
                ("tests", info.is_test),
                ("stub", info.is_stub),
            )
            if here
        }
        rows = []
        for rule in ALL:
            if rule.skips & zones:
                continue
            for place, message in rule.check(module):
                span = source.span(place) if hasattr(place, "col_offset") else place
                rows.append((span.line, span.column, rule.code, message))
        found[path] = sorted(rows)
    return found


