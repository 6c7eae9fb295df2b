"""The effect and its handle, in processes of their own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from rt_support import NO_GPU, OLD_TORCH, SHARED_INDUCTOR, rejected_for_cuda, run_code, run_program

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def seen() -> Any:
    return run_program("effect", **NO_GPU)


def test_the_designs_own_example_is_rejected_without_a_gpu(seen: Any) -> None:
    """A CPU build is known by its files; whether a CUDA build has a GPU only torch can tell."""
    assert seen["torch imported by decide for cuda"] is seen["cuda build"]
    name, message = seen["design example"]
    assert name == "RejectedError"
    assert message.partition(":")[0] in rejected_for_cuda(seen["cuda build"])


def test_many_threads_get_one_handle(seen: Any) -> None:
    assert seen["threads"] == [12, 1]


def test_the_handle_is_one(seen: Any) -> None:
    assert seen["same"] == dict.fromkeys(seen["same"], True)
    assert len(seen["same"]) == 9
    assert seen["state_dict"] == ["linear.bias", "linear.weight"]


def test_another_policy_is_refused_and_told_apart(seen: Any) -> None:
    name, text = seen["other policy"]
    assert name == "AlreadyAppliedError"
    differing, _, place = text.partition("; it was applied at ")
    assert differing == (
        "the effect happens once per process, and another policy was applied: "
        "affinity=RequiresMainThread() is requested, WorkerSafe() was applied; "
        "num_threads=None is requested, 2 was applied"
    )
    program = Path(__file__).parent / "rt_programs" / "effect.py"
    first, _, caller = place.partition(", called at ")
    file, line = first.removesuffix(" in work").rsplit(":", 1)
    assert Path(file) == program
    assert "apply_torch_runtime(" in program.read_text("utf-8").splitlines()[int(line) - 1]
    assert caller


def test_the_handle_cannot_be_written_to(seen: Any) -> None:
    assert seen["set"][0] == seen["set own"][0] == seen["del"][0] == "AttributeError"
    assert "read-only" in seen["set"][1]
    assert seen["applied read-only"] == ["TypeError", "this mapping is read-only"]


def test_a_misspelt_member_is_torchs_own_error(seen: Any) -> None:
    assert seen["misspelt"] == ["AttributeError", "module 'torch' has no attribute 'zeroes'"]
    assert seen["unfinished"][0] == "AttributeError"
    assert "not made by the effect" in seen["unfinished"][1]


def test_what_the_handle_shows(seen: Any) -> None:
    assert seen["dir"] is True
    assert seen["repr"].startswith("<TorchHandle torch 2.")
    assert seen["applied"]["deterministic_algorithms"] == "error"
    assert seen["applied"]["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"
    assert seen["applied"]["num_threads"] == 2
    assert seen["applied"]["float32_matmul_precision"] == "highest"
    assert OLD_TORCH or seen["applied"]["cudnn.conv.fp32_precision"] == "ieee"


def test_nonsense_arguments_are_type_errors(seen: Any) -> None:
    assert seen["not a decision"][0] == seen["not metrics"][0] == "TypeError"
    assert "Ready or Rejected" in seen["not a decision"][1]
    assert "increment(name, tags)" in seen["not metrics"][1]


def test_drift_names_everything_that_moved(seen: Any) -> None:
    assert seen["drift before"] == seen["drift after"] == []
    moved = {"cuda.matmul.allow_tf32", "float32_matmul_precision", "cudnn.benchmark"}
    if not OLD_TORCH:
        moved |= {"mkldnn.matmul.fp32_precision", "cuda.matmul.fp32_precision"}
    assert {item for item, _, _ in seen["drift"]} == set(seen["drift error"]) == moved
    assert ["cudnn.benchmark", False, True] in seen["drift"]
    assert seen["second apply under drift"][0] == "DriftError"
    assert "cudnn.benchmark: wanted False, got True" in seen["second apply under drift"][1]
    assert seen["drift in a flags context"] == ["cudnn.deterministic"]


def test_tf32_forced_by_the_environment_after_the_effect_is_drift(seen: Any) -> None:
    """The effect did not write it; a library that is loaded later obeys it all the same."""
    assert seen["TF32 forced off"] == []
    assert seen["TF32 forced on"] == [["NVIDIA_TF32_OVERRIDE", None, "1"]]


@pytest.mark.skipif(sys.platform == "win32", reason="C runtimes differ there")
def test_a_variable_that_only_the_libraries_see_is_drift(seen: Any) -> None:
    """cuBLAS reads it when CUDA starts, and os.environ knows nothing of it."""
    ((item, wanted, got),) = seen["drift by putenv"]
    assert (item, wanted) == ("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    assert got == "':16:8' in os.environ, ':0:0' in C"


def test_another_thread_is_deterministic_too_and_its_own_drift_is_its_own(seen: Any) -> None:
    moved = [] if OLD_TORCH else ["inductor.deterministic"]
    if SHARED_INDUCTOR and not OLD_TORCH:
        moved += ["inductor.deterministic in other threads"]
    assert seen["another thread"] == [[], moved]
    stays = [] if not SHARED_INDUCTOR else moved
    assert [item for item, *_ in seen["its change stays there"]] == stays


@pytest.mark.parametrize("how", ["before", "after"])
def test_applying_again_in_another_thread_gives_it_the_number_of_threads(how: str) -> None:
    """Each thread has a number of its own once it has used torch; the effect elsewhere does not reach it."""
    code = f"""
