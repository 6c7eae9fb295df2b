"""Which functions can take the handle as a parameter, by a fixed point over who calls them.

A function can if it is plain (module-level, undecorated, named nowhere but in calls) and each of its
callers holds the handle or can take it itself. Somewhere up there a function has to hold it already: the
effect has run before that one does anything, so nothing below sees another torch than before.
"""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torchgate.migrate.changes import AddArgument, AddParameter, Change, Place
from torchgate.migrate.handles.holders import held, is_handle
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.lexical import Kind, Location
from torchgate.migrate.handles.references import Mention, references
from torchgate.migrate.handles.uses import has_position, is_beyond_handle
from torchgate.migrate.project import Unit
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.scopes import parameters
from torchgate.semantics.values import Ref

if TYPE_CHECKING:
    from torchgate.semantics.scopes import ScopeNode


_TRANSPARENT = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})
_CACHES = frozenset({"functools.cache", "functools.lru_cache"})
_PARTIAL = frozenset({"functools.partial"})
# What calls its argument and forgets it: a partial may go there. Elsewhere it might be sent to another
# process, and the handle with it.
_CALLERS = frozenset({"builtins.map", "builtins.filter", "builtins.sorted", "builtins.min", "builtins.max"})
# Calls that see the variables of the function around them, a new parameter included.
_LOOK_AROUND = frozenset(
    {
        "builtins.locals",
        "builtins.vars",
        "builtins.dir",
        "inspect.currentframe",
        "inspect.stack",
        "sys._getframe",
    }
)


