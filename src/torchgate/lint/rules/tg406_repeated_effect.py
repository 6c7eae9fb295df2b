"""Two places that one run can reach both apply the effect.

## What it does

Reports an effect function's call where another one comes first in path and line order and one run can reach
both: both in one module outside exclusive branches, or one in a module that the other's module imports at
run time, directly or not. All but the first are reported, each naming the first.

## Why is this bad?

The effect is applied once, by the program, and injected. A second place decides again, with its own policy,
in an order that depends on the run: at best it raises `AlreadyAppliedError`, at worst it is a different
runtime that moves flags under running code.

## Example

```toml
entry-modules = ["app.main"]
```

```python app/main.py
from app.train import train
from torchgate.runtime import apply_torch_runtime, decide_torch_runtime


def main():
    torch_handle = apply_torch_runtime(decide_torch_runtime())
    train(torch_handle)
```

```python app/train.py
from torchgate.runtime import apply_torch_runtime, decide_torch_runtime


def train(torch):
    torch = apply_torch_runtime(decide_torch_runtime())
    return torch.manual_seed(0)
```

## Use instead

```python app/main.py
from app.train import train
from torchgate.runtime import apply_torch_runtime, decide_torch_runtime


def main():
    torch_handle = apply_torch_runtime(decide_torch_runtime())
    train(torch_handle)
```

```python app/train.py
def train(torch):
    return torch.manual_seed(0)
```

## Known limits

- A function that applies the effect counts as reachable from whatever imports its module, though only the
  module's own main guard calls it. To apply it in the main guard itself, and to pass the handle to `main`,
  says so.
- Two functions of one module count as reachable in one run, whoever calls them. Two programs in one file that
  never run together need `# torchgate: ignore[TG406]` with the reason.
- A call of a function that keeps what it did (`functools.cache`, or a global that it tests and sets) does not
  count, nor does a place that TG204 reports.
- Branches are exclusive where one statement separates them: `if` / `else`, `match`, `try` / `except`, or a
  branch that ends in `return`, `raise` or an exit.

## Options

- `effect-functions`, `runtime-modules`, `src`.
"""

from __future__ import annotations

import _ast as ast

from torchgate.lint.effects import effect_calls
from torchgate.lint.rule import RUNTIME, STUB, TESTS, Rule
from torchgate.semantics.conduct import does_once
from torchgate.semantics.known import EFFECTS
from torchgate.semantics.values import Function, Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.facts import Call
    from torchgate.semantics.module import Module

_MESSAGE = "the effect is applied at {} too, and one run can reach both; apply it once and pass the handle on"
_BRANCHES = (ast.If, ast.IfExp, ast.Try, ast.TryStar, ast.match_case, ast.Match)


def check(module: Module) -> Iterator[Violation]:
    """Effect calls that another one precedes."""
    sites = [call for call in effect_calls(module) if _counts(module, call)]
    sites.sort(key=lambda call: (call.node.lineno, call.node.col_offset))
    for index, call in enumerate(sites):
        elsewhere = _first_elsewhere(module, call)
        here = next((other for other in sites[:index] if not _exclusive(module, other.node, call.node)), None)
        if elsewhere is not None:
            yield call.node, _MESSAGE.format(f"{elsewhere[0]}:{elsewhere[1]}")
        elif here is not None:
            yield call.node, _MESSAGE.format(f"line {here.node.lineno}")


def _counts(module: Module, call: Call) -> bool:
    if call.where.import_time and not module.info.is_entry:
        return False  # TG204 speaks of it
    if isinstance(call.callee, Function):
        return not does_once(module, call.callee)
    if isinstance(call.callee, Ref) and module.resolver is not None:
        return module.resolver.is_effect(call.callee.dotted, each_time=True)
    return True


def _first_elsewhere(module: Module, call: Call) -> tuple[str, int] | None:
    """The first place of another module, before this one in path order, that one run can reach as well.

    A place in a main guard is reached where its own module is the program, not where it is imported.
    """
    if module.resolver is None:
        return None
    own, guarded, reaches = module.info.module_name, call.where.main_guard, module.resolver.reaches
    for path, line, name, is_guarded in module.resolver.effect_sites():
        if path >= module.info.path:
            return None
        if name != own and ((not is_guarded and reaches(own, name)) or (not guarded and reaches(name, own))):
            return path, line
    return None


def _exclusive(module: Module, first: ast.AST, second: ast.AST) -> bool:
    """Whether no run goes through both nodes: they stand in different branches of one statement, or the
    branch of the first ends before the second."""
    around = {child: outer for outer, child in _ancestry(module, second)}
    for outer, child in _ancestry(module, first):
        block = _block(outer, child)
        if outer in around.values():
            other = next(node for node, parent in around.items() if parent is outer)
            return _block(outer, other) != block and isinstance(outer, _BRANCHES)
        if block in ("body", "orelse", "handlers") and isinstance(outer, (*_BRANCHES, ast.ExceptHandler)):
            statements = getattr(outer, block, None)
            if isinstance(statements, list) and _leaves(statements) and _same_function(module, first, second):
                return True
    return False


def _ancestry(module: Module, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    outer = module.parent(node)
    while outer is not None:
        yield outer, node
        node, outer = outer, module.parent(outer)


def _block(outer: ast.AST, child: ast.AST) -> str:
    """The field of ``outer`` in which ``child`` stands; a match statement's cases are told apart."""
    for field in outer._fields:
        value = getattr(outer, field, None)
        if value is child:
            return field
        if isinstance(value, list) and child in value:
            return f"case {value.index(child)}" if isinstance(outer, ast.Match) else field
    return ""


def _leaves(statements: list[ast.stmt]) -> bool:
    return bool(statements) and isinstance(statements[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)


def _same_function(module: Module, first: ast.AST, second: ast.AST) -> bool:
    return _function(module, first) is _function(module, second)


def _function(module: Module, node: ast.AST) -> ast.AST | None:
    for outer, _ in _ancestry(module, node):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return outer
    return None


RULE = Rule("TG406", "repeated-effect", check, skips=(RUNTIME, TESTS, STUB), needs=(EFFECTS,))
