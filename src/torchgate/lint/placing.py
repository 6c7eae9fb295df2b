"""Whether what stands around a factory call says where its result goes (TG306)."""

from __future__ import annotations

import _ast as ast

from torchgate.lint.torch_names import torch_name
from torchgate.semantics.values import Const, is_device

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.semantics.module import Module

_DEVICE = frozenset(["cuda", "cpu", "xpu"])
_DTYPE = frozenset(
    ["bfloat16", "bool", "byte", "char", "double", "float", "half", "int", "long", "short", "type"]
)
_DTYPES = frozenset(
    f"torch.{name}"
    for name in """
    float16 float32 float64 bfloat16 half float double complex64 complex128 int8 int16 int32 int64 uint8 bool
    long int short
    """.split()  # noqa: SIM905
)


def given_around(module: Module, node: ast.Call) -> set[str]:
    """``device`` and ``dtype``, as far as the place around the call says them."""
    given = _given_later(module, node)
    if _is_in_device_context(module, node):
        given.add("device")
    return given


def _given_later(module: Module, node: ast.Call) -> set[str]:
    """What methods say that are chained to the result, or to the ``nn`` container around it."""
    given: set[str] = set()
    inner: ast.AST = node
    while True:
        outer = module.parent(inner)
        match outer:
            case ast.Attribute():
                call = module.parent(outer)
                if not isinstance(call, ast.Call) or call.func is not outer:
                    break
                given |= _given_by(module, call, outer.attr)
                inner = call
            case ast.Call() if torch_name(module, module.value(outer.func)).startswith("torch.nn."):
                inner = outer
            case ast.List() | ast.Tuple() | ast.Starred() | ast.keyword():
                inner = outer
            case _:
                break
    return given


def _given_by(module: Module, call: ast.Call, method: str) -> set[str]:
    """What a method of a tensor or module says about its result."""
    if method in _DEVICE:
        return {"device"}
    if method in _DTYPE:
        return {"dtype"}
    if method == "type_as":
        return {"device", "dtype"}
    if method != "to":
        return set()
    given = {item.arg for item in call.keywords if item.arg}
    for argument in call.args:
        value = module.value(argument)
        if torch_name(module, value) in _DTYPES:
            given.add("dtype")
        elif is_device(value) or isinstance(value, Const):
            given.add("device")
        else:
            given |= {"device", "dtype"}  # a tensor, or what this file does not show
    return given


def _is_in_device_context(module: Module, node: ast.AST) -> bool:
    """Whether a ``with torch.device(...)`` of the same function stands around ``node``."""
    inner: ast.AST = node
    outer = module.parent(node)
    while outer is not None and not isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        if isinstance(outer, ast.With | ast.AsyncWith) and not isinstance(inner, ast.withitem):
            for item in outer.items:
                value = module.value(item.context_expr)
                if is_device(value):
                    return True
        inner, outer = outer, module.parent(outer)
    return False
