"""Names of one file by scope: every use and every binding, with the place that evaluates it.

The linter's values say what a name holds where that is certain; a rewrite also has to know that it has
found *every* use of a name, certain or not. This is the compiler's view of it, and nothing else.
"""

from __future__ import annotations

import _ast as ast
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from torchgate.migrate.project import Unit
from torchgate.semantics import guards
from torchgate.semantics.scopes import Bindings, bindings, parameters
from torchgate.semantics.tree import inner_fields

if TYPE_CHECKING:
    from torchgate.semantics.scopes import ScopeNode


Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
FIRST_LAZY_ANNOTATIONS = (3, 14)


class Kind(enum.Enum):
    """Who evaluates an expression."""

    RUN = "run"
    ANNOTATION = "annotation"  # evaluated where the definition is
    TYPE = "type"  # a type checker alone


@dataclass(frozen=True, slots=True, eq=False)
class Location:
    """Where an expression stands: the scopes around it and the definitions around it, outermost first; the
    innermost statement; ``program``: under ``if __name__ == "__main__":``."""

    scopes: tuple[ScopeNode, ...]
    chain: tuple[Definition, ...]
    kind: Kind
    program: bool
    stmt: ast.stmt

    @property
    def deferred(self) -> bool:
        """Whether it stands in a function's body, and so runs when that is called."""
        return any(isinstance(node, _FUNCTIONS) for node in self.chain)


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A name that is read, and the scope that binds it (the module where none does). In an annotation that
    is a string, ``node`` is the string and ``quoted`` is true."""

    node: ast.Name | ast.Constant
    name: str
    owner: ScopeNode
    location: Location
    quoted: bool = False


class Lexicon:
    """The names of one file. ``bound`` holds the binding nodes of a name by scope."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.tree = unit.module.tree
        self.uses: list[Use] = []
        self.bound: dict[tuple[ast.AST, str], list[ast.AST]] = {}
        self.locations: dict[ast.AST, Location] = {}
        self.strings: list[ast.Constant] = []  # constants that are strings
        self.named: dict[str, list[ast.Name | ast.Attribute]] = {}  # what is read by name or as an attribute
        self.stored: dict[str, list[ast.Attribute]] = {}  # attributes that are written or deleted
        self.annotations: dict[ast.AST, ast.expr] = {}  # a node of an annotation -> the whole annotation
        self._own: dict[ast.AST, Bindings] = {}
        self._walrus = ":=" in unit.source.text
        self.lazy = _lazy_annotations(unit)
        _Walker(self).walk()
        self._by_name: dict[tuple[ast.AST, str], list[Use]] = {}
        for use in self.uses:
            self._by_name.setdefault((use.owner, use.name), []).append(use)

    def uses_of(self, owner: ast.AST, name: str) -> list[Use]:
        """Every use of the name that ``owner`` binds."""
        return self._by_name.get((owner, name), [])

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


