"""Expressions: every one is evaluated once per pass, in Python's order, to a ``Value``."""

from __future__ import annotations

import _ast as ast

from torchgate.semantics import constants, guards
from torchgate.semantics.environment import Scope
from torchgate.semantics.facts import Reference, Site
from torchgate.semantics.joins import join, join_all
from torchgate.semantics.probes import truth_of
from torchgate.semantics.slices import RETURN
from torchgate.semantics.targets import Targets
from torchgate.semantics.values import (
    NOTHING,
    UNKNOWN,
    Condition,
    Const,
    Function,
    Mapping,
    Ref,
    Result,
    Sequence,
    Unknown,
    concatenated,
    mapping,
    sequence,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from torchgate.semantics.facts import Where
    from torchgate.semantics.scopes import Comprehension
    from torchgate.semantics.values import Value


class Expressions(Targets):
    """Evaluates expressions and records what they do."""

    def evaluate(self, node: ast.expr) -> Value:
        """The value of an expression; its facts are recorded on the way."""
        if node.__class__ is ast.Constant:  # the commonest but names
            return self._constant(node)
        method = _METHODS.get(node.__class__)
        if method is None:
            self.visit_children(node)
            return UNKNOWN
        value: Value = method(self, node)
        values = self.facts.values
        if value.__class__ is not Unknown:
            values[node] = value
            return value
        if node in values:
            del values[node]
        return UNKNOWN

    def visit_children(self, node: ast.AST) -> None:
        """Evaluate every expression directly below ``node``, in source order."""
        for field in node._fields:
            child = getattr(node, field, None)
            if isinstance(child, ast.expr):
                self.evaluate(child)
            elif isinstance(child, list):
                for item in child:
                    if isinstance(item, ast.expr):
                        self.evaluate(item)
                    elif isinstance(item, ast.AST):
                        self.visit_children(item)
            elif isinstance(child, ast.AST):
                self.visit_children(child)

    def site(self, node: ast.AST) -> None:
        """Record a node that rules look at as a whole."""
        if not self.symbolic:
            self.facts.sites[node] = Site(node, self.stmt, self.where)

    def reference(self, node: ast.expr, value: Value) -> None:
        """Record that ``node`` resolves to ``value``."""
        if self.symbolic:
            return  # no rule looks at it
        if isinstance(value, Ref):
            self.facts.references[node] = Reference(node, value, False, self.stmt, self.where)
        elif node in self.facts.references:
            del self.facts.references[node]

    # Names and attributes.

    def _name(self, node: ast.Name) -> Value:
        value = self.lookup(node.id)
        lazy = self.facts.lazy
        if lazy and node.id in lazy and self.where.import_time and self.where.runs:
            lazy[node.id] = True
        self.reference(node, value)
        return value

    def _attribute(self, node: ast.Attribute) -> Value:
        chain: list[ast.Attribute] = [node]
        base: ast.expr = node.value
        while isinstance(base, ast.Attribute):
            chain.append(base)
            base = base.value
        value = self.evaluate(base)
        values, references = self.facts.values, self.facts.references
        last = base if isinstance(value, Ref) else None
        if last is not None:
            references.pop(base, None)
        for link in reversed(chain):
            if value is not UNKNOWN:
                value = self.attribute(value, link.attr)
            if value is not UNKNOWN:
                values[link] = value
            else:
                values.pop(link, None)
            references.pop(link, None)
            if isinstance(value, Ref):
                last = link
        if last is not None:
            self.reference(last, values.get(last, UNKNOWN))
        return value

    def _subscript(self, node: ast.Subscript) -> Value:
        base = self.evaluate(node.value)
        key = self.evaluate(node.slice)
        if (isinstance(base, Sequence) and isinstance(node.value, ast.Tuple | ast.List)) or (
            isinstance(base, Mapping) and isinstance(node.value, ast.Dict)
        ):
            self.site(node)
        value = self.item(base, key)
        self.reference(node, value)
        return value

    def item(self, base: Value, key: Value) -> Value:
        """``base[key]``."""
        constant = key.value if isinstance(key, Const) else None
        match base:
            case Sequence(items=items) if isinstance(constant, int) and -len(items) <= constant < len(items):
                return items[constant]
            case Mapping(items=named) if isinstance(constant, str):
                return named.get(constant, UNKNOWN)
            case Result(callee=Ref(dotted="builtins.globals")) if isinstance(constant, str):
                return self.module_value(constant)
            case Ref() if isinstance(constant, str):
                if base.dotted == "builtins":
                    return base.attribute(constant)  # `__builtins__` is a dict in all but the main module
                if base.dotted == "sys.modules":
                    return Ref(constant) if constants.has_parts(constant) else UNKNOWN
                if base.dotted.endswith(".__dict__") and constants.has_parts(constant, 1):
                    owner = Ref(base.dotted.removesuffix(".__dict__"), base.via, base.type_only)
                    return self.attribute(owner, constant)
        return UNKNOWN

    # Constants and displays.

    def _constant(self, node: ast.Constant) -> Value:
        if node.value is not None:
            return Const(node.value)  # which its node tells as well: `Module.value`
        self.facts.values[node] = NOTHING
        return NOTHING

    def _joined(self, node: ast.JoinedStr) -> Value:
        return constants.joined([self.evaluate(part) for part in node.values])

    def _formatted(self, node: ast.FormattedValue) -> Value:
        value = self.evaluate(node.value)
        if node.format_spec is not None:
            self.evaluate(node.format_spec)
            return UNKNOWN
        return value if node.conversion in (-1, 115) else UNKNOWN

    def _binary(self, node: ast.BinOp) -> Value:
        spine = [node]
        left: ast.expr = node.left
        while isinstance(left, ast.BinOp):
            spine.append(left)
            left = left.left
        value = self.evaluate(left)
        for operation in reversed(spine):
            right = self.evaluate(operation.right)
            if isinstance(value, Sequence) and isinstance(operation.op, ast.Add):
                value = concatenated(value, right, operation)
            else:
                value = constants.binary(operation.op, value, right)
            if value is not UNKNOWN:
                self.facts.values[operation] = value
        return value

    def _unary(self, node: ast.UnaryOp) -> Value:
        value = self.evaluate(node.operand)
        if isinstance(node.op, ast.USub):
            return constants.negative(value)
        if isinstance(node.op, ast.Not) and (truth := constants.truth(value)) is not None:
            return Const(not truth)
        known = truth_of((value,))
        return Condition(node) if known is UNKNOWN and isinstance(value, Condition) else known

    def _compare(self, node: ast.Compare) -> Value:
        known = truth_of([self.evaluate(node.left), *map(self.evaluate, node.comparators)])
        return Condition(node) if known is UNKNOWN else known

    def _sequence(self, node: ast.Tuple | ast.List | ast.Set) -> Value:
        items: list[Value] = []
        complete = True
        for element in node.elts:
            value = self.evaluate(element)
            if isinstance(element, ast.Starred):
                inner = self.facts.values.get(element.value, UNKNOWN)
                if isinstance(inner, Sequence):
                    items.extend(inner.items)
                else:
                    complete = False
            else:
                items.append(value)
        return sequence(items, node) if complete else UNKNOWN

    def _dict(self, node: ast.Dict) -> Value:
        items: dict[str, Value] = {}
        complete = True
        for key, value_node in zip(node.keys, node.values, strict=True):
            key_value = self.evaluate(key) if key is not None else UNKNOWN
            value = self.evaluate(value_node)
            if isinstance(key_value, Const) and isinstance(key_value.value, str):
                items[key_value.value] = value
            elif key is None and isinstance(value, Mapping):
                items.update(value.items)
                complete = complete and value.complete
            else:
                complete = False
        return mapping(items, node, complete)

    # Choices and bindings.

    def _choice(self, node: ast.IfExp) -> Value:
        self.site(node)
        self.evaluate(node.test)
        kind = self.guarded_by(node.test)
        body = self._seen_by_types(node.body, kind == guards.TYPES)
        return join(body, self._seen_by_types(node.orelse, kind == guards.NOT_TYPES))

    def guarded_by(self, test: ast.expr) -> str:
        """What an evaluated test guards; see ``guards``."""
        return guards.guard(test, self._in_test)

    def _in_test(self, part: ast.expr) -> Value:
        local = self.scope.bindings.bound if self.scope.kind == "function" else ()
        if self.symbolic and self.scope.parent is not None and not guards.may_guard(part, local):
            return UNKNOWN
        return self.facts.values.get(part, UNKNOWN)

    def _seen_by_types(self, node: ast.expr, alone: bool) -> Value:
        """Evaluate a part that, with ``alone``, is only ever looked at by a type checker."""
        before = self.at(self.where.but(type_checking=True) if alone else self.where)
        value = self.evaluate(node)
        self.where = before
        return value

    def _boolean(self, node: ast.BoolOp) -> Value:
        self.site(node)
        shut = guards.NOT_TYPES if isinstance(node.op, ast.Or) else guards.TYPES
        alone, values = False, []
        for part in node.values:
            values.append(self._seen_by_types(part, alone))
            alone = alone or self.guarded_by(part) == shut
        value = join_all(values) if isinstance(node.op, ast.Or) else values[-1]
        if isinstance(value, Unknown | Condition):
            value = truth_of(values)
        if value is UNKNOWN and any(isinstance(item, Condition) for item in values):
            return Condition(node)
        return value

    def _walrus(self, node: ast.NamedExpr) -> Value:
        value = self.evaluate(node.value)
        self.bind(node.target.id, value, node.target)
        return value

    def _await(self, node: ast.Await) -> Value:
        return self.evaluate(node.value)

    def _yield(self, node: ast.Yield) -> Value:
        value = self.evaluate(node.value) if node.value else UNKNOWN
        if self.where.function is not None and self.asks(RETURN):
            self.learn(("yield", self.where.function.node, ""), value)
        return UNKNOWN

    def _yield_from(self, node: ast.YieldFrom) -> Value:
        self.evaluate(node.value)
        if self.where.function is not None and self.asks(RETURN):
            self.learn(("yield", self.where.function.node, ""), UNKNOWN)
        return UNKNOWN

    def _lambda(self, node: ast.Lambda) -> Value:
        self.defaults(node.args)
        function = Function(node, f"{self.where.qualname}.<lambda>".lstrip("."), "<lambda>")
        self.defer(function)
        return function

    def defaults(self, arguments: ast.arguments) -> None:
        """Default values are evaluated where the function is defined."""
        for default in [*arguments.defaults, *arguments.kw_defaults]:
            if default is not None:
                self.evaluate(default)

    def defer(self, function: Function) -> None:
        """Read the function's body once its enclosing scope is known in full."""
        # By node: the second turn of a loop must not have the body read twice, or nests double at each level.
        self.deferred[function.node] = (function, self.scope, self.where, self.stmt)
        if function.owner is not None:
            self.methods.setdefault(function.owner.node, {})[function.node] = None
            self.assigning.pop(function.owner.node, None)

    def _comprehension(self, node: Comprehension) -> Value:
        outer = self.scope
        first = self.evaluate(node.generators[0].iter)
        scope = Scope("comprehension", node, outer, False, outer.cls)
        self.scope = scope
        for index, generator in enumerate(node.generators):
            iterable = first if index == 0 else self.evaluate(generator.iter)
            self.assign(generator.target, element_of(iterable), None)
            for condition in generator.ifs:
                self.evaluate(condition)
        if isinstance(node, ast.DictComp):
            self.evaluate(node.key)
            value: ast.expr | None = node.value
            if value is not None:  # `{**item for item in items}`, Python 3.15
                self.evaluate(value)
        else:
            self.evaluate(node.elt)
        scope.active = False
        self.scope = outer
        return UNKNOWN

    def at(self, where: Where) -> Where:
        """Enter other circumstances; returns the ones left."""
        before, self.where = self.where, where
        return before

    def asks(self, question: str) -> bool:
        """Overridden by the layer that knows bodies."""
        raise NotImplementedError

    def call(self, node: ast.Call) -> Value:
        """Overridden by the layer that knows calls."""
        raise NotImplementedError


def element_of(value: Value) -> Value:
    """What iterating over ``value`` gives."""
    return join_all(value.items) if isinstance(value, Sequence) and value.items else UNKNOWN


_METHODS: dict[type, Callable[[Any, Any], Value]] = {
    ast.Name: Expressions._name,
    ast.Attribute: Expressions._attribute,
    ast.Subscript: Expressions._subscript,
    ast.JoinedStr: Expressions._joined,
    ast.FormattedValue: Expressions._formatted,
    ast.BinOp: Expressions._binary,
    ast.UnaryOp: Expressions._unary,
    ast.Tuple: Expressions._sequence,
    ast.List: Expressions._sequence,
    ast.Set: Expressions._sequence,
    ast.Dict: Expressions._dict,
    ast.IfExp: Expressions._choice,
    ast.Compare: Expressions._compare,
    ast.BoolOp: Expressions._boolean,
    ast.NamedExpr: Expressions._walrus,
    ast.Await: Expressions._await,
    ast.Yield: Expressions._yield,
    ast.YieldFrom: Expressions._yield_from,
    ast.Lambda: Expressions._lambda,
    ast.ListComp: Expressions._comprehension,
    ast.SetComp: Expressions._comprehension,
    ast.DictComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._comprehension,
    ast.Call: lambda self, node: self.call(node),
}
