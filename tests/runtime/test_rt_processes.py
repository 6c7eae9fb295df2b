"""The handle across fork, spawn, forkserver and DataLoader workers."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from rt_support import OLD_TORCH, run_code, run_program

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="fork, forkserver"),
]


@pytest.fixture(scope="module")
def seen() -> Any:
    return run_program("processes")


def test_a_child_forked_while_another_thread_applies_is_not_locked_out() -> None:
    code = """
import json, os, threading
from torchgate.runtime.state import PROCESS
held, done = threading.Event(), threading.Event()
def hold():
    with PROCESS.lock:
        held.set()
        done.wait()
thread = threading.Thread(target=hold)
thread.start()
held.wait()
reader, writer = os.pipe()
if os.fork() == 0:
    os.write(writer, json.dumps(PROCESS.lock.acquire(timeout=5)).encode())
    os._exit(0)
print(os.read(reader, 10).decode())
done.set()
thread.join()
"""
    assert run_code(code, python=("-W", "ignore")) is True


CONFIGURED = {
    "ok": True,
    "deterministic": 2,
    "threads": 2,
    "inductor": None if OLD_TORCH else True,
    "variable": ":16:8",
}


def test_a_forked_child_has_the_flags_and_the_same_handle(seen: Any) -> None:
    assert seen["fork"]["plain"] == CONFIGURED
    assert seen["fork"]["same handle"] is True
    assert seen["fork"]["grandchild"] is True


def test_a_forked_child_validates_before_the_first_use_and_until_it_passes(seen: Any) -> None:
    assert seen["fork"]["tampered"] == [["cudnn.benchmark"]] * 3


def test_a_forked_loader_worker_gets_its_threads_back_through_worker_init(seen: Any) -> None:
    assert seen["fork"]["dataloader"] == [["num_threads"], 2, [0.0]]


def test_a_handle_pickles_as_its_policy(seen: Any) -> None:
    assert seen["pickle size"] < 300


def test_a_dataset_that_holds_the_handle_arrives_applied(seen: Any) -> None:
    """Under forkserver; without worker_init the loader's own one thread stands, and drift says so."""
    for index, row in enumerate(seen["loader bare"]):
        arrived = CONFIGURED | {"threads": 1, "index": index, "moved": ["num_threads"]}
        del arrived["ok"]
        assert row == arrived


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_worker_init_seeds_random_and_numpy_from_the_workers_torch_seed(seen: Any, method: str) -> None:
    rows = seen[f"loader {method}"]
    assert [row["index"] for row in rows] == [0, 1, 2, 3]
    assert [row["moved"] for row in rows] == [[]] * 4
    first_draws = rows[:2]
    assert [row["drawn"] for row in first_draws] == [row["from the seed"] for row in first_draws]
    assert rows[0]["seed"] != rows[1]["seed"]
    assert rows[0]["drawn"] != rows[1]["drawn"]


def test_the_two_variables_reach_every_process_that_is_started(seen: Any) -> None:
    assert seen["variables of a process that is started"] == [":16:8", "1"]


def test_where_the_policy_cannot_be_met_unpickling_raises_and_the_error_comes_home(seen: Any) -> None:
    reasons, message = seen["rejected there"]
    assert reasons == ["tf32_forced_by_env"]
    assert "NVIDIA_TF32_OVERRIDE='1'" in message
