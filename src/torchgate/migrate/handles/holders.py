"""Which expression holds the handle at a place: a parameter, a variable bound on every way there,
``self.x``."""

from __future__ import annotations

import _ast as ast
from typing import TYPE_CHECKING

from torchgate.config import EFFECT_FUNCTION
from torchgate.migrate.handles.kept import is_handle, is_torch, kept_attribute
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.lexical import Lexicon, Location
from torchgate.migrate.project import Unit
from torchgate.semantics.facts import Binding
from torchgate.semantics.values import Class, Function, Ref

if TYPE_CHECKING:
    pass


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_EXITS = frozenset({"sys.exit", "os._exit", "os.abort", "builtins.exit", "builtins.quit"})


def held(knowledge: Knowledge, unit: Unit, location: Location) -> str | None:
    """The text of an expression that certainly holds the handle there; None where nothing does."""
    return _Search(knowledge, unit, location).find()


class _Search:
    def __init__(self, knowledge: Knowledge, unit: Unit, location: Location) -> None:
        self.knowledge = knowledge
        self.unit = unit
        self.location = location
        self.lexicon: Lexicon = knowledge.lexicon(unit)
        self.candidates: dict[ast.AST, list[Binding]] = knowledge.once(("held", unit.path), self._candidates)

    def _candidates(self) -> dict[ast.AST, list[Binding]]:
        """Bindings of the handle by the scope that owns the name, where nothing else binds it there."""
        scopes: dict[ast.AST, ast.AST] = {}
        for (owner, _), nodes in self.lexicon.bound.items():
            if len(nodes) == 1:
                scopes[nodes[0]] = owner
        found: dict[ast.AST, list[Binding]] = {}
        for binding in self.unit.module.bindings:
            if is_handle(binding.value) and binding.node in scopes and binding.where.runs:
                found.setdefault(scopes[binding.node], []).append(binding)
        return found

    def find(self) -> str | None:
        scopes = self.location.scopes
        for index in range(len(scopes) - 1, -1, -1):
            for binding in self.candidates.get(scopes[index], ()):
                if self.lexicon.owner(scopes, binding.name) is scopes[index] and self._certain(
                    binding, index
                ):
                    return binding.name
            if isinstance(scopes[index], _FUNCTIONS):
                found = self._through_self(index)
                if found is not None:
                    return found
        return None

    def _certain(self, binding: Binding, index: int) -> bool:
        scope = self.location.scopes[index]
        if isinstance(scope, _FUNCTIONS) and isinstance(binding.node, ast.arg):
            return _is_required(scope.args, binding.node) and not self._is_faked(scope, binding.node)
        if isinstance(scope, ast.ClassDef):
            return False
        if isinstance(scope, ast.Module) and not (self.unit.info.is_entry or binding.where.main_guard):
            return False
        target = self._statement_in(index)
        return (
            target is not None
            and self._is_applied(binding.stmt)
            and dominates(self.unit, binding.stmt, target)
        )

    def _is_faked(self, function: ast.AST, parameter: ast.arg) -> bool:
        """Whether a test passes something else than the handle or torch: a fake, which only the functions
        that take it by parameter have seen so far."""
        name = getattr(function, "name", "")
        key = ("faked", self.unit.path, function)
        return bool(name) and self.knowledge.once(key, lambda: self._faked_at(function, parameter, name))

    def _faked_at(self, function: ast.AST, parameter: ast.arg, name: str) -> bool:
        parent = self.unit.module.parent(function)
        method = isinstance(parent, ast.ClassDef)
        if method and name == "__init__":
            name = parent.name  # type: ignore[union-attr]
        arguments: ast.arguments = function.args  # type: ignore[attr-defined]
        positional = [*arguments.posonlyargs, *arguments.args]
        index = positional.index(parameter) - method if parameter in positional else None
        for unit in self.knowledge.units_with(name):
            if not unit.info.is_test:
                continue
            for node in self.knowledge.lexicon(unit).named.get(name, ()):
                call = unit.module.parent(node)
                if isinstance(call, ast.Call) and call.func is node and self._may_be(unit, node, name):
                    passed = _passed(call, index, parameter.arg)
                    if passed is not None and not is_torch(unit, passed):
                        return True
        return False

    def _may_be(self, unit: Unit, node: ast.expr, name: str) -> bool:
        """Whether a callee may be the function or method of that name: by what it is, or by its attribute."""
        value = unit.module.value(node)
        if isinstance(value, Ref | Function | Class):
            return value.dotted.endswith(f"{self.unit.info.module_name}.{name}") or (
                isinstance(node, ast.Attribute) and node.attr == name and not isinstance(value, Ref)
            )
        return isinstance(node, ast.Attribute) and node.attr == name

    def _is_applied(self, statement: ast.stmt) -> bool:
        """Whether a statement binds what a call of an effect function gave: nothing that may be None."""
        match statement:
            case (
                ast.Assign(targets=[ast.Name()], value=ast.Call(func=func))
                | ast.AnnAssign(target=ast.Name(), value=ast.Call(func=func))
            ):
                callee = self.unit.module.value(func)
                return isinstance(callee, Ref | Function) and gives_handle(self.knowledge, callee.dotted)
        return False

    def _statement_in(self, index: int) -> ast.stmt | None:
        """The statement of that scope in which the place stands: its own, or the definition around it."""
        for inner in self.location.scopes[index + 1 :]:
            if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                return inner
            if isinstance(inner, ast.Lambda):
                return self.lexicon.locations[inner].stmt
        return self.location.stmt

    def _through_self(self, index: int) -> str | None:
        """``self.x`` in a method of a class whose ``__init__`` always sets it to the handle."""
        scopes = self.location.scopes
        method, cls = scopes[index], scopes[index - 1] if index else None
        if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) or not isinstance(
            cls, ast.ClassDef
        ):
            return None
        positional = [*method.args.posonlyargs, *method.args.args]
        if (
            not positional
            or method.decorator_list
            or method.name in ("__init__", "__new__", "__init_subclass__")
        ):
            return None
        own = positional[0].arg
        if len(self.lexicon.bindings_of(method, own)) != 1 or self.lexicon.owner(scopes, own) is not method:
            return None
        attribute = kept_attribute(self.knowledge, self.unit, cls)
        return None if attribute is None else f"{own}.{attribute}"


