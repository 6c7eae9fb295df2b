"""Calls: what they give, for the callees that hand names, modules and the handle around."""

from __future__ import annotations

import _ast as ast

from torchgate.semantics import constants
from torchgate.semantics.assigned import CHANGING
from torchgate.semantics.builtin_calls import BUILTINS, BuiltinCalls, rows_of
from torchgate.semantics.facts import Call
from torchgate.semantics.handle import handle
from torchgate.semantics.values import (
    UNBOUND,
    UNKNOWN,
    Class,
    Const,
    Function,
    Instance,
    Mapping,
    Ref,
    Result,
    Sequence,
    sequence,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.semantics.roles import Decoration, Given
    from torchgate.semantics.values import Value

# Methods recorded on any object: what is passed to the first two is entered as a context.
ENTERING = frozenset({"enter_context", "enter_async_context"})
_NOTED = ENTERING | {"set_device", "set_device_index"}
_READING = frozenset({"copy", "get", "items", "values"})  # what a dict is asked for
_PASS_THROUGH = {
    "typing.assert_type": 0,
    "typing.cast": 1,
    "typing.reveal_type": 0,
    "typing_extensions.assert_type": 0,
    "typing_extensions.cast": 1,
    "typing_extensions.reveal_type": 0,
    "copy.copy": 0,
    "copy.deepcopy": 0,
    "contextlib.nullcontext": 0,
    "builtins.tuple": 0,
    "builtins.list": 0,
    "builtins.iter": 0,
    "builtins.staticmethod": 0,
    "dataclasses.field": -1,  # which says by keyword what it gives
    "attr.field": -1,
    "attr.ib": -1,
    "attrs.field": -1,
}


class Calls(BuiltinCalls):
    """Evaluates calls."""

    def call(self, node: ast.Call) -> Value:
        """The value of a call; records it where the callee is known."""
        function = node.func
        callee = self.evaluate(function)
        reference = self.facts.references.get(function)
        if reference is not None:
            reference.called = True
        arguments = [self.evaluate(argument) for argument in node.args]
        keywords = {item.arg or "": self.evaluate(item.value) for item in node.keywords}
        self.facts.every_call[node] = None
        if callee is not UNKNOWN or (isinstance(function, ast.Attribute) and function.attr in _NOTED):
            self.facts.calls[node] = Call(node, callee, self.stmt, self.where)
        else:
            self.facts.calls.pop(node, None)
        if callee is UNKNOWN:
            if isinstance(function, ast.Attribute):
                return self._method(node, function, arguments, keywords)
            return self._generic(node, function) if isinstance(function, ast.Subscript) else UNKNOWN
        value = self.result(node, callee, arguments, keywords)
        if isinstance(value, Ref) and not any(value is argument for argument in arguments):
            self.reference(node, value)
        return value

    def _method(
        self, node: ast.Call, function: ast.Attribute, arguments: list[Value], keywords: dict[str, Value]
    ) -> Value:
        if isinstance(function.value, ast.Constant) and function.value.value is not None:
            return constants.method(function.value.value, function.attr, arguments, keywords)
        owner = self.facts.values.get(function.value, UNKNOWN)
        if isinstance(owner, Const):
            return constants.method(owner.value, function.attr, arguments, keywords)
        if isinstance(owner, Mapping) and function.attr in _READING:
            return self._read(node, owner, function.attr, arguments)
        if isinstance(owner, Mapping | Sequence) and function.attr in CHANGING:
            self.changed(function.value, owner, _grown(owner, function.attr, arguments))
        if function.attr in ENTERING and node.args:
            return self.entered(node.args[0])
        if function.attr == "__new__" and arguments and isinstance(arguments[0], Class):
            return Instance(arguments[0])
        if function.attr == "__setattr__" and len(arguments) == 2:
            return self._set_on_object(node, [owner, *arguments], keywords)
        is_globals = isinstance(owner, Result) and owner.callee.dotted == "builtins.globals"
        return (
            self.item(owner, arguments[0]) if is_globals and function.attr == "get" and arguments else UNKNOWN
        )

    def _read(self, node: ast.Call, owner: Mapping, method: str, arguments: list[Value]) -> Value:
        """``get``, ``copy``, ``values`` and ``items`` of a dict."""
        if method == "get":
            return self.item(owner, arguments[0]) if arguments else UNKNOWN
        if method == "copy":
            return owner
        if not owner.complete:
            return UNKNOWN
        if method == "values":
            return sequence(owner.items.values(), node)
        return rows_of(((Const(key), value) for key, value in owner.items.items()), node)

    def _generic(self, node: ast.Call, function: ast.Subscript) -> Value:
        """``Base[int]()``."""
        base = self.facts.values.get(function.value, UNKNOWN)
        if isinstance(base, Class):
            return Instance(base)
        if not isinstance(base, Ref) or base.package not in self.config.project_names:
            return UNKNOWN
        if self.resolver is None:
            return Result(base, node) if self.symbolic else UNKNOWN
        return Instance(base) if self.resolver.is_class(base.dotted) else UNKNOWN

    def result(
        self, node: ast.Call, callee: Value, arguments: list[Value], keywords: dict[str, Value]
    ) -> Value:
        """What calling ``callee`` gives."""
        match callee:
            case Ref():
                return self._named(node, callee, arguments, keywords)
            case Function():
                if self.is_effect(callee):
                    return handle()
                if callee.qualname.endswith(".__new__") and arguments and isinstance(arguments[0], Class):
                    return Instance(arguments[0])  # `super().__new__(cls)`
                if callee.context_manager or (self.waiting and node is self.unused):
                    return UNKNOWN
                if callee.opaque and self.symbolic and callee.decorations:
                    return Result(Ref(callee.dotted), node)  # the decorators may be other modules' matter
                if callee.opaque and not self._keeps_result(callee):
                    return UNKNOWN
                value = self.read(("return", callee.node, ""))
                return UNKNOWN if value is UNBOUND else value
            case Class():
                return Instance(callee)
            case Result(callee=Ref(dotted="operator.attrgetter"), node=getter):
                return self._dotted_attribute(self.getters.get(getter, UNKNOWN), arguments)
        return UNKNOWN

    def _keeps_result(self, function: Function) -> bool:
        """Whether the decorators of a function leave what it gives as it is."""
        return bool(function.decorations) and all(map(self._leaves, function.decorations))

    def _leaves(self, decoration: Decoration) -> bool:
        known = self.decorating.get(decoration)
        if known is None:
            from torchgate.semantics.decorators import Decorators  # most decorators are known

            self.decorating[decoration] = False
            decorators = Decorators(
                self,
                [function for function, _ in self.facts.functions.values()],
                [cls for cls, _ in self.facts.classes.values()],
                lambda name: [value for bound, value in self.module_scope.touched if bound == name],
                self.resolver.decorates if self.resolver is not None else _nobody_knows,
            )
            known = self.decorating[decoration] = decorators.keep_results([decoration])
        return known

    def _dotted_attribute(self, path: Value, arguments: list[Value]) -> Value:
        """``operator.attrgetter("a.b")(value)``."""
        if not arguments or not isinstance(path, Const) or not isinstance(path.value, str):
            return UNKNOWN
        value = arguments[0]
        for part in path.value.split("."):
            value = self.attribute(value, part)
        return value

    def _named(
        self, node: ast.Call, callee: Ref, arguments: list[Value], keywords: dict[str, Value]
    ) -> Value:
        dotted = callee.dotted
        if dotted.startswith("builtins."):
            special = BUILTINS.get(dotted[9:])
            if special is not None:
                return special(self, node, arguments, keywords)
        if dotted in _PASS_THROUGH:
            position = _PASS_THROUGH[dotted]
            if position < 0:
                return self._field(node, callee, keywords)
            return arguments[position] if len(arguments) > position else UNKNOWN
        if dotted in _MODULE_LOADERS:
            return self._loaded(dotted, arguments, keywords)
        if dotted.startswith("sys.modules."):
            return self.item(Ref("sys.modules"), arguments[0]) if arguments else UNKNOWN
        if dotted.endswith(".__getattribute__") and arguments:
            of = Ref(dotted.removesuffix(".__getattribute__"), callee.via, callee.type_only)
            return self._getattr(node, [of, *arguments], keywords)
        if dotted.endswith(".__dict__.get") and arguments:
            return self.item(Ref(dotted.removesuffix(".get"), callee.via), arguments[0])
        if dotted == "operator.attrgetter" and len(arguments) == 1:
            self.getters[node] = arguments[0]
        if self.is_effect(callee):
            return handle()
        if self.resolver is not None and node is not self.unused:
            found = self.resolver.result(dotted)
            if found is not None:
                return found
        return Result(callee, node)

    def _field(self, node: ast.Call, callee: Ref, keywords: dict[str, Value]) -> Value:
        """What an object has in a field that nobody gives: its default."""
        default = keywords.get("default", UNKNOWN)
        factory = keywords.get("default_factory", keywords.get("factory", UNKNOWN))
        if isinstance(factory, Function | Class):
            default = self.result(node, factory, [], {})
        return Result(callee, node) if default is UNKNOWN else default

    def _loaded(self, loader: str, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        first = arguments[0] if arguments else keywords.get(_MODULE_LOADERS[loader], UNKNOWN)
        if not isinstance(first, Const) or not isinstance(first.value, str):
            return UNKNOWN
        name = first.value
        if loader == "pkgutil.resolve_name":
            name = name.replace(":", ".").rstrip(".")
        if name.startswith("."):
            package = self._package(arguments[1] if len(arguments) > 1 else keywords.get("package", UNKNOWN))
            name = absolute_name(package, len(name) - len(name.lstrip(".")), name.lstrip("."))
        if not constants.has_parts(name):
            return UNKNOWN
        found = Ref(name, type_only=self.where.type_checking)
        return found if self.resolver is None else self.resolver.settle(found)

    def _package(self, given: Value) -> str:
        """The package that a relative name starts from; empty where it is not known."""
        own = self.info.module_name
        match given:
            case Const(value=str() as text):
                return text
            case Ref(dotted="builtins.__name__"):
                return own
            case Ref(dotted="builtins.__package__"):
                return own if self.info.is_package else own.rpartition(".")[0]
        return ""

    def entered(self, node: ast.expr) -> Value:
        """What ``with node as target`` binds: what the context manager's ``__enter__`` gives."""
        call = self.facts.calls.get(node) if isinstance(node, ast.Call) else None
        if call is not None and isinstance(call.callee, Function) and call.callee.context_manager:
            value = self.read(("yield", call.callee.node, ""))
            return UNKNOWN if value is UNBOUND else value
        if (
            call is not None
            and isinstance(call.callee, Ref)
            and call.callee.dotted == "contextlib.nullcontext"
        ):
            return self.facts.values.get(node, UNKNOWN)
        value = self.facts.values.get(node, UNKNOWN)
        if isinstance(value, Result) and self.resolver is not None:
            return self.resolver.entered(value.callee.dotted) or UNKNOWN
        if not isinstance(value, Instance):
            return UNKNOWN
        enter = self.attribute(value, "__enter__")
        given: Value | None = UNBOUND
        if isinstance(enter, Function):
            given = self.read(("return", enter.node, ""))
        elif isinstance(enter, Ref) and self.resolver is not None:
            given = self.resolver.result(enter.dotted)
        return given if isinstance(given, Ref) else value


def _nobody_knows(dotted: str, given: Given) -> bool:
    return False


def _grown(owner: Mapping | Sequence, method: str, arguments: list[Value]) -> Value | None:
    """A list after ``append`` or ``extend``; None where its items are not known."""
    if not isinstance(owner, Sequence) or len(arguments) != 1:
        return None
    more = arguments[0]
    items = (more,) if method == "append" else more.items if isinstance(more, Sequence) else None
    return sequence((*owner.items, *items), owner.node) if items and method in ("append", "extend") else None


# Callees that give the module they name, with the keyword of the name.
_MODULE_LOADERS = {
    "importlib.import_module": "name",
    "pkgutil.resolve_name": "name",
    "pytest.importorskip": "modname",
}


def absolute_name(package: str, level: int, name: str) -> str:
    """The absolute name of a relative import; empty where it leaves the package."""
    parts = package.split(".") if package else []
    if level > len(parts):
        return ""
    base = parts[: len(parts) - level + 1]
    return ".".join([*base, name] if name else base)
