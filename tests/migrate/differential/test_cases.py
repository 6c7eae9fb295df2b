"""Every project of ``cases/*.md``, before and after its migration, under real torch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.migrate.differential.casefile import Case, read_cases
from tests.migrate.differential.harness import Worker
from tests.migrate.differential.migrating import migrate, unexpected, unsound
from tests.migrate.differential.outcome import differences, render

pytestmark = pytest.mark.torch

CASES = [case for file in sorted((Path(__file__).parent / "cases").glob("*.md")) for case in read_cases(file)]


@pytest.fixture(scope="module")
def before() -> Iterator[Worker]:
    with Worker() as worker:
        yield worker


@pytest.fixture(scope="module")
def after() -> Iterator[Worker]:
    with Worker() as worker:
        yield worker


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case, tmp_path: Path, before: Worker, after: Worker) -> None:
    old, new = tmp_path / "before", tmp_path / "after"
    case.write(old)
    case.write(new)
    first = before.run(old)
    assert render(first) == case.result
    done = migrate(new)
    wrong = unexpected(case.expected, done.sites) + unsound(done)
    second = after.run(new, forbidden=done.forbids_ambient)
    wrong += differences(first, second)
    assert not wrong, f"{case.file.name}:{case.line}\n" + "\n".join(wrong)
