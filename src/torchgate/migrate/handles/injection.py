"""Which functions can take the handle as a parameter, by a fixed point over who calls them.

A function can if it is plain (module-level, undecorated, named nowhere but in calls) and each of its
callers holds the handle or can take it itself. Somewhere up there a function has to hold it already: the
effect has run before that one does anything, so nothing below sees another torch than before.
"""

from __future__ import annotations

import _ast as ast
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torchgate.migrate.changes import AddArgument, Change
from torchgate.migrate.decisions import Site
from torchgate.migrate.handles.candidates import Target, candidate, imports_in_the_way, new_parameter
from torchgate.migrate.handles.denied import Denied
from torchgate.migrate.handles.holders import held
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.lexical import Location
from torchgate.migrate.handles.mentions import Mention
from torchgate.migrate.handles.references import references
from torchgate.migrate.handles.uses import has_position
from torchgate.migrate.project import Unit
from torchgate.migrate.refusals.reason import RefusalReason as R

if TYPE_CHECKING:
    from torchgate.semantics.scopes import ScopeNode


_PARTIAL = frozenset({"functools.partial"})
# What calls its argument and forgets it: a partial may go there. Elsewhere it might be sent to another
# process, and the handle with it.
_CALLERS = frozenset({"builtins.map", "builtins.filter", "builtins.sorted", "builtins.min", "builtins.max"})


# The level of what nobody calls who holds the handle: any other reason comes first.
_UNCALLED = 1_000_000


@dataclass(frozen=True, slots=True)
class Held:
    """The handle is in reach as ``text``, once ``target`` (if any) takes it as a parameter."""

    text: str
    target: Target | None = None


@dataclass(slots=True, eq=False)
class _Entry:
    """What is known of a function that would take the handle. ``level``: how many calls away the one is for
    which it is denied."""

    target: Target | None
    denied: Denied | None = None
    level: int = 0
    calls: list[tuple[Mention, ast.Call, int, Held]] = field(default_factory=list)
    grounded: bool = False


