"""The same effect, applied more than once in a run: which call changes nothing, and which will not do.

The second application of one policy gives the handle of the first, after a look at whether a setting has
moved since. So of two equal calls between which nothing runs, the one without a use is removed. Equal means:
the same text, of calls of ``torchgate.runtime``, constants, and names that mean one thing in the module.
"""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterator

from torchgate.config import EFFECT_FUNCTION
from torchgate.lint.effects import Effects
from torchgate.migrate.changes import Place
from torchgate.migrate.handles.denied import Denied
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.loading import side_effects_between
from torchgate.migrate.handles.uses import same_code
from torchgate.migrate.project import Unit
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.conduct import does_once
from torchgate.semantics.values import Function, Ref

_CALLS = frozenset(
    {
        EFFECT_FUNCTION,
        "torchgate.runtime.decide_torch_runtime",
        "torchgate.runtime.Policy",
        "torchgate.runtime.RequiresMainThread",
        "torchgate.runtime.WorkerSafe",
    }
)
_EXITS = frozenset({"sys.exit", "builtins.SystemExit"})


class Repeats:
    """The questions about one call ``call``, which is the whole value of the module-level ``statement``."""

    def __init__(self, knowledge: Knowledge, unit: Unit, statement: ast.stmt, call: ast.Call) -> None:
        self.knowledge = knowledge
        self.unit = unit
        self.lexicon = knowledge.lexicon(unit)
        self.statement = statement
        self.call = call

    def is_second(self) -> bool:
        """Whether the module has applied the same effect before, and nothing since."""
        body = self.lexicon.tree.body
        index = body.index(self.statement)
        for earlier in reversed(body[:index]):
            other = value_of(earlier)
            if isinstance(other, ast.Call) and self._is_same(other):
                between = body[body.index(earlier) + 1 : index]
                return not any(side_effects_between(self.knowledge, self.unit, between))
        return False

    def begins(self, guard: ast.If) -> bool:
        """Whether applying the same effect is what the program does first, itself or in its main function."""
        first = value_of(guard.body[0])
        if isinstance(first, ast.Call) and self.unit.module.dotted(first.func) in _EXITS:
            first = first.args[0] if first.args else None
        main = self._function(first)
        if main is not None:
            body = [item for item in main.body if not _is_docstring(item)]
            first = value_of(body[0]) if body else None
        return isinstance(first, ast.Call) and self._is_same(first)

    def others(self) -> Denied | None:
        """Another place that applies an effect in the runs in which this one would, inside the program."""
        module, project = self.unit.module, self.knowledge.project
        if self.unit.info.is_runtime or not _each_time(self.unit, self.call):
            return None
        for call in Effects(module).calls():
            if call.node is not self.call and _each_time(self.unit, call.node):
                detail = f"line {call.node.lineno} applies the effect too, and one run would do it twice"
                return Denied(R.EFFECT_APPLIED_TWICE, detail, self.unit.place(call.node))
        own = self.unit.info.module_name
        for path, line, name, _ in project.effect_sites():
            if name != own and (project.reaches(own, name) or project.reaches(name, own)):
                detail = f"{path}:{line} applies the effect too, and one run can reach both"
                at = Place(f"{self.knowledge.config.root}/{path}", line, 1, line, 1)
                return Denied(R.EFFECT_APPLIED_TWICE, detail, at)
        return None

    # Equal calls.

    def _is_same(self, other: ast.Call) -> bool:
        return (
            self.unit.module.dotted(other.func) == EFFECT_FUNCTION
            and same_code(self.call, other)
            and all(self._is_certain(node) for node in _parts(other))
        )

    def _is_certain(self, node: ast.AST) -> bool:
        """Whether a part of a call means the same wherever in the module it is evaluated."""
        match node:
            case ast.Name(id=name):
                owner = self.lexicon.owner(self.lexicon.locations[node].scopes, name)
                return owner is self.lexicon.tree and len(self.lexicon.bindings_of(owner, name)) == 1
            case ast.Attribute():
                return self.unit.module.dotted(node) in _CALLS
            case ast.Call(func=func):
                return self.unit.module.dotted(func) in _CALLS
            case ast.keyword(arg=name):
                return name is not None
        return isinstance(node, ast.Constant)

    def _function(self, node: ast.expr | None) -> ast.FunctionDef | None:
        """The plain function of this module that an expression calls without arguments."""
        match node:
            case ast.Call(func=ast.Name(id=name), args=[], keywords=[]):
                found = self.lexicon.bindings_of(self.lexicon.tree, name)
                if len(found) != 1 or not isinstance(found[0], ast.FunctionDef) or found[0].decorator_list:
                    return None
                inner = self.unit.module.within(found[0])
                return (
                    None if any(isinstance(item, ast.Yield | ast.YieldFrom) for item in inner) else found[0]
                )
        return None


def value_of(statement: ast.stmt) -> ast.expr | None:
    """What a plain statement evaluates: alone, for one name, to return or to exit with."""
    match statement:
        case ast.Expr(value=value) | ast.Assign(targets=[ast.Name()], value=value) | ast.Return(value=value):
            return value
        case ast.AnnAssign(target=ast.Name(), value=value):
            return value
        case ast.Raise(exc=value, cause=None):
            return value
    return None


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _parts(call: ast.Call) -> Iterator[ast.AST]:
    """A call and what is in it; of a dotted name only the whole."""
    stack: list[ast.AST] = [call]
    while stack:
        node = stack.pop()
        yield node
        match node:
            case ast.Call(func=func, args=arguments, keywords=keywords):
                stack += [func, *arguments, *keywords]
            case ast.keyword(value=value):
                stack.append(value)


def _each_time(unit: Unit, call: ast.Call) -> bool:
    """Whether an effect function is none that keeps what it did the first time."""
    callee, resolver = unit.module.value(call.func), unit.module.resolver
    if isinstance(callee, Function):
        return not does_once(unit.module, callee)
    if isinstance(callee, Ref) and resolver is not None:
        return resolver.is_effect(callee.dotted, each_time=True)
    return True
