"""The kinds that an annotation promises. ``float`` allows an int, so it promises nothing here."""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING

from torchgate.lint.torch_names import torch_name
from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient.kinds import Kinds

if TYPE_CHECKING:
    from torchgate.migrate.ambient.definitions import File

_SIMPLE = {"int": "int", "bool": "bool", "str": "str"}
_LISTS = frozenset({"builtins.list", "typing.List"})
_TUPLES = frozenset({"builtins.tuple", "typing.Tuple"})


def promised(file: File, annotation: ast.expr) -> Kinds:
    """What an annotation says of a value; unknown where it says nothing of use."""
    match annotation:
        case ast.Constant(value=None):
            return k.of("none")
        case ast.Constant(value=str() as text) if text in _SIMPLE:
            return k.of(_SIMPLE[text])
        case ast.Name(id=name) if name in _SIMPLE:
            return k.of(_SIMPLE[name])
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return k.union([promised(file, left), promised(file, right)])
        case ast.Subscript(value=generic, slice=inside):
            return _generic(file, file.module.dotted(generic), inside)
    name = torch_name(file.module, file.module.value(annotation))
    if name in ("torch.Tensor", "torch._tensor.Tensor"):
        return k.of("tensor")
    if name in ("torch.device", "torch.dtype"):
        return k.of(name.removeprefix("torch."))
    return None


def _generic(file: File, name: str, inside: ast.expr) -> Kinds:
    """``list[int]``, ``tuple[int, int]``, ``Optional[int]``, and what `typing` calls so."""
    if name == "typing.Optional":
        return k.union([promised(file, inside), k.of("none")])
    parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    if name == "typing.Union":
        return k.union(promised(file, part) for part in parts)
    if name in _LISTS and len(parts) == 1:
        return k.container("list", promised(file, parts[0]))
    if name in _TUPLES and parts:
        if isinstance(parts[-1], ast.Constant) and parts[-1].value is Ellipsis:
            return k.container("tuple", promised(file, parts[0]))
        return k.display("tuple", [promised(file, part) for part in parts])
    return None
