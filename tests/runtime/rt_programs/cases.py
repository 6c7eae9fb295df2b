"""Small cases of the effect that each need an untouched process: every one runs in a forked child.

The parent has imported torch and what Inductor's config needs, and done nothing else: no parallel region, so
the fork is safe; and the config itself is taken out again, so each child imports it for the first time.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from typing import Any

import torch
import torch._inductor.config
from rt_state import differences, state

from torchgate.runtime import ApplyError, Policy, RejectedError, apply, checklist, decide_torch_runtime
from torchgate.runtime.apply import apply_torch_runtime

del sys.modules["torch._inductor.config"], torch._inductor.config

CPU = Policy(device="cpu")
CASES: dict[str, Callable[[], Any]] = {}


def case(function: Callable[[], Any]) -> Callable[[], Any]:
    CASES[function.__name__] = function
    return function


def replace(name: str, **changes: Any) -> None:
    def mutated(torch_: Any, policy: Policy) -> Any:
        rows = checklist.rows(torch_, policy)
        return tuple(row._replace(**changes) if row.name == name else row for row in rows)

    apply.rows = mutated


def apply_error() -> dict[str, Any]:
    before = state()
    try:
        apply_torch_runtime(decide_torch_runtime(CPU))
    except ApplyError as error:
        seen = {"item": error.item, "restored": error.restored, "text": str(error), "got": error.got}
        return seen | {"cause": type(error.__cause__).__name__, "moved": differences(before, state())}
    return {}


def rejection(between: Callable[[], Any], first: Callable[[], Any] = lambda: None) -> Any:
    first()
    runtime = decide_torch_runtime(CPU)
    between()
    before = state()
    try:
        apply_torch_runtime(runtime)
    except RejectedError as error:
        return [[reason.value for reason in error.reasons], differences(before, state())]
    return None


@case
def fails_at_the_last_row_and_then_works() -> Any:
    replace("fill_uninitialized_memory", write=lambda value: 1 / 0)
    seen = apply_error()
    apply.rows = checklist.rows
    return seen | {"then": apply_torch_runtime(decide_torch_runtime(CPU)).drift()}


@case
def interrupted() -> Any:
    def interrupt(value: Any) -> None:
        raise KeyboardInterrupt

    replace("fill_uninitialized_memory", write=interrupt)
    before = state()
    try:
        apply_torch_runtime(decide_torch_runtime(CPU))
    except KeyboardInterrupt as error:
        return [differences(before, state()), *error.__notes__]
    return "not interrupted"


@case
def interrupted_again_while_restoring() -> Any:
    """A user who presses Ctrl-C more than once; the row after the second of them is not skipped."""
    times = iter(range(3))

    def interrupt(value: Any) -> None:
        if next(times, None) is not None:
            raise KeyboardInterrupt
        torch.backends.cudnn.benchmark = value

    replace("cudnn.benchmark", write=interrupt, restore=interrupt)
    before = state()
    try:
        apply_torch_runtime(decide_torch_runtime(CPU))
    except KeyboardInterrupt as error:
        return [differences(before, state()), *error.__notes__]
    return "not interrupted"


@case
def interrupted_and_not_restored() -> Any:
    def interrupt(value: Any) -> None:
        torch.backends.disable_global_flags()
        raise KeyboardInterrupt

    replace("cudnn.benchmark", write=interrupt)
    try:
        apply_torch_runtime(decide_torch_runtime(CPU))
    except KeyboardInterrupt as error:
        return error.__notes__
    return "not interrupted"


@case
def fails_at_the_first_row_and_then_works() -> Any:
    """Putting back what was not written yet must not import Inductor's config without its variable."""
    replace("TORCHINDUCTOR_DETERMINISTIC", write=lambda value: 1 / 0)
    seen = apply_error()
    apply.rows = checklist.rows
    return seen | {"then": apply_torch_runtime(decide_torch_runtime(CPU)).drift()}


@case
def frozen_half_way() -> Any:
    def freeze(value: Any) -> None:
        torch.backends.disable_global_flags()
        torch.backends.cudnn.benchmark = value

    replace("cudnn.benchmark", write=freeze)
    return apply_error()


@case
def a_snapshot_that_cannot_be_read() -> Any:
    replace("cudnn.benchmark", read=lambda: 1 / 0)
    return apply_error()


@case
def a_torch_without_a_getter() -> Any:
    """A later one may drop what this one reads."""
    del torch._C._get_cudnn_benchmark
    seen = apply_error()
    return {"item": seen["item"], "got": seen["got"], "restored": seen["restored"], "moved": seen["moved"]}


@case
def a_setting_that_does_not_hold() -> Any:
    """A torch that accepts the write and ignores it."""
    replace("cudnn.deterministic", write=lambda value: setattr(torch.backends.cudnn, "determinstic", value))
    return apply_error()


