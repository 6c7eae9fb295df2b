"""The determinism state that the project's effects set, each of them."""

from __future__ import annotations

from torchgate.config import EFFECT_FUNCTION
from torchgate.lint.checklist import items
from torchgate.lint.effects import Effects
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.semantics.values import Function, Ref


def settings_of_effects(knowledge: Knowledge) -> frozenset[str] | None:
    """The settings that every effect applied in the project sets; None where none is applied, or one of them
    cannot be seen through."""
    return knowledge.once("settings of effects", lambda: _settings_of_effects(knowledge))


def _settings_of_effects(knowledge: Knowledge) -> frozenset[str] | None:
    common: frozenset[str] | None = None
    for callee in _applied(knowledge):
        settings = _settings(knowledge, callee)
        common = settings if common is None else common & settings
    return common


def _applied(knowledge: Knowledge) -> set[str]:
    """The effect functions that the project's programs call."""
    found: set[str] = set()
    for path, line, *_ in knowledge.project.effect_sites():
        unit = knowledge.migration.unit(f"{knowledge.config.root}/{path}")
        if unit is None:
            continue
        effects = Effects(unit.module)
        for call in effects.calls():
            if call.node.lineno == line and isinstance(call.callee, Ref | Function):
                found.add(call.callee.dotted)
    return found


def _settings(knowledge: Knowledge, dotted: str) -> frozenset[str]:
    everything = frozenset(name for item in items("full") for way in item.ways for name in way)
    if dotted == EFFECT_FUNCTION:
        return everything
    module, _, name = dotted.rpartition(".")
    unit = knowledge.migration.unit_of(module)
    if unit is None:
        return frozenset()
    effects = Effects(unit.module)
    found: set[str] = set()
    for node, function in effects.own.items():
        if function.qualname == name:
            for inner, conduct in effects.reached(node, handed_on=False).items():
                found |= conduct.sets
                for call in unit.module.calls:
                    callee = call.callee.dotted if isinstance(call.callee, Ref) else ""
                    if call.where.function is not None and call.where.function.node is inner:
                        found |= everything if callee == EFFECT_FUNCTION else set()
    return frozenset(found)
