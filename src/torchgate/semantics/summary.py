"""What other modules may ask of one module, made from its own text alone.

A value that depends on another module stays a dotted name here and is followed when it is asked for
(``torchgate.semantics.following``): so a summary depends on one file's content and on nothing else. What
importing the module shows is read at once; a function's body is read when its result is asked for.
"""

from __future__ import annotations

from torchgate.config import matches_module
from torchgate.semantics.known import is_watched
from torchgate.semantics.lately import Lately
from torchgate.semantics.module import reread
from torchgate.semantics.values import (
    IMPORT,
    NOTHING,
    UNBOUND,
    UNKNOWN,
    Choice,
    Class,
    Const,
    Function,
    Instance,
    Ref,
    Result,
    Sequence,
)
from torchgate.source import UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias, TypeVar

    from torchgate.config import Config
    from torchgate.semantics.facts import Facts, Import, Write
    from torchgate.semantics.handing import Handed
    from torchgate.semantics.roles import Decoration, Given
    from torchgate.semantics.scopes import FunctionNode
    from torchgate.semantics.statements import Statements
    from torchgate.semantics.values import Value

    # ("ref" | "alias" | "choice" | "alias choice" | "instance" | "call", dotted, via, type_only, module);
    # the names of a choice are joined by "|". An alias was assigned, not imported.
    Symbol: TypeAlias = tuple[str, str, int, bool, str]
    # What a call gives: a symbol, or a tuple of such.
    Shape: TypeAlias = Symbol | list["Shape | None"]
    Answer = TypeVar("Answer")

# What stands for no symbol at all: nothing binds a name; its module's text does not tell.
ABSENT: Symbol = ("absent", "", IMPORT, False, "")
UNTOLD: Symbol = ("untold", "", IMPORT, False, "")


