"""probe: look at this process without changing it. CUDA is never initialised, no flag is written.

torch is imported only where its files do not already reject the policy; docs/runtime.md lists which facts
need the import.
"""

from __future__ import annotations

import os
import sys
import threading
from functools import lru_cache
from typing import Any

from torchgate.runtime.decision import files_reject
from torchgate.runtime.environment import in_c
from torchgate.runtime.locate import locate
from torchgate.runtime.model import Facts, Policy, require_instance
from torchgate.runtime.state import PROCESS
from torchgate.runtime.text import one_line

_COUNT_TIMEOUT_S = 120
_COUNT = """
import sys
sys.path[:] = sys.argv[1:]
import torch
print(torch.cuda.device_count() if torch.cuda.is_available() else -1)
"""


def probe(policy: Policy) -> Facts:
    """What this process is, for ``policy``. Imports torch at most; what torch raises becomes a fact."""
    require_instance("policy", policy, Policy)
    seen: dict[str, Any] = {
        "main_thread": threading.current_thread() is threading.main_thread(),
        "already_applied": PROCESS.handle is not None and PROCESS.handle.runtime.policy == policy,
        "cublas_workspace_config": in_c("CUBLAS_WORKSPACE_CONFIG"),
        "cublas_workspace_config_at_exec": _at_exec("CUBLAS_WORKSPACE_CONFIG"),
        "nvidia_tf32_override": in_c("NVIDIA_TF32_OVERRIDE"),
        "cuda_visible_devices": os.environ.get("CUDA_VISIBLE_DEVICES"),
        **_located(),
    }
    facts = Facts(**seen)
    importable = facts.torch_found and facts.torch_shadow is None and facts.torch_error is None
    if not importable or ("torch" not in sys.modules and files_reject(facts, policy)):
        return facts
    return Facts(**(seen | _import_and_look(policy)))


def _located() -> dict[str, Any]:
    try:
        return locate()
    except (Exception, SystemExit) as error:
        # A lazily loaded torch (importlib.util.LazyLoader) is imported by the first look at it.
        _let_poison_through(error)
        return {"torch_found": True, "torch_error": f"looking at torch raised {_told(error)}"}


def _import_and_look(policy: Policy) -> dict[str, Any]:
    is_half_imported = "torch" not in sys.modules and any(name.startswith("torch.") for name in sys.modules)
    try:
        import torch
    except (Exception, SystemExit) as error:
        _let_poison_through(error)
        return {"torch_error": _import_error(f"import torch raised {_told(error)}", is_half_imported)}
    try:
        return look(torch, policy)
    except Exception as error:
        _let_poison_through(error)
        return {"torch_imported": True, "torch_error": f"reading torch raised {_told(error)}"}


def _import_error(text: str, is_half_imported: bool) -> str:
    """Why torch cannot be imported: what a second attempt says, over the remains of the first, is not it."""
    if not is_half_imported:
        PROCESS.import_error = text
        return text
    # Unless a probe has seen the first: it was interrupted, or failed elsewhere.
    later = f"{text}; an earlier import of torch ended half-way in this process: start the process again"
    return PROCESS.import_error or later


def _told(error: BaseException) -> str:
    try:
        return one_line(f"{type(error).__name__}: {error}")
    except Exception:  # whatever its __str__ does
        return type(error).__name__


def _let_poison_through(error: BaseException) -> None:
    """A test's poisoned torch must fail the test, not become one more reason."""
    if getattr(error, "torchgate_poison", False):
        raise error


def look(torch: Any, policy: Policy) -> dict[str, Any]:
    """The facts that need an imported torch, by calls that start nothing (torch/cuda/__init__.py)."""
    accelerator = _accelerator(torch)
    version = getattr(torch, "__version__", None)
    seen = {
        "torch_imported": True,
        "torch_version": None if version is None else str(version),
        "accelerator": accelerator,
        "flags_frozen": bool(torch.backends.flags_frozen()),
        "inductor_other_threads": _inductor_in_other_threads(),
        "num_threads": int(torch.get_num_threads()),
    }
    if accelerator == "cuda":
        seen |= _look_at_cuda(torch, count=policy.device == "cuda")
    return seen


