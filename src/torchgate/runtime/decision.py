"""decide: facts and a policy to Ready or Rejected. Pure and total; all reasons are given, not the first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torchgate.runtime.model import (
    CUBLAS_WORKSPACES,
    Facts,
    Policy,
    Ready,
    Reason,
    Rejected,
    RequiresMainThread,
    TorchRuntime,
    require_instance,
)

OLDEST_TORCH = (2, 6)

FORKED = "this process was forked after CUDA was initialised in its parent; use spawn or forkserver"

_Objection = tuple[Reason, str]

_FROM_FILES = (
    Reason.TORCH_ABSENT,
    Reason.TORCH_SHADOWED,
    Reason.TORCH_UNSUPPORTED_VERSION,
    Reason.DEVICE_UNSUPPORTED,
    Reason.CUDA_NOT_BUILT,
)


def decide_torch_runtime(policy: Policy = Policy(device="cuda")) -> TorchRuntime:  # noqa: B008 (frozen)
    """Probe this process and decide. Changes nothing and never initialises CUDA."""
    from torchgate.runtime.probing import probe

    return decide(probe(policy), policy)


def decide(facts: Facts, policy: Policy) -> TorchRuntime:
    """`Ready` if and only if there is no reason against it."""
    require_instance("facts", facts, Facts)
    require_instance("policy", policy, Policy)
    objections = dict(_objections(facts, policy))
    if not objections and not facts.torch_imported:
        objections[Reason.TORCH_BROKEN] = "torch was not imported, so nothing is known about it"
    if not objections:
        return Ready(policy=policy, facts=facts)
    reasons = tuple(reason for reason in Reason if reason in objections)
    detail = {reason.value: objections[reason] for reason in reasons}
    return Rejected(policy=policy, reasons=reasons, detail=detail)


def files_reject(facts: Facts, policy: Policy) -> bool:
    """Whether torch's files alone, before any import, already reject the policy."""
    return any(reason in _FROM_FILES for reason, _ in _objections(facts, policy))


def _objections(facts: Facts, policy: Policy) -> Iterator[_Objection]:
    yield from _torch_itself(facts)
    if policy.device == "cuda":
        yield from _cuda(facts, policy)
    yield from _environment(facts, policy)
    yield from _process(facts, policy)


def _torch_itself(facts: Facts) -> Iterator[_Objection]:
    if facts.torch_shadow is not None:
        yield Reason.TORCH_SHADOWED, facts.torch_shadow
    elif not facts.torch_found:
        yield Reason.TORCH_ABSENT, "torch is not installed here: pip install 'torchgate[runtime]'"
    else:
        if facts.torch_error is not None:
            yield Reason.TORCH_BROKEN, facts.torch_error
        if facts.torch_version is not None or facts.torch_imported:
            yield from _version(facts.torch_version)


def _version(version: str | None) -> Iterator[_Objection]:
    oldest = ".".join(map(str, OLDEST_TORCH))
    # Bounded, since Python refuses to read thousands of digits as a number.
    numbers = re.match(r"(\d{1,9})\.(\d{1,9})", version or "", re.ASCII)
    if numbers is None:
        text = f"cannot read a version from {version!r}; torch {oldest} or later is needed"
        yield Reason.TORCH_UNSUPPORTED_VERSION, text
    elif (int(numbers[1]), int(numbers[2])) < OLDEST_TORCH:
        yield Reason.TORCH_UNSUPPORTED_VERSION, f"torch {version} is too old; {oldest} or later is needed"


def _cuda(facts: Facts, policy: Policy) -> Iterator[_Objection]:
    if not facts.torch_found or facts.torch_shadow is not None or facts.torch_error is not None:
        return
    if facts.accelerator is None and not facts.torch_imported:
        return
    if facts.accelerator in ("rocm", "xpu", "mps"):
        yield Reason.DEVICE_UNSUPPORTED, f"torch is built for {facts.accelerator}; only CUDA is supported"
    if facts.accelerator == "rocm":
        return
    if facts.accelerator != "cuda":
        yield (
            Reason.CUDA_NOT_BUILT,
            f"torch {facts.torch_version} is built without CUDA; install a CUDA build, or say device='cpu'",
        )
        return
    if facts.cudnn_available is not True:
        yield Reason.CUDNN_UNAVAILABLE, "this torch is built without cuDNN"
    if facts.cuda_in_bad_fork:
        yield Reason.CUDA_FORKED_AFTER_INIT, FORKED
        return
    yield from _devices(facts, policy)


def _devices(facts: Facts, policy: Policy) -> Iterator[_Objection]:
    count, visible = facts.cuda_device_count, facts.cuda_visible_devices
    where = "" if visible is None else f" (CUDA_VISIBLE_DEVICES={visible!r})"
    if count is None:
        yield Reason.CUDA_UNAVAILABLE, f"no NVIDIA driver answers, so no GPU can be counted{where}"
        return
    if count == 0:
        yield Reason.CUDA_NO_DEVICES, f"the driver shows no GPU to this process{where}"
    elif count < policy.min_devices:
        text = f"{count} GPU(s) visible{where}, min_devices is {policy.min_devices}"
        yield Reason.CUDA_TOO_FEW_DEVICES, text
    if count and policy.device_index is not None and policy.device_index >= count:
        text = f"device_index is {policy.device_index}, but the visible GPUs are 0 to {count - 1}{where}"
        yield Reason.CUDA_DEVICE_INDEX_INVALID, text


def _environment(facts: Facts, policy: Policy) -> Iterator[_Objection]:
    value = facts.cublas_workspace_config
    if value is not None and value not in CUBLAS_WORKSPACES:
        valid = " or ".join(CUBLAS_WORKSPACES)
        yield (
            Reason.CUBLAS_CONFIG_INVALID,
            f"CUBLAS_WORKSPACE_CONFIG={value!r}; valid: {valid}, or leave it unset",
        )
    wanted = policy.cublas_workspace
    from_start = facts.cublas_workspace_config_at_exec == wanted == value
    if facts.cuda_initialized and not from_start and not facts.already_applied:
        yield (
            Reason.CUBLAS_CONFIG_TOO_LATE,
            f"CUDA is already initialised and this process was not started with "
            f"CUBLAS_WORKSPACE_CONFIG={wanted}; apply the runtime earlier or set it before the start",
        )
    if facts.nvidia_tf32_override not in (None, "0"):
        yield (
            Reason.TF32_FORCED_BY_ENV,
            f"NVIDIA_TF32_OVERRIDE={facts.nvidia_tf32_override!r} rules over torch's own TF32 switches; "
            "valid: 0, or leave it unset",
        )


def _process(facts: Facts, policy: Policy) -> Iterator[_Objection]:
    if facts.flags_frozen and not facts.already_applied:
        text = "torch.backends.disable_global_flags() was called; apply the runtime before it"
        yield Reason.FLAGS_FROZEN, text
    if facts.inductor_other_threads is False and not facts.already_applied:
        yield (
            Reason.INDUCTOR_ALREADY_CONFIGURED,
            "torch._inductor.config was imported before the runtime was applied (torch.compile and "
            "torch.use_deterministic_algorithms do that), so its deterministic mode cannot reach other "
            "threads; apply earlier, or start with TORCHINDUCTOR_DETERMINISTIC=1",
        )
    if isinstance(policy.affinity, RequiresMainThread) and not facts.main_thread:
        text = "the policy requires the main thread; say affinity=WorkerSafe() to allow others"
        yield Reason.NOT_MAIN_THREAD, text
