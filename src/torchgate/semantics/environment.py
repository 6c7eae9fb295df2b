"""Names and their values while a file is read: scopes, lookups, bindings, and what one round learns.

A file is read in rounds. What may be used before the place that defines it is reached (a closure's
variable, an attribute of ``self``, a function's result) is written to a table; a round whose readers
saw something else than the table holds at its end is followed by another one. Values only lose
certainty from round to round, so this ends.
"""

from __future__ import annotations

import _ast as ast
import builtins

from torchgate.semantics.constants import is_constant
from torchgate.semantics.facts import Binding, Facts, Where
from torchgate.semantics.fields import is_field
from torchgate.semantics.handle import attribute_of, is_handle_type
from torchgate.semantics.joins import choice, join
from torchgate.semantics.lineage import lineage
from torchgate.semantics.probes import is_probe
from torchgate.semantics.scopes import Bindings, bindings
from torchgate.semantics.values import (
    NOTHING,
    UNBOUND,
    UNKNOWN,
    Choice,
    Class,
    Condition,
    Const,
    Function,
    Instance,
    Mapping,
    Ref,
    Result,
    Sequence,
    Unknown,
    class_of,
    plain,
    same,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from torchgate.config import Config, FileInfo
    from torchgate.semantics.resolver import Resolver
    from torchgate.semantics.roles import Decoration
    from torchgate.semantics.scopes import ScopeNode
    from torchgate.semantics.slices import Slice, Slices
    from torchgate.semantics.text import Text
    from torchgate.semantics.values import Value

    Key: TypeAlias = tuple[str, ast.AST, str]
    Table: TypeAlias = dict[Key, Value]
    State: TypeAlias = dict[str, Value]

BUILTINS = frozenset([*dir(builtins), "__lazy_import__"])  # Python 3.15


class Scope:
    """One scope while it is read. ``active``: its statements are being run through right now, so that
    code inside it reads ``state`` (what is bound so far) and not the table (all it ever binds)."""

    __slots__ = ("active", "bindings", "cls", "kind", "node", "parent", "stars", "state", "touched")

    def __init__(
        self, kind: str, node: ScopeNode, parent: Scope | None, walrus: bool, cls: Class | None = None
    ) -> None:
        self.kind = kind
        self.node = node
        self.parent = parent
        self.bindings: Bindings = bindings(node, walrus=walrus)
        self.state: State = {}
        self.touched: list[tuple[str, Value]] = []  # every change of `state`, in order
        self.active = True
        self.cls = cls
        self.stars: list[str] = []


class Environment:
    """The state of one round, and the questions that expressions and statements ask of it."""

    def __init__(
        self,
        text: Text,
        config: Config,
        info: FileInfo,
        resolver: Resolver | None,
        prior: Table | None,
    ) -> None:
        self.text = text
        self.tree = text.tree
        self.config = config
        self.info = info
        self.resolver = resolver
        self.gates = frozenset(config.gated_packages) - config.shadowed_packages
        self.prior = prior
        self.current: Table = {}
        self.seen: Table = {}
        self.unsettled: set[tuple[bool, str]] = set()  # names (True: attributes)
        self.facts = Facts()
        self.scope = self.module_scope = Scope("module", text.tree, None, text.binds_by_walrus(text.tree))
        self.dead = False
        self.where = Where()
        self.stmt: ast.stmt = ast.Pass()
        self.deferred: dict[ast.AST, tuple[Function, Scope, Where, ast.stmt]] = {}
        self.methods: dict[ast.AST, dict[ast.AST, None]] = {}  # those deferred, by class
        # Bodies that are being read right now, inside each other: on demand, and all.
        self.demands, self.reading = 0, list[tuple[Function, str]]()  # with the question, or all
        self.sliced = False  # whether bodies are read for one question at a time
        self.slice: Slice | None = None  # what is run through of the body that is being read
        self.slices: dict[ast.AST, Slices] = {}
        self.answered: set[tuple[ast.AST, str]] = set()  # bodies, and the questions they were read for
        self.assigned: dict[ast.AST, frozenset[str]] = {}  # attributes, by method
        self.assigning: dict[ast.AST, dict[str, list[ast.AST]]] = {}  # methods, by class and attribute
        self.decorating: dict[Decoration, bool] = {}  # whether decorators leave what a function gives
        self.getters: dict[ast.Call, Value] = {}  # of `operator.attrgetter`
        self.lineages: dict[Class, list[Class | Ref]] = {}
        # What bodies that assign an attribute were told that it holds, where they asked.
        self.told: dict[Key, dict[ast.AST, list[Value]]] = {}
        self.recursive: set[ast.AST] = set()  # functions that call themselves
        self.circular = False  # whether bodies that are read on demand need each other
        # Whether what other modules give stays a dotted name (`app.base.make().torch`), and no rule looks.
        self.symbolic = False
        self.unused: ast.expr | None = None  # the expression whose value goes nowhere
        self.waiting = False  # whether bodies are read on demand, and some have not been yet

    # What one round learns.

    def read(self, key: Key) -> Value:
        """What the table says of ``key``; remembered, so that a stale answer causes another round."""
        if self.waiting:
            self.demand(key)
        value = (self.current if self.prior is None else self.prior).get(key, UNBOUND)
        if value.__class__ is Unknown:
            value = UNKNOWN
        self.seen.setdefault(key, value)  # the first answer is the least informed
        return value

    def demand(self, key: Key) -> None:
        """Read the waiting bodies that ``key`` depends on. Overridden by the layer that knows bodies."""

    def learn(self, key: Key, value: Value) -> None:
        """Add ``value`` to what ``key`` may hold."""
        self.current[key] = join(self.current.get(key, UNBOUND), value)

    def stale(self, *, anything: bool = False) -> list[Key]:
        """The keys whose readers saw something else, where it matters (or ``anything`` does); ``unsettled``
        are constants."""
        pairs = ((key, value, self.current.get(key, UNBOUND)) for key, value in self.seen.items())
        moved = [key for key, was, now in pairs if now is not was and not same(plain(now), was)]
        constants = [key for key in moved if is_constant(self.seen[key])]
        self.unsettled = {(isinstance(node, ast.ClassDef), name) for _, node, name in constants}
        if anything:
            return moved
        pairs = ((key, self.seen[key], self.current.get(key, UNBOUND)) for key in moved)
        return [key for key, was, now in pairs if self.matters(was) or self.matters(now)]

    def has_news(self, keys: list[Key]) -> bool:
        """Whether some keys now say something else than their readers were told, be it torch or not."""
        return any(_is_news(key[0], self.seen[key], plain(self.current.get(key, UNBOUND))) for key in keys)

    def matters(self, value: Value) -> bool:
        """Whether torch, the handle or an object that may hold them is in ``value``."""
        match value:
            case Ref():
                return self.is_gated(value) or value.dotted in self.config.effect_functions
            case Instance() | Choice():
                return True
            case Result():
                return value.callee.dotted == "torch.device" or is_probe(value)
            case Sequence():
                return any(map(self.matters, value.items))
            case Mapping():
                return any(map(self.matters, value.items.values()))
        return False

    def is_gated(self, value: Value) -> bool:
        """Whether ``value`` is a gated package, or something of one, by import or through the handle."""
        return isinstance(value, Ref) and value.dotted.partition(".")[0] in self.gates

    # Names.

    def lookup(self, name: str) -> Value:
        """The value of a name where the reading stands now."""
        first = scope = self.scope
        value = scope.state.get(name, UNBOUND)
        if value is not UNBOUND and name in scope.bindings.bound and scope.active:
            return value
        while True:
            own = scope.bindings
            if scope.kind == "class" and scope is not first:
                pass  # what is declared in a class body says nothing to the scopes inside it
            elif name in own.globals:
                scope = self.module_scope
                continue
            elif name in own.bound:
                if not scope.active:
                    return _bound(self.read(("name", scope.node, name)))
                value = scope.state.get(name, UNBOUND)
                if value is not UNBOUND:
                    return value
                if scope.kind == "class":
                    scope = self.module_scope  # past the functions around it, as LOAD_NAME does
                    continue
                if scope.kind != "module":
                    return UNKNOWN
            if scope.parent is None:
                return self._global(name)
            scope = scope.parent

    def module_value(self, name: str) -> Value:
        """``globals()[name]``."""
        here, self.scope = self.scope, self.module_scope
        value = self.lookup(name)
        self.scope = here
        return value

    def _global(self, name: str) -> Value:
        """A name that no scope has bound so far: a function's ``global``, a star import, a built-in."""
        learned = self.read(("name", self.tree, name))
        if learned is not UNBOUND and name not in self.module_scope.bindings.bound:
            return learned
        if name == "__builtins__":
            return Ref("builtins")
        if name in BUILTINS:
            return UNKNOWN if name in self.module_scope.bindings.bound else Ref(f"builtins.{name}")
        stars = self.module_scope.stars
        for module in reversed(stars):
            if self.resolver is not None:
                found = self.resolver.star(module, name)
                if found is not None:
                    return found
        if len(stars) == 1 and stars[0].partition(".")[0] in self.gates:
            return Ref(f"{stars[0]}.{name}")
        return UNKNOWN

    def bind(self, name: str, value: Value, node: ast.AST) -> None:
        """Bind a name in the current scope, or in the one that ``global`` or ``nonlocal`` names."""
        scope = self.scope
        if name not in scope.bindings.bound:
            scope = self._owner(name)
        if scope.active:
            scope.state[name] = value
            scope.touched.append((name, value))
        elif scope is self.module_scope:
            self.learn(("global", scope.node, name), value)
        self.learn(("name", scope.node, name), value)
        known = self.facts.bindings
        if self.is_gated(value):
            known[node, name] = Binding(name, value, scope.kind, node, self.stmt, self.where)
        elif known:
            known.pop((node, name), None)

    def unbind(self, name: str) -> None:
        """``del name``: the identity ends here; what closures may see of it stays."""
        owner = self._owner(name)
        owner.state.pop(name, None)
        owner.touched.append((name, UNBOUND))

    def rebind(self, name: str, value: Value) -> None:
        """Change what is known of a name in the current scope, which nothing binds here."""
        self.scope.state[name] = value
        self.scope.touched.append((name, value))

    def _owner(self, name: str) -> Scope:
        scope = self.scope
        if name in scope.bindings.globals:
            return self.module_scope
        if name in scope.bindings.nonlocals:
            owner = scope.parent
            while owner is not None and (owner.kind == "class" or name not in owner.bindings.bound):
                owner = owner.parent
            return owner or scope
        while scope.kind == "comprehension" and name not in scope.bindings.bound and scope.parent:
            scope = scope.parent  # an assignment expression binds outside the comprehension
        return scope

    # Attributes.

    def attribute(self, value: Value, name: str) -> Value:
        """``value.name``."""
        match value:
            case Ref():
                found = attribute_of(value, name)
                if self.resolver is None or not isinstance(found, Ref):
                    return found
                return self.resolver.settle(found)
            case Choice(refs=refs):
                return choice(ref.attribute(name) for ref in refs)
            case Instance(cls=cls) | (Class() as cls):
                return self._member(cls, name)
            case Result(callee=callee) if self.symbolic and callee.package in self.config.project_names:
                return Ref(f"{callee.dotted}().{name}", callee.via, callee.type_only, open=True)
        return UNKNOWN

    def _member(self, cls: Class | Ref, name: str) -> Value:
        """What instances of a class hold under ``name``. None leaves the word to the classes behind."""
        value: Value = UNBOUND
        order = self._lineage(cls)
        while order:
            item = order.pop()
            if isinstance(item, Class):
                held: Value | None = self.own_member(item, name)
            elif self.resolver is not None:
                together = [item]
                while order and isinstance(following := order[-1], Ref):
                    together.append(following)
                    order.pop()
                held = self.resolver.member(together, name)
            elif self.symbolic and item.package in self.config.project_names:
                return Ref(f"{cls.dotted}().{name}", open=True)
            else:
                continue
            if held is not None and held is not UNBOUND and held is not NOTHING:
                return held
            value = held or value
        return class_of(Instance(cls)) if name == "__class__" and value is UNBOUND else _bound(value)

    def _lineage(self, cls: Class | Ref) -> list[Class | Ref]:
        """A class and those behind it, the first last."""
        if isinstance(cls, Ref):
            return [cls]
        if cls not in self.lineages:
            self.lineages[cls] = lineage([cls], _key, _bases)
        return [*self.lineages[cls]]

    def own_member(self, cls: Class, name: str) -> Value:
        """What instances of a class of this file hold under ``name``, base classes aside."""
        value = self.read(("name", cls.node, name))
        if value is UNKNOWN or (isinstance(value, Const) and is_field(cls.node, name)):
            return UNKNOWN  # whatever methods assign: a property with a setter, say
        value = join(self.read(("attribute", cls.node, name)), value)
        if isinstance(value, Function) and _is_property(value.node):
            return _bound(self.read(("return", value.node, "")))
        return plain(value)

    def exports(self) -> dict[str, Value]:
        """What the module's top-level names hold once it is imported, functions' ``global`` included."""
        found = dict(self.module_scope.state)
        for (kind, _, name), value in self.current.items():
            if kind == "global":
                found[name] = join(found.get(name, UNBOUND), value)
        return {name: plain(value) for name, value in found.items()}

    def set_member(self, value: Value, name: str, assigned: Value) -> None:
        """Learn ``value.name = assigned`` where the class of ``value`` is one of this file."""
        cls = value.cls if isinstance(value, Instance) else value
        if name and isinstance(cls, Class) and self.may_learn(cls.node, name):
            self.learn(("attribute", cls.node, name), assigned)

    def may_learn(self, cls: ast.AST, name: str) -> bool:
        """Whether what is read may say what a class holds. Overridden by the layer that knows bodies."""
        return True

    # The handle.

    def is_handle_type(self, value: Value) -> bool:
        """Whether ``value`` is the class of the handle."""
        return isinstance(value, Ref) and is_handle_type(value.dotted, self.config)

    def is_effect(self, value: Value) -> bool:
        """Whether calling ``value`` applies the effect."""
        match value:
            case Ref():
                if value.dotted in self.config.effect_functions:
                    return True
                return self.resolver is not None and self.resolver.is_effect(value.dotted)
            case Function():
                return value.dotted in self.config.effect_functions
        return False


def _key(cls: Class | Ref) -> ast.AST | str:
    return cls.node if isinstance(cls, Class) else cls.dotted


def _bases(cls: Class | Ref) -> list[Class | Ref]:
    """What lies behind a class of another module is that module's matter."""
    return [base for base in cls.bases if isinstance(base, Class | Ref)] if isinstance(cls, Class) else []


def _is_news(kind: str, told: Value, now: Value) -> bool:
    # Who asks what a call gives before it is known is told nothing, and nobody needs conditions of others.
    vague = kind in ("return", "yield") and isinstance(now, Unknown | Condition)
    return not same(now, told) and not (vague and (told is UNBOUND or isinstance(told, Unknown | Condition)))


def _bound(value: Value) -> Value:
    return UNKNOWN if value is UNBOUND else value


def _is_property(node: ast.AST) -> bool:
    decorators = getattr(node, "decorator_list", ())
    names = {getattr(item, "attr", None) or getattr(item, "id", "") for item in decorators}
    return not names.isdisjoint(("property", "cached_property"))


def without_value(value: Value) -> Value:
    """What an ``except`` handler binds where it is not torch: a placeholder."""
    return NOTHING if isinstance(value, Unknown) else value
