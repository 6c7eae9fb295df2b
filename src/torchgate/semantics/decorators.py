"""What a decorator of the project makes of a function, told by the decorator's tree: whether a call of what
it gives still gives what the function gave.

``def traced(fn)`` that returns ``fn``, or a wrapper in which every ``return`` is a call of ``fn``, does; one
that returns ``str(fn())`` does not, and neither does one of which not everything is in sight.
"""

from __future__ import annotations

import _ast as ast
import sys

from torchgate.semantics.decorator_bodies import Bodies
from torchgate.semantics.definitions import RECURSION_LIMIT
from torchgate.semantics.handing import bound, own_nodes
from torchgate.semantics.known import CONTEXT_MANAGERS, TRANSPARENT
from torchgate.semantics.roles import (
    ABSENT,
    GIVEN,
    OTHER,
    RESULT,
    SAME,
    Either,
    Frame,
    Local,
    Method,
    Named,
    Object,
    Packed,
    Partial,
    Table,
    join,
    of_constant,
)
from torchgate.semantics.values import UNKNOWN, Class, Function, Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torchgate.semantics.environment import Environment
    from torchgate.semantics.roles import Decoration, Given, Role
    from torchgate.semantics.scopes import FunctionNode
    from torchgate.semantics.values import Value

# Walls: calls inside each other, and calls for one question.
_DEPTH = 25
_CALLS = 100
# So often a body is run through where it takes what it keeps.
_TURNS = 3

_TABLES = frozenset(
    {
        "builtins.dict",
        "collections.OrderedDict",
        "weakref.WeakKeyDictionary",
        "weakref.WeakValueDictionary",
    }
)
# Callees that give one of their arguments.
_ARGUMENT = {"functools.update_wrapper": 0, "typing.cast": 1, "typing_extensions.cast": 1, "asyncio.run": 0}
# Of these nobody makes a decorator by calling them without a function.
_PLAIN = ("abc.", "atexit.", "builtins.", "functools.cache", "types.", "typing.")
_CONTEXTS = frozenset({"contextlib.ContextDecorator", "contextlib.AsyncContextDecorator"})


