"""A third-party package that imports torch is imported past the gate.

## What it does

Reports the run-time import, by statement or by a dynamic import with a constant name, of a package that
itself imports torch: torchvision, torchaudio, lightning, torchmetrics, timm, accelerate, gpytorch and the
others listed under `implicit-torch-packages`. An entry may be a submodule: `import safetensors` is fine,
`import safetensors.torch` and `from safetensors import torch` are not. One finding a statement and package.

## Why is this bad?

`import timm` is `import torch` in other words: after it torch is loaded, its environment variables are
read, and some of these packages change its state as they are imported. The gate is only a gate if this door
is closed too.

## Example

```python app/backbone.py
import timm


def backbone(name: str) -> object:
    return timm.create_model(name)
```

## Use instead

Put code that needs such a package into a torch-bound module, which is imported inside functions that hold
the handle:

```toml
torch-bound-modules = ["app.backbone"]
```

```python app/backbone.py
import timm


def backbone(name: str) -> object:
    return timm.create_model(name)
```

## Known limits

- The list is closed. A package that is not on it is not seen, and names that an unrelated package shares
  (clip, esm, whisper) are left out. Add yours to `implicit-torch-packages`, which replaces the list.
- A package that stands in one of the project's own `src` roots is the project's, not a third party's.
- `find_spec("timm")` looks the package up and does not import it: no finding.
- Some listed packages import torch only in some of their submodules; an import of them is reported all the
  same.

## Options

- `implicit-torch-packages`: the packages, and submodules of packages, whose import imports torch
- `torch-bound-modules`, `runtime-modules`: the modules that may import them
"""

from __future__ import annotations

from torchgate.lint.imports import IMPORTS, dynamic_imports, prefixes
from torchgate.lint.rule import RUNTIME, STUB, TORCH_BOUND, Rule
from torchgate.semantics.known import ANYTHING, IMPLICIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _ast as ast
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module


def check(module: Module) -> Iterator[Violation]:
    """One finding a statement and package, where torch is guarded."""
    if "torch" not in module.guarded:
        return
    reported: set[tuple[ast.stmt, str]] = set()
    for node, stmt, dotted in _run_time_imports(module):
        entry = _entry(module, dotted)
        if entry and (stmt, entry) not in reported:
            reported.add((stmt, entry))
            yield node, f"importing `{entry}` imports torch, past the gate; {_CURE}"


_CURE = "do it in a torch-bound module (`torch-bound-modules`), or for types only under `if TYPE_CHECKING:`"


def _run_time_imports(module: Module) -> Iterator[tuple[ast.stmt | ast.expr, ast.stmt, str]]:
    for item in module.imports:
        if item.where.runs:
            yield item.stmt, item.stmt, item.dotted
    for load in dynamic_imports(module):
        if load.where.runs and load.kind == IMPORTS:
            yield load.node, load.stmt, load.dotted


def _entry(module: Module, dotted: str) -> str:
    """The listed package or submodule that importing ``dotted`` imports; empty where there is none."""
    top = dotted.partition(".")[0]
    if top in module.config.project_names or top == module.info.module_name.partition(".")[0]:
        return ""
    packages = module.config.implicit_torch_packages
    return next((name for name in prefixes(dotted) if name in packages), "")


RULE = Rule(
    "TG104", "implicit-torch-import", check, skips=(RUNTIME, TORCH_BOUND, STUB), needs=(IMPLICIT, ANYTHING)
)
