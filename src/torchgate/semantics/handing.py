"""What a function does with what it is given: to which calls a parameter goes on, told by its tree.

``def load(name): return importlib.import_module(name)`` imports whatever its callers name.
"""

from __future__ import annotations

import _ast as ast

from torchgate.semantics.scopes import FUNCTIONS, parameters
from torchgate.semantics.values import Class, Function, Instance, Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import TypeAlias

    from torchgate.semantics.scopes import FunctionNode
    from torchgate.semantics.values import Value

    # The place of an argument (its position or keyword), and how many parameters come before the first
    # position: one for a method of an object.
    Place: TypeAlias = tuple[int | str, int]
    # A callee by its dotted name, the place in its call, and whether it gets the text as it was or what
    # that begins with, or goes on.
    Handed: TypeAlias = tuple[str, int | str, bool]

_INNER = (*FUNCTIONS, ast.ClassDef)
# Methods of a text whose first part the text begins with, and those that leave a name as it is.
_SPLITS = frozenset({"partition", "rpartition", "rsplit", "split"})
_PLAIN = frozenset({"lower", "lstrip", "rstrip", "strip"})
# What goes through all of what it is given.
_COPIES = frozenset({"list", "reversed", "set", "sorted", "tuple"})


def handed_on(
    function: FunctionNode,
    place: Place,
    definition: Callable[[str], FunctionNode | None],
    named: Callable[[FunctionNode, ast.expr], tuple[str, int]],
) -> Iterator[Handed]:
    """The calls to which an argument of a function goes on, through functions of the same module.

    ``definition`` gives a function of the module by its dotted name; ``named`` the dotted name of a callee in
    a function, and how many of its parameters come before the first position.
    """
    waiting = [(function, place, True)]
    seen: set[tuple[FunctionNode, str, int]] = set()
    while waiting:
        function, place, is_whole = waiting.pop()
        parameter, index = _parameter(function.args, place)
        if not parameter or (function, parameter, index) in seen:
            continue
        seen.add((function, parameter, index))
        for call, inner, is_same in _uses(function, parameter, index):
            dotted, shift = named(function, call.func)
            further = definition(dotted) if dotted else None
            if further is not None:
                waiting.append((further, (inner, shift), is_whole and is_same))
            elif dotted:
                yield dotted, inner, is_whole and is_same


def _parameter(arguments: ast.arguments, place: Place) -> tuple[str, int]:
    """The parameter that an argument is bound to, and where in it (-1: it is all of it); empty for
    ``**kwargs``."""
    at, shift = place
    positional = [*arguments.posonlyargs, *arguments.args]
    if isinstance(at, int):
        more = at + shift - len(positional)
        if more < 0:
            return positional[more].arg, -1
        return (arguments.vararg.arg, more) if arguments.vararg is not None else ("", -1)
    named = (*arguments.args, *arguments.kwonlyargs)
    return at if any(parameter.arg == at for parameter in named) else "", -1


def _uses(function: FunctionNode, parameter: str, index: int) -> Iterator[tuple[ast.Call, int | str, bool]]:
    """The calls in a function's own code that get a parameter, or a text that begins with it: where in the
    call, and whether it is just the parameter. Of ``*parameter`` it is about the item at ``index``."""
    nodes = list(own_nodes(function))
    names = bound(nodes)
    if parameter in names:
        return
    begins = {parameter: True} if index < 0 else _items(nodes, parameter, index, names)
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if names[name] == 1:
                found = _beginning(value, begins)
            case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(id=name), *_])], value=value):
                text = _parted(value)
                is_part = text is not None and _beginning(text, begins) is not None and names[name] == 1
                found = False if is_part else None
            case ast.Call():
                for place, argument in arguments(node):
                    is_same = _beginning(argument, begins)
                    if is_same is not None:
                        yield node, place, is_same
                starred = _starred(node, parameter) if index >= 0 else -1
                if starred >= 0:
                    yield node, starred + index, True
                continue
            case _:
                continue
        if found is not None:
            begins[name] = found


