"""Which names a scope binds, as the compiler's symbol table has it.

``bindings(node)`` answers for one scope node at a time (module, class, function, lambda,
comprehension) without descending into the scopes inside it. A property test compares the answers
with the standard library's ``symtable``.
"""

from __future__ import annotations

import _ast as ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeAlias

    Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    ScopeNode: TypeAlias = ast.Module | ast.ClassDef | FunctionNode | Comprehension

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_TYPE_ALIAS: type | None = getattr(ast, "TypeAlias", None)


class Bindings:
    """``bound`` (locally bound names, parameters included), and the names declared global or nonlocal."""

    __slots__ = ("bound", "globals", "nonlocals")

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()


def bindings(node: ScopeNode) -> Bindings:
    """The names that a scope binds itself."""
    result = Bindings()
    match node:
        case ast.Module() | ast.ClassDef():
            _statements(node.body, result)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            result.bound.update(parameter_names(node.args))
            _statements(node.body, result)
        case ast.Lambda():
            result.bound.update(parameter_names(node.args))
            _walruses(node.body, result.bound)
        case _:
            for generator in node.generators:
                _target(generator.target, result.bound)
    if isinstance(node, ast.Module):
        result.globals.clear()  # `global` at module level says nothing new
    result.bound -= result.globals
    result.bound -= result.nonlocals
    return result


def statement_bindings(body: Iterable[ast.stmt]) -> set[str]:
    """The names that a block of statements binds in its own scope."""
    result = Bindings()
    _statements(body, result)
    return result.bound


def parameter_names(arguments: ast.arguments) -> Iterator[str]:
    """Every parameter's name, in the order of the signature's groups."""
    for parameter in parameters(arguments):
        yield parameter.arg


def parameters(arguments: ast.arguments) -> Iterator[ast.arg]:
    """Every parameter: positional-only, positional, ``*args``, keyword-only, ``**kwargs``."""
    yield from arguments.posonlyargs
    yield from arguments.args
    if arguments.vararg:
        yield arguments.vararg
    yield from arguments.kwonlyargs
    if arguments.kwarg:
        yield arguments.kwarg


def _statements(body: Iterable[ast.stmt], result: Bindings) -> None:
    bound = result.bound
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                bound.add(node.name)
                if not _has_type_parameters(node):
                    stack.extend(_outside(node.args))
                stack.extend(node.decorator_list)
                if node.returns and not _has_type_parameters(node):
                    stack.append(node.returns)
                continue
            case ast.ClassDef():
                bound.add(node.name)
                stack.extend(node.decorator_list)
                if not _has_type_parameters(node):
                    stack.extend([*node.bases, *(keyword.value for keyword in node.keywords)])
                continue
            case ast.Lambda():
                stack.extend(_outside(node.args))
                continue
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    if alias.name != "*":
                        bound.add(alias.asname or alias.name.partition(".")[0])
                continue
            case ast.Global():
                result.globals.update(node.names)
            case ast.Nonlocal():
                result.nonlocals.update(node.names)
            case ast.Name():
                if not isinstance(node.ctx, ast.Load):
                    bound.add(node.id)
                continue
            case ast.Constant():
                continue
            case ast.ExceptHandler() | ast.MatchStar() | ast.MatchAs():
                if node.name:
                    bound.add(node.name)
            case ast.MatchMapping():
                if node.rest:
                    bound.add(node.rest)
        if isinstance(node, COMPREHENSIONS):
            _walruses(node, bound)
            continue
        if _TYPE_ALIAS is not None and isinstance(node, _TYPE_ALIAS):
            stack.append(node.name)  # type: ignore[attr-defined]
            continue
        stack.extend(_children(node))


def _has_type_parameters(node: ast.AST) -> bool:
    """PEP 695: bases and annotations of a generic definition stand in a scope of their own."""
    return bool(getattr(node, "type_params", ()))


def _outside(arguments: ast.arguments) -> list[ast.AST]:
    """The parts of a signature that the enclosing scope evaluates: defaults and annotations."""
    found: list[ast.AST] = [*arguments.defaults, *(node for node in arguments.kw_defaults if node)]
    found += [parameter.annotation for parameter in parameters(arguments) if parameter.annotation]
    return found


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, list):
            for item in value:
                if isinstance(item, ast.AST):
                    yield item
        elif isinstance(value, ast.AST):
            yield value


def _target(node: ast.expr, bound: set[str]) -> None:
    stack: list[ast.AST] = [node]
    while stack:
        item = stack.pop()
        match item:
            case ast.Name():
                bound.add(item.id)
            case ast.Tuple() | ast.List():
                stack.extend(item.elts)
            case ast.Starred():
                stack.append(item.value)


def _walruses(node: ast.AST, bound: set[str]) -> None:
    """Names that assignment expressions bind, through comprehensions but not through lambdas."""
    stack = list(_children(node)) if isinstance(node, COMPREHENSIONS) else [node]
    while stack:
        item = stack.pop()
        match item:
            case ast.NamedExpr():
                bound.add(item.target.id)
                stack.append(item.value)
            case ast.Lambda():
                stack.extend(_outside(item.args))
            case _:
                stack.extend(_children(item))
