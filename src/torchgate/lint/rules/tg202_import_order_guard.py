"""Code enforces an import order by looking for torch in `sys.modules`.

## What it does

Reports a test for `"torch"` in `sys.modules`, in an `if`, an `assert` or a `try` around the lookup, whose
branch raises, asserts, warns, exits or logs at warning or above. A mere probe is fine.

## Why is this bad?

Such a guard fails for the wrong reason: a test runner, a plugin or a sorted import block loads torch a line
earlier, and a correct program stops. And it passes for the wrong reason: that torch was imported second
does not say that its flags are right. The gate replaces it by the runtime effect, which sets the flags and
reads them back, whoever imported torch before.

## Example

```python app/torch_setup.py
import sys

if "torch" in sys.modules:
    raise RuntimeError("import app.torch_setup before torch")
```

## Use instead

Nothing at import. The program applies the effect once, and what needs torch takes the handle:

```python app/__main__.py
from torchgate.runtime import apply_torch_runtime, decide_torch_runtime


def main() -> None:
    torch = apply_torch_runtime(decide_torch_runtime())
    print(torch.ones(2, device="cuda", dtype=torch.float32))


if __name__ == "__main__":
    main()
```

## Known limits

- The branch counts where it raises, warns or logs whenever it is taken. Under a further condition that
  looks at something else (`if "torch" in sys.modules and isinstance(x, ...)`, an `if` inside the branch) it
  is no finding.
- `assert "torch" not in sys.modules` in a test function proves that an import stays free of torch: no
  finding there.
- A warning in a branch that has torch and works with it (`import torch`, `sys.modules["torch"]`) is taken to
  be about that work.
- A helper that raises for the guard (`_fail("...")`), and a test that a function returns, are not followed.
- `print` to standard error is no warning.

## Options

None. `sys.modules` is searched for torch and its submodules, not for other gated packages.
"""

from __future__ import annotations

import _ast as ast

from torchgate.lint.branches import enforcement, enforcing_call
from torchgate.lint.presence import head, in_loop, is_about_presence, tests_torch
from torchgate.lint.rule import STUB, Rule
from torchgate.semantics.values import Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.facts import Site
    from torchgate.semantics.module import Module


def check(module: Module) -> Iterator[Violation]:
    """Tests for torch in ``sys.modules`` that enforce something."""
    if "torch" in module.config.shadowed_packages or not _knows_modules(module):
        return
    for node, site in module.sites(ast.If):
        asks = is_about_presence(module, node.test) or in_loop(module, node)
        done = _enforced(module, node) if asks and site.where.runs else ""
        if done:
            yield head(module, node, node.test), _message(done)
    for assertion, site in module.sites(ast.Assert):
        if tests_torch(module, assertion.test) and not _is_test_function(module, site):
            yield head(module, assertion, assertion.test), _message("asserts")
    for choice, _ in module.sites(ast.BoolOp):
        last = choice.values[-1]
        if isinstance(last, ast.Call) and any(tests_torch(module, value) for value in choice.values[:-1]):
            done = enforcing_call(module, last)
            if done:
                yield choice, _message(done)
    for attempt, _ in module.sites(ast.Try):
        done = _lookup(module, attempt)
        if done:
            yield head(module, attempt, attempt.body[0]), _message(done)


def _knows_modules(module: Module) -> bool:
    return any(
        isinstance(reference.value, Ref) and reference.value.dotted.startswith("sys.modules")
        for reference in module.references
    )


def _enforced(module: Module, node: ast.If) -> str:
    """What one branch does; behind `if ...: return`, what comes next does."""
    done = enforcement(module, node.body)
    if done in ("warns", "logs") and _says_loaded(node.test) and _works_with_torch(module, node.body):
        done = ""  # the warning is about the work, which is done for those who have torch
    done = done or enforcement(module, node.orelse)
    if not done and not node.orelse and isinstance(node.body[-1], ast.Return):
        around = getattr(module.parent(node), "body", [])
        if node in around:
            done = enforcement(module, around[around.index(node) + 1 :][:1])
    return done


def _says_loaded(test: ast.expr) -> bool:
    """Whether a test holds only where something is in ``sys.modules``."""
    match test:
        case ast.Compare(ops=[ast.In()]):
            return True
        case ast.BoolOp(op=ast.And(), values=values):
            return any(map(_says_loaded, values))
    return False


def _works_with_torch(module: Module, body: list[ast.stmt]) -> bool:
    """Whether a block imports torch, or takes it from ``sys.modules``: nobody does who wants it not there."""
    for statement in body:
        for node in module.within(statement):
            match node:
                case ast.Import(names=[*names]) if any(_is_torch(alias.name) for alias in names):
                    return True
                case ast.ImportFrom(module=str() as name, level=0) if _is_torch(name):
                    return True
                case ast.Subscript(value=owner, slice=key) if module.dotted(owner) == "sys.modules":
                    if _is_torch(module.text(key) or ""):
                        return True
    return False


def _is_torch(name: str) -> bool:
    return name.partition(".")[0] == "torch"


def _lookup(module: Module, node: ast.Try) -> str:
    """``try: sys.modules["torch"]`` / ``except KeyError: raise``."""
    if len(node.body) != 1 or not isinstance(node.body[0], ast.Expr | ast.Assign):
        return ""
    value = node.body[0].value
    if not isinstance(value, ast.Subscript) or module.dotted(value.value) != "sys.modules":
        return ""
    if not (module.text(value.slice) or "").startswith("torch"):
        return ""
    branches = [node.orelse, *(handler.body for handler in node.handlers)]
    return next(filter(None, (enforcement(module, body) for body in branches)), "")


def _is_test_function(module: Module, site: Site) -> bool:
    function = site.where.function
    return module.info.is_test and function is not None and function.name.startswith("test")


def _message(done: str) -> str:
    return (
        f"this {done} depending on whether torch is in `sys.modules`, which enforces an import order; "
        "let apply_torch_runtime() set and verify the state instead"
    )


RULE = Rule("TG202", "import-order-guard", check, skips=(STUB,), needs=("sys.modules",))