class Injection:
    """Answers whether the handle can be in reach at a place, and what has to change for that."""

    def __init__(self, knowledge: Knowledge, built: Mapping[ast.AST, str] | None = None) -> None:
        """``built``: module-level classes that a builder function will make, and its parameter's name."""
        self.knowledge = knowledge
        self._built = dict(built or {})
        self._entries: dict[ast.AST, _Entry] = {}
        self._settled: set[ast.AST] = set()

    def reach(self, unit: Unit, location: Location) -> Held | Denied:
        """How the code there gets the handle."""
        found = self._locate(unit, location)
        if isinstance(found, Denied) or found.target is None:
            return found
        denied = self._settle(found.target)
        return found if denied is None else denied

    def changes(self, targets: Iterable[Target]) -> list[Change]:
        """What gives these functions the handle, callers included."""
        found: dict[Change, None] = {}
        for target in self._with_callers(targets):
            found[new_parameter(self.knowledge, target)] = None
            for mention, call, index, through in self._entries[target.node].calls:
                found[AddArgument(mention.unit.place(call), index, through.text)] = None
        return list(found)

    def needs(self, targets: Iterable[Target]) -> list[Site]:
        """The sites that have to be migrated with these functions, callers included."""
        reached = self._with_callers(targets)
        return [site for target in reached for site in imports_in_the_way(self.knowledge, target)]

    def _with_callers(self, targets: Iterable[Target]) -> list[Target]:
        found: dict[ast.AST, Target] = {}
        waiting = list(targets)
        while waiting:
            target = waiting.pop(0)
            if target.node not in found:
                found[target.node] = target
                calls = self._entries[target.node].calls
                waiting += [through.target for *_, through in calls if through.target is not None]
        return list(found.values())

    def builder_parameter(self, location: Location) -> str | None:
        """The name of the handle in the builder of the class that a place belongs to, if it has one."""
        return self._built.get(location.chain[0] if location.chain else location.stmt)

    # One place.

    def _locate(self, unit: Unit, location: Location) -> Held | Denied:
        text = held(self.knowledge, unit, location)
        if text is not None:
            return Held(text)
        built = self.builder_parameter(location)
        if built is not None:
            return self._in_builder(unit, location, built)
        outer = location.chain[0] if location.chain else None
        where = self.knowledge.shown(unit.path)
        if outer is None or not location.deferred:
            line = location.stmt.lineno
            what = (
                "in the program" if location.program or unit.info.is_entry else "while the module is imported"
            )
            return Denied(
                R.NO_HANDLE_IN_REACH,
                f"{where}:{line} runs {what}, where no handle is held",
                unit.place(location.stmt),
            )
        if isinstance(outer, ast.ClassDef):
            inner = next((node for node in location.chain[1:] if hasattr(node, "name")), outer)
            method = inner.name if inner is not outer else ""
            return Denied(
                R.NO_HANDLE_IN_REACH,
                f"`{outer.name}.{method}` ({where}:{inner.lineno}) is a method; {_cure(unit, outer, method)}",
                unit.place(inner),
            )
        if not isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            return Denied(
                R.NO_HANDLE_IN_REACH,
                f"the lambda at {where}:{outer.lineno} stands outside every function that could take it",
                unit.place(outer),
            )
        entry = self._entry(unit, outer)
        if entry.target is None:
            assert entry.denied is not None
            return entry.denied
        name = entry.target.parameter
        lexicon = self.knowledge.lexicon(unit)
        if lexicon.owner((lexicon.tree, *_below(location.scopes, outer)), name) not in {lexicon.tree, outer}:
            return Denied(
                R.NAME_COLLISION, f"`{name}` means something else at {where}:{location.stmt.lineno}", None
            )
        return Held(name, entry.target)

    def _in_builder(self, unit: Unit, location: Location, name: str) -> Held | Denied:
        lexicon = self.knowledge.lexicon(unit)
        if lexicon.owner(location.scopes, name) is not lexicon.tree:
            return Denied(R.NAME_COLLISION, f"`{name}` means something else at line {location.stmt.lineno}")
        return Held(name)

    # One function.

    def _entry(self, unit: Unit, node: ast.FunctionDef | ast.AsyncFunctionDef) -> _Entry:
        entry = self._entries.get(node)
        if entry is None:
            # An import inside a function is a site of its own, and it has no builder in reach.
            found = candidate(self.knowledge, unit, node, imports_go=not self._built)
            entry = _Entry(None, found) if isinstance(found, Denied) else _Entry(found)
            self._entries[node] = entry
        return entry

    # The fixed point.

    def _settle(self, target: Target) -> Denied | None:
        if target.node not in self._settled:
            reached = self._gather(target)
            self._deny_upwards(reached, below=_UNCALLED)
            self._ground(reached)
            self._deny_upwards(reached)
            self._settled.update(entry.target.node for entry in reached if entry.target is not None)
        return self._entries[target.node].denied

    def _gather(self, target: Target) -> list[_Entry]:
        """The function and all that may have to hand it the handle, with their calls read."""
        found: dict[ast.AST, _Entry] = {}
        waiting = [target]
        while waiting:
            current = waiting.pop()
            if current.node in found:
                continue
            entry = found[current.node] = self._entries[current.node]
            if current.node not in self._settled:
                self._read_callers(entry, current)
            waiting += [through.target for *_, through in entry.calls if through.target is not None]
        return list(found.values())

    def _read_callers(self, entry: _Entry, target: Target) -> None:
        """File by file, up to the first caller that is in the way."""
        name = target.node.name
        for step in references(self.knowledge, target.unit, name, follow=True).steps():
            for obstacle in step.obstacles:
                detail = f"`{name}` has callers that cannot be changed: {obstacle.detail}"
                entry.denied = Denied(R.NO_HANDLE_IN_REACH, detail, obstacle.at)
                return
            for mention in step.mentions:
                entry.denied = self._read_caller(entry, target, mention)
                if entry.denied is not None:
                    return

    def _read_caller(self, entry: _Entry, target: Target, mention: Mention) -> Denied | None:
        found = self._call_of(mention, target)
        if isinstance(found, Denied):
            return found
        call, index = found
        through = self._locate(mention.unit, mention.location)
        if isinstance(through, Denied):
            at = self.knowledge.at(mention.unit, call)
            detail = f"`{target.node.name}` is called at {at}: {through.detail}"
            return Denied(through.reason, detail, mention.unit.place(call))
        entry.calls.append((mention, call, index, through))
        return None

    def _call_of(self, mention: Mention, target: Target) -> tuple[ast.Call, int] | Denied:
        name = target.node.name
        unit, parent = mention.unit, mention.unit.module.parent(mention.node)
        where = self.knowledge.at(unit, mention.node)
        found: tuple[ast.Call, int] | None = None
        match parent:
            case ast.Call(func=func) if func is mention.node:
                found = parent, 0
            case ast.Call(func=func, args=[first, *_]) if (
                first is mention.node and unit.module.dotted(func) in _PARTIAL and _is_used_up(unit, parent)
            ):
                found = parent, 1
        if found is None:
            detail = (
                f"`{name}` is used as a value at {where}, and may be called from there without the handle"
            )
            if isinstance(parent, ast.Attribute):
                looked = f"`{name}.{parent.attr}` at {where}"
                detail = f"{looked} looks at the function, which would have one more parameter"
            return Denied(R.FUNCTION_ESCAPES, detail, unit.place(mention.node))
        if _may_clash(target, found[0]):
            detail = f"the call at {where} passes `**` to `{name}`, which takes any keyword"
            return Denied(R.STAR_ARGUMENTS, detail, unit.place(found[0]))
        if not has_position(unit, found[0]):
            return Denied(R.INSIDE_F_STRING, f"`{name}` is called inside an f-string at {where}", None)
        return found

    def _deny_upwards(self, reached: list[_Entry], below: int = sys.maxsize) -> None:
        """Whoever is called by a function that cannot hold the handle cannot be given it. The nearest one
        gives the reason, the first call of several: it does not hang on which function was asked about
        first."""
        while True:
            found = [(entry, *near) for entry in reached if (near := self._nearest(entry, below)) is not None]
            if not found:
                return
            level = min(caller.level for _, caller, _, _ in found)
            for entry, caller, mention, call in found:
                if caller.level == level and caller.denied is not None and entry.target is not None:
                    at = self.knowledge.at(mention.unit, call)
                    detail = f"`{entry.target.node.name}` is called at {at}: {caller.denied.detail}"
                    entry.denied = Denied(caller.denied.reason, detail, caller.denied.at)
                    entry.level = level + 1

    def _nearest(self, entry: _Entry, below: int) -> tuple[_Entry, Mention, ast.Call] | None:
        """The denied caller with the lowest level below a bound, of an entry that is not denied itself."""
        if entry.denied is not None:
            return None
        callers = [
            (caller, mention, call)
            for mention, call, _, through in entry.calls
            if through.target is not None
            and (caller := self._entries[through.target.node]).denied is not None
            and caller.level < below
        ]
        return min(callers, key=lambda found: found[0].level) if callers else None

    def _ground(self, reached: list[_Entry]) -> None:
        """Denies what no holder of the handle ever calls."""
        changed = True
        while changed:
            changed = False
            for entry in reached:
                if not entry.grounded and any(
                    through.target is None or self._entries[through.target.node].grounded
                    for *_, through in entry.calls
                ):
                    entry.grounded = changed = True
        for entry in reached:
            if not entry.grounded and entry.denied is None and entry.target is not None:
                entry.denied = self._uncalled(entry.target)
                entry.level = _UNCALLED

    def _uncalled(self, target: Target) -> Denied:
        where = self.knowledge.at(target.unit, target.node)
        return Denied(
            R.NO_HANDLE_IN_REACH,
            f"nothing in the project that holds the handle calls `{target.node.name}` ({where})",
            target.unit.place(target.node),
        )


