"""The definition of a helper that sets an ambient default for its caller.

## What it does

Reports a context manager (a generator, or a class with `__enter__`) and a function that consist of
`torch.set_default_device`, `torch.set_default_dtype` or `torch.set_default_tensor_type` fed from their own
parameters or from attributes of `self`. Saving the old default and restoring it, checking the argument,
telling about it (`print`, a logger) and a `try` / `finally` around it all do not make it something else.

## Why is this bad?

Each use of the helper changes what code elsewhere does (see TG301), and the friendly name hides it: callers
read `default_device("cuda")` as if it were local. On threads it is not even that, because the default
device belongs to the thread that set it.

## Example

```python app/util.py
import contextlib


@contextlib.contextmanager
def default_dtype(torch, dtype):
    old = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(old)
```

## Use instead

Delete the helper once its callers say where their tensors go:

```python app/grid.py
def make_grid(torch, size, placement):
    return torch.linspace(0, 1, size, device=placement.device, dtype=placement.dtype)
```

`default-helpers` lists the helper until then, so that TG302 finds the callers and `torchgate migrate` can
rewrite them.

## Known limits

A function that also does other work (it seeds, builds a model, parses arguments) is no helper; TG301
reports its setters. A setter fed from a constant alone is TG301's matter too, and so are lambdas.

## Options

None.
"""

from __future__ import annotations

import _ast as ast

from torchgate.lint.ambient import READERS, SETTERS
from torchgate.lint.fallback_expressions import TELLING
from torchgate.lint.rule import Rule
from torchgate.lint.torch_names import made_by, torch_name, uses
from torchgate.semantics.known import TORCH
from torchgate.semantics.scopes import parameter_names
from torchgate.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module
    from torchgate.semantics.values import Function

_ENTER = ("__enter__", "__aenter__")
_INERT = (
    ast.If,
    ast.Try,
    ast.Pass,
    ast.Raise,
    ast.Assert,
    ast.Import,
    ast.ImportFrom,
    ast.Global,
    ast.Nonlocal,
    ast.AnnAssign,
)
_PROTOCOL = (*_ENTER, "__exit__", "__aexit__", "__init__")


def check(module: Module) -> Iterator[Violation]:
    """Classes by their ``__enter__``, functions by themselves."""
    if not any(uses(module, SETTERS)):
        return
    for function, where in module.functions:
        node = function.node
        if not where.runs or isinstance(node, ast.Lambda):
            continue
        setters = _setters(module, function, node)
        if not setters:
            continue
        if function.owner is not None and node.name in _ENTER:
            yield _violation(module, function.owner.node, "class", setters)
        elif function.owner is None or node.name not in _PROTOCOL:
            kind = "context manager" if function.context_manager else "function"
            yield _violation(module, node, kind, setters)


def _violation(
    module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, kind: str, setters: list[str]
) -> Violation:
    span = module.source.span(node)
    header = Span(span.line, span.column, span.line, len(module.source.lines[span.line - 1].rstrip()) + 1)
    what = " and ".join(f"`{name}`" for name in dict.fromkeys(setters))
    return header, (
        f"the {kind} `{node.name}` only wraps {what}; delete it and let its callers pass"
        f" `device=` and `dtype=` explicitly (decide_placement decides them once)"
    )


def _setters(module: Module, function: Function, node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """The setters that a helper feeds from outside; empty where the function is no helper."""
    if not _consists(module, node.body):
        return []
    fed = set(parameter_names(node.args))
    for statement in _walk(node.body):
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if _mentions(module, statement.value, fed):
                fed.update(target.id for target in targets if isinstance(target, ast.Name))
    return [
        name
        for statement in _walk(node.body)
        if isinstance(statement, ast.Expr) and (name := _setter(module, statement.value))
        if any(_mentions(module, argument, fed) for argument in _arguments(statement.value))
    ]


def _consists(module: Module, body: list[ast.stmt]) -> bool:
    """Whether statements do nothing but set, save, restore, check and yield."""
    return all(_belongs(module, statement) for statement in _walk(body))


def _belongs(module: Module, statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=value):
            return (
                isinstance(value, ast.Constant | ast.Yield) or bool(_setter(module, value)) or _tells(value)
            )
        case ast.Assign(value=ast.expr() as value) | ast.AnnAssign(value=ast.expr() as value):
            return _is_plain(module, value)
        case ast.Return(value=value):
            return value is None or _is_plain(module, value)
    return isinstance(statement, _INERT)


def _tells(node: ast.expr) -> bool:
    """Whether a call only tells somebody what is done: ``print``, a logger, ``warnings.warn``."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in TELLING
    return False


def _is_plain(module: Module, node: ast.expr) -> bool:
    """Whether an expression calls nothing but torch (the old default, ``torch.device(x)``), say."""
    for item in module.within(node):
        if isinstance(item, ast.Call):
            name = made_by(module, module.value(item)) or module.dotted(item.func)
            if not name.startswith("torch.") and name not in ("builtins.getattr", "builtins.str"):
                method = item.func.attr if isinstance(item.func, ast.Attribute) else ""
                if method != "type":  # torch.tensor([]).type() tells the old default
                    return False
    return True


def _setter(module: Module, node: ast.expr) -> str:
    if not isinstance(node, ast.Call):
        return ""
    name = torch_name(module, module.value(node.func))
    return name if name in SETTERS else ""


def _arguments(node: ast.expr) -> list[ast.expr]:
    if not isinstance(node, ast.Call):
        return []
    return [*node.args, *(keyword.value for keyword in node.keywords)]


def _mentions(module: Module, node: ast.expr, names: set[str]) -> bool:
    """Whether an expression reads one of ``names`` (``self`` among them: its attributes count)."""
    return any(
        isinstance(item, ast.Name) and item.id in names and not _is_torch_or_saved(module, item)
        for item in module.within(node)
    )


def _is_torch_or_saved(module: Module, node: ast.expr) -> bool:
    """Whether a name or an attribute of it is torch's (``torch.float64`` of a parameter ``torch``) or a
    default that was saved."""
    link: ast.AST | None = node
    while isinstance(link, ast.Name | ast.Attribute):
        value = module.value(link)
        if torch_name(module, value) or made_by(module, value) in READERS:
            return True
        link = module.parent(link)
    return False


def _walk(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a block and of the blocks inside it, in order."""
    waiting = [*reversed(body)]
    while waiting:
        statement = waiting.pop()
        yield statement
        if isinstance(statement, ast.If | ast.Try):
            handled = [inner for handler in getattr(statement, "handlers", ()) for inner in handler.body]
            last = getattr(statement, "finalbody", ())
            waiting += reversed([*statement.body, *handled, *statement.orelse, *last])


RULE = Rule("TG305", "default-helper-definition", check, needs=(TORCH,), fix="safe")
