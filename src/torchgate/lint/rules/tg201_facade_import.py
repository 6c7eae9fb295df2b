"""A removed import facade is still imported.

## What it does

Reports every import of a module listed under `facade-modules`: absolute, relative at any level, `from
package import facade`, dynamic with a constant name, for the type checker alone, in stubs. A use of the
facade through its package (`app.facade.zeros`) is reported too. One finding a statement.

## Why is this bad?

A facade ("import our torch module first") makes correctness depend on the order of imports, which is what
the gate replaces. After its removal every leftover import is an `ImportError` at best. At worst somebody
restores the file, and with it two ways to configure torch.

## Example

```toml
facade-modules = ["app.torch_facade"]
```

```python app/train.py
from app.torch_facade import torch


def step(size: int) -> object:
    return torch.zeros(size, device="cpu", dtype=torch.float32)
```

## Use instead

```python app/train.py
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torchgate.runtime import TorchHandle


def step(torch: TorchHandle, size: int) -> object:
    return torch.zeros(size, device="cpu", dtype=torch.float32)
```

## Known limits

- The facade's own file, and files below it where it is a package, are not reported for importing each
  other.
- A string that names the facade for another tool (`mock.patch("app.torch_facade.x")`, an entry point) is
  not seen.
- `find_spec("app.torch_facade")` only asks whether the facade is still there: no finding.

## Options

- `facade-modules`: dotted names of removed facades; `app.facades.*` is `app.facades` and everything below
  it
"""

from __future__ import annotations

from torchgate.lint.facades import facade_uses
from torchgate.lint.rule import Rule
from torchgate.semantics.known import ANYTHING, FACADES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module


def check(module: Module) -> Iterator[Violation]:
    """One finding a statement that uses a facade."""
    for use in facade_uses(module).values():
        if not use.facade:
            what = "this text imports a removed import facade"
        elif use.dotted == use.facade:
            what = f"`{use.facade}` is a removed import facade"
        else:
            what = f"`{use.dotted}` comes from `{use.facade}`, a removed import facade"
        yield use.node, f"{what}; take the injected handle as a parameter instead"


RULE = Rule("TG201", "facade-import", check, skips=(), needs=(FACADES, ANYTHING), fix="safe")
