"""A tensor or layer that is made without saying on which device and in which dtype.

## What it does

Opt-in: select it by its code. Reports a call of a tensor factory (`torch.zeros`, `torch.tensor`,
`torch.randn`, ...) or of an `nn` constructor that holds parameters (`nn.Linear`, `nn.BatchNorm2d`, ...)
without `device=` and `dtype=`; `device=None` is as good as none, but an attribute that is None may be filled
in elsewhere. `dtype=` is asked for only where the ambient default decides it: `torch.zeros(3)` and
`torch.tensor([0.5])`, not `torch.tensor([1, 2])` or `torch.randint(...)`.

Exempt are factories that follow a tensor (`zeros_like`, `x.new_zeros`, `out=`), `**kwargs` unless every key
is visible and the placement is missing, and results that are placed on the spot: `torch.zeros(3).to(x)`,
`nn.Sequential(nn.Linear(3, 4)).to(device)`, `.cuda()`, `.double()`.

## Why is this bad?

What the call makes depends on the default device of this thread and the default dtype of this process, so
on whatever ran before. A project that has banned the setters (TG301) still has their readers: each of these
calls.

## Example

```python app/model.py
def make_head(torch, width):
    return torch.nn.Linear(width, 1)
```

## Use instead

```python app/model.py
def make_head(torch, width, placement):
    return torch.nn.Linear(width, 1, device=placement.device, dtype=placement.dtype)
```

## Known limits

`torch.as_tensor` and `torch.asarray` may be given a tensor and count only where the data is a literal. A
factory that is passed on (`functools.partial(torch.zeros, 3)`), sparse and nested constructors,
`torch.normal`, `torch.range` and the old `torch.FloatTensor(...)` are not seen, nor is a constructor of
your own that lacks the parameters. Inside `with torch.device(...)` the device counts as said (that is
TG303's matter). A module that is built without placement and moved in a later statement is reported.

## Options

`implicit-placement` (default `["device", "dtype"]`): what the rule wants to see. `["device"]` leaves dtypes
alone.
"""

from __future__ import annotations

import _ast as ast

from torchgate.lint.factories import (
    AFFINE,
    BY_ARGUMENT,
    FLOATING,
    INTEGER,
    KEEPS_DEVICE,
    MODULES,
    canonical,
)
from torchgate.lint.placing import given_around
from torchgate.lint.rule import Rule
from torchgate.lint.torch_names import torch_name
from torchgate.semantics.known import TORCH
from torchgate.semantics.values import NOTHING, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.facts import Call
    from torchgate.semantics.module import Module


def check(module: Module) -> Iterator[Violation]:
    """Calls of factories and constructors that leave something to the defaults."""
    for call in module.calls:
        name = canonical(torch_name(module, call.callee)) if call.where.runs else ""
        if not name:
            continue
        missing = [
            what
            for what in module.config.implicit_placement
            if _is_ambient(module, call, name, what) and not _is_given(module, call, what)
        ]
        if missing:
            given = given_around(module, call.node)
            missing = [what for what in missing if what not in given]
        if missing:
            yield call.node, _message(name, missing)


def _message(name: str, missing: list[str]) -> str:
    keywords = " and ".join(f"`{what}=`" for what in missing)
    return (
        f"`{name}` takes its {' and '.join(missing)} from the ambient defaults of the moment; pass {keywords}"
    )


def _is_ambient(module: Module, call: Call, name: str, what: str) -> bool:
    """Whether the ambient default decides ``what`` of such a call."""
    if name in MODULES:
        return _holds_tensors(module, call, name.rpartition(".")[2])
    if name in FLOATING:
        return True
    if name in INTEGER:
        return what == "device"
    if name not in BY_ARGUMENT:
        return False
    arguments = _deciding(call, name)
    if what == "dtype":
        return any(_is_floating(module, argument) for argument in arguments)
    return name not in KEEPS_DEVICE or any(_is_literal(module, argument) for argument in arguments)


def _deciding(call: Call, name: str) -> list[ast.expr]:
    positions, keywords = BY_ARGUMENT[name]
    named = [item.value for item in call.node.keywords if item.arg in keywords]
    return [*(argument for position in positions if (argument := call.argument(position))), *named]


def _holds_tensors(module: Module, call: Call, name: str) -> bool:
    if name not in AFFINE:
        return True
    keyword, position, default = AFFINE[name]
    argument = call.argument(position, keyword)
    return default if argument is None else module.constant(argument) is True


def _is_given(module: Module, call: Call, what: str) -> bool:
    """Whether a call says ``what``, or may say it in a way that this file does not show."""
    for item in call.node.keywords:
        value = module.value(item.value)
        if item.arg == "out":
            return True
        if item.arg == what:
            # An attribute that is None here is for subclasses, or whoever has the object, to fill in.
            return value is not NOTHING or isinstance(item.value, ast.Attribute)
        if item.arg is None and not (
            isinstance(value, Mapping) and value.complete and what not in value.items
        ):
            return True
    return any(isinstance(argument, ast.Starred) for argument in call.node.args) and (
        canonical(module.dotted(call.node.func)) in MODULES
    )


def _is_literal(module: Module, node: ast.expr) -> bool:
    return isinstance(node, ast.List | ast.Tuple) or module.constant(node) is not None


def _is_floating(module: Module, node: ast.expr) -> bool:
    """Whether a number, or a nested display with a number in it, is visibly floating; an empty one is."""
    waiting = [node]
    while waiting:
        match waiting.pop():
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                if not elements:
                    return True
                waiting += elements
            case ast.UnaryOp(operand=operand):
                waiting.append(operand)
            case ast.BinOp(op=operator, left=left, right=right):
                if isinstance(operator, ast.Div) and _is_number(module, left) and _is_number(module, right):
                    return True
                waiting += [left, right]
            case ast.Call(func=function):
                if module.dotted(function) == "builtins.float":
                    return True
            case other:
                if isinstance(module.constant(other), float) or module.dotted(other) in _FLOATS:
                    return True
    return False


def _is_number(module: Module, node: ast.expr) -> bool:
    return isinstance(module.constant(node), int | float)


_FLOATS = frozenset(
    ["math.pi", "math.e", "math.tau", "math.inf", "math.nan", "torch.pi", "torch.inf", "torch.nan"]
)


RULE = Rule("TG306", "implicit-placement", check, opt_in=True, needs=(TORCH,))
