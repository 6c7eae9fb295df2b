"""A block, thread or process that gets another current device without the code inside saying so.

## What it does

Reports contexts that change the device for what stands inside: `with torch.device(...)`, a variable,
parameter or attribute known to hold a `torch.device` entered as a context (by `with` or `enter_context`),
`torch.cuda.device(...)`, its kin of other backends and `torch.accelerator.device_index(...)`.
Also calls of `torch.cuda.set_device` (and of `xpu`, `mps`, `mtia`, `npu`, `hpu`, `mlu`, `musa`) and of
`torch.accelerator.set_device_index`; these are free in runtime modules, whose work they are.
A backend that is chosen at run time counts as one: `getattr(torch, kind, torch.cuda).device(...)`,
`torch.get_device_module(kind).set_device(...)`.

## Why is this bad?

`torch.zeros(3)` inside the block lands on another device than the same line outside. The function called in
the block cannot see it, threads that it starts do not get it, and a block that is left by an exception in
the wrong place leaves the rest of the run somewhere else.

## Example

```python app/model.py
def build(torch, sizes):
    with torch.device("cuda"):
        return [torch.zeros(size) for size in sizes]
```

## Use instead

```python app/model.py
def build(torch, sizes, placement):
    return [torch.zeros(size, device=placement.device, dtype=placement.dtype) for size in sizes]
```

`with torch.device("meta")` passes: nothing is computed there.

## Known limits

A device that this file cannot prove to be one is never reported (`with x.device:`, `with device:` of a
parameter without an annotation). In a choice between a device and something that is none
(`torch.device(x) if flag else nullcontext()`) only a constant device is reported, and one that the choice is
about (`torch.device(x) if x is not None else nullcontext()`).
The launch of a kernel of one's own (Triton, a CUDA extension) has no `device=` and takes the current device:
there the context is right, and `# torchgate: ignore[TG303]` with a reason says so.
`torch.cuda.device_of(tensor)` follows a tensor and is no finding; streams are none either. A backend that is
chosen at run time is known in the file that chooses it. Nor is
`@torch.device(...)`: a device is a context and not callable, so torch raises a TypeError there.

## Options

`allow-ambient-devices` (default `["meta"]`): the literals that may be entered. An entry without an index
allows every index of that type.
"""

from __future__ import annotations

import _ast as ast

from torchgate.lint.devices import (
    DEVICE_CONTEXTS,
    SET_DEVICE,
    SETTERS,
    chosen_context,
    device_argument,
    device_text,
    is_chosen_backend,
    spelled,
)
from torchgate.lint.rule import Rule
from torchgate.lint.torch_names import made_by, uses
from torchgate.semantics.known import TORCH
from torchgate.semantics.values import is_device

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.module import Module


def check(module: Module) -> Iterator[Violation]:
    """Every context that is entered, every ``set_device``."""
    for context in _contexts(module):
        what = _ambient(module, context)
        if what:
            yield (
                context,
                f"{what} decides the device of everything inside; pass `device=` explicitly instead",
            )
    if module.info.is_runtime:
        return
    for reference, dotted in uses(module, SET_DEVICE):
        does = "changes" if reference.called else "is handed on here and changes"
        yield reference.node, f"`{dotted}` {does} {_CURRENT}"
    for call in module.calls:
        function = call.node.func
        if (
            isinstance(function, ast.Attribute)
            and function.attr in SETTERS
            and call.where.runs
            and is_chosen_backend(module, function.value)
        ):
            yield function, f"`{function.attr}` of a backend that is chosen at run time changes {_CURRENT}"


_CURRENT = (
    "the current device of this thread; pass a device with its index (`device=` of a Placement) to"
    " what needs it"
)


def _contexts(module: Module) -> Iterator[ast.expr]:
    """What is entered: by ``with``, by an exit stack; each way of a choice by itself."""
    for node, site in module.sites(ast.With):
        if site.where.runs:
            yield from _entered(module, node)
    for async_node, site in module.sites(ast.AsyncWith):
        if site.where.runs:
            yield from _entered(module, async_node)
    for call in module.calls:
        function = call.node.func
        if isinstance(function, ast.Attribute) and function.attr == "enter_context" and call.where.runs:
            for argument in call.node.args[:1]:
                yield from _choices(module, argument)


def _entered(module: Module, node: ast.With | ast.AsyncWith) -> Iterator[ast.expr]:
    for item in node.items:
        yield from _choices(module, item.context_expr)


def _choices(module: Module, node: ast.expr) -> Iterator[ast.expr]:
    """The ways of a choice. Where some way enters no device, only a constant device is certain, or one that
    the choice is about."""
    certain = not isinstance(node, ast.IfExp) or is_device(module.value(node))
    waiting: list[tuple[ast.expr, tuple[ast.expr, ...]]] = [(node, ())]
    while waiting:
        node, tests = waiting.pop()
        if isinstance(node, ast.IfExp):
            waiting += [(way, (*tests, node.test)) for way in (node.orelse, node.body)]
            continue
        value = module.value(node)
        is_open = not certain and is_device(value) and not device_text(module, value)
        if not is_open or any(_asks_for(module, test, node) for test in tests):
            yield node


def _asks_for(module: Module, test: ast.expr, device: ast.expr) -> bool:
    """Whether a test asks whether there is this device: ``torch.device(x) if x is not None else ...``."""
    given: ast.expr | None = device
    if isinstance(device, ast.Call) and module.dotted(device.func) == "torch.device":
        given = device_argument(device)
    if given is None or _names(module, given).isdisjoint(_names(module, test)):
        return False
    texts = [module.text(part) for part in module.within(test) if isinstance(part, ast.Constant)]
    return not any(text and _is_allowed(text, module.config.allow_ambient_devices) for text in texts)


def _names(module: Module, node: ast.expr) -> set[tuple[str, ...]]:
    """The variables and attributes that an expression reads, each as a whole."""
    return {
        spelled(part)
        for part in module.within(node)
        if isinstance(part, ast.Name | ast.Attribute) and not isinstance(module.parent(part), ast.Attribute)
    }


def _ambient(module: Module, node: ast.expr) -> str:
    """How a context is called in the message; empty for one that is none of ours."""
    value = module.value(node)
    if method := chosen_context(module, node):
        return f"the context `{method}(...)` of a backend that is chosen at run time"
    if isinstance(node, ast.Call) and module.dotted(node.func) and getattr(value, "node", None) is not node:
        return ""  # contextlib.nullcontext(device) hands the device through and enters nothing
    name = made_by(module, value)
    if name in DEVICE_CONTEXTS:
        return f"the context `{name}(...)`"
    if not is_device(value):
        return ""
    text = device_text(module, value)
    if text is not None and _is_allowed(text, module.config.allow_ambient_devices):
        return ""
    is_here = getattr(value, "node", None) is node
    return (
        f"the context `torch.device({text!r})`"
        if text and is_here
        else "a `torch.device` entered as a context"
    )


def _is_allowed(text: str, allowed: tuple[str, ...]) -> bool:
    return text in allowed or text.partition(":")[0] in allowed


RULE = Rule("TG303", "ambient-device", check, needs=(TORCH,), fix="safe")
