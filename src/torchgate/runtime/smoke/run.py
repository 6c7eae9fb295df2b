"""The smoke run: which workers are started, with what environment, and what is judged from their answers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from torchgate import __version__
from torchgate.runtime.remedies import explained
from torchgate.runtime.smoke import hostile, judge, judge_gpu
from torchgate.runtime.smoke.launch import Answered, run_worker
from torchgate.runtime.smoke.report import Check, Report, Status
from torchgate.runtime.text import one_line

WORKSPACE = ":16:8"
"""On Hopper the default workspace equals :4096:8, so only this one shows that it was taken."""

STEERING = (
    "CUBLAS_WORKSPACE_CONFIG",
    "NVIDIA_TF32_OVERRIDE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
    "TORCHINDUCTOR_DETERMINISTIC",
)
"""Variables that steer determinism: taken out for the workers that must start bare or hostile."""

Answer = dict[str, Any]
Progress = Callable[[str], None]


def run_smoke(device: str, progress: Progress = lambda text: None) -> Report:
    """Prove the allowed path for ``device``. ``progress`` is told what comes next."""
    started = time.monotonic()
    policy = {"device": device, "cublas_workspace": WORKSPACE}
    progress("deciding")
    first = _ask({"mode": "decide", "policies": [policy]})
    decision = first["decisions"][0] if "decisions" in first else _broken(policy, first["died"])
    environment = dict(first.get("environment", {}))
    if decision["decision"] == "rejected":
        checks: list[Check] = [_rejected(decision)]
        processes = 1
    else:
        answers = _workers(device, policy, progress)
        environment |= _device_environment(answers)
        checks = [judge.decided(first), *_checks(device, answers, first)]
        processes = 1 + len(answers)
    return Report(
        device=device,
        torchgate=__version__,
        environment=environment,
        policy=decision["policy"],
        checks=tuple(checks),
        reasons=tuple(explained(decision)),
        processes=processes,
        seconds=time.monotonic() - started,
    )


def decide_in_fresh_process(devices: Iterable[str]) -> Answer:
    """The decision for each device, from a process that may die of torch without taking the caller along."""
    policies = [{"device": device} for device in devices]
    answer = _ask({"mode": "decide", "policies": policies})
    if "died" in answer:
        decisions = [_broken(policy, answer["died"]) for policy in policies]
        return {"decisions": decisions, "facts": [{} for _ in policies], "environment": {}}
    return answer


def _broken(policy: Mapping[str, Any], why: str) -> Answer:
    """The rejection for a torch whose import ended the process: no probe lives to report that."""
    from torchgate.runtime import Policy, Reason, Rejected

    text = one_line(f"the process that imported torch gave no answer: {why}")
    detail = {Reason.TORCH_BROKEN.value: text}
    rejected = Rejected(policy=Policy(**policy), reasons=(Reason.TORCH_BROKEN,), detail=detail)
    return rejected.to_json()


def _rejected(decision: Mapping[str, Any]) -> Check:
    reasons = list(decision["reasons"])
    return Check(
        id="decision",
        status=Status.REJECTED,
        detail=", ".join(reasons),
        measured={"reasons": reasons, "detail": decision["detail"]},
    )


def _ask(request: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Answer:
    outcome = run_worker(request, environment=environment)
    if isinstance(outcome, Answered):
        return outcome.answer
    return {"died": "; ".join(filter(None, (outcome.how, outcome.output)))}


def _workers(device: str, policy: Mapping[str, Any], progress: Progress) -> dict[str, Answer]:
    """Run every worker after the decision, one at a time: a racing control wants the cores to itself."""
    everywhere = ["flags", "training", "verify"]
    on_gpu = ["device", "workspace", "loaded", "streams"] if device == "cuda" else []
    plan: dict[str, tuple[str, Answer, dict[str, str] | None]] = {
        "first": ("apply", {"programs": [*everywhere, "strict", "race"]}, None),
        "second": ("apply", {"programs": [*everywhere, "precision", "rounded", *on_gpu]}, None),
        "third": ("apply", {"programs": [*everywhere, "tampering"]}, None),
        "bare": ("bare", {"programs": ["strict", "race", "wandering", "hardware"]}, _environment()),
        "hostile": (
            "apply",
            {"hostile": True, "programs": [*everywhere, "generic_tf32"]},
            _environment(hostile.ENVIRONMENT),
        ),
        "refused": (
            "decide",
            {"policies": [policy]},
            _environment({name: value for name, (value, _) in hostile.REFUSED.items()}),
        ),
    }
    answers = {}
    for number, (name, (mode, request, environment)) in enumerate(plan.items(), start=2):
        progress(f"process {number} of {len(plan) + 1}: {name}")
        answers[name] = _ask({"mode": mode, "policy": dict(policy), **request}, environment)
    return answers


def _environment(extra: Mapping[str, str] = {}) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in STEERING}
    return {**kept, **extra}


def _device_environment(answers: Mapping[str, Answer]) -> Answer:
    try:
        return dict(judge.seen(answers["second"], "device"))
    except judge.Missing:
        return {}


def _checks(device: str, answers: Mapping[str, Answer], first: Answer) -> Iterator[Check]:
    clean = [answers["first"], answers["second"], answers["third"]]
    refused = {name: reason for name, (_, reason) in hostile.REFUSED.items()}
    judges: list[tuple[str, Callable[[], Check | Iterable[Check]]]] = [
        ("flags", lambda: judge.flags_read_back("flags", clean)),
        ("training", lambda: judge.equal_training(clean)),
        ("control: training", lambda: judge.wandering_training(answers["bare"], answers["first"])),
        ("control: strict", lambda: judge.strict_controls(answers["bare"], answers["first"])),
        ("control: racing", lambda: judge.racing_controls(answers["bare"], answers["first"])),
        ("precision", lambda: judge.precision_bounds(answers["second"])),
        ("control: reduced precision", lambda: judge.hardware_control(answers["bare"], device)),
        ("drift", lambda: judge.drift_detected(answers["third"])),
        ("hostile start", lambda: judge.hostile_start(answers["hostile"], answers["first"])),
        ("hostile environment", lambda: judge.hostile_environment(answers["refused"], refused)),
    ]
    if device == "cuda":
        judges += judge_gpu.judges(answers, first, WORKSPACE)
    for id, make in judges:
        try:
            made = make()
            checks = [made] if isinstance(made, Check) else list(made)
        except judge.Missing as missing:
            checks = [judge.failed(id, str(missing))]
        yield from checks
