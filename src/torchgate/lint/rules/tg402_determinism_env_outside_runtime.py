"""A determinism variable of the environment is written outside the runtime.

## What it does

Reports code that sets or removes `CUBLAS_WORKSPACE_CONFIG`, `NVIDIA_TF32_OVERRIDE`,
`TORCH_ALLOW_TF32_CUBLAS_OVERRIDE` or `TORCHINDUCTOR_DETERMINISTIC` in the process's own environment, in a
module that is not a runtime module: `os.environ[...] =`, `setdefault`, `update`, `|=`, `pop`, `del`,
`os.putenv`, `os.unsetenv`. A workspace of no size (`:0:0`) is TG403 instead.

## Why is this bad?

CUDA libraries and Inductor read these variables once, at a moment that this module does not know: set
after CUDA is initialised, `CUBLAS_WORKSPACE_CONFIG` does nothing, and torch says nothing (since 2.10 it
does not check). `setdefault` keeps a bad value that was there before. So a line that looks like
determinism may be none.

The effect of the runtime sets the variable, and rejects the runtime where it is too late or wrong.

## Example

```python app/train.py
import os


def train(torch, batch):
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
    return torch.relu(batch)
```

## Use instead

```python app/__main__.py
from torchgate.runtime import Policy, apply_torch_runtime, decide_torch_runtime

from app.data import load_batch
from app.train import train


def main():
    policy = Policy(device="cuda", cublas_workspace=":4096:8")
    train(apply_torch_runtime(decide_torch_runtime(policy)), load_batch())
```

```python app/train.py
def train(torch, batch):
    return torch.relu(batch)
```

## Known limits

* The environment of another process is its own matter: `env = os.environ.copy()`, `os.environ | {...}` and
  `subprocess.run(..., env=...)` are no findings.
* Not seen: a name that is not constant, `os.environ = ...` (which does not change the process's
  environment), and files that a loader such as dotenv reads.
* `monkeypatch.setenv` and `mock.patch.dict(os.environ, ...)` restore what they set, for tests; no findings.

## Options

* `runtime-modules`: the modules that may set determinism state.
"""

from __future__ import annotations

from torchgate.lint.determinism import unweakened
from torchgate.lint.environ import ENVIRONMENT
from torchgate.lint.rule import RUNTIME, STUB, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module


def check(module: Module) -> Iterator[Violation]:
    """Writes of the variables in statements that weaken nothing."""
    for change in unweakened(module):
        if change.variable:
            verb = "are" if "," in change.subject else "is"
            done = "set" if change.sets else "removed"
            yield (
                change.node,
                f"`{change.subject}` {verb} {done} outside the runtime, where nothing checks that it is not "
                "too late; leave it to the effect (`apply_torch_runtime`)",
            )


RULE = Rule("TG402", "determinism-env-outside-runtime", check, skips=(RUNTIME, STUB), needs=ENVIRONMENT)
