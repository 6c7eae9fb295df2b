"""The runtime effect is applied while a module is imported.

## What it does

Reports a call of an effect function in an expression that runs at import: at module level, in a class
body, as a default argument, a decorator or a base class. Effect functions are
`torchgate.runtime.apply_torch_runtime`, the configured `effect-functions`, and public functions of
runtime modules that write determinism state or call an effect function. Function bodies, `if __name__ ==
"__main__":` and entry modules are where the effect belongs.

## Why is this bad?

Who imports the module first decides when the flags are set, with which policy, and on which thread. A
test runner, a documentation build or a data-loading worker that only wanted one name gets CUDA settings,
and a rejected runtime becomes an ImportError far from the program that asked. The effect is applied once,
by the program, and the handle is passed on.

## Example

```python app/model.py
from torchgate.runtime import apply_torch_runtime, decide_torch_runtime

from app.data import load_batch


def train(torch, batch):
    return torch.relu(batch)


train(apply_torch_runtime(decide_torch_runtime()), load_batch())
```

## Use instead

```python app/model.py
def train(torch, batch):
    return torch.relu(batch)
```

```python app/__main__.py
from torchgate.runtime import apply_torch_runtime, decide_torch_runtime

from app.data import load_batch
from app.model import train

train(apply_torch_runtime(decide_torch_runtime()), load_batch())
```

In tests the effect belongs in a fixture; torchgate's pytest plugin has one, `torch_handle`.

## Known limits

* A wrapper outside the runtime modules that applies the effect is no effect function: calling it at
  import is not reported, unless `effect-functions` names it. Keeping its result is TG205.
* A call that the analysis cannot resolve, or that happens inside another function called at import, is
  not seen.

## Options

* `effect-functions`: functions that apply the effect.
* `runtime-modules`: modules whose public functions may be effect functions.
* `entry-modules`: programs, where the effect may be applied at top level.
"""

from __future__ import annotations

from torchgate.lint.effects import call_name, effect_calls
from torchgate.lint.rule import STUB, Rule
from torchgate.semantics.known import EFFECTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module


def check(module: Module) -> Iterator[Violation]:
    """Calls of effect functions that run at import."""
    if module.info.is_entry:
        return
    for call in effect_calls(module):
        if call.where.import_time:
            yield (
                call.node,
                f"`{call_name(call)}` applies the runtime effect at import; call it in the program "
                "(an entry module, `main()` or a fixture) and pass the handle on",
            )


RULE = Rule("TG204", "import-time-effect", check, skips=(STUB,), needs=(EFFECTS,), fix="safe")
