"""Statements: run through in order, with the values of names joined where paths meet."""

from __future__ import annotations

import _ast as ast

from torchgate.semantics import guards
from torchgate.semantics.calls import absolute_name
from torchgate.semantics.environment import without_value
from torchgate.semantics.facts import Import
from torchgate.semantics.flow import Flow
from torchgate.semantics.slices import RETURN, may_end
from torchgate.semantics.values import (
    NOTHING,
    UNBOUND,
    UNKNOWN,
    Class,
    Instance,
    Ref,
    Result,
    Sequence,
    concatenated,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from torchgate.semantics.environment import State
    from torchgate.semantics.facts import Where
    from torchgate.semantics.flow import Path
    from torchgate.semantics.values import Value

_EXITS = frozenset(
    {"sys.exit", "os._exit", "os.abort", "builtins.exit", "builtins.quit", "pytest.skip", "pytest.fail"}
)


class Statements(Flow):
    """Runs through statements."""

    def run_module(self, *, bodies: bool = True) -> None:
        """Run through the whole file: the module's statements, then every function body (or, without
        ``bodies``, each when it is asked for)."""
        self.jumps = []
        self.loops = 0  # around the statement, in its function
        self.run(self.tree.body)
        self.module_scope.active = False
        if bodies:
            self.run_deferred()
        else:
            self.waiting = True

    def run(self, body: list[ast.stmt]) -> None:
        """Run through a block."""
        around, part = self.stmt, self.slice
        for statement in body:
            if part is not None and statement not in part.run:
                continue
            self.stmt = statement
            method = _METHODS.get(statement.__class__)
            if method is not None:
                method(self, statement)
            else:
                self.visit_children(statement)
        self.stmt = around  # what follows inside a compound statement belongs to that statement

    # Simple statements.

    def _expression(self, node: ast.Expr) -> None:
        if not self.is_told(node) and isinstance(node.value, ast.Call):
            callee = self.evaluate(node.value.func)
            self.dead = self.dead or _ends(callee)
            return
        self.unused = node.value
        self.evaluate(node.value)
        call = self.facts.calls.get(node.value) if isinstance(node.value, ast.Call) else None
        if call is not None and _ends(call.callee) and may_end(call.node):
            self.dead = True

    def _assign(self, node: ast.Assign) -> None:
        value = self.evaluate(node.value)
        for target in node.targets:
            self.assign(target, value, node.value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        value = self.evaluate(node.value) if node.value else UNBOUND
        if self.scope.kind in ("module", "class"):
            self.annotations([node.annotation])
        if value is UNBOUND or value is UNKNOWN or value is NOTHING or isinstance(value, Result):
            declared = self.declared(node.target, node.annotation)
            value = declared if declared is not UNKNOWN else value
        if node.value is None and self.scope.kind == "class" and isinstance(node.target, ast.Name):
            if value is not UNBOUND:  # a field: objects have it, and the class body does not
                self.learn(("name", self.scope.node, node.target.id), value)
        elif value is not UNBOUND:
            self.assign(node.target, value, node.value)

    def _augmented(self, node: ast.AugAssign) -> None:
        value = self.evaluate(node.value)
        match node.target:
            case ast.Name():
                base = self.lookup(node.target.id)
                if isinstance(base, Ref):
                    self.write(node.target, base, None, "augment", value, node.value)
                if isinstance(base, Sequence) and isinstance(node.op, ast.Add):
                    self.bind(node.target.id, concatenated(base, value, base.node), node.target)
                else:
                    self.bind(node.target.id, base if isinstance(base, Ref) else UNKNOWN, node.target)
            case ast.Attribute():
                owner = self.evaluate(node.target.value)
                self.set_member(owner, node.target.attr, UNKNOWN)
                if not self.symbolic:
                    self._target_value(node.target, self.attribute(owner, node.target.attr))
                self.write(node.target, owner, node.target.attr, "augment", value, node.value)
            case _:
                self.assign(node.target, UNKNOWN, node.value)

    def _delete(self, node: ast.Delete) -> None:
        targets = list(node.targets)
        while targets:
            target = targets.pop(0)
            match target:
                case ast.Name():
                    self.unbind(target.id)
                case ast.Tuple() | ast.List():
                    targets = [*target.elts, *targets]
                case ast.Attribute():
                    base = self.evaluate(target.value)
                    self.write(target, base, target.attr, "delete", None, None)
                case ast.Subscript():
                    base = self.evaluate(target.value)
                    key = self.evaluate(target.slice)
                    name = getattr(key, "value", None)
                    text = name if isinstance(name, str) else None
                    self.write(target, base, text, "delete", None, None, item=True)
                    self.changed(target.value, base)

    def _return(self, node: ast.Return) -> None:
        if self.is_told(node) and self.where.function is not None:
            value: Value = self.evaluate(node.value) if node.value else NOTHING
            if self.asks(RETURN):
                self.learn(("return", self.where.function.node, ""), value)
        self.dead = True

    def _raise(self, node: ast.Raise) -> None:
        if self.is_told(node):
            self.visit_children(node)
        self.dead = True

    def _assert(self, node: ast.Assert) -> None:
        self.site(node)
        self.visit_children(node)

    def _type_alias(self, node: Any) -> None:
        """``type X = ...`` (Python 3.12): like a lazy annotation, evaluated only if somebody asks for it."""
        before = self.at(self.where.but(type_checking=True, annotation=True))
        self.evaluate(node.value)
        self.where = before
        self.bind(node.name.id, UNKNOWN, node.name)

    # Imports.

    def _import(self, node: ast.Import) -> None:
        before = self._begin_import(node)
        for alias in node.names:
            dotted = alias.name
            bound = alias.asname or dotted.partition(".")[0]
            value = self._settled(dotted, dotted.rpartition(".")[0]) if alias.asname else self._settled(bound)
            self.facts.imports[alias] = Import(
                node, alias, self.where, module=dotted, dotted=dotted, bound=bound, value=value
            )
            self.bind(bound, value, alias)
        self.where = before

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = self._source_module(node)
        before = self._begin_import(node)
        for alias in node.names:
            dotted = f"{module}.{alias.name}" if module and alias.name != "*" else module
            value = self._settled(dotted, module) if dotted else UNKNOWN
            bound = alias.asname or alias.name
            self.facts.imports[alias] = Import(
                node, alias, self.where, module=module, dotted=dotted, bound=bound, value=value
            )
            if alias.name == "*":
                if module and self.where.runs:
                    self.module_scope.stars.append(module)
            else:
                self.bind(bound, value, alias)
        self.where = before

    def _begin_import(self, node: ast.Import | ast.ImportFrom) -> Where:
        """The circumstances around a statement; a lazy one (Python 3.15) imports when its name is used."""
        if not getattr(node, "is_lazy", 0):
            return self.where
        for alias in node.names:
            self.facts.lazy.setdefault(alias.asname or alias.name.partition(".")[0], False)
        return self.at(self.where.but(import_time=False))

    def _source_module(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        own = self.info.module_name
        package = own if self.info.is_package else own.rpartition(".")[0]
        return absolute_name(package, node.level, node.module or "")

    def _settled(self, dotted: str, module: str = "") -> Value:
        is_open = self.resolver is None and dotted.partition(".")[0] in self.config.project_names
        ref = Ref(dotted, type_only=self.where.type_checking, open=is_open, module=module)
        return ref if self.resolver is None else self.resolver.settle(ref)

    # Branches.

    def _if(self, node: ast.If) -> None:
        self.site(node)
        if self.is_told(node):
            self.evaluate(node.test)
        kind = self.guarded_by(node.test)
        start, where, fork = self.scope.state, self.where, self.fork()
        body_where = else_where = where
        if kind in (guards.TYPES, guards.MAIN):
            body_where = _guarded(where, kind)
        elif kind:
            else_where = _guarded(where, kind)
        body = self.path(node.body, start, body_where)
        orelse = self.path(node.orelse, start, else_where) if node.orelse else (start, False)
        if kind == guards.TYPES:
            body = (body[0], False)
        self.meet(fork, body, orelse)

    def _match(self, node: ast.Match) -> None:
        self.site(node)
        subject = self.evaluate(node.subject)
        start, fork = self.scope.state, self.fork()
        paths: list[Path] = []
        for case in node.cases:
            self.scope.state, before = dict(start), self.fork()
            self._pattern(case.pattern, subject)
            matched = self.scope.state
            if case.guard is not None:
                self.evaluate(case.guard)
                start = self.interrupted(before, start)  # a guard that fails leaves what the pattern bound
            paths.append(self.path(case.body, matched))
        self.scope.state = start
        last = node.cases[-1]
        exhaustive = (
            isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and last.guard is None
        )
        self.meet(fork, *paths) if exhaustive else self.meet(fork, *paths, (start, False))

    def _pattern(self, node: ast.pattern, value: Value) -> None:
        inside = self._parts(node, value)
        for field in node._fields:
            child = getattr(node, field, None)
            for item in child if isinstance(child, list) else [child]:
                if isinstance(item, ast.pattern):
                    self._pattern(item, inside.get(item, UNKNOWN))
                elif isinstance(item, ast.expr):
                    self.evaluate(item)
        if isinstance(node, ast.MatchMapping) and node.rest:
            self.bind(node.rest, UNKNOWN, node)
        elif isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
            self.bind(node.name, value if isinstance(node, ast.MatchAs) else UNKNOWN, node)

    def _parts(self, node: ast.pattern, value: Value) -> dict[ast.pattern, Value]:
        """What the patterns directly inside a pattern are matched against, as far as that is known."""
        match node:
            case ast.MatchAs(pattern=ast.pattern() as inner):
                return {inner: value}
            case ast.MatchSequence(patterns=patterns) if isinstance(value, Sequence):
                stars = any(isinstance(pattern, ast.MatchStar) for pattern in patterns)
                if not stars and len(patterns) == len(value.items):
                    return dict(zip(patterns, value.items, strict=True))
            case ast.MatchMapping(keys=keys, patterns=patterns):
                pairs = zip(keys, patterns, strict=True)
                return {pattern: self.item(value, self.evaluate(key)) for key, pattern in pairs}
            case ast.MatchClass(cls=cls, kwd_attrs=[_, *_] as names, kwd_patterns=patterns):
                made = self.evaluate(cls)  # `case Job(handle=torch)`
                owner = Instance(made) if isinstance(made, Class | Ref) else value
                attributes = [self.attribute(owner, name) for name in names]
                return dict(zip(patterns, attributes, strict=True))
        return {}

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        self.site(node)
        for item in node.items if self.is_told(node) else ():
            self.evaluate(item.context_expr)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, self.entered(item.context_expr), item.context_expr)
        self.run(node.body)

    def _try(self, node: ast.Try) -> None:
        self.site(node)
        start, was_dead, fork = self.scope.state, self.dead, self.fork()
        body = self.path(node.body, start)
        raised = self.interrupted(fork, start)
        paths: list[Path] = [body]
        if node.orelse and not body[1]:
            paths[0] = self.path(node.orelse, body[0])
        elif node.orelse:
            self.path(node.orelse, body[0])
        for handler in node.handlers:
            paths.append(self._handler(handler, raised))
        if not node.handlers:
            self.scope.state = start
        self.dead = was_dead
        self.meet(fork, *paths)
        if node.finalbody:
            self.run(node.finalbody)

    def _handler(self, handler: ast.ExceptHandler, start: State) -> Path:
        before, fork = self.scope.state, self.fork()
        self.scope.state = dict(start)
        if handler.type is not None:
            self.evaluate(handler.type)
        if handler.name:
            self.bind(handler.name, UNKNOWN, handler)
        state, dead = self.path(handler.body, self.scope.state)
        if handler.name:
            state.pop(handler.name, None)
        self.scope.state = before
        for name in {name for name, _ in self.scope.touched[fork:]}:
            value = state.get(name, UNBOUND)
            if value is not UNBOUND and start.get(name, UNBOUND) is not value:
                state[name] = without_value(value)
        return state, dead


def _ends(callee: Value) -> bool:
    """Whether calling something ends the program, or the test."""
    return isinstance(callee, Ref) and callee.dotted in _EXITS


def _guarded(where: Where, kind: str) -> Where:
    """The circumstances in the branch of an ``if`` that is for type checkers, or for programs, alone."""
    if kind in (guards.TYPES, guards.NOT_TYPES):
        return where.but(type_checking=True)
    return where.but(import_time=False, main_guard=True)


_METHODS: dict[type, Callable[[Any, Any], None]] = {
    ast.Expr: Statements._expression,
    ast.Assign: Statements._assign,
    ast.AnnAssign: Statements._annotated,
    ast.AugAssign: Statements._augmented,
    ast.Delete: Statements._delete,
    ast.Return: Statements._return,
    ast.Raise: Statements._raise,
    ast.Break: Statements.jump,
    ast.Continue: Statements.jump,
    ast.Assert: Statements._assert,
    ast.Import: Statements._import,
    ast.ImportFrom: Statements._import_from,
    ast.If: Statements._if,
    ast.While: Statements.while_loop,
    ast.For: Statements.for_loop,
    ast.AsyncFor: Statements.for_loop,
    ast.Match: Statements._match,
    ast.With: Statements._with,
    ast.AsyncWith: Statements._with,
    ast.Try: Statements._try,
    ast.TryStar: Statements._try,
    ast.FunctionDef: Statements.function,
    ast.AsyncFunctionDef: Statements.function,
    ast.ClassDef: Statements.cls,
}
if hasattr(ast, "TypeAlias"):
    _METHODS[ast.TypeAlias] = Statements._type_alias
