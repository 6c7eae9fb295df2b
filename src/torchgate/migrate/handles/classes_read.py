"""Who may ask a class for its annotations: code of the project that reads them from what it is given, and
whoever is handed the class itself (`tyro.cli(Settings)`), or one that has it in its own annotations."""

from __future__ import annotations

import _ast as ast
from collections.abc import Callable, Iterator
from typing import TypeAlias

from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.lexical import Kind
from torchgate.migrate.handles.mentions import Mention
from torchgate.migrate.handles.users import users
from torchgate.migrate.lookups import ANNOTATION_READERS, annotations_read_at
from torchgate.migrate.project import Unit

Named: TypeAlias = "ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef"
# Says in words who may read the annotations of a definition, as far as its own head tells; of a class without
# the base that has been looked at already.
Asked: TypeAlias = Callable[[Unit, Named, "ast.expr | None"], "str | None"]
# Callables that ask a class for nothing but what it is.
_ASK_WHAT_IT_IS = frozenset(
    "builtins.isinstance builtins.issubclass builtins.super typing.cast".split()  # noqa: SIM905
)


def class_reader(knowledge: Knowledge, unit: Unit, cls: ast.ClassDef, asked: Asked) -> str | None:
    """In words, who may read the annotations of a class and of its methods; None where nobody does."""
    place = knowledge.once("annotations read", lambda: _reading(knowledge))
    if place is not None:
        return f"{place} reads annotations, and may be given `{cls.name}`"
    return _taken(knowledge, unit, cls, asked)


def _reading(knowledge: Knowledge) -> str | None:
    return knowledge.first_at(ANNOTATION_READERS, annotations_read_at, lambda leads: leads.asks_annotations)


def _taken(knowledge: Knowledge, unit: Unit, top: Named, asked: Asked) -> str | None:
    waiting: list[tuple[Unit, Named, ast.expr | None]] = [(unit, top, None)]
    seen: set[ast.AST] = set()
    while waiting:
        home, node, base = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        by = asked(home, node, base)
        if by is not None:
            return by
        for mention in users(knowledge, home, node.name):
            derived = _derived(mention)
            if derived is not None:
                waiting.append((mention.unit, *derived))
            elif not _is_harmless(mention):
                return f"`{node.name}` is used as a value at {knowledge.at(mention.unit, mention.node)}"
        if isinstance(node, ast.ClassDef):
            waiting += ((unit, owner, None) for unit, owner in _annotated_with(knowledge, node.name))
    return None


def _derived(mention: Mention) -> tuple[ast.ClassDef, ast.expr] | None:
    """The class that has it as a base, and the base as it stands."""
    module, base = mention.unit.module, mention.node
    parent = module.parent(base)
    if isinstance(parent, ast.Subscript) and parent.value is base:
        base, parent = parent, module.parent(parent)
    return (parent, base) if isinstance(parent, ast.ClassDef) and base in parent.bases else None


def _is_harmless(mention: Mention) -> bool:
    """Whether a use makes an object, takes an attribute, or asks what something is."""
    module, node = mention.unit.module, mention.node
    parent = module.parent(node)
    if mention.location.kind is not Kind.RUN:
        return True  # an annotation that is evaluated: whoever reads that one is asked about it
    while isinstance(parent, ast.Tuple | ast.BinOp):  # `isinstance(x, (A, B))`
        node, parent = parent, module.parent(parent)
    match parent:
        case ast.Attribute() | ast.Compare() | ast.ExceptHandler():
            return True
        case ast.Call(func=func):
            return func is mention.node or module.dotted(func) in _ASK_WHAT_IT_IS
    return False


def _annotated_with(knowledge: Knowledge, name: str) -> list[tuple[Unit, Named]]:
    """The classes in whose fields, and the functions in whose parameters, the name stands as a word."""

    def find() -> list[tuple[Unit, Named]]:
        return [(unit, owner) for unit in knowledge.units_with(name) for owner in _owners(unit, name)]

    return knowledge.once(("annotated with", name), find)


def _owners(unit: Unit, name: str) -> Iterator[Named]:
    for statement in unit.module.tree.body:
        match statement:
            case ast.ClassDef(body=body):
                annotations = [item.annotation for item in body if isinstance(item, ast.AnnAssign)]
            case ast.FunctionDef(args=args) | ast.AsyncFunctionDef(args=args):
                parameters = (*args.posonlyargs, *args.args, *args.kwonlyargs)
                annotations = [item.annotation for item in parameters if item.annotation is not None]
            case _:
                continue
        if any(_holds(unit, annotation, name) for annotation in annotations):
            yield statement


def _holds(unit: Unit, annotation: ast.expr, name: str) -> bool:
    for node in unit.module.within(annotation):
        match node:
            case ast.Name(id=found) | ast.Attribute(attr=found) if found == name:
                return True
            case ast.Constant(value=str(text)) if name in text:
                return True
    return False