@dataclass(frozen=True, slots=True)
class Denied:
    """Why not: a reason, in words of the code, and the place where that is another one than the site's."""

    reason: R
    detail: str
    at: Place | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A function that would take the handle, under the name ``parameter``."""

    unit: Unit
    node: ast.FunctionDef | ast.AsyncFunctionDef
    parameter: str


@dataclass(frozen=True, slots=True)
class Held:
    """The handle is in reach as ``text``, once ``target`` (if any) takes it as a parameter."""

    text: str
    target: Target | None = None


@dataclass(slots=True, eq=False)
class _Entry:
    """What is known of a function that would take the handle."""

    target: Target | None
    denied: Denied | None = None
    calls: list[tuple[Mention, ast.Call, int, Held]] = field(default_factory=list)
    grounded: bool = False


class Injection:
    """Answers whether the handle can be in reach at a place, and what has to change for that."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
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
        waiting, seen = list(targets), set()
        while waiting:
            target = waiting.pop(0)
            if target.node in seen:
                continue
            seen.add(target.node)
            found[self._parameter(target)] = None
            for mention, call, index, through in self._entries[target.node].calls:
                found[AddArgument(mention.unit.place(call), index, through.text)] = None
                if through.target is not None:
                    waiting.append(through.target)
        return list(found)

    def _parameter(self, target: Target) -> AddParameter:
        place = target.unit.place(target.node)
        annotation = self._annotation(target)
        return AddParameter(place, target.parameter, keyword_only=False, annotation=annotation)

    def _annotation(self, target: Target) -> str | None:
        """The handle's type, where the function is annotated and its module knows the type."""
        arguments = target.node.args
        annotated = target.node.returns is not None or any(
            parameter.annotation is not None for parameter in parameters(arguments)
        )
        lexicon = self.knowledge.lexicon(target.unit)
        for item in target.unit.module.imports if annotated else ():
            value = item.value
            known = isinstance(value, Ref) and value.dotted.startswith("torchgate.runtime")
            if known and item.alias.name == "TorchHandle" and not lexicon.locations[item.stmt].chain:
                quoted = item.where.type_checking and not lexicon.lazy
                return f'"{item.bound}"' if quoted else item.bound
        return None

    # One place.

    def _locate(self, unit: Unit, location: Location) -> Held | Denied:
        text = held(self.knowledge, unit, location)
        if text is not None:
            return Held(text)
        outer = location.chain[0] if location.chain else None
        where = self.knowledge.shown(unit.path)
        if outer is None or not location.deferred:
            line = location.stmt.lineno
            what = "in the program" if location.program else "while the module is imported"
            return Denied(
                R.NO_HANDLE_IN_REACH,
                f"{where}:{line} runs {what}, where no handle is held",
                unit.place(location.stmt),
            )
        if isinstance(outer, ast.ClassDef):
            method = next((node.name for node in location.chain[1:] if hasattr(node, "name")), "")
            return Denied(
                R.NO_HANDLE_IN_REACH,
                f"`{outer.name}.{method}` ({where}:{outer.lineno}) is a method; give the object the handle "
                "when it is made, or the method as a parameter",
                unit.place(outer),
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

    # One function.

    def _entry(self, unit: Unit, node: ast.FunctionDef | ast.AsyncFunctionDef) -> _Entry:
        entry = self._entries.get(node)
        if entry is None:
            name = self._free_name(unit, node)
            denied = self._structure(unit, node)
            if denied is None and name is None:
                names = " nor ".join(f"`{item}`" for item in self.knowledge.config.handle_names)
                detail = f"neither {names} is free in `{node.name}` for the handle"
                denied = Denied(R.NAME_COLLISION, detail, unit.place(node))
            target = None if denied is not None or name is None else Target(unit, node, name)
            entry = self._entries[node] = _Entry(target, denied)
        return entry

    def _free_name(self, unit: Unit, node: ast.AST) -> str | None:
        """The first of the handle's names that means nothing else in the function, or torch already."""
        lexicon = self.knowledge.lexicon(unit)
        for name in self.knowledge.config.handle_names:
            taken = any(
                bound == name and _is_inside(unit, owner, node) and not _imports_torch(unit, nodes)
                for (owner, bound), nodes in lexicon.bound.items()
            ) or _declares_global(unit, node, name)
            if not taken and all(
                _is_torch(unit, use.node) and not is_beyond_handle(unit, use)
                for use in lexicon.uses
                if use.name == name and use.location.kind is Kind.RUN and node in use.location.chain
            ):
                return name
        return None

    def _structure(self, unit: Unit, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Denied | None:
        """What keeps a function from taking a parameter, callers aside."""
        lexicon = self.knowledge.lexicon(unit)
        name, place = node.name, unit.place(node)
        for decorator in node.decorator_list:
            value = unit.module.value(decorator.func if isinstance(decorator, ast.Call) else decorator)
            dotted = value.dotted if isinstance(value, Ref) else ""
            if dotted in _CACHES:
                return Denied(
                    R.CACHED_FUNCTION, f"`{name}` is cached, and would keep the handle in its keys", place
                )
            if dotted not in _TRANSPARENT:
                return Denied(
                    R.DECORATED_FUNCTION, f"`{name}` is decorated with `{unit.text(decorator)}`", place
                )
        if unit.module.parent(node) is not lexicon.tree or len(lexicon.bindings_of(lexicon.tree, name)) != 1:
            return Denied(
                R.NO_HANDLE_IN_REACH, f"`{name}` is defined under a condition, or more than once", place
            )
        for binding in unit.module.bindings:
            if isinstance(binding.node, ast.arg) and binding.node in set(parameters(node.args)):
                if is_handle(binding.value):
                    detail = f"`{name}` takes `{binding.name}`, which may be None or a fake"
                    return Denied(R.NO_HANDLE_IN_REACH, detail, place)
        for call in unit.module.calls:
            looks = isinstance(call.callee, Ref) and call.callee.dotted in _LOOK_AROUND
            if looks and not call.node.args and _is_inside(unit, call.node, node):
                detail = f"`{name}` looks at its own variables at {self.knowledge.at(unit, call.node)}"
                return Denied(R.KEYWORDS_FORWARDED, detail, unit.place(call.node))
        if unit.info.is_test and name.startswith(("test", "pytest_", "setup", "teardown")):
            detail = f"`{name}` ({self.knowledge.at(unit, node)}) is called by the test runner"
            if name.startswith("test"):
                detail += "; let it take the fixture `torch_handle`"
            return Denied(R.NO_HANDLE_IN_REACH, detail, place)
        return None

    # The fixed point.

    def _settle(self, target: Target) -> Denied | None:
        if target.node not in self._settled:
            reached = self._gather(target)
            self._deny_upwards(reached)
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
        name = target.node.name
        refers = references(self.knowledge, target.unit, name, follow=True)
        if refers.obstacles:
            obstacle = refers.obstacles[0]
            entry.denied = Denied(
                R.NO_HANDLE_IN_REACH,
                f"`{name}` has callers that cannot be changed: {obstacle.detail}",
                obstacle.at,
            )
            return
        for mention in refers.mentions:
            found = self._call_of(mention, target)
            if isinstance(found, Denied):
                entry.denied = found
                return
            call, index = found
            through = self._locate(mention.unit, mention.location)
            if isinstance(through, Denied):
                detail = f"`{name}` is called at {self.knowledge.at(mention.unit, call)}: {through.detail}"
                entry.denied = Denied(through.reason, detail, mention.unit.place(call))
                return
            entry.calls.append((mention, call, index, through))

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
            detail = f"`{name}` is used as a value at {where}, and is called from there without the handle"
            return Denied(R.FUNCTION_ESCAPES, detail, unit.place(mention.node))
        if _may_clash(target, found[0]):
            detail = f"the call at {where} passes `**` to `{name}`, which takes any keyword"
            return Denied(R.STAR_ARGUMENTS, detail, unit.place(found[0]))
        if not has_position(unit, found[0]):
            return Denied(R.INSIDE_F_STRING, f"`{name}` is called inside an f-string at {where}", None)
        return found

    def _deny_upwards(self, reached: list[_Entry]) -> None:
        """Whoever is called by a function that cannot hold the handle cannot be given it."""
        changed = True
        while changed:
            changed = False
            for entry in reached:
                if entry.denied is not None:
                    continue
                for mention, call, _, through in entry.calls:
                    if through.target is None:
                        continue
                    root = self._entries[through.target.node].denied
                    if root is not None and entry.target is not None:
                        name = entry.target.node.name
                        at = self.knowledge.at(mention.unit, call)
                        entry.denied = Denied(
                            root.reason, f"`{name}` is called at {at}: {root.detail}", root.at
                        )
                        changed = True
                        break

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


def _is_inside(unit: Unit, node: ast.AST | None, outer: ast.AST) -> bool:
    while node is not None and node is not outer:
        node = unit.module.parent(node)
    return node is outer


def _declares_global(unit: Unit, node: ast.AST, name: str) -> bool:
    return any(
        isinstance(inner, ast.Global | ast.Nonlocal) and name in inner.names
        for inner in unit.module.within(node)
    )


def _imports_torch(unit: Unit, nodes: list[ast.AST]) -> bool:
    """Whether all that binds a name are imports of torch itself."""
    known = {item.alias: item for item in unit.module.imports}
    return all(
        isinstance(node, ast.alias)
        and node in known
        and isinstance(value := known[node].value, Ref)
        and value.dotted == "torch"
        for node in nodes
    )


def _is_torch(unit: Unit, node: ast.expr) -> bool:
    value = unit.module.value(node)
    return isinstance(value, Ref) and value.dotted == "torch"


def injection(knowledge: Knowledge) -> Injection:
    """The answers of this run."""
    return knowledge.once("injection", lambda: Injection(knowledge))
