from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchgate.runtime import (
    Facts,
    Policy,
    Ready,
    Reason,
    Rejected,
    RequiresMainThread,
    WorkerSafe,
    decide,
    decide_torch_runtime,
    probe,
)

CUDA = Policy(device="cuda")
CPU = Policy(device="cpu")

GOOD_CPU = Facts(
    torch_found=True,
    torch_version="2.13.0+cpu",
    main_thread=True,
    torch_imported=True,
    accelerator="none",
    num_threads=2,
)
GOOD_CUDA = dataclasses.replace(
    GOOD_CPU,
    torch_version="2.13.0+cu130",
    accelerator="cuda",
    cuda_version="13.0",
    cuda_device_count=2,
    cudnn_available=True,
    cudnn_version=91900,
)


def reasons(facts: Facts, policy: Policy) -> list[str]:
    runtime = decide(facts, policy)
    return [] if isinstance(runtime, Ready) else [reason.value for reason in runtime.reasons]


def test_good_facts_are_ready() -> None:
    assert decide(GOOD_CPU, CPU) == Ready(policy=CPU, facts=GOOD_CPU)
    assert decide(GOOD_CUDA, CUDA) == Ready(policy=CUDA, facts=GOOD_CUDA)
    assert decide(GOOD_CUDA, CPU) == Ready(policy=CPU, facts=GOOD_CUDA)


def test_no_facts_are_never_ready() -> None:
    assert reasons(Facts(), CPU) == ["torch_absent", "not_main_thread"]
    assert reasons(Facts(), CUDA) == ["torch_absent", "not_main_thread"]


@pytest.mark.parametrize("policy", [CPU, CUDA], ids=["cpu", "cuda"])
def test_a_torch_that_nobody_imported_is_not_ready(policy: Policy) -> None:
    unseen = Facts(torch_found=True, torch_version="2.13.0", accelerator="cuda", main_thread=True)
    assert decide(unseen, policy) != Ready(policy=policy, facts=unseen)
    unseen = dataclasses.replace(unseen, accelerator=None)
    assert reasons(unseen, policy) == ["torch_broken"]


@pytest.mark.parametrize(
    ("changes", "policy", "expected"),
    [
        ({"torch_found": False}, CUDA, "torch_absent"),
        ({"torch_shadow": "./torch.py answers"}, CUDA, "torch_shadowed"),
        ({"torch_error": "import torch raised OSError: libcudart"}, CUDA, "torch_broken"),
        ({"torch_version": "2.5.1"}, CUDA, "torch_unsupported_version"),
        ({"torch_version": "1.13.1+cu117"}, CUDA, "torch_unsupported_version"),
        ({"torch_version": "master"}, CUDA, "torch_unsupported_version"),
        ({"torch_version": "9" * 5000 + ".0"}, CUDA, "torch_unsupported_version"),
        ({"torch_version": "2.\uff16.0"}, CUDA, "torch_unsupported_version"),
        ({"torch_version": None}, CUDA, "torch_unsupported_version"),
        ({"accelerator": "rocm"}, CUDA, "device_unsupported"),
        ({"accelerator": "none"}, CUDA, "cuda_not_built"),
        ({"accelerator": None}, CUDA, "cuda_not_built"),
        ({"cuda_device_count": None}, CUDA, "cuda_unavailable"),
        ({"cuda_device_count": 0}, CUDA, "cuda_no_devices"),
        ({}, Policy(device="cuda", min_devices=3), "cuda_too_few_devices"),
        ({}, Policy(device="cuda", device_index=2), "cuda_device_index_invalid"),
        ({"cuda_in_bad_fork": True, "cuda_device_count": None}, CUDA, "cuda_forked_after_init"),
        ({"cudnn_available": False}, CUDA, "cudnn_unavailable"),
        ({"cudnn_available": None}, CUDA, "cudnn_unavailable"),
        ({"cublas_workspace_config": ":0:0"}, CUDA, "cublas_config_invalid"),
        ({"cublas_workspace_config": ""}, CPU, "cublas_config_invalid"),
        ({"cublas_workspace_config": ":16:8 "}, CPU, "cublas_config_invalid"),
        ({"cuda_initialized": True}, CUDA, "cublas_config_too_late"),
        ({"nvidia_tf32_override": "1"}, CUDA, "tf32_forced_by_env"),
        ({"nvidia_tf32_override": ""}, CPU, "tf32_forced_by_env"),
        ({"flags_frozen": True}, CPU, "flags_frozen"),
        ({"inductor_other_threads": False}, CPU, "inductor_already_configured"),
        ({"main_thread": False}, CPU, "not_main_thread"),
    ],
)
def test_each_fact_alone_gives_its_reason(changes: dict[str, Any], policy: Policy, expected: str) -> None:
    assert reasons(dataclasses.replace(GOOD_CUDA, **changes), policy) == [expected]


