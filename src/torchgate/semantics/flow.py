"""Paths through the code: where they fork, meet and go round."""

from __future__ import annotations

import _ast as ast

from torchgate.semantics.calls import Calls
from torchgate.semantics.definitions import Definitions
from torchgate.semantics.expressions import element_of
from torchgate.semantics.joins import join_all
from torchgate.semantics.scopes import statement_bindings
from torchgate.semantics.values import NOTHING, UNBOUND, UNKNOWN, same

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from torchgate.semantics.environment import State
    from torchgate.semantics.facts import Where
    from torchgate.semantics.values import Value

    Path: TypeAlias = tuple[State, bool]  # the names, and whether control never gets past it
    Loop: TypeAlias = ast.For | ast.AsyncFor | ast.While

# Loops inside more than these many are run through once, with what they rebind unknown from the start:
# a second turn at every level would double the work at every level.
_TWICE = 3


class Flow(Definitions, Calls):
    """Runs through branches and loops."""

    jumps: list[tuple[State, bool]]  # where `break` (True) and `continue` left the innermost loop

    # Paths.

    def path(self, body: list[ast.stmt], start: State, where: Where | None = None) -> Path:
        """Run through ``body`` from ``start`` and return where it ends; the current path stays as it is."""
        before = (self.scope.state, self.dead)
        outside = self.at(where) if where is not None else None
        self.scope.state, self.dead = dict(start), False
        self.run(body)
        end = (self.scope.state, self.dead)
        self.scope.state, self.dead = before
        if outside is not None:
            self.where = outside
        return end

    def fork(self) -> int:
        """The place from which paths go apart, for ``meet``."""
        return len(self.scope.touched)

    def meet(self, fork: int, *paths: Path) -> None:
        """Go on where ``paths`` meet that parted at ``fork``; those that never get there do not count."""
        alive = [state for state, dead in paths if not dead]
        if not alive:
            self.dead = True
            alive = [state for state, _ in paths]
        if len(alive) > 1:
            merged = dict(alive[0])
            for name in {name for name, _ in self.scope.touched[fork:]}:
                value = join_all(state.get(name, UNBOUND) for state in alive)
                if value is not UNBOUND:
                    merged[name] = value
            self.scope.state = merged
        elif alive:
            self.scope.state = dict(alive[0])

    def interrupted(self, fork: int, start: State) -> State:
        """The names where an exception ends a block that began at ``fork``: before or after any binding."""
        state = dict(start)
        for name, value in self.scope.touched[fork:]:
            state[name] = join_all((state.get(name, UNBOUND), value))
        return state

    def jump(self, node: ast.Break | ast.Continue) -> None:
        """``break`` or ``continue``."""
        self.jumps.append((dict(self.scope.state), isinstance(node, ast.Break)))
        self.dead = True

    def while_loop(self, node: ast.While) -> None:
        """``while``."""
        self._loop(node, lambda: self.evaluate(node.test) if self.is_told(node) else UNKNOWN)

    def for_loop(self, node: ast.For | ast.AsyncFor) -> None:
        """``for`` and ``async for``."""
        if not self.is_told(node):
            self._loop(node, lambda: UNKNOWN)
            return
        iterable = self.evaluate(node.iter)
        self._loop(node, lambda: self.assign(node.target, element_of(iterable), None))

    def _loop(self, node: Loop, enter: Callable[[], object]) -> None:
        fork = self.fork()
        kept = self._unsettle(node)
        before = dict(self.scope.state)
        rounds, breaks = self._turn(node, enter, before)
        if any(self._is_news(before.get(name, UNBOUND), end) for end, name in _values(rounds, kept)):
            self.meet(fork, (before, False), *rounds)
            rounds, breaks = self._turn(node, enter, dict(self.scope.state))
        forever = isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value
        ends = [] if forever else [(before, False), *rounds]
        if node.orelse:
            self.meet(fork, *(ends or [(before, False)]))
            last = self.path(node.orelse, self.scope.state)
            ends = [last] if ends else []
        self.meet(fork, *ends, *breaks)

    def _is_news(self, before: Value, after: Value) -> bool:
        """Whether a second turn would see torch where the first did not, or the other way round."""
        now = join_all((before, after))
        return not same(now, before) and (self.matters(now) or self.matters(before))

    def _unsettle(self, node: Loop) -> list[str]:
        """Forget what changes from turn to turn; returns the names whose values are worth a second turn."""
        state = self.scope.state
        kept: list[str] = []
        for name in statement_bindings(node.body, walrus=self.text.has_walrus(node)):
            value = state.get(name, UNBOUND)
            absent = value is NOTHING or value is UNBOUND
            if self.loops < _TWICE and (absent or self.matters(value)):
                kept.append(name)
            elif not absent:
                self.rebind(name, UNKNOWN)
        return kept

    def _turn(self, node: Loop, enter: Callable[[], object], start: State) -> tuple[list[Path], list[Path]]:
        """Run through the body once: the paths that go round, and those that leave by ``break``."""
        outer_jumps, self.jumps = self.jumps, []
        self.scope.state = dict(start)
        self.loops += 1
        enter()
        state, dead = self.path(node.body, self.scope.state)
        self.loops -= 1
        jumps, self.jumps = self.jumps, outer_jumps
        self.scope.state = start
        rounds = [] if dead else [(state, False)]
        rounds += [(left, False) for left, breaks in jumps if not breaks]
        return rounds, [(left, False) for left, breaks in jumps if breaks]


def _values(rounds: list[Path], names: list[str]) -> Iterator[tuple[Value, str]]:
    for state, _ in rounds:
        for name in names:
            yield state.get(name, UNBOUND), name
