"""Which scope a name belongs to, and everything that binds it there, whatever the order of execution.

A proof about a name looks at all of its bindings: what holds for each of them holds whenever the code runs.
"""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from torchgate.semantics.module import Module
from torchgate.semantics.scopes import COMPREHENSIONS, FUNCTIONS, bindings, parameters

if TYPE_CHECKING:
    from torchgate.semantics.scopes import ScopeNode

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class Bound:
    """One place that binds a name.

    ``how`` is ``assign`` (``value`` is what is bound), ``unpack`` (``value`` is taken apart), ``element``
    (``value`` is iterated over), ``augment``, ``parameter`` (``node`` is the ``arg``), ``import``,
    ``function``, ``class`` or ``other``.
    """

    how: str
    node: ast.AST
    value: ast.expr | None = None


@dataclass(slots=True)
class Scope:
    """A scope's own names: where each is bound and where each is read."""

    node: ScopeNode
    parent: Scope | None
    bound: dict[str, list[Bound]] = field(default_factory=dict)
    loads: dict[str, list[ast.Name]] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()
    """Names that some scope binds from elsewhere, by ``global`` or ``nonlocal``."""
    globals: frozenset[str] = frozenset()
    nonlocals: frozenset[str] = frozenset()


class Names:
    """The scopes of one file."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._declares = "global " in module.source.text or "nonlocal " in module.source.text
        self._scopes: dict[ast.AST, Scope] = {}
        self._home: dict[ast.AST, Scope] = {}
        self.root = self._enter(module.tree, None)
        self._rebound: set[tuple[int, str]] = set()
        self._read(module.tree.body, self.root)
        self._settle()

    # Questions.

    def scope_of(self, node: ast.Name) -> Scope | None:
        """The scope whose name this is; None for a built-in, or what a star import brings."""
        home = self._home.get(node)
        return None if home is None else self.find(home, node.id)

    def find(self, scope: Scope | None, name: str) -> Scope | None:
        """The scope that ``name`` means when it is used in ``scope``."""
        first = scope
        if scope is not None and name in scope.globals:
            return self.root if name in self.root.bound else None
        while scope is not None:
            if name in scope.bound and (scope is first or not isinstance(scope.node, ast.ClassDef)):
                return scope
            scope = scope.parent
        return None

    def home(self, node: ast.AST) -> Scope:
        """The scope in which a statement, expression or definition stands."""
        found: ast.AST | None = node
        while found is not None:
            if found in self._home:
                return self._home[found]
            found = self.module.parent(found)
        return self.root

    def scope(self, node: ScopeNode) -> Scope:
        """The scope that a module, function, class or comprehension makes."""
        return self._scopes[node]

    def bindings(self, node: ast.Name) -> list[Bound] | None:
        """Everything that binds this name; None where that cannot be told (another module can, or code
        that declares it ``global`` or ``nonlocal``)."""
        scope = self.scope_of(node)
        if scope is None or node.id in scope.declared:
            return None
        return scope.bound[node.id]

    def loads(self, scope: Scope, name: str) -> list[ast.Name]:
        """Every read of a scope's name, in the scopes inside it too."""
        return scope.loads.get(name, [])

    # Reading.

    def _enter(self, node: ScopeNode, parent: Scope | None) -> Scope:
        scope = Scope(node, parent)
        if self._declares and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found = bindings(node)
            scope.globals, scope.nonlocals = frozenset(found.globals), frozenset(found.nonlocals)
        self._scopes[node] = scope
        return scope

    def _bind(self, scope: Scope, name: str, bound: Bound) -> None:
        if name in scope.globals or name in scope.nonlocals:
            owner = self.root if name in scope.globals else scope.parent
            while owner is not None and owner is not self.root:
                if name in bindings(owner.node).bound and not isinstance(owner.node, ast.ClassDef):
                    break
                owner = owner.parent
            self._rebound.add((id(owner or self.root), name))
            (owner or self.root).bound.setdefault(name, []).append(bound)
            return
        while isinstance(scope.node, COMPREHENSIONS) and isinstance(bound.node, ast.NamedExpr):
            scope = scope.parent or self.root
        scope.bound.setdefault(name, []).append(bound)

    def _read(self, nodes: list[ast.stmt], scope: Scope) -> None:
        for node in nodes:
            self._visit(node, scope)

    def _visit(self, node: ast.AST, scope: Scope) -> None:
        self._home[node] = scope
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self._function(node, scope)
                return
            case ast.ClassDef():
                for part in [*node.decorator_list, *node.bases, *node.keywords]:
                    self._visit(part, scope)
                self._bind(scope, node.name, Bound("class", node))
                self._read(node.body, self._enter(node, scope))
                return
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._comprehension(node, scope)
                return
        self._bindings_of(node, scope)
        for child in _children(node):
            self._visit(child, scope)

    def _function(self, node: FunctionNode, scope: Scope) -> None:
        inside = self._enter(node, scope)
        for part in [*getattr(node, "decorator_list", ()), *node.args.defaults, *node.args.kw_defaults]:
            if part is not None:
                self._visit(part, scope)
        for parameter in parameters(node.args):
            self._home[parameter] = inside
            inside.bound.setdefault(parameter.arg, []).append(Bound("parameter", parameter))
            if parameter.annotation is not None:
                self._visit(parameter.annotation, scope)
        if isinstance(node, ast.Lambda):
            self._visit(node.body, inside)
            return
        if node.returns is not None:
            self._visit(node.returns, scope)
        self._bind(scope, node.name, Bound("function", node))
        self._read(node.body, inside)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, scope: Scope
    ) -> None:
        inside = self._enter(node, scope)
        for index, generator in enumerate(node.generators):
            self._home[generator] = inside
            self._visit(generator.iter, scope if index == 0 else inside)
            self._target(generator.target, generator.iter, "element", inside)
            self._visit(generator.target, inside)
            for condition in generator.ifs:
                self._visit(condition, inside)
        for part in (getattr(node, "key", None), getattr(node, "value", None), getattr(node, "elt", None)):
            if part is not None:
                self._visit(part, inside)

    def _bindings_of(self, node: ast.AST, scope: Scope) -> None:
        match node:
            case ast.Assign():
                for target in node.targets:
                    self._target(target, node.value, "assign", scope)
            case ast.AnnAssign():
                self._target(node.target, node.value, "assign" if node.value else "other", scope)
            case ast.NamedExpr():
                self._bind(scope, node.target.id, Bound("assign", node, node.value))
            case ast.AugAssign(target=ast.Name(id=name)):
                self._bind(scope, name, Bound("augment", node, node.value))
            case ast.For() | ast.AsyncFor():
                self._target(node.target, node.iter, "element", scope)
            case ast.withitem(optional_vars=ast.expr() as target):
                self._target(target, None, "other", scope)
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    name = alias.asname or alias.name.partition(".")[0]
                    self._bind(scope, name, Bound("import", alias))
            case ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name):
                self._bind(scope, name, Bound("other", node))
            case ast.MatchStar(name=str() as name) | ast.MatchMapping(rest=str() as name):
                self._bind(scope, name, Bound("other", node))
            case ast.Delete():
                for target in node.targets:
                    self._target(target, None, "other", scope)

    def _target(self, target: ast.expr, value: ast.expr | None, how: str, scope: Scope) -> None:
        match target:
            case ast.Name():
                self._bind(scope, target.id, Bound(how, target, value))
            case ast.Starred():
                self._target(target.value, None, "other", scope)
            case ast.Tuple() | ast.List():
                parts: list[ast.expr | None] = [value] * len(target.elts)
                inner = "unpack" if how == "assign" else "other"
                if how == "assign" and isinstance(value, ast.Tuple | ast.List):
                    plain = not any(isinstance(part, ast.Starred) for part in [*value.elts, *target.elts])
                    if plain and len(value.elts) == len(target.elts):
                        parts, inner = [*value.elts], "assign"
                for part, held in zip(target.elts, parts, strict=True):
                    self._target(part, held, inner, scope)

    def _settle(self) -> None:
        """Give every read of a name to the scope that binds it."""
        for node, home in self._home.items():
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                owner = self.find(home, node.id)
                if owner is not None:
                    owner.loads.setdefault(node.id, []).append(node)
        for scope in self._scopes.values():
            scope.declared = frozenset(name for owner, name in self._rebound if owner == id(scope))


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for name in node._fields:
        value = getattr(node, name, None)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, ast.AST):
                yield item


def enclosing_function(module: Module, node: ast.AST) -> FunctionNode | None:
    """The function or lambda around a node; None at module or class level."""
    outer = module.parent(node)
    while outer is not None and not isinstance(outer, FUNCTIONS):
        if isinstance(outer, ast.ClassDef):
            return None
        outer = module.parent(outer)
    return outer
