"""A literal switches determinism off.

## What it does

Reports a write of torch's determinism state whose literal value weakens it, in every module, the runtime
included:

* `use_deterministic_algorithms(False)`, `warn_only=True`, the debug modes `"default"` (0) and `"warn"` (1);
* `cudnn.benchmark = True`, `cudnn.deterministic = False`, `mkldnn.deterministic = False`;
* `allow_tf32 = True`, a `"high"` or `"medium"` matmul precision, `fp32_precision` of `"tf32"` or `"bf16"`;
* `CUBLAS_WORKSPACE_CONFIG` of `:0:0`;

by assignment, `setattr`, call, or as an argument of `flags(...)`. It replaces TG401 and TG402 on that
statement.

## Why is this bad?

The runtime promised that the run repeats, and checked it. This line takes the promise back for the whole
process, usually for speed, and nobody who reads the result can tell. With `warn_only=True` the one
message that would have told drowns in the log.

## Example

```python app/train.py
def train(torch, batch):
    torch.backends.cudnn.benchmark = True
    return torch.relu(batch)
```

## Use instead

Leave the flag as the effect set it:

```python app/train.py
def train(torch, batch):
    return torch.relu(batch)
```

Where a step has no deterministic kernel, use another one, or take the step out of what must be repeatable.

## Known limits

* Only a literal, or a name bound to one, is judged: a restored variable (`benchmark = previous`, in a
  `finally` say) and a parameter are not weakening, and outside the runtime TG401's matter.
* `flags(...)` also resets what is not passed (`deterministic=False`, `allow_tf32=True`); the defaults are
  no literal here. TG401 reports the call.
* Reduced-precision reductions, `fill_uninitialized_memory` and the TF32 override variables are TG401's and
  TG402's matter whatever their value.

## Options

None.
"""

from __future__ import annotations

from torchgate.lint.determinism import changes
from torchgate.lint.environ import ENVIRONMENT
from torchgate.lint.rule import Rule
from torchgate.semantics.known import TORCH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module

_WHY = {
    "torch.use_deterministic_algorithms": "operations without a deterministic kernel run all the same",
    "torch.backends.cudnn.benchmark": "cuDNN picks its kernels by timing them",
    "torch.backends.cudnn.deterministic": "cuDNN may pick kernels that do not repeat",
    "torch.backends.mkldnn.deterministic": "oneDNN may pick kernels that do not repeat",
    "torch._inductor.config.deterministic": "compiled kernels are chosen by timing them",
    "CUBLAS_WORKSPACE_CONFIG": "without a workspace of fixed size cuBLAS does not repeat",
}
_PRECISION = "float32 is computed with fewer bits"


def check(module: Module) -> Iterator[Violation]:
    """Writes whose literal weakens."""
    for change in changes(module):
        if change.weak:
            reasons = dict.fromkeys(_WHY.get(setting, _PRECISION) for setting in change.weakened)
            cure = "write :16:8 or :4096:8" if change.variable else "leave it as the effect set it"
            yield change.node, f"`{change.weak}` weakens determinism: {', and '.join(reasons)}; {cure}"


RULE = Rule("TG403", "determinism-weakened", check, needs=(TORCH, *ENVIRONMENT))
