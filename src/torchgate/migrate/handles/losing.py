"""What is lost with an import that goes: modules no longer loaded there, and what loading them did."""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterable

from torchgate.lint.facades import facade_of
from torchgate.lint.imports import prefixes
from torchgate.migrate.handles.denied import Denied
from torchgate.migrate.handles.effect_settings import settings_of_effects
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.loading import Loaded, is_in_cycle, side_effects
from torchgate.migrate.project import Unit
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.facts import Import


def lost_effects(
    knowledge: Knowledge, unit: Unit, gone: list[Import]
) -> dict[ast.AST, Denied | frozenset[str]]:
    """By statement and alias: why the import has to stay, or the determinism settings that go with it."""
    found: dict[ast.AST, Denied | frozenset[str]] = {}
    aliases = {item.alias for item in gone}
    for item in gone:
        if (
            item.where.type_checking
            or unit.info.is_stub
            or item.dotted.partition(".")[0] in knowledge.config.gated_packages
        ):
            continue
        result = _of_item(knowledge, unit, item, aliases)
        for node in (item.stmt, item.alias):
            before = found.get(node, frozenset())
            if not isinstance(before, Denied):
                found[node] = result if isinstance(result, Denied) else before | result
    return found


def _of_item(knowledge: Knowledge, unit: Unit, item: Import, gone: set[ast.alias]) -> Denied | frozenset[str]:
    loaded = _loaded_before(knowledge, unit, item, gone)
    settings: set[str] = set()
    for module in _modules(knowledge, item, gone):
        facade = facade_of(unit.module, module)
        for effect in side_effects(knowledge, module, loaded=loaded):
            if not effect.settings:
                reason = R.FACADE_HAS_SIDE_EFFECTS if facade else R.IMPORT_HAS_SIDE_EFFECTS
                return Denied(
                    reason, f"importing `{module}` does more than define names: {effect.detail}", effect.at
                )
            settings |= effect.settings
        cycle = is_in_cycle(knowledge, module, loaded=loaded)
        if cycle is not None:
            detail = f"`{cycle}` is part of an import cycle, and would be loaded in another order"
            return Denied(R.IMPORT_HAS_SIDE_EFFECTS, detail)
        reached = _reached_at(knowledge, unit, module)
        if reached is not None:
            detail = f"`{module}` is used as an attribute at {reached}, which does not import it itself"
            return Denied(R.IMPORT_HAS_SIDE_EFFECTS, detail)
    sets = settings_of_effects(knowledge)
    if settings and sets is None:
        names = ", ".join(f"`{name}`" for name in sorted(settings)[:2])
        return Denied(
            R.FACADE_HAS_SIDE_EFFECTS,
            f"it sets {names} when it is imported, and no program of the project applies an effect that sets "
            "them instead",
        )
    if sets is not None and settings - sets:
        name = sorted(settings - sets)[0]
        return Denied(
            R.FACADE_HAS_SIDE_EFFECTS, f"it sets `{name}` when it is imported, and the effect does not"
        )
    return frozenset(settings)


def _reached_at(knowledge: Knowledge, unit: Unit, module: str) -> str | None:
    """Who uses the module through its package's name, and relies on somebody else to load it."""
    if "." not in module:
        return None
    last = module.rpartition(".")[2]
    for path in knowledge.files_with(last) if not facade_of(unit.module, module) else ():
        text = knowledge.imports_text(path) if path.endswith(".py") and path != unit.path else None
        if text is not None and not text.uses(last):
            continue
        other = knowledge.migration.unit(path) if path.endswith(".py") and path != unit.path else None
        if other is not None and not any(
            item.where.runs and (item.module == module or item.dotted.startswith(module))
            for item in other.module.imports
        ):
            for node in knowledge.lexicon(other).named.get(last, ()):
                if isinstance(node, ast.Attribute) and other.module.dotted(node) == module:
                    return knowledge.at(other, node)
    return None


def _modules(knowledge: Knowledge, item: Import, gone: set[ast.alias]) -> list[str]:
    """The modules that the name's import loads, and that its statement no longer loads without it."""
    found = []
    if item.is_from and all(alias in gone for alias in item.stmt.names):
        found.append(item.module)
    if knowledge.project.find(item.dotted) is not None:
        found.append(item.dotted)
    return found


def _loaded_before(knowledge: Knowledge, unit: Unit, item: Import, gone: Iterable[ast.alias]) -> Loaded:
    """What is loaded for certain when the import runs: the packages around the module, what stays imported
    above it, and for an import in a function all that the module itself imports."""
    imported: set[str] = set()
    late = item.where.function is not None
    for other in unit.module.imports:
        if other.alias in gone or not other.where.import_time or not other.where.runs:
            continue
        if not late and other.stmt.lineno >= item.stmt.lineno:
            continue
        if unit.module.parent(other.stmt) is not unit.module.tree:
            continue
        for name in {other.module, other.dotted}:
            if knowledge.project.find(name) is not None:
                imported.add(name)
    return Loaded(knowledge, prefixes(unit.info.module_name), imported)
