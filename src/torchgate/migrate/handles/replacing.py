"""Each use of a torch name turned into a use of the handle, or the reason why one cannot be."""

from __future__ import annotations

import _ast as ast
from collections.abc import Callable

from torchgate.lint.facades import facade_of
from torchgate.migrate.changes import Change, ReplaceExpression
from torchgate.migrate.handles.annotations import is_of_function, reader_of
from torchgate.migrate.handles.candidates import Target
from torchgate.migrate.handles.denied import Denied
from torchgate.migrate.handles.import_edits import ImportEdits, import_text
from torchgate.migrate.handles.injection import Injection, injection
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.lexical import Kind, Location, Use
from torchgate.migrate.handles.patches import patched_at
from torchgate.migrate.handles.submodules import is_reachable
from torchgate.migrate.handles.torch_bound import at_import_time
from torchgate.migrate.handles.uses import has_position, is_bare, is_handed_on, written_problem
from torchgate.migrate.project import Unit
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.migrate.torch_script import SCRIPTS
from torchgate.semantics.facts import Import
from torchgate.semantics.values import Ref

# Packages that send functions to other processes by value, with everything that they see.
_SENDERS = frozenset(
    """
    cloudpickle dask dill distributed joblib loky multiprocess pathos pyspark ray submitit
    """.split()  # noqa: SIM905 (the list literal takes a line each)
)


