"""What becomes of the torch names that a module takes without the handle: by import, re-export or facade.

All that a module itself imports goes together or stays together. Where torch may be imported, a facade's
names are imported from where they come from; everywhere else the functions that use them get the handle.
"""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterable, Iterator

from torchgate.finding import Finding
from torchgate.lint.facades import facade_of
from torchgate.migrate.changes import InsertStatements, Place, ReplaceStatement
from torchgate.migrate.decisions import Decision, Edit, Refused, Site
from torchgate.migrate.handles.builders import builders_instead
from torchgate.migrate.handles.bypass import bypassing_sites
from torchgate.migrate.handles.denied import Denied
from torchgate.migrate.handles.groups import Group, Take
from torchgate.migrate.handles.import_edits import ImportEdits, import_text
from torchgate.migrate.handles.injection import Injection, injection
from torchgate.migrate.handles.knowledge import Knowledge, of
from torchgate.migrate.handles.lexical import Lexicon
from torchgate.migrate.handles.losing import lost_effects
from torchgate.migrate.handles.offered import offered
from torchgate.migrate.handles.only_binding import only_binding
from torchgate.migrate.handles.references import references
from torchgate.migrate.handles.replacing import Replacing, facade_links
from torchgate.migrate.handles.sites import CODEMOD_OF, import_at, nodes_of
from torchgate.migrate.handles.stars import star_imports
from torchgate.migrate.handles.torch_bound import needs_torch_at_import
from torchgate.migrate.project import Migration, Unit
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.facts import Import
from torchgate.semantics.values import Ref


def decide(migration: Migration, codemod: str) -> Iterator[Decision]:
    """The decisions of one codemod, for every file that has findings."""
    knowledge = of(migration)
    for path, findings in migration.asked():
        if not any(CODEMOD_OF.get(finding.code) == codemod for finding in findings):
            continue
        unit = migration.unit(path)
        if unit is not None and path.endswith((".py", ".pyi")):
            yield from (item for item in _decisions(knowledge, unit) if item.site.codemod == codemod)


def _decisions(knowledge: Knowledge, unit: Unit) -> list[Decision]:
    return knowledge.once(("taken", unit.path), lambda: list(_Plan(knowledge, unit).run()))


def decision_at(knowledge: Knowledge, unit: Unit, place: Place) -> Decision | None:
    """The decision about a name that is taken exactly there."""
    if not any(finding.code == "TG105" for finding in knowledge.migration.findings.get(unit.path, ())):
        return None
    return next((item for item in _decisions(knowledge, unit) if item.site.place == place), None)


def plans_types(knowledge: Knowledge, unit: Unit) -> bool:
    """Whether an edit of this pass keeps imports of the file for type checkers."""
    codes = {finding.code for finding in knowledge.migration.findings.get(unit.path, ())}
    if not codes & {"TG101", "TG105", "TG201"}:
        return False
    texts = (
        text
        for decision in _decisions(knowledge, unit)
        if isinstance(decision, Edit)
        for change in decision.changes
        if isinstance(change, InsertStatements | ReplaceStatement) and change.place.path == unit.path
        for text in change.statements
    )
    return any("TYPE_CHECKING:\n" in text for text in texts)


