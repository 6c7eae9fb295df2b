"""A call brings torch in, or takes it from `sys.modules`, past the gate.

## What it does

Reports, for a constant module name (concatenation, f-strings, `join`, `%` and `format` of constants count,
and so does a constant beginning such as `f"torch.{name}"` or `"torch.%s" % name`):

- `importlib.import_module`, `__import__`, `__lazy_import__` (Python 3.15), `pkgutil.resolve_name`,
  `runpy.run_module`, `pytest.importorskip`
- `importlib.util.find_spec` and its kin, which probe and do not import, and `importlib.util.LazyLoader` of
  such a spec
- `sys.modules["torch"]` and its submodules, read by subscript, `get`, `setdefault` or `pop`
- a function of the project that hands such a name on to one of these:
  `fft, has_fft = optional_import("torch.fft")`
- `exec`, `eval` and `compile` of constant text that imports torch in any of these ways or by statement

## Why is this bad?

A dynamic import is an import that no reader and no import linter sees. The module that it returns is the
global one, with whatever flags somebody else left on it. And a probe (`find_spec`) is how a missing GPU
stack turns into a silent fallback: whether torch is usable is the runtime decision's question, and it has a
better answer.

## Example

```python app/backend.py
import importlib


def backend() -> object:
    return importlib.import_module("torch")
```

## Use instead

```python app/backend.py
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torchgate.runtime import TorchHandle


def backend(torch: TorchHandle) -> object:
    return torch.backends.cudnn
```

To ask whether torch can be used, call `decide_torch_runtime()` and look at the decision.

## Known limits

- A name that is not constant is not reported: `for name in ("torch", "jax"): import_module(name)`.
- `"torch" in sys.modules` is a probe and no finding here; TG202 reports it where it enforces an import
  order.
- Writing or deleting `sys.modules["torch"]` is no finding: tests do it to hide torch.
- A function of the project that loads what it is told is followed through functions of its own module, not
  on to a third one; and not where it keeps the name (`self.name = name`) and loads the module later, takes it
  from a list or dict that it is given, or has a decorator that is not the standard library's.
- Nor is one that is called without the name which it has as a default, and a name that another module has
  as a constant is not known.
- Loaders of other packages (`lazy_loader.load("torch")`) are not.
- A loader that is passed on as a value (`map(import_module, names)`) and text run in another process
  (`python -c "import torch"`) are not followed.

## Options

- `gated-packages`: the packages that are guarded
- `runtime-modules`, `torch-bound-modules`: the modules that may import them
"""

from __future__ import annotations

from torchgate.lint.facades import facade_uses
from torchgate.lint.imports import CACHED, PROBES, dynamic_imports, executed
from torchgate.lint.rule import RUNTIME, STUB, TORCH_BOUND, Rule
from torchgate.lint.rules import tg101_raw_torch_import
from torchgate.semantics.known import ANYTHING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.imports import DynamicImport
    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module


def check(module: Module) -> Iterator[Violation]:
    """Dynamic imports of guarded packages, but for statements that TG201 reports."""
    facades = facade_uses(module)
    for load in dynamic_imports(module):
        if load.where.runs and module.is_guarded(load.dotted) and load.stmt not in facades:
            yield load.node, _message(load)
    for text in executed(module, (tg101_raw_torch_import.check, check), module.guarded):
        if text.where.runs and text.stmt not in facades:
            what = "`torch`" if module.guarded == {"torch"} else "a gated package"
            yield text.node, f"`{text.by}` runs text that imports {what} past the gate; {_CURE}"


_CURE = "take the injected handle as a parameter instead"


def _message(load: DynamicImport) -> str:
    name = f"`{load.dotted}.*`" if load.open_ended and not load.through else f"`{load.dotted}`"
    by = load.by.removeprefix("builtins.")
    if load.through and load.kind == PROBES:
        return (
            f"`{load.through}` hands {name} to `{by}`, which probes for it and does not import it; ask"
            " decide_torch_runtime() instead"
        )
    if load.through:
        return f"`{load.through}` hands {name} to `{by}`, which imports it past the gate; {_CURE}"
    if load.kind == PROBES:
        return f"`{by}` probes for {name} and does not import it; ask decide_torch_runtime() instead"
    if load.kind == CACHED:
        return f"{name} is taken from `sys.modules`, past the gate; {_CURE}"
    return f"`{by}` imports {name} past the gate; {_CURE}"


RULE = Rule("TG102", "dynamic-torch-import", check, skips=(RUNTIME, TORCH_BOUND, STUB), needs=(ANYTHING,))