def _accelerator(torch: Any) -> str:
    if getattr(torch.version, "hip", None):
        return "rocm"
    if torch.backends.cuda.is_built():
        return "cuda"
    if getattr(torch.version, "xpu", None):
        return "xpu"
    mps = getattr(torch.backends, "mps", None)
    return "mps" if mps is not None and mps.is_built() else "none"


def _look_at_cuda(torch: Any, *, count: bool) -> dict[str, Any]:
    # Not torch.cuda.is_available() and not torch.backends.cudnn.version(): both initialise the driver.
    in_bad_fork, version = bool(torch.cuda._is_in_bad_fork()), torch.version.cuda
    return {
        "cuda_version": None if version is None else str(version),
        "cuda_initialized": bool(torch.cuda.is_initialized()),
        "cuda_in_bad_fork": in_bad_fork,
        "cuda_device_count": None if in_bad_fork or not count else _device_count(torch),
        "cudnn_available": bool(torch.backends.cudnn.is_available()),
        "cudnn_version": _cudnn_version(torch),
    }


def _device_count(torch: Any) -> int | None:
    """Through NVML while CUDA is not initialised, as torch counts too; None where no driver answers.

    ``torch.cuda.device_count()`` itself falls back to the driver where NVML gives no answer (MIG devices,
    WSL, Jetson) and so makes a later fork unsafe; a process of its own does that for us.
    """
    if torch.cuda.is_initialized():
        return int(torch.cuda.device_count())
    by_nvml = getattr(torch.cuda, "_device_count_nvml", None)
    if by_nvml is not None:
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            count = int(by_nvml())
        if count >= 0:
            return count
    return _device_count_elsewhere(os.environ.get("CUDA_VISIBLE_DEVICES"))


@lru_cache(maxsize=4)
def _device_count_elsewhere(visible_devices: str | None) -> int | None:
    """Cached by the one variable that changes the answer within a process."""
    import subprocess

    if not os.path.basename(sys.executable or "").lower().startswith(("python", "pypy")):
        # A frozen or embedding application names itself there, and would be started once more.
        return None
    try:
        # Our search path too, which this program may have changed since it started.
        entries = (entry for entry in sys.path if isinstance(entry, str))
        search_path = [os.path.abspath(entry) if entry == "" else entry for entry in entries]
        result = subprocess.run(
            [sys.executable, "-P", "-c", _COUNT, *search_path],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_COUNT_TIMEOUT_S,
            check=True,
        )
        count = int(result.stdout.split()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
    return count if count >= 0 else None


def _cudnn_version(torch: Any) -> int | None:
    binding = getattr(torch._C, "_cudnn", None)
    return None if binding is None else int(binding.getVersionInt())


def _inductor_in_other_threads() -> bool | None:
    """Inductor's deterministic mode as a new thread sees it, where the effect can no longer change that.

    Since torch 2.12 a write to ``torch._inductor.config`` is a ContextVar's: it stays in the thread that
    writes. None where Inductor is not configured yet, has no such mode, or keeps it process-wide.
    """
    from contextvars import Context, ContextVar

    config = sys.modules.get("torch._inductor.config")
    entry = getattr(config, "_config", {}).get("deterministic")
    if config is None or not isinstance(getattr(entry, "user_override", None), ContextVar):
        return None
    return bool(Context().run(getattr, config, "deterministic"))


def _at_exec(name: str) -> str | None:
    """The variable as this process was started with it (Linux); a later ``os.environ`` does not show."""
    try:
        with open("/proc/self/environ", "rb") as file:
            entries = file.read().split(b"\0")
    except OSError:
        return None
    start = name.encode() + b"="
    values = (entry.removeprefix(start) for entry in entries if entry.startswith(start))
    return next((value.decode(errors="replace") for value in values), None)
