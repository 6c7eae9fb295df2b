"""The runtime's values: policy, facts, decision. Frozen plain data, no torch, nothing that acts."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any, Literal, NoReturn, Protocol, TypeAlias, get_args

Device: TypeAlias = Literal["cuda", "cpu"]
CublasWorkspace: TypeAlias = Literal[":16:8", ":4096:8"]

DEVICES: tuple[str, ...] = get_args(Device)
CUBLAS_WORKSPACES: tuple[str, ...] = get_args(CublasWorkspace)

MOST_THREADS = 4096
"""More than the largest machines have cores: a number beyond it is a seed or a size in the wrong field."""

MOST_DEVICES = 2**31 - 1
"""CUDA counts by C's int."""


class Reason(enum.Enum):
    """Why a runtime is rejected. The values are stable: log queries and metrics are written against them."""

    TORCH_ABSENT = "torch_absent"
    TORCH_SHADOWED = "torch_shadowed"
    TORCH_BROKEN = "torch_broken"
    TORCH_UNSUPPORTED_VERSION = "torch_unsupported_version"
    DEVICE_UNSUPPORTED = "device_unsupported"
    CUDA_NOT_BUILT = "cuda_not_built"
    CUDA_UNAVAILABLE = "cuda_unavailable"
    CUDA_NO_DEVICES = "cuda_no_devices"
    CUDA_TOO_FEW_DEVICES = "cuda_too_few_devices"
    CUDA_DEVICE_INDEX_INVALID = "cuda_device_index_invalid"
    CUDA_FORKED_AFTER_INIT = "cuda_forked_after_init"
    CUDNN_UNAVAILABLE = "cudnn_unavailable"
    CUBLAS_CONFIG_INVALID = "cublas_config_invalid"
    CUBLAS_CONFIG_TOO_LATE = "cublas_config_too_late"
    TF32_FORCED_BY_ENV = "tf32_forced_by_env"
    FLAGS_FROZEN = "flags_frozen"
    INDUCTOR_ALREADY_CONFIGURED = "inductor_already_configured"
    NOT_MAIN_THREAD = "not_main_thread"


@dataclasses.dataclass(frozen=True, slots=True)
class RequiresMainThread:
    """The runtime may be applied, and its interpreters may run, in the main thread only."""


@dataclasses.dataclass(frozen=True, slots=True)
class WorkerSafe:
    """Any thread may apply the runtime and run its interpreters."""


ThreadAffinity: TypeAlias = RequiresMainThread | WorkerSafe


class Metrics(Protocol):
    """What a metrics client must offer to have rejections counted."""

    def increment(self, name: str, tags: dict[str, str], /) -> object:
        """Add one to the counter ``name`` under ``tags``."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a program demands of torch. ``device`` has no default: a policy never means "whatever is there".

    ``device_index`` makes that GPU the current one (and so initialises CUDA at apply); ``num_threads`` fixes
    the intra-op thread count, which changes the bits of a result. Nonsense raises TypeError or ValueError.
    """

    device: Device
    affinity: ThreadAffinity = RequiresMainThread()
    cublas_workspace: CublasWorkspace = ":16:8"
    device_index: int | None = None
    min_devices: int = 1
    num_threads: int | None = None
    fill_uninitialized_memory: bool = True

    def __post_init__(self) -> None:
        _choice(self, "device", DEVICES, _OTHER_DEVICES)
        if not isinstance(self.affinity, RequiresMainThread | WorkerSafe):
            raise TypeError(f"affinity must be RequiresMainThread() or WorkerSafe(), not {self.affinity!r}")
        _choice(self, "cublas_workspace", CUBLAS_WORKSPACES)
        _integer(self, "min_devices", least=1, most=MOST_DEVICES)
        if self.device_index is not None:
            _integer(self, "device_index", least=0, most=MOST_DEVICES)
        if self.num_threads is not None:
            _integer(self, "num_threads", least=1, most=MOST_THREADS)
        if not isinstance(self.fill_uninitialized_memory, bool):
            raise TypeError(f"fill_uninitialized_memory must be bool, not {self.fill_uninitialized_memory!r}")
        if self.device == "cpu" and self.device_index is not None:
            raise ValueError(f"device_index={self.device_index} names a GPU, but device is 'cpu'")
        if self.device == "cpu" and self.min_devices != 1:
            raise ValueError(f"min_devices={self.min_devices} counts GPUs, but device is 'cpu'")

    def to_json(self) -> dict[str, Any]:
        """The policy as JSON-able data; the affinity by its class's name."""
        return {**_fields(self), "affinity": type(self.affinity).__name__}


_OTHER_DEVICES = (
    "; a GPU is named by device_index; nothing is chosen by what the machine has ('auto'); "
    "ROCm, MPS and XPU are not supported"
)


def _choice(policy: Policy, name: str, valid: tuple[str, ...], hint: str = "") -> None:
    value = getattr(policy, name)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, not {value!r}")
    # A subclass (an enum of the program's) prints and pickles in its own way, and may compare in it too.
    plain = str.__str__(value)
    if plain not in valid:
        raise ValueError(f"{name} must be {' or '.join(map(repr, valid))}, not {plain!r}{hint}")
    object.__setattr__(policy, name, plain)


