"""The one effect: apply a ready runtime, all or nothing, once per process, and prove what was applied."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from torchgate.runtime.checklist import Row, rows, thread_rows
from torchgate.runtime.decision import decide_torch_runtime
from torchgate.runtime.errors import (
    AlreadyAppliedError,
    ApplyError,
    Drift,
    aftermath,
)
from torchgate.runtime.handle import TorchHandle
from torchgate.runtime.model import Metrics, Policy, Ready, Rejected, TorchRuntime
from torchgate.runtime.readback import drift, pinning_drift, read_back
from torchgate.runtime.rejection import reject
from torchgate.runtime.state import PROCESS

_ATTEMPTS = 5
"""How many interrupts it takes to keep what was written from being put back."""


def apply_torch_runtime(runtime: TorchRuntime, *, metrics: Metrics | None = None) -> TorchHandle:
    """Configure torch as ``runtime`` demands and return the validated handle.

    Every setting is written, then read back through torch's own getters; on any failure everything is put
    back. The same policy again gives the same handle after a drift check; the first time in another thread
    also sets what each thread has of its own (the number of threads, the current device).

    Raises:
        RejectedError: the runtime is rejected, or no longer ready when looked at again; logged and counted.
        ApplyError: a setting did not hold; ``restored`` says whether the process is as it was.
        AlreadyAppliedError: this process has applied another policy.
        DriftError: the same policy was applied before, and a setting has moved since.
        TypeError: ``runtime`` is not a decision, or ``metrics`` cannot count.
    """
    if not isinstance(runtime, Ready | Rejected):
        hint = "; decide first: apply_torch_runtime(decide_torch_runtime(policy))"
        asked = hint if isinstance(runtime, Policy) else ""
        raise TypeError(f"apply_torch_runtime takes Ready or Rejected, not {runtime!r}{asked}")
    if metrics is not None and not callable(getattr(metrics, "increment", None)):
        raise TypeError(f"metrics must offer increment(name, tags), not {metrics!r}")
    outcome = runtime if isinstance(runtime, Rejected) else _apply(runtime, _place(sys._getframe(1)))
    if isinstance(outcome, Rejected):
        reject(outcome, metrics)
    return outcome


def _place(caller: FrameType) -> str:
    """Where the effect is asked for, and who called that: most programs wrap it in a function."""
    frames = [caller]
    # Behind a module stands Python's import system, behind a fixture of ours pytest.
    is_end = caller.f_code.co_name == "<module>" or _is_own(caller.f_globals.get("__name__"))
    if caller.f_back is not None and not is_end:
        frames.append(caller.f_back)
    named = [f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}" for frame in frames]
    return ", called at ".join(named)


def _is_own(module: object) -> bool:
    return isinstance(module, str) and module.startswith("torchgate.")


def _apply(runtime: Ready, place: str) -> TorchHandle | Rejected:
    with PROCESS.lock:
        _applied(runtime.policy)
        imported = frozenset(sys.modules)
        # Between the decision and now CUDA may have started, the process forked, the thread changed; and a
        # decision may come from another process.
        now = decide_torch_runtime(runtime.policy)
        if isinstance(now, Rejected):
            return now
        # Asked again, since what the decision imported may have applied the runtime itself.
        handle = _applied(runtime.policy)
        if handle is not None:
            _join(handle)
            handle._revalidate()
            return handle
        handle = _configure(now, imported)
        PROCESS.place = place
        PROCESS.thread.applied = True
        return handle


def _join(handle: TorchHandle) -> None:
    """Give a thread that comes later its own settings, once: what moves there afterwards is drift."""
    if not hasattr(PROCESS.thread, "applied"):
        for row in thread_rows(handle._torch, handle.runtime.policy):
            row.write(row.wanted)
        PROCESS.thread.applied = True


def _applied(policy: Policy) -> TorchHandle | None:
    """The handle of this process, if it has one for ``policy``. Raises where nothing may be applied now."""
    if _is_within_the_effect():
        # The lock lets its own thread in again: a signal handler, a hook of an import. It cannot wait either.
        got = "apply_torch_runtime called from within the effect"
        raise ApplyError("the effect", "one at a time", got, True)
    handle = PROCESS.handle
    if handle is not None and handle.runtime.policy != policy:
        raise AlreadyAppliedError(handle.runtime.policy, policy, PROCESS.place)
    return handle


def _is_within_the_effect() -> bool:
    """Whether the effect is what called this. Asked of the stack: a mark would stay if an interrupt came
    where it is taken away."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not _configure.__code__:
        frame = frame.f_back
    return frame is not None