class Replacing:
    """Collects the changes of one group; ``targets`` are the functions that have to be given the handle."""

    def __init__(
        self,
        knowledge: Knowledge,
        unit: Unit,
        targets: list[Target],
        changes: list[Change],
        through: Injection | None = None,
    ) -> None:
        """``through`` answers where the handle is, if that is not as all others have it."""
        self.knowledge = knowledge
        self.unit = unit
        self.targets = targets
        self.changes = changes
        self.lexicon = knowledge.lexicon(unit)
        self.injection = through or injection(knowledge)

    # A name that an import binds.

    def name(self, item: Import, edits: ImportEdits) -> Denied | None:
        """Every use of an imported name of torch; the import goes."""
        if not isinstance(item.value, Ref):
            return Denied(R.FACADE_NAME_UNKNOWN, f"what `{item.bound}` is cannot be told")
        origin = item.value.dotted
        asked = item.dotted if not item.is_from and item.dotted.startswith("torch") else origin
        is_module = not item.is_from and asked == item.dotted
        if not is_reachable(asked, is_module=is_module):
            return Denied(R.SUBMODULE_NOT_LOADED, f"`{asked}` need not be there after `import torch` alone")
        location = self.lexicon.locations[item.stmt]
        owner = self.lexicon.owner(location.scopes, item.bound)
        uses = sorted(self.lexicon.uses_of(owner, item.bound), key=_rank)
        for use in uses:
            denied = self._use(use, origin, item, edits, top=owner is self.lexicon.tree)
            if denied is not None:
                return denied
        patched = patched_at(self.knowledge, origin) if item.is_from else None
        if patched is not None:
            detail = f"`{origin}` {patched}; the name imported here does not see that"
            return Denied(R.MODULE_WRITTEN, detail)
        edits.remove(item)
        return None

    def _use(self, use: Use, origin: str, item: Import, edits: ImportEdits, *, top: bool) -> Denied | None:
        built = self.injection.builder_parameter(use.location)
        if built is not None and (use.quoted or use.location.kind is Kind.TYPE):
            if use.name != built:
                edits.keep_for_types(_own_text(item, origin))
            return None
        late = use.location.deferred or built is not None
        if not use.quoted and use.location.kind is Kind.ANNOTATION and late:
            assert isinstance(use.node, ast.Name)  # of a function in a function: evaluated when that runs
            return self.taken(use.node, origin, use.location)
        if use.location.kind is not Kind.RUN:
            if top:
                edits.keep_for_types(_own_text(item, origin))
            return self.for_types(use)
        assert isinstance(use.node, ast.Name)
        return self.taken(use.node, origin, use.location)

    def for_types(self, use: Use) -> Denied | None:
        """A use that need not be evaluated."""
        return self._annotated(use)

    def taken(self, node: ast.expr, origin: str, location: Location) -> Denied | None:
        """An expression that yields torch or something of it, as code uses it."""
        if origin != "torch" or not is_bare(self.unit, node):
            return self.expression(node, origin, location)
        if is_handed_on(self.unit, node):
            return self.expression(node, origin, location)
        problem = written_problem(self.unit, node)
        if problem is not None:
            return Denied(R.MODULE_WRITTEN, problem, self.unit.place(node))
        return self.expression(node, "torch.torch", location)

    # An expression that yields torch or something of it.

    def expression(self, node: ast.expr, origin: str, location: Location) -> Denied | None:
        """The expression becomes the handle, or what the handle gives."""
        return self.put(node, location, lambda handle: handle + origin.removeprefix("torch"))

    def put(self, node: ast.expr, location: Location, text_of: Callable[[str], str]) -> Denied | None:
        """The expression becomes what ``text_of`` makes of the handle's name there."""
        built = self.injection.builder_parameter(location) is not None
        runs_late = location.deferred or location.program or self.unit.info.is_entry or built
        if location.kind is Kind.TYPE or not runs_late:
            return self._at_import_time(location)
        captured = self._captured(location)
        if captured is not None:
            return captured
        held = self.injection.reach(self.unit, location)
        if isinstance(held, Denied):
            return held
        text = text_of(held.text)
        if not (isinstance(node, ast.Name) and node.id == text):
            if not has_position(self.unit, node):
                detail = f"`{self.unit.text(node)}` stands inside an f-string at line {node.lineno}"
                return Denied(R.INSIDE_F_STRING, detail)
            self.changes.append(ReplaceExpression(self.unit.place(node), text))
        if held.target is not None:
            self.targets.append(held.target)
        return None

    def _captured(self, location: Location) -> Denied | None:
        """A function inside a function would carry the handle into another process, or into TorchScript."""
        functions = [node for node in location.chain if not isinstance(node, ast.ClassDef)]
        built = self.injection.builder_parameter(location) is not None
        if len(functions) < 2 and not built:
            return None
        inner = functions[-1] if functions else location.stmt
        for item in self.unit.module.imports:
            package = item.dotted.partition(".")[0]
            if package in _SENDERS and item.where.runs:
                detail = f"the function at line {inner.lineno} may be sent to another process by `{package}`"
                return Denied(R.FUNCTION_ESCAPES, detail, self.unit.place(inner))
        for reference in self.unit.module.references:
            if isinstance(reference.value, Ref) and reference.value.dotted in SCRIPTS:
                detail = f"the function at line {inner.lineno} may be compiled by `{reference.value.dotted}`"
                return Denied(R.FUNCTION_ESCAPES, detail, self.unit.place(inner))
        return None

    def _at_import_time(self, location: Location) -> Denied:
        return at_import_time(self.knowledge, self.unit, location.stmt)

    # Facades as modules.

    def link(self, use: Use, node: ast.expr, origin: str, item: Import, edits: ImportEdits) -> Denied | None:
        """`facade.torch`, through the facade's or its package's name."""
        if facade_of(self.unit.module, origin):
            return Denied(
                R.FACADE_NAME_UNKNOWN, f"`{origin}` is defined there, or made where it cannot be followed"
            )
        guarded = self.unit.module.is_guarded(origin) and use.location.kind is Kind.RUN
        if guarded:
            return self.taken(node, origin, use.location)
        name = node.attr if isinstance(node, ast.Attribute) else origin.rpartition(".")[2]
        if self.lexicon.owner(use.location.scopes, name) is not self.lexicon.tree or self._means_else(
            name, origin
        ):
            return Denied(R.NAME_COLLISION, f"`{name}` means something else in this module")
        if not has_position(self.unit, node):
            return Denied(
                R.INSIDE_F_STRING, f"`{self.unit.text(node)}` stands inside an f-string at line {node.lineno}"
            )
        if use.location.kind is Kind.RUN or not self.unit.module.is_guarded(origin):
            edits.put(item.stmt, import_text(origin, name))
        else:
            edits.keep_for_types(import_text(origin, name))
        self.changes.append(ReplaceExpression(self.unit.place(node), name))
        return None

    def _means_else(self, name: str, origin: str) -> bool:
        known = {item.alias: item for item in self.unit.module.imports}
        for bound in self.lexicon.bindings_of(self.lexicon.tree, name):
            other = known.get(bound) if isinstance(bound, ast.alias) else None
            if other is None or not (isinstance(other.value, Ref) and other.value.dotted == origin):
                return True
        return False

    # Annotations.

    def _annotated(self, use: Use) -> Denied | None:
        """An annotation that nobody may read at run time stays, and becomes a string if it is evaluated."""
        annotation = self.lexicon.annotations.get(use.node)
        if annotation is None:
            return None  # code for type checkers
        reader = reader_of(self.knowledge, self.unit, annotation)
        evaluated = use.location.kind is Kind.ANNOTATION and not use.quoted
        if evaluated and (reader is not None or not is_of_function(self.unit, annotation)):
            return self._at_import_time(use.location)
        if reader is not None:
            detail = f"the annotation at line {annotation.lineno} may be read at run time: {reader}"
            return Denied(R.ANNOTATION_READ, detail, self.unit.place(annotation))
        if not evaluated:
            return None
        text = self.unit.text(annotation)
        if "\n" in text or '"' in text or "\\" in text:
            return self._at_import_time(use.location)
        change = ReplaceExpression(self.unit.place(annotation), f'"{text}"')
        if change not in self.changes:
            self.changes.append(change)
        return None


