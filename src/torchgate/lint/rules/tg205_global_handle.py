"""The torch handle is kept where the whole process reaches it.

## What it does

Reports the handle stored in a module global (also through `global`), a class attribute, `builtins`,
`sys.modules`, an attribute of a module or of an imported object, or a container made at module level or
in a class body: `REGISTRY["torch"] = handle`, `CONTEXT = {"torch": handle}`, `HANDLES.append(handle)`,
`globals().update(torch=handle)`.

Programs (entry modules, `if __name__ == "__main__":`) may keep the handle at top level; there `builtins`,
`sys.modules` and class attributes are reported. Runtime modules may store it.

## Why is this bad?

A stored handle is `import torch` under another name: code that reaches for the global works or fails
depending on who ran before it, a test cannot give it another handle, and nothing in a signature says that
it needs torch. Pass the handle as an argument, or give it to an object that is built with it.

## Example

```python app/context.py
from torchgate.runtime import TorchHandle

CONTEXT = {}


def remember(torch_handle: TorchHandle):
    CONTEXT["torch"] = torch_handle
```

## Use instead

```python app/context.py
from torchgate.runtime import TorchHandle


class Trainer:
    def __init__(self, torch_handle: TorchHandle):
        self.torch = torch_handle

    def step(self, batch):
        return self.torch.relu(batch)
```

## Known limits

* An attribute of an instance (`self.torch`) is injection, also where the instance itself is a global.
* Only the handle itself counts, not something of torch taken from it (`nn = torch_handle.nn`), nor raw
  torch under another name (`xp = torch`), which is TG101's matter alone.
* `ContextVar.set`, default arguments, closures and `functools.cache` keep the handle unreported.
* A container that is bound twice, or filled through a name that does not resolve to it, is not followed.

## Options

* `handle-names`: parameters and dataclass fields that carry the handle.
* `entry-modules`: programs, where the handle may be kept at top level.
* `runtime-modules`: modules that may store the handle.
"""

from __future__ import annotations

from torchgate.lint.rule import RUNTIME, STUB, Rule
from torchgate.lint.stores import ALWAYS, stores
from torchgate.semantics.known import TORCH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module


def check(module: Module) -> Iterator[Violation]:
    """Places that keep the handle for everybody."""
    for store in stores(module):
        in_program = module.info.is_entry or store.where.main_guard
        if store.where.runs and (store.kind in ALWAYS or not in_program):
            yield (
                store.node,
                f"the torch handle is kept in {store.place}; pass it as an argument, or give it to the "
                "object that needs it",
            )


RULE = Rule("TG205", "global-handle", check, skips=(RUNTIME, STUB), needs=(TORCH,), fix="safe")
