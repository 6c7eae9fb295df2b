"""One file, understood: its facts behind small queries. ``analyze`` makes it; rules read it."""

from __future__ import annotations

import _ast as ast
import os
import sys

from torchgate.semantics.constants import is_constant
from torchgate.semantics.definitions import RECURSION_LIMIT
from torchgate.semantics.statements import Statements
from torchgate.semantics.text import UNFILTERED, Text, parse, skimmed
from torchgate.semantics.tree import parents, parents_of_statements, walk
from torchgate.semantics.values import UNBOUND, UNKNOWN, Condition, Const, Ref, plain
from torchgate.source import UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any, TypeVar

    from torchgate.config import Config, FileInfo
    from torchgate.semantics.environment import Key, Table
    from torchgate.semantics.facts import Binding, Call, Facts, Import, Reference, Site, Where, Write
    from torchgate.semantics.resolver import Resolver
    from torchgate.semantics.values import Class, Function, Value
    from torchgate.source import Source

    Node = TypeVar("Node", bound=ast.AST)
    Found = TypeVar("Found")

# Rounds until everything used before its definition is known; what still moves then is UNKNOWN.
_ROUNDS = 4


class Module:
    """The facts of one file. Every list is in the order in which the code runs through it."""

    __slots__ = (
        "_exports",
        "_facts",
        "_holders",
        "_known",
        "_packages",
        "_parents",
        "_qualnames",
        "_unsettled",
        "config",
        "guarded",
        "info",
        "parsed",
        "resolver",
        "source",
        "table",
        "tree",
    )

    def __init__(self, source: Source, config: Config, info: FileInfo, reader: Statements) -> None:
        self.source = source
        self.config = config
        self.info = info
        self.tree = reader.tree
        self.parsed = reader.text
        self.table: Table = reader.current
        self.resolver = reader.resolver
        self._facts: Facts = reader.facts
        self._unsettled = reader.unsettled
        self._exports = reader.exports()
        self._parents: Mapping[ast.AST, ast.AST] | None = None
        self._qualnames: list[str] | None = None
        self._packages: frozenset[str] | None = None
        self._known: dict[str, Any] = {}
        self._holders = frozenset(
            node
            for (kind, node, _), value in self.table.items()
            if kind in ("attribute", "name") and isinstance(value, Ref) and value.is_handle
        )
        self.guarded = frozenset(
            package
            for package, own in config.gated_packages.items()
            if package not in config.shadowed_packages
            and not config.is_runtime_for(package, info.module_name)
            and not (info.is_torch_bound and not own)
        )

    # Facts.

    @property
    def imports(self) -> Iterable[Import]:
        """Every name of every import statement."""
        return self._facts.imports.values()

    @property
    def calls(self) -> Iterable[Call]:
        """Calls whose callee is known."""
        return self._facts.calls.values()

    @property
    def every_call(self) -> list[ast.Call]:
        """The calls in all code that runs or is read, whatever is called, in the order of the text."""
        return self.once("calls", self._calls_in_order)

    def _calls_in_order(self) -> list[ast.Call]:
        return sorted(self._facts.every_call, key=lambda call: (call.lineno, call.col_offset))

    @property
    def references(self) -> Iterable[Reference]:
        """Names and attribute chains that resolve to a dotted name, at their longest."""
        return self._facts.references.values()

    @property
    def writes(self) -> Iterable[Write]:
        """Writes to attributes and items."""
        return self._facts.writes.values()

    @property
    def bindings(self) -> Iterable[Binding]:
        """Names bound to something of a gated package or to the handle."""
        return self._facts.bindings.values()

    @property
    def functions(self) -> Iterable[tuple[Function, Where]]:
        """Every ``def``, with the place of its definition."""
        return self._facts.functions.values()

    @property
    def classes(self) -> Iterable[tuple[Class, Where]]:
        """Every ``class``, with the place of its definition."""
        return self._facts.classes.values()

    def sites(self, kind: type[Node]) -> Iterator[tuple[Node, Site]]:
        """Statements and expressions of one ``ast`` class, among those recorded as a whole:
        ``If, IfExp, BoolOp, Match, Try, TryStar, With, AsyncWith, Assert``, ``Subscript`` of a display."""
        for node, site in self._facts.sites.items():
            if node.__class__ is kind:
                yield node, site

    @property
    def packages(self) -> frozenset[str]:
        """The top-level packages of all names that anything in the file resolves to."""
        if self._packages is None:
            values = (reference.value for reference in self.references)
            self._packages = frozenset(value.package for value in values if isinstance(value, Ref))
        return self._packages

    def once(self, what: str, find_out: Callable[[], Found]) -> Found:
        """What several rules find out about the file, found out once."""
        if what not in self._known:
            self._known[what] = find_out()
        found: Found = self._known[what]
        return found

    # Values.

    def value(self, node: ast.expr) -> Value:
        """What an expression holds."""
        if isinstance(node, ast.Constant) and node.value is not None:
            return Const(node.value)
        return self.settled(self._facts.values.get(node, UNKNOWN), node)

    def settled(self, value: Value, node: ast.expr | None) -> Value:
        """``value``, which was read at ``node``; ``UNKNOWN`` for the constant (or None) that a name or an
        attribute held when it was read, where the file gives it other values, too."""
        if self._unsettled and is_constant(value):
            match node:
                case ast.Name(id=name):
                    return UNKNOWN if (False, name) in self._unsettled else value
                case ast.Attribute(attr=name):
                    return UNKNOWN if (True, name) in self._unsettled else value
        return value

    def dotted(self, node: ast.expr) -> str:
        """The dotted name that an expression resolves to; empty where there is none."""
        value = self.value(node)
        return value.dotted if isinstance(value, Ref) else ""

    def constant(self, node: ast.expr | None) -> object:
        """The folded constant of an expression; None where it is not constant (or is None)."""
        value = self.value(node) if node is not None else UNKNOWN
        return value.value if isinstance(value, Const) else None

    def text(self, node: ast.expr | None) -> str | None:
        """The folded string of an expression; None where it is not a constant string."""
        value = self.constant(node)
        return value if isinstance(value, str) else None

    def exports(self) -> dict[str, Value]:
        """What the module's top-level names hold once it is imported, functions' ``global`` included."""
        return self._exports

    def learned(self, kind: str, node: ast.AST, name: str = "") -> Value:
        """What the whole file binds to a key of the table: ``"name"``, ``"attribute"``, ``"return"``."""
        value = plain(self.table.get((kind, node, name), UNBOUND))
        return UNKNOWN if value is UNBOUND else value

    def star_names(self, source: str) -> list[str]:
        """The names that ``from source import *`` binds, as far as the project knows."""
        return self.resolver.star_names(source) if self.resolver is not None else []

    def star(self, item: Import, name: str) -> Value | None:
        """What a star import binds under ``name``."""
        return self.resolver.star(item.module, name) if self.resolver is not None else None

    def holds_handle(self, cls: Class) -> bool:
        """Whether instances of a class of this file are known to hold the handle."""
        waiting, seen = [cls], {cls.node}
        while waiting:
            current = waiting.pop()
            if current.node in self._holders:
                return True
            for base in current.bases:
                if isinstance(base, type(cls)) and base.node not in seen:
                    seen.add(base.node)
                    waiting.append(base)
                elif isinstance(base, Ref) and self.resolver is not None and self.resolver.holds_handle(base):
                    return True
        return False

    # Structure.

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node directly around ``node``."""
        if self._parents is None and isinstance(node, ast.stmt):
            return self.once("statements", lambda: parents_of_statements(self.tree)).get(node)
        if self._parents is None:
            self._parents = parents(self.tree)
        return self._parents.get(node)

    def within(self, node: ast.AST) -> Iterator[ast.AST]:
        """``node`` and everything below it."""
        return walk(node)

    def asked(self, test: ast.expr) -> Iterator[ast.AST]:
        """``test`` and everything below it, and below the comparisons that the names in it hold."""
        pending, seen = [test], {test}
        while pending:
            for node in walk(pending.pop()):
                yield node
                if isinstance(node, ast.Name | ast.Attribute):
                    value = self.value(node)
                    if isinstance(value, Condition) and value.node not in seen:
                        seen.add(value.node)
                        pending.append(value.node)

    def is_guarded(self, dotted: str) -> bool:
        """Whether ``dotted`` belongs to a package that this file may not import."""
        return dotted.partition(".")[0] in self.guarded

    def qualname_at(self, line: int) -> str:
        """The qualified name of the innermost function or class around a 1-based line."""
        if self._qualnames is None:
            self._qualnames = self._by_line()
        return self._qualnames[line] if line < len(self._qualnames) else ""

    def _by_line(self) -> list[str]:
        spans = [(*_lines(function.node), function.qualname) for function, _ in self.functions]
        spans += [(*_lines(cls.node), cls.qualname) for cls, _ in self.classes]
        spans.reverse()  # of two on one line the first wins, so it is written last
        spans.sort(key=lambda span: span[0] - span[1])
        names = [""] * (len(self.source.lines) + 2)
        for start, end, qualname in spans:
            names[start : end + 1] = [qualname] * (end + 1 - start)
        return names


def _lines(node: ast.AST) -> tuple[int, int]:
    """The first and last line of a definition, decorators included."""
    start: int = node.lineno  # type: ignore[attr-defined]
    end: int = node.end_lineno  # type: ignore[attr-defined]
    return min([start, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))]), end


def analyze(
    source: Source,
    config: Config,
    info: FileInfo,
    resolver: Resolver | None = None,
    needle: str = "",
) -> Module:
    """Understand one file. With ``needle`` only those function bodies are read in which it stands, and what
    they need.

    Raises:
        UnreadableError: a syntax error, or code too deeply nested.
    """
    text = Text(parse(source), source)
    if needle:
        text.find_units()
    return Module(source, config, info, _deeply(lambda: _read(text, config, info, resolver, needle=needle)))


def _deeply(read: Callable[[], Found]) -> Found:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, RECURSION_LIMIT))
    try:
        return read()
    except RecursionError:
        raise UnreadableError("the code is too deeply nested to be analysed") from None
    finally:
        sys.setrecursionlimit(limit)


def glance(source: Source, config: Config, info: FileInfo, known: Text | None = None) -> Statements:
    """A reader that has run through the module's own statements and reads bodies on demand; ``known`` is the
    file as it was parsed before.

    Raises:
        UnreadableError: a syntax error, or code too deeply nested.
    """
    text = known or skimmed(source)
    text.find_units()

    def read() -> tuple[Statements, list[Key]]:
        reader = Statements(text, config, info, None, prior)
        reader.symbolic = True
        reader.sliced = not os.environ.get(UNFILTERED)
        reader.run_module(bodies=False)
        reader.prior = None
        asked = list(reader.seen)
        if "global" in source.text:  # what functions bind by it is part of what the module exports
            reader.run_deferred(text.may_bind_globals)
        for key in asked:
            reader.demand(key)  # the module's own statements call its functions
        return reader, asked

    prior: Table | None = None
    for _ in range(_ROUNDS):
        reader, asked = _deeply(read)
        circular = reader.circular or reader.recursive  # where all is read functions in functions are known
        if circular or not reader.has_news(asked):
            break
        prior = dict(reader.current)
    return reread(reader) if circular or reader.stale() else reader


def reread(reader: Statements) -> Statements:
    """A reader of the same file that has read all of it, in rounds until everything is known.

    Raises:
        UnreadableError: code too deeply nested.
    """
    text = reader.text.whole()
    complete = _deeply(lambda: _read(text, reader.config, reader.info, None, on_demand=True))
    complete.prior = None  # who asks from now on is told what the last round learned
    return complete


def _read(
    text: Text,
    config: Config,
    info: FileInfo,
    resolver: Resolver | None,
    *,
    on_demand: bool = False,
    needle: str = "",
) -> Statements:
    """``on_demand``: what a body needs is read before it, so that only circles take further rounds."""
    prior: Table | None = None
    for attempt in range(_ROUNDS):
        reader = Statements(text, config, info, resolver, prior)
        reader.symbolic = on_demand
        reader.run_module(bodies=not on_demand and not needle)
        reader.waiting = reader.waiting and not needle  # nobody asks what is not read
        reader.run_deferred(text.holding(needle) if needle else None)
        stale = reader.stale(anything=on_demand)  # what others ask may lead to another module
        if not stale:
            break
        prior = dict(reader.current)
        if attempt == _ROUNDS - 2:
            _give_up(prior, stale)
    return reader


def _give_up(table: Table, keys: list[Key]) -> None:
    for key in keys:
        table[key] = UNKNOWN
