"""The one effect: apply a ready runtime, all or nothing, once per process, and prove what was applied."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

from torchgate.runtime.checklist import Row, rows, thread_rows
from torchgate.runtime.decision import decide_torch_runtime
from torchgate.runtime.errors import AlreadyAppliedError, ApplyError, Drift, RejectedError, reasons_text
from torchgate.runtime.handle import TorchHandle
from torchgate.runtime.model import Metrics, Policy, Ready, Rejected, TorchRuntime
from torchgate.runtime.readback import drift, pinning_drift, read_back
from torchgate.runtime.state import PROCESS

LOGGER_NAME = "torchgate.runtime"
REJECTED_TOTAL = "torchgate_runtime_rejected_total"


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
        raise TypeError(f"apply_torch_runtime takes Ready or Rejected, not {runtime!r}")
    if metrics is not None and not callable(getattr(metrics, "increment", None)):
        raise TypeError(f"metrics must offer increment(name, tags), not {metrics!r}")
    outcome = runtime if isinstance(runtime, Rejected) else _apply(runtime)
    if isinstance(outcome, Rejected):
        _reject(outcome, metrics)
    return outcome


def _apply(runtime: Ready) -> TorchHandle | Rejected:
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
        PROCESS.applying = True
        try:
            PROCESS.handle = _configure(now, imported)
        finally:
            PROCESS.applying = False
        PROCESS.thread.applied = True
        return PROCESS.handle


def _join(handle: TorchHandle) -> None:
    """Give a thread that comes later its own settings, once: what moves there afterwards is drift."""
    if not hasattr(PROCESS.thread, "applied"):
        for row in thread_rows(handle._torch, handle.runtime.policy):
            row.write(row.wanted)
        PROCESS.thread.applied = True


def _applied(policy: Policy) -> TorchHandle | None:
    """The handle of this process, if it has one for ``policy``. Raises where nothing may be applied now."""
    if PROCESS.applying:
        # The lock lets its own thread in again: a signal handler, a hook of an import. It cannot wait either.
        got = "apply_torch_runtime called from within the effect"
        raise ApplyError("the effect", "one at a time", got, True)
    handle = PROCESS.handle
    if handle is not None and handle.runtime.policy != policy:
        raise AlreadyAppliedError(handle.runtime.policy, policy)
    return handle


def _configure(runtime: Ready, imported: frozenset[str]) -> TorchHandle:
    import warnings

    import torch

    with warnings.catch_warnings():
        # torch 2.9 warns once that its legacy switches will go. Both APIs are written on purpose, and under
        # -W error the warning would come out of a getter as an exception.
        warnings.simplefilter("ignore")
        _transact(torch, runtime, imported)
        applied = {item: got for item, (_, got) in read_back(torch, runtime.policy).items()}
    return TorchHandle(torch, runtime, applied)


def _transact(torch: Any, runtime: Ready, imported: frozenset[str]) -> None:
    """Snapshot, write, read back. Whatever goes wrong, restore first."""
    checklist, answers = _lists(torch, runtime.policy, imported)
    before: list[Any] = []
    at: tuple[str, Any] = ("checklist", "a row")
    try:
        for row in checklist:
            at = (row.name, row.wanted)
            before.append(row.read())
        for row in checklist:
            at = (row.name, row.wanted)
            row.write(row.wanted)
        at = ("read-back", "an answer from every getter")
        moved = drift(torch, runtime.policy) or pinning_drift(torch)
    except Exception as error:
        restored = _restore(checklist, before) and _reads_as(answers, torch, runtime)
        got = f"{type(error).__name__}: {error}"
        raise ApplyError(*at, got, restored, _residue(imported)) from error
    except BaseException:
        _restore(checklist, before)
        raise
    if moved:
        restored = _restore(checklist, before) and _reads_as(answers, torch, runtime)
        raise ApplyError(*moved[0], restored, _residue(imported, moved[1:]))


def _lists(torch: Any, policy: Policy, imported: frozenset[str]) -> tuple[tuple[Row, ...], dict[str, Any]]:
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


def _reads_as(answers: dict[str, tuple[Any, Any]], torch: Any, runtime: Ready) -> bool:
    """Whether the getters agree too; items that exist only since (Inductor's) are named as residue."""
    now = read_back(torch, runtime.policy)
    return all(now.get(item) == answer for item, answer in answers.items())


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


def _reject(rejected: Rejected, metrics: Metrics | None) -> NoReturn:
    """Log once, count once per reason, stop; also where a log handler or the metrics client fails."""
    import logging

    values = [reason.value for reason in rejected.reasons]
    failure: Exception | None = None
    try:
        logging.getLogger(LOGGER_NAME).error(
            "torch runtime rejected (device=%s): %s",
            rejected.policy.device,
            reasons_text(rejected).replace("\n", "; "),
            extra={"torchgate_reasons": values},
        )
    except Exception as error:
        failure = error
    if metrics is not None:
        for value in values:
            try:
                metrics.increment(REJECTED_TOTAL, {"reason": value})
            except Exception as error:
                failure = error
    raise RejectedError(rejected) from failure