@pytest.mark.parametrize(
    "version", ["2.6.0", "2.6.0a0+gitabc", "2.13.0+cu130", "2.10", "3.0.0.dev20260101", "10.1"]
)
def test_versions_from_the_oldest_on_are_fine(version: str) -> None:
    assert reasons(dataclasses.replace(GOOD_CUDA, torch_version=version), CUDA) == []


@pytest.mark.parametrize("accelerator", ["mps", "xpu"])
def test_other_accelerators_are_unsupported_and_lack_cuda(accelerator: str) -> None:
    facts = dataclasses.replace(GOOD_CPU, accelerator=accelerator)
    assert reasons(facts, CUDA) == ["device_unsupported", "cuda_not_built"]
    assert reasons(facts, CPU) == []


def test_all_reasons_are_given_with_a_sentence_each() -> None:
    facts = dataclasses.replace(
        GOOD_CUDA,
        torch_version="2.1.0",
        cudnn_available=False,
        cuda_device_count=1,
        cuda_visible_devices="3",
        cublas_workspace_config=":1:1",
        cuda_initialized=True,
        nvidia_tf32_override="1",
        flags_frozen=True,
        inductor_other_threads=False,
        main_thread=False,
    )
    runtime = decide(facts, Policy(device="cuda", min_devices=2, device_index=4))
    assert isinstance(runtime, Rejected)
    assert [reason.value for reason in runtime.reasons] == [
        "torch_unsupported_version",
        "cuda_too_few_devices",
        "cuda_device_index_invalid",
        "cudnn_unavailable",
        "cublas_config_invalid",
        "cublas_config_too_late",
        "tf32_forced_by_env",
        "flags_frozen",
        "inductor_already_configured",
        "not_main_thread",
    ]
    assert set(runtime.detail) == {reason.value for reason in runtime.reasons}
    assert runtime.detail["cublas_config_invalid"] == (
        "CUBLAS_WORKSPACE_CONFIG=':1:1'; valid: :16:8 or :4096:8, or leave it unset"
    )
    assert "valid: 0, or leave it unset" in runtime.detail["tf32_forced_by_env"]
    assert "CUDA_VISIBLE_DEVICES='3'" in runtime.detail["cuda_too_few_devices"]


@pytest.mark.parametrize(
    ("now", "at_exec", "wanted", "expected"),
    [
        (":16:8", ":16:8", ":16:8", []),
        (":4096:8", ":4096:8", ":4096:8", []),
        (":4096:8", ":4096:8", ":16:8", ["cublas_config_too_late"]),
        (":16:8", None, ":16:8", ["cublas_config_too_late"]),
        (":16:8", ":4096:8", ":16:8", ["cublas_config_too_late"]),
        (None, ":16:8", ":16:8", ["cublas_config_too_late"]),
    ],
)
def test_once_cuda_runs_only_the_value_at_process_start_counts(
    now: str | None, at_exec: str | None, wanted: Any, expected: list[str]
) -> None:
    facts = dataclasses.replace(
        GOOD_CUDA,
        cuda_initialized=True,
        cublas_workspace_config=now,
        cublas_workspace_config_at_exec=at_exec,
    )
    assert reasons(facts, Policy(device="cuda", cublas_workspace=wanted)) == expected


