"""A file could not be checked.

## What it does

Reports a file that could not be read or understood: a syntax error, bytes that are not in the file's
encoding, an unknown encoding cookie, a null byte, code nested deeper than Python's parser goes, a file that
the operating system does not let torchgate read, one that is no regular file, or one beyond 64 MB. The
message gives the reason, and the running Python version where newer syntax may be the cause.

## Why is this bad?

Nothing is known about a file that was not checked. A check that passed over it in silence would be taken
for a clean one.

## Example

```text
def decide(device:
    return device
```

## Use instead

Repair the file. Where it is not meant to be Python (a template, a broken fixture), take it out with
`exclude` or hush the code for it:

```toml
[tool.torchgate]
extend-exclude = ["templates/"]
per-file-ignores = { "tests/data/*" = ["TG900"] }
```

## Known limits

`# noqa` works on the reported line, as it does for flake8's own E999; `# torchgate: ignore` needs a file
that can be split into tokens. In flake8, which reports a syntax error as E999, TG900 is not repeated.
A narrower `select` leaves TG900 on; only `ignore` and `per-file-ignores` turn it off.

A syntax error is not looked for in a file of more than 2,048 characters that holds nothing a selected rule
needs: no import of torch or of what imports it, no handle, no effect, no loader, no environment. Nothing
could be reported there whatever else it says, so it is not parsed.

## Options

- `exclude`, `extend-exclude`
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
    """Nothing: there is no module where there is this finding, so the engine makes it."""
    yield from ()


RULE = Rule("TG900", "unreadable-file", check, skips=(), needs=())
