"""Writes of the process's environment, in every spelling: items, methods, ``|=``, ``putenv``, ``del``.

A copy of the environment (``os.environ.copy()``, ``os.environ | {...}``, a dict for a subprocess) is none.
"""

from __future__ import annotations

from torchgate.semantics.values import NOTHING, UNKNOWN, Const, Mapping, Ref, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _ast as ast
    from collections.abc import Iterator

    from torchgate.semantics.facts import Call, Write
    from torchgate.semantics.module import Module
    from torchgate.semantics.values import Value

# By what a file can write the environment.
ENVIRONMENT = ("os.environ", "os.environb", "os.putenv", "os.unsetenv")
_ENVIRONMENTS = frozenset({"os.environ", "os.environb"})
_SETS_ONE = frozenset(
    {"os.putenv", *(f"{name}.{method}" for name in _ENVIRONMENTS for method in ("setdefault", "__setitem__"))}
)
_REMOVES_ONE = frozenset(
    {"os.unsetenv", *(f"{name}.{method}" for name in _ENVIRONMENTS for method in ("pop", "__delitem__"))}
)
_SETS_MANY = frozenset(f"{name}.{method}" for name in _ENVIRONMENTS for method in ("update", "__ior__"))


class EnvironmentWrite:
    """Variables written at one place with their values. ``complete``: every name is constant."""

    __slots__ = ("complete", "items", "node", "removes", "stmt", "where")

    def __init__(
        self,
        place: Write | Call,
        items: dict[str, Value],
        *,
        complete: bool = True,
        removes: bool = False,
    ) -> None:
        self.node: ast.expr = place.node
        self.stmt = place.stmt
        self.where = place.where
        self.items = items
        self.complete = complete
        self.removes = removes


def environment_writes(module: Module) -> Iterator[EnvironmentWrite]:
    """Every write of the process's environment."""
    for write in module.writes:
        found = _by_write(module, write)
        if found is not None:
            yield found
    for call in module.calls:
        if isinstance(call.callee, Ref) and call.callee.package == "os":
            found = _by_call(module, call, call.callee.dotted)
            if found is not None:
                yield found


def _by_write(module: Module, write: Write) -> EnvironmentWrite | None:
    base = write.base.dotted if isinstance(write.base, Ref) else ""
    if write.item and base in _ENVIRONMENTS:
        name = _name(Const(write.name)) if write.name is not None else _name(module.value(_key(write.node)))
        value = module.settled(write.value, write.value_node) if write.value is not None else UNKNOWN
        return _one(write, name, value, removes=write.kind == "delete")
    target = f"{base}.{write.name}" if write.name else base
    if write.kind == "augment" and not write.item and target in _ENVIRONMENTS:
        items, complete = _pairs(write.value)
        return EnvironmentWrite(write, items, complete=complete)
    return None


def _key(node: ast.expr) -> ast.expr:
    key: ast.expr = getattr(node, "slice", node)
    return key


def _by_call(module: Module, call: Call, callee: str) -> EnvironmentWrite | None:
    if callee in _SETS_MANY:
        first = call.argument(0)
        items, complete = _pairs(module.value(first)) if first is not None else ({}, True)
        for keyword in call.node.keywords:
            if keyword.arg is not None:
                items[keyword.arg] = module.value(keyword.value)
            else:
                more, known = _pairs(module.value(keyword.value))
                items.update(more)
                complete = complete and known
        return EnvironmentWrite(call, items, complete=complete and not (first is None and call.node.args))
    removes = callee in _REMOVES_ONE
    if not removes and callee not in _SETS_ONE:
        return None
    key = call.argument(0, "key")
    value = call.argument(1, "value")
    name = _name(module.value(key)) if key is not None else None
    return _one(call, name, module.value(value) if value is not None else UNKNOWN, removes=removes)


def _one(place: Write | Call, name: str | None, value: Value, *, removes: bool) -> EnvironmentWrite:
    items = {name: _decoded(value)} if name is not None else {}
    return EnvironmentWrite(place, items, complete=name is not None, removes=removes)


def _pairs(value: Value | None) -> tuple[dict[str, Value], bool]:
    """The names and values of a dict, or of a list of pairs, and whether these are all."""
    match value:
        case Mapping():
            return dict(value.items), value.complete
        case Sequence():
            pairs = [
                item.items for item in value.items if isinstance(item, Sequence) and len(item.items) == 2
            ]
            named = {name: pair[1] for pair in pairs if (name := _name(pair[0])) is not None}
            return named, len(named) == len(value.items)
    return {}, value is NOTHING


def _name(value: Value) -> str | None:
    text = _decoded(value)
    return text.value if isinstance(text, Const) and isinstance(text.value, str) else None


def _decoded(value: Value) -> Value:
    """``os.environb`` and ``os.putenv`` take bytes."""
    if isinstance(value, Const) and isinstance(value.value, bytes):
        return Const(value.value.decode("utf-8", "replace"))
    return value
