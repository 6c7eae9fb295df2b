"""A helper as a value: where each default that it sets comes from."""

from __future__ import annotations

import _ast as ast
from dataclasses import dataclass

from torchgate.migrate.ambient.definitions import File, default_for
from torchgate.migrate.ambient.obstacles import Aspect
from torchgate.migrate.refusals.reason import RefusalReason as R

SETTER_ASPECTS: dict[str, Aspect] = {
    "torch.set_default_device": "device",
    "torch.set_default_dtype": "dtype",
}
READER_ASPECTS: dict[str, Aspect] = {
    "torch.get_default_device": "device",
    "torch.get_default_dtype": "dtype",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a helper takes a value from: its parameter, or a constant expression of its own file.

    ``none`` says what None means to the helper: ``reset`` (no default from here on), ``pass`` (nothing is
    set) or ``raises``. ``setter``: torch's setter sets it and puts back what was there, no ``torch.device``.
    """

    parameter: str = ""
    constant: ast.expr | None = None
    file: File | None = None
    none: str = "raises"
    setter: bool = True


@dataclass(frozen=True, slots=True)
class Helper:
    """An understood helper: its signature, and where each default that it sets comes from."""

    arguments: ast.arguments | None
    bound: bool
    """Whether the first parameter is ``self``."""
    sources: dict[Aspect, Source]
    file: File


@dataclass(frozen=True, slots=True)
class Misunderstood:
    """Why a helper is not understood."""

    reason: R
    detail: str


class Unread(Exception):
    """A statement of a helper that is not understood."""

    def __init__(self, reason: R, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def bind(helper: Helper, call: ast.Call) -> dict[str, ast.expr] | None:
    """The arguments of a call by the helper's parameters; None where they cannot be told apart."""
    if helper.arguments is None:
        return {} if not call.args and not call.keywords else None
    arguments = helper.arguments
    names = [parameter.arg for parameter in [*arguments.posonlyargs, *arguments.args]]
    names = names[1:] if helper.bound else names
    if any(isinstance(item, ast.Starred) for item in call.args) or len(call.args) > len(names):
        return None
    found = dict(zip(names, call.args, strict=False))
    known = {*names, *(parameter.arg for parameter in arguments.kwonlyargs)}
    for item in call.keywords:
        if item.arg is None or item.arg not in known or item.arg in found:
            return None
        found[item.arg] = item.value
    return found


def default_of(helper: Helper, name: str) -> ast.expr | None:
    """The default value of a helper's parameter."""
    arguments = helper.arguments
    if arguments is None:
        return None
    return default_for(arguments, name)


def is_docstring(statement: ast.stmt) -> bool:
    """Whether a statement is a bare constant."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def is_yield(statement: ast.stmt) -> bool:
    """Whether a statement only yields."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Yield)


def returns_nothing(statement: ast.stmt) -> bool:
    """Whether a statement returns None."""
    return isinstance(statement, ast.Return) and (statement.value is None or is_none(statement.value))


def is_none(node: ast.expr | None) -> bool:
    """Whether an expression is None."""
    return isinstance(node, ast.Constant) and node.value is None


def is_false(node: ast.expr | None) -> bool:
    """Whether what `__exit__` returns lets exceptions pass."""
    return node is None or (isinstance(node, ast.Constant) and node.value in (None, False))
