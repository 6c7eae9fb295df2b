"""A name that exists only for the type checker is used when the program runs.

## What it does

Reports every use, in an expression that runs, of a name that is bound to torch only under `if
TYPE_CHECKING:`. Default values, decorators, base classes, `isinstance` checks and evaluated annotations
run; annotations under `from __future__ import annotations` and string annotations do not.

## Why is this bad?

It is a `NameError` that waits for its line to be reached. It is also the usual accident of a migration to
the injected handle: the import moves under `TYPE_CHECKING`, the uses move to the handle, and one is left
behind on a rare path.

## Example

```python app/scale.py
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def scale(x: torch.Tensor) -> torch.Tensor:
    if not isinstance(x, torch.Tensor):
        raise TypeError(type(x))
    return x * 2
```

## Use instead

```python app/scale.py
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from torchgate.runtime import TorchHandle


def scale(torch: TorchHandle, x: Tensor) -> Tensor:
    if not isinstance(x, torch.Tensor):
        raise TypeError(type(x))
    return x * 2
```

## Known limits

- Annotations that a library evaluates (`typing.get_type_hints`, pydantic, dependency injection) are not
  seen.
- A name that is bound in the `else:` branch, or anywhere at run time on a path that reaches the use, is no
  finding.
- A use inside `try:` / `except NameError:` is reported; an import inside a `try:` is not.
- An import from a module of the project that binds the name for type checkers alone fails, and is reported;
  not where that module has a `__getattr__` or replaces itself in `sys.modules`.

## Options

- `gated-packages`: the packages whose names are followed
- `target-version`: from 3.14 annotations are not evaluated
"""

from __future__ import annotations

import _ast as ast

from torchgate.lint.rule import STUB, Rule
from torchgate.semantics.known import TORCH
from torchgate.semantics.values import Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module


def check(module: Module) -> Iterator[Violation]:
    """Uses that run of names bound for type checkers alone."""
    gated = module.config.gated_packages.keys() - module.config.shadowed_packages
    # An alias that runs (`Tensor = torch.Tensor`) is reported once, where it takes the name.
    aliases = {
        binding.name
        for binding in module.bindings
        if binding.where.runs and isinstance(binding.value, Ref) and binding.value.type_only
    }
    for item in module.imports:
        value = item.value
        if not (item.where.runs and isinstance(value, Ref) and value.type_only and value.package in gated):
            continue
        if not item.star and not _is_tried(module, item.stmt):
            yield (
                item.alias,
                f"`{value.taken_from}` binds `{item.alias.name}` for type checking only: an ImportError; "
                "import it under `TYPE_CHECKING`",
            )
    for reference in module.references:
        value = reference.value
        if not (
            reference.where.runs and isinstance(value, Ref) and value.type_only and value.package in gated
        ):
            continue
        root: ast.expr = reference.node
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(root, ast.Name) and module.dotted(root) and root.id not in aliases:
            yield reference.node, _message(root.id, value.dotted, reference.where.annotation)


def _is_tried(module: Module, node: ast.AST) -> bool:
    """Whether a statement stands in a ``try``, which may be there for the import error."""
    outer = module.parent(node)
    while outer is not None and not isinstance(outer, ast.Try):
        outer = module.parent(outer)
    return outer is not None


def _message(name: str, dotted: str, annotation: bool) -> str:
    head = f"`{name}` is imported for type checking only, and `{dotted}` is used at run time: a NameError"
    if annotation:
        return f"{head}; add `from __future__ import annotations` or quote the annotation"
    return f"{head}; take it from the injected handle"


RULE = Rule("TG103", "type-only-torch-at-run-time", check, skips=(STUB,), needs=(TORCH,))
