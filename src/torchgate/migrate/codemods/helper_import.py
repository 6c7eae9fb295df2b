"""Imports of helpers that nothing uses any more: ``helper-import``.

An import goes together with the last use of the name in its file, if no other file takes the name from there
and nothing else would be lost with it.
"""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterator

from torchgate.finding import Finding
from torchgate.migrate.ambient.definitions import File
from torchgate.migrate.ambient.files import Files, files_of
from torchgate.migrate.changes import Place, RemoveImportedNames
from torchgate.migrate.codemods import DEFAULT_DEVICE as USES
from torchgate.migrate.codemods import HELPER_IMPORT as NAME
from torchgate.migrate.codemods import default_device
from torchgate.migrate.decisions import Decision, Edit, Refused, Site
from torchgate.migrate.handles.denied import Denied
from torchgate.migrate.handles.knowledge import of
from torchgate.migrate.handles.references import references
from torchgate.migrate.project import Migration, Unit
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.facts import Import
from torchgate.semantics.values import Sequence

# Submodules that `import torch` loads by itself: another one might be loaded by the helper's module alone.
_LOADED = frozenset(
    """
    torch torch.nn torch.nn.functional torch.optim torch.utils torch.utils.data torch.cuda torch.autograd
    torch.distributions torch.backends torch.linalg torch.fft torch.nn.utils torch.nn.init torch.random
    """.split()  # noqa: SIM905 (a list literal takes as many lines as names)
)


def decide(migration: Migration) -> Iterator[Decision]:
    """One decision for each finding at an import."""
    files = files_of(migration)
    refused = {
        decision.site
        for decision in default_device.decide(migration)
        if isinstance(decision, Refused) and decision.site.code == "TG302"
    }
    for path, findings in migration.asked():
        wanted = [finding for finding in findings if finding.code == "TG302"]
        unit = migration.unit(path) if wanted else None
        if unit is not None:
            yield from _File(files, files.file(unit), wanted, refused).decide()


class _File:
    def __init__(self, files: Files, file: File, findings: list[Finding], refused: set[Site]) -> None:
        self.files = files
        self.file = file
        self.findings = findings
        self.refused = refused

    def decide(self) -> Iterator[Decision]:
        for finding in self.findings:
            span = finding.span
            for item in self.file.module.imports:
                place = self.file.place(item.alias)
                if (place.line, place.column) == (span.line, span.column):
                    yield self._decide(Site(Place.of(self.file.path, span), "TG302", NAME), item)
                    break

    def _decide(self, site: Site, item: Import) -> Decision:
        needs: dict[Site, None] = {}
        loads = self.file.names.loads(self.file.names.home(item.stmt), item.bound)
        for load in loads:
            use = self._use(load, loads)
            if use is None:
                detail = f"`{item.bound}` is used in line {load.lineno}, where nothing is to be migrated"
                return Refused(site, R.PART_REFUSED, detail, self.file.place(load))
            needs[use] = None
        kept = self._kept(item) if self.refused.isdisjoint(needs) else None
        if kept is not None:
            return Refused(site, kept.reason, kept.detail, kept.at)
        change = RemoveImportedNames(self.file.place(item.stmt), (item.alias.name,))
        return Edit(site, (change,), tuple(needs))

    def _use(self, load: ast.Name, loads: list[ast.Name]) -> Site | None:
        """The finding at a use of the name, or at another use of it on the same line."""
        places = [self.file.place(other) for other in loads if other.lineno == load.lineno]
        starts = [(place.line, place.column) for place in places]
        for finding in self.findings:
            if (finding.span.line, finding.span.column) in starts:
                return Site(Place.of(self.file.path, finding.span), "TG302", USES)
        return None

    # Why an import stays.

    def _kept(self, item: Import) -> Denied | None:
        bound = self.file.names.home(item.stmt).bound.get(item.bound, [])
        if len(bound) != 1:
            return Denied(R.PART_REFUSED, f"`{item.bound}` is bound more than once")
        if self._is_top_level(item):
            if self.file.unit.info.is_package:
                detail = "the package hands the name on to whoever imports it from there"
                return Denied(R.FUNCTION_ESCAPES, detail)
            if item.bound in self._public():
                return Denied(R.FUNCTION_ESCAPES, f"`__all__` hands `{item.bound}` on")
            taken = self._taken(item.bound)
            if taken is not None:
                return taken
        line = self.file.unit.source.lines[item.stmt.lineno - 1].lower()
        if "noqa: f401" in line or "noqa:f401" in line:
            return Denied(R.FUNCTION_ESCAPES, "`# noqa: F401` says that the name is there for others")
        effect = self._effect(item.module, set())
        return Denied(R.IMPORT_HAS_SIDE_EFFECTS, effect) if effect else None

    def _is_top_level(self, item: Import) -> bool:
        return self.file.names.home(item.stmt) is self.file.names.root

    def _public(self) -> list[str]:
        held = self.file.module.exports().get("__all__")
        if held is None:
            return []
        if not isinstance(held, Sequence):
            return [*self.file.names.root.bound]  # computed: anything may be in it
        return [text for item in held.items if isinstance(text := getattr(item, "value", None), str)]

    def _taken(self, name: str) -> Denied | None:
        """Who else takes the name from this file, or may."""
        unit, knowledge = self.file.unit, of(self.files.migration)
        found = references(knowledge, unit, name, follow=False)
        if (obstacle := found.obstacle) is not None:
            detail = f"`{name}` is more than this module's own: {obstacle.detail}"
            return Denied(R.FUNCTION_ESCAPES, detail, obstacle.at)
        takers: list[tuple[Unit, ast.stmt]] = [(other, item.stmt) for other, item in found.imports]
        takers += [(use.unit, use.location.stmt) for use in found.mentions if use.unit is not unit]
        for other, node in takers:
            detail = f"{knowledge.at(other, node)} takes `{name}` from here"
            return Denied(R.PART_REFUSED, detail, other.place(node))
        return None

    def _effect(self, module: str, seen: set[str]) -> str:
        """What importing a module of the project does besides defining things."""
        unit = self.files.migration.unit_of(module) if module not in seen else None
        seen.add(module)
        if unit is None:
            return ""
        file = self.files.file(unit)
        for statement in unit.module.tree.body:
            if not _only_defines(statement):
                return f"importing `{module}` does more than define ({file.where(statement)})"
        for item in unit.module.imports:
            if not item.where.import_time or not item.where.runs:
                continue
            found = item.module or item.dotted
            if found.startswith("torch.") and found not in _LOADED:
                return f"importing `{module}` loads `{found}`"
            inner = self._effect(found, seen)
            if inner:
                return inner
        return ""


def _only_defines(statement: ast.stmt) -> bool:
    """Whether a top-level statement can do nothing that somebody else would see."""
    match statement:
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            names = [getattr(item, "attr", getattr(item, "id", "")) for item in statement.decorator_list]
            return set(names) <= {"contextmanager", "dataclass"}
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
        case ast.Assign(targets=[ast.Name()], value=value) | ast.AnnAssign(target=ast.Name(), value=value):
            return value is None or _is_data(value)
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
            return True
    return False


def _is_data(node: ast.expr) -> bool:
    match node:
        case ast.Constant() | ast.Name() | ast.Attribute():
            return True
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return all(map(_is_data, parts))
        case ast.Dict(keys=keys, values=values):
            return all(_is_data(part) for part in [*keys, *values] if part is not None)
    return False
