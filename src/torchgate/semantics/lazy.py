"""What a module ``__getattr__`` (PEP 562) gives for one name: its body, read with that name in its place.

``if name == "torch":``, ``if name in _LAZY:`` and ``match name:`` are decided where the name alone decides
them; a test that does not leaves both branches, and what they disagree on is unknown.
"""

from __future__ import annotations

import _ast as ast

from torchgate.semantics.scopes import parameters
from torchgate.semantics.values import Const, Mapping, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from torchgate.semantics.values import Value

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def for_name(node: ast.AST, name: str, known: Callable[[str], Value]) -> ast.FunctionDef | None:
    """The function ``node`` as it runs for one name, without its parameter; None where it is another kind of
    function, or binds the parameter anew. ``known`` gives the values of module-level names."""
    if not isinstance(node, ast.FunctionDef) or node.decorator_list:
        return None
    given = list(parameters(node.args))
    if len(given) != 1 or given[0] is node.args.vararg or given[0] is node.args.kwarg:
        return None
    special = _Special(given[0].arg, name, known)
    body = special.block(node.body)
    if special.rebound:
        return None
    made = ast.FunctionDef(
        name=node.name, args=_without_parameters(), body=body, decorator_list=[], returns=None
    )
    made.type_params = []  # type: ignore[attr-defined]  # Python 3.12
    _at(node, made)
    return made


def _without_parameters() -> ast.arguments:
    return ast.arguments(
        posonlyargs=[], args=[], vararg=None, kwonlyargs=[], kw_defaults=[], kwarg=None, defaults=[]
    )


class _Special:
    """Copies statements with a constant in the place of a parameter."""

    def __init__(self, parameter: str, name: str, known: Callable[[str], Value]) -> None:
        self.parameter = parameter
        self.name = name
        self.known = known
        self.rebound = False

    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        copied: list[ast.stmt] = []
        for statement in body:
            decided = self.decide(statement.test) if isinstance(statement, ast.If) else None
            if isinstance(statement, ast.If) and decided is not None:
                copied += self.block(statement.body if decided else statement.orelse)
            elif isinstance(statement, ast.Match) and (case := self.case(statement)) is not None:
                copied += self.block(case.body)
            else:
                copied.append(self.copy(statement))
            if copied and isinstance(copied[-1], ast.Return | ast.Raise):
                break  # what follows does not run for this name
        return copied

    def copy(self, node: Any) -> Any:
        if isinstance(node, list):
            statements = bool(node) and isinstance(node[0], ast.stmt)
            return self.block(node) if statements else [self.copy(item) for item in node]
        if not isinstance(node, ast.AST):
            return node
        if isinstance(node, ast.Name) and node.id == self.parameter:
            self.rebound |= not isinstance(node.ctx, ast.Load)
            return _at(node, ast.Constant(value=self.name, kind=None))
        if isinstance(node, _FUNCTIONS) or getattr(node, "name", None) == self.parameter:
            own = {item.arg for item in parameters(node.args)} if isinstance(node, _FUNCTIONS) else set()
            self.rebound |= self.parameter in {*own, getattr(node, "name", None)}
        if isinstance(node, ast.IfExp) and (decided := self.decide(node.test)) is not None:
            return self.copy(node.body if decided else node.orelse)
        return _at(node, node.__class__(**{name: self.copy(getattr(node, name)) for name in node._fields}))

    def decide(self, test: ast.expr) -> bool | None:
        """Whether a test holds for the name; None where that depends on something else."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.decide(operand)
                return None if inner is None else not inner
            case ast.BoolOp(op=op, values=values):
                answers = [self.decide(value) for value in values]
                final = isinstance(op, ast.Or)
                if final in answers:
                    return final
                return None if None in answers else not final
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self.compare(left, op, right)
        return None

    def compare(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> bool | None:
        if isinstance(op, ast.Eq | ast.NotEq):
            one, other = self.text(left), self.text(right)
            equal = None if one is None or other is None else one == other
            return equal if equal is None or isinstance(op, ast.Eq) else not equal
        if isinstance(op, ast.In | ast.NotIn) and self.text(left) is not None:
            members = self.members(right)
            return None if members is None else (self.text(left) in members) is isinstance(op, ast.In)
        return None

    def text(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Name) and node.id == self.parameter:
            return self.name
        value = self.known(node.id) if isinstance(node, ast.Name) else None
        text = value.value if isinstance(value, Const) else getattr(node, "value", None)
        return text if isinstance(text, str) else None

    def members(self, node: ast.expr) -> list[str] | None:
        """The strings of a display, written here or bound to a module-level name."""
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            texts = [self.text(item) for item in node.elts]
        elif isinstance(node, ast.Dict):
            texts = [None if key is None else self.text(key) for key in node.keys]
        elif isinstance(node, ast.Name):
            return _strings(self.known(node.id))
        else:
            return None
        found = [text for text in texts if text is not None]
        return found if len(found) == len(texts) else None

    def case(self, node: ast.Match) -> ast.match_case | None:
        """The case that a ``match`` on the name takes, where plain strings decide it."""
        if not isinstance(node.subject, ast.Name) or node.subject.id != self.parameter:
            return None
        for case in node.cases:
            patterns = case.pattern.patterns if isinstance(case.pattern, ast.MatchOr) else [case.pattern]
            wild = isinstance(case.pattern, ast.MatchAs) and case.pattern.name is None
            texts = [self.text(item.value) for item in patterns if isinstance(item, ast.MatchValue)]
            if case.guard is not None or (not wild and (len(texts) < len(patterns) or None in texts)):
                return None
            if wild or self.name in texts:
                return case
        return None


def _strings(value: Value) -> list[str] | None:
    if isinstance(value, Mapping):
        return list(value.items) if value.complete else None
    if not isinstance(value, Sequence):
        return None
    found = [item.value for item in value.items if isinstance(item, Const) and isinstance(item.value, str)]
    return found if len(found) == len(value.items) else None


def _at(place: Any, node: Any) -> Any:
    for name in place._attributes:
        if hasattr(place, name):
            setattr(node, name, getattr(place, name))
    return node