def _is_used_up(unit: Unit, made: ast.Call) -> bool:
    """Whether a partial is called on the spot."""
    match unit.module.parent(made):
        case ast.Call(func=func) if func is made or unit.module.dotted(func) in _CALLERS:
            return True
    return False


def _may_clash(target: Target, call: ast.Call) -> bool:
    """Whether a keyword of the call may be the new parameter's name: only a function that takes any keyword
    could be given one so far."""
    if target.node.args.kwarg is None:
        return False
    return any(keyword.arg is None or keyword.arg == target.parameter for keyword in call.keywords)


def _below(scopes: tuple[ScopeNode, ...], outer: ScopeNode) -> tuple[ScopeNode, ...]:
    return scopes[scopes.index(outer) :] if outer in scopes else (outer,)


def injection(knowledge: Knowledge) -> Injection:
    """The answers of this run."""
    return knowledge.once("injection", lambda: Injection(knowledge))


def _cure(unit: Unit, cls: ast.ClassDef, method: str) -> str:
    """What gives a method the handle: nobody in the project makes the objects of a test class."""
    if not unit.info.is_test or not any(
        isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and item.name.startswith("test")
        for item in cls.body
    ):
        return _cure_of(cls, method)
    if cls.bases:  # of unittest, whose methods take no fixtures
        return "make its tests functions that take the fixture `torch_handle`"
    if method.startswith("test"):
        return "let it take the fixture `torch_handle`"
    return "let the tests that call it take the fixture `torch_handle`, and pass it on"


def _cure_of(cls: ast.ClassDef, method: str) -> str:
    """The same where the project makes the objects: a parameter helps only who is called by name."""
    made = "give the object the handle when it is made"
    for item in cls.body:
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and item.name == method:
            names = [
                part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "")
                for part in item.decorator_list
            ]
            if "staticmethod" in names or "classmethod" in names:
                return "give it the handle as a parameter"
            if any("property" in name or name == "setter" for name in names) or (
                method.startswith("__") and method.endswith("__")
            ):
                return made
    return f"{made}, or the method as a parameter"