def test_what_had_to_be_early_was_early_where_the_policy_is_already_applied() -> None:
    later = dataclasses.replace(
        GOOD_CUDA,
        already_applied=True,
        cuda_initialized=True,
        flags_frozen=True,
        inductor_other_threads=False,
    )
    assert reasons(later, CUDA) == []


@pytest.mark.parametrize("nonsense", ["cpu", None, Policy, {"device": "cpu"}])
def test_something_else_than_a_policy_is_a_type_error(nonsense: Any) -> None:
    for call in (decide_torch_runtime, probe, lambda policy: decide(GOOD_CPU, policy)):
        with pytest.raises(TypeError, match="policy must be a Policy"):
            call(nonsense)
    with pytest.raises(TypeError, match="facts must be a Facts"):
        decide(nonsense, CPU)


def test_a_worker_safe_policy_does_not_ask_for_the_main_thread() -> None:
    facts = dataclasses.replace(GOOD_CPU, main_thread=False)
    assert reasons(facts, Policy(device="cpu", affinity=WorkerSafe())) == []


_TEXTS = st.none() | st.sampled_from(
    ["", "0", "1", ":16:8", ":4096:8", ":0:0", "cuda", "rocm", "2.13.0", "2.5", "?"]
)
_COUNTS = st.none() | st.integers(min_value=0, max_value=3)
_BOOLS = st.none() | st.booleans()
_BY_TYPE = {"bool": st.booleans(), "bool | None": _BOOLS, "str | None": _TEXTS, "int | None": _COUNTS}
_SENTENCES = st.none() | st.just("something is wrong")
ANY_FACTS = st.builds(
    Facts,
    **{field.name: _BY_TYPE[str(field.type)] for field in dataclasses.fields(Facts)}
    | {"torch_shadow": _SENTENCES, "torch_error": _SENTENCES},
)
ANY_POLICY = st.one_of(
    st.builds(
        Policy,
        device=st.just("cuda"),
        affinity=st.sampled_from([RequiresMainThread(), WorkerSafe()]),
        cublas_workspace=st.sampled_from([":16:8", ":4096:8"]),
        device_index=_COUNTS,
        min_devices=st.integers(1, 3),
    ),
    st.builds(Policy, device=st.just("cpu"), affinity=st.sampled_from([RequiresMainThread(), WorkerSafe()])),
)


@given(facts=ANY_FACTS, policy=ANY_POLICY)
def test_decide_is_total_pure_and_closed(facts: Facts, policy: Policy) -> None:
    runtime = decide(facts, policy)
    assert decide(facts, policy) == runtime
    if isinstance(runtime, Ready):
        assert runtime.facts == facts
        assert facts.torch_found
        assert facts.torch_imported
        assert facts.torch_error is None
        assert facts.torch_shadow is None
        assert facts.cublas_workspace_config in (None, ":16:8", ":4096:8")
        assert facts.nvidia_tf32_override in (None, "0")
        if policy.device == "cuda":
            assert facts.accelerator == "cuda"
            assert facts.cudnn_available is True
            assert not facts.cuda_in_bad_fork
            assert (facts.cuda_device_count or 0) >= policy.min_devices
            assert (facts.cuda_device_count or 0) > (policy.device_index or 0)
    else:
        assert runtime.reasons
        assert set(runtime.detail) == {reason.value for reason in runtime.reasons}
        assert all("\n" not in text and text for text in runtime.detail.values())
        assert list(runtime.reasons) == [reason for reason in Reason if reason in runtime.reasons]


@given(good=st.sampled_from([GOOD_CPU, GOOD_CUDA]), facts=ANY_FACTS, policy=ANY_POLICY)
def test_one_more_objection_never_removes_another(good: Facts, facts: Facts, policy: Policy) -> None:
    """The reasons about environment and process do not depend on what is wrong with torch, and back."""
    names = ("cublas_workspace_config", "nvidia_tf32_override", "main_thread", "flags_frozen")
    taken = {name: getattr(facts, name) for name in names}
    alone = set(reasons(dataclasses.replace(good, **taken), policy)) - set(reasons(good, policy))
    without = dataclasses.replace(good, torch_found=False, **taken)
    assert alone <= set(reasons(without, policy))
