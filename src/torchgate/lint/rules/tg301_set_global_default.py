"""A call that changes the default device or dtype under everybody's feet.

## What it does

Reports every place where `torch.set_default_device`, `torch.set_default_dtype` or
`torch.set_default_tensor_type` is called, aliased or passed on as a value, on the module or on the handle,
however the name got there (`from torch import ...`, `getattr(torch, "set_default_device")`, a
`functools.partial`). Each place is one finding: an alias, and each call of the alias.

## Why is this bad?

The setter changes what code far away does: every later `torch.zeros(3)` and `nn.Linear(3, 4)` lands
somewhere else or has another precision. Which calls are "later" depends on import order and call order, and
the default device reaches this thread only, so a data loader's or a server's threads do something else. Two
runs of the same function differ, and nothing at the function says why.

Decide device and dtype once, as data, and pass them on.

## Example

```python app/training.py
def train(torch, steps):
    torch.set_default_dtype(torch.float64)
    weights = torch.zeros(3)
    return weights * steps
```

## Use instead

```python app/training.py
def train(torch, placement, steps):
    weights = torch.zeros(3, device=placement.device, dtype=placement.dtype)
    return weights * steps
```

`torchgate.runtime.decide_placement` gives such a `placement`: validated data, decided once.

## Known limits

A restore (`torch.set_default_dtype(old)` in a `finally`) is reported too: it belongs to the change that it
undoes. The import `from torch import set_default_dtype` is TG101's matter. Not seen: a setter whose name is
computed (`getattr(torch, name)`), a setter taken from a container, `mock.patch("torch.set_default_dtype")`,
the private doors under `torch._C` and `torch.utils._device`. A comparison and `hasattr` only look; they are
no finding, and neither is a method of that name on any other object.

## Options

None.
"""

from __future__ import annotations

from torchgate.lint.ambient import SETTERS
from torchgate.lint.rule import Rule
from torchgate.lint.torch_names import uses
from torchgate.semantics.known import TORCH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module


def check(module: Module) -> Iterator[Violation]:
    """Every use of a setter."""
    for reference, dotted in uses(module, SETTERS):
        changed, keyword = SETTERS[dotted]
        does = "changes" if reference.called else "is handed on here and changes"
        yield (
            reference.node,
            f"`{dotted}` {does} {changed}; pass {_quoted(keyword)} explicitly (decide_placement)",
        )


def _quoted(keyword: str) -> str:
    return " and ".join(f"`{part}`" for part in keyword.split(" and "))


RULE = Rule("TG301", "set-global-default", check, needs=(TORCH,), fix="safe")