class Summary:
    """One module as others see it.

    ``exports``: top-level names and what they hold (None: something that does not matter). ``stars``:
    modules it star-imports. ``public``: its ``__all__`` where that is constant; ``withheld``: what it
    imports, where its ``__all__`` is not. ``dynamic``: it has a module ``__getattr__``, or puts something
    else in its place in ``sys.modules``. ``imports``: what importing it imports. ``classes``: their
    qualified names.
    """

    __slots__ = (
        "_chosen",
        "_classes",
        "_complete",
        "_functions",
        "_lately",
        "_reader",
        "dynamic",
        "exports",
        "imports",
        "name",
        "public",
        "stars",
        "withheld",
    )

    def __init__(self, name: str, reader: Statements, lately: Lately | None = None) -> None:
        """``reader`` has run through the module's statements; bodies may still wait. ``lately`` is told of
        every question."""
        self.name = name
        self._lately = lately or Lately()
        self._reader = reader
        self._complete = not reader.waiting
        final = reader.exports()
        facts = reader.facts
        imported = {(item.bound, ref.dotted) for item in facts.imports.values() for ref in _refs(item.value)}
        self.exports = {
            name: symbol(value)
            if all((name, ref.dotted) in imported for ref in _refs(value))
            else self._symbol(value)
            for name, value in final.items()
        }
        self.public = _names(final.get("__all__"))
        # A computed `__all__` lists what the module defines, hardly ever a package that it imports.
        computed = "__all__" in final and self.public is None
        self.withheld = frozenset(
            key for key, held in self.exports.items() if computed and held and held[1] != f"{name}.{key}"
        )
        self.dynamic = "__getattr__" in final or any(map(_replaces_module, facts.writes.values()))
        at_import = [item for item in facts.imports.values() if _at_import(item, facts)]
        self.stars = [item.module for item in at_import if item.star and item.module]
        self.imports = sorted({item.dotted for item in at_import if item.dotted})
        self._classes = {cls.qualname: cls for cls, _ in facts.classes.values()}
        self._functions = {function.qualname: function for function, _ in facts.functions.values()}
        self._chosen = _chosen(reader, final)
        self._lately.let_go(reader)

    def lazy(self, name: str) -> Symbol | None:
        """What the module's ``__getattr__`` gives for a name."""
        function = self._reader.exports().get("__getattr__") if self.dynamic else None
        if not isinstance(function, Function) or function.opaque:
            return None
        from torchgate.semantics.lazy import for_name  # hardly any module has one

        self._reader.text.read_body(function.node)
        made = for_name(function.node, name, self._reader.module_value)
        found = self._symbol(self._reader.result_apart(made)) if made is not None else None
        self._lately.let_go(self._reader)
        return found

    def is_class(self, qualname: str) -> bool:
        """Whether a qualified name is a class of this module."""
        return qualname in self._classes

    def result(self, qualname: str) -> Shape | None:
        """What calling a function of this module gives, but for what ``decorations`` may do to it."""
        function = self._functions.get(qualname)
        if function is None or _is_hidden(function) or function.context_manager:
            return None
        return self._shape(
            self._ask(lambda reader: reader.read(("return", self._functions[qualname].node, "")))
        )

    def entered(self, qualname: str) -> Shape | None:
        """What ``with`` binds where a context manager of this module is entered."""
        function = self._functions.get(qualname)
        if function is None or _is_hidden(function) or not function.context_manager:
            return None
        return self._shape(
            self._ask(lambda reader: reader.read(("yield", self._functions[qualname].node, "")))
        )

    def decorations(self, qualname: str) -> tuple[Decoration, ...]:
        """The decorators of a function of this module that have to be asked about."""
        function = self._functions.get(qualname)
        return function.decorations if function is not None else ()

    def decorates(self, qualname: str, given: Given, ask: Callable[[str, Given], bool]) -> bool:
        """Whether a decorator of this module leaves what a function gives as it is."""
        from torchgate.semantics.decorators import Decorators  # hardly anybody asks

        decorators = Decorators(
            self._reader,
            self._functions.values(),
            self._classes.values(),
            lambda name: self._chosen.get(name, ()),
            ask,
        )
        found = decorators.keep_results([(f"{self.name}.{qualname}", given)])
        self._lately.let_go(self._reader)
        return found

    def handed_on(self, qualname: str, place: int | str, *, is_bound: bool) -> list[Handed]:
        """Where an argument of a function of this module goes on to, outside the module; ``is_bound``: it is
        called as a method of an object."""
        from torchgate.semantics.handing import Callees, handed_on, runs_at_once, shift  # hardly anybody asks

        def definition(dotted: str) -> FunctionNode | None:
            node = runs_at_once(self._functions.get(dotted.removeprefix(f"{self.name}.")))
            if node is not None:
                self._reader.text.read_body(node)
            return node

        qualname = f"{qualname}.__init__" if self.is_class(qualname) else qualname
        function = definition(qualname)
        if function is None:
            return []
        start = place, shift(self._functions[qualname], is_bound)
        callees = Callees(self._reader.module_value, self._functions)
        found = list(handed_on(function, start, definition, callees.named))
        self._lately.let_go(self._reader)
        return found

    def is_defined_so(self, qualname: str, test: Callable[[FunctionNode], bool]) -> bool:
        """Whether a function of this module passes a test of its definition; not where it has none here."""
        function = self._functions.get(qualname)
        if function is None:
            return False
        self._reader.text.read_body(function.node)
        passed = test(function.node)
        self._lately.let_go(self._reader)
        return passed

    def bases(self, qualname: str) -> list[str]:
        """The base classes of a class, as dotted names."""
        found = (symbol(base) for base in self._classes[qualname].bases)
        return [item[1] for item in found if item is not None and item[0] == "ref"]

    def member(self, qualname: str, name: str) -> Symbol | None:
        """What instances of a class hold under ``name``, base classes aside."""
        return self._symbol(self._ask(lambda reader: reader.own_member(self._classes[qualname], name)))

    def has_member(self, qualname: str, name: str) -> bool:
        """Whether instances of a class hold something under ``name``, base classes aside; not for None."""
        value = self._ask(lambda reader: reader.own_member(self._classes[qualname], name))
        return value is not UNBOUND and value is not NOTHING

    def members(self, qualname: str) -> list[Symbol]:
        """What instances of a class are known to hold under any name, base classes aside."""

        def held(reader: Statements) -> list[Value]:
            cls = self._classes[qualname].node
            reader.demand_all(cls)
            table = reader.current.items()
            return [
                value for (kind, node, _), value in table if node is cls and kind in ("attribute", "name")
            ]

        found = map(self._symbol, self._ask(held))
        return [item for item in found if item is not None]

    def _shape(self, value: Value) -> Shape | None:
        """The value of a call without its syntax tree; None where other modules cannot use it."""
        return (
            [self._shape(item) for item in value.items]
            if isinstance(value, Sequence)
            else self._symbol(value)
        )

    def _symbol(self, value: Value) -> Symbol | None:
        """``symbol``, but a name from outside the project that got another one here, and that nobody looks
        for, is not followed: who gives it away can be told by an import statement or not at all. Whether one
        of the project comes from outside, who follows it will see."""
        refs = _refs(value)
        found = symbol(value)
        if found is None or not refs or refs[0].via != IMPORT:
            return found
        config, gates = self._reader.config, self._reader.gates
        if not any(is_followed(ref, config, gates) or ref.package in config.project_names for ref in refs):
            return None
        return ("alias choice" if isinstance(value, Choice) else "alias", *found[1:])

    def _ask(self, question: Callable[[Statements], Answer]) -> Answer:
        """The answer of what has been read so far; of all of the file, where bodies that were read for it
        need each other: one that is being read has no result yet, so the answer hung on who came first."""
        answer = question(self._reader)
        if not self._complete and self._reader.circular:
            try:
                self._reader = reread(self._reader)
            except UnreadableError:
                return answer
            self._complete = True
            self._find_again()
            answer = question(self._reader)
        self._lately.let_go(self._reader)
        return answer

    def _find_again(self) -> None:
        """Know classes and functions by the nodes of the present reader, which parsed the file anew."""
        facts = self._reader.facts
        functions = {_place(item): item for item, _ in facts.functions.values()}
        classes = {_place(item): item for item, _ in facts.classes.values()}
        self._functions = {name: functions[_place(item)] for name, item in self._functions.items()}
        self._classes = {name: classes[_place(item)] for name, item in self._classes.items()}


