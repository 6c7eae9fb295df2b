"""Targets: what assignments, loops and ``with`` bind and write."""

from __future__ import annotations

import _ast as ast

from torchgate.semantics.environment import Environment
from torchgate.semantics.facts import Write
from torchgate.semantics.values import UNBOUND, UNKNOWN, Const, Mapping, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.semantics.values import Value


class Targets(Environment):
    """Binds and writes targets."""

    def evaluate(self, node: ast.expr) -> Value:
        """Overridden by the layer that knows expressions."""
        raise NotImplementedError

    def assign(self, target: ast.expr, value: Value, value_node: ast.expr | None) -> None:
        """Bind or write one target of an assignment, loop, ``with`` or comprehension."""
        if isinstance(target, ast.Name):  # the commonest
            self.bind(target.id, value, target)
            return
        match target:
            case ast.Tuple() | ast.List():
                self._unpack(target.elts, value, value_node)
            case ast.Starred():
                self.assign(target.value, UNKNOWN, None)
            case ast.Attribute():
                base = self.evaluate(target.value)
                self.set_member(base, target.attr, value)
                if not self.symbolic:  # or no rule looks at it
                    self._target_value(target, self.attribute(base, target.attr))
                self.write(target, base, target.attr, "assign", value, value_node)
            case ast.Subscript():
                base = self.evaluate(target.value)
                key = self.evaluate(target.slice)
                self.write(target, base, _text(key), "assign", value, value_node, item=True)
                self.changed(target.value, base)

    def _unpack(self, targets: list[ast.expr], value: Value, value_node: ast.expr | None) -> None:
        items: list[Value] = list(value.items) if isinstance(value, Sequence) else []
        starred = [index for index, item in enumerate(targets) if isinstance(item, ast.Starred)]
        nodes: list[ast.expr] = []
        if isinstance(value_node, ast.Tuple | ast.List) and len(value_node.elts) == len(items):
            nodes = value_node.elts
        if starred and len(items) >= len(targets) - 1:
            after = len(targets) - starred[0] - 1
            gap = len(items) - after - starred[0]
            items[starred[0] : starred[0] + gap] = [UNKNOWN]
            nodes = []
        for index, target in enumerate(targets):
            known = len(items) == len(targets)
            node = nodes[index] if len(nodes) == len(targets) else None
            self.assign(target, items[index] if known else UNKNOWN, node)

    def _target_value(self, target: ast.expr, value: Value) -> None:
        if value is not UNKNOWN and value is not UNBOUND:
            self.facts.values[target] = value

    def write(
        self,
        node: ast.expr,
        base: Value,
        name: str | None,
        kind: str,
        value: Value | None,
        value_node: ast.expr | None,
        *,
        item: bool = False,
    ) -> None:
        """Record a write to an attribute or item."""
        self.facts.writes[node] = Write(
            node, base, name, kind, self.stmt, self.where, value=value, value_node=value_node, item=item
        )

    def changed(self, node: ast.expr, value: Value, now: Value | None = None) -> None:
        """A list or dict display is changed in place: the name that holds it no longer tells its items,
        unless they are given as ``now``."""
        if isinstance(node, ast.Name) and node.id in self.scope.state:
            if now is not None:
                self.rebind(node.id, now)
            elif isinstance(value, Mapping):
                self.rebind(node.id, Mapping({}, value.node, complete=False))
            elif isinstance(value, Sequence):
                self.rebind(node.id, Sequence((UNKNOWN,) * len(value.items), value.node))


def _text(value: Value) -> str | None:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None
