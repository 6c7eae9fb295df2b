"""Reading a helper: that it sets a default from its parameters, restores it, and does nothing else.

Understood are generator functions under ``contextlib.contextmanager``, classes with ``__enter__`` and
``__exit__``, and functions that return such a context. What is set must be a parameter (or a constant), what
is restored must be what was saved, on every path.
"""

from __future__ import annotations

import _ast as ast
from dataclasses import replace

from torchgate.lint.ambient import SETTERS
from torchgate.migrate.ambient.definitions import ClassDefinition, Definition, File
from torchgate.migrate.ambient.files import Files
from torchgate.migrate.ambient.helper_model import (
    Helper,
    Misunderstood,
    Source,
    Unread,
    bind,
    is_docstring,
    is_false,
    is_none,
    is_yield,
    returns_nothing,
)
from torchgate.migrate.ambient.helper_statements import Statements
from torchgate.migrate.ambient.obstacles import Aspect
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.scopes import parameters
from torchgate.semantics.values import Value

_DEEPEST = 5


class Helpers:
    """The helpers of a project, each read once."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._known: dict[ast.AST, Helper | Misunderstood | None] = {}
        self._depth = 0

    def read(self, file: File, callee: Value) -> Helper | Misunderstood | None:
        """The helper that a callee is; None for a callee that sets no default as far as can be seen."""
        definition = self._files.function(file, callee)
        cls = self._files.klass(file, callee) if definition is None else None
        target = definition or cls
        if target is None:
            return None
        place = self._files.replaced_at(target.value.dotted, at_top="." not in target.value.qualname)
        if place:
            return Misunderstood(R.HELPER_NOT_UNDERSTOOD, f"something else may be put in its place ({place})")
        if target.node not in self._known:
            self._known[target.node] = None
            self._known[target.node] = self._read(target)
        return self._known[target.node]

    def _read(self, target: Definition | ClassDefinition) -> Helper | Misunderstood | None:
        if not any(
            self._sets(target.file, node) for node in target.file.module.within(target.node)
        ) and not self._hands_on(target):
            return None
        if self._depth > _DEEPEST:
            return Misunderstood(R.HELPER_NOT_UNDERSTOOD, "it wraps too many other helpers")
        self._depth += 1
        try:
            if isinstance(target, ClassDefinition):
                return ClassReading(self._files, target).read()
            return FunctionReading(self, self._files, target).read()
        except Unread as why:
            return Misunderstood(why.reason, why.detail)
        finally:
            self._depth -= 1

    def _sets(self, file: File, node: ast.AST) -> bool:
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            return file.torch(node) in SETTERS
        if isinstance(node, ast.withitem | ast.Return):
            inner = node.context_expr if isinstance(node, ast.withitem) else node.value
            return isinstance(inner, ast.Call) and file.torch(inner.func) == "torch.device"
        return False

    def _hands_on(self, target: Definition | ClassDefinition) -> bool:
        """Whether the definition enters or returns another helper."""
        if isinstance(target, ClassDefinition):
            return False
        for node in target.file.module.within(target.node):
            inner = (
                node.context_expr
                if isinstance(node, ast.withitem)
                else node.value
                if isinstance(node, ast.Return)
                else None
            )
            if isinstance(inner, ast.Call):
                value = target.file.module.value(inner.func)
                if isinstance(self.read(target.file, value), Helper | Misunderstood):
                    return True
        return False


class FunctionReading(Statements):
    """A generator function, or one that returns a context."""

    def __init__(self, helpers: Helpers, files: Files, target: Definition) -> None:
        names = {
            parameter.arg: Source(parameter.arg)
            for parameter in parameters(target.node.args)
            if parameter is not target.node.args.vararg and parameter is not target.node.args.kwarg
        }
        super().__init__(target.file, names)
        self.helpers = helpers
        self.files = files
        self.target = target

    def read(self) -> Helper:
        """The helper; raises where it is not understood."""
        node = self.target.node
        if isinstance(node, ast.Lambda | ast.AsyncFunctionDef):
            raise self.unread(node, "is no plain function")
        body = [statement for statement in node.body if not is_docstring(statement)]
        if self.target.is_generator:
            if not self.target.value.context_manager or len(node.decorator_list) != 1:
                raise self.unread(
                    node.decorator_list[0] if node.decorator_list else node, "is not understood"
                )
            self.block(body)
        elif node.decorator_list:
            raise self.unread(node.decorator_list[0], "is not understood")
        else:
            self.returned(body)
        return Helper(node.args, self.target.owner is not None, self.sources, self.file)

    def returned(self, body: list[ast.stmt]) -> None:
        """``return torch.device(device)``, or another helper's context."""
        while body and self.converts(body[0]):
            body = body[1:]
        if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
            raise self.unread(body[0] if body else self.target.node)
        self.entered(body[0].value)

    def entered(self, context: ast.expr) -> None:
        """Take in a context that the helper enters or returns."""
        if not isinstance(context, ast.Call):
            raise self.unread(context, "is not understood")
        if self.file.torch(context.func) == "torch.device":
            if len(context.args) != 1 or context.keywords:
                raise self.unread(context, "is not understood")
            inner = self.source(context.args[0], "device")
            none = "pass" if inner.none == "pass" else "raises"
            self.add("device", replace(inner, none=none, setter=False), context)
            return
        made = self.helpers.read(self.file, self.file.module.value(context.func))
        if isinstance(made, Misunderstood):
            raise Unread(made.reason, made.detail)
        if made is None:
            raise self.unread(context)
        given = bind(made, context)
        if given is None:
            raise self.unread(context, "is called with arguments that cannot be told apart")
        for aspect, source in made.sources.items():
            if source.constant is not None:
                self.add(aspect, source, context)
                continue
            node = given.get(source.parameter)
            if node is None:
                raise self.unread(context, "leaves a default of its own to the inner helper")
            own = self.source(node, aspect)
            self.add(aspect, replace(own, none=source.none, setter=source.setter), context)

    def add(self, aspect: Aspect, source: Source, node: ast.AST) -> None:
        """One more default that the helper sets."""
        if aspect in self.sources:
            raise self.unread(node, "sets the same default again")
        self.sources[aspect] = source

    def block(self, body: list[ast.stmt]) -> None:
        """Statements that save and set, and then the ``yield`` with its restoring ``finally``."""
        rest = list(body)
        while rest:
            statement = rest.pop(0)
            if self.save(statement) or self.converts(statement) or self.sets(statement):
                continue
            if isinstance(statement, ast.If):
                self.condition(statement)
                continue
            self.core(statement)
            if any(not returns_nothing(item) for item in rest):
                found = self.setter(rest[0])
                if found is not None:
                    raise self.unpaired(rest[0], "it is not in a `finally`, so an exception skips it")
                raise self.unread(rest[0])
            return
        raise self.unread(self.target.node, "is not understood")

    def condition(self, statement: ast.If) -> None:
        """``if device is None: yield; return`` and ``if device is not None: set_default_device(device)``."""
        asked = self.asks_none(statement.test)
        if asked and not statement.orelse:
            inner = statement.body
            if len(inner) == 2 and is_yield(inner[0]) and returns_nothing(inner[1]):
                self.names[asked] = replace(self.names[asked], none="pass")
                return
        asked = self.asks_not_none(statement.test)
        if asked and not statement.orelse and len(statement.body) == 1:
            found = self.setter(statement.body[0])
            if found is not None and self.key(found[1]) == asked:
                kept = self.names[asked]
                self.names[asked] = replace(kept, none="pass")
                self.sets(statement.body[0])
                self.names[asked] = kept
                return
        raise self.unread(statement.test, "decides what the helper does")

    def core(self, statement: ast.stmt) -> None:
        """What holds the ``yield``."""
        match statement:
            case ast.With(items=items, body=inner):
                for item in items:
                    if item.optional_vars is not None:
                        raise self.unread(item.context_expr, "is bound to a name")
                    self.entered(item.context_expr)
                self.block(inner)
            case ast.Try(body=inner, handlers=[], orelse=[], finalbody=last):
                rest, self.protected = list(inner), True
                while rest and (self.sets(rest[0]) or self._is_condition(rest[0])):
                    rest.pop(0)
                if len(rest) == 1 and isinstance(rest[0], ast.With):
                    self.core(rest[0])
                elif len(rest) != 1 or not is_yield(rest[0]):
                    raise self.unread(rest[0] if rest else statement)
                self.restores(last)
            case ast.Try():
                raise self.unread(statement, "handles exceptions")
            case _ if is_yield(statement):
                if self.pending and not self.protected:
                    raise self.unpaired(statement, "no `finally` restores the default after it")
            case _:
                raise self.unread(statement)

    def _is_condition(self, statement: ast.stmt) -> bool:
        if not isinstance(statement, ast.If):
            return False
        self.condition(statement)
        return True