def _items(nodes: Iterable[ast.AST], parameter: str, index: int, names: dict[str, int]) -> dict[str, bool]:
    """The names that nothing but loops over ``*parameter`` binds, and the text by which its item is had."""
    loops: dict[str, int] = {}
    for node in nodes:
        match node:
            case (
                ast.For(target=ast.Name(id=name), iter=iterable)
                | ast.AsyncFor(target=ast.Name(id=name), iter=iterable)
                | ast.comprehension(target=ast.Name(id=name), iter=iterable)
            ):
                if isinstance(iterable, ast.Call) and getattr(iterable.func, "id", "") in _COPIES:
                    iterable = iterable.args[0] if iterable.args else iterable
                if isinstance(iterable, ast.Name) and iterable.id == parameter:
                    loops[name] = loops.get(name, 0) + 1
    found = {name: True for name, count in loops.items() if names[name] == count}
    return found | {f"{parameter}[{index}]": True}


def _starred(call: ast.Call, parameter: str) -> int:
    """Where a call gets ``*parameter`` after positions that can be told; -1 where it does not."""
    for index, argument in enumerate(call.args):
        if isinstance(argument, ast.Starred):
            is_it = isinstance(argument.value, ast.Name) and argument.value.id == parameter
            return index if is_it else -1
    return -1


def arguments(call: ast.Call) -> Iterator[tuple[int | str, ast.expr]]:
    """The arguments of a call with their positions and keywords, as far as these can be told."""
    for index, argument in enumerate(call.args):
        if isinstance(argument, ast.Starred):
            break
        yield index, argument
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.value


def _beginning(node: ast.expr, begins: dict[str, bool]) -> bool | None:
    """Whether a text is one of some names, or begins with it (False); None for everything else."""
    is_same = True
    inner = node
    while True:
        node = inner
        match node:
            case ast.Name(id=name):
                found = begins.get(name)
                return found if found is None else found and is_same
            case ast.JoinedStr(
                values=[ast.FormattedValue(value=inner, conversion=-1, format_spec=None), *rest]
            ) if not rest or _goes_on(rest[0]):
                is_same = is_same and not rest
            case ast.BinOp(op=ast.Add()):
                while isinstance(inner, ast.BinOp):
                    following, inner = inner.right, inner.left
                if not _goes_on(following):
                    return None
                is_same = False
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int() as at)):
                found = begins.get(f"{name}[{at}]")
                return found if found is None else found and is_same
            case ast.Subscript(slice=ast.Constant(value=0)) if (parted := _parted(node.value)) is not None:
                inner, is_same = parted, False
            case ast.Call(func=ast.Attribute(value=inner, attr=method), args=[]) if method in _PLAIN:
                pass
            case ast.Call(func=ast.Name(id="str"), args=[inner], keywords=[]):
                pass
            case _:
                return None


def _goes_on(node: ast.expr) -> bool:
    """Whether a text goes on from the name of a module to what is in it."""
    return isinstance(node, ast.Constant) and str(node.value).startswith((".", ":"))


def _parted(node: ast.expr) -> ast.expr | None:
    """The text of which an expression gives the parts, the first first."""
    match node:
        case ast.Call(func=ast.Attribute(value=text, attr=method)) if method in _SPLITS:
            return text
    return None


def own_nodes(function: FunctionNode) -> Iterator[ast.AST]:
    """The nodes of a function's body in the order of the text, without the functions and classes in it."""
    body = function.body
    waiting: list[ast.AST] = [*reversed(body)] if isinstance(body, list) else [body]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _INNER):
            waiting += reversed(list(_children(node)))


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for field in node._fields:
        value = getattr(node, field, None)
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, ast.AST):
                yield item


