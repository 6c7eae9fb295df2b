"""The CUDA branches without CUDA: on a build that only says it is one. No GPU was asked anything."""

from __future__ import annotations

import contextvars
import subprocess
import sys
import types
from typing import Any

import pytest
from rt_support import run_code, run_program

from torchgate.runtime import Policy, probing
from torchgate.runtime.probing import look

CUDA = Policy(device="cuda")
CPU = Policy(device="cpu")


def namespace(**members: Any) -> types.SimpleNamespace:
    return types.SimpleNamespace(**members)


def fake_torch(**changes: Any) -> Any:
    """The least torch that `look` reads; anything else it might touch is an AttributeError."""
    version = {"cuda": None, "hip": None, "xpu": None, **changes.get("version", {})}
    backends = {
        "flags_frozen": lambda: False,
        "cuda": namespace(is_built=lambda: changes.get("built", False)),
        "cudnn": namespace(is_available=lambda: changes.get("cudnn", True)),
        "mps": namespace(is_built=lambda: changes.get("mps", False)),
    }
    cuda = {
        "_is_in_bad_fork": lambda: changes.get("bad_fork", False),
        "is_initialized": lambda: changes.get("initialized", False),
        "_device_count_nvml": lambda: changes.get("nvml", 4),
        "device_count": lambda: changes["count"],
    }
    binding = {"_cudnn": namespace(getVersionInt=lambda: 91002)} if changes.get("cudnn", True) else {}
    return namespace(
        __version__="2.11.0+cu130",
        version=namespace(**version),
        backends=namespace(**backends),
        cuda=namespace(**cuda),
        _C=namespace(**binding),
        get_num_threads=lambda: 8,
    )


def test_a_cuda_build_is_read_without_starting_it() -> None:
    seen = look(fake_torch(built=True, version={"cuda": "13.0"}), CUDA)
    assert seen == {
        "torch_imported": True,
        "torch_version": "2.11.0+cu130",
        "accelerator": "cuda",
        "flags_frozen": False,
        "inductor_other_threads": None,
        "num_threads": 8,
        "cuda_version": "13.0",
        "cuda_initialized": False,
        "cuda_in_bad_fork": False,
        "cuda_device_count": 4,
        "cudnn_available": True,
        "cudnn_version": 91002,
    }


def test_gpus_are_not_counted_for_a_cpu_policy() -> None:
    assert look(fake_torch(built=True, nvml=1 / 3), CPU)["cuda_device_count"] is None


def test_an_initialised_cuda_counts_itself() -> None:
    seen = look(fake_torch(built=True, initialized=True, count=3, nvml=1), CUDA)
    assert seen["cuda_device_count"] == 3


def test_a_bad_fork_is_not_asked_for_its_devices() -> None:
    assert look(fake_torch(built=True, bad_fork=True), CUDA)["cuda_device_count"] is None


def test_without_cudnn() -> None:
    seen = look(fake_torch(built=True, cudnn=False), CUDA)
    assert (seen["cudnn_available"], seen["cudnn_version"]) == (False, None)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "none"),
        ({"mps": True}, "mps"),
        ({"version": {"xpu": "20250300"}}, "xpu"),
        ({"built": True}, "cuda"),
        ({"built": True, "version": {"hip": "7.0"}}, "rocm"),
    ],
)
def test_the_build(changes: dict[str, Any], expected: str) -> None:
    assert look(fake_torch(**changes), CPU)["accelerator"] == expected


