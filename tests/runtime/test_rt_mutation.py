"""Delete or break each row of the effect in turn: read-back goes red for every one, from a hostile start."""

from __future__ import annotations

from typing import Any

import pytest
from rt_support import OLD_TORCH, SHARED_INDUCTOR, run_code, run_program

pytestmark = pytest.mark.torch

# Not derived from the product: what torch 2.13 and 2.14 offer, in the words of docs/runtime.md.
ALL_ROWS = {
    "TORCHINDUCTOR_DETERMINISTIC",
    "CUBLAS_WORKSPACE_CONFIG",
    "deterministic_algorithms",
    "cudnn.deterministic",
    "cudnn.benchmark",
    "cudnn.allow_tf32",
    "cudnn.fp32_precision",
    "cudnn.conv.fp32_precision",
    "cudnn.rnn.fp32_precision",
    "cuda.matmul.allow_tf32",
    "cuda.matmul.allow_fp16_reduced_precision_reduction",
    "cuda.matmul.allow_bf16_reduced_precision_reduction",
    "cuda.matmul.allow_fp16_accumulation",
    "cuda.allow_fp16_bf16_reduction_math_sdp",
    "fp32_precision",
    "mkldnn.deterministic",
    "mkldnn.fp32_precision",
    "mkldnn.matmul.fp32_precision",
    "mkldnn.conv.fp32_precision",
    "mkldnn.rnn.fp32_precision",
    "fill_uninitialized_memory",
    "num_threads",
}
# What 2.6 has of them.
OLD_ROWS = {
    "TORCHINDUCTOR_DETERMINISTIC",
    "CUBLAS_WORKSPACE_CONFIG",
    "deterministic_algorithms",
    "cudnn.deterministic",
    "cudnn.benchmark",
    "cudnn.allow_tf32",
    "cuda.matmul.allow_tf32",
    "cuda.matmul.allow_fp16_reduced_precision_reduction",
    "cuda.matmul.allow_bf16_reduced_precision_reduction",
    "cuda.allow_fp16_bf16_reduction_math_sdp",
    "mkldnn.deterministic",
    "fill_uninitialized_memory",
    "num_threads",
}
ROWS = OLD_ROWS if OLD_TORCH else ALL_ROWS
KINDS = ("deleted", "writes nothing", "writes back what was there", "raises")


@pytest.fixture(scope="module")
def loop() -> Any:
    return run_program("mutate")


def records(loop: Any, **wanted: Any) -> list[dict[str, Any]]:
    return [each for each in loop["records"] if all(each[key] == value for key, value in wanted.items())]


def test_the_loop_is_the_loop(loop: Any) -> None:
    assert set(loop["rows"]) == ROWS
    assert len(loop["records"]) == 5 * 2 * (1 + len(KINDS) * len(ROWS))
    assert all(each["same start"] for each in loop["records"])


def test_the_whole_effect_is_green_from_every_start(loop: Any) -> None:
    assert [each for each in records(loop, kind="none") if each["error"] is not None] == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("row", sorted(ROWS))
def test_every_mutation_goes_red_from_a_hostile_start(loop: Any, row: str, kind: str) -> None:
    red = [each for each in records(loop, kind=kind, row=row) if each["error"] is not None]
    assert red
    if kind == "raises":
        assert len(red) == 10
        assert {(each["error"], each["got"]) for each in red} == {(row, "RuntimeError: injected")}


def test_a_mutation_that_stays_green_left_nothing_undone(loop: Any) -> None:
    """From some starts a row has nothing to do; then the state must be the effect's in every respect."""
    green = [each for each in loop["records"] if each["error"] is None]
    assert len(green) > (20 if OLD_TORCH else 50)
    assert [each for each in green if each["unlike the effect"] or each["reached"]] == []


def test_restored_tells_the_truth(loop: Any) -> None:
    """Judged by getters of the test's own, over all that the start had."""
    red = [each for each in loop["records"] if each["error"] is not None]
    assert [each for each in red if each["restored"] != (each["residue"] == {})] == []


def test_everything_is_restored_as_long_as_the_row_is_there_to_restore(loop: Any) -> None:
    red = [each for each in loop["records"] if each["error"] is not None and each["kind"] != "deleted"]
    assert [each for each in red if not each["restored"]] == []


@pytest.mark.parametrize(
    ("seed", "rounds"),
    [("1", "300"), pytest.param("2", "5000", marks=pytest.mark.slow)],
    ids=["ordinary", "long"],
)
def test_random_starts_and_random_failures(seed: str, rounds: str) -> None:
    """Nothing stays on TF32, a failing row is the one named, and ``restored`` is never a lie."""
    assert run_program("random_starts", seed, rounds)["wrong"] == []


@pytest.mark.skipif(OLD_TORCH, reason="Inductor has no deterministic mode there")
def test_without_the_variable_other_threads_would_lack_inductors_mode() -> None:
    """In a fresh process, where Inductor's config is first imported by the effect itself."""
    code = """
import json
from torchgate.runtime import ApplyError, Policy, apply, decide_torch_runtime
from torchgate.runtime import checklist
apply.rows = lambda torch, policy: tuple(
    row for row in checklist.rows(torch, policy) if row.name != "TORCHINDUCTOR_DETERMINISTIC"
)
try:
    apply.apply_torch_runtime(decide_torch_runtime(Policy(device="cpu")))
except ApplyError as error:
    print(json.dumps([error.item, error.restored, dict(error.detail)]))
"""
    item, restored, detail = run_code(code)
    wrong = {item, detail.get("also wrong", item).partition(":")[0]}
    lacking = set() if SHARED_INDUCTOR else {"inductor.deterministic in other threads"}
    assert wrong == lacking | {"TORCHINDUCTOR_DETERMINISTIC"}
    assert restored
    assert "torch._inductor.config among them" in detail["imported_modules"]
    # Packages that a reader can look for, not the standard library's parts.
    packages = detail["imported_modules"].partition(" modules of ")[2].partition(" stay ")[0].split(", ")
    assert {"torch", "sympy"} <= set(packages)
    assert not {"decimal", "cProfile"} & set(packages)


@pytest.mark.skipif(OLD_TORCH, reason="this torch is an old one itself; the loop above ran on it")
def test_a_torch_without_the_newer_switches_is_applied_and_proven_too() -> None:
    seen = run_program("pretend_old")
    assert set(seen["rows"]) == OLD_ROWS - {"num_threads"}, "the policy names no number of threads"
    assert seen["green"] == []
    assert seen["restored"] == [True] * len(seen["rows"])
    assert seen["drift"] == []
    assert seen["inductor"] is False
