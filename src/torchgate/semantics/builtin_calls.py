"""What built-in functions give: those that hand names, attributes and items around."""

from __future__ import annotations

import _ast as ast

from torchgate.semantics import constants
from torchgate.semantics.assigned import given_name
from torchgate.semantics.expressions import Expressions
from torchgate.semantics.values import (
    UNKNOWN,
    Class,
    Const,
    Instance,
    Mapping,
    Ref,
    Result,
    Sequence,
    class_of,
    mapping,
    sequence,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from torchgate.semantics.values import Value


class BuiltinCalls(Expressions):
    """Evaluates calls of built-in functions."""

    def _getattr(self, node: ast.Call, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        if len(arguments) < 2 or not isinstance(arguments[1], Const):
            # A backend that is chosen at run time: `getattr(torch, device.type).device(0)`.
            chosen = bool(arguments) and self.is_gated(arguments[0])
            return Result(Ref("builtins.getattr"), node) if chosen else UNKNOWN
        name = arguments[1].value
        return (
            self.attribute(arguments[0], name)
            if isinstance(name, str) and constants.has_parts(name, 1)
            else UNKNOWN
        )

    def _setattr(self, node: ast.Call, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        if len(arguments) < 2:
            return UNKNOWN
        name = arguments[1].value if isinstance(arguments[1], Const) else None
        value = arguments[2] if len(arguments) > 2 else None
        counts = len(node.args) > 1 and given_name(node.args[1], self._outermost()) is not None
        if isinstance(name, str) and value is not None and counts:
            self.set_member(arguments[0], name, value)
        kind = "setattr" if value is not None else "delete"
        value_node = node.args[2] if len(node.args) > 2 else None
        text = name if isinstance(name, str) else None
        self.write(node, arguments[0], text, kind, value, value_node)
        return UNKNOWN

    def _set_on_object(self, node: ast.Call, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        """``object.__setattr__(self, "name", value)``, as frozen classes do."""
        if len(arguments) == 3 and given_name(node.args[-2], self._outermost()) is not None:
            name = arguments[1].value if isinstance(arguments[1], Const) else None
            if isinstance(name, str):
                self.set_member(arguments[0], name, arguments[2])
        return UNKNOWN

    def _new(self, node: ast.Call, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        made = arguments[0] if arguments else UNKNOWN
        return Instance(made) if isinstance(made, Class) else UNKNOWN

    def _class_of(self, node: ast.Call, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        """``type(self)``."""
        made = arguments[0] if len(arguments) == 1 and not keywords else UNKNOWN
        return class_of(made) if isinstance(made, Instance) else Result(Ref("builtins.type"), node)

    def _reversed(self, node: ast.Call, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        given = arguments[0] if arguments else UNKNOWN
        return sequence(reversed(given.items), node) if isinstance(given, Sequence) else UNKNOWN

    def _enumerate(self, node: ast.Call, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        given = arguments[0] if arguments else UNKNOWN
        if not isinstance(given, Sequence):
            return UNKNOWN
        return rows_of(((UNKNOWN, item) for item in given.items), node)

    def _zip(self, node: ast.Call, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        """Of what is not known there may be as many as of what is."""
        known = [item.items for item in arguments if isinstance(item, Sequence)]
        starred = any(isinstance(argument, ast.Starred) for argument in node.args)
        if not known or starred:
            return UNKNOWN
        count = min(map(len, known))
        rows = (
            [item.items[index] if isinstance(item, Sequence) else UNKNOWN for item in arguments]
            for index in range(count)
        )
        return rows_of(rows, node)

    def _outermost(self) -> ast.AST | None:
        """The outermost function around the code that is read: what binds a name for those inside it."""
        found, scope = None, self.scope
        while scope.parent is not None:
            if scope.kind not in ("module", "class"):
                found = scope.node
            scope = scope.parent
        return found

    def _vars(self, node: ast.Call, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        if len(arguments) == 1 and isinstance(arguments[0], Ref):
            return arguments[0].attribute("__dict__")
        if not node.args and self.scope is self.module_scope:
            return Result(Ref("builtins.globals"), node)
        return UNKNOWN

    def _dunder_import(self, node: ast.Call, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        first = arguments[0] if arguments else keywords.get("name", UNKNOWN)
        if not isinstance(first, Const) or not isinstance(first.value, str):
            return UNKNOWN
        names = arguments[3] if len(arguments) > 3 else keywords.get("fromlist")
        level = arguments[4] if len(arguments) > 4 else keywords.get("level")
        if (isinstance(level, Const) and level.value) or not constants.has_parts(first.value):
            return UNKNOWN
        whole = isinstance(names, Sequence) and bool(names.items)
        return Ref(
            first.value if whole else first.value.partition(".")[0], type_only=self.where.type_checking
        )

    def _super(self, node: ast.Call, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        return Instance(self.where.cls) if self.where.cls is not None else UNKNOWN

    def _make_dict(self, node: ast.Call, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        if not arguments:
            named = {key: value for key, value in keywords.items() if key}
            return mapping(named, node, "" not in keywords)
        return arguments[0] if len(arguments) == 1 and isinstance(arguments[0], Mapping) else UNKNOWN

    def _globals(self, node: ast.Call, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        return Result(Ref("builtins.globals"), node)


def rows_of(rows: Iterable[Iterable[Value]], node: ast.Call) -> Value:
    """What a call gives, tuple by tuple."""
    row = ast.Tuple(elts=[], ctx=ast.Load(), lineno=node.lineno, col_offset=node.col_offset)
    return sequence((sequence(items, row) for items in rows), node)


BUILTINS = {
    "getattr": BuiltinCalls._getattr,
    "setattr": BuiltinCalls._setattr,
    "delattr": BuiltinCalls._setattr,
    "locals": BuiltinCalls._vars,
    "vars": BuiltinCalls._vars,
    "__import__": BuiltinCalls._dunder_import,
    "__lazy_import__": BuiltinCalls._dunder_import,
    "super": BuiltinCalls._super,
    "dict": BuiltinCalls._make_dict,
    "globals": BuiltinCalls._globals,
    "object.__new__": BuiltinCalls._new,
    "object.__setattr__": BuiltinCalls._set_on_object,
    "type": BuiltinCalls._class_of,
    "reversed": BuiltinCalls._reversed,
    "enumerate": BuiltinCalls._enumerate,
    "zip": BuiltinCalls._zip,
}
