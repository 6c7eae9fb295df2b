"""Rejected: logged once, counted once a reason, stopped. Without torch, and under python -O too."""

from __future__ import annotations

import ast
import logging
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from rt_support import SRC, run_code

from torchgate.runtime import (
    Facts,
    Policy,
    Ready,
    Reason,
    Rejected,
    RejectedError,
    TorchHandle,
    apply_torch_runtime,
)

REJECTED = Rejected(
    policy=Policy(device="cuda"),
    reasons=(Reason.CUDA_NO_DEVICES, Reason.CUBLAS_CONFIG_INVALID),
    detail={"cuda_no_devices": "none visible", "cublas_config_invalid": "valid: :16:8 or :4096:8"},
)


class Counter:
    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str]]] = []

    def increment(self, name: str, tags: dict[str, str]) -> None:
        self.calls.append((name, tags))


class Down(Counter):
    def increment(self, name: str, tags: dict[str, str]) -> None:
        super().increment(name, tags)
        raise ConnectionError("statsd is down")


def test_one_record_one_count_a_reason_and_an_error(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Counter()
    with caplog.at_level(logging.DEBUG), pytest.raises(RejectedError) as caught:
        apply_torch_runtime(REJECTED, metrics=metrics)
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("torchgate.runtime", "ERROR")
    assert record.__dict__["torchgate_reasons"] == ["cuda_no_devices", "cublas_config_invalid"]
    assert record.getMessage() == (
        "torch runtime rejected (device=cuda): cuda_no_devices: none visible; "
        "cublas_config_invalid: valid: :16:8 or :4096:8"
    )
    assert metrics.calls == [
        ("torchgate_runtime_rejected_total", {"reason": "cuda_no_devices"}),
        ("torchgate_runtime_rejected_total", {"reason": "cublas_config_invalid"}),
    ]
    assert caught.value.reasons == REJECTED.reasons
    assert caught.value.detail == REJECTED.detail
    assert (
        str(caught.value) == "cuda_no_devices: none visible\ncublas_config_invalid: valid: :16:8 or :4096:8"
    )


def test_a_rejection_imports_no_torch() -> None:
    code = """
import json, logging, sys
logging.disable(logging.CRITICAL)
from torchgate.runtime import Policy, Reason, Rejected, RejectedError, apply_torch_runtime
try:
    apply_torch_runtime(Rejected(policy=Policy(device="cuda"), reasons=(Reason.CUDA_NO_DEVICES,)))
except RejectedError as error:
    print(json.dumps([str(error), "torch" in sys.modules]))
"""
    assert run_code(code) == ["cuda_no_devices", False]


def test_metrics_that_fail_do_not_let_a_rejected_runtime_pass(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Down()
    with pytest.raises(RejectedError) as caught:
        apply_torch_runtime(REJECTED, metrics=metrics)
    assert isinstance(caught.value.__cause__, ConnectionError)
    assert len(metrics.calls) == 2
    assert len(caplog.records) == 1


class ForkedTooLate:
    """A torch in a child that was forked after CUDA had started."""

    cuda = SimpleNamespace(_is_in_bad_fork=lambda: True)


def test_what_the_handle_refuses_is_logged_alike(caplog: pytest.LogCaptureFixture) -> None:
    handle = TorchHandle(ForkedTooLate(), Ready(policy=Policy(device="cuda"), facts=Facts()), {})
    handle._expect_revalidation()
    with pytest.raises(RejectedError):
        handle.zeros(3)

    def interpreter() -> None:
        with pytest.raises(RejectedError):
            handle.assert_thread()

    thread = threading.Thread(target=interpreter)
    thread.start()
    thread.join()
    handle.assert_thread()
    logged = [(each.name, each.levelname, vars(each)["torchgate_reasons"]) for each in caplog.records]
    assert logged == [
        ("torchgate.runtime", "ERROR", ["cuda_forked_after_init"]),
        ("torchgate.runtime", "ERROR", ["not_main_thread"]),
    ]


class Broken(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise OSError("disk full")


def test_a_log_handler_that_fails_does_not_hide_the_rejection(caplog: pytest.LogCaptureFixture) -> None:
    metrics, handler, logger = Counter(), Broken(), logging.getLogger("torchgate.runtime")
    logger.addHandler(handler)
    try:
        with pytest.raises(RejectedError) as caught:
            apply_torch_runtime(REJECTED, metrics=metrics)
    finally:
        logger.removeHandler(handler)
    assert isinstance(caught.value.__cause__, OSError)
    assert [tags["reason"] for _, tags in metrics.calls] == ["cuda_no_devices", "cublas_config_invalid"]


@pytest.mark.parametrize("runtime", [None, "ready", Policy(device="cpu"), object(), True])
def test_anything_else_than_a_decision_is_a_type_error(runtime: Any) -> None:
    with pytest.raises(TypeError, match="takes Ready or Rejected"):
        apply_torch_runtime(runtime)


def test_a_policy_in_the_place_of_its_decision_is_told_so() -> None:
    with pytest.raises(TypeError, match=r"decide first: apply_torch_runtime\(decide_torch_runtime\("):
        apply_torch_runtime(Policy(device="cpu"))  # type: ignore[arg-type]


@pytest.mark.parametrize("flag", ["-O", "-OO"])
def test_the_rejection_path_is_the_same_without_asserts(flag: str) -> None:
    code = """
import json, logging, sys
from torchgate.runtime import Policy, RejectedError, apply_torch_runtime, decide_torch_runtime
records, counts = [], []
class Collect(logging.Handler):
    def emit(self, record):
        records.append(record.torchgate_reasons)
logging.getLogger("torchgate.runtime").addHandler(Collect())
class Metrics:
    def increment(self, name, tags):
        counts.append(tags["reason"])
try:
    apply_torch_runtime(decide_torch_runtime(), metrics=Metrics())
    out = "passed"
except RejectedError as error:
    out = error.reasons[0].value
print(json.dumps([out, records, counts, __debug__]))
"""
    code = f"import sys; sys.path.insert(0, {str(SRC)!r})\n{code}"
    seen = run_code(code, python=(flag, "-S", "-I"))
    assert seen == ["torch_absent", [["torch_absent"]], ["torch_absent"], False]


def test_the_runtime_has_no_assert_statement() -> None:
    """python -O would take it away."""
    files = sorted((SRC / "torchgate" / "runtime").glob("*.py"))
    assert len(files) > 10
    for file in files:
        tree = ast.parse(file.read_bytes())
        assert [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)] == [], file