class _Plan:
    """The plan of one file."""

    def __init__(self, knowledge: Knowledge, unit: Unit) -> None:
        self.knowledge = knowledge
        self.unit = unit

    @property
    def lexicon(self) -> Lexicon:
        """The file's names; modules that need torch at import are judged without."""
        return self.knowledge.lexicon(self.unit)

    def run(self) -> Iterator[Decision]:
        """One decision for each finding."""
        takes = [self._take(finding) for finding in self._findings()]
        if facade_of(self.unit.module, self.unit.info.module_name):
            for take in takes:
                take.denied = self._in_the_facade()
        for group in self._groups(takes):
            yield from self._decide(group)

    def _findings(self) -> Iterable[Finding]:
        found = self.knowledge.migration.findings[self.unit.path]
        seen: dict[tuple[str, tuple[int, int, int, int]], Finding] = {}
        for finding in found:
            if finding.code in CODEMOD_OF and CODEMOD_OF[finding.code] in (
                "facade-import",
                "handle-injection",
            ):
                seen.setdefault((finding.code, finding.span.as_tuple()), finding)
        return seen.values()

    # Sites.

    def _take(self, finding: Finding) -> Take:
        site = Site(Place.of(self.unit.path, finding.span), finding.code, CODEMOD_OF[finding.code])
        span = finding.span.as_tuple()
        node: ast.AST | None = import_at(self.knowledge, self.unit, span)
        if node is None:
            nodes = nodes_of(self.knowledge, self.unit, span)
            node = next((item for item in nodes if isinstance(item, ast.expr)), self.unit.module.tree)
        take = Take(site, node)
        if isinstance(node, ast.alias):
            take.items = [item for item in self.unit.module.imports if item.alias is node]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            take.items = [
                item
                for item in self.unit.module.imports
                if item.stmt is node and self._concerns(item, finding.code)
            ]
        return take

    def _concerns(self, item: Import, code: str) -> bool:
        if code == "TG201":
            return bool(facade_of(self.unit.module, item.dotted))
        return code == "TG105" or self.unit.module.is_guarded(item.dotted)

    def _groups(self, takes: list[Take]) -> Iterator[Group]:
        """The imports of the module itself are one group, with what is taken through a facade's name; a text
        that names a facade goes by itself."""
        top = [take for take in takes if take.items and self._is_top(take.items[0])]
        if any(take.site.code == "TG201" for take in top):
            uses = (take for take in takes if isinstance(take.node, ast.Name | ast.Attribute))
            top += [take for take in uses if not take.items and take.site.code == "TG201"]
        if top:
            yield Group(top)
        for take in takes:
            if take not in top:
                yield Group([take])

    def _is_top(self, item: Import) -> bool:
        return item.where.function is None and item.where.cls is None

    # Decisions.

    def _decide(self, group: Group) -> Iterator[Decision]:
        edits = ImportEdits(self.unit)
        if any(take.items and self._is_top(take.items[0]) for take in group.takes):
            early = builders_instead(
                self.knowledge, self.unit, group, needs_torch_at_import(self.knowledge, self.unit)
            )
            for take in group.takes:
                take.denied = take.denied or early
        for take in group.takes:
            if take.denied is None:
                take.denied = self._plan(take, group, edits)
        if not any(take.denied for take in group.takes):
            effects = lost_effects(
                self.knowledge, self.unit, [item for take in group.takes for item in take.items]
            )
            for take in group.takes:
                take.denied = take.denied or self._side_effects(take, effects.get(take.node), group)
        if group.builders is not None:
            group.builders.conclude(group, edits)
        if any(take.denied for take in group.takes):
            yield from self._refuse(group)
            return
        through = self._injection(group)
        changes = (*edits.changes(), *group.changes, *through.changes(group.targets))
        own = {take.site for take in group.takes}
        needed = (*group.needs, *through.needs(group.targets))
        needs = tuple(dict.fromkeys(site for site in needed if site not in own))
        for take in group.takes:
            unsafe = group.builders is not None
            yield Edit(take.site, tuple(dict.fromkeys(changes)), needs, unsafe)

    def _injection(self, group: Group) -> Injection:
        return injection(self.knowledge) if group.builders is None else group.builders.injection

    def _replacing(self, group: Group) -> Replacing:
        through = self._injection(group)
        return Replacing(self.knowledge, self.unit, group.targets, group.changes, through)

    def _refuse(self, group: Group) -> Iterator[Decision]:
        worst = next(
            (take for take in group.takes if take.denied and take.denied.reason is R.TORCH_AT_IMPORT_TIME),
            next(take for take in group.takes if take.denied),
        )
        assert worst.denied is not None
        for take in group.takes:
            denied = take.denied
            if worst.denied.reason is R.TORCH_AT_IMPORT_TIME:
                denied = (
                    worst.denied if denied is None or denied.reason is not R.TORCH_AT_IMPORT_TIME else denied
                )
            if denied is None:
                line = worst.site.place.line
                denied = Denied(R.PART_REFUSED, f"with line {line}, which is refused: {worst.denied.detail}")
            yield Refused(take.site, denied.reason, denied.detail, denied.at)

    def _in_the_facade(self) -> Denied:
        return Denied(
            R.RETIRED_FACADE,
            f"`{self.unit.info.module_name}` is the facade itself; delete the file once nothing imports it",
        )

    def _side_effects(self, take: Take, lost: Denied | frozenset[str] | None, group: Group) -> Denied | None:
        """What the module that is no longer imported did: refused, or state that the effect sets again."""
        if isinstance(lost, Denied):
            return lost
        if lost:
            found = bypassing_sites(self.knowledge)
            if isinstance(found, Denied):
                return found
            group.needs += found
        return None

    # One site.

    def _plan(self, take: Take, group: Group, edits: ImportEdits) -> Denied | None:
        if not take.items:
            return self._plan_expression(take, group)
        for item in take.items:
            denied = self._plan_item(item, group, edits)
            if denied is not None:
                return denied
        return None

    def _plan_item(self, item: Import, group: Group, edits: ImportEdits) -> Denied | None:
        shown = item.dotted or item.alias.name
        if item.star:
            return self._plan_star(item, group, edits)
        package = item.dotted.partition(".")[0]
        if self.unit.module.is_guarded(item.dotted) and package != "torch":
            return Denied(
                R.NO_HANDLE_IN_REACH, f"the handle is torch's; `{package}` comes from its own runtime module"
            )
        if self._binds_facade(item):
            return self._plan_facade(item, group, edits)
        if not isinstance(item.value, Ref):
            return Denied(R.FACADE_NAME_UNKNOWN, f"what `{shown}` is cannot be told")
        origin = item.value.dotted
        if facade_of(self.unit.module, origin):
            return Denied(
                R.FACADE_NAME_UNKNOWN, f"`{origin}` is defined there, or made where it cannot be followed"
            )
        denied = only_binding(self.unit, self.lexicon, item)
        if denied is not None:
            return denied
        if self._stays_import(item, origin):
            edits.remove(item)
            edits.put(item.stmt, import_text(origin, item.bound))
            return None
        replacing = self._replacing(group)
        return replacing.name(item, edits) or self._taken_by_others(item, group)

    def _plan_star(self, item: Import, group: Group, edits: ImportEdits) -> Denied | None:
        """`from app.facade import *`: the names that the module uses of it, where these can be told."""
        named = star_imports(self.knowledge, self.unit, item)
        if isinstance(named, Denied):
            return named
        for one in named:
            denied = self._plan_item(one, group, edits)
            if denied is not None:
                return denied
        edits.remove(item)
        return None

    def _binds_facade(self, item: Import) -> bool:
        """Whether an import binds the facade as a module, or a package through which it is reached."""
        value = item.value.dotted if isinstance(item.value, Ref) else ""
        named = value == item.dotted or (not item.is_from and item.alias.asname is None)
        is_module = self.knowledge.project.find(item.dotted) is not None
        return named and is_module and bool(facade_of(self.unit.module, item.dotted))

    def _stays_import(self, item: Import, origin: str) -> bool:
        """Whether the origin may simply be imported here instead."""
        return item.where.type_checking or self.unit.info.is_stub or not self.unit.module.is_guarded(origin)

    def _taken_by_others(self, item: Import, group: Group) -> Denied | None:
        """Modules that take the name from this one have to be migrated with it."""
        location = self.lexicon.locations[item.stmt]
        if self.lexicon.owner(location.scopes, item.bound) is not self.lexicon.tree:
            return None
        if self.unit.info.is_package and self._is_of_project(item):
            denied = offered(self.unit, item)
            if denied is not None:
                return denied
        for step in references(self.knowledge, self.unit, item.bound, follow=False).steps():
            for obstacle in step.obstacles:
                detail = f"`{item.bound}` is more than this module's own: {obstacle.detail}"
                return Denied(R.HANDLE_READ_ELSEWHERE, detail, obstacle.at)
            for unit, other in step.imports:
                site = _site_at(self.knowledge, unit, other.alias, other.stmt)
                if site is not None:
                    group.needs.append(site)
                elif not other.where.type_checking:
                    return self._taken_at(item, unit, other.stmt)
            for mention in step.mentions:
                unit, node = mention.unit, mention.node
                if unit is self.unit:
                    continue
                site = _site_at(self.knowledge, unit, node, mention.location.stmt)
                if site is None:
                    return self._taken_at(item, unit, node)
                group.needs.append(site)
        return None

    def _is_of_project(self, item: Import) -> bool:
        """Whether a module of the project has the name to give, and is no facade."""
        own = self.knowledge.project.find(item.module) is not None
        return own and not facade_of(self.unit.module, item.dotted)

    def _taken_at(self, item: Import, unit: Unit, node: ast.AST) -> Denied:
        detail = f"`{item.bound}` is taken from here at {self.knowledge.at(unit, node)}"
        return Denied(R.HANDLE_READ_ELSEWHERE, detail, unit.place(node))

    # Facades as modules, and expressions.

    def _plan_facade(self, item: Import, group: Group, edits: ImportEdits) -> Denied | None:
        """`import app.facade`, `from app import facade`: each use goes to the origin of what it takes."""
        denied = only_binding(self.unit, self.lexicon, item)
        if denied is not None:
            return denied
        location = self.lexicon.locations[item.stmt]
        owner = self.lexicon.owner(location.scopes, item.bound)
        replacing = self._replacing(group)
        for use in self.lexicon.uses_of(owner, item.bound):
            found = facade_links(self.unit, use)
            if found is None:
                if len(self.lexicon.bindings_of(owner, item.bound)) > 1:
                    continue  # another import binds the package too
                return Denied(
                    R.FACADE_NAME_UNKNOWN,
                    f"`{item.bound}` is used at line {use.node.lineno} for something else "
                    "than a name of the facade",
                )
            node, origin = found
            if not origin:
                detail = f"`{self.unit.text(node)}` is used at line {node.lineno} for something else"
                return Denied(R.FACADE_NAME_UNKNOWN, f"{detail} than a name of it")
            denied = replacing.link(use, node, origin, item, edits)
            if denied is not None:
                return denied
        edits.remove(item)
        return None

    def _plan_expression(self, take: Take, group: Group) -> Denied | None:
        """`util.torch.zeros`: the link that takes torch from a project module becomes the handle."""
        node = take.node
        if any(other is not take and other.items for other in group.takes):
            return None  # the import's own uses, planned with it
        if not isinstance(node, ast.Name | ast.Attribute):
            return Denied(R.FACADE_NAME_UNKNOWN, "the module is named by a string or made at run time")
        value = self.unit.module.value(node)
        location = self.lexicon.locations.get(node)
        if not isinstance(value, Ref) or location is None or value.package != "torch":
            return Denied(R.FACADE_NAME_UNKNOWN, f"what `{self.unit.text(node)}` is cannot be told")
        return self._replacing(group).taken(node, value.dotted, location)


def _site_at(knowledge: Knowledge, unit: Unit, *nodes: ast.AST) -> Site | None:
    """The site of a finding at one of these nodes."""
    for node in nodes:
        place = unit.place(node)
        for finding in knowledge.migration.findings.get(unit.path, ()):
            if Place.of(unit.path, finding.span) == place and finding.code in ("TG105", "TG201"):
                return Site(place, finding.code, CODEMOD_OF[finding.code])
    return None
