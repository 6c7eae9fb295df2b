"""Names of one file by scope: every use and every binding, with the place that evaluates it.

The linter's values say what a name holds where that is certain; a rewrite also has to know that it has
found *every* use of a name, certain or not. This is the compiler's view of it, and nothing else.
"""

from __future__ import annotations

import _ast as ast
import enum
from typing import TYPE_CHECKING, TypeAlias

from torchgate.migrate.project import Unit
from torchgate.semantics.scopes import Bindings, bindings

if TYPE_CHECKING:
    from torchgate.semantics.scopes import ScopeNode


Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
FIRST_LAZY_ANNOTATIONS = (3, 14)


class Kind(enum.Enum):
    """Who evaluates an expression."""

    RUN = "run"
    ANNOTATION = "annotation"  # evaluated where the definition is
    TYPE = "type"  # a type checker alone


class Location:
    """Where an expression stands: the scopes around it and the definitions around it, outermost first; the
    innermost statement; ``program``: under ``if __name__ == "__main__":``.

    A file has one for each statement, and a ``Use`` for each name that is read: to make a frozen dataclass
    takes several times as long.
    """

    __slots__ = ("chain", "kind", "program", "scopes", "stmt")

    def __init__(
        self,
        scopes: tuple[ScopeNode, ...],
        chain: tuple[Definition, ...],
        kind: Kind,
        program: bool,
        stmt: ast.stmt,
    ) -> None:
        self.scopes = scopes
        self.chain = chain
        self.kind = kind
        self.program = program
        self.stmt = stmt

    @property
    def deferred(self) -> bool:
        """Whether it stands in a function's body, and so runs when that is called."""
        return any(isinstance(node, FUNCTIONS) for node in self.chain)


class Use:
    """A name that is read, and the scope that binds it (the module where none does). In an annotation that
    is a string, ``node`` is the string and ``quoted`` is true."""

    __slots__ = ("location", "name", "node", "owner", "quoted")

    def __init__(
        self,
        node: ast.Name | ast.Constant,
        name: str,
        owner: ScopeNode,
        location: Location,
        quoted: bool = False,
    ) -> None:
        self.node = node
        self.name = name
        self.owner = owner
        self.location = location
        self.quoted = quoted


class Lexicon:
    """The names of one file; ``torchgate.migrate.handles.naming`` fills it. ``bound`` holds the binding nodes
    of a name by scope."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.tree = unit.module.tree
        self.bound: dict[tuple[ast.AST, str], list[ast.AST]] = {}
        self.locations: dict[ast.AST, Location] = {}
        self.strings: list[ast.Constant] = []  # constants that are strings
        self.named: dict[str, list[ast.Name | ast.Attribute]] = {}  # what is read by name or as an attribute
        self.stored: dict[str, list[ast.Attribute]] = {}  # attributes that are written or deleted
        self.annotations: dict[ast.AST, ast.expr] = {}  # a name or constant in one -> the whole
        self._own: dict[ast.AST, Bindings] = {}
        self._walrus = ":=" in unit.source.text
        self.lazy = _lazy_annotations(unit)
        # Uses in quotes, by the number of ``locations`` before the annotation that they stand in.
        self.quoted: dict[int, list[Use]] = {}
        self._uses: list[Use] | None = None
        self._by_name: dict[str, list[Use]] = {}

    @property
    def uses(self) -> list[Use]:
        """Every use of every name, in the order of the text; of an annotation first what stands in quotes."""
        if self._uses is None:
            self._uses = []
            for index, (node, location) in enumerate(self.locations.items()):
                if index in self.quoted:
                    self._uses += self.quoted[index]
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    self._uses.append(self._use(node, location))
        return self._uses

    def _use(self, node: ast.Name, location: Location) -> Use:
        return Use(node, node.id, self.owner(location.scopes, node.id), location)

    def uses_of(self, owner: ast.AST, name: str) -> list[Use]:
        """Every use of the name that ``owner`` binds."""
        if name not in self._by_name:
            self._by_name[name] = self._named(name)
        return [use for use in self._by_name[name] if use.owner is owner]

    def _named(self, name: str) -> list[Use]:
        if any(use.name == name for quoted in self.quoted.values() for use in quoted):
            return [use for use in self.uses if use.name == name]
        nodes = (node for node in self.named.get(name, ()) if isinstance(node, ast.Name))
        return [self._use(node, self.locations[node]) for node in nodes]

    def bindings_of(self, owner: ast.AST, name: str) -> list[ast.AST]:
        """Every node that binds (or deletes) the name in that scope."""
        return self.bound.get((owner, name), [])

    def own(self, scope: ScopeNode) -> Bindings:
        """What a scope binds."""
        if scope not in self._own:
            self._own[scope] = bindings(scope, walrus=self._walrus)
        return self._own[scope]

    def owner(self, scopes: tuple[ScopeNode, ...], name: str) -> ScopeNode:
        """The scope whose name it is, seen from the innermost of ``scopes``."""
        for index in range(len(scopes) - 1, 0, -1):
            scope = scopes[index]
            if isinstance(scope, ast.ClassDef) and index != len(scopes) - 1:
                continue
            own = self.own(scope)
            if name in own.globals:
                return scopes[0]
            if name in own.bound:
                return scope
        return scopes[0]


def _lazy_annotations(unit: Unit) -> bool:
    """Whether annotations of this file are left unevaluated."""
    if unit.module.config.target_version >= FIRST_LAZY_ANNOTATIONS:
        return True
    return any(
        isinstance(statement, ast.ImportFrom)
        and statement.module == "__future__"
        and any(alias.name == "annotations" for alias in statement.names)
        for statement in unit.module.tree.body
    )