def test_where_nvml_gives_no_answer_another_process_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []

    def elsewhere(visible: str | None) -> int | None:
        asked.append(visible)
        return 1

    monkeypatch.setattr(probing, "_device_count_elsewhere", elsewhere)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-0aa1")
    assert look(fake_torch(built=True, nvml=-1), CUDA)["cuda_device_count"] == 1
    assert asked == ["MIG-0aa1"]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("print('warning: noise'); print(3)", 3),
        ("print(-1)", None),
        ("raise OSError", None),
        ("print('three')", None),
        ("pass", None),
        ("import sys; sys.exit(3)", None),
    ],
)
def test_the_other_process_may_fail(
    monkeypatch: pytest.MonkeyPatch, program: str, expected: int | None, tmp_path: Any
) -> None:
    """A stand-in for the interpreter that ignores what it is told to run."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S -c "{program}"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    assert probing._device_count_elsewhere.__wrapped__(None) == expected


def test_the_other_process_finds_torch_where_this_one_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    lines = ("class cuda:", "    is_available = lambda: True", "    device_count = lambda: 5")
    (tmp_path / "torch.py").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    assert probing._device_count_elsewhere.__wrapped__(None) == 5


@pytest.mark.parametrize("executable", ["", None, "/opt/app/quant-service", "/usr/bin/uwsgi"])
def test_without_an_interpreter_nothing_is_started(
    monkeypatch: pytest.MonkeyPatch, executable: str | None
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    monkeypatch.setattr(subprocess, "run", pytest.fail)
    assert probing._device_count_elsewhere.__wrapped__(None) is None


@pytest.mark.parametrize(
    ("override", "value", "expected"),
    [
        (contextvars.ContextVar("per thread"), False, False),
        (contextvars.ContextVar("per thread"), True, True),
        (object(), False, None),
        (None, False, None),
    ],
)
def test_inductors_mode_counts_only_where_it_is_per_thread(
    monkeypatch: pytest.MonkeyPatch, override: Any, value: bool, expected: bool | None
) -> None:
    """Before torch 2.12 a write to the config reaches every thread, so an early import does no harm."""
    entries = {} if override is None else {"deterministic": namespace(user_override=override)}
    monkeypatch.setitem(
        sys.modules, "torch._inductor.config", namespace(_config=entries, deterministic=value)
    )
    assert look(fake_torch(), CPU)["inductor_other_threads"] is expected


@pytest.fixture(scope="module")
def pretended() -> Any:
    return run_program("pretend_cuda", TORCHINDUCTOR_DETERMINISTIC="1", CUDA_VISIBLE_DEVICES="0,1")


@pytest.mark.torch
def test_decisions_of_a_pretended_cuda_build(pretended: Any) -> None:
    facts = pretended["facts"]
    assert (facts["accelerator"], facts["cuda_device_count"], facts["cuda_initialized"]) == ("cuda", 2, False)
    assert facts["cuda_visible_devices"] == "0,1"
    assert pretended["ready"] == pretended["counted elsewhere"] == []
    assert pretended["too few"] == ["cuda_too_few_devices"]
    assert pretended["index"] == ["cuda_device_index_invalid"]
    assert pretended["no devices"] == ["cuda_no_devices"]
    assert pretended["no driver"] == ["cuda_unavailable"]
    assert pretended["bad fork"] == ["cuda_forked_after_init"]
    assert pretended["started without the variable"] == ["cublas_config_too_late"]


@pytest.mark.torch
def test_the_device_is_chosen_last_of_all(pretended: Any) -> None:
    """Choosing it starts CUDA, and cuBLAS reads its variable then."""
    assert pretended["set_device"] == [[1, ":16:8", 2]]
    assert pretended["applied"]["device_index"] == 1
    item, got, restored, moved = pretended["failing"]
    assert (item, restored, moved) == ("device_index", True, {})
    assert got == "RuntimeError: CUDA error: all CUDA-capable devices are busy"


@pytest.mark.torch
def test_once_cuda_runs_verify_reads_the_workspace_that_is_used(pretended: Any) -> None:
    assert pretended["drift"] == []
    assert pretended["workspace drift"] == [["cublas_workspace_size", 131072, 33554432]]
    assert pretended["device drift"] == [["device_index", 1, 0]]
    assert pretended["applied"]["cublas_workspace_size"] == 131072


@pytest.mark.torch
def test_an_applied_policy_stays_ready_after_cuda_started_and_another_does_not(pretended: Any) -> None:
    assert pretended["again after CUDA started"] is True
    assert pretended["other workspace"] == ["cublas_config_too_late"]
    assert pretended["placement"] == "cuda:1"


@pytest.mark.torch
def test_in_a_bad_fork_the_handle_refuses(pretended: Any) -> None:
    assert pretended["handle in a bad fork"] == ["cuda_forked_after_init"]
    assert pretended["apply in a bad fork"] == ["cuda_forked_after_init"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc/self/environ is Linux's")
def test_the_environment_at_process_start_is_told_from_the_one_now() -> None:
    code = """
import json, os
os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
from torchgate.runtime import Policy, probe
facts = probe(Policy(device="cuda"))
print(json.dumps([facts.cublas_workspace_config, facts.cublas_workspace_config_at_exec]))
"""
    assert run_code(code, CUBLAS_WORKSPACE_CONFIG=":16:8") == [":4096:8", ":16:8"]
    assert run_code(code) == [":4096:8", None]


def test_a_poisoned_torch_fails_the_test_that_probes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Poison(types.ModuleType):
        def __getattr__(self, name: str) -> Any:
            error = AssertionError(f"torch.{name} touched")
            error.torchgate_poison = True  # type: ignore[attr-defined]
            raise error

    monkeypatch.setitem(sys.modules, "torch", Poison("torch"))
    with pytest.raises(AssertionError, match="touched"):
        probing.probe(CPU)