def bound(nodes: Iterable[ast.AST]) -> dict[str, int]:
    """How often names are bound, or declared to be somebody else's."""
    found: dict[str, int] = {}
    for node in nodes:
        names: list[str] = []
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                names = [name]
            case ast.alias(name=name, asname=other):
                names = [other or name.partition(".")[0]]
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                pass
            case ast.MatchMapping(rest=name):
                names = [name] if name else []
            case (
                ast.ExceptHandler(name=name)
                | ast.MatchAs(name=name)
                | ast.MatchStar(name=name)
                | ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                names = [name] if name else []
        for name in names:
            found[name] = found.get(name, 0) + 1
    return found


def runs_at_once(function: Function | None) -> FunctionNode | None:
    """The definition of a function that a call runs through, with the arguments of the call."""
    return None if function is None or function.opaque or function.context_manager else function.node


def shift(function: Function, is_bound: bool) -> int:
    """How many parameters of a function come before the first position of a call; ``is_bound``: it is called
    as a method of an object."""
    names = {getattr(item, "id", "") for item in getattr(function.node, "decorator_list", ())}
    if function.owner is None or "staticmethod" in names:
        return 0
    return int(is_bound or "classmethod" in names or function.name == "__init__")


class Callees:
    """The dotted names of callees in the functions of a module of which only its own names are known."""

    def __init__(self, known: Callable[[str], Value], functions: Mapping[str, Function]) -> None:
        """``known`` gives what a module-level name, or a built-in one, holds; ``functions`` are those of the
        module, by their qualified names."""
        self._known = known
        self._functions = functions
        self._by_node = {function.node: function for function in functions.values()}
        self._local: dict[ast.AST, dict[str, str]] = {}

    def named(self, function: FunctionNode, callee: ast.expr) -> tuple[str, int]:
        """The dotted name of a callee in a function (empty where it is not known), and the first parameter of
        its first position."""
        parts: list[str] = []
        while isinstance(callee, ast.Attribute):
            parts.append(callee.attr)
            callee = callee.value
        if not isinstance(callee, ast.Name):
            return "", 0
        method = self._method(function, callee.id, parts)
        if method is not None:
            return method.dotted, shift(method, True)
        local = self._local.get(function)
        if local is None:
            local = self._local[function] = _local(function)
        value = Ref(local[callee.id]) if callee.id in local else self._known(callee.id)
        match value:
            case Ref(dotted=dotted) if dotted:
                return ".".join([dotted, *reversed(parts)]), 0
            case Function(dotted=dotted) if not parts:
                return dotted, 0
            case Class(dotted=dotted) if not parts:
                return f"{dotted}.__init__", 1
            case Instance(cls=Class(dotted=dotted)) if not parts:
                return f"{dotted}.__call__", 1
        return "", 0

    def _method(self, function: FunctionNode, root: str, parts: list[str]) -> Function | None:
        """The method that ``self.name`` (or ``cls.name``) is."""
        own = self._by_node.get(function)
        positional = [*function.args.posonlyargs, *function.args.args]
        if own is None or own.owner is None or len(parts) != 1 or not shift(own, True):
            return None
        is_first = bool(positional) and positional[0].arg == root
        return self._functions.get(f"{own.owner.qualname}.{parts[0]}") if is_first else None


def _local(function: FunctionNode) -> dict[str, str]:
    """The names that a function binds: what an import binds to them, where nothing else does."""
    nodes = list(own_nodes(function))
    names = bound(nodes)
    found = dict.fromkeys([*(parameter.arg for parameter in parameters(function.args)), *names], "")
    for node in nodes:
        match node:
            case ast.Import(names=aliases):
                pairs = [
                    (alias, alias.name if alias.asname else alias.name.partition(".")[0]) for alias in aliases
                ]
            case ast.ImportFrom(module=str() as module, names=aliases, level=0):
                pairs = [(alias, f"{module}.{alias.name}") for alias in aliases]
            case _:
                continue
        for alias, dotted in pairs:
            name = alias.asname or alias.name.partition(".")[0]
            if names.get(name) == 1:
                found[name] = dotted
    return found
