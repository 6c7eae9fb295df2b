"""What an expression or a text gives, where that is torch's: the module, something of it, or its dictionary;
and which callees say that they replace something."""

from __future__ import annotations

import _ast as ast
import re
from collections.abc import Iterator

from torchgate.lint.imports import constant_head, dynamic_imports
from torchgate.lint.torch_names import torch_name
from torchgate.semantics.codetext import is_normal
from torchgate.semantics.module import Module
from torchgate.semantics.values import Ref, Result, Value

DICT = ".__dict__"
ANY = "*"
# Names that say so.
CALLEES = re.compile(
    r"(?:\b|_)(?:(?:monkey)?patch(?:ed|er)?|(?:setattr|delattr)(?:__)?|mock(?:er)?|stub|spy)\b", re.IGNORECASE
)


def is_written_plainly(module: Module) -> bool:
    """Whether every name in a file is written as Python takes it."""
    text = module.source.text
    return text.isascii() or module.once("is normal", lambda: is_normal(text))


def holder(module: Module, node: ast.expr) -> str:
    """The name of what an expression gives, where that is torch's; with ``.__dict__`` for its dictionary."""
    found = torch_of(module, module.value(node))
    if not found and isinstance(node, ast.Call | ast.Subscript):
        loads = module.once(
            "loaded by name", lambda: {load.node: load.dotted for load in dynamic_imports(module)}
        )
        found = torch_of(module, Ref(loads.get(node, "")))
    match node:
        case ast.Call(func=func, args=[first, _, *_]) if (
            not found and module.dotted(func) == "builtins.getattr"
        ):
            outer = holder(module, first)
            return f"{outer}.{ANY}" if outer else ""
    return found


def begun(module: Module, node: ast.expr) -> str:
    """What a text names of which only the beginning is known: ``f"torch.{name}"``."""
    package, dot, _ = constant_head(module, node).rpartition(".")
    owner = named(module, package) if dot else ""
    return f"{owner}.{ANY}" if owner else ""


def named(module: Module, text: str) -> str:
    """The name of torch's that a dotted text means: ``torch.zeros``, ``app.ops.torch.zeros``."""
    package = text.partition(".")[0]
    if not all(part.isidentifier() for part in text.split(".")):
        return ""
    if package == "torch" or package in module.config.project_names:
        return torch_of(module, Ref(text))
    return ""


def torch_of(module: Module, value: Value) -> str:
    """The name of torch's that a value stands for, through re-exports; empty for everything else."""
    resolver = module.resolver
    if isinstance(value, Result) and value.callee.dotted == "builtins.vars":
        call = value.node
        found = holder(module, call.args[0]) if isinstance(call, ast.Call) and call.args else ""
        return f"{found}{DICT}" if found else ""
    if isinstance(value, Ref) and value.package != "torch" and resolver is not None:
        value = resolver.settle(value)
    return torch_name(module, value)


def is_patch(module: Module, function: ast.expr) -> bool:
    """Whether a callee's name says that it replaces something."""
    names = [getattr(node, "attr", getattr(node, "id", "")) for node in _chain(function)]
    return any(CALLEES.search(name) for name in (*names, module.dotted(function)))


def _chain(node: ast.expr) -> Iterator[ast.expr]:
    yield node
    while isinstance(node, ast.Attribute):
        node = node.value
        yield node