class ClassReading(Statements):
    """A class with ``__enter__`` and ``__exit__``."""

    def __init__(self, files: Files, target: ClassDefinition) -> None:
        super().__init__(target.file, {})
        self.files = files
        self.target = target

    def read(self) -> Helper:
        """The helper; raises where it is not understood."""
        node = self.target.node
        known = ("builtins.object", "contextlib.ContextDecorator", "contextlib.AbstractContextManager")
        bases = self.files.bases(self.target)
        if node.decorator_list or node.keywords or any(base not in known for base in bases):
            raise self.unread(node, "is not understood")
        parts = {name: self._method(name) for name in ("__init__", "__enter__", "__exit__")}
        if parts["__enter__"] is None or parts["__exit__"] is None:
            raise self.unread(node, "is no context manager")
        others = [
            item
            for item in node.body
            if not is_docstring(item) and item not in parts.values() and not isinstance(item, ast.Pass)
        ]
        if others:
            raise self.unread(others[0])
        self._init(parts["__init__"])
        self._enter(parts["__enter__"])
        left = [item for item in parts["__exit__"].body if not is_docstring(item)]
        if left and isinstance(left[-1], ast.Return) and is_false(left[-1].value):
            left.pop()
        self.restores(left)
        arguments = parts["__init__"].args if parts["__init__"] is not None else None
        return Helper(arguments, True, self.sources, self.file)

    def _method(self, name: str) -> ast.FunctionDef | None:
        found = self.target.own(name)
        if found is None:
            return None
        if not isinstance(found, ast.FunctionDef) or found.decorator_list:
            raise self.unread(found, "is not understood")
        return found

    def _init(self, node: ast.FunctionDef | None) -> None:
        if node is None:
            return
        names = {parameter.arg for parameter in parameters(node.args)}
        held: dict[str, Source] = {}
        self.names = {name: Source(name) for name in names - {"self"}}
        for statement in node.body:
            if is_docstring(statement) or isinstance(statement, ast.Pass):
                continue
            if isinstance(statement, ast.Assign) and is_none(statement.value):
                continue
            if not self.converts(statement):
                raise self.unread(statement)
        held = {key: source for key, source in self.names.items() if key.startswith("self.")}
        self.names = held

    def _enter(self, node: ast.FunctionDef) -> None:
        for statement in node.body:
            if is_docstring(statement) or self.save(statement) or self.sets(statement):
                continue
            if isinstance(statement, ast.Return) and (
                statement.value is None or self.key(statement.value) == "self"
            ):
                continue
            raise self.unread(statement)
