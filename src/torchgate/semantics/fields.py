"""Attributes that only begin with what a class body gives them: the fields of dataclasses and their kin."""

from __future__ import annotations

import _ast as ast

_CONSTANT = ("ClassVar", "Final")


def is_field(cls: ast.AST, name: str) -> bool:
    """Whether a class takes an attribute in its constructor, and its body says what it is otherwise: an
    annotated one, under a decorator or a base class that may see to that."""
    if not isinstance(cls, ast.ClassDef) or not (cls.decorator_list or cls.bases or cls.keywords):
        return False
    return any(
        isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and statement.target.id == name
        and not _is_constant(statement.annotation)
        for statement in cls.body
    )


def _is_constant(annotation: ast.expr) -> bool:
    while isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    word = getattr(annotation, "attr", None) or getattr(annotation, "id", None)
    text = getattr(annotation, "value", None)
    name = text.partition("[")[0] if isinstance(text, str) else ""
    return word in _CONSTANT or name.rpartition(".")[2] in _CONSTANT