import json, threading
import torch
from torchgate.runtime import Policy, WorkerSafe, apply_torch_runtime, decide_torch_runtime
policy = Policy(device="cpu", num_threads=3, affinity=WorkerSafe())
torch.set_num_threads(2)
used, applied, seen = threading.Event(), threading.Event(), []
def apply():
    return apply_torch_runtime(decide_torch_runtime(policy))
def work():
    seen.append(torch.get_num_threads() if {how!r} == "before" else 0)
    used.set()
    applied.wait()
    if {how!r} == "after":
        torch.set_num_threads(1)
    seen.append([item.item for item in handle.drift()])
    seen.append([apply() is handle, torch.get_num_threads(), list(handle.drift())])
    torch.set_num_threads(5)
    try:
        apply()
    except Exception as error:
        seen.append(type(error).__name__)
thread = threading.Thread(target=work)
thread.start()
used.wait()
handle = apply()
applied.set()
thread.join()
print(json.dumps([*seen, torch.get_num_threads(), list(handle.drift())]))
"""
    had, drifted, joined, moved, here, drift = run_code(code)
    assert had == (2 if how == "before" else 0)
    assert drifted == ["num_threads"]
    assert joined == [True, 3, []]
    assert moved == "DriftError"
    assert (here, drift) == (3, [])


@pytest.mark.parametrize("how", ["rebound", "module", "through", "asserted", "verified"])
def test_torch_compile_fullgraph(seen: Any, how: str) -> None:
    assert seen[f"compiled {how}"] == [1.0, 2.0]


def test_other_front_ends_as_documented(seen: Any) -> None:
    assert seen["fx"] == seen["vmap"] == [0.0, 1.0]
    assert seen["script"] == "RuntimeError"
    assert seen["verified in one graph"] == "Unsupported"
    assert seen["vars"] == "TypeError"
    assert seen["is a module"] is False


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("c++") is None, reason="Inductor compiles C++ on a CPU")
def test_torch_compile_with_inductor_in_two_threads() -> None:
    assert run_program("inductor") == [[True, []], [True, []], [True, []]]


def test_freezing_the_flags_afterwards_changes_nothing(seen: Any) -> None:
    assert seen["after freezing"] is True
    assert seen["verify after freezing"] == ["nothing", ""]


def test_exactly_the_one_rejection_was_logged(seen: Any) -> None:
    ((level, reasons),) = seen["records"]
    assert level == "ERROR"
    assert reasons in [[reason] for reason in rejected_for_cuda(seen["cuda build"])]


def test_probing_changes_no_flag_and_imports_no_part_of_torch() -> None:
    assert run_program("probe_changes_nothing") == {"moved": {"default": {}, "hostile": {}}, "modules": []}


@pytest.fixture(scope="module")
def cases() -> Any:
    return run_program("cases")


def test_a_failure_in_a_fresh_process_leaves_the_defaults_and_a_second_try_works(cases: Any) -> None:
    seen = cases["fails_at_the_last_row_and_then_works"]
    assert (seen["item"], seen["cause"]) == ("fill_uninitialized_memory", "ZeroDivisionError")
    assert (seen["restored"], seen["moved"], seen["then"]) == (True, {}, [])
    first, *more = seen["text"].splitlines()
    assert first == (
        "fill_uninitialized_memory: wanted True, got 'ZeroDivisionError: division by zero'; "
        "everything reads as it did before"
    )
    assert OLD_TORCH or "stay imported, torch._inductor.config among them" in more[0]


def test_a_failure_at_the_first_row_leaves_the_way_open_too(cases: Any) -> None:
    seen = cases["fails_at_the_first_row_and_then_works"]
    assert seen["item"] == "TORCHINDUCTOR_DETERMINISTIC"
    assert (seen["restored"], seen["moved"], seen["then"]) == (True, {}, [])


def test_an_interrupt_restores_says_so_and_passes(cases: Any) -> None:
    told = "torchgate: the effect was interrupted at {}; everything reads as it did before"
    assert cases["interrupted"] == [{}, told.format("fill_uninitialized_memory")]
    assert cases["interrupted_again_while_restoring"] == [{}, told.format("cudnn.benchmark")]


def test_an_interrupt_says_what_could_not_be_restored(cases: Any) -> None:
    (note,) = cases["interrupted_and_not_restored"]
    assert "NOT everything could be put back: do not compute in this process" in note


EVERY_FOURTH = pytest.param("1", "4", marks=pytest.mark.slow)


@pytest.mark.parametrize(("first", "step"), [("20", "59"), EVERY_FOURTH])
def test_an_interrupt_at_any_line_is_all_or_nothing(first: str, step: str) -> None:
    """The effect is complete and kept, or everything is as before; either way the next call works."""
    seen = run_program("interrupts", first, step)
    assert seen["wrong"] == []
    assert seen["tried"] == seen["restored"] + seen["complete"] > 5
    assert 0 < seen["told"] < seen["restored"]  # before the first write there is nothing to tell


@pytest.mark.parametrize(("first", "step"), [("20", "97"), EVERY_FOURTH])
def test_an_interrupt_of_a_failing_effect_is_nothing(first: str, step: str) -> None:
    """Also one that comes between the failure and the restoring."""
    seen = run_program("interrupts", first, step, "cudnn.allow_tf32")
    assert seen["wrong"] == []
    assert seen["tried"] == seen["restored"] > 5


def test_flags_frozen_half_way_are_told_as_not_restored(cases: Any) -> None:
    seen = cases["frozen_half_way"]
    assert (seen["item"], seen["restored"]) == ("cudnn.benchmark", False)
    assert seen["moved"]["cudnn.deterministic"] == [False, True]
    assert "NOT everything could be put back" in seen["text"]


def test_a_snapshot_that_cannot_be_read_changes_nothing(cases: Any) -> None:
    seen = cases["a_snapshot_that_cannot_be_read"]
    assert (seen["item"], seen["restored"], seen["moved"]) == ("cudnn.benchmark", True, {})
    assert seen["got"] == "ZeroDivisionError: division by zero"


def test_a_torch_that_lacks_what_is_read_back_is_an_apply_error(cases: Any) -> None:
    assert cases["a_torch_without_a_getter"] == {
        "item": "checklist",
        "got": "AttributeError: module 'torch._C' has no attribute '_get_cudnn_benchmark'",
        "restored": True,
        "moved": {},
    }


def test_a_misspelt_attribute_is_caught_by_the_read_back(cases: Any) -> None:
    """torch.backends.cudnn accepts and echoes it."""
    seen = cases["a_setting_that_does_not_hold"]
    assert (seen["item"], seen["got"], seen["restored"]) == ("cudnn.deterministic", False, True)
    assert seen["moved"] == {}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("frozen_before", ["flags_frozen"]),
        ("frozen_between", ["flags_frozen"]),
        ("inductor_before", ["inductor_already_configured"]),
        ("inductor_between", ["inductor_already_configured"]),
        ("cublas_between", ["cublas_config_invalid"]),
        ("tf32_forced_for_libraries_alone", ["tf32_forced_by_env"]),
        ("everything_before", ["cublas_config_invalid", "tf32_forced_by_env", "flags_frozen"]),
    ],
)
def test_the_effect_looks_again_before_it_acts(cases: Any, case: str, expected: list[str]) -> None:
    """What stands against the policy rejects it also where it came up after the decision."""
    if SHARED_INDUCTOR and expected == ["inductor_already_configured"]:
        assert cases[case] is None, "there the mode is the process's, or none, so nothing stands against it"
    else:
        assert cases[case] == [expected, {}]


def test_the_effect_happens_once_also_where_it_is_asked_for_from_within(cases: Any) -> None:
    said = "apply_torch_runtime called from within the effect"
    assert cases["applied_from_within_the_effect"] == [["the effect", said, True, {}], [], True]
    assert cases["applied_while_the_effect_looks_again"] is True


def test_a_warning_of_torchs_is_no_failure_where_warnings_are_errors(cases: Any) -> None:
    assert cases["warnings_as_errors"] == [[], "error"]


def test_inductor_configured_early_is_fine_with_its_variable_set(cases: Any) -> None:
    assert cases["inductor_configured_early_with_its_variable"] == []


def test_environment_that_the_effect_overrules_is_overwritten(cases: Any) -> None:
    assert cases["variables_that_the_effect_overrules"] == [[], ":16:8"]


def test_the_main_thread_is_required_unless_the_policy_says_otherwise(cases: Any) -> None:
    wrong = ["not_main_thread"]
    assert cases["threads"] == [wrong, wrong, "nothing", wrong, wrong, "nothing"]
