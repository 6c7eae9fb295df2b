"""Every project of ``cases/*.md``, before and after its migration, under real torch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.migrate.differential.casefile import Case, read_cases
from tests.migrate.differential.harness import Worker
from tests.migrate.differential.outcome import render

pytestmark = pytest.mark.torch

CASES = [case for file in sorted((Path(__file__).parent / "cases").glob("*.md")) for case in read_cases(file)]


@pytest.fixture(scope="module")
def before() -> Iterator[Worker]:
    with Worker() as worker:
        yield worker


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case, tmp_path: Path, before: Worker) -> None:
    folder = tmp_path / "before"
    case.write(folder)
    first = before.run(folder)
    assert render(first) == case.result
