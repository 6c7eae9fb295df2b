"""The cases, and random projects, with a real GPU in the place of ``meta``: values are compared there too.

``python3 scripts/test.py -m gpu`` on a machine that has one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.migrate.differential.casefile import Case
from tests.migrate.differential.harness import Worker
from tests.migrate.differential.migrating import migrate, unsound
from tests.migrate.differential.outcome import differences
from tests.migrate.differential.test_cases import CASES
from tests.migrate.differential.test_generated import explore, migrated

pytestmark = [pytest.mark.torch, pytest.mark.gpu]

WITH_META = [case for case in CASES if case.on_gpu().files != case.files]


@pytest.fixture(scope="module")
def before() -> Iterator[Worker]:
    with Worker(gpu=True) as worker:
        yield worker


@pytest.fixture(scope="module")
def after() -> Iterator[Worker]:
    with Worker(gpu=True) as worker:
        yield worker


@pytest.mark.parametrize("case", WITH_META, ids=lambda case: case.id)
def test_case(case: Case, tmp_path: Path, before: Worker, after: Worker) -> None:
    old, new = tmp_path / "before", tmp_path / "after"
    case.on_gpu().write(old)
    case.on_gpu().write(new)
    first = before.run(old)
    done = migrate(new)
    wrong = unsound(done) + differences(first, after.run(new, forbidden=done.forbids_ambient))
    assert not wrong, f"{case.file.name}:{case.line}\n" + "\n".join(wrong)


@pytest.mark.parametrize("part", range(4))
def test_random_projects(tmp_path: Path, part: int) -> None:
    counts = explore(tmp_path, 50, migrated(Counter()), part, gpu=True)
    assert counts["programs"] >= 50
    assert counts["changed"] > 25
