"""Worker processes: the outcomes are complete and in order, and a worker's death is no silence."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from torchgate.cli import _parallel
from torchgate.processes import EndedError, Shares

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


class Double:
    """Stands in for ``Check``: a file is a number, its outcome twice that. ``deadly``: children die of it, of
    a signal where one is given."""

    def __init__(self, *, deadly: bool = False, signal: int = 0) -> None:
        self.parent = os.getpid()
        self.deadly = deadly
        self.signal = signal

    def check(self, file: int) -> int:
        if self.deadly:
            if os.getpid() != self.parent:
                if self.signal:
                    os.kill(os.getpid(), self.signal)
                    time.sleep(5)  # Python may raise KeyboardInterrupt a little later
                os._exit(9)
            time.sleep(0.1)  # the others get something to do
        return file * 2


def forked(check: Any, files: Any, jobs: int) -> list[Any] | None:
    return _parallel.spread(check.check, files, jobs)


@pytest.mark.parametrize("jobs", [2, 3, 7])
@pytest.mark.parametrize("count", [2, 63, 64, 200])
def test_every_file_once_and_in_order(count: int, jobs: int) -> None:
    assert forked(Double(), range(count), jobs) == [number * 2 for number in range(count)]


@pytest.mark.parametrize("jobs", [2, 3, 7])
@pytest.mark.parametrize(("count", "others"), [(0, 5), (3, 0), (64, 3), (70, 200)])
def test_every_other_one_once_and_behind(count: int, others: int, jobs: int) -> None:
    found = _parallel.spread(Double().check, range(count), jobs, range(1000, 1000 + others))
    assert found == [number * 2 for number in (*range(count), *range(1000, 1000 + others))]


def test_the_children_begin_with_the_others() -> None:
    parent = os.getpid()

    def who(item: int) -> bool:
        time.sleep(0.02)
        return os.getpid() == parent

    found = _parallel.spread(who, range(20), 2, range(20))
    assert found[:5] == [True] * 5
    assert found[20:25] == [False] * 5


def test_who_helps_with_the_items_knows_what_was_found_out(tmp_path: Path) -> None:
    parent = os.getpid()
    known: list[int] = []

    def wait_for(*items: int) -> None:
        until = time.monotonic() + 60
        while not any((tmp_path / str(item)).exists() for item in items):
            assert time.monotonic() < until
            time.sleep(0.01)

    def learn(item: int) -> tuple[bool, int]:
        known.append(item)
        is_parent = os.getpid() == parent
        if item == 0 or not is_parent:
            (tmp_path / str(item)).touch()
        if item >= 100:
            wait_for(0)  # the parent has found something out before the others are done
        elif is_parent and item == 1:
            for other in range(100, 110):
                wait_for(other)
        elif is_parent and item == 20:
            wait_for(*range(1, 30))  # a child helps
        return is_parent, known[0]

    found = _parallel.spread(learn, range(30), 2, range(100, 110))
    assert found[0] == (True, 0)
    assert {known for _, known in found[30:]} == {105}  # the first child started before anything was done
    assert (False, 0) in found[:30]
    assert {known for _, known in found[:30]} == {0}


def test_a_child_that_fails_is_told() -> None:
    with pytest.raises(RuntimeError, match="ended on its own with 9"):
        forked(Double(deadly=True), range(10), 2)


def test_a_child_that_is_killed_is_told() -> None:
    with pytest.raises(EndedError, match="--jobs 1"):
        forked(Double(deadly=True, signal=signal.SIGKILL), range(10), 2)


def test_without_further_processes_this_one_does_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise OSError("no more")

    monkeypatch.setattr(os, "fork", refuse)
    assert forked(Double(), range(70), 4) == [number * 2 for number in range(70)]


def test_many_items() -> None:
    assert forked(Double(), range(50_000), 2) == [number * 2 for number in range(50_000)]


@pytest.mark.parametrize("jobs", [1, 2, 3, 30])
def test_shares_leave_nothing_out(jobs: int) -> None:
    """Whoever comes last, and where some never come."""
    shares = Shares(20, jobs)
    walks = [shares.of(number) for number in range(jobs)]
    taken = [next(walk) for walk in (walks[0], walks[-1], walks[0])]
    assert sorted([*taken, *walks[-1], *walks[0]]) == [*range(20)]
    assert [index for number in range(jobs) for index in shares.of(number)] == []


def test_each_begins_with_neighbours() -> None:
    shares = Shares(20, 2)
    assert [*shares.of(1)] == [*range(10, 20), *reversed(range(10))]


def test_a_worker_that_is_interrupted_alone_is_told() -> None:
    """By its process id; Ctrl-C reaches all of them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    try:
        with pytest.raises(EndedError, match="--jobs 1"):
            forked(Double(deadly=True, signal=signal.SIGINT), range(10), 2)
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("left", [0, 1, 2, 5, 19, 20, 21, 24, 60])
def test_few_descriptors_are_few_workers(left: int) -> None:
    """Whoever has no more of them does the work alone, and can still open files."""
    import resource

    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = []
    try:
        first = os.dup(0)
        os.close(first)
        resource.setrlimit(resource.RLIMIT_NOFILE, (first + 64, limits[1]))
        while True:
            try:
                taken.append(os.dup(0))
            except OSError:
                break
        for _ in range(min(left, len(taken))):
            os.close(taken.pop())
        assert forked(Double(), range(100), 7) == [number * 2 for number in range(100)]
    finally:
        for number in taken:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
