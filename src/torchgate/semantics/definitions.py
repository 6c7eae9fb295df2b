"""Functions and classes: signatures where they are defined, bodies once the scope around is known."""

from __future__ import annotations

import _ast as ast
import sys

from torchgate.semantics.annotations import Annotations
from torchgate.semantics.assigned import ANY, assigned
from torchgate.semantics.environment import Scope
from torchgate.semantics.facts import Where
from torchgate.semantics.known import CONTEXT_MANAGERS, TRANSPARENT
from torchgate.semantics.scopes import parameters
from torchgate.semantics.slices import ALL, RETURN, Slices
from torchgate.semantics.values import (
    IMPORT,
    UNBOUND,
    UNKNOWN,
    Class,
    Function,
    Instance,
    Ref,
    Result,
    Unbound,
    Unknown,
    plain,
    same,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from torchgate.semantics.environment import Key, State
    from torchgate.semantics.roles import Decoration
    from torchgate.semantics.slices import Slice
    from torchgate.semantics.values import Value

# Calls between Python functions take no C stack; 1,000 levels of source need a few frames each.
RECURSION_LIMIT = 20_000
# Bodies read on demand inside each other: further ones say nothing.
_DEMANDS = 100
# So often they are read again for an attribute that is made of itself.
_TURNS = 3


class Definitions(Annotations):
    """Reads definitions."""

    jumps: list[tuple[State, bool]]
    loops: int

    def run(self, body: list[ast.stmt]) -> None:
        """Overridden by the layer that knows statements."""
        raise NotImplementedError

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """A ``def``: decorators, defaults and annotations run now, the body later."""
        decorators = [self.evaluate(decorator) for decorator in node.decorator_list]
        self.defaults(node.args)
        annotations = [parameter.annotation for parameter in parameters(node.args)]
        self.annotations([item for item in (*annotations, node.returns) if item is not None])
        names = {_decorator_name(value) for value in decorators}
        is_opaque = not names <= TRANSPARENT
        qualname = f"{self.where.qualname}.{node.name}" if self.where.qualname else node.name
        function = Function(
            node,
            qualname,
            self._dotted(qualname),
            owner=self.scope.cls if self.scope.kind == "class" else None,
            opaque=is_opaque,
            context_manager=bool(names & CONTEXT_MANAGERS),
            decorations=self._decorations(node.decorator_list, decorators) if is_opaque else (),
        )
        self.facts.functions[node] = (function, self.where)
        self.defer(function)
        self.bind(node.name, function, node)

    def _decorations(self, nodes: list[ast.expr], values: list[Value]) -> tuple[Decoration, ...]:
        """The decorators that are not known; none where one of them is not the project's."""
        found = []
        for node, value in zip(nodes, values, strict=True):
            if _decorator_name(value) not in TRANSPARENT:
                decoration = self._decoration(node, value)
                if decoration is None:
                    return ()
                found.append(decoration)
        return tuple(found)

    def _decoration(self, node: ast.expr, value: Value) -> Decoration | None:
        from torchgate.semantics.roles import DIRECTLY, described  # most decorators are known

        given = DIRECTLY
        if isinstance(node, ast.Call):
            call = self.facts.calls.get(node)
            value, given = call.callee if call is not None else UNKNOWN, described(node)
            node = node.func
        if value is UNKNOWN and isinstance(node, ast.Name) and self._is_global(node.id):
            return self._dotted(node.id), given
        match value:
            case Function() | Class():
                return value.dotted, given
            case Instance(cls=cls) if isinstance(cls, Class) or cls.package in self.config.project_names:
                return f"{cls.dotted}.__call__", given
            case Ref(dotted=dotted) if value.via == IMPORT and value.package in self.config.project_names:
                return dotted, given
        return None

    def _is_global(self, name: str) -> bool:
        """Whether a name where the reading stands is one that the module's own statements bind."""
        scope, module = self.scope, self.module_scope
        is_own = scope.kind == "class" and name in scope.bindings.bound
        return name in module.bindings.bound and not is_own and (scope.parent or scope) is module

    def _dotted(self, qualname: str) -> str:
        module = self.info.module_name
        return f"{module}.{qualname}" if module else qualname

    def cls(self, node: ast.ClassDef) -> None:
        """A ``class``: its body runs now, in a scope that its methods do not see."""
        for decorator in node.decorator_list:
            self.evaluate(decorator)
        bases = tuple(map(self._base, node.bases))
        for keyword in node.keywords:
            self.evaluate(keyword.value)
        qualname = f"{self.where.qualname}.{node.name}" if self.where.qualname else node.name
        value = Class(node, qualname, self._dotted(qualname), bases)
        self.facts.classes[node] = (value, self.where)
        inside = Where(
            qualname,
            self.where.function,
            value,
            import_time=self.where.import_time,
            type_checking=self.where.type_checking,
            main_guard=self.where.main_guard,
        )
        outer = self.scope
        self.scope = Scope("class", node, outer, self.text.binds_by_walrus(node), value)
        outside = self.at(inside)
        self.run(node.body)
        self.where = outside
        self.scope.active = False
        self.scope = outer
        self.bind(node.name, value, node)

    def _base(self, node: ast.expr) -> Value:
        """What a class has as its base: that of `Base[int]` is `Base`."""
        value = self.evaluate(node)
        if value is UNKNOWN and isinstance(node, ast.Subscript):
            generic = self.facts.values.get(node.value, UNKNOWN)
            return generic if isinstance(generic, Class | Ref) else UNKNOWN
        return value

    # Bodies.

    def run_deferred(self, wanted: Callable[[ast.AST], bool] | None = None) -> None:
        """Read every function body that waits (or those ``wanted``), and those found inside them."""
        asked: set[ast.AST] = set()
        while waiting := [node for node in self.deferred if node not in asked]:
            asked.update(waiting)
            for node in waiting:
                if node in self.deferred and (wanted is None or wanted(node)):
                    self._body(*self._taken(node))

    def demand(self, key: Key) -> None:
        """Read the waiting bodies that can learn ``key``: the function's own, or the methods of the class
        that may assign the attribute (others would only read each other while they have no result yet)."""
        kind, _, name = key
        if kind == "attribute":
            if name:  # nobody assigns what `getattr(self, "")` gives
                self._demand(key, name)
        elif kind in ("return", "yield"):
            self._demand(key, RETURN)

    def _demand(self, key: Key, question: str) -> None:
        kind, node, name = key
        if kind == "attribute" and self._is_settled(key):
            return
        wanted = self._assigning(node, name) if kind == "attribute" else [node]
        needed = self.reading[:-1] if self._is_own(key) else self.reading
        is_needed = any(
            read_for in (ALL, question) and (function.node is node or self._assigns_to(function, node, name))
            for function, read_for in needed
        )
        self.circular = self.circular or is_needed
        if self.demands < _DEMANDS:
            self._read_waiting(wanted, question, key)
            if kind == "attribute" and self.sliced:
                self._settle(key, question, is_needed=is_needed)
            # As long as a body is being read, whoever asks for its result has to be noticed.
            self.waiting = bool(self.deferred or self.reading)

    def _settle(self, key: Key, question: str, *, is_needed: bool) -> None:
        """See to it that bodies which assign an attribute something made of itself (`self.a = self.a.b`) were
        told what it comes to: else they are read again, until nothing moves."""
        if self.reading and self.reading[-1][1] == question:
            answers = self.told.setdefault(key, {}).setdefault(self.reading[-1][0].node, [])
            answers.append(plain(self.current.get(key, UNBOUND)))
            return
        told = self.told.get(key)
        if is_needed or told is None:
            return
        for _ in range(_TURNS):
            now = plain(self.current.get(key, UNBOUND))
            moved = [node for node in told if not all(same(value, now) for value in told[node])]
            if now is UNKNOWN or not moved:
                return
            for node in moved:
                told[node] = []
                self._aside(lambda node=node: self._read_for(node, question))  # type: ignore[misc]
        self.current[key] = UNKNOWN

    def _is_own(self, key: Key) -> bool:
        """Whether the body that is being read asks for what it is read for. Of an attribute that needs nobody
        else; what a function gives that calls itself is unknown in the meantime, and has to turn out so."""
        function, read_for = self.reading[-1] if self.reading else (None, ALL)
        if key[0] == "attribute":
            return read_for != ALL
        if key[0] == "return" and read_for == RETURN and function is not None and function.node is key[1]:
            self.recursive.add(key[1])
            known = self.current if self.prior is None else self.prior
            return isinstance(known.get(key, UNKNOWN), Unbound | Unknown)
        return False

    def _is_settled(self, key: Key) -> bool:
        """Whether no body that waits changes what is known of a key: nothing gives an unknown value back its
        certainty. Where all bodies are read, each is read in its turn."""
        return self.sliced and self.current.get(key) is UNKNOWN

    def _assigning(self, cls: ast.AST, attribute: str) -> list[ast.AST]:
        """The methods of a class that may assign an attribute."""
        known = self.assigning.setdefault(cls, {})
        if attribute not in known:
            waiting = {node: self.deferred[node][0] for node in self.methods.get(cls, ())}
            known[attribute] = [node for node in waiting if self._assigns_to(waiting[node], cls, attribute)]
        return known[attribute]

    def demand_all(self, cls: ast.AST) -> None:
        """Read what the methods of a class assign: one attribute after the other, as others ask for them."""
        waiting = [node for node in self._assigning(cls, ANY) if node in self.deferred]
        names = {name for node in waiting for name in self.assigned[node]}
        for name in sorted(names, reverse=True):  # what may be any attribute last
            self._demand(("attribute", cls, name), name)

    def _read_waiting(self, wanted: list[ast.AST], question: str, key: Key) -> None:
        wanted = [node for node in wanted if node in self.deferred and (node, question) not in self.answered]
        if not wanted:
            return

        def read() -> None:
            for waiting in wanted:
                if waiting in self.deferred and not self._is_settled(key):
                    if self.sliced and question != ALL:
                        self._read_for(waiting, question)
                    else:
                        self._body(*self._taken(waiting))

        self._aside(read)

    def _aside(self, read: Callable[[], None]) -> None:
        """Read bodies in the midst of something else."""
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, RECURSION_LIMIT))  # who asks may stand outside `analyze`
        here = (self.scope, self.where, self.stmt, self.dead, self.jumps, self.loops)
        self.demands += 1
        try:
            read()
        finally:
            self.demands -= 1
            self.scope, self.where, self.stmt, self.dead, self.jumps, self.loops = here
            sys.setrecursionlimit(limit)

    def asks(self, question: str) -> bool:
        """Whether the body that is being read is read for a question, and was not before."""
        function, read_for = self.reading[-1]
        return question == read_for or (read_for == ALL and (function.node, question) not in self.answered)

    def may_learn(self, cls: ast.AST, name: str) -> bool:
        """Where others ask, what an attribute holds is told by the methods of its class, which are read for
        it: what functions assign that are read for something else hung on what was asked before."""
        if not self.symbolic or not self.reading:
            return True
        return self.asks(name) and self._assigns_to(self.reading[-1][0], cls, name)

    def is_told(self, node: ast.stmt) -> bool:
        """Whether a statement's own expressions matter, and not only where it leads."""
        return self.slice is None or node in self.slice.told

    def _read_for(self, node: ast.AST, question: str) -> None:
        """Read of a body what bears on one question."""
        self.answered.add((node, question))
        function, scope, where, self.stmt = self.deferred[node]
        facts = self.facts
        # The same body may be read for another question right now.
        values, calls, outer = facts.values, facts.calls, self.slice
        facts.values, facts.calls = {}, {}
        self.slice = self._slice(node, question)
        if self.slice is None:  # what is defined in it is read later, and made of the nodes of this time
            self.current = {key: self.current[key] for key in self.current if key[:2] != ("name", node)}
        self._body(function, scope, where, question)
        facts.values, facts.calls, self.slice = values, calls, outer
        if question == RETURN and node in self.recursive:
            given = self.current.get(("return", node, ""))
            self.circular = self.circular or not isinstance(given, Unknown)

    def _slice(self, node: ast.AST, question: str) -> Slice | None:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        self.text.read_body(node)
        made = self.slices.get(node)
        if made is None:
            made = self.slices[node] = Slices(node, walrus=self.text.has_walrus(node))
        return made.bearing_on(question)

    def _taken(self, node: ast.AST) -> tuple[Function, Scope, Where]:
        """A body that waited and is read now: what it belongs to, and where it stands."""
        function, scope, where, self.stmt = self.deferred.pop(node)
        if function.owner is not None:
            del self.methods[function.owner.node][node]
        return function, scope, where

    def _assigns_to(self, function: Function, cls: ast.AST, attribute: str) -> bool:
        """Whether a method of a class may assign an attribute of that name; any where the name is empty."""
        if function.owner is None or function.owner.node is not cls:
            return False
        names = self.assigned.get(function.node)
        if names is None:
            unit = self.text.units.get(function.node)
            if unit is not None and attribute and not unit.may_assign(attribute):
                return False
            self.text.read_body(function.node)
            names = self.assigned[function.node] = assigned(function.node)
        return not attribute or attribute in names or ANY in names

    def result_apart(self, node: ast.FunctionDef) -> Value:
        """What a call gives of a module-level function that is made from the file, and not a part of it."""
        function = Function(node, node.name, self._dotted(node.name))
        self._aside(lambda: self._body(function, self.module_scope, Where()))
        value = self.current.get(("return", node, ""), UNBOUND)
        return UNKNOWN if value is UNBOUND else value

    def _body(self, function: Function, outer: Scope, where: Where, question: str = ALL) -> None:
        node = function.node
        self.text.read_body(node)
        self.reading.append((function, question))
        self.where = Where(
            function.qualname,
            function,
            where.cls,
            import_time=False,
            type_checking=where.type_checking,
            main_guard=where.main_guard,
        )
        self.dead = False
        self.jumps, self.loops = [], 0
        scope = self.scope = Scope("function", node, outer, self.text.has_walrus(node))
        self._bind_parameters(function)
        if isinstance(node, ast.Lambda):
            self.learn(("return", node, ""), self.evaluate(node.body))
        else:
            self.run(node.body)
            if not self.dead and question in (ALL, RETURN):
                self.learn(("return", node, ""), UNBOUND)
            if ("yield", node, "") in self.current:
                self.current[("return", node, "")] = UNKNOWN  # a call gives the generator
        scope.active = False
        self.reading.pop()

    def _bind_parameters(self, function: Function) -> None:
        arguments = function.node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        for parameter in parameters(arguments):
            value: Value = UNKNOWN
            if parameter is not arguments.vararg and parameter is not arguments.kwarg:
                value = self.declared(parameter, parameter.annotation)
            if function.owner is not None and positional and parameter is positional[0]:
                value = self._first_parameter(function, function.owner) or value
            self.bind(parameter.arg, value, parameter)

    def _first_parameter(self, function: Function, owner: Class) -> Value | None:
        names = {_last_name(decorator) for decorator in getattr(function.node, "decorator_list", ())}
        if "staticmethod" in names:
            return None
        return owner if "classmethod" in names or function.name == "__new__" else Instance(owner)


def _decorator_name(value: Value) -> str:
    match value:
        case Ref():
            return value.dotted
        case Result():
            return value.callee.dotted
    return ""


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