@case
def warnings_as_errors() -> Any:
    """torch 2.9 warns about its legacy switches as they are used."""

    def write(value: Any) -> None:
        warnings.warn("the legacy API will go", stacklevel=1)
        torch.backends.cudnn.allow_tf32 = value

    replace("cudnn.allow_tf32", write=write)
    warnings.simplefilter("error")
    handle = apply_torch_runtime(decide_torch_runtime(CPU))
    return [handle.drift(), warnings.filters[0][0]]


@case
def applied_from_within_the_effect() -> Any:
    """As a signal handler or a hook of an import may do: the lock lets its own thread in again."""
    inner: list[Any] = []

    def write(value: Any) -> None:
        before = state()
        try:
            inner.append(id(apply_torch_runtime(ready)))
        except ApplyError as error:
            inner.extend([error.item, error.got, error.restored, differences(before, state())])
        torch.backends.cudnn.benchmark = value

    ready = decide_torch_runtime(CPU)
    replace("cudnn.benchmark", write=write)
    handle = apply_torch_runtime(ready)
    return [inner, handle.drift(), apply_torch_runtime(ready) is handle]


@case
def applied_while_the_effect_looks_again() -> Any:
    """As a package may do that torch loads when it is imported."""
    ready, inner, decide_now = decide_torch_runtime(CPU), [], apply.decide_torch_runtime

    def decide_and_apply(policy: Policy) -> Any:
        apply.decide_torch_runtime = decide_now
        inner.append(apply_torch_runtime(ready))
        return decide_now(policy)

    apply.decide_torch_runtime = decide_and_apply
    return apply_torch_runtime(ready) is inner[0]


@case
def frozen_before() -> Any:
    return rejection(lambda: None, torch.backends.disable_global_flags)


@case
def frozen_between() -> Any:
    return rejection(torch.backends.disable_global_flags)


@case
def inductor_before() -> Any:
    return rejection(lambda: None, lambda: __import__("torch._inductor.config"))


@case
def inductor_between() -> Any:
    return rejection(lambda: torch.use_deterministic_algorithms(True))


@case
def cublas_between() -> Any:
    return rejection(lambda: os.environ.update(CUBLAS_WORKSPACE_CONFIG=":4096:2"))


@case
def tf32_forced_for_libraries_alone() -> Any:
    """os.environ does not know of it."""
    return rejection(lambda: os.putenv("NVIDIA_TF32_OVERRIDE", "1"))


@case
def everything_before() -> Any:
    def spoil() -> None:
        os.environ.update(NVIDIA_TF32_OVERRIDE="1", CUBLAS_WORKSPACE_CONFIG=":0:0")
        torch.backends.disable_global_flags()

    return rejection(lambda: None, spoil)


@case
def inductor_configured_early_with_its_variable() -> Any:
    os.environ["TORCHINDUCTOR_DETERMINISTIC"] = "1"

    return apply_torch_runtime(decide_torch_runtime(CPU)).drift()


@case
def variables_that_the_effect_overrules() -> Any:
    os.environ.update(
        TORCH_ALLOW_TF32_CUBLAS_OVERRIDE="1",
        CUBLAS_WORKSPACE_CONFIG=":4096:8",
        NVIDIA_TF32_OVERRIDE="0",
        TORCHINDUCTOR_DETERMINISTIC="0",
    )
    handle = apply_torch_runtime(decide_torch_runtime(CPU))
    return [handle.drift(), os.environ["CUBLAS_WORKSPACE_CONFIG"]]


@case
def threads() -> Any:
    ready, seen = decide_torch_runtime(CPU), []

    def attempt(call: Callable[[], Any]) -> None:
        try:
            call()
            seen.append("nothing")
        except RejectedError as error:
            seen.append([reason.value for reason in error.reasons])

    def elsewhere(call: Callable[[], Any]) -> None:
        thread = threading.Thread(target=attempt, args=(call,), name="loader-3")
        thread.start()
        thread.join()

    elsewhere(lambda: apply_torch_runtime(decide_torch_runtime(CPU)))
    elsewhere(lambda: apply_torch_runtime(ready))
    handle = apply_torch_runtime(ready)
    attempt(handle.assert_thread)
    elsewhere(handle.assert_thread)
    elsewhere(lambda: apply_torch_runtime(ready))
    elsewhere(handle.verify)
    return seen


def run(function: Callable[[], Any]) -> Any:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(300)
        try:
            answer = function()
        except BaseException:
            answer = traceback.format_exc()
        os.write(writer, json.dumps(answer).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        text = file.read()
    os.waitpid(child, 0)
    return json.loads(text)


print(json.dumps({name: run(function) for name, function in CASES.items()}))
