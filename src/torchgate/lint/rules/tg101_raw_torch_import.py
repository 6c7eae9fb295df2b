"""An import statement brings torch in past the gate.

## What it does

Reports `import torch`, `import torch.nn as nn`, `from torch import ...` and `from torch.x import *`
wherever they run: at module level, in functions and classes, in `try`, under conditions. One finding a
statement and package.

Imports that only a type checker sees (`if TYPE_CHECKING:`) are fine, and so are runtime modules,
torch-bound modules and stubs. Every other package under `gated-packages` is treated like torch.

## Why is this bad?

Whoever imports torch first decides its state: which determinism flags are set, which device is the default,
whether CUDA was initialised before the environment was ready. With one gate that question has one answer.
With a hundred import statements it depends on the order in which modules happen to be loaded.

## Example

```python app/noise.py
import torch


def noise(shape: tuple[int, ...]) -> object:
    return torch.randn(shape, device="cuda:0", dtype=torch.float32)
```

## Use instead

Take the handle that the runtime effect returned, and import the names that only annotations need for the
type checker alone:

```python app/noise.py
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from torchgate.runtime import TorchHandle


def noise(torch: TorchHandle, shape: tuple[int, ...]) -> Tensor:
    return torch.randn(shape, device="cuda:0", dtype=torch.float32)
```

A module that *is* torch code, such as one of `nn.Module` subclasses, belongs under `torch-bound-modules`.
TG107 then checks who imports it.

## Known limits

- An import in a function that never runs, or behind a condition that is never true, is reported all the
  same; `if False:` and `if MYPY:` aside, by which old code means type checkers.
- `import torch` is not reported where the project has a regular module or package called `torch` of its own
  in a `src` root.
- `xp = torch` needs a raw import first; the import is reported, the alias is not.

## Options

- `gated-packages`: the packages that are guarded, each with its own runtime modules if need be
- `runtime-modules`, `torch-bound-modules`: the modules that may import them
"""

from __future__ import annotations

from torchgate.lint.rule import RUNTIME, STUB, TORCH_BOUND, Rule
from torchgate.lint.torch_names import list_it
from torchgate.semantics.known import TORCH
from torchgate.semantics.values import HANDLE, Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _ast as ast
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module


def check(module: Module) -> Iterator[Violation]:
    """One finding a statement and guarded package."""
    found: dict[tuple[ast.stmt, str], list[str]] = {}
    for item in module.imports:
        if item.where.runs and module.is_guarded(item.dotted):
            name = f"{item.dotted}.*" if item.star else item.dotted
            found.setdefault((item.stmt, item.dotted.partition(".")[0]), []).append(name)
    cures = {package: _cure(module, package) for package in sorted({package for _, package in found})}
    for (stmt, package), names in found.items():
        yield stmt, f"{_listed(names)} imported past the gate; {cures[package]}"


def _listed(names: list[str]) -> str:
    shown = [f"`{name}`" for name in dict.fromkeys(names)]
    if len(shown) > 3:
        return f"{', '.join(shown[:2])} and {len(shown) - 2} more names are"
    return f"{shown[0]} is" if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]} are"


def _cure(module: Module, package: str) -> str:
    own = module.config.gated_packages[package]
    if package != "torch":
        gate = ", ".join(f"`{name}`" for name in own or module.config.runtime_modules)
        return f"only {gate} may import `{package}`"
    if _only_annotations(module, package):
        return "only annotations use it, so import it under `if TYPE_CHECKING:`"
    return list_it(module, package) or "take the injected handle as a parameter instead"


def _only_annotations(module: Module, package: str) -> bool:
    is_used = False
    for reference in module.references:
        value, where = reference.value, reference.where
        if isinstance(value, Ref) and value.package == package and value.via != HANDLE:
            if where.runs and not where.annotation:
                return False
            is_used = True
    return is_used


RULE = Rule(
    "TG101", "raw-torch-import", check, skips=(RUNTIME, TORCH_BOUND, STUB), needs=(TORCH,), fix="safe"
)
