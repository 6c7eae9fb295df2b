"""The project as one module may ask about it (a ``Resolver``), in three layers: its modules, the names that
lead from one to another, and, here, where the effect is applied and torch comes in.
"""

from __future__ import annotations

from torchgate.config import matches_module
from torchgate.semantics.effect_sites import find_sites
from torchgate.semantics.following import Following
from torchgate.semantics.known import TRANSPARENT
from torchgate.semantics.modules import no_acts, no_writers
from torchgate.semantics.roots import Asked
from torchgate.semantics.values import Instance, Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torchgate.config import Config
    from torchgate.semantics.handing import Handed
    from torchgate.semantics.modules import Judge, Writers
    from torchgate.semantics.roles import Given
    from torchgate.semantics.scopes import FunctionNode
    from torchgate.semantics.values import Value

# So many decorators are read for one.
_DECORATORS = 50


class Project(Following):
    """Answers questions about the modules of one configuration's ``src`` roots."""

    def __init__(
        self,
        config: Config,
        writers: Writers = no_writers,
        judge: Judge = no_acts,
        overlay: Mapping[str, bytes] | None = None,
    ) -> None:
        """As ``Modules`` has it."""
        super().__init__(config, writers, judge, overlay)
        self._sites: list[tuple[str, int, str, bool]] | None = None
        self._decorating: list[tuple[str, Given]] = []  # which lead from one to the other
        self._decorators = 0  # asked for the first of them

    def decorates(self, dotted: str, given: Given) -> bool:
        """Whether a project decorator that is called so leaves what a function gives as it is."""

        def find_out() -> bool:
            origin = self._called(dotted)
            if origin is None:
                return False
            if origin.package not in self._own:
                return origin.dotted in TRANSPARENT and origin.dotted != "functools.wraps"
            place = self._definition(origin.dotted)
            return place is not None and place[0].decorates(place[1], given, self.decorates)

        self._decorators += 1
        if (dotted, given) in self._decorating or self._decorators > _DECORATORS:
            return False
        if self._decorating:
            self._decorating.append((dotted, given))
            found = find_out()
            self._decorating.pop()
            return found
        self._decorators, self._decorating = 1, [(dotted, given)]
        try:
            return find_out() if self._following else self.once(("decorates", dotted, given), find_out)
        finally:
            self._decorating.clear()

    def is_effect(self, dotted: str, *, each_time: bool = False) -> bool:
        """Whether a project function applies the effect: a configured one, or a public function of a
        runtime module that writes determinism state or calls an effect function, directly or through
        project functions, but for what a context manager sets. ``each_time``: and does so at every call,
        not through a function that caches."""
        if dotted in self.config.effect_functions:
            return not (each_time and self._does_once(dotted))
        place = self._place(dotted)
        if place is None or "." in place[1] or place[1].startswith("_"):
            return False
        if not matches_module(place[0], self.config.runtime_modules):
            return False
        waiting, seen = [(dotted, True)], set()
        while waiting:
            name, lasts = waiting.pop()
            if (name, lasts) in seen or (each_time and self._does_once(name)):
                continue
            seen.add((name, lasts))
            if name in self.config.effect_functions:
                return True
            place = self._place(name)
            conduct = self.conduct(place[0]) if place is not None else None
            if place is None or conduct is None:
                continue
            lasts = lasts and place[1] not in conduct.restorers
            if lasts and place[1] in conduct.writers:
                return True
            origins = (self.settle(Ref(callee)) for caller, callee, *_ in conduct.calls if caller == place[1])
            waiting += [(origin.dotted, lasts) for origin in origins if isinstance(origin, Ref)]
        return False

    def settings(self, dotted: str) -> frozenset[str] | None:
        """The determinism settings that a project function makes, with the project functions it calls; None
        where not everything is in sight, or where it calls an effect."""
        waiting, seen, found = [dotted], set(), frozenset[str]()
        while waiting:
            origin = self.settle(Ref(waiting.pop()))
            if not isinstance(origin, Ref) or self.is_effect(origin.dotted):
                return None
            if origin.dotted in seen or self.is_class(origin.dotted):
                continue
            seen.add(origin.dotted)
            place = self._place(origin.dotted)
            acts = self.acts_of(place[0]).get(place[1]) if place is not None else None
            if acts is None or acts.hides:
                return None
            found |= acts.sets
            waiting += acts.calls
        return found

    def _does_once(self, dotted: str) -> bool:
        place = self._place(dotted)
        conduct = self.conduct(place[0]) if place is not None else None
        return place is not None and conduct is not None and place[1] in conduct.cached

    def effect_sites(self) -> list[tuple[str, int, str, bool]]:
        """Where the project applies the effect: path from the root, line, module, whether in its main guard;
        sorted."""
        self.asked.sites = True  # which stands for all that this takes: its result is what is compared
        if self._sites is None:
            outer = self.collect(Asked())
            try:
                self._sites = find_sites(self)
            finally:
                self.collect(outer)
        return self._sites

    def reaches(self, module: str, other: str) -> bool:
        """Whether running ``module`` may import ``other``, at any distance."""
        return other in self.once(("reaches", module), lambda: self._reachable(module))

    def _reachable(self, module: str) -> set[str]:
        found: set[str] = set()
        waiting = [module]
        while waiting:
            conduct = self.conduct(waiting.pop())
            for dotted in conduct.uses if conduct is not None else ():
                if dotted.partition(".")[0] in self._names:
                    new = [part for part in _prefixes(dotted) if part not in found]
                    found.update(new)
                    waiting += [part for part in new if self.find(part) is not None]
        return found

    def handed_on(self, dotted: str, place: int | str, *, is_bound: bool) -> list[Handed]:
        """Where an argument of a project function or class goes on to, outside its module; ``is_bound``: it
        is called as a method of an object."""

        def find_out() -> list[Handed]:
            found = self._definition(dotted)
            given = found[0].handed_on(found[1], place, is_bound=is_bound) if found is not None else []
            origins = ((self._called(callee), where, is_whole) for callee, where, is_whole in given)
            return [(to.dotted, where, is_whole) for to, where, is_whole in origins if to is not None]

        return self.once(("handed on", dotted, place, is_bound), find_out)

    def _called(self, dotted: str) -> Ref | None:
        """What a call of a name runs."""
        origin: Value | None = self.settle(Ref(dotted))
        if isinstance(origin, Instance) and isinstance(origin.cls, Ref):
            origin = self.member([origin.cls], "__call__")
        return origin if isinstance(origin, Ref) else None

    def is_defined_so(self, dotted: str, test: Callable[[FunctionNode], bool]) -> bool:
        """Whether a project function, followed to where it comes from, passes a test of its definition."""
        origin = self.settle(Ref(dotted))
        place = self._definition(origin.dotted) if isinstance(origin, Ref) else None
        return place is not None and place[0].is_defined_so(place[1], test)

    def imports_gate(self, module: str) -> bool:
        """Whether a runtime module imports a gated package when it is imported: itself, or through
        torch-bound and other runtime modules."""
        return self.once(("gate", module), lambda: self._imports_gate(module))

    def _imports_gate(self, module: str) -> bool:
        waiting, seen = [module], set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            if name != module and matches_module(name, self.config.torch_bound_modules):
                return True
            summary = self.summary(name) if matches_module(name, self.config.runtime_modules) else None
            for dotted in summary.imports if summary is not None else ():
                if dotted.partition(".")[0] in self._gates:
                    return True
                waiting += [part for part in _prefixes(dotted) if part.partition(".")[0] in self._names]
        return False


def _prefixes(dotted: str) -> list[str]:
    parts = dotted.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