def _passed(call: ast.Call, index: int | None, name: str) -> ast.expr | None:
    """What a call passes for a parameter; a starred argument stands for whatever it hides."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    for position, argument in enumerate(call.args):
        if isinstance(argument, ast.Starred) or position == index:
            return argument
    return None


def _is_required(arguments: ast.arguments, parameter: ast.arg) -> bool:
    """Whether every call passes a handle: the parameter has no default, and None is not among its types."""
    if parameter.annotation is not None and _allows_none(parameter.annotation):
        return False
    if parameter in arguments.kwonlyargs:
        return arguments.kw_defaults[arguments.kwonlyargs.index(parameter)] is None
    positional = [*arguments.posonlyargs, *arguments.args]
    if parameter not in positional:
        return False
    return positional.index(parameter) < len(positional) - len(arguments.defaults)


def _allows_none(annotation: ast.expr) -> bool:
    stack: list[ast.AST] = [annotation]
    while stack:
        node = stack.pop()
        match node:
            case ast.Constant(value=None) | ast.Name(id="Optional") | ast.Attribute(attr="Optional"):
                return True
            case ast.Constant(value=str() as text) if "None" in text or "Optional" in text:
                return True
        for field in node._fields:
            child = getattr(node, field, None)
            stack += [
                part for part in (child if isinstance(child, list) else [child]) if isinstance(part, ast.AST)
            ]
    return False


def gives_handle(knowledge: Knowledge, dotted: str) -> bool:
    """Whether a call of an effect function gives the handle whenever it returns."""
    if dotted == EFFECT_FUNCTION:
        return True
    if not knowledge.project.is_effect(dotted):
        return False
    module, _, name = dotted.rpartition(".")
    unit = knowledge.migration.unit_of(module)
    for function, where in unit.module.functions if unit is not None else ():
        if unit is not None and function.qualname == name and where.function is None:
            return _always_returns(unit, function)
    return False


def _always_returns(unit: Unit, function: Function) -> bool:
    node = function.node
    if isinstance(node, ast.Lambda) or function.opaque or not _leaves(unit, node.body):
        return False
    returns = [item for item in unit.module.within(node) if isinstance(item, ast.Return)]
    values = [unit.module.value(item.value) if item.value is not None else None for item in returns]
    return bool(returns) and all(isinstance(value, Ref) and value.dotted == "torch" for value in values)


def dominates(unit: Unit, first: ast.stmt, second: ast.stmt) -> bool:
    """Whether ``second`` runs only after ``first`` ran to its end, by the shape of the blocks."""
    if first is second:
        return False
    around = _ancestors(unit, second)
    current: ast.AST = first
    while True:
        parent = unit.module.parent(current)
        block = _block_of(parent, current)
        if parent is None or block is None:
            return False
        position = block.index(current)  # type: ignore[arg-type]
        if any(later in around for later in block[position + 1 :]):
            return True
        if not (isinstance(parent, ast.Try) and block is parent.body):
            return False
        if any(later in around for later in parent.orelse):
            return True
        if not all(_leaves(unit, handler.body) for handler in parent.handlers):
            return False
        current = parent  # whoever comes past the try has been through its body


def _ancestors(unit: Unit, node: ast.AST) -> set[ast.AST]:
    found: set[ast.AST] = {node}
    parent = unit.module.parent(node)
    while parent is not None:
        found.add(parent)
        parent = unit.module.parent(parent)
    return found


def _block_of(parent: ast.AST | None, node: ast.AST) -> list[ast.stmt] | None:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and node in block:
            return block
    return None


def _leaves(unit: Unit, body: list[ast.stmt]) -> bool:
    """Whether a block never gets past its end."""
    match body[-1]:
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
            return True
        case ast.Expr(value=ast.Call(func=func)):
            return unit.module.dotted(func) in _EXITS
    return False
