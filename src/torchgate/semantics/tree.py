"""Fast ways through a whole tree: which fields can hold nodes, and the node around each node."""

from __future__ import annotations

import _ast as ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """A node and everything below it, in the order of the text."""
    stack = [node]
    while stack:
        item = stack.pop()
        yield item
        stack.extend(reversed(list(children(item))))


def below(node: ast.AST) -> Iterator[ast.AST]:
    """A node and everything below it but contexts and operators, in whatever order is fastest."""
    stack = [node]
    while stack:
        item = stack.pop()
        yield item
        fields = _known.get(item.__class__)
        for field in inner_fields(item.__class__) if fields is None else fields:
            value = getattr(item, field, None)
            if value.__class__ is list:
                if value:
                    stack += [child for child in value if isinstance(child, ast.AST)]
            elif isinstance(value, ast.AST):
                stack.append(value)


def children(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes directly below ``node``."""
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, ast.AST):
            yield value
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, ast.AST):
                    yield item


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


def parents_of_statements(tree: ast.AST) -> Mapping[ast.AST, ast.AST]:
    """The same for statements, handlers and cases alone, which are few."""
    found: dict[ast.AST, ast.AST] = {}
    stack = [tree]
    while stack:
        outer = stack.pop()
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            for item in getattr(outer, field, ()):
                found[item] = outer
                stack.append(item)
    return found
