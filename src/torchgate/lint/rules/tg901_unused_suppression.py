"""A comment hushes a finding that is not there.

## What it does

Reports a `# noqa: TG101` or `# torchgate: ignore[TG101]` that hushes nothing, for codes that this run
computed. A blanket `# noqa` is never reported, nor is a code of another tool.
A `# torchgate: ignore` without codes, with a bracket left open, or with what is no code, is reported too: it
cannot hush anything.

## Why is this bad?

The comment says that something here breaks a rule on purpose. Where nothing does, it misleads the reader,
and it will hush the next finding on this line, which nobody decided to accept.

## Example

```python
import os  # noqa: TG101
```

## Use instead

```python
import os
```

## Known limits

Nothing is reported under a `--select` that narrows the run, for standard input, and in a file in which a
rule failed: there, a finding that was not computed would look like one that is not there. The same holds
for codes that are not selected or that `per-file-ignores` turns off.

## Options

- `select`, `ignore`
- `per-file-ignores`
"""

from __future__ import annotations

from torchgate.lint.rule import Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module


def check(module: Module) -> Iterator[Violation]:
    """Nothing: it takes all findings of the file, so the engine makes it."""
    yield from ()


RULE = Rule("TG901", "unused-suppression", check, skips=(), needs=())
