"""Adds arguments to calls and parameters to functions."""

from __future__ import annotations

from typing import Any, TypeVar

import libcst as cst

from torchgate.migrate.apply.commas import BLANK, CommaList, is_empty
from torchgate.migrate.changes import AddArgument, AddKeyword, AddParameter

Function = TypeVar("Function", cst.FunctionDef, cst.Lambda)


def add_keyword(call: cst.Call, change: AddKeyword) -> cst.Call:
    """``f(x)`` becomes ``f(x, name=value)``, in front of ``**kwargs``."""
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    value = cst.parse_expression(change.value)
    item = cst.Arg(value, keyword=cst.Name(change.name), equal=equal)
    index = next((at for at, arg in enumerate(call.args) if arg.star == "**"), len(call.args))
    return _add_argument(call, index, item)


def add_argument(call: cst.Call, change: AddArgument) -> cst.Call:
    """``f(x)`` becomes ``f(value, x)``. An index behind the last positional argument is right behind it."""
    places = [at for at, arg in enumerate(call.args) if arg.keyword is None and arg.star != "**"]
    if change.index < len(places):
        at = places[change.index]
    else:
        at = places[-1] + 1 if places else 0
    return _add_argument(call, at, cst.Arg(cst.parse_expression(change.value)))


def _add_argument(call: cst.Call, index: int, item: cst.Arg) -> cst.Call:
    args = list(call.args)
    if len(args) == 1 and isinstance(args[0].value, cst.GeneratorExp) and not args[0].value.lpar:
        # The call's parentheses were the generator's as well.
        own = args[0].value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        args[0] = args[0].with_changes(value=own)
    commas = CommaList(call.whitespace_before_args, args)
    commas.insert(index, item)
    return call.with_changes(args=commas.write(), whitespace_before_args=commas.gaps[0])


def add_parameter(function: Function, change: AddParameter) -> Function:
    """A new parameter in a ``def`` or ``lambda``."""
    params = function.params
    rows = _rows(params)
    # A lambda's first gap stands between the keyword and the parameters: it is no part of the list.
    opening = (
        function.whitespace_before_params
        if isinstance(function, cst.FunctionDef)
        else cst.SimpleWhitespace("")
    )
    commas = CommaList(opening, [item for _, item in rows])
    roles = [role for role, _ in rows]

    def insert(index: int, role: str, item: Any) -> None:
        commas.insert(index, item)
        roles.insert(index, role)

    new = _parameter(change)
    if change.keyword_only:
        at = roles.index("star_kwarg") if "star_kwarg" in roles else len(roles)
        if "star_arg" not in roles:
            insert(at, "star_arg", cst.ParamStar())
            at += 1
        insert(at, "kwonly_params", new)
    else:
        at, role = _positional_place(roles, change.index)
        insert(at, role, new)
    items = commas.write()
    if isinstance(function, cst.FunctionDef):
        opened = function.with_changes(whitespace_before_params=commas.gaps[0])
    else:
        gap = function.whitespace_after_lambda
        needed = is_empty(gap) and roles[0] not in ("star_arg", "star_kwarg")  # `lambda*a: 0` needs none
        opened = function.with_changes(whitespace_after_lambda=BLANK if needed or not rows else gap)
    return opened.with_changes(params=_params(params, roles, items))


def _positional_place(roles: list[str], index: int) -> tuple[int, str]:
    """Where the positional parameter of this index stands, and its kind."""
    places = [at for at, role in enumerate(roles) if role in ("posonly_params", "params")]
    if index < len(places):
        return places[index], roles[places[index]]
    ahead = [at for at, role in enumerate(roles) if role in ("posonly_params", "posonly_ind", "params")]
    return (ahead[-1] + 1 if ahead else 0), "params"


def _parameter(change: AddParameter) -> cst.Param:
    annotation = f": {change.annotation}" if change.annotation is not None else ""
    default = ""
    if change.default is not None:
        default = f" = {change.default}" if change.annotation is not None else f"={change.default}"
    parsed = cst.parse_statement(f"def f({change.name}{annotation}{default}): pass")
    assert isinstance(parsed, cst.FunctionDef)
    return parsed.params.params[0]


def _rows(params: cst.Parameters) -> list[tuple[str, Any]]:
    """Every parameter and marker in the order of the text, with the field that it stands in."""
    rows: list[tuple[str, Any]] = [("posonly_params", item) for item in params.posonly_params]
    if isinstance(params.posonly_ind, cst.ParamSlash):
        rows.append(("posonly_ind", params.posonly_ind))
    elif params.posonly_params:
        rows.append(("posonly_ind", cst.ParamSlash()))
    rows += [("params", item) for item in params.params]
    if isinstance(params.star_arg, cst.Param | cst.ParamStar):
        rows.append(("star_arg", params.star_arg))
    elif params.kwonly_params:
        rows.append(("star_arg", cst.ParamStar()))
    rows += [("kwonly_params", item) for item in params.kwonly_params]
    if params.star_kwarg is not None:
        rows.append(("star_kwarg", params.star_kwarg))
    return rows


def _params(old: cst.Parameters, roles: list[str], items: list[Any]) -> cst.Parameters:
    fields: dict[str, Any] = {"posonly_params": [], "params": [], "kwonly_params": []}
    for role, item in zip(roles, items, strict=True):
        if role in ("posonly_ind", "star_arg", "star_kwarg"):
            fields[role] = item
        else:
            fields[role].append(item)
    return old.with_changes(**fields)
