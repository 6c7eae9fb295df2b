"""Names of modules that reach a loader by way of functions of the project: ``optional_import("torch.fft")``.

What a call names is followed through functions of one module, the called one's, or of this file and then
of one other module: so what hands on what is known of a module by itself (``torchgate.lint.giving``).
"""

from __future__ import annotations

import _ast as ast
from functools import lru_cache

from torchgate.semantics.handing import arguments, handed_on, runs_at_once, shift
from torchgate.semantics.roots import plain
from torchgate.semantics.values import Class, Const, Function, Instance, Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from torchgate.semantics.facts import Call
    from torchgate.semantics.handing import Handed
    from torchgate.semantics.module import Module
    from torchgate.semantics.scopes import FunctionNode
    from torchgate.semantics.values import Value

# Methods that make a text of which the beginning may be constant.
_TEMPLATES = frozenset({"format", "join"})

_CALL = ".__call__"  # a method of an object, whoever calls it


def wrapped(
    module: Module, named: Callable[[ast.expr], tuple[str, bool]]
) -> Iterator[tuple[Call, str, bool, list[Handed]]]:
    """Calls of project functions that are given the name of a module which rules look for: the name, whether
    it goes on, and the calls to which it goes on from there. ``named`` tells what an argument names."""
    tops = _tops(module)
    own = plain(module.config.project_names)  # whoever imported such a name has asked
    for call in module.calls:
        callee = call.callee
        if isinstance(callee, Ref):
            if module.resolver is None or callee.dotted.partition(".")[0] not in own:
                continue
        elif not isinstance(callee, Function | Class | Instance):
            continue
        for place, argument in arguments(call.node):
            if _may_name(module, argument, tops):
                name, open_ended = named(argument)
                if _top(name) in tops:
                    yield call, name, open_ended, _from_call(module, call, place)


def _may_name(module: Module, node: ast.expr, tops: Collection[str]) -> bool:
    """Whether an argument may be the name of such a module; hardly any may."""
    if isinstance(node, ast.Constant):
        return _top(node.value) in tops
    if isinstance(node, ast.Call):
        return getattr(node.func, "attr", "") in _TEMPLATES or isinstance(module.value(node), Const)
    return isinstance(node, ast.JoinedStr | ast.BinOp) or isinstance(module.value(node), Const)


def hands_on_to(module: Module, callees: Collection[str]) -> Iterator[Function]:
    """The functions of a file that hand something they are given to one of some callees outside of it."""
    if not any(isinstance(call.callee, Ref) and call.callee.dotted in callees for call in module.calls):
        return
    for function, _ in module.functions:
        given = function.node.args
        places = [*range(len(given.posonlyargs) + len(given.args)), *(item.arg for item in given.kwonlyargs)]
        if any(
            callee in callees
            for place in places
            for callee, _, _ in _from_function(module, function, (place, 0))
        ):
            yield function


def _tops(module: Module) -> frozenset[str]:
    """The first parts of the names that rules look for where a module is loaded."""
    config = module.config
    patterns = (*config.facade_modules, *config.torch_bound_modules, *config.runtime_modules)
    return _first_parts((*config.gated_packages, *patterns), config.implicit_torch_packages)


@lru_cache(maxsize=8)
def _first_parts(names: tuple[str, ...], more: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_top, (*names, *more)))


def _top(name: object) -> str:
    return name.partition(".")[0].partition(":")[0] if isinstance(name, str) else ""


def _from_call(module: Module, call: Call, place: int | str) -> list[Handed]:
    owner = module.value(call.node.func.value) if isinstance(call.node.func, ast.Attribute) else None
    is_bound = isinstance(owner, Instance)
    match call.callee:
        case Function() as function:
            found = _from_function(module, function, (place, shift(function, is_bound)))
        case Class(dotted=dotted):
            found = _from_function(module, _functions(module).get(f"{dotted}.__init__"), (place, 1))
        case Instance(cls=cls):
            method = _call_of(module, cls)
            if isinstance(method, Ref):
                return _from_other(module, method.dotted, place, is_bound=True)
            found = _from_function(module, method, (place, 1))
        case Ref(dotted=dotted):
            return _from_other(module, dotted, place, is_bound=is_bound)
        case _:
            return []
    further = [
        (callee, where, is_same and is_whole)
        for dotted, at, is_same in found
        for callee, where, is_whole in _from_other(module, dotted, at, is_bound=dotted.endswith(_CALL))
    ]
    return [*found, *further]


def _call_of(module: Module, cls: Class | Ref) -> Function | Ref | None:
    """What is run where an object of a class is called."""
    waiting: list[Value] = [cls]
    seen: set[str] = set()
    while waiting:
        match waiting.pop(0):
            case Class(dotted=dotted, bases=bases) if dotted not in seen:
                method = _functions(module).get(f"{dotted}.__call__")
                if method is not None:
                    return method
                seen.add(dotted)
                waiting += bases
            case Ref(dotted=dotted) as base if module.resolver is not None:
                found = module.resolver.member([base], "__call__")
                if isinstance(found, Ref):
                    return found
    return None


def _functions(module: Module) -> dict[str, Function]:
    return module.once("functions", lambda: {item.dotted: item for item, _ in module.functions})


def _from_function(module: Module, function: Function | None, place: tuple[int | str, int]) -> list[Handed]:
    """Where an argument of a function of this file goes on to, outside the file."""
    functions = _functions(module)

    def named(_: FunctionNode, callee: ast.expr) -> tuple[str, int]:
        match module.value(callee):
            case Ref(dotted=name):
                return name, 0
            case Function(dotted=name) as inner:
                owner = module.value(callee.value) if isinstance(callee, ast.Attribute) else None
                return name, shift(inner, isinstance(owner, Instance))
            case Class(dotted=name):
                return f"{name}.__init__", 1
            case Instance(cls=cls):
                method = _call_of(module, cls)
                return (method.dotted, int(isinstance(method, Function))) if method is not None else ("", 0)
        return "", 0

    def definition(name: str) -> FunctionNode | None:
        return runs_at_once(functions.get(name))

    node = runs_at_once(function)
    return [] if node is None else list(handed_on(node, place, definition, named))


def _from_other(module: Module, dotted: str, place: int | str, *, is_bound: bool = False) -> list[Handed]:
    """Where an argument of a function of another module goes on to."""
    if module.resolver is None or dotted.partition(".")[0] not in module.config.project_names:
        return []
    return module.resolver.handed_on(dotted, place, is_bound=is_bound)
