"""The project as one module may ask about it: dotted names followed to where they come from.

Modules are found in the ``src`` roots, read when they are first asked for, and kept as summaries;
every answer is the same whichever file asks, and in whichever order. A name that leads in a circle,
or out of what is known, is left as it is.
"""

from __future__ import annotations

import os

from torchgate.config_load import file_info
from torchgate.semantics.effect_sites import find_sites
from torchgate.semantics.module import analyze, glance
from torchgate.semantics.summary import Conduct, Summary
from torchgate.semantics.values import HANDLE, UNKNOWN, Instance, Ref
from torchgate.source import Source, UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _ast as ast
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

    from torchgate.config import Config, FileInfo
    from torchgate.semantics.module import Module
    from torchgate.semantics.summary import Symbol
    from torchgate.semantics.values import Value

    Writers: TypeAlias = Callable[[Module], frozenset[str]]

_SUFFIXES = ("/__init__.py", ".py", "/__init__.pyi", ".pyi")
# Walls against names that feed themselves; both lie beyond any project's re-exports.
_DEPTH = 150  # and below Python's recursion limit
_STEPS = 1000
_LONGEST = 2000


def _no_writers(module: Module) -> frozenset[str]:
    return frozenset()


class Project:
    """Answers questions about the modules of one configuration's ``src`` roots (a ``Resolver``)."""

    def __init__(
        self, config: Config, writers: Writers = _no_writers, overlay: Mapping[str, bytes] | None = None
    ) -> None:
        """``writers`` gives the qualified names of the functions that write determinism state; ``overlay``
        the content of files, by path, that is to be taken for what stands on the disk."""
        self.config = config
        self.overlay = overlay or {}
        self._writers = writers
        self._gates = frozenset(config.gated_packages) - config.shadowed_packages
        self._own = config.project_names
        self._summaries: dict[str, Summary | None] = {}
        self._folders: dict[str, frozenset[str]] = {}
        self._settled: dict[tuple[str, int, bool], Value] = {}
        self._following: set[str] = set()
        self._steps = 0
        self._trees: dict[str, tuple[int, ast.Module]] = {}
        self._conducts: dict[str, Conduct | None] = {}
        self._sites: list[tuple[str, int, str]] | None = None
        self._reached: dict[str, set[str]] = {}

    # Modules.

    def find(self, module: str) -> str | None:
        """The file of a module by its dotted name: the first root that has it wins; None for folders too."""
        relative = module.replace(".", "/")
        for root in self.config.src:
            base = f"{root}/{relative}"
            for suffix in _SUFFIXES:
                if self._exists(base + suffix):
                    return base + suffix
        return None

    def _exists(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        names = self._folders.get(folder)
        if names is None:
            try:
                names = frozenset(os.listdir(folder))
            except OSError:
                names = frozenset()
            self._folders[folder] = names
        return name in names

    def is_folder(self, module: str) -> bool:
        """Whether a dotted name is a folder in a root: a namespace package, or a package."""
        relative = module.replace(".", "/")
        return any(os.path.isdir(f"{root}/{relative}") for root in self.config.src)

    def summary(self, module: str) -> Summary | None:
        """The summary of a module; None where it does not exist or cannot be read."""
        if module not in self._summaries:
            self._summaries[module] = None  # a cycle finds nothing yet, which is what Python finds
            self._summaries[module] = self._summarise(module)
        return self._summaries[module]

    def _summarise(self, module: str) -> Summary | None:
        source, info = self._source(module)
        if source is None:
            return None
        try:
            reader = glance(source, self.config, info)
        except UnreadableError:
            return None
        self._trees[info.module_name] = (hash(source.data), reader.tree)
        return Summary(info.module_name, reader)

    def parsed(self, module: str, data: bytes) -> ast.Module | None:
        """The syntax tree of a module that was read before with the same content."""
        digest, tree = self._trees.get(module, (0, None))
        return tree if digest == hash(data) else None

    def conduct(self, module: str) -> Conduct | None:
        """What the functions of a module do; None where it does not exist or cannot be read."""
        if module not in self._conducts:
            self._conducts[module] = None
            source, info = self._source(module)
            if source is not None:
                try:
                    analysed = analyze(source, self.config, info)
                    self._conducts[module] = Conduct(analysed, self._writers(analysed))
                except UnreadableError:
                    pass
        return self._conducts[module]

    def _source(self, module: str) -> tuple[Source | None, FileInfo]:
        path = self.find(module)
        if path is None:
            return None, self.config.info(module)
        info = file_info(self.config, path)
        try:
            if path in self.overlay:
                return Source(path, self.overlay[path]), info
            with open(path, "rb") as file:
                return Source(path, file.read()), info
        except (OSError, UnreadableError):
            return None, info

    # Names.

    def settle(self, ref: Ref) -> Value:
        """Follow a dotted name through re-exports to its origin; the name itself where it leads nowhere."""
        if ref.package not in self._own:
            return ref
        key = (ref.dotted, ref.via, ref.type_only)
        found = self._settled.get(key)
        if found is None:
            if not self._following:
                self._steps = 0
            if len(ref.dotted) > _LONGEST:
                self._steps = _STEPS + 1
                return UNKNOWN
            self._steps += 1
            if ref.dotted in self._following or len(self._following) > _DEPTH or self._steps > _STEPS:
                return ref
            self._following.add(ref.dotted)
            try:
                found = self._follow(ref)
            finally:
                self._following.discard(ref.dotted)
            if not self._following:
                self._settled[key] = found = ref if self._steps > _STEPS else found
        return found

    def _follow(self, ref: Ref) -> Value:
        parts = ref.dotted.split(".")
        module = parts[0]
        for index, part in enumerate(parts[1:], 1):
            summary = self.summary(module)
            exported = summary.exports.get(part) if summary is not None else None
            inner = f"{module}.{part}"
            # `from .part import part` in a package: `package.part` is what the module defines, but the
            # module is what `from package.part import other` goes through.
            hidden = index < len(parts) - 1 and exported is not None and exported[1].startswith(f"{inner}.")
            if exported is not None and not hidden and exported[:2] != ("ref", inner):
                return self._walk(self._value(exported, ref, module), parts[index + 1 :])
            if summary is not None and part in summary.exports and not hidden:
                return ref  # defined here, or nothing that matters
            if self.find(inner) is None and not self.is_folder(inner):
                found = self.star(module, part)
                return self._walk(found, parts[index + 1 :]) if found is not None else ref
            module = inner
        return ref

    def _walk(self, value: Value, attributes: list[str]) -> Value:
        for name in attributes:
            match value:
                case Ref():
                    value = self.settle(value.attribute(name))
                case Instance(cls=Ref() as cls):
                    value = self.member(cls, name) or UNKNOWN
                case _:
                    return UNKNOWN
        return value

    def _value(self, symbol: Symbol, asked: Ref, module: str) -> Value:
        """What a module's symbol stands for, taken from ``module``."""
        kind, dotted, via, type_only = symbol
        ref = Ref(dotted, via, type_only or asked.type_only, module)
        if kind == "ref":
            found = self.settle(ref)
            if isinstance(found, Ref):
                return Ref(found.dotted, found.via, found.type_only or ref.type_only, module)
            return found
        if kind == "instance":
            return Instance(ref)
        return self.result(dotted) or UNKNOWN

    def star(self, module: str, name: str) -> Value | None:
        """What ``from module import *`` gives under ``name``; None where it gives nothing known."""
        if module.partition(".")[0] not in self._own:
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
            return self.settle(Ref(f"{module}.{name}"))
        for other in reversed(summary.stars):
            if other.partition(".")[0] in self._own:
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
        place = self._definition(dotted)
        if place is None:
            return None
        summary, qualname = place
        if summary.is_class(qualname):
            return Instance(Ref(dotted))
        found = summary.result(qualname)
        if found is None:
            return None
        key = f"{dotted}()"
        if key in self._following or len(self._following) > _DEPTH:
            return None
        self._following.add(key)
        try:
            value = self._value(found, Ref(dotted), summary.name)
        finally:
            self._following.discard(key)
        return Ref(value.dotted, value.via, value.type_only) if isinstance(value, Ref) else value

    def is_class(self, dotted: str) -> bool:
        """Whether a dotted name is a class of the project."""
        place = self._definition(dotted)
        return place is not None and place[0].is_class(place[1])

    def member(self, cls: Ref, name: str) -> Value | None:
        """What instances of a project class hold under ``name``, base classes included."""
        for summary, qualname in self._lineage(cls):
            found = summary.member(qualname, name)
            if found is not None:
                value = self._value(found, cls, summary.name)
                return Ref(value.dotted, value.via, value.type_only) if isinstance(value, Ref) else value
        return None

    def holds_handle(self, cls: Ref) -> bool:
        """Whether instances of a project class are known to hold the handle."""
        return any(
            symbol[0] == "ref" and symbol[2] == HANDLE
            for summary, qualname in self._lineage(cls)
            for symbol in summary.members(qualname)
        )

    def _lineage(self, cls: Ref) -> Iterator[tuple[Summary, str]]:
        """A project class and its base classes, as module and qualified name."""
        waiting, seen = [cls.dotted], set()
        while waiting:
            dotted = waiting.pop(0)
            origin = self.settle(Ref(dotted))
            place = self._definition(origin.dotted) if isinstance(origin, Ref) else None
            if place is None or dotted in seen or not place[0].is_class(place[1]):
                continue
            seen.add(dotted)
            yield place
            waiting = [*place[0].bases(place[1]), *waiting]

    # Effects and gates.

    def is_effect(self, dotted: str, *, each_time: bool = False) -> bool:
        """Whether a project function applies the effect: a configured one, or a public function of a
        runtime module that writes determinism state or calls an effect function, directly or through
        project functions. ``each_time``: and does so at every call, not through a function that caches."""
        if dotted in self.config.effect_functions:
            return not (each_time and self._does_once(dotted))
        place = self._place(dotted)
        if place is None or "." in place[1] or place[1].startswith("_"):
            return False
        if not self.config.info(place[0]).is_runtime:
            return False
        waiting, seen = [dotted], set()
        while waiting:
            name = waiting.pop()
            if name in seen or (each_time and self._does_once(name)):
                continue
            seen.add(name)
            if name in self.config.effect_functions:
                return True
            place = self._place(name)
            conduct = self.conduct(place[0]) if place is not None else None
            if place is None or conduct is None:
                continue
            if place[1] in conduct.writers:
                return True
            origins = (self.settle(Ref(callee)) for caller, callee, *_ in conduct.calls if caller == place[1])
            waiting += [origin.dotted for origin in origins if isinstance(origin, Ref)]
        return False

    def _does_once(self, dotted: str) -> bool:
        place = self._place(dotted)
        conduct = self.conduct(place[0]) if place is not None else None
        return place is not None and conduct is not None and place[1] in conduct.cached

    def effect_sites(self) -> list[tuple[str, int, str]]:
        """Where the project applies the effect: path from the root, line, module; sorted."""
        if self._sites is None:
            self._sites = find_sites(self)
        return self._sites

    def reaches(self, module: str, other: str) -> bool:
        """Whether running ``module`` may import ``other``, at any distance."""
        found = self._reached.get(module)
        if found is None:
            found = self._reached[module] = set()
            waiting = [module]
            while waiting:
                conduct = self.conduct(waiting.pop())
                for dotted in conduct.uses if conduct is not None else ():
                    if dotted.partition(".")[0] in self._own:
                        new = [part for part in _prefixes(dotted) if part not in found]
                        found.update(new)
                        waiting += [part for part in new if self.find(part) is not None]
        return other in found

    def imports_gate(self, module: str) -> bool:
        """Whether a runtime module imports a gated package when it is imported: itself, or through
        torch-bound and other runtime modules."""
        waiting, seen = [module], set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            info = self.config.info(name)
            if info.is_torch_bound and name != module:
                return True
            summary = self.summary(name) if info.is_runtime else None
            for dotted in summary.imports if summary is not None else ():
                if dotted.partition(".")[0] in self._gates:
                    return True
                waiting += [part for part in _prefixes(dotted) if part.partition(".")[0] in self._own]
        return False

    def _definition(self, dotted: str) -> tuple[Summary, str] | None:
        """The module that defines ``dotted``, and its qualified name there."""
        place = self._place(dotted)
        summary = self.summary(place[0]) if place is not None else None
        return (summary, place[1]) if place is not None and summary is not None else None

    def _place(self, dotted: str) -> tuple[str, str] | None:
        """The module that ``dotted`` lies in by its name, and the rest of the name."""
        if dotted.partition(".")[0] not in self._own:
            return None
        module, _, qualname = dotted.rpartition(".")
        while module:
            if self.find(module) is not None:
                return module, qualname
            module, _, last = module.rpartition(".")
            qualname = f"{last}.{qualname}"
        return None


def _prefixes(dotted: str) -> list[str]:
    parts = dotted.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _taken(value: Value, module: str) -> Value:
    return Ref(value.dotted, value.via, value.type_only, module) if isinstance(value, Ref) else value
