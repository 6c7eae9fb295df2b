"""TorchHandle: the validated torch, which the effect returns and everything downstream is given."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping
from typing import Any, NoReturn

from torchgate.runtime.decision import FORKED, decide_torch_runtime
from torchgate.runtime.errors import Drift, DriftError
from torchgate.runtime.model import Policy, ReadOnly, Ready, Reason, Rejected, RequiresMainThread
from torchgate.runtime.rejection import reject
from torchgate.runtime.state import PROCESS


class TorchHandle:
    """torch, as configured and proven by the effect. Made by ``apply_torch_runtime`` only.

    Attributes are torch's own (``handle.cuda.Stream()``); the few names below are the handle's. It cannot
    be written to, copies as itself, and pickles as its policy: unpickling in a fresh process decides and
    applies there, or raises.
    """

    __slots__ = ("__weakref__", "_applied", "_revalidation_due", "_runtime", "_torch")

    _applied: Mapping[str, Any]
    _revalidation_due: bool
    _runtime: Ready
    _torch: Any

    def __init__(self, torch: Any, runtime: Ready, applied: Mapping[str, Any]) -> None:
        for name, value in (
            ("_torch", torch),
            ("_runtime", runtime),
            ("_applied", ReadOnly(applied)),
            ("_revalidation_due", False),
        ):
            object.__setattr__(self, name, value)

    @property
    def torch(self) -> Any:
        """The torch module. In a forked child where it no longer holds: `DriftError` or `RejectedError`."""
        if self._revalidation_due:
            self._revalidate()
        return self._torch

    @property
    def runtime(self) -> Ready:
        """The decision that was applied."""
        return self._runtime

    @property
    def applied(self) -> Mapping[str, Any]:
        """Every item with the value that was read back at apply."""
        return self._applied

    def drift(self) -> tuple[Drift, ...]:
        """The settings that no longer read as applied, in this thread. Reads only."""
        from torchgate.runtime.readback import drift

        return drift(self._torch, self._runtime.policy)

    def verify(self) -> None:
        """Read every setting back. Raises `DriftError` with all that moved."""
        moved = self.drift()
        if moved:
            raise DriftError(moved)

    def assert_thread(self) -> None:
        """Raise `RejectedError` (not_main_thread) where the policy does not allow this thread."""
        policy = self._runtime.policy
        if isinstance(policy.affinity, RequiresMainThread):
            current = threading.current_thread()
            if current is not threading.main_thread():
                text = f"this is thread {current.name!r}; say affinity=WorkerSafe() to allow it"
                _reject(policy, Reason.NOT_MAIN_THREAD, text)

    @property
    def worker_init(self) -> WorkerInit:
        """A picklable initialiser for worker processes: ``DataLoader(worker_init_fn=handle.worker_init)``."""
        return WorkerInit(self._runtime.policy)

    def _revalidate(self) -> None:
        """Validate again, as a forked child must: the flags come along, an initialised CUDA does not.

        Raises `RejectedError` or `DriftError`; ``torch`` keeps raising until it passes.
        """
        policy = self._runtime.policy
        if policy.device == "cuda" and self._torch.cuda._is_in_bad_fork():
            _reject(policy, Reason.CUDA_FORKED_AFTER_INIT, FORKED)
        self.verify()
        object.__setattr__(self, "_revalidation_due", False)

    def _expect_revalidation(self) -> None:
        """Have the next use validate first (called after fork, where nothing may raise)."""
        object.__setattr__(self, "_revalidation_due", True)

    def __getattr__(self, name: str) -> Any:
        if name in TorchHandle.__dict__:
            # Also reached when an own property raised AttributeError; asking it again would not end.
            raise AttributeError(f"TorchHandle.{name} cannot be had: this handle was not made by the effect")
        if name == "__dict__":
            # torch.compile looks for it, and its guards then fail on one that is not the handle's own.
            raise AttributeError("a TorchHandle has no __dict__; torch's is vars(handle.torch)")
        return getattr(self.torch, name)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a TorchHandle is read-only; {name!r} would be set on torch for everybody")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a TorchHandle is read-only; {name!r} cannot be deleted")

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *dir(self._torch)})

    def __repr__(self) -> str:
        return f"<TorchHandle torch {self._torch.__version__}, {self._runtime.policy}>"

    def __copy__(self) -> TorchHandle:
        return self

    def __deepcopy__(self, memo: object) -> TorchHandle:
        return self

    def __reduce__(self) -> tuple[Any, tuple[Policy]]:
        return _apply_here, (self._runtime.policy,)


def _reject(policy: Policy, reason: Reason, text: str) -> NoReturn:
    reject(Rejected(policy=policy, reasons=(reason,), detail={reason.value: text}))


def _apply_here(policy: Policy) -> TorchHandle:
    """Unpickle a handle: decide and apply in this process, or raise."""
    from torchgate.runtime.apply import apply_torch_runtime

    return apply_torch_runtime(decide_torch_runtime(policy))


@dataclasses.dataclass(frozen=True, slots=True, repr=False)
class WorkerInit:
    """Apply the policy in a worker process, then seed ``random`` and numpy from the worker's torch seed.

    For ``DataLoader(worker_init_fn=...)`` and process pools' ``initializer=...``, under spawn, forkserver and
    fork. A DataLoader gives each worker a torch seed that follows from the parent's; in a bare pool forked
    workers have the parent's own, and others draw one that is not the same in the next run.
    """

    policy: Policy

    def __call__(self, worker_id: int = 0) -> None:
        """Raises what `apply_torch_runtime` raises."""
        here, wanted = PROCESS.handle, self.policy.num_threads
        if here is not None and here.runtime.policy == self.policy and wanted is not None:
            # A DataLoader sets its workers to one thread just before it calls this.
            here._torch.set_num_threads(wanted)
        _seed_the_others(_apply_here(self.policy).torch.initial_seed())

    def __repr__(self) -> str:
        return f"WorkerInit({self.policy})"


def _seed_the_others(seed: int) -> None:
    import random

    random.seed(seed)
    try:
        from numpy.random import seed as seed_numpy
    except ImportError:
        return  # Absent, a stand-in, or broken: nothing here draws from it.
    seed_numpy(seed % 2**32)
