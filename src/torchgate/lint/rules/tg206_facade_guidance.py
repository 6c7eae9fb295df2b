"""A comment, a docstring or a page still tells people to import the facade first.

## What it does

Reports a sentence that tells people to import a facade first or before torch. A facade is named by the
dotted or last name of an entry of `facade-modules`, or by the word facade. Sentences that negate or look
back ("no longer", "removed", "do not", "instead of", "used to") are fine. Without `facade-modules` the bare
word counts only in a sentence that names torch too.

## Why is this bad?

Code follows its comments. As long as a sentence teaches the import order, the next file will obey it and
the next reviewer will ask for it, and the facade comes back.

## Example

```toml
facade-modules = ["app.torch_facade"]
```

```python app/model.py
# Always import app.torch_facade before torch, or the flags are not set.
SIZE = 4
```

## Use instead

```python app/model.py
# Takes the handle as a parameter: apply_torch_runtime() has set the flags and verified them.
SIZE = 4
```

## Known limits

- English only, sentence by sentence: an order that spreads over two sentences is not understood.
- A sentence that merely describes ("tests import the facade first") is no finding; one that tells is: an
  imperative, or words such as must, should, always, make sure.
- "Never import torch before the facade" is negated and passes.
- A facade whose last name is `torch` is recognised by its dotted name only.
- Strings that are no docstrings, such as messages, are not read. Markdown and reStructuredText are
  ([documents](../documents.md)).

## Options

- `facade-modules`: the removed facades, by dotted name
"""

from __future__ import annotations

from torchgate.lint.guidance import guidance, may_teach
from torchgate.lint.rule import GUIDANCE, STUB, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module


def check(module: Module) -> Iterator[Violation]:
    """Sentences of guidance in comments and docstrings."""
    facades = module.config.facade_modules
    if not may_teach(module.source.text, facades):
        return
    from torchgate.lint.prose import prose

    for stretch in prose(module):
        for start, end in guidance(stretch.text, facades):
            yield stretch.span(start, end), MESSAGE


MESSAGE = "this tells people to import a facade first; say that torch comes as the injected handle instead"

RULE = Rule("TG206", "facade-guidance", check, skips=(STUB,), needs=(GUIDANCE,))
