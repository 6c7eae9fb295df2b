"""An effect function of a runtime module leaves items of the checklist unset.

## What it does

Looks at every effect function of a runtime module: a public module-level function that writes determinism
state or calls an effect function, directly or through other functions of the project. Together they must
set every item of the core checklist:

* deterministic algorithms (`torch.use_deterministic_algorithms`);
* `torch.backends.cudnn.deterministic` and `torch.backends.cudnn.benchmark`;
* no TF32 in cuDNN and none in CUDA matmul (`allow_tf32` or `fp32_precision`, either API counts);
* `CUBLAS_WORKSPACE_CONFIG` (`:16:8` and `:4096:8` both count).

`checklist = "full"` adds the extended items of `torchgate.runtime`. Reported at the `def`, naming what is
missing. A call of `torchgate.runtime.apply_torch_runtime` sets every item.

## Why is this bad?

An effect that sets four of six items looks like determinism in review and is none on the machine that
matters. The missing one is the one whose default is wrong: TF32 in cuDNN is on, cuBLAS without a
workspace does not repeat.

## Example

```python app/runtime.py
import torch


def configure():
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.deterministic = True
    return torch
```

```toml
runtime-modules = ["app.runtime"]
```

## Use instead

```python app/runtime.py
from torchgate.runtime import apply_torch_runtime


def configure(runtime):
    return apply_torch_runtime(runtime)
```

```toml
runtime-modules = ["app.runtime"]
```

## Known limits

* Every branch counts as taken, and a value that is not a literal counts as the right one.
* The rule is silent where it cannot see everything: a write whose target is not constant (`setattr` over
  a table), an injected environment, a callee that does not resolve, a function of a package that itself
  imports torch. Loggers, the standard library, other packages, methods that
  every string, list or dict has, and exceptions that are raised hide nothing.
* A setting made by a context manager (`cudnn.flags(...)`) ends with it, and a context manager of the file,
  or a generator under a decorator that is not understood, is taken to restore what it sets by itself or by
  functions of the project: neither makes a function an effect.
* Methods are not judged. A private helper (`_set_cudnn`) is read as part of the functions that call it.

## Options

* `runtime-modules`: the modules that this rule reads.
* `checklist`: `"core"` or `"full"`.
* `effect-functions`: functions that apply the effect; calling one is enough.
"""

from __future__ import annotations

from torchgate.lint.checklist import missing
from torchgate.lint.effects import Effects
from torchgate.lint.hidden import called_elsewhere, hides_something
from torchgate.lint.rule import Rule
from torchgate.semantics.known import EFFECTS
from torchgate.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module
    from torchgate.semantics.values import Function


def check(module: Module) -> Iterator[Violation]:
    """Effect functions of this runtime module that are all in sight and set too little."""
    effects = Effects(module)
    for function in effects.own.values():
        reached = effects.reached(function.node, handed_on=True)
        if any(conduct.applies for conduct in reached.values()) or hides_something(module, reached):
            continue
        elsewhere = _set_elsewhere(module, called_elsewhere(module, reached))
        if elsewhere is None:
            continue
        settings = elsewhere.union(*(conduct.sets for conduct in reached.values()))
        left_out = missing(module.config.checklist, settings)
        if left_out:
            lines = ", ".join(f"`{item.cure}`" for item in left_out)
            yield (
                _name_span(module, function),
                f"the effect `{function.name}` leaves determinism state unset; add {lines}, or call "
                "`torchgate.runtime.apply_torch_runtime`; if it is only a helper of an effect, call it "
                f"`_{function.name}`",
            )


def _set_elsewhere(module: Module, callees: list[str]) -> set[str] | None:
    """What functions of other project modules set; None where that cannot be seen."""
    settings: set[str] = set()
    for dotted in callees:
        resolver = module.resolver
        if resolver is not None and resolver.is_class(dotted):
            continue
        found = resolver.settings(dotted) if resolver is not None else None
        if found is None:
            return None
        settings |= found
    return settings


def _name_span(module: Module, function: Function) -> Span:
    """``def name``: the whole body would underline pages."""
    span = module.source.span(function.node)
    text = module.source.lines[span.line - 1]
    end = text.find(function.name, span.column - 1) + len(function.name) + 1
    return Span(span.line, span.column, span.line, max(end, span.column + 3))


RULE = Rule("TG404", "incomplete-effect", check, needs=(EFFECTS,))
