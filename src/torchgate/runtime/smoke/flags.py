"""Smoke's own list of what must hold after the effect, read through torch's public getters.

It is written from PyTorch's documentation and `docs/runtime.md`, and imports nothing of the runtime: a proof
that shares its table with the effect cannot see a row that the table lost (measured: 5 of 15 deleted rows).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

ABSENT = "absent in this torch"

EXPECTED: Mapping[str, object] = {
    "are_deterministic_algorithms_enabled()": True,
    "is_deterministic_algorithms_warn_only_enabled()": False,
    "get_deterministic_debug_mode()": 2,
    "get_float32_matmul_precision()": "highest",
    "utils.deterministic.fill_uninitialized_memory": True,
    "backends.cudnn.deterministic": True,
    "backends.cudnn.benchmark": False,
    "backends.cudnn.allow_tf32": False,
    "backends.cudnn.conv.fp32_precision": "ieee",
    "backends.cudnn.rnn.fp32_precision": "ieee",
    "backends.cuda.matmul.allow_tf32": False,
    "backends.cuda.matmul.fp32_precision": "ieee",
    "backends.cuda.matmul.allow_fp16_reduced_precision_reduction": False,
    "backends.cuda.matmul.allow_bf16_reduced_precision_reduction": False,
    "backends.cuda.matmul.allow_fp16_accumulation": False,
    "backends.cuda.fp16_bf16_reduction_math_sdp_allowed()": False,
    "backends.fp32_precision": "ieee",
    "backends.cudnn.fp32_precision": "ieee",
    "backends.mkldnn.fp32_precision": "ieee",
    "backends.mkldnn.deterministic": True,
    "backends.mkldnn.matmul.fp32_precision": "ieee",
    "backends.mkldnn.conv.fp32_precision": "ieee",
    "backends.mkldnn.rnn.fp32_precision": "ieee",
    "_inductor.config.deterministic": True,
}
"""Path below ``torch`` and the value it must have. A path that this torch lacks is reported as absent."""

ALWAYS_PRESENT = frozenset(
    {
        "are_deterministic_algorithms_enabled()",
        "is_deterministic_algorithms_warn_only_enabled()",
        "get_deterministic_debug_mode()",
        "get_float32_matmul_precision()",
        "utils.deterministic.fill_uninitialized_memory",
        "backends.cudnn.deterministic",
        "backends.cudnn.benchmark",
        "backends.cudnn.allow_tf32",
        "backends.cuda.matmul.allow_tf32",
        "backends.cuda.matmul.allow_fp16_reduced_precision_reduction",
        "backends.cuda.matmul.allow_bf16_reduced_precision_reduction",
    }
)
"""What every supported torch (2.6 and later) has: absent here is a failure, not a version gate."""

PER_OPERATION = tuple(path for path in EXPECTED if path.count(".") == 3 and path.endswith(".fp32_precision"))
"""The settings that must not follow a generic ``fp32_precision`` that someone sets after the effect."""


def read(torch: Any, path: str) -> object:
    """The value at ``path`` below torch; ``ABSENT`` without it, the error's text where torch cannot say.

    Reading the old TF32 switches raises a RuntimeError once both APIs were mixed.
    """
    value: Any = torch
    names = path.removesuffix("()").split(".")
    try:
        for name in names:
            value = getattr(value, name)
        return value() if path.endswith("()") else value
    except AttributeError:
        return ABSENT
    except RuntimeError as error:
        return f"unreadable: {str(error).splitlines()[0]}"


def readings(torch: Any) -> dict[str, object]:
    """Every setting of `EXPECTED` as this thread sees it."""
    return {path: read(torch, path) for path in EXPECTED}


def wrong(seen: Mapping[str, object]) -> list[str]:
    """What differs from `EXPECTED`, one line each."""
    lines = []
    for path, expected in EXPECTED.items():
        value = seen.get(path, ABSENT)
        if value == ABSENT and path not in ALWAYS_PRESENT:
            continue
        # `1 == True` must not pass for a flag.
        if type(value) is not type(expected) or value != expected:
            lines.append(f"torch.{path} is {value!r}, not {expected!r}")
    return lines


def wrong_environment(policy: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> list[str]:
    """What differs in the process's environment from what the policy promises, one line each."""
    promised = {
        "CUBLAS_WORKSPACE_CONFIG": policy["cublas_workspace"],
        # Inductor's half of determinism is a ContextVar; only its environment default reaches every thread.
        "TORCHINDUCTOR_DETERMINISTIC": "1",
    }
    return [
        f"{name} is {environment.get(name)!r}, not {value!r}"
        for name, value in promised.items()
        if environment.get(name) != value
    ]


def in_new_thread(function: Callable[[], dict[str, object]]) -> dict[str, object]:
    """Run ``function`` in a thread that starts now: some settings are per thread."""
    results: list[dict[str, object]] = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    # An exception in the thread leaves no result; every setting then counts as absent.
    return results[0] if results else {}


def survey(torch: Any, policy: Mapping[str, Any]) -> dict[str, Any]:
    """Read everything in this thread and in a new one; ``wrong`` is empty when the promise holds."""
    here = readings(torch)
    there = in_new_thread(lambda: readings(torch))
    problems = wrong(here) + [f"in a new thread, {line}" for line in wrong(there) if line not in wrong(here)]
    return {
        "read": sum(value != ABSENT for value in here.values()),
        "absent": [path for path, value in here.items() if value == ABSENT],
        "values": here,
        "wrong": problems + wrong_environment(policy),
    }


LEVELS = (("generic", "all"), ("cuda", "all"), ("mkldnn", "all"))
"""What an operation inherits its precision from, in torch's own names."""


def survey_after_generic_tf32(torch: Any) -> dict[str, Any]:
    """Set each generic precision to TF32, as a careless later import would, and see which operation follows.

    None must: this is the only probe that tells a pinned operation from one that merely inherits. The old
    values are put back. By the C binding, since in 2.13 ``mkldnn.fp32_precision = x`` sets the generic one.
    """
    if not hasattr(torch._C, "_set_fp32_precision_setter"):
        return {"applicable": False, "wrong": []}
    get, put = torch._C._get_fp32_precision_getter, torch._C._set_fp32_precision_setter
    before, careless = [get(*level) for level in LEVELS], "tf32"
    for level in LEVELS:
        put(*level, careless)
    try:
        seen = {path: read(torch, path) for path in PER_OPERATION}
        followed = [
            f"torch.{path} became {value!r}" for path, value in seen.items() if value not in ("ieee", ABSENT)
        ]
        if [get(*level) for level in LEVELS] != [careless] * len(LEVELS):
            followed.append("the generic precision could not be set: the probe proved nothing")
    finally:
        for level, value in zip(LEVELS, before, strict=True):
            put(*level, value)
    return {"applicable": True, "wrong": followed, "values": seen}
