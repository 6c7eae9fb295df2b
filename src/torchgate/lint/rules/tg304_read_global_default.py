"""Code whose result depends on the default device or dtype of the moment.

## What it does

Reports `torch.get_default_dtype` and `torch.get_default_device`, called or handed on as a value (a
dataclass field's `default_factory`, say). Tests are left out by default, runtime modules and stubs always.

## Why is this bad?

The function does what its caller's caller set, or what another thread did not set: the default device
belongs to a thread. Its result cannot be told from its arguments, so a run that is repeated from a
different entry point need not repeat.

## Example

```python app/grid.py
def make_grid(torch, size):
    return torch.linspace(0, 1, size).to(torch.get_default_dtype())
```

## Use instead

```python app/grid.py
def make_grid(torch, size, placement):
    return torch.linspace(0, 1, size, device=placement.device, dtype=placement.dtype)
```

Where a tensor is at hand, take them from it: `torch.linspace(0, 1, size, device=x.device, dtype=x.dtype)`.

## Known limits

Reading the default in order to restore it later is reported too; it goes when the change (TG301) goes.
Other readers are not seen: `torch.tensor([]).dtype`, `torch.Tensor().device` and the factories themselves
(TG306).

## Options

`per-file-ignores`: setting it replaces the built-in entry that leaves out tests; `extend-per-file-ignores`
keeps that entry.
"""

from __future__ import annotations

from torchgate.lint.ambient import READERS
from torchgate.lint.rule import RUNTIME, STUB, Rule
from torchgate.lint.torch_names import uses
from torchgate.semantics.known import TORCH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module


def check(module: Module) -> Iterator[Violation]:
    """Every use of a reader."""
    for reference, dotted in uses(module, READERS):
        what = READERS[dotted]
        yield (
            reference.node,
            f"`{dotted}` reads the ambient default {what}, which any other code may set;"
            f" take `{what}` as an argument or from a tensor at hand",
        )


RULE = Rule("TG304", "read-global-default", check, skips=(RUNTIME, STUB), needs=(TORCH,))