def _integer(policy: Policy, name: str, *, least: int, most: int) -> None:
    value = getattr(policy, name)
    # bool is an int to isinstance, and Policy(num_threads=True) is a mistake.
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be an int, not {value!r}")
    # As for strings: a subclass may print, pickle and compare in its own way.
    plain = int.__index__(value)
    # Python refuses to print thousands of digits.
    shown = plain if plain.bit_length() < 64 else f"a number of {plain.bit_length()} bits"
    if plain < least:
        raise ValueError(f"{name} must be at least {least}, not {shown}")
    if plain > most:
        raise ValueError(f"{name} must be at most {most}, not {shown}")
    object.__setattr__(policy, name, plain)


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a probe saw, as JSON-able data. None means that it was not looked at, and never counts in favour.

    The second block needs torch imported; it stays at its defaults where the first block already rejects.
    """

    torch_found: bool = False
    torch_path: str | None = None
    torch_version: str | None = None
    torch_shadow: str | None = None
    """What else answers to the name torch, in words."""
    main_thread: bool = False
    already_applied: bool = False
    """This process has applied an equal policy: what can only be set early was set in time."""
    cublas_workspace_config: str | None = None
    cublas_workspace_config_at_exec: str | None = None
    """The value this process was started with; None where the system does not tell."""
    nvidia_tf32_override: str | None = None
    cuda_visible_devices: str | None = None

    torch_imported: bool = False
    torch_error: str | None = None
    """Why importing or reading torch failed."""
    accelerator: str | None = None
    """What this torch is built for: cuda, rocm, xpu, mps or none."""
    cuda_version: str | None = None
    cuda_initialized: bool = False
    cuda_in_bad_fork: bool = False
    cuda_device_count: int | None = None
    cudnn_available: bool | None = None
    cudnn_version: int | None = None
    flags_frozen: bool = False
    inductor_other_threads: bool | None = None
    """Inductor's deterministic mode as a new thread sees it; None while that is still open."""
    num_threads: int | None = None

    def __post_init__(self) -> None:
        """Only what JSON keeps apart: a count that is NaN or a text would pass for a good one."""
        for field in dataclasses.fields(self):
            value, kinds = getattr(self, field.name), str(field.type).split(" | ")
            if type(value).__name__ not in kinds and (value is not None or "None" not in kinds):
                raise TypeError(f"{field.name} must be {field.type}, not {value!r}")

    def to_json(self) -> dict[str, Any]:
        """The facts as JSON-able data."""
        return _fields(self)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The policy can be met here. Proof comes from the effect, which looks again before it acts."""

    policy: Policy
    facts: Facts

    def __post_init__(self) -> None:
        require_instance("policy", self.policy, Policy)
        require_instance("facts", self.facts, Facts)

    def to_json(self) -> dict[str, Any]:
        """The decision as JSON-able data."""
        return {"decision": "ready", "policy": self.policy.to_json(), "facts": self.facts.to_json()}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The policy cannot be met here: every reason, with a sentence for each in ``detail`` (by its value)."""

    policy: Policy
    reasons: tuple[Reason, ...]
    detail: Mapping[str, str] = dataclasses.field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        require_instance("policy", self.policy, Policy)
        if not isinstance(self.reasons, tuple) or not all(isinstance(each, Reason) for each in self.reasons):
            raise TypeError(f"reasons must be a tuple of Reason, not {self.reasons!r}")
        if not self.reasons:
            raise ValueError("a rejection needs at least one reason")
        if len(set(self.reasons)) < len(self.reasons):
            raise ValueError(f"a reason is given twice: {self.reasons!r}")
        object.__setattr__(self, "detail", ReadOnly(self.detail))

    def to_json(self) -> dict[str, Any]:
        """The decision as JSON-able data."""
        reasons = [reason.value for reason in self.reasons]
        return {
            "decision": "rejected",
            "policy": self.policy.to_json(),
            "reasons": reasons,
            "detail": dict(self.detail),
        }


TorchRuntime: TypeAlias = Ready | Rejected


def require_instance(name: str, value: object, wanted: type) -> None:
    """Raise TypeError unless ``value`` is a ``wanted``."""
    if not isinstance(value, wanted):
        raise TypeError(f"{name} must be a {wanted.__name__}, not {value!r}")


def _refuse(*_: object, **__: object) -> NoReturn:
    raise TypeError("this mapping is read-only")


# As Any, since the overloads of dict's methods cannot be matched by a function that never returns.
_REFUSE: Any = _refuse


class ReadOnly(dict[str, Any]):
    """A dict that nobody can change. Unlike ``MappingProxyType`` it pickles, copies and dumps as JSON."""

    __slots__ = ()

    __setitem__ = __delitem__ = __ior__ = _REFUSE
    clear = pop = popitem = setdefault = update = _REFUSE

    def __reduce__(self) -> tuple[type[ReadOnly], tuple[dict[str, Any]]]:
        return (type(self), (dict(self),))