class Decorators(Bodies):
    """The decorators of one module."""

    def __init__(
        self,
        reader: Environment,
        functions: Iterable[Function],
        classes: Iterable[Class],
        chosen: Callable[[str], Iterable[Value]],
        ask: Callable[[str, Given], bool],
    ) -> None:
        """``functions`` and ``classes`` are the definitions of the module that ``reader`` reads; ``chosen``
        gives all that a module-level name was ever bound to; ``ask`` decides about the decorators of other
        modules."""
        super().__init__(reader.module_value)
        self._functions = {function.dotted: function for function in functions}
        self._classes = {cls.dotted: cls for cls in classes}
        self._above = f"{reader.info.module_name}." if reader.info.module_name else ""
        self._read_body = reader.text.read_body
        self._chosen = chosen
        self._ask = ask
        self._calls = self._depth = 0

    def _function(self, dotted: str) -> Function | None:
        """A function of the module that runs at its top level or in a class there."""
        function = self._functions.get(dotted)
        if function is None:
            return None
        above = dotted.rpartition(".")[0]
        while above != self._above[:-1]:
            if above not in self._classes:
                return None  # its names may be those of the function around it
            above = above.rpartition(".")[0]
        self._read_body(function.node)
        return function

    def keep_results(self, decorations: Iterable[Decoration]) -> bool:
        """Whether all of some decorators leave what calls of a function give as it is."""
        self._calls = self._depth = 0
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, RECURSION_LIMIT))
        try:
            return self._all_keep(decorations)
        finally:
            sys.setrecursionlimit(limit)

    def _all_keep(self, decorations: Iterable[Decoration]) -> bool:
        for dotted, (positional, named, is_open) in decorations:
            made = self.call(Named(dotted), [*positional], dict(named), is_open=is_open)
            if not self.is_given(made if GIVEN in positional else self.call(made, [GIVEN], {})):
                return False
        return True

    def is_given(self, role: Role) -> bool:
        """Whether a call of something gives what a call of the function does."""
        if isinstance(role, Either):
            return all(map(self.is_given, role.roles))
        if isinstance(role, Local | Object | Method | Partial):
            return self.call(role, [], {}, is_open=True) == RESULT
        return role == GIVEN

    def call(
        self, callee: Role, arguments: list[Role], keywords: dict[str, Role], *, is_open: bool = False
    ) -> Role:
        """What a call gives; ``is_open``: there are more arguments than are known."""
        self._calls += 1
        if self._depth > _DEPTH or self._calls > _CALLS:
            return OTHER
        self._depth += 1
        try:
            return self._called(callee, arguments, keywords, is_open)
        finally:
            self._depth -= 1

    def _called(self, callee: Role, arguments: list[Role], keywords: dict[str, Role], is_open: bool) -> Role:
        match callee:
            case Local(node=node, frame=frame):
                return self._run(node, frame, arguments, keywords, is_open)
            case Method(owner=owner, function=function):
                return self._run(function.node, None, [owner, *arguments], keywords, is_open)
            case Partial(callee=inner):
                given = [*callee.arguments, *arguments]
                return self.call(inner, given, callee.keywords | keywords, is_open=is_open)
            case Object():
                method = self.attribute(callee, "__call__")
                if method == OTHER and self._is_context(callee.cls):
                    return arguments[0] if arguments else OTHER
                return self.call(method, arguments, keywords, is_open=is_open)
            case Named(dotted=dotted):
                return self._call_named(dotted, arguments, keywords, is_open)
            case Either(roles=roles):
                return self.joined([self.call(role, arguments, keywords, is_open=is_open) for role in roles])
        if callee == SAME and arguments:
            return arguments[0]
        return RESULT if callee == GIVEN else OTHER

    def _call_named(
        self, dotted: str, arguments: list[Role], keywords: dict[str, Role], is_open: bool
    ) -> Role:
        first = arguments[0] if arguments else OTHER
        if dotted == "functools.wraps":
            return SAME
        if dotted == "functools.partial" and arguments:
            return Partial(first, arguments[1:], keywords)
        if dotted in _ARGUMENT:
            return arguments[_ARGUMENT[dotted]] if len(arguments) > _ARGUMENT[dotted] else OTHER
        if dotted in _TABLES and not arguments and not keywords:
            return Table()
        if dotted in TRANSPARENT and dotted not in CONTEXT_MANAGERS:
            if self.is_given(first):
                return first
            # `lru_cache(maxsize=1)` makes a decorator, and `property(lambda self: ...)` does not.
            is_option = not arguments or isinstance(first, str)
            return SAME if is_option and not dotted.startswith(_PLAIN) else OTHER
        name = dotted.removeprefix(self._above)
        if "." not in name and dotted.startswith(self._above) and self._known(name) is UNKNOWN:
            values = self._chosen(name)
            given = [self._call_value(value, dotted, arguments, keywords, is_open) for value in values]
            return self.joined(given or [OTHER])
        function = self._function(dotted)
        if function is not None:
            return self._call_function(function, arguments, keywords, is_open)
        cls = self._classes.get(dotted)
        if cls is None and dotted.endswith(".__call__") and dotted[:-9] in self._classes:
            return self.call(Object(self._classes[dotted[:-9]]), arguments, keywords, is_open=is_open)
        if cls is None:
            return self._asked(dotted, arguments, keywords, is_open)
        made = Object(cls)
        self.call(self.attribute(made, "__init__"), arguments, keywords, is_open=is_open)
        return made

    def _call_value(
        self, value: Value, name: str, arguments: list[Role], keywords: dict[str, Role], is_open: bool
    ) -> Role:
        """A call of one of several things that bear the same name."""
        if isinstance(value, Function):
            self._read_body(value.node)
            return self._call_function(value, arguments, keywords, is_open)
        if isinstance(value, Ref) and value.dotted != name:
            return self._call_named(value.dotted, arguments, keywords, is_open)
        return OTHER

    def _call_function(
        self, function: Function, arguments: list[Role], keywords: dict[str, Role], is_open: bool
    ) -> Role:
        if function.context_manager:
            return SAME  # what `contextlib.contextmanager` makes is a decorator as well
        if function.opaque and not (function.decorations and self._all_keep(function.decorations)):
            return OTHER
        decorators = {getattr(item, "id", "") for item in getattr(function.node, "decorator_list", ())}
        if function.owner is not None and "staticmethod" not in decorators:
            arguments = [OTHER if "classmethod" in decorators else Object(function.owner), *arguments]
        return self._run(function.node, None, arguments, keywords, is_open)

    def _asked(self, dotted: str, arguments: list[Role], keywords: dict[str, Role], is_open: bool) -> Role:
        kinds = tuple(map(self._word, arguments))
        named = tuple((name, self._word(role)) for name, role in keywords.items())
        if not self._ask(dotted, (kinds, named, is_open)):
            return OTHER
        return GIVEN if GIVEN in kinds else SAME

    def _word(self, role: Role) -> str:
        if self.is_given(role):
            return GIVEN
        return role if role in (ABSENT, "constant") and isinstance(role, str) else OTHER

    # Objects.

    def attribute(self, owner: Object, name: str) -> Role:
        """An attribute or method of an object of the module."""
        if name in owner.attributes:
            return owner.attributes[name]
        for cls in self._lineage(owner.cls):
            function = self._function(f"{cls.dotted}.{name}")
            if function is not None:
                return Method(owner, function) if not function.opaque else OTHER
        return OTHER

    def _lineage(self, cls: Class) -> Iterable[Class]:
        waiting, seen = [cls], set[str]()
        while waiting:
            cls = waiting.pop(0)
            if cls.dotted not in seen:
                seen.add(cls.dotted)
                yield cls
                waiting += [base for base in cls.bases if isinstance(base, Class)]

    def _is_context(self, cls: Class) -> bool:
        bases = (base for item in self._lineage(cls) for base in item.bases)
        return any(isinstance(base, Ref) and base.dotted in _CONTEXTS for base in bases)

    # Bodies.

    def _run(
        self,
        node: FunctionNode,
        outer: Frame | None,
        arguments: list[Role],
        keywords: dict[str, Role],
        is_open: bool,
    ) -> Role:
        if isinstance(node, ast.Lambda):
            frame = Frame(set(), outer)
            self._bind_parameters(frame, node.args, arguments, keywords, is_open)
            return self.role(node.body, frame)
        nodes = list(own_nodes(node))
        if any(isinstance(item, ast.Yield | ast.YieldFrom) for item in nodes):
            return OTHER
        for _ in range(_TURNS):
            puts = self.puts
            frame = Frame(set(bound(nodes)), outer)
            self._bind_parameters(frame, node.args, arguments, keywords, is_open)
            if not self.ends(node.body, frame):
                frame.returned.append(ABSENT)
            if self.puts == puts:
                break  # else what was put into a table may have been taken from it before
        return self.joined(frame.returned)

    def joined(self, roles: Iterable[Role]) -> Role:
        """Any of some roles; what gives the same when it is called is the same."""
        found: Role = ABSENT
        for role in roles:
            both = join(found, role)
            if both == OTHER and OTHER not in (found, role):
                both = GIVEN if self.is_given(found) and self.is_given(role) else Either(found, role)
            found = both
        return found

    def _bind_parameters(
        self,
        frame: Frame,
        parameters: ast.arguments,
        arguments: list[Role],
        keywords: dict[str, Role],
        is_open: bool,
    ) -> None:
        positional = [*parameters.posonlyargs, *parameters.args]
        required = len(positional) - len(parameters.defaults)
        defaults = [*[None] * required, *parameters.defaults, *parameters.kw_defaults]
        both = [*zip([*positional, *parameters.kwonlyargs], defaults, strict=True)]
        for parameter, default in both:
            role = OTHER if is_open else of_constant(default)
            frame.names[parameter.arg] = keywords.get(parameter.arg, role)
        for parameter, given in zip(positional, arguments, strict=False):
            frame.names[parameter.arg] = given
        if parameters.vararg is not None:
            more = Packed(arguments[len(positional) :])
            frame.names[parameters.vararg.arg] = OTHER if is_open else more
        if parameters.kwarg is not None:
            is_empty = not is_open and keywords.keys() <= {parameter.arg for parameter, _ in both}
            frame.names[parameters.kwarg.arg] = Packed([]) if is_empty else OTHER