def _rank(use: Use) -> int:
    """What needs torch at import decides about the whole module, and is looked at first; annotations, which
    ask for the most, come last."""
    if use.location.kind is Kind.RUN:
        return 1 if use.location.deferred else 0
    return 2


def _own_text(item: Import, origin: str) -> str:
    """The import as it stands, where it names torch itself; the import of the origin otherwise."""
    if item.dotted.partition(".")[0] == "torch" and not item.level:
        if item.is_from:
            return import_text(item.dotted, item.bound)
        alias = f" as {item.alias.asname}" if item.alias.asname else ""
        return f"import {item.alias.name}{alias}"
    return import_text(origin, item.bound)


def facade_links(unit: Unit, use: Use) -> tuple[ast.expr, str] | None:
    """From a use of a facade's or its package's name to the first link that the facade hands out, and its
    origin; empty where the facade as a whole is taken through its package."""
    node: ast.AST = use.node
    value = unit.module.value(use.node) if isinstance(use.node, ast.Name) else None
    inside = isinstance(value, Ref) and bool(facade_of(unit.module, value.dotted))
    facade = value.dotted if isinstance(value, Ref) else ""
    while True:
        parent = unit.module.parent(node)
        if not (
            isinstance(parent, ast.Attribute) and parent.value is node and isinstance(parent.ctx, ast.Load)
        ):
            return (node, "") if inside and isinstance(node, ast.Attribute) else None
        dotted = unit.module.dotted(parent)
        if not dotted:  # something of the facade's of which nothing is known
            return (parent, f"{facade}.{parent.attr}") if inside else None
        if facade_of(unit.module, dotted):
            # The facade itself, or a name that it defines: the latter has no other origin.
            if inside and unit.module.resolver is not None and not _is_module(unit, dotted):
                return parent, dotted
            inside, facade = True, dotted
            node = parent
            continue
        if inside:
            return parent, dotted
        if not _is_package_of_facade(unit, dotted):
            return None
        node = parent


def _is_package_of_facade(unit: Unit, dotted: str) -> bool:
    return any(pattern.startswith(f"{dotted}.") for pattern in unit.module.config.facade_modules)


def _is_module(unit: Unit, dotted: str) -> bool:
    resolver = unit.module.resolver
    find = getattr(resolver, "find", None)
    return find is not None and find(dotted) is not None
