"""A determinism flag of torch is written outside the runtime.

## What it does

Reports every write of torch's determinism state in a module that is not a runtime module, on torch or on
the handle, by assignment, `setattr` with a constant name, call or context manager:

* deterministic algorithms and debug mode (`use_deterministic_algorithms`, `set_deterministic_debug_mode`);
* `torch.backends.cudnn.deterministic`, `.benchmark`, `.allow_tf32`, `.flags(...)`;
* `torch.backends.cuda.matmul.allow_tf32` and its reduced-precision switches,
  `set_float32_matmul_precision`;
* any `fp32_precision` of `torch.backends`;
* `torch.backends.mkldnn.deterministic`, `.flags(...)`;
* `torch.utils.deterministic.fill_uninitialized_memory` and `torch._inductor.config.deterministic`.

A literal that weakens is TG403 instead.

## Why is this bad?

These flags belong to the process, not to the module that sets them. Whoever runs last wins: which kernels
a model trains with depends on the order of imports and calls, and the run that you must repeat next year
does not. A setting that is right here is also invisible there: nothing reads it back, and nobody notices
when it is lost.

The effect of the runtime sets all of them once, reads them back, and raises if one did not take.

## Example

```python app/train.py
def train(torch, batch):
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.deterministic = True
    return torch.relu(batch)
```

## Use instead

```python app/__main__.py
from torchgate.runtime import Policy, apply_torch_runtime, decide_torch_runtime

from app.data import load_batch
from app.train import train


def main():
    torch_handle = apply_torch_runtime(decide_torch_runtime(Policy(device="cuda")))
    train(torch_handle, load_batch())
```

```python app/train.py
def train(torch, batch):
    return torch.relu(batch)
```

## Known limits

* A flag that is saved and put back is still written while others run, so both writes are reported; give a
  temporary change a place in a runtime module, or say why at the line (`# torchgate: ignore[TG401]
  reason`).
* A name that is not constant (`setattr(torch.backends.cudnn, name, value)`), an object that is not known
  to be torch's, `monkeypatch.setattr` and `mock.patch.object` are not reported, nor are torch's private
  setters (`torch._C._set_...`).
* A setter passed on as a value (`atexit.register(torch.use_deterministic_algorithms, True)`) is no write
  here.
* What chooses between libraries or kernels (`torch.backends.cudnn.enabled`, `benchmark_limit`, the SDP
  switches, the number of threads) is no finding: it gives other bits, but whether a run repeats is up to the
  state above.

## Options

* `runtime-modules`: the modules that may set determinism state.
* `handle-names`: parameters and fields that carry the handle.
"""

from __future__ import annotations

from torchgate.lint.determinism import unweakened
from torchgate.lint.rule import RUNTIME, STUB, Rule
from torchgate.semantics.known import TORCH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module


def check(module: Module) -> Iterator[Violation]:
    """Writes of torch's flags in statements that weaken nothing."""
    for change in unweakened(module):
        if not change.variable:
            yield (
                change.node,
                f"`{change.subject}` is determinism state of the whole process, changed outside the runtime; "
                "leave it to the effect (`apply_torch_runtime`)",
            )


RULE = Rule("TG401", "determinism-flag-outside-runtime", check, skips=(RUNTIME, STUB), needs=(TORCH,))
