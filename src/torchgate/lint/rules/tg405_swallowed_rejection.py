"""A rejected runtime is caught, and the program goes on.

## What it does

Reports an `except` block (or `contextlib.suppress`) that catches the rejection of an effect called in its
`try`, and neither raises, nor exits, nor returns a rejected value; and one that falls back to raw torch
or to a CPU device, whatever it returns. What catches a rejection is a bare `except`, `BaseException`,
`Exception`, `RuntimeError`, `RejectedError`, and the exceptions that a runtime module defines.

A returned value counts as rejected unless it is None, a boolean, 0, something empty, or torch itself: an
exit code, the exception, a `Rejected` are fine.

## Why is this bad?

The rejection was the answer: this machine cannot give the promised result. A handler that logs and goes
on gives another one, hours later, on the wrong device, and only the log knows. A runtime is rejected
once, loudly; whoever wants a CPU run decides for it before, as policy.

## Example

```python app/__main__.py
from torchgate.runtime import RejectedError, apply_torch_runtime, decide_torch_runtime

from app.train import train


def main():
    try:
        torch_handle = apply_torch_runtime(decide_torch_runtime())
    except RejectedError as error:
        print(f"no GPU today: {error}")
        torch_handle = None
    train(torch_handle)
```

## Use instead

```python app/__main__.py
import sys

from torchgate.runtime import RejectedError, apply_torch_runtime, decide_torch_runtime

from app.train import train


def main():
    try:
        torch_handle = apply_torch_runtime(decide_torch_runtime())
    except RejectedError as error:
        sys.exit(f"no GPU today: {error}")
    train(torch_handle)
```

## Known limits

* A handler that raises, exits or returns a rejected value on one path is trusted for all of them, and so is
  one after which the block stops (`if torch_handle is None: sys.exit(4)`). That `error` of a parser which is
  a parameter exits is not known.
* Trusted too: a handler that keeps the exception (`failure = error`, `errors.append(error)`), that hands
  it to a function of another module, or that returns something which is not known.
* A test that expects the rejection (`else: pytest.fail(...)`, `pytest.raises`) is no finding.
* A wrapper that is no effect function is not followed: a `try` around its call is not seen. Nor is a
  `finally` that returns.
* An exception of another project module that is not a runtime module is taken not to catch rejections.

## Options

* `effect-functions`: functions that apply the effect.
* `runtime-modules`: modules whose public functions may be effect functions.
"""

from __future__ import annotations

import _ast as ast

from torchgate.lint.effects import effect_calls
from torchgate.lint.rejections import SWALLOWS, Handler, catches_rejection, expects_rejection
from torchgate.lint.rule import STUB, Rule
from torchgate.semantics.known import EFFECTS
from torchgate.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def check(module: Module) -> Iterator[Violation]:
    """Handlers around the calls of effect functions, the innermost first, until one stops the rejection."""
    reported: set[ast.AST] = set()
    for call in effect_calls(module):
        inner: ast.AST = call.node
        outer = module.parent(inner)
        while outer is not None and not isinstance(outer, _FUNCTIONS):
            found, goes_on = _judge(module, outer, inner)
            if found is not None and found[0] not in reported:
                reported.add(found[0])
                place = _header(module, found[0]) if isinstance(found[0], ast.ExceptHandler) else found[0]
                yield place, found[1]
            if not goes_on:
                break
            inner, outer = outer, module.parent(outer)


def _judge(module: Module, outer: ast.AST, inner: ast.AST) -> tuple[tuple[ast.AST, str] | None, bool]:
    """What ``outer`` does with a rejection from ``inner``: a violation, and whether it passes on outwards."""
    match outer:
        case ast.Try() | ast.TryStar() if inner in outer.body:
            for node in outer.handlers:
                if catches_rejection(module, node.type):
                    handler = Handler(module, node, outer)
                    verdict = "" if expects_rejection(module, outer, inner) else handler.verdict()
                    return ((node, _message(verdict)) if verdict else None), handler.raises
        case ast.With(items=items) | ast.AsyncWith(items=items) if inner in outer.body:
            for item in items:
                entered = item.context_expr
                if isinstance(entered, ast.Call) and any(
                    catches_rejection(module, kind) for kind in entered.args
                ):
                    match module.dotted(entered.func):
                        case "contextlib.suppress":
                            return (entered, _message(SWALLOWS)), False
                        case "pytest.raises":
                            return None, False
    return None, True


def _message(verdict: str) -> str:
    if verdict == SWALLOWS:
        return "a rejected runtime is swallowed here; raise, exit, or return the rejection to the caller"
    return (
        f"a rejected runtime falls back to {verdict} here, and the result is not the one that was asked for; "
        "let it stop the program, and decide for another device before (`Policy`)"
    )


def _header(module: Module, handler: ast.ExceptHandler) -> Span:
    """``except Kind``: the body would underline pages."""
    start = module.source.span(handler)
    if handler.type is None:
        return Span(start.line, start.column, start.line, start.column + len("except"))
    end = module.source.span(handler.type)
    return Span(start.line, start.column, end.end_line, end.end_column)


RULE = Rule("TG405", "swallowed-rejection", check, skips=(STUB,), needs=(EFFECTS,))
