"""The places that set an ambient default: with-items, exit stacks, decorators, pairs of set and restore."""

from __future__ import annotations

import _ast as ast
from dataclasses import dataclass

from torchgate.lint.devices import chosen_context
from torchgate.migrate.ambient.analysis import Analysis
from torchgate.migrate.ambient.classes import decorator_names
from torchgate.migrate.ambient.contexts import Ambient
from torchgate.migrate.ambient.definitions import File, own_nodes
from torchgate.migrate.ambient.names import Bound
from torchgate.migrate.ambient.obstacles import Aspect, Obstacle, obstacle, shown
from torchgate.migrate.changes import (
    Change,
    RemoveContexts,
    RemoveDecorator,
    ReplaceStatement,
)
from torchgate.migrate.refusals.reason import RefusalReason as R


@dataclass(frozen=True, slots=True)
class Block:
    """One place, the code that the default reaches from there, and how the place goes.

    ``ahead``: other code that is evaluated in front of the argument, so that the argument cannot be moved
    before it. ``movable``: a statement in front of the block can hold the argument. ``hidden``: defaults that
    something entered later sets again before any of the code runs. ``stack``: the exit stack that enters it.
    """

    file: File
    node: ast.AST
    context: ast.expr
    ambient: Ambient
    extent: tuple[ast.AST, ...]
    index: int = 0
    ahead: bool = False
    movable: bool = True
    removal: tuple[Change, ...] = ()
    hidden: frozenset[Aspect] = frozenset()
    stack: str = ""

    def reached(self, aspect: Aspect) -> list[ast.AST]:
        """The code that one default reaches."""
        return [] if aspect in self.hidden else list(self.extent)

    def removed(self, before: tuple[str, ...]) -> tuple[Change, ...]:
        """The changes that take the place away, and put ``before`` there."""
        place = self.file.place(self.node)
        match self.node:
            case ast.With():
                return (RemoveContexts(place, (self.index,), before),)
            case ast.FunctionDef():
                return (RemoveDecorator(self.file.place(self.context)),)
            case ast.Expr() if not self.removal:
                return (ReplaceStatement(place, before),)
        return (ReplaceStatement(place, before), *self.removal)


