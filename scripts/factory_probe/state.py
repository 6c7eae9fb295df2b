"""The ambient state a probe runs under, and the proof that nothing of it is left behind.

``run`` calls one thunk under an ambient default device and dtype and returns what came out as plain,
comparable data. The state is proven neutral before and after, so no probe can colour the next.
"""

from __future__ import annotations

import contextlib
import hashlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils import _device

from factory_probe.outcome import Outcome, snapshot

BASE_DTYPE = torch.float32
DEVICES = ["cpu", "meta"]
"""The ambient devices of the probes; ``probe_with`` puts a real one in the place of ``meta``."""


class StateLeak(AssertionError):
    """A probe left ambient state behind: nothing measured after it could be trusted."""


@dataclass(frozen=True, slots=True)
class Ambient:
    """The ambient defaults of one probe; None leaves an aspect as a fresh process has it.

    ``setter`` chooses ``torch.set_default_device`` instead of the with-block: user code has both.
    """

    device: str | None = None
    dtype: torch.dtype | None = None
    setter: bool = False


NEUTRAL = Ambient()


def probe_with(device: str) -> None:
    """Have ``device`` stand beside the CPU from now on."""
    DEVICES[1] = device


def prepare() -> None:
    """Once a process: make uninitialised memory and float kernels the same in every run."""
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = True
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")


def assert_neutral() -> None:
    """Raise StateLeak unless every piece of ambient state is what ``prepare`` left."""
    seen = {
        "default dtype": torch.get_default_dtype() == BASE_DTYPE,
        "function modes": torch._C._len_torch_function_stack() == 0,
        "device context": _device.CURRENT_DEVICE is None,
        "global device": getattr(torch._GLOBAL_DEVICE_CONTEXT, "device_context", None) is None,
        "grad mode": torch.is_grad_enabled() and not torch.is_inference_mode_enabled(),
        "autocast": not torch.is_autocast_enabled("cpu"),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "threads": torch.get_num_threads() == 1,
    }
    leaked = [name for name, ok in seen.items() if not ok]
    if leaked:
        raise StateLeak(f"left behind by a probe: {', '.join(leaked)}")


@contextlib.contextmanager
def applied(ambient: Ambient) -> Iterator[None]:
    """Set the ambient defaults, and take them away again whatever happens inside."""
    with contextlib.ExitStack() as stack:
        if ambient.dtype is not None:
            torch.set_default_dtype(ambient.dtype)
            stack.callback(torch.set_default_dtype, BASE_DTYPE)
        if ambient.device is not None and ambient.setter:
            torch.set_default_device(ambient.device)
            stack.callback(torch.set_default_device, None)
        elif ambient.device is not None:
            stack.enter_context(torch.device(ambient.device))
        yield


def run(make: Callable[[], Callable[[], Any]], ambient: Ambient = NEUTRAL) -> Outcome:
    """``make()`` builds the arguments in the neutral state; the thunk it returns runs under ``ambient``."""
    assert_neutral()
    torch.default_generator.manual_seed(0)  # torch.manual_seed formats a stack for CUDA: 0.2 ms
    thunk = make()
    torch.default_generator.manual_seed(1)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed(1)
    try:
        with applied(ambient):
            result = thunk()
    except Exception as error:  # the type is the outcome: a call that raises both ways proves nothing
        assert_neutral()
        return Outcome(("raises", type(error).__name__), raised=True)
    assert_neutral()
    rng = hashlib.sha256(torch.get_rng_state().numpy().tobytes()).hexdigest()
    return Outcome((snapshot(result), rng))
