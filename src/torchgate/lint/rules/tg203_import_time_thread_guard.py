"""A module checks its thread while it is imported.

## What it does

Reports a test of the main thread, the current thread, the number of threads or a thread's ident that runs
when the module is imported and raises, asserts, warns or exits. A function of this file that holds
such a guard and is called at import time counts too, at the call.

## Why is this bad?

Which thread imports a module first says nothing about which thread will use it. A worker pool, a test
runner or a web server imports on another thread and a correct program stops, while code that is wrong
imports on the main thread and passes. Thread affinity belongs to the work.

## Example

```python app/model.py
import threading

if threading.current_thread() is not threading.main_thread():
    raise ImportError("import app.model on the main thread")
```

## Use instead

Say it as data and let the handle assert it where the work is done:

```python app/model.py
from __future__ import annotations

from typing import TYPE_CHECKING

from torchgate.runtime import Policy, RequiresMainThread

if TYPE_CHECKING:
    from torchgate.runtime import TorchHandle

POLICY = Policy(device="cuda", affinity=RequiresMainThread())


def step(torch: TorchHandle) -> None:
    torch.assert_thread()
```

## Known limits

- A branch that only logs is no finding.
- A guard in a function counts only if it is called at import time, by its plain name, in the file that
  defines it.
- Processes are not threads: `multiprocessing.current_process()` is no finding.

## Options

None.
"""

from __future__ import annotations

import _ast as ast

from torchgate.lint.branches import enforcement, enforcing_call
from torchgate.lint.presence import head
from torchgate.lint.rule import STUB, Rule
from torchgate.semantics.values import Function, Ref, Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.facts import Site
    from torchgate.semantics.module import Module

_QUESTIONS = {
    "_thread.get_ident": "the thread's ident",
    "threading.activeCount": "the number of threads",
    "threading.active_count": "the number of threads",
    "threading.currentThread": "the current thread",
    "threading.current_thread": "the current thread",
    "threading.enumerate": "the number of threads",
    "threading.get_ident": "the thread's ident",
    "threading.get_native_id": "the thread's ident",
    "threading.main_thread": "the main thread",
}
_PACKAGES = frozenset(name.partition(".")[0] for name in _QUESTIONS)


def check(module: Module) -> Iterator[Violation]:
    """Thread guards that run when the module is imported, here or in a function called here."""
    if module.packages.isdisjoint(_PACKAGES):
        return
    inside: dict[ast.AST, str] = {}
    for node, done, question, site in _guards(module):
        function = site.where.function
        if function is not None:
            if isinstance(function.node, ast.FunctionDef):
                inside.setdefault(function.node, done)
        elif site.where.import_time and site.where.runs:
            place = head(module, node, node.test) if isinstance(node, ast.If | ast.Assert) else node
            yield place, f"importing this module {done} depending on {question}; {_CURE}"
    for call in module.calls:
        callee = call.callee
        if isinstance(callee, Function) and callee.node in inside and call.where.import_time:
            what = f"`{callee.name}` {inside[callee.node]} depending on the thread that imports this"
            yield call.node, f"{what}; {_CURE}"


_CURE = "declare the affinity in the Policy and call handle.assert_thread() where the work is done"


def _guards(module: Module) -> Iterator[tuple[ast.stmt | ast.expr, str, str, Site]]:
    for node, site in module.sites(ast.If):
        question = _question(module, node.test)
        if question:
            branches = (enforcement(module, node.body), enforcement(module, node.orelse))
            done = next((what for what in branches if what not in ("", "logs")), "")
            if done:
                yield node, done, question, site
    for assertion, site in module.sites(ast.Assert):
        question = _question(module, assertion.test)
        if question:
            yield assertion, "asserts", question, site
    for choice, site in module.sites(ast.BoolOp):
        last = choice.values[-1]
        question = next(filter(None, (_question(module, value) for value in choice.values[:-1])), "")
        if question and isinstance(last, ast.Call):
            done = enforcing_call(module, last)
            if done not in ("", "logs"):
                yield choice, done, question, site


def _question(module: Module, test: ast.expr) -> str:
    """What a test asks about threads; empty where it asks nothing."""
    for node in module.asked(test):
        if isinstance(node, ast.Name | ast.Attribute | ast.Call):
            value = module.value(node)
            if isinstance(value, Result):
                value = value.callee
            if isinstance(value, Ref) and value.dotted in _QUESTIONS:
                return _QUESTIONS[value.dotted]
    return ""


RULE = Rule("TG203", "import-time-thread-guard", check, skips=(STUB,), needs=_QUESTIONS)
