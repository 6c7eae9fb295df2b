"""Signatures, as the arguments bind: ``"end, *, out?, dtype?, device?"`` (``?``: may be left out).

Python functions are inspected. Functions written in C++ have no signature at run time; theirs are read from
the stubs that torch ships (``torch/_C/_VariableFunctions.pyi`` and ``torch/_C/__init__.pyi``), which its own
build generates from the argument parser's declarations.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
from pathlib import Path
from typing import Any

import torch

# A recurrent module takes (*args, **kwargs) and hands them on behind its mode.
_RECURRENT = (torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU)
# torch.nn.Module's metaclass-free __new__ of these says (*args, **kwargs); __new__ has the parameters.
_NEW = (torch.nn.Parameter, torch.nn.Buffer, torch.nn.UninitializedParameter, torch.nn.UninitializedBuffer)

# Overloads that the stubs leave out; every call of the catalogue is bound in the tests.
_UNTOLD = {"torch.sparse_coo_tensor": ("size, *, dtype?, device?, requires_grad?, check_invariants?",)}

# Where the stubs let arguments be given by place that torch takes by keyword only.
_CORRECTED = {
    "torch.tensor": ["data, *, dtype?, device?, requires_grad?, pin_memory?"],
    "torch.as_tensor": ["data, *, dtype?, device?"],
}


def signatures(name: str, target: Any) -> list[str]:
    """Every overload of ``target``, or an empty list where torch does not say."""
    if name in _CORRECTED:
        return _CORRECTED[name]
    if target in _RECURRENT:
        parameters = list(inspect.signature(torch.nn.RNNBase.__init__).parameters.values())
        spelled = _spelled(parameters[2:])  # without self and mode
        # The plain one takes out a fourth positional argument of its own before it hands the rest on.
        return [
            spelled.replace("num_layers?, ", "num_layers?, nonlinearity?, ")
            if target is torch.nn.RNN
            else spelled
        ]
    if target in _NEW:
        return [_spelled(list(inspect.signature(target.__new__).parameters.values())[1:])]
    if isinstance(target, type) and issubclass(target, torch.nn.Module):
        return [_spelled(list(inspect.signature(target.__init__).parameters.values())[1:])]
    if inspect.isfunction(target):
        return [_spelled(list(inspect.signature(target).parameters.values()))]
    owner = "TensorBase" if name.startswith("torch.Tensor.") else ""
    told = _stubs().get((owner, name.rpartition(".")[2])) or _from_docstring(target)
    return [*told, *_UNTOLD.get(name, ())]


def _spelled(parameters: list[inspect.Parameter]) -> str:
    parts: list[str] = []
    for parameter in parameters:
        star = any(part.startswith("*") for part in parts)
        if parameter.kind is parameter.KEYWORD_ONLY and not star:
            parts.append("*")
        prefix = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        optional = parameter.default is not parameter.empty
        parts.append(f"{prefix}{parameter.name}{'?' if optional else ''}")
    return ", ".join(parts)


def _from_docstring(target: Any) -> list[str]:
    if isinstance(target, type):
        return []
    for line in (target.__doc__ or "").splitlines():
        head, arrow, _ = line.partition(" -> ")
        if arrow and head.endswith(")"):
            try:
                function = ast.parse(f"def {re.sub(r'^[a-z_.]*[.]', '', head.strip())}: ...").body[0]
            except SyntaxError:
                return []
            return (
                [_spelled_stub(function.args, skip_self=False)]
                if isinstance(function, ast.FunctionDef)
                else []
            )
    return []


@functools.cache
def _stubs() -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    folder = Path(torch.__file__).parent / "_C"
    for file in ("_VariableFunctions.pyi", "__init__.pyi", "_nn.pyi"):
        tree = ast.parse((folder / file).read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                _add(found, "", node)
            elif isinstance(node, ast.ClassDef) and node.name == "TensorBase":
                for child in node.body:
                    if isinstance(child, ast.FunctionDef):
                        _add(found, node.name, child)
    return found


def _add(found: dict[tuple[str, str], list[str]], owner: str, node: ast.FunctionDef) -> None:
    spelled = _spelled_stub(node.args, skip_self=bool(owner))
    known = found.setdefault((owner, node.name), [])
    if spelled not in known:
        known.append(spelled)


def _spelled_stub(args: ast.arguments, *, skip_self: bool) -> str:
    positional = [*args.posonlyargs, *args.args]
    required = len(positional) - len(args.defaults)
    parts = [arg.arg + ("?" if place >= required else "") for place, arg in enumerate(positional)]
    parts = parts[1:] if skip_self else parts
    if args.vararg:
        parts.append(f"*{args.vararg.arg}")
    elif args.kwonlyargs:
        parts.append("*")
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        parts.append(arg.arg + ("?" if default is not None else ""))
    return ", ".join(parts)
