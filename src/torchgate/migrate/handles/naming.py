"""Reads the names of one file off its tree: what a ``Lexicon`` holds."""

from __future__ import annotations

import _ast as ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from torchgate.migrate.handles.lexical import FUNCTIONS, Definition, Kind, Lexicon, Location, Use
from torchgate.migrate.project import Unit
from torchgate.semantics import guards
from torchgate.semantics.scopes import parameters
from torchgate.semantics.tree import inner_fields

if TYPE_CHECKING:
    from torchgate.semantics.scopes import ScopeNode


def names_of(unit: Unit) -> Lexicon:
    """The names of a file."""
    lexicon = Lexicon(unit)
    _Walker(lexicon).block(lexicon.tree.body)
    return lexicon


class _Walker:
    """Fills a lexicon, in the order of the text. What a class of nodes needs is looked up by the class; every
    expression of every file comes through here."""

    __slots__ = ("bound", "lexicon", "locations", "named", "owners", "place", "start", "value", "whole")

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.value = lexicon.unit.module.value
        self.place = Location((lexicon.tree,), (), Kind.RUN, False, ast.Pass())
        self.owners: dict[str, ScopeNode] = {}  # by name, seen from the place
        self.bound = lexicon.bound
        self.named = lexicon.named
        self.locations = lexicon.locations
        self.whole: ast.expr | None = None  # the annotation around the place
        self.start = 0  # and how many locations are before it

    # Places.

    def block(self, body: list[ast.stmt], kind: Kind | None = None, program: bool = False) -> None:
        """Statements; ``kind`` and ``program`` where they are another matter than what is around them."""
        before = self.place
        scopes, chain = before.scopes, before.chain
        kind = kind or before.kind
        program = program or before.program
        locations, visitors = self.locations, _VISITORS
        for statement in body:
            self.place = locations[statement] = Location(scopes, chain, kind, program, statement)
            (visitors.get(statement.__class__) or _visitor(statement.__class__))(self, statement)
        self.place = before

    def inside(
        self, scope: ScopeNode, definition: Definition | None
    ) -> tuple[Location, dict[str, ScopeNode]]:
        """Enter a scope; returns what ``leave`` takes."""
        before = self.place
        chain = before.chain if definition is None else (*before.chain, definition)
        self.place = Location((*before.scopes, scope), chain, before.kind, before.program, before.stmt)
        owners, self.owners = self.owners, {}
        return before, owners

    def leave(self, before: tuple[Location, dict[str, ScopeNode]]) -> None:
        self.place, self.owners = before

    def owner(self, name: str) -> ScopeNode:
        """The scope whose name it is, seen from the place."""
        found = self.owners.get(name)
        if found is None:
            found = self.owners[name] = self.lexicon.owner(self.place.scopes, name)
        return found

    def bind(self, name: str, node: ast.AST) -> None:
        key = (self.owner(name), name)
        if key in self.bound:
            self.bound[key].append(node)
        else:
            self.bound[key] = [node]

    # Everything that needs no more than a look at what is in it.

    def children(self, node: ast.AST) -> None:
        visitors = _VISITORS
        for field in inner_fields(node.__class__):
            child = getattr(node, field, None)
            if child.__class__ is not list:
                if child is not None:
                    (visitors.get(child.__class__) or _visitor(child.__class__))(self, child)
            elif child:
                if isinstance(child[0], ast.stmt):
                    self.block(child)
                    continue
                for item in child:
                    (visitors.get(item.__class__) or _visitor(item.__class__))(self, item)

    def inner(self, node: ast.expr) -> None:
        """An expression of no special kind."""
        self.locations[node] = self.place
        self.children(node)

    def nothing(self, node: object) -> None:
        """What is no node."""

    def visit(self, node: ast.AST) -> None:
        (_VISITORS.get(node.__class__) or _visitor(node.__class__))(self, node)

    # Statements.

    def imported(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name != "*":
                self.bind(alias.asname or alias.name.partition(".")[0], alias)

    def branch(self, node: ast.If) -> None:
        self.visit(node.test)
        kind = guards.guard(node.test, self.value)
        self.block(node.body, Kind.TYPE if kind == guards.TYPES else None, kind == guards.MAIN)
        self.block(node.orelse, Kind.TYPE if kind == guards.NOT_TYPES else None, kind == guards.NOT_MAIN)

    def handler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.bind(node.name, node)
        self.children(node)

    def pattern(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name is not None:
            self.bind(node.name, node)
        self.children(node)

    def mapping(self, node: ast.MatchMapping) -> None:
        if node.rest is not None:
            self.bind(node.rest, node)
        self.children(node)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator)
        self.defaults(node.args)
        found = list(parameters(node.args))
        for parameter in found:
            self.annotation(parameter.annotation)
        self.annotation(node.returns)
        self.bind(node.name, node)
        before = self.inside(node, node)
        for parameter in found:
            self.bind(parameter.arg, parameter)
        self.block(node.body)
        self.leave(before)

    def cls(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(part)
        self.bind(node.name, node)
        before = self.inside(node, node)
        self.block(node.body)
        self.leave(before)

    def annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
        local = isinstance(self.place.scopes[-1], FUNCTIONS)
        self.annotation(node.annotation, evaluated=not local)
        self.visit(node.target)

    # Expressions.

    def defaults(self, arguments: ast.arguments) -> None:
        for default in arguments.defaults:
            self.visit(default)
        for keyword_default in arguments.kw_defaults:
            if keyword_default is not None:
                self.visit(keyword_default)

    def annotation(self, node: ast.expr | None, *, evaluated: bool = True) -> None:
        if node is None:
            return
        before = self.place
        kind = Kind.ANNOTATION if evaluated and not self.lexicon.lazy else Kind.TYPE
        if before.kind is Kind.RUN:
            self.place = Location(before.scopes, before.chain, kind, before.program, before.stmt)
        self.whole, self.start = node, len(self.locations)
        self.visit(node)
        self.whole = None
        self.place = before

    def in_quotes(self, node: ast.Constant, text: str) -> None:
        """The names in an annotation that is a string: only a type checker reads them."""
        try:
            parsed = compile(text.strip(), "<annotation>", "eval", ast.PyCF_ONLY_AST, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        here = self.place
        place = Location(here.scopes, here.chain, Kind.TYPE, here.program, here.stmt)
        for inner in self.lexicon.unit.module.within(parsed):
            if isinstance(inner, ast.Name):
                use = Use(node, inner.id, self.owner(inner.id), place, quoted=True)
                self.lexicon.quoted.setdefault(self.start, []).append(use)

    def constant(self, node: ast.Constant) -> None:
        self.locations[node] = self.place
        value = node.value
        if isinstance(value, str):
            self.lexicon.strings.append(node)
        if self.whole is not None:
            self.lexicon.annotations[node] = self.whole
            if isinstance(value, str):
                self.in_quotes(node, value)

    def attribute(self, node: ast.Attribute) -> None:
        self.locations[node] = self.place
        found = self.named if node.ctx.__class__ is ast.Load else self.lexicon.stored
        attribute = node.attr
        if attribute in found:
            found[attribute].append(node)
        else:
            found[attribute] = [node]
        value = node.value
        (_VISITORS.get(value.__class__) or _visitor(value.__class__))(self, value)

    def name(self, node: ast.Name) -> None:
        self.locations[node] = self.place
        if self.whole is not None:
            self.lexicon.annotations[node] = self.whole
        name = node.id
        if node.ctx.__class__ is not ast.Load:
            self.bind(name, node)
        elif name in self.named:
            self.named[name].append(node)
        else:
            self.named[name] = [node]

    def call(self, node: ast.Call) -> None:
        self.locations[node] = self.place
        visitors, callee = _VISITORS, node.func
        (visitors.get(callee.__class__) or _visitor(callee.__class__))(self, callee)
        for item in node.args:
            (visitors.get(item.__class__) or _visitor(item.__class__))(self, item)
        for keyword in node.keywords:
            value = keyword.value
            (visitors.get(value.__class__) or _visitor(value.__class__))(self, value)

    def function_expression(self, node: ast.Lambda) -> None:
        self.locations[node] = self.place
        self.defaults(node.args)
        before = self.inside(node, node)
        for parameter in parameters(node.args):
            self.bind(parameter.arg, parameter)
        self.visit(node.body)
        self.leave(before)

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        self.locations[node] = self.place
        self.visit(node.generators[0].iter)
        before = self.inside(node, None)
        for index, generator in enumerate(node.generators):
            if index:
                self.visit(generator.iter)
            self.visit(generator.target)
            for condition in generator.ifs:
                self.visit(condition)
        if isinstance(node, ast.DictComp):
            self.visit(node.key)
            value: ast.expr | None = node.value
            if value is not None:  # `{**item for item in items}`, Python 3.15
                self.visit(value)
        else:
            self.visit(node.elt)
        self.leave(before)


_Visitor: TypeAlias = Callable[[_Walker, Any], None]
_VISITORS: dict[type, _Visitor] = {
    ast.FunctionDef: _Walker.function,
    ast.AsyncFunctionDef: _Walker.function,
    ast.ClassDef: _Walker.cls,
    ast.Import: _Walker.imported,
    ast.ImportFrom: _Walker.imported,
    ast.AnnAssign: _Walker.annotated,
    ast.If: _Walker.branch,
    ast.ExceptHandler: _Walker.handler,
    ast.MatchAs: _Walker.pattern,
    ast.MatchStar: _Walker.pattern,
    ast.MatchMapping: _Walker.mapping,
    ast.Constant: _Walker.constant,
    ast.Attribute: _Walker.attribute,
    ast.Name: _Walker.name,
    ast.Call: _Walker.call,
    ast.Lambda: _Walker.function_expression,
    ast.ListComp: _Walker.comprehension,
    ast.SetComp: _Walker.comprehension,
    ast.DictComp: _Walker.comprehension,
    ast.GeneratorExp: _Walker.comprehension,
}


def _visitor(kind: type) -> _Visitor:
    """What is done with a class of nodes (or of something else in their fields) that is met first."""
    if issubclass(kind, ast.expr):
        found = _Walker.inner
    else:
        found = _Walker.children if issubclass(kind, ast.AST) else _Walker.nothing
    _VISITORS[kind] = found
    return found
