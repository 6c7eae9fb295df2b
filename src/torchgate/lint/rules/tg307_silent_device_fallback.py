"""A missing accelerator that silently means the CPU.

## What it does

Reports code that yields an accelerator device where an availability probe (`torch.cuda.is_available()`, its
kin of other backends, `torch.accelerator.is_available()`, `device_count()`) says so, and a CPU device
otherwise (Lightning's `"gpu"` counts as an accelerator):

* a conditional expression, with further conditions and chains (cuda, mps, cpu) too; one finding a chain,
* `if` / `else` that assigns or returns, the early return, and a default that the `if` overwrites,
* `if device == "cuda" and not torch.cuda.is_available(): device = "cpu"` (or `device != "cpu"`), also where
  it is returned, or chosen by an expression (`device if torch.cuda.is_available() else "cpu"` under
  `if device == "cuda":`),
* `args.device if torch.cuda.is_available() else "cpu"`, the device that was asked for: a variable of which
  nothing is known, if it is called a device or goes straight into `torch.device(...)`,
* `and` / `or`, an index into a tuple, list or dict display, `match`.

The probe may have been bound to a name or attribute before (`use_cuda = torch.cuda.is_available()`), or be
the result of a function in this file.

## Why is this bad?

The job that lost its GPU does not stop: it runs on, many times slower and with other numbers, and nobody is
told. Which device a run uses is a decision; make it once, as data, and stop where it cannot be had.

## Example

```python app/training.py
def train(torch, build):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return build(device)
```

## Use instead

```python app/__main__.py
import logging
import sys

from torchgate.runtime import Policy, Rejected, apply_torch_runtime, decide_torch_runtime


def main(device, build):
    runtime = decide_torch_runtime(Policy(device=device))
    if isinstance(runtime, Rejected):
        logging.error("no runtime: %s", runtime.reasons)
        sys.exit(4)
    handle = apply_torch_runtime(runtime)
    return build(handle, device)
```

A CPU run is fine where it is asked for: let the user say `--device cpu`.

## Known limits

The text of a device counts, not what it is used for; only an expression inside a `print`, a logging call, a
`raise` or an `assert` is left alone. Not seen: a flag kept on an object that this file does not know
(`args.cuda = torch.cuda.is_available()`), a probe that another module wraps, devices taken from a container
that has a name, an inner `if` whose `else` is further out (a default before it and the last `return` behind
it are seen), an `if` that overwrites a device of which nothing is known
(`if not torch.cuda.is_available(): args.device = "cpu"`), default tensor types, a `model.cuda()` under
`if torch.cuda.is_available():`. Counts, dtypes and
`None` (`map_location=None if ... else "cpu"`) are no devices; lists that enumerate devices (`["cpu", "cuda"]
if ... else ["cpu"]`) are no fallback, unlike lists of one kind alone (`[f"cuda:{i}" for i in ids] if ... else
["cpu"] * 4`); neither is one of several devices to try where the CPU is among the others anyway
(`{"cpu", "cuda" if ... else "cpu"}`, a tuple where it is gone through or has a name), nor a CPU that another
test asks for (`elif args.cpu:`).

## Options

None.
"""

from __future__ import annotations

from torchgate.lint.fallback_expressions import expression_fallbacks
from torchgate.lint.fallback_statements import statement_fallbacks
from torchgate.lint.rule import Rule
from torchgate.semantics.known import TORCH
from torchgate.semantics.probes import PROBES
from torchgate.semantics.values import Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module


def check(module: Module) -> Iterator[Violation]:
    """Fallbacks in expressions, then those in statements; most files probe nothing and cost nothing."""
    if not any(isinstance(call.callee, Ref) and call.callee.dotted in PROBES for call in module.calls):
        return
    for node, probe in expression_fallbacks(module):
        yield node, _message(probe)
    for span, probe in statement_fallbacks(module):
        yield span, _message(probe)


def _message(probe: str) -> str:
    return (
        f"where `{probe}()` finds nothing, the run goes on with the CPU;"
        f" let the caller name the device and stop if it is missing (decide_torch_runtime)"
    )


RULE = Rule("TG307", "silent-device-fallback", check, needs=(TORCH,))