class Blocks:
    """Finds blocks by what they enter."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis

    def entered(self, file: File, context: ast.expr) -> Block | Obstacle:
        """The block that entering ``context`` begins."""
        parent = file.module.parent(context)
        match parent:
            case ast.withitem():
                return self._with(file, context, parent)
            case ast.IfExp():
                return obstacle(file, parent, R.CONDITIONAL_CONTEXT, f"{shown(file, parent.test)} decides")
            case ast.Call(func=ast.Attribute(attr="enter_context")) if context in parent.args:
                return self._stack(file, context, parent)
            case ast.Call(func=ast.Attribute(attr="enter_async_context")):
                return obstacle(file, parent, R.AWAIT_IN_BLOCK, f"{shown(file, parent)} is asynchronous")
            case ast.FunctionDef() | ast.AsyncFunctionDef() if context in parent.decorator_list:
                return self._decorator(file, context, parent)
            case ast.Expr():
                detail = f"{shown(file, context)} is not entered as a context"
                return obstacle(file, context, R.DEFAULT_SET_FOR_GOOD, detail)
            case ast.BoolOp():
                return obstacle(file, parent, R.CONDITIONAL_CONTEXT, f"{shown(file, parent)} decides")
        detail = f"{shown(file, context)} is made here and entered elsewhere"
        return obstacle(file, context, R.HELPER_NOT_UNDERSTOOD, detail)

    def _recognised(self, file: File, context: ast.expr) -> Ambient | Obstacle:
        found = self.analysis.contexts.recognise(file, context)
        if found is not None:
            return found
        if self.analysis.contexts.is_device_index(file, context) or chosen_context(file.module, context):
            detail = (
                f"{shown(file, context)} changes the current index of the backend, which is no default device"
            )
            return obstacle(file, context, R.PLACEMENT_UNKNOWN, detail)
        detail = f"what {shown(file, context)} does cannot be seen"
        return obstacle(file, context, R.HELPER_NOT_UNDERSTOOD, detail)

    # With statements.

    def _with(self, file: File, context: ast.expr, item: ast.withitem) -> Block | Obstacle:
        statement = file.module.parent(item)
        if isinstance(statement, ast.AsyncWith):
            return obstacle(file, statement, R.AWAIT_IN_BLOCK, "`async with` awaits")
        if not isinstance(statement, ast.With):
            return obstacle(file, context, R.HELPER_NOT_UNDERSTOOD, "no with statement")
        ambient = self._recognised(file, context)
        if isinstance(ambient, Obstacle):
            return ambient
        used = self._value_used(file, item)
        if used is not None:
            return used
        index = statement.items.index(item)
        later = statement.items[index + 1 :]
        ahead = any(not self._is_quiet(file, other.context_expr) for other in statement.items[:index])
        # What stands behind the item in the same statement is entered, and left, under the default.
        return Block(file, statement, context, ambient, (*later, *statement.body), index, ahead)

    def _is_quiet(self, file: File, context: ast.expr) -> bool:
        """Whether entering an earlier item cannot change, or depend on, what a later argument gives."""
        from torchgate.migrate.ambient import harmless

        if not isinstance(context, ast.Call):
            return False
        name = file.torch(context.func) or file.module.dotted(context.func)
        quiet = self.analysis.table.canonical(name) in harmless.QUIET_CONTEXTS
        given = [*context.args, *(item.value for item in context.keywords)]
        return quiet and all(isinstance(item, ast.Constant | ast.Name) for item in given)

    def _value_used(self, file: File, item: ast.withitem) -> Obstacle | None:
        target = item.optional_vars
        if target is None:
            return None
        if isinstance(target, ast.Name):
            scope = file.names.find(file.names.home(target), target.id)
            if (
                scope is not None
                and not file.names.loads(scope, target.id)
                and scope is not file.names.root
                and target.id not in scope.declared
            ):
                return None
        return obstacle(file, target, R.CONTEXT_VALUE_USED, f"`as {file.text(target)}`")

    # Exit stacks.

    def _stack(self, file: File, context: ast.expr, call: ast.Call) -> Block | Obstacle:
        statement = file.module.parent(call)
        if not isinstance(statement, ast.Expr):
            return obstacle(file, call, R.CONTEXT_VALUE_USED, f"the value of {shown(file, call)} is used")
        function = call.func
        owner = function.value if isinstance(function, ast.Attribute) else None
        block = file.body_of(statement)
        with_ = file.module.parent(statement)
        if not isinstance(owner, ast.Name) or block is None:
            detail = f"{shown(file, call)}: where this stack is closed cannot be seen"
            return obstacle(file, call, R.EXIT_STACK_ESCAPES, detail)
        name = owner.id
        if not isinstance(with_, ast.With) or not self._opens(file, with_, name):
            if self._opened_around(file, statement, name):
                detail = f"{shown(file, call)} stands under a condition"
                return obstacle(file, call, R.CONDITIONAL_CONTEXT, detail)
            detail = f"where `{name}` is closed cannot be seen"
            return obstacle(file, call, R.EXIT_STACK_ESCAPES, detail)
        scope = file.names.find(file.names.home(owner), name)
        if (
            scope is None
            or name in scope.declared
            or not self._is_stack_alone(file, scope.bound[name], with_)
        ):
            return obstacle(file, call, R.EXIT_STACK_ESCAPES, f"`{name}` is bound to something else as well")
        for load in file.names.loads(scope, name):
            if not self._is_entering(file, load):
                detail = f"`{name}` is used elsewhere ({file.where(load)})"
                return obstacle(file, load, R.EXIT_STACK_ESCAPES, detail)
        ambient = self._recognised(file, context)
        if isinstance(ambient, Obstacle):
            return ambient
        rest = block[block.index(statement) + 1 :]
        return Block(file, statement, context, ambient, tuple(rest), stack=name)

    def _opens(self, file: File, node: ast.With, name: str) -> bool:
        for item in node.items:
            if isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == name:
                made = item.context_expr
                is_stack = (
                    isinstance(made, ast.Call) and file.module.dotted(made.func) == "contextlib.ExitStack"
                )
                return is_stack and item is node.items[-1]
        return False

    def _is_stack_alone(self, file: File, bound: list[Bound], node: ast.With) -> bool:
        """Whether a name holds exit stacks alone, each in its own ``with``, and no other one inside this."""
        inside = {id(part) for statement in node.body for part in file.module.within(statement)}
        for item in bound:
            around = file.module.parent(file.module.parent(item.node) or item.node)
            name = item.node.id if isinstance(item.node, ast.Name) else ""
            if id(item.node) in inside or not isinstance(around, ast.With):
                return False
            if not self._opens(file, around, name):
                return False
        return True

    def _opened_around(self, file: File, statement: ast.stmt, name: str) -> bool:
        outer = file.module.parent(statement)
        while outer is not None:
            if isinstance(outer, ast.With) and self._opens(file, outer, name):
                return True
            outer = file.module.parent(outer)
        return False

    def _is_entering(self, file: File, load: ast.Name) -> bool:
        link = file.module.parent(load)
        call = file.module.parent(link) if isinstance(link, ast.Attribute) else None
        return (
            isinstance(link, ast.Attribute)
            and link.attr in ("enter_context", "callback", "push")
            and isinstance(call, ast.Call)
            and call.func is link
        )

    # Decorators.

    def _decorator(
        self, file: File, context: ast.expr, node: ast.FunctionDef | ast.AsyncFunctionDef
    ) -> Block | Obstacle:
        if isinstance(node, ast.AsyncFunctionDef):
            return obstacle(file, context, R.AWAIT_IN_BLOCK, f"`{node.name}` is a coroutine function")
        if any(isinstance(part, ast.Yield | ast.YieldFrom) for part in own_nodes(node)):
            detail = f"`{node.name}` is a generator: its body runs after the decorator's context is left"
            return obstacle(file, context, R.YIELD_IN_BLOCK, detail)
        ambient = self._recognised(file, context)
        if isinstance(ambient, Obstacle):
            return ambient
        if not self._decorates(file, context):
            detail = f"that {shown(file, context)} works as a decorator cannot be told"
            return obstacle(file, context, R.HELPER_NOT_UNDERSTOOD, detail)
        others = list(decorator_names(file.module, node))
        names = [
            name
            for name, decorator in zip(others, node.decorator_list, strict=True)
            if decorator is not context and self.analysis.contexts.recognise(file, decorator) is None
        ]
        from torchgate.migrate.ambient import harmless

        unknown = [name for name in names if self.analysis.table.canonical(name) not in harmless.TRANSPARENT]
        if unknown:
            detail = f"`{node.name}` has another decorator, which runs under the default too"
            return obstacle(file, node, R.DECORATED_FUNCTION, detail)
        hidden = self._set_again(file, node.decorator_list[node.decorator_list.index(context) + 1 :])
        if isinstance(hidden, Obstacle):
            return hidden
        return Block(file, node, context, ambient, tuple(node.body), ahead=True, movable=False, hidden=hidden)

    def _set_again(self, file: File, later: list[ast.expr]) -> frozenset[Aspect] | Obstacle:
        """The defaults that the decorators below one set: they are entered after it, and win."""
        hidden: set[Aspect] = set()
        for context in later:
            found = self.analysis.contexts.recognise(file, context)
            if isinstance(found, Obstacle):
                detail = f"{shown(file, context)} may set a default: {found.detail}"
                return obstacle(file, context, R.DEFAULT_CHANGED_INSIDE, detail)
            for placement in found.placements if found is not None else ():
                if self.analysis.may_leave(file, placement):
                    detail = f"{shown(file, context)} leaves the default alone where it is given None"
                    return obstacle(file, context, R.PLACEMENT_MAYBE_NONE, detail)
                hidden.add(placement.aspect)
        return frozenset(hidden)

    def _decorates(self, file: File, context: ast.expr) -> bool:
        if not isinstance(context, ast.Call) or file.torch(context.func) == "torch.device":
            return False  # a device cannot be called
        made = self.analysis.files.function(file, file.module.value(context.func))
        if made is not None:
            return made.value.context_manager
        cls = self.analysis.files.klass(file, file.module.value(context.func))
        return cls is not None and "contextlib.ContextDecorator" in self.analysis.files.bases(cls)
