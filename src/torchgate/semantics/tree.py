"""Fast ways through a whole tree: which fields can hold nodes, and the node around each node."""

from __future__ import annotations

import _ast as ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# What holds no node, or one that the parser shares between places: contexts and operators.
_OTHERS = frozenset(
    """
    arg asname attr conversion ctx id is_async kind level module op ops simple type_comment
    """.split()  # noqa: SIM905 (the list literal takes a line each)
)
_known: dict[type[ast.AST], tuple[str, ...]] = {ast.Name: (), ast.Constant: ()}


def inner_fields(kind: type[ast.AST]) -> tuple[str, ...]:
    """The fields of a class of nodes in which nodes may stand that are nobody else's."""
    fields = _known.get(kind)
    if fields is None:
        fields = _known[kind] = tuple(field for field in kind._fields if field not in _OTHERS)
    return fields


def parents(tree: ast.AST) -> Mapping[ast.AST, ast.AST]:
    """By node, the node directly around it."""
    found: dict[ast.AST, ast.AST] = {}
    stack = [tree]
    while stack:
        outer = stack.pop()
        for field in inner_fields(outer.__class__):
            value = getattr(outer, field, None)
            if value.__class__ is list:
                for item in value:
                    if isinstance(item, ast.AST):
                        found[item] = outer
                        stack.append(item)
            elif isinstance(value, ast.AST):
                found[value] = outer
                stack.append(value)
    return found
