"""benchmarks/detection.py: how it counts, on made-up cases; no tool but torchgate runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.rules.casefile import Case

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import detection  # noqa: E402

RAW = """\
import os

def load():
    from torch import (  # error: TG101
        nn,
        optim,
    )
    if nn:
        return os.path
"""


def _subject(folder: Path, files: dict[str, str], config: str = "") -> detection.Subject:
    return detection.subject_of(Case(folder / "made-up.md", "made up", 1, files, config), folder)


def test_a_line_belongs_to_the_smallest_statement_around_it() -> None:
    starts = detection.statement_starts(RAW)
    assert [starts.get(line) for line in range(1, 10)] == [1, None, 3, 4, 4, 4, 4, 8, 9]


def test_what_python_cannot_read_has_no_statements() -> None:
    assert detection.statement_starts("import (") == {}


def test_reports_count_for_the_statement_that_they_stand_in(tmp_path: Path) -> None:
    subject = _subject(tmp_path, {"app/load.py": RAW})
    assert subject.expected == {("app/load.py", 4): {"TG101"}}
    found = subject.places({("app/load.py", 5), ("app/load.py", 6), ("app/load.py", 1), ("ruff.toml", 1)})
    assert found == {("app/load.py", 4), ("app/load.py", 1)}


def test_the_ban_has_what_the_configuration_names(tmp_path: Path) -> None:
    config = 'runtime-modules = ["app.rt"]\ntorch-bound-modules = ["app.nets"]\n'
    config += 'facade-modules = ["app.facade.*"]\ngated-packages = ["torch", "cupy"]\n'
    files = {f"app/{name}.py": "" for name in ("rt", "nets", "train", "facade")}
    ban = _subject(tmp_path, files, config).ban
    assert ban.packages == ["torch", "cupy", "app.facade"]
    assert {"torch.set_default_dtype", "torch.backends.cudnn.benchmark"} <= set(ban.members)
    assert ban.exempt == {"app/rt.py", "app/nets.py"}


def test_a_score_tells_seen_missed_and_besides(tmp_path: Path) -> None:
    subject = _subject(tmp_path, {"app/load.py": RAW})
    score = detection.Score()
    score.add(subject, {("app/load.py", 4)})
    score.add(subject, {("app/load.py", 1)})
    assert (score.seen["TG101"], score.statements, score.besides, score.exact) == (1, 1, 1, 1)
    assert score.lines == [
        "missed made-up: made up app/load.py:4 TG101",
        "besides made-up: made up app/load.py:1",
    ]
    rows = detection.table({"some tool": score}, [subject, subject]).splitlines()
    assert "| TG101 raw-torch-import | 2 | 1 |" in rows
    assert "| **statements seen** | 2 | 1 (50%) |" in rows
    assert "| **statements reported besides** | 0 | 1 |" in rows
    assert "| **projects told exactly** | 2 | 1 (50%) |" in rows


def test_import_linter_is_read_by_its_links() -> None:
    text = "-   app.train -> app.util (l.3, l.7)\n    app.util -> torch (l.1)\nContracts: 1 broken."
    assert detection.links(text) == {("app.train", 3), ("app.train", 7), ("app.util", 1)}


@pytest.mark.parametrize("only", ["TG104: "])
def test_torchgate_itself_is_run_as_its_users_run_it(only: str, tmp_path: Path) -> None:
    subject = next(detection.subjects(tmp_path, only))
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/torchgate"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{BENCHMARKS.parent}/src" exec "{sys.executable}" -m torchgate "$@"\n'
    )
    program.chmod(0o755)
    assert subject.expected
    assert subject.places(detection.torchgate(program.parent, subject)) == subject.expected.keys()
