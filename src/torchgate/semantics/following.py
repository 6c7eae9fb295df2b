"""Dotted names followed to where they come from, through re-exports, stars, classes and results of functions.

Every answer is the same whichever file asks, and in whichever order. A name that leads in a circle, or out of
what is known, is left as it is.
"""

from __future__ import annotations

import _ast as ast
import sys

from torchgate.semantics.definitions import RECURSION_LIMIT
from torchgate.semantics.handle import attribute_of, handle, is_handle_type
from torchgate.semantics.joins import join_all
from torchgate.semantics.lineage import lineage
from torchgate.semantics.modules import Modules, no_acts, no_writers
from torchgate.semantics.roots import Asked, Kept
from torchgate.semantics.summary import ABSENT, Summary, is_followed
from torchgate.semantics.values import HANDLE, IMPORT, UNKNOWN, Instance, Ref, plain, sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
    from typing import TypeVar

    from torchgate.config import Config
    from torchgate.semantics.modules import Judge, Writers
    from torchgate.semantics.roles import Given
    from torchgate.semantics.summary import Shape, Symbol
    from torchgate.semantics.values import Value

    Found = TypeVar("Found", bound="Value | None")

# The display that a tuple from another module stands for: it is nowhere in the file that asks.
_ELSEWHERE = ast.Tuple(elts=[], ctx=ast.Load(), lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
# Walls against names that feed themselves; both lie beyond any project's re-exports.
DEPTH = 500  # a few frames of the stack each
STEPS = 1000
_LONGEST = 2000


class Following(Modules):
    """Follows names from module to module."""

    def __init__(
        self,
        config: Config,
        writers: Writers = no_writers,
        judge: Judge = no_acts,
        overlay: Mapping[str, bytes] | None = None,
    ) -> None:
        super().__init__(config, writers, judge, overlay)
        self._own = self.roots.names
        self._gates = frozenset(config.gated_packages) - config.shadowed_packages
        self._settled: dict[tuple[str, int, bool, str], Kept] = {}
        self._following: set[str] = set()
        self._steps = self._deepest = 0  # what the question that is open took so far
        self._circular = False

    def close(self, modules: Collection[str]) -> None:
        """Leave what these modules hold unknown from now on, but for names that are known everywhere: who
        asks wants to know what a test before an import means, and nobody gives ``TYPE_CHECKING`` away under
        another name (``torchgate.lint.given``)."""
        self.opaque = frozenset(modules)
        self.module_words = frozenset(module.rpartition(".")[2] for module in modules)
        self._settled.clear()
        self._answers.clear()

    def settle(self, ref: Ref) -> Value:
        """Follow a dotted name through re-exports to its origin; the name itself where it leads nowhere."""
        self.asked.names.add(ref.package)
        if ref.package not in self._own or ref.via != IMPORT:
            return ref  # what the handle gives is torch's, whatever the project calls so
        if len(ref.dotted) > _LONGEST:
            self._steps = STEPS + 1
            return UNKNOWN
        kept = self._settled.get((ref.dotted, ref.via, ref.type_only, ref.module))
        if not self._following:
            kept = kept or self._settle_first(Ref(ref.dotted, ref.via, ref.type_only, module=ref.module))
        elif kept is None or kept.circular:
            return self._settle_next(ref)
        self._steps += kept.steps
        self._deepest = max(self._deepest, len(self._following) + kept.depth)
        self.asked.add(kept.asked)
        return ref if kept.value is None else kept.value

    def _settle_first(self, ref: Ref) -> Kept:
        """Follow a name that nothing else led to; only what it comes to is kept."""
        outer = self.collect(Asked())
        try:
            found = self._afresh(lambda: self._settle_next(ref))
        finally:
            grounds = self.grounds(self.collect(outer))
        value = None if found is ref or self._is_too_far() else found
        kept = Kept(value, grounds, self._deepest, self._steps, self._circular)
        self._settled[ref.dotted, ref.via, ref.type_only, ref.module] = kept
        return kept

    def _afresh(self, find: Callable[[], Found]) -> Found:
        """Begin to count, with room on the stack."""
        self._steps = self._deepest = 0
        self._circular = False
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, RECURSION_LIMIT))
        try:
            return find()
        finally:
            sys.setrecursionlimit(limit)

    def _settle_next(self, ref: Ref) -> Value:
        self._steps += 1
        if self._is_closed(ref.dotted):
            return ref
        self._following.add(ref.dotted)
        try:
            return self._follow(ref)
        finally:
            self._following.discard(ref.dotted)

    def _is_closed(self, key: str) -> bool:
        """Whether a way ends here: it went round, or too far."""
        self._deepest = max(self._deepest, len(self._following))
        self._circular = self._circular or key in self._following
        return key in self._following or self._is_too_far()

    def _is_too_far(self) -> bool:
        return self._deepest > DEPTH or self._steps > STEPS

    def _follow(self, ref: Ref) -> Value:
        parts = ref.dotted.split(".")
        known = self._imported(ref.module).count(".")
        module = ".".join(parts[: known + 1])
        for index, part in enumerate(parts[known + 1 :], known + 1):
            inner, rest = f"{module}.{part}", parts[index + 1 :]
            if part.endswith("()"):
                return self._walk(self.result(inner[:-2]) or UNKNOWN, rest)
            opaque = self.is_opaque(module, parts[index:])
            exported = ABSENT if opaque else self.export(module, part)
            is_itself = exported is not None and exported[:2] == ("ref", inner)
            # `from .part import part` in a package: `package.part` is what the module defines, but the
            # module is what `from package.part import other` goes through.
            hidden = bool(rest) and exported is not None and exported[1].startswith(f"{inner}.")
            if exported is not None and exported is not ABSENT and not hidden and not is_itself:
                if exported[3] and not ref.type_only and self._is_dynamic(module):
                    # What a type checker sees here, `__getattr__` gives where the program runs.
                    return self._walk(self._lazy(module, part, ref) or UNKNOWN, rest)
                return self._walk(self._value(exported, ref, module), rest)
            if exported is not ABSENT and not hidden:
                # A submodule that the package imports bears its own name as well.
                if not rest or not is_itself or not self._is_module(inner):
                    return self._through_class(ref, inner, rest) if rest and is_itself else ref
            elif not self._is_module(inner):
                if opaque:
                    return ref
                found = self.star(module, part) or self._lazy(module, part, ref)
                return self._walk(found, rest) if found is not None else ref
            module = inner
        return ref

    def _imported(self, module: str) -> str:
        """So much of the modules that an import names as is in sight: what is behind may be generated,
        compiled or gone, but the way there is one of modules all the same."""
        while "." in module and self.find(module) is None:
            module = module.rpartition(".")[0]
        return module

    def _is_module(self, dotted: str) -> bool:
        return self.find(dotted) is not None or self.is_folder(dotted)

    def _is_dynamic(self, module: str) -> bool:
        summary = self.summary(module)
        return summary is not None and summary.dynamic

    def _through_class(self, ref: Ref, cls: str, attributes: list[str]) -> Value:
        """Follow attributes of what may be a class, defined where its name says."""
        for index, name in enumerate(attributes):
            held = self._held([Ref(cls)], name)
            if held is None or name.endswith("()"):
                made = self.result(f"{cls}.{name[:-2]}") if name.endswith("()") else None
                return ref if made is None else self._walk(made, attributes[index + 1 :])
            found, module = held
            if found is None:
                return UNKNOWN
            if found[:2] != ("ref", f"{cls}.{name}"):
                return self._walk(_apart(self._value(found, ref, module)), attributes[index + 1 :])
            cls = f"{cls}.{name}"  # a method, or a class inside
        return ref

    def _walk(self, value: Value, attributes: list[str]) -> Value:
        for name in attributes:
            match value:
                case Ref() if value.package in self._own or not name.endswith("()"):
                    found = attribute_of(value, name)
                    value = self.settle(found) if isinstance(found, Ref) else found
                case Instance(cls=Ref() as cls) if name.endswith("()"):
                    method = self.member([cls], name[:-2])
                    given = self.result(method.dotted) if isinstance(method, Ref) else None
                    value = given or UNKNOWN
                case Instance(cls=Ref() as cls):
                    value = self.member([cls], name) or UNKNOWN
                case _:
                    return UNKNOWN
        return value

    def _value(self, symbol: Symbol, asked: Ref, module: str) -> Value:
        """What a module's symbol stands for, taken from ``module``."""
        kind, dotted, via, type_only, within = symbol
        if kind.endswith("choice"):
            one = kind.removesuffix("choice").strip() or "ref"
            alternatives: list[Symbol] = [(one, name, via, type_only, "") for name in dotted.split("|")]
            return plain(join_all(self._value(alternative, asked, module) for alternative in alternatives))
        ref = Ref(dotted, via, type_only or asked.type_only, module, module=within)
        if kind in ("ref", "alias"):
            found = self.settle(ref)
            if isinstance(found, Ref):
                if "()" in found.dotted or (kind == "alias" and not self._is_known_to(found)):
                    return UNKNOWN
                if kind == "alias" and self.opaque and not self._is_module(found.dotted):
                    return UNKNOWN  # what it leads to was not asked
                return Ref(found.dotted, found.via, found.type_only or ref.type_only, module)
            return found
        if kind == "instance":
            return self._instance(ref)
        return self.result(dotted) or UNKNOWN

    def _is_known_to(self, ref: Ref) -> bool:
        """Whether a name that was assigned under another one is followed."""
        return ref.package in self._own or is_followed(ref, self.config, self._gates)

    def _instance(self, cls: Ref) -> Value:
        origin = self.settle(cls)
        if isinstance(origin, Ref) and is_handle_type(origin.dotted, self.config):
            return handle()
        found = self.settle(Ref(cls.dotted))
        is_class = isinstance(found, Ref) and self.is_class(found.dotted)
        return Instance(cls) if cls.dotted == "torch.device" or is_class else UNKNOWN

    def _lazy(self, module: str, name: str, asked: Ref) -> Value | None:
        """What the ``__getattr__`` of a module gives under ``name``."""
        summary = self.summary(module)
        found = summary.lazy(name) if summary is not None else None
        return None if found is None else self._value(found, asked, module)

    def star(self, module: str, name: str) -> Value | None:
        """What ``from module import *`` gives under ``name``; None where it gives nothing known."""
        if module.partition(".")[0] not in self._names:
            return None
        return self._starred(module, name, set())

    def _starred(self, module: str, name: str, seen: set[str]) -> Value | None:
        summary = self.summary(module)
        if summary is None or module in seen:
            return None
        seen.add(module)
        if summary.public is None and (name.startswith("_") or name in summary.withheld):
            return None
        if summary.public is not None and name not in summary.public:
            return None
        if name in summary.exports:
            return self.settle(Ref(f"{module}.{name}", module=module))
        for other in reversed(summary.stars):
            if other.partition(".")[0] in self._names:
                found = self._starred(other, name, seen)
                if found is not None:
                    return _taken(found, module)
        return None

    def star_names(self, module: str) -> list[str]:
        """The names that ``from module import *`` binds, sorted."""
        names: set[str] = set()
        waiting, seen = [module], set()
        while waiting:
            summary = self.summary(current := waiting.pop())
            if summary is None or current in seen:
                continue
            seen.add(current)
            if summary.public is not None:
                names.update(summary.public)
            else:
                shown = summary.exports.keys() - summary.withheld
                names.update(name for name in shown if not name.startswith("_"))
                waiting.extend(summary.stars)
        return sorted(names)

    # Functions and classes.

    def result(self, dotted: str) -> Value | None:
        """What calling a project function or class gives; None where nothing is known."""
        return self._answer(("result", dotted), lambda: self._result(dotted))

    def _answer(self, question: Hashable, find_out: Callable[[], Value | None]) -> Value | None:
        """What a question that nothing else led to comes to is kept."""
        found = find_out() if self._following else self.once(question, find_out)
        return None if found is None else _apart(found)

    def _result(self, dotted: str) -> Value | None:
        origin = self.settle(Ref(dotted))
        dotted = origin.dotted if isinstance(origin, Ref) else dotted
        if is_handle_type(dotted, self.config):
            return handle()
        if self.is_class(dotted):
            return Instance(Ref(dotted))
        place = self._undecorated(dotted)
        return None if place is None else self._given(place[0].result(place[1]), dotted, place[0])

    def _undecorated(self, dotted: str) -> tuple[Summary, str] | None:
        """``_definition`` of a function, where its decorators leave what it gives as it is."""
        place = self._definition(dotted)
        decorations = place[0].decorations(place[1]) if place is not None else ()
        return place if all(self.decorates(*item) for item in decorations) else None

    def decorates(self, dotted: str, given: Given) -> bool:
        """Overridden by the layer that asks about decorators."""
        raise NotImplementedError

    def entered(self, dotted: str) -> Value | None:
        """What ``with`` binds where it enters what a project function made; None where nothing is known."""
        origin = self.settle(Ref(dotted))
        place = self._undecorated(origin.dotted) if isinstance(origin, Ref) else None
        return None if place is None else self._given(place[0].entered(place[1]), dotted, place[0])

    def _given(self, found: Shape | None, dotted: str, summary: Summary) -> Value | None:
        if found is None:
            return None
        if not self._following:
            value = self._afresh(lambda: self._given_next(found, dotted, summary))
            return None if self._is_too_far() else value
        return self._given_next(found, dotted, summary)

    def _given_next(self, found: Shape, dotted: str, summary: Summary) -> Value | None:
        key = f"{dotted}()"
        if self._is_closed(key):
            return None
        self._following.add(key)
        try:
            return self._shaped(found, Ref(dotted), summary.name)
        finally:
            self._following.discard(key)

    def _shaped(self, found: Shape, asked: Ref, module: str) -> Value:
        if isinstance(found, list):
            items = [UNKNOWN if item is None else self._shaped(item, asked, module) for item in found]
            return sequence(items, _ELSEWHERE)
        return _apart(self._value(found, asked, module))

    def member(self, classes: list[Ref], name: str) -> Value | None:
        """What instances of a class with these project classes as its last bases hold under ``name``;
        None where they hold nothing under it."""
        names = tuple(cls.dotted for cls in classes)
        return self._answer(("member", names, name), lambda: self._member(classes, name))

    def _member(self, classes: list[Ref], name: str) -> Value | None:
        held = self._held(classes, name)
        if held is None:
            return None
        found, module = held
        return UNKNOWN if found is None else _apart(self._value(found, classes[0], module))

    def _held(self, classes: list[Ref], name: str) -> tuple[Symbol | None, str] | None:
        """The first of some classes and their bases that holds something under ``name``: what, and in which
        module. A class attribute that is None leaves the word to the classes behind it."""
        for summary, qualname in self._lineage(classes):
            if summary.has_member(qualname, name):
                return summary.member(qualname, name), summary.name
        return None

    def holds_handle(self, cls: Ref) -> bool:
        """Whether instances of a project class are known to hold the handle."""
        return any(
            symbol[0] == "ref" and symbol[2] == HANDLE
            for summary, qualname in self._lineage([cls])
            for symbol in summary.members(qualname)
        )

    def _lineage(self, classes: list[Ref]) -> Iterator[tuple[Summary, str]]:
        """Project classes and their base classes, as module and qualified name, in the order in which Python
        looks: a class that two others have as their base comes after both."""
        waiting, seen = [cls.dotted for cls in classes], set[tuple[Summary, str]]()
        while len(waiting) == 1:  # no need to know what is above
            place = self._class(waiting[0])
            if place is None or place in seen:
                return
            yield place
            seen.add(place)
            waiting = place[0].bases(place[1])
        yield from reversed(lineage(self._classes(waiting), lambda place: place, self._bases))

    def _bases(self, place: tuple[Summary, str]) -> list[tuple[Summary, str]]:
        return self._classes(place[0].bases(place[1]))

    def _classes(self, names: list[str]) -> list[tuple[Summary, str]]:
        return [place for name in names if (place := self._class(name)) is not None]

    def _class(self, dotted: str) -> tuple[Summary, str] | None:
        """The module that defines a class, and its qualified name there."""
        origin = self.settle(Ref(dotted))
        place = self._definition(origin.dotted) if isinstance(origin, Ref) else None
        return place if place is not None and place[0].is_class(place[1]) else None


def _apart(value: Value) -> Value:
    """A value that no module hands out."""
    return Ref(value.dotted, value.via, value.type_only) if isinstance(value, Ref) else value


def _taken(value: Value, module: str) -> Value:
    return Ref(value.dotted, value.via, value.type_only, module) if isinstance(value, Ref) else value
