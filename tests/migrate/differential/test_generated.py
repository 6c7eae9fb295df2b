"""Random projects: migrated, then compared under real torch."""

from __future__ import annotations

import itertools
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.migrate.differential import blind
from tests.migrate.differential.harness import Worker
from tests.migrate.differential.migrating import migrate, unsound
from tests.migrate.differential.outcome import differences
from tests.migrate.differential.programs import projects

pytestmark = pytest.mark.torch

FEW, MANY, PARTS = 10, 500, 4


def write(folder: Path, files: dict[str, str]) -> None:
    """Put a project on disk."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")


def explore(
    root: Path, number: int, rewrite: Callable[[Path], bool], part: int = 0, *, gpu: bool = False
) -> Counter[str]:
    """Draw projects and compare each before and after ``rewrite``, which says whether it wants the result
    to be free of ambient defaults; what happened, counted. ``gpu``: a real one in the place of ``meta``."""
    counts: Counter[str] = Counter()
    folders = (root / str(index) for index in itertools.count())

    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # shrinking takes minutes; the folder of what failed is in the message
        print_blob=False,
    )
    @seed(5 + part)
    @given(projects())
    def compare(files: dict[str, str]) -> None:
        folder = next(folders)
        old, new = folder / "before", folder / "after"
        if gpu:
            files = {path: text.replace("meta", "cuda") for path, text in files.items()}
        write(old, files)
        write(new, files)
        forbidden = rewrite(new)
        counts["programs"] += 1
        counts["free"] += forbidden
        counts["changed"] += any((new / path).read_text("utf-8") != text for path, text in files.items())
        wrong = differences(before.run(old), after.run(new, forbidden=forbidden))
        assert not wrong, "\n".join([*wrong, str(folder)])
        shutil.rmtree(folder)

    with Worker(gpu=gpu) as before, Worker(gpu=gpu) as after:
        compare()
    return counts


def migrated(counts: Counter[str]) -> Callable[[Path], bool]:
    """``torchgate migrate``, counting sites and reasons."""

    def rewrite(folder: Path) -> bool:
        done = migrate(folder)
        assert not unsound(done)
        counts["accepted sites"] += len(done.accepted)
        counts.update(site.reason or "migrated" for site in done.sites)
        return done.forbids_ambient

    return rewrite


def test_a_few(tmp_path: Path) -> None:
    explore(tmp_path, FEW, migrated(Counter()))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_many(tmp_path: Path, part: int) -> None:
    """Zero differences in 2,000 projects, and a good share of them was really changed."""
    sites: Counter[str] = Counter()
    counts = explore(tmp_path, MANY, migrated(sites), part)
    print(counts, sites)
    assert counts["programs"] >= MANY
    assert counts["changed"] > counts["programs"] * 0.9
    assert counts["free"] > counts["programs"] / 4  # nothing ambient is left, and setting any is an error
    assert sites["accepted sites"] > counts["programs"] * 3


@pytest.mark.slow
def test_a_migration_without_analysis_is_caught(tmp_path: Path) -> None:
    """Random projects are hard enough: the blind rewriter fails within a few of them."""

    def rewrite(folder: Path) -> bool:
        blind.rewrite(folder)
        return False

    with pytest.raises(AssertionError, match="became"):
        explore(tmp_path, 50, rewrite)
