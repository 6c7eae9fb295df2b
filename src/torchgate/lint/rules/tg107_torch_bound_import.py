"""A torch-bound module is imported where no handle has been injected yet.

## What it does

Reports an import of a module that imports torch by right (one of `torch-bound-modules`, or a runtime module
that imports a gated package when it is imported) from a module that is neither, unless it stands inside a
function that holds the handle. Parent packages count: importing `app.nets.resnet` imports `app.nets`.

## Why is this bad?

A torch-bound module imports torch the moment it is imported. Inside a function that holds the handle the
effect has been applied by then; at the top of a module it drags torch in before anything is decided, and the
import order decides instead. TG105 and TG107 together say that importing the application never imports torch.

## Example

```toml
torch-bound-modules = ["app.nets"]
```

```python app/train.py
from app.nets import Net


def train(torch, placement):
    return Net(**placement.kwargs(torch))
```

## Use instead

```python app/train.py
def train(torch, placement):
    from app.nets import Net

    return Net(**placement.kwargs(torch))
```

## Known limits

- A function holds the handle where a parameter, a closure's variable, an attribute of `self` or a local
  variable is known to hold it. Whether it is called only after the effect is its callers' matter.
- In a program (an entry module or a main guard) a handle kept at top level before the import counts too.
- A runtime module that lazily imports torch (Python 3.15) imports it where its own statements use the name;
  that a function does so which they call is not seen (`torchgate prove-imports` does).

## Options

- `torch-bound-modules`, `runtime-modules`, `entry-modules`, `gated-packages`.
- `handle-names`: the parameters that carry the handle.
"""

from __future__ import annotations

from torchgate.config import matches_module
from torchgate.lint.imports import PROBES, RUNS, dynamic_imports, prefixes
from torchgate.lint.rule import RUNTIME, STUB, TESTS, TORCH_BOUND, Rule
from torchgate.semantics.known import ANYTHING, GATES
from torchgate.semantics.values import Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _ast as ast
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.facts import Where
    from torchgate.semantics.module import Module
    from torchgate.semantics.values import Value


def check(module: Module) -> Iterator[Violation]:
    """Imports of torch-bound modules outside functions that hold the handle."""
    if not module.config.torch_bound_modules and module.resolver is None:
        return
    reported: set[tuple[ast.AST, str]] = set()
    for node, dotted, where, named in _imports(module):
        bound = _bound_module(module, dotted)
        if not bound or (node, bound) in reported or holds_handle(module, where, node.lineno):
            continue
        reported.add((node, bound))
        yield node, _message(module, bound, named)


def _imports(module: Module) -> Iterator[tuple[ast.stmt | ast.expr, str, Where, str]]:
    """Where, what, and the module that the code names."""
    for item in module.imports:
        if item.where.runs and item.dotted:
            yield item.stmt, item.dotted, item.where, item.module or item.dotted
    for load in dynamic_imports(module):
        if load.kind not in (PROBES, RUNS) and load.where.runs:
            yield load.node, load.dotted, load.where, load.dotted


def _bound_module(module: Module, dotted: str) -> str:
    """The torch-bound module that importing ``dotted`` imports; empty where there is none."""
    own = set(prefixes(module.info.module_name))  # the packages around this module are imported already
    for name in prefixes(dotted):
        if name in own or name.partition(".")[0] in module.config.gated_packages:
            continue
        if matches_module(name, module.config.torch_bound_modules):
            return name
        if module.resolver is not None and module.resolver.imports_gate(name):
            return name
    return ""


def holds_handle(module: Module, where: Where, line: int) -> bool:
    """Whether the code at ``where`` stands in a function that holds the handle."""
    function = where.function
    if function is None:
        program = module.info.is_entry or where.main_guard
        return program and any(
            binding.scope_kind == "module" and _is_handle(binding.value) and binding.stmt.lineno < line
            for binding in module.bindings
        )
    inside = f"{function.qualname}."
    outer = [function.qualname, *_enclosing(function.qualname)]
    for binding in module.bindings:
        if (
            _is_handle(binding.value)
            and binding.where.qualname in outer
            and binding.where.function is not None
        ):
            return True
    if any(
        _is_handle(reference.value)
        and (reference.where.qualname == function.qualname or reference.where.qualname.startswith(inside))
        for reference in module.references
    ):
        return True
    return where.cls is not None and module.holds_handle(where.cls)


def _enclosing(qualname: str) -> list[str]:
    """The qualified names around one, innermost first."""
    found = []
    while "." in qualname:
        qualname = qualname.rpartition(".")[0]
        found.append(qualname)
    return found


def _is_handle(value: Value) -> bool:
    return isinstance(value, Ref) and value.is_handle


def _message(module: Module, bound: str, named: str) -> str:
    """``bound`` is the first package on the way that counts; people look for the module that they wrote."""
    if matches_module(named, module.config.torch_bound_modules):
        bound = named
    why = (
        "is torch-bound"
        if matches_module(bound, module.config.torch_bound_modules)
        else "imports torch when it is imported"
    )
    return f"`{bound}` {why}; import it inside a function that holds the handle"


RULE = Rule(
    "TG107",
    "torch-bound-import",
    check,
    skips=(RUNTIME, TORCH_BOUND, TESTS, STUB),
    needs=(GATES, ANYTHING),
    fix="safe",
)
