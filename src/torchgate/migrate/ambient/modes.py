"""Modes and classes of tensors: code that sees every call of torch, with its keywords."""

from __future__ import annotations

import _ast as ast

from torchgate.migrate.ambient.definitions import File
from torchgate.migrate.ambient.files import Files

_WORDS = ("TorchFunctionMode", "TorchDispatchMode", "__torch_function__", "__torch_dispatch__")
_WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def mode_at(files: Files) -> str | None:
    """Where the project names a mode, or what a class of tensors has, as ``file.py:3``; in a comment or a
    docstring it is no code."""
    words = [word.encode() for word in _WORDS]
    for path, data in files.texts.items():
        if any(word in data for word in words):
            unit = files.migration.unit(path)
            if unit is None:
                return path.rpartition("/")[2]
            file = files.file(unit)
            for node in file.module.within(file.module.tree):
                if _names(file, node):
                    return file.where(node)
    return None


def _names(file: File, node: ast.AST) -> bool:
    match node:
        case ast.Name(id=text) | ast.Attribute(attr=text) | ast.ClassDef(name=text) | ast.alias(name=text):
            pass
        case ast.FunctionDef(name=text) | ast.AsyncFunctionDef(name=text):
            pass
        case ast.Constant(value=str() as text):
            if _is_docstring(file, node):
                return False
        case ast.keyword(arg=str() as text):
            pass
        case _:
            return False
    return any(word in text for word in _WORDS)


def _is_docstring(file: File, node: ast.AST) -> bool:
    statement = file.module.parent(node)
    home = file.module.parent(statement) if isinstance(statement, ast.Expr) else None
    return isinstance(home, _WITH_DOCSTRING) and home.body[:1] == [statement]
