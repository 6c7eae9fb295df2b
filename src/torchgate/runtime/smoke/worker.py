"""The worker: runs the requested programs in this fresh process and answers with what each saw.

A program that raises is an answer too: the error's text stands in its place and the next one runs. Nothing
is judged here.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torchgate.runtime.smoke import controls, flags, gpu, hostile, precision, tampering, training


def main(request: Mapping[str, Any], reply: str) -> None:
    """Answer ``request`` in the file ``reply``."""
    answer = _MODES[request["mode"]](request)
    Path(reply).write_text(json.dumps(answer), encoding="utf-8")


def _decide(request: Mapping[str, Any]) -> dict[str, Any]:
    """Facts and decision for each policy, as data; nothing is applied."""
    from torchgate.runtime import decide, probe

    policies = [policy(each) for each in request["policies"]]
    facts = [probe(each) for each in policies]
    decisions = [decide(seen, each).to_json() for seen, each in zip(facts, policies, strict=True)]
    torch: Any = sys.modules.get("torch")
    return {
        "decisions": decisions,
        "facts": [seen.to_json() for seen in facts],
        "environment": environment(torch, request["policies"][-1]["device"]),
        "cuda_initialized": hasattr(torch, "cuda") and bool(torch.cuda.is_initialized()),
    }


def _under_the_runtime(request: Mapping[str, Any]) -> dict[str, Any]:
    """Decide, apply, and run the programs with the handle."""
    from torchgate.runtime import Ready, apply_torch_runtime, decide_torch_runtime

    stubborn: list[str] = []
    if request.get("hostile"):
        import torch as bare

        hostile.forget_environment()
        stubborn = hostile.spoil(bare)
    decision = decide_torch_runtime(policy(request["policy"]))
    if not isinstance(decision, Ready):
        return {"decision": decision.to_json(), "programs": {}}
    handle = apply_torch_runtime(decision)
    return {
        "decision": {"decision": "ready"},
        "stubborn": stubborn,
        "programs": _run(PROGRAMS, handle, request),
    }


def _bare(request: Mapping[str, Any]) -> dict[str, Any]:
    """Run the programs on a torch that nobody configured."""
    import torch

    return {"programs": _run(BARE_PROGRAMS, torch, request)}


def _run(
    table: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]], subject: Any, request: Mapping[str, Any]
) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for name in request["programs"]:
        try:
            seen[name] = {"seen": table[name](subject, request["policy"])}
        except Exception as error:
            seen[name] = {"error": f"{type(error).__name__}: {str(error).strip()}"}
    return seen


def policy(data: Mapping[str, Any]) -> Any:
    """The `Policy` for its JSON form."""
    from torchgate.runtime import Policy

    return Policy(**data)


def environment(torch: Any, device: str) -> dict[str, Any]:
    """Names and versions for the report; the machine's own name and paths stay out."""
    seen: dict[str, Any] = {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
    }
    if torch is None or not hasattr(torch, "_C"):
        return seen
    seen |= {
        "torch": str(torch.__version__),
        "threads": torch.get_num_threads(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "cuda": torch.version.cuda,
    }
    return seen


PROGRAMS: dict[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "flags": lambda handle, policy: flags.survey(handle.torch, policy),
    "generic_tf32": lambda handle, policy: flags.survey_after_generic_tf32(handle.torch),
    "training": lambda handle, policy: training.train(handle.torch, policy["device"]),
    "strict": lambda handle, policy: controls.strict(handle.torch, policy["device"]),
    "race": lambda handle, policy: controls.race(handle.torch, policy["device"], until_different=False),
    "precision": lambda handle, policy: precision.errors(handle.torch, policy["device"]),
    "rounded": lambda handle, policy: precision.errors_of_rounded_operands(handle.torch, policy["device"]),
    "tampering": lambda handle, policy: tampering.provoke(handle, policy["cublas_workspace"]),
    "verify": lambda handle, policy: [str(item) for item in _verified(handle)],
    "workspace": lambda handle, policy: gpu.workspace(handle.torch, policy["device"]),
    "loaded": lambda handle, policy: gpu.loaded(handle.torch, policy["device"]),
    "streams": lambda handle, policy: gpu.two_streams(handle.torch, policy["device"]),
    "device": lambda handle, policy: gpu.describe(handle.torch, policy["device"]),
}

BARE_PROGRAMS: dict[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "flags": lambda torch, policy: flags.survey(torch, policy),
    "strict": lambda torch, policy: controls.strict(torch, policy["device"]),
    "race": lambda torch, policy: controls.race(torch, policy["device"], until_different=True),
    "wandering": lambda torch, policy: training.wandering(torch, policy["device"]),
    "hardware": lambda torch, policy: precision.hardware_control(torch, policy["device"]),
}


def _verified(handle: Any) -> Any:
    handle.verify()
    return handle.drift()


_MODES = {"decide": _decide, "apply": _under_the_runtime, "bare": _bare}