class _Walker:
    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.value = lexicon.unit.module.value
        self.place = Location((lexicon.tree,), (), Kind.RUN, False, ast.Pass())

    def walk(self) -> None:
        self.block(self.lexicon.tree.body)

    # Places.

    def block(self, body: list[ast.stmt], **changes: object) -> None:
        before = self.place
        around = _with(before, **changes) if changes else before
        for statement in body:
            self.place = Location(around.scopes, around.chain, around.kind, around.program, statement)
            self.lexicon.locations[statement] = self.place
            self.statement(statement)
        self.place = before

    def inside(self, scope: ScopeNode, *, chained: bool) -> Location:
        """Enter a scope; returns the place left."""
        before = self.place
        chain = (*before.chain, scope) if chained else before.chain
        self.place = _with(before, scopes=(*before.scopes, scope), chain=chain)
        return before

    def bind(self, name: str, node: ast.AST) -> None:
        owner = self.lexicon.owner(self.place.scopes, name)
        self.lexicon.bound.setdefault((owner, name), []).append(node)

    # Statements.

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.function(node)
            case ast.ClassDef():
                self.cls(node)
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    if alias.name != "*":
                        self.bind(alias.asname or alias.name.partition(".")[0], alias)
            case ast.AnnAssign():
                self.annotated(node)
            case ast.If():
                self.branch(node)
            case _:
                self.children(node)

    def branch(self, node: ast.If) -> None:
        self.expression(node.test)
        kind = guards.guard(node.test, self.value)
        self.block(node.body, **_circumstances(kind, guards.TYPES, guards.MAIN))
        self.block(node.orelse, **_circumstances(kind, guards.NOT_TYPES, guards.NOT_MAIN))

    def children(self, node: ast.AST) -> None:
        for field in inner_fields(node.__class__):
            child = getattr(node, field, None)
            if isinstance(child, ast.AST):
                self.part(child)
            elif child.__class__ is list and child:
                if isinstance(child[0], ast.stmt):
                    self.block(child)
                    continue
                for item in child:
                    if isinstance(item, ast.AST):
                        self.part(item)

    def part(self, node: ast.AST) -> None:
        match node:
            case ast.expr():
                self.expression(node)
            case ast.ExceptHandler():
                if node.name:
                    self.bind(node.name, node)
                self.children(node)
            case ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name):
                self.bind(name, node)
                self.children(node)
            case ast.MatchMapping(rest=str() as name):
                self.bind(name, node)
                self.children(node)
            case _:
                self.children(node)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self.expression(decorator)
        self.defaults(node.args)
        for parameter in parameters(node.args):
            self.annotation(parameter.annotation)
        self.annotation(node.returns)
        self.bind(node.name, node)
        before = self.inside(node, chained=True)
        for parameter in parameters(node.args):
            self.bind(parameter.arg, parameter)
        self.block(node.body)
        self.place = before

    def cls(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self.part(part)
        self.bind(node.name, node)
        before = self.inside(node, chained=True)
        self.block(node.body)
        self.place = before

    def annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.expression(node.value)
        local = any(isinstance(scope, _FUNCTIONS) for scope in self.place.scopes[-1:])
        self.annotation(node.annotation, evaluated=not local)
        self.expression(node.target)

    # Expressions.

    def defaults(self, arguments: ast.arguments) -> None:
        for default in [*arguments.defaults, *arguments.kw_defaults]:
            if default is not None:
                self.expression(default)

    def annotation(self, node: ast.expr | None, *, evaluated: bool = True) -> None:
        if node is None:
            return
        before = self.place
        kind = Kind.ANNOTATION if evaluated and not self.lexicon.lazy else Kind.TYPE
        if before.kind is Kind.RUN:
            self.place = _with(before, kind=kind)
        for inner in self.lexicon.unit.module.within(node):
            self.lexicon.annotations[inner] = node
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                self.quoted(inner, inner.value)
        self.expression(node)
        self.place = before

    def quoted(self, node: ast.Constant, text: str) -> None:
        """The names in an annotation that is a string: only a type checker reads them."""
        try:
            parsed = compile(text.strip(), "<annotation>", "eval", ast.PyCF_ONLY_AST, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        place = _with(self.place, kind=Kind.TYPE)
        for inner in self.lexicon.unit.module.within(parsed):
            if isinstance(inner, ast.Name):
                owner = self.lexicon.owner(place.scopes, inner.id)
                self.lexicon.uses.append(Use(node, inner.id, owner, place, quoted=True))

    def expression(self, node: ast.expr) -> None:
        self.lexicon.locations[node] = self.place
        match node:
            case ast.Constant(value=str()):
                self.lexicon.strings.append(node)
            case ast.Attribute(attr=attribute, ctx=ast.Load()):
                self.lexicon.named.setdefault(attribute, []).append(node)
                self.expression(node.value)
            case ast.Attribute(attr=attribute):
                self.lexicon.stored.setdefault(attribute, []).append(node)
                self.expression(node.value)
            case ast.Name(ctx=ast.Load()):
                self.lexicon.named.setdefault(node.id, []).append(node)
                owner = self.lexicon.owner(self.place.scopes, node.id)
                self.lexicon.uses.append(Use(node, node.id, owner, self.place))
            case ast.Name():
                self.bind(node.id, node)
            case ast.Lambda():
                self.defaults(node.args)
                before = self.inside(node, chained=True)
                for parameter in parameters(node.args):
                    self.bind(parameter.arg, parameter)
                self.expression(node.body)
                self.place = before
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self.comprehension(node)
            case _:
                self.children(node)

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        self.expression(node.generators[0].iter)
        before = self.inside(node, chained=False)
        for index, generator in enumerate(node.generators):
            if index:
                self.expression(generator.iter)
            self.expression(generator.target)
            for condition in generator.ifs:
                self.expression(condition)
        if isinstance(node, ast.DictComp):
            self.expression(node.key)
            self.expression(node.value)
        else:
            self.expression(node.elt)
        self.place = before


def _with(place: Location, **changes: object) -> Location:
    values: dict[str, object] = {
        "scopes": place.scopes,
        "chain": place.chain,
        "kind": place.kind,
        "program": place.program,
        "stmt": place.stmt,
    }
    values.update(changes)
    return Location(**values)  # type: ignore[arg-type]


def _circumstances(kind: str, types: str, program: str) -> dict[str, object]:
    if kind == types:
        return {"kind": Kind.TYPE}
    return {"program": True} if kind == program else {}
