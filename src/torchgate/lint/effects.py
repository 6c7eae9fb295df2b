"""Which functions apply the effect: the configured ones, and in a runtime module its own public functions."""

from __future__ import annotations

from torchgate.lint.checklist import items, missing
from torchgate.lint.determinism import changes
from torchgate.lint.hidden import called_elsewhere, hides_something
from torchgate.semantics.conduct import restores
from torchgate.semantics.summary import Acts
from torchgate.semantics.values import Class, Function, Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _ast as ast
    from collections.abc import Iterator
    from typing import TypeAlias

    from torchgate.lint.determinism import Change
    from torchgate.semantics.facts import Call
    from torchgate.semantics.module import Module
    from torchgate.semantics.values import Value

    FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

_CONSTRUCTORS = ("__new__", "__init__", "__post_init__", "__enter__")


class Conduct:
    """What one function does itself. ``sets``: settings of the determinism state; ``writes``: whether it
    writes the state for good; ``applies``: whether it calls an effect function of elsewhere, and
    ``configured``: one that is an effect by its name; ``calls`` and ``hands_on``: functions of this file that
    it calls, or passes to something it calls."""

    __slots__ = ("applies", "calls", "configured", "hands_on", "sets", "writes")

    def __init__(self) -> None:
        self.sets: set[str] = set()
        self.writes = False
        self.applies = False
        self.configured = False
        self.calls: list[FunctionNode] = []
        self.hands_on: list[FunctionNode] = []


class Effects:
    """The effect functions that one file knows. ``own`` are its own, by node: public module-level functions
    of a runtime module that write determinism state or call an effect, directly or through each other."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.own: dict[FunctionNode, Function] = {}
        self._conduct: dict[FunctionNode, Conduct] = {}
        if module.info.is_runtime:
            self._read()
            self._find_own()

    def is_effect(self, value: Value) -> bool:
        """Whether calling ``value`` applies the effect."""
        return (isinstance(value, Function) and value.node in self.own) or self._is_elsewhere(value)

    def calls(self) -> Iterator[Call]:
        """The calls of effect functions that the program runs."""
        for call in self.module.calls:
            if call.where.runs and self.is_effect(call.callee):
                yield call

    def reached(self, start: FunctionNode, *, handed_on: bool) -> dict[FunctionNode, Conduct]:
        """A function and those of this file that it calls, at any distance, with what each does itself."""
        found: dict[FunctionNode, Conduct] = {}
        waiting = [start]
        while waiting:
            node = waiting.pop()
            if node not in found:
                conduct = found[node] = self._conduct.get(node) or Conduct()
                waiting += conduct.calls
                waiting += conduct.hands_on if handed_on else ()
        return found

    def _is_elsewhere(self, value: Value) -> bool:
        config, resolver = self.module.config, self.module.resolver
        if isinstance(value, Ref):
            named = value.dotted in config.effect_functions
            return named or (resolver is not None and resolver.is_effect(value.dotted))
        return isinstance(value, Function) and value.dotted in config.effect_functions

    def _read(self) -> None:
        for change in changes(self.module):
            if change.where.function is not None:
                conduct = self._of(change.where.function)
                conduct.sets |= change.sets
        for function, lasting in _lasting(self.module).items():
            self._of(function).writes = _is_for_good(lasting)
        for call in self.module.calls:
            if call.where.function is not None and call.where.runs:
                self._read_call(self._of(call.where.function), call)

    def _find_own(self) -> None:
        restorers = {function.node for function, _ in self.module.functions if restores(function)}
        for function, where in self.module.functions:
            if function.name.startswith("_") or where.function or where.cls or not where.runs:
                continue
            if self._is_own(function.node, restorers):
                self.own[function.node] = function

    def _is_own(self, start: FunctionNode, restorers: set[FunctionNode]) -> bool:
        """Whether a function applies the effect. What a context manager sets, by itself or by functions that
        it calls, it is taken to put back."""
        waiting, seen = [(start, True)], set()
        while waiting:
            node, lasts = waiting.pop()
            conduct = self._conduct.get(node)
            if conduct is None or (node, lasts) in seen:
                continue
            seen.add((node, lasts))
            lasts = lasts and node not in restorers
            if conduct.configured or (lasts and (conduct.writes or conduct.applies)):
                return True
            waiting += [(callee, lasts) for callee in conduct.calls]
        return False

    def _read_call(self, conduct: Conduct, call: Call) -> None:
        conduct.configured |= getattr(call.callee, "dotted", "") in self.module.config.effect_functions
        conduct.applies |= self._is_elsewhere(call.callee)
        if isinstance(call.callee, Function):
            conduct.calls.append(call.callee.node)
        elif isinstance(call.callee, Class):
            conduct.calls += (
                function.node
                for function, _ in self.module.functions
                if function.owner is call.callee and function.name in _CONSTRUCTORS
            )
        for node in (*call.node.args, *(keyword.value for keyword in call.node.keywords)):
            value = self.module.value(node)
            if isinstance(value, Function):
                conduct.hands_on.append(value.node)

    def _of(self, function: Function) -> Conduct:
        return self._conduct.setdefault(function.node, Conduct())


def effect_calls(module: Module) -> list[Call]:
    """The calls of effect functions that the program runs, found out once for all rules."""
    return module.once("effect calls", lambda: list(Effects(module).calls()))


def call_name(call: Call) -> str:
    """The name of a known callee, for a message."""
    return call.callee.dotted if isinstance(call.callee, Ref | Function) else ""


def writers(module: Module) -> frozenset[str]:
    """The qualified names of the functions that write determinism state themselves, for good."""
    return frozenset(
        function.qualname for function, lasting in _lasting(module).items() if _is_for_good(lasting)
    )


def acts(module: Module) -> dict[str, Acts]:
    """What every function of a module does to the determinism state itself, by qualified name."""
    effects = Effects(module)
    if not module.info.is_runtime:
        effects._read()
    dotted = {function.node: function.dotted for function, _ in module.functions}
    found: dict[str, Acts] = {}
    for function, _ in module.functions:
        conduct = effects._of(function)
        inside = [dotted[node] for node in (*conduct.calls, *conduct.hands_on) if node in dotted]
        hides = hides_something(module, [function.node]) or len(inside) < len(conduct.calls) + len(
            conduct.hands_on
        )
        calls = (*inside, *called_elsewhere(module, [function.node]))
        found[function.qualname] = Acts(frozenset(conduct.sets), hides, calls)
    return found


def _lasting(module: Module) -> dict[Function, list[Change]]:
    """The changes that stay, by the function that makes them."""
    found: dict[Function, list[Change]] = {}
    for change in changes(module):
        if change.lasts and change.where.function is not None:
            found.setdefault(change.where.function, []).append(change)
    return found


def _is_for_good(lasting: list[Change]) -> bool:
    """Whether changes apply the state. What weakens and sets nothing of the checklist takes it back
    (ultralytics' `unset_deterministic`): TG403's matter, no effect that lacks something."""
    settings = {setting for change in lasting for setting in change.sets}
    return not any(change.weak for change in lasting) or len(missing("core", settings)) < len(items("core"))