def _chosen(reader: Statements, final: dict[str, Value]) -> dict[str, list[Value]]:
    """All that was bound to the names that are a function, and something else where a path went otherwise."""
    touched = reader.module_scope.touched
    found: dict[str, list[Value]] = {
        name: [] for name, value in touched if value.__class__ is Function and final.get(name) is UNKNOWN
    }
    for name, value in touched if found else ():
        if name in found:
            found[name].append(value)
    return found


def _is_hidden(function: Function) -> bool:
    return function.opaque and not function.decorations


def _place(item: Class | Function) -> tuple[str, int, int]:
    return item.qualname, item.node.lineno, item.node.col_offset


class Acts:
    """What one function does to the determinism state itself: ``sets`` names the settings; ``hides``:
    it may set others in a way that cannot be seen; ``calls``: functions that it calls or hands on, as
    dotted names, classes included."""

    __slots__ = ("calls", "hides", "sets")

    def __init__(self, sets: frozenset[str], hides: bool, calls: tuple[str, ...]) -> None:
        self.sets = sets
        self.hides = hides
        self.calls = calls


def symbol(value: Value) -> Symbol | None:
    """A value without its syntax tree; None where other modules cannot use it."""
    match value:
        case Ref():
            return ("ref", value.dotted, value.via, value.type_only, value.module)
        case Choice(refs=(first, *_) as refs):
            return ("choice", "|".join(ref.dotted for ref in refs), first.via, first.type_only, "")
        case Function() | Class():
            return ("ref", value.dotted, IMPORT, False, "")
        case Instance(cls=cls):
            return ("instance", cls.dotted, IMPORT, False, "")
        case Result(callee=callee):
            return ("call", callee.dotted, callee.via, callee.type_only, "")
    return None


def is_followed(ref: Ref, config: Config, gates: frozenset[str]) -> bool:
    """Whether rules look for a name from outside the project, so that it is followed under any other one."""
    if ref.via != IMPORT or ref.package in gates or ref.package == "torchgate":
        return True
    named = (*config.default_helpers, *config.effect_functions)
    return is_watched(ref.dotted) or ref.dotted in named or matches_module(ref.dotted, config.facade_modules)


def _refs(value: Value) -> tuple[Ref, ...]:
    if isinstance(value, Choice):
        return value.refs
    return (value,) if isinstance(value, Ref) else ()


def _at_import(item: Import, facts: Facts) -> bool:
    """Whether importing the module imports what a statement names: a lazy one does so where the module's own
    statements use the name."""
    return item.where.runs and (item.where.import_time or facts.lazy.get(item.bound, False))


def _replaces_module(write: Write) -> bool:
    return write.item and isinstance(write.base, Ref) and write.base.dotted == "sys.modules"


def _names(value: Value | None) -> list[str] | None:
    if not isinstance(value, Sequence):
        return None
    names = [item.value for item in value.items if isinstance(item, Const) and isinstance(item.value, str)]
    return names if len(names) == len(value.items) else None
