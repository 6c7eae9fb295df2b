"""Torch, or something of it, is taken from a project module that is not its origin.

## What it does

Reports a run-time import or attribute that takes torch, something of torch, or a stored handle from a
module of the project: `from app.util import torch`, `app.util.nn`, `from app.util import *` where that
brings torch along. Re-exports are followed through any number of modules and `__init__` files. It is
reported where it is taken.

## Why is this bad?

A re-export is a second gate without a guard. A linter that looks for `import torch` sees nothing, and every
module behind the re-export depends on torch at import time, on whatever state it is in by then.

## Example

```python app/util.py
import torch  # the way in, reported there as TG101
```

```python app/model.py
from app.util import torch


def norm(x):
    return torch.linalg.norm(x)
```

## Use instead

```python app/model.py
def norm(torch, x):
    return torch.linalg.norm(x)
```

## Known limits

- A module `__getattr__` is read for the name that is asked for; what its other tests and tables decide is
  unknown where the paths disagree.
- What a project function returns is not a re-export; the raw import inside that function is TG101's matter.
  Nor is what an object or a class holds (`self.dtype`): it was taken where it was put there.

## Options

- `src`: the roots in which project modules are found.
- `gated-packages`, `runtime-modules`: a runtime module that hands out torch is a re-export as well.
- `facade-modules`: an import of a facade is TG201's matter alone.
"""

from __future__ import annotations

import _ast as ast

from torchgate.lint.facades import facade_uses
from torchgate.lint.rule import Rule
from torchgate.lint.torch_names import list_it
from torchgate.semantics.known import TORCH
from torchgate.semantics.values import Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.facts import Import, Reference
    from torchgate.semantics.module import Module
    from torchgate.semantics.values import Value

_CURE = "take the injected handle as a parameter instead"
_QUOTED = "it is an annotation, so quote it"
_FOR_TYPES = "only annotations use it, so import it under `if TYPE_CHECKING:`"


def check(module: Module) -> Iterator[Violation]:
    """Imports and attributes that take torch from a project module."""
    if module.resolver is None:
        return
    silent = facade_uses(module)
    for item in module.imports:
        if item.where.runs and item.stmt not in silent:
            yield from _imported(module, item)
    for reference in module.references:
        taken = isinstance(reference.value, Ref) and reference.value.taken_from  # else no link of it is
        if taken and reference.where.runs and reference.stmt not in silent:
            node = _taking_link(module, reference)
            if node is not None:
                cure = _QUOTED if reference.where.annotation else _cure(module)
                yield node, _message(module.value(node), cure)


def _imported(module: Module, item: Import) -> Iterator[Violation]:
    if item.star:
        taken = [
            name for name in module.star_names(item.module) if _is_taken(module, module.star(item, name))
        ]
        if taken:
            names = ", ".join(f"`{name}`" for name in taken[:3]) + (" ..." if len(taken) > 3 else "")
            cure = f"give `{item.module}` an `__all__`, or import by name what is needed"
            yield item.stmt, f"`from {item.module} import *` takes {names} of torch with it; {cure}"
    elif _is_taken(module, item.value):
        cure = _FOR_TYPES if _only_annotates(module, item.bound) else _cure(module)
        yield item.alias, _message(item.value, cure)


def _cure(module: Module) -> str:
    return module.once("cure of TG105", lambda: list_it(module, "torch")) or _CURE


def _only_annotates(module: Module, name: str) -> bool:
    """Whether an imported name is used, and in nothing but annotations."""
    uses = [reference for reference in module.references if _root(reference.node) == name]
    return bool(uses) and all(use.where.annotation or not use.where.runs for use in uses)


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_taken(module: Module, value: Value | None) -> bool:
    return (
        isinstance(value, Ref)
        and bool(value.taken_from)
        and not value.type_only
        and module.is_guarded(value.dotted)
        and not value.dotted.endswith("__")  # `torch.__version__` is a string
    )


def _taking_link(module: Module, reference: Reference) -> ast.expr | None:
    """The link of an attribute chain at which torch is taken from a module; None where none is.

    An attribute of an object or a class takes nothing from a module: who put torch there has taken it.
    """
    link: ast.expr = reference.node
    while True:
        match link:
            case ast.Attribute(value=base) | ast.Subscript(value=base):  # `vars(module)["torch"]`
                pass
            case ast.Call(args=[base, *_]):
                pass
            case _:
                return None
        if _is_taken(module, module.value(link)) and not _is_taken(module, module.value(base)):
            return link if isinstance(module.value(base), Ref) else None
        link = base


def _message(value: Value, cure: str) -> str:
    if not isinstance(value, Ref):
        return cure
    what = "the stored handle" if value.is_handle and value.dotted == "torch" else f"`{value.dotted}`"
    return f"`{value.taken_from}` is not where {what} comes from; {cure}"


RULE = Rule("TG105", "torch-reexport", check, needs=(TORCH,), fix="safe")