def _configure(runtime: Ready, imported: frozenset[str]) -> TorchHandle:
    """The effect, with PROCESS.handle as its last step."""
    import warnings

    import torch

    with warnings.catch_warnings():
        # torch 2.9 warns once that its legacy switches will go. Both APIs are written on purpose, and under
        # -W error the warning would come out of a getter as an exception.
        warnings.simplefilter("ignore")
        return _transact(torch, runtime, imported)


def _transact(torch: Any, runtime: Ready, imported: frozenset[str]) -> TorchHandle:
    """Snapshot, write, read back, and only then there is a handle. Whatever goes wrong, restore first."""
    attempt = _Attempt(torch, runtime, *_lists(torch, runtime.policy, imported))
    try:
        try:
            return attempt.make()
        except Exception as error:
            # An interrupt that comes before this is through is caught below, and all is put back again.
            restored = attempt.put_back()
            if isinstance(error, _DoesNotHoldError):
                first, *others = error.items
                raise ApplyError(*first, restored, _residue(imported, tuple(others))) from None
            got = f"{type(error).__name__}: {error}"
            raise ApplyError(*attempt.at, got, restored, _residue(imported)) from error
    except ApplyError:
        raise
    except BaseException as interrupt:
        # After the last step the runtime is applied, and applying again gives the handle.
        if PROCESS.handle is None:
            after = aftermath(attempt.put_back())
            interrupt.add_note(f"torchgate: the effect was interrupted at {attempt.at[0]}; {after}")
        raise


class _Attempt:
    """The effect's steps, what was there before them, and where they are."""

    def __init__(
        self, torch: Any, runtime: Ready, checklist: tuple[Row, ...], answers: dict[str, tuple[Any, Any]]
    ) -> None:
        self.torch = torch
        self.runtime = runtime
        self.checklist = checklist
        self.answers = answers
        self.before: list[Any] = []
        self.at: tuple[str, Any] = ("checklist", "a row")

    def make(self) -> TorchHandle:
        torch, policy = self.torch, self.runtime.policy
        for row in self.checklist:
            self.at = (row.name, row.wanted)
            self.before.append(row.read())
        for row in self.checklist:
            self.at = (row.name, row.wanted)
            row.write(row.wanted)
        self.at = ("read-back", "an answer from every getter")
        moved = drift(torch, policy) or pinning_drift(torch)
        if moved:
            raise _DoesNotHoldError(moved)
        applied = {item: got for item, (_, got) in read_back(torch, policy).items()}
        handle = PROCESS.handle = TorchHandle(torch, self.runtime, applied)
        return handle

    def put_back(self) -> bool:
        """Restore, through further interrupts too: the first one is raised when this is done."""
        for _ in range(_ATTEMPTS):
            try:
                return _restore(self.checklist, self.before) and self._reads_as_before()
            except BaseException:
                continue
        return False

    def _reads_as_before(self) -> bool:
        """Whether the getters agree too; items that exist only since (Inductor's) are named as residue."""
        now = read_back(self.torch, self.runtime.policy)
        return all(now.get(item) == answer for item, answer in self.answers.items())


class _DoesNotHoldError(Exception):
    """What was written does not read as written."""

    def __init__(self, items: tuple[Drift, ...]) -> None:
        super().__init__(items)
        self.items = items


def _lists(
    torch: Any, policy: Policy, imported: frozenset[str]
) -> tuple[tuple[Row, ...], dict[str, tuple[Any, Any]]]:
    """The write list, and what the getters answer before it. A torch that lacks one of them fails here."""
    try:
        return rows(torch, policy), read_back(torch, policy)
    except Exception as error:
        got = f"{type(error).__name__}: {error}"
        raise ApplyError("checklist", "every switch and getter", got, True, _residue(imported)) from error


def _restore(checklist: tuple[Row, ...], before: list[Any]) -> bool:
    """Write everything back and re-read it.

    In the order of the effect: a level above rewrites what the levels below inherit, so the reverse order
    leaves residue.
    """
    if len(before) < len(checklist):
        return True  # The snapshot failed, so nothing was written.
    for row, value in zip(checklist, before, strict=True):
        try:
            row.restore(value)
        except Exception:
            continue  # The re-read below tells whether it mattered.
    try:
        return [row.read() for row in checklist] == before
    except Exception:
        return False


def _residue(imported: frozenset[str], also: tuple[Drift, ...] = ()) -> dict[str, str]:
    """What an attempt leaves behind or could not say in one item."""
    detail = {}
    if also:
        detail["also wrong"] = "; ".join(map(str, also))
    new = set(sys.modules) - imported
    if new:
        roots = {name.partition(".")[0] for name in new} - sys.stdlib_module_names
        packages = sorted(root for root in roots if not root.startswith("_"))
        of = f" of {', '.join(packages)}" if packages else ""
        inductor = ", torch._inductor.config among them" if "torch._inductor.config" in new else ""
        detail["imported_modules"] = f"{len(new)} modules{of} stay imported{inductor}"
    return detail
