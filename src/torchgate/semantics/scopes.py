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
_DEFINITIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})
_NOTHING_BOUND = frozenset({ast.Expr, ast.Return, ast.Raise, ast.Assert, ast.Pass, ast.Break, ast.Continue})
_BLOCKS_ALONE = frozenset({ast.If, ast.While, ast.Try, ast.TryStar, ast.Match})
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_known_blocks: dict[type[ast.AST], tuple[str, ...]] = {}
_TYPE_ALIAS: type | None = getattr(ast, "TypeAlias", None)


class Bindings:
    """``bound`` (locally bound names, parameters included), and the names declared global or nonlocal."""

    __slots__ = ("bound", "globals", "nonlocals")

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()


def bindings(node: ScopeNode, *, walrus: bool = True) -> Bindings:
    """The names that a scope binds itself. Without ``walrus`` the file has no assignment expression."""
    result = Bindings()
    match node:
        case ast.Module() | ast.ClassDef():
            _statements(node.body, result, walrus)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            result.bound.update([parameter.arg for parameter in parameters(node.args)])
            _statements(node.body, result, walrus)
        case ast.Lambda():
            result.bound.update(parameter_names(node.args))
            if walrus:
                _walruses(node.body, result.bound)
        case _:
            for generator in node.generators:
                _target(generator.target, result.bound)
    if isinstance(node, ast.Module):
        result.globals.clear()  # `global` at module level says nothing new
    result.bound -= result.globals
    result.bound -= result.nonlocals
    return result


def statement_bindings(body: Iterable[ast.stmt], *, walrus: bool = True) -> set[str]:
    """The names that a block of statements binds in its own scope."""
    result = Bindings()
    _statements(body, result, walrus)
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


def _statements(body: Iterable[ast.AST], result: Bindings, walrus: bool) -> None:
    """Collect what a block binds. Expressions are looked into only for assignment expressions."""
    bound = result.bound
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        kind = node.__class__
        if walrus:
            for child in _evaluated(node):
                _walruses(child, bound)
        if isinstance(node, ast.Assign):  # the commonest that binds
            for target in node.targets:
                if isinstance(target, ast.Name):
                    bound.add(target.id)
                else:
                    _target(target, bound)
        elif kind in _DEFINITIONS:
            bound.add(node.name)  # type: ignore[attr-defined]
        elif kind not in _NOTHING_BOUND:
            if kind not in _BLOCKS_ALONE:
                _bind(node, result)
            for field in _blocks(kind):
                stack += getattr(node, field)


def _blocks(kind: type[ast.AST]) -> tuple[str, ...]:
    """The fields of a class of statements in which blocks of them stand."""
    found = _known_blocks.get(kind)
    if found is None:
        found = _known_blocks[kind] = tuple(field for field in _BLOCKS if field in kind._fields)
    return found


def _bind(node: ast.AST, result: Bindings) -> None:
    """The names that a statement, handler or case binds by itself."""
    bound = result.bound
    match node:
        case ast.Delete():
            for target in node.targets:
                _target(target, bound)
        case ast.AugAssign() | ast.AnnAssign() | ast.For() | ast.AsyncFor():
            _target(node.target, bound)
        case ast.Import() | ast.ImportFrom():
            for alias in node.names:
                if alias.name != "*":
                    bound.add(alias.asname or alias.name.partition(".")[0])
        case ast.With() | ast.AsyncWith():
            for item in node.items:
                if item.optional_vars is not None:
                    _target(item.optional_vars, bound)
        case ast.ExceptHandler():
            if node.name:
                bound.add(node.name)
        case ast.match_case():
            _pattern(node.pattern, bound)
        case ast.Global():
            result.globals.update(node.names)
        case ast.Nonlocal():
            result.nonlocals.update(node.names)
        case _:
            if _TYPE_ALIAS is not None and isinstance(node, _TYPE_ALIAS):
                _target(node.name, bound)  # type: ignore[attr-defined]


def _pattern(pattern: ast.pattern, bound: set[str]) -> None:
    stack: list[ast.AST] = [pattern]
    while stack:
        node = stack.pop()
        name = getattr(node, "rest", None) or getattr(node, "name", None)
        if isinstance(name, str):
            bound.add(name)
        stack.extend(child for child in _children(node) if isinstance(child, ast.pattern))


def _evaluated(node: ast.AST) -> list[ast.AST]:
    """The expressions that a statement evaluates in its own scope, blocks aside."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            signature: list[ast.AST] = []
            if not _has_type_parameters(node):
                signature = [*_outside(node.args), *([node.returns] if node.returns else [])]
            return [*node.decorator_list, *signature]
        case ast.ClassDef():
            heads = [*node.bases, *(keyword.value for keyword in node.keywords)]
            return [*node.decorator_list, *([] if _has_type_parameters(node) else heads)]
        case ast.match_case():
            return [node.guard] if node.guard else []
        case ast.With() | ast.AsyncWith():
            return [part for item in node.items for part in _children(item)]
    if _TYPE_ALIAS is not None and isinstance(node, _TYPE_ALIAS):
        return []
    return [child for child in _children(node) if isinstance(child, ast.expr)]


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
