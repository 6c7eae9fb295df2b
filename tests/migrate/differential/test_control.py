"""Controls: a migration without analysis is caught by the cases, and doing nothing is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.migrate.differential import blind
from tests.migrate.differential.casefile import read_cases
from tests.migrate.differential.harness import Worker
from tests.migrate.differential.outcome import differences

pytestmark = [pytest.mark.torch, pytest.mark.slow]

AMBIENT = ("arguments", "blocks", "deferred", "factories", "helpers", "modules", "passing", "readers", "text")


@pytest.fixture(scope="module")
def workers() -> Iterator[tuple[Worker, Worker]]:
    with Worker() as one, Worker() as other:
        yield one, other


def test_a_migration_without_analysis_is_caught(workers: tuple[Worker, Worker], tmp_path: Path) -> None:
    pages = [read_cases(Path(__file__).parent / "cases" / f"{name}.md") for name in AMBIENT]
    cases = [case for page in pages for case in page]
    caught = []
    for number, case in enumerate(cases):
        old, new = tmp_path / f"{number}a", tmp_path / f"{number}b"
        case.write(old)
        case.write(new)
        blind.rewrite(new)
        if differences(workers[0].run(old), workers[1].run(new)):
            caught.append(case.id)
    assert len(cases) > 250
    assert len(caught) > len(cases) / 2, caught


def test_the_cases_repeat(workers: tuple[Worker, Worker], tmp_path: Path) -> None:
    """The same project in two processes gives the same: what differs elsewhere is the migration's doing."""
    for file in sorted((Path(__file__).parent / "cases").glob("*.md")):
        for number, case in enumerate(read_cases(file)):
            folder = tmp_path / file.stem / str(number)
            case.write(folder)
            assert differences(workers[0].run(folder), workers[1].run(folder)) == [], case.id
