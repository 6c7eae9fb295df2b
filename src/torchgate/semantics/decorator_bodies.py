"""The body of a decorator is run through once, with roles in the place of values."""

from __future__ import annotations

import _ast as ast

from torchgate.semantics.roles import (
    ABSENT,
    CONSTANT,
    GIVEN,
    OTHER,
    Frame,
    Local,
    Named,
    Object,
    Packed,
    Partial,
    Table,
    of_constant,
)
from torchgate.semantics.tree import children
from torchgate.semantics.values import Class, Const, Function, Mapping, Nothing, Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torchgate.semantics.roles import Role
    from torchgate.semantics.values import Value

# What these say of a function.
_KINDS = {
    "builtins.callable": True,
    "inspect.isfunction": True,
    "inspect.isroutine": True,
    "inspect.isclass": False,
}
_JUMPS = (ast.Raise, ast.Continue, ast.Break)


class Bodies:
    """Runs through bodies."""

    def __init__(self, known: Callable[[str], Value]) -> None:
        self._known = known
        self._tables: dict[str, Table] = {}  # of the module
        self.puts = 0  # how often something else was put into a table or an attribute

    def call(
        self, callee: Role, arguments: list[Role], keywords: dict[str, Role], *, is_open: bool = False
    ) -> Role:
        """Overridden by the layer that knows calls."""
        raise NotImplementedError

    def attribute(self, owner: Object, name: str) -> Role:
        """Overridden by the layer that knows calls."""
        raise NotImplementedError

    def joined(self, roles: Iterable[Role]) -> Role:
        """Overridden by the layer that knows calls."""
        raise NotImplementedError

    # Statements.

    def ends(self, body: list[ast.stmt], frame: Frame) -> bool:
        """Run through some statements; whether none of their paths goes on behind them."""
        return any(self._ends(statement, frame) for statement in body)

    def _ends(self, node: ast.stmt, frame: Frame) -> bool:
        match node:
            case ast.Return(value=value):
                frame.returned.append(ABSENT if value is None else self.role(value, frame))
                return True
            case ast.If(test=test, body=body, orelse=orelse):
                truth = self.truth(test, frame)
                ways = [way for way, taken in ((body, True), (orelse, False)) if truth in (taken, None)]
                return self._fork(ways, frame)
            case ast.Try() | ast.TryStar():
                return self._try(node, frame)
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                for item in items:
                    self._forget(item.optional_vars, frame)
                return self.ends(body, frame)
            case ast.For() | ast.AsyncFor() | ast.While():
                return self._loop(node, frame)
            case ast.Match(cases=cases):
                for case in cases:
                    self._forget(case.pattern, frame)
                return self._fork([*(case.body for case in cases), []], frame)
        self._bind(node, frame)
        return isinstance(node, _JUMPS)

    def _bind(self, node: ast.stmt, frame: Frame) -> None:
        """What a statement without statements in it binds; a definition is one."""
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                role: Role = Local(node, frame)
                for decorator in reversed(node.decorator_list):
                    role = self.call(self.role(decorator, frame), [role], {})
                frame.names[node.name] = role
            case ast.ClassDef(name=name):
                frame.names[name] = OTHER
            case ast.Assign(targets=targets, value=value):
                role = self.role(value, frame)
                for target in targets:
                    self._assign(target, role, frame)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, self.role(value, frame), frame)
            case ast.AugAssign(target=target):
                self._assign(target, OTHER, frame)
            case ast.Delete(targets=targets):
                for target in targets:
                    self._forget(target, frame)
            case ast.Expr(value=value):
                self.role(value, frame)
            case ast.Nonlocal(names=names):
                for name in names:
                    frame.names[name] = self._name(name, frame.outer)
            case ast.Global(names=names):
                frame.names.update(dict.fromkeys(names, OTHER))
            case ast.Import(names=aliases):
                for alias in aliases:
                    top = alias.name.partition(".")[0]
                    frame.names[alias.asname or top] = Named(alias.name if alias.asname else top)
            case ast.ImportFrom(module=module, names=aliases, level=level):
                for alias in aliases:
                    dotted = Named(f"{module}.{alias.name}")
                    frame.names[alias.asname or alias.name] = OTHER if level else dotted

    def _assign(self, target: ast.expr, role: Role, frame: Frame) -> None:
        match target:
            case ast.Name(id=name):
                frame.names[name] = role
            case ast.Attribute(value=inner, attr=name):
                owner = self.role(inner, frame)
                if isinstance(owner, Object):
                    owner.attributes[name] = self._put(owner.attributes.get(name, ABSENT), role)
            case ast.Subscript(value=inner):
                owner = self.role(inner, frame)
                if isinstance(owner, Table):
                    owner.held = self._put(owner.held, role)
            case _:
                self._forget(target, frame)

    def _put(self, held: Role, role: Role) -> Role:
        found = self.joined([held, role])
        self.puts += found != held
        return found

    def _forget(self, target: ast.AST | None, frame: Frame) -> None:
        """Everything that a target or a pattern binds may be anything."""
        waiting = [target] if target is not None else []
        while waiting:
            node = waiting.pop()
            name = getattr(node, "id", None) or getattr(node, "name", None) or getattr(node, "rest", None)
            if isinstance(name, str):
                frame.names[name] = OTHER
            waiting += children(node)

    def _fork(self, ways: list[list[ast.stmt]], frame: Frame) -> bool:
        """Run through statements of which one list is run; whether no path goes on."""
        before = frame.names
        ends: list[dict[str, Role]] = []
        for way in ways:
            frame.names = dict(before)
            if not self.ends(way, frame):
                ends.append(frame.names)
        self._meet(ends or [before], frame)
        return not ends

    def _meet(self, ends: list[dict[str, Role]], frame: Frame) -> None:
        names = {name for end in ends for name in end}
        frame.names = (
            ends[0]
            if len(ends) == 1
            else {name: self.joined(end[name] for end in ends if name in end) for name in names}
        )

    def _try(self, node: ast.Try | ast.TryStar, frame: Frame) -> bool:
        before = dict(frame.names)
        is_over = self.ends([*node.body, *node.orelse], frame)
        after = dict(frame.names)
        ends = [] if is_over else [after]
        for handler in node.handlers:
            self._meet([dict(before), dict(after)], frame)
            if handler.name:
                frame.names[handler.name] = OTHER
            if not self.ends(handler.body, frame):
                ends.append(frame.names)
        self._meet(ends or [after], frame)
        return self.ends(node.finalbody, frame) or not ends

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, frame: Frame) -> bool:
        if isinstance(node, ast.While):
            is_endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        else:
            is_endless = False
            self._forget(node.target, frame)
        self._fork([node.body, []], frame)
        over = self.ends(node.orelse, frame)
        return over or (is_endless and not _breaks(node.body))

    # Expressions.

    def role(self, node: ast.expr, frame: Frame) -> Role:
        """What an expression is."""
        match node:
            case ast.Name(id=name):
                return self._name(name, frame)
            case ast.Call():
                return self._call(node, frame)
            case ast.Attribute(value=inner, attr=name):
                owner = self.role(inner, frame)
                if isinstance(owner, Object):
                    return self.attribute(owner, name)
                return Named(f"{owner.dotted}.{name}") if isinstance(owner, Named) else OTHER
            case ast.Subscript(value=inner, slice=index):
                return self._item(self.role(inner, frame), index)
            case ast.Await(value=inner):
                return self.role(inner, frame)
            case ast.Lambda():
                return Local(node, frame)
            case ast.NamedExpr(target=target, value=inner):
                role = self.role(inner, frame)
                self._assign(target, role, frame)
                return role
            case ast.IfExp(test=test, body=body, orelse=orelse):
                truth = self.truth(test, frame)
                ways = [way for way, taken in ((body, True), (orelse, False)) if truth in (taken, None)]
                return self.joined([self.role(way, frame) for way in ways])
            case ast.BoolOp(op=ast.Or(), values=values):
                return self.joined([self.role(value, frame) for value in values])
            case ast.Dict(keys=[]):
                return Table()
        return of_constant(node)

    def _name(self, name: str, frame: Frame | None) -> Role:
        while frame is not None:
            if name in frame.names:
                return frame.names[name]
            if name in frame.local:
                return OTHER
            frame = frame.outer
        value = self._known(name)
        match value:
            case Ref(dotted=dotted) | Class(dotted=dotted):
                return Named(dotted)
            case Function(dotted=dotted):
                return Local(value.node, None) if isinstance(value.node, ast.Lambda) else Named(dotted)
            case Nothing():
                return ABSENT
            case Const():
                return CONSTANT
            case Mapping(items={}):
                return self._tables.setdefault(name, Table())
        return OTHER

    def _call(self, node: ast.Call, frame: Frame) -> Role:
        callee = self.role(node.func, frame)
        arguments: list[Role] = []
        is_open = any(keyword.arg is None for keyword in node.keywords)
        for argument in node.args:
            inner = argument.value if isinstance(argument, ast.Starred) else argument
            role = self.role(inner, frame)
            if not isinstance(argument, ast.Starred):
                arguments.append(role)
            elif isinstance(role, Packed) and not is_open:
                arguments += role.items
            else:
                is_open = True
        keywords = {item.arg: self.role(item.value, frame) for item in node.keywords if item.arg is not None}
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "setdefault"):
            owner = self.role(node.func.value, frame)
            if isinstance(owner, Table) and arguments:
                if node.func.attr == "setdefault":
                    owner.held = self._put(owner.held, self.joined(arguments[1:]))
                return self.joined([owner.held, *arguments[1:]])
        return self.call(callee, arguments, keywords, is_open=is_open)

    def _item(self, owner: Role, index: ast.expr) -> Role:
        if isinstance(owner, Table):
            return owner.held
        if isinstance(owner, Packed) and isinstance(index, ast.Constant) and isinstance(index.value, int):
            return owner.items[index.value] if 0 <= index.value < len(owner.items) else OTHER
        return OTHER

    # Tests.

    def truth(self, test: ast.expr, frame: Frame) -> bool | None:
        """Whether a test holds; None where that is not known."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                found = self.truth(inner, frame)
                return None if found is None else not found
            case ast.BoolOp(op=op, values=values):
                truths = [self.truth(value, frame) for value in values]
                decisive = isinstance(op, ast.Or)
                return decisive if decisive in truths else None if None in truths else not decisive
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._compared(left, op, right, frame)
            case ast.Call(func=function, args=[inner, *_]):
                callee, role = self.role(function, frame), self.role(inner, frame)
                dotted = callee.dotted if isinstance(callee, Named) else ""
                if dotted in _KINDS and role in (ABSENT, CONSTANT, GIVEN):
                    return _KINDS[dotted] if role == GIVEN else False
                return None
        return self._is_true(self.role(test, frame))

    def _compared(self, left: ast.expr, op: ast.cmpop, right: ast.expr, frame: Frame) -> bool | None:
        if isinstance(op, ast.Is | ast.IsNot) and of_constant(right) == ABSENT:
            role = self.role(left, frame)
            is_none = None if role == OTHER else role == ABSENT
            return is_none if is_none is None or isinstance(op, ast.Is) else not is_none
        match left, right:
            case ast.Call(func=ast.Name(id="len"), args=[counted]), ast.Constant(value=number):
                packed = self.role(counted, frame)
                if isinstance(packed, Packed) and isinstance(op, ast.Eq | ast.NotEq):
                    return (len(packed.items) == number) == isinstance(op, ast.Eq)
        return None

    def _is_true(self, role: Role) -> bool | None:
        if isinstance(role, Packed):
            return bool(role.items)
        if isinstance(role, Local | Partial | Named) or role == GIVEN:
            return True
        return False if role == ABSENT else None


def _breaks(body: list[ast.stmt]) -> bool:
    """Whether a loop is left by a ``break`` of its own."""
    waiting: list[ast.AST] = [*body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Break):
            return True
        if not isinstance(node, ast.For | ast.AsyncFor | ast.While | ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += children(node)
    return False
