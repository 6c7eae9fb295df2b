"""What in the body of a function bears on one question about it, so that the rest need not be run through.

Other modules ask what calling a function gives, or what instances of a class hold under one name. Most of a
body says nothing about that, and running through it would read further bodies in turn.
"""

from __future__ import annotations

import _ast as ast

from torchgate.semantics.assigned import ANY, CHANGING
from torchgate.semantics.guards import may_guard
from torchgate.semantics.scopes import statement_bindings
from torchgate.semantics.tree import below, inner_fields

# The question what a call gives; every other one is the name of an attribute.
RETURN = "return"
ALL = ""  # questions
# Calls that may end the program where they are a statement.
_ENDING = frozenset({"exit", "_exit", "abort", "quit", "skip", "fail"})
_PLAIN = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Assert, ast.Delete, ast.Pass)
_LEAVING = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# What says something as a node, and not only by what is in it.
_TELLING = frozenset(
    [
        *[ast.Subscript, ast.AugAssign, ast.Yield, ast.YieldFrom, ast.Nonlocal],
        *[ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef],
    ]
)


class Slice:
    """Statements of one body. ``run``: those that have to be run through; ``told``: those of them whose own
    expressions matter, and not only where they lead."""

    __slots__ = ("run", "told")

    def __init__(self) -> None:
        self.run: set[ast.AST] = set()
        self.told: set[ast.AST] = set()


class Slices:
    """One body, taken apart once for every question about it."""

    __slots__ = ("_called", "_declared", "_is_whole", "_local", "_made", "_named", "_steps")

    def __init__(self, function: ast.FunctionDef | ast.AsyncFunctionDef, *, walrus: bool = True) -> None:
        """Without ``walrus`` the function has no assignment expression."""
        self._steps: list[_Step] = []
        self._declared: set[str] = set()  # global or nonlocal: who binds them is heard outside
        self._local = statement_bindings(function.body, walrus=walrus)
        self._made: dict[str, Slice] = {}
        self._named: set[ast.AST] = set()  # `setattr`, and where it is called
        self._called: set[ast.AST] = set()
        # A body is not told apart where what is defined in it shares names with it, and is read when it is
        # first called, whatever for; or where `setattr` is handed on.
        self._is_whole = False
        self._take_apart(function.body, None)
        self._is_whole = self._is_whole or not self._named <= self._called

    def bearing_on(self, question: str) -> Slice | None:
        """What bears on a question; None for all of the body."""
        if self._is_whole:
            return None
        if question not in self._made:
            self._made[question] = self._make(question)
        return self._made[question]

    def _make(self, question: str) -> Slice:
        made = Slice()
        needed = self._declared.union(*(step.leads for step in self._steps if step.stays))
        waiting = self._steps
        found = [step for step in waiting if step.answers(question) or not needed.isdisjoint(step.binds)]
        while found:
            for step in found:
                made.told.add(step.node)
                needed |= step.reads | step.leads
            waiting = [step for step in waiting if step.node not in made.told]
            found = [step for step in waiting if not needed.isdisjoint(step.binds)]
        for step in self._steps:
            if step.stays or step.node in made.told:
                step.run_in(made)
        return made

    def _take_apart(self, body: list[ast.stmt], outer: _Step | None) -> None:
        for node in body:
            step = _Step(node, outer)
            self._steps.append(step)
            match node:
                case ast.Expr(value=value):
                    self._look_at(step, [value])
                    if isinstance(value, ast.Call) and may_end(value):
                        step.stays = True
                        step.leads |= _names(value.func)
                    continue
                case ast.If(test=test) | ast.While(test=test):
                    self._look_at(step, [test])
                    step.is_guard = may_guard(test, self._local)
                    step.leads |= step.reads if step.is_guard else set()
                case ast.For() | ast.AsyncFor():
                    self._look_at(step, [node.target, node.iter])
                case ast.With() | ast.AsyncWith():
                    self._look_at(step, [*node.items])
                case ast.Try() | ast.TryStar():
                    self._look_at(step, [handler.type for handler in node.handlers if handler.type])
                    step.binds.update(handler.name for handler in node.handlers if handler.name)
                case ast.Global():
                    self._declared.update(node.names)
                case _:
                    self._look_at(step, [node])
                    if not isinstance(node, _PLAIN):
                        step.stay(node)
                    continue
            for block in _blocks(node):
                self._take_apart(block, step)

    def _look_at(self, step: _Step, waiting: list[ast.AST]) -> None:
        """Take in what parts of a statement read and do, and what is below them."""
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Name):  # the commonest
                (step.reads if isinstance(node.ctx, ast.Load) else step.binds).add(node.id)
                if node.id == "setattr":
                    self._named.add(node)
                    step.attributes.add(ANY)
            elif isinstance(node, ast.Attribute):
                waiting.append(node.value)
                if not isinstance(node.ctx, ast.Load):
                    step.attributes.add(node.attr)
                elif node.attr == "setattr":
                    self._named.add(node)
                    step.attributes.add(ANY)
                elif node.attr == "__setattr__":
                    step.attributes.add(ANY)
                elif node.attr in CHANGING and isinstance(node.value, ast.Name):
                    step.binds.add(node.value.id)
            elif isinstance(node, ast.Call):
                if (
                    getattr(node.func, "id", None) == "setattr"
                    or getattr(node.func, "attr", None) == "setattr"
                ):
                    self._called.add(node.func)
                waiting.append(node.func)
                waiting += node.args
                waiting += [keyword.value for keyword in node.keywords]
            else:
                if node.__class__ in _TELLING:
                    self._look_closer(step, node)
                for field in inner_fields(node.__class__):
                    value = getattr(node, field, None)
                    if value.__class__ is list:
                        if value:
                            waiting += [child for child in value if isinstance(child, ast.AST)]
                    elif isinstance(value, ast.AST):
                        waiting.append(value)

    def _look_closer(self, step: _Step, node: ast.AST) -> None:
        match node:
            case ast.Subscript(value=ast.Name(id=name)):
                if not isinstance(node.ctx, ast.Load):
                    step.binds.add(name)  # or rather changes
            case ast.AugAssign(target=ast.Name(id=name)):
                step.reads.add(name)
            case ast.Yield() | ast.YieldFrom():
                step.yields = True
            case ast.Nonlocal():
                self._is_whole = True
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() | ast.ClassDef():
                self._is_whole = self._is_whole or not self._local.isdisjoint(_names(node))


class _Step:
    """A statement without the blocks in it: the names that it reads and binds, the attributes that it
    assigns, and the statement around it. ``stays``: it says where the code leads, ``leads``: by what these
    names hold, which those around it read; ``is_whole``: its own expressions matter wherever it is run, with
    all that is in it."""

    __slots__ = (
        "attributes",
        "binds",
        "is_guard",
        "is_whole",
        "leads",
        "node",
        "outer",
        "reads",
        "stays",
        "yields",
    )

    def __init__(self, node: ast.stmt, outer: _Step | None) -> None:
        self.node = node
        self.outer = outer
        self.reads: set[str] = set()
        self.binds: set[str] = set()
        self.attributes: set[str] = set()
        self.leads: set[str] = set() if outer is None else set(outer.leads)
        self.yields = self.stays = self.is_guard = self.is_whole = False

    def answers(self, question: str) -> bool:
        """Whether the statement itself answers a question, or something in it may."""
        if self.is_whole and self.stays:
            return True
        if question == RETURN:
            return self.yields or isinstance(self.node, ast.Return)
        return question in self.attributes or ANY in self.attributes

    def run_in(self, made: Slice) -> None:
        """Have the statement run through, and those around it."""
        step: _Step | None = self
        while step is not None and step.node not in made.run:
            made.run.add(step.node)
            if step.is_guard:
                made.told.add(step.node)
            if step.is_whole:
                inside = [node for node in below(step.node) if isinstance(node, ast.stmt)]
                made.run.update(inside)
                made.told.update(inside)
            step = step.outer

    def stay(self, node: ast.stmt) -> None:
        """Take a statement that is run through whatever the question, or one with all that is in it."""
        self.stays = not isinstance(node, _DEFINITIONS)
        if not isinstance(node, _LEAVING):  # which bind nothing but by walruses
            self.is_whole = True
            self.binds |= statement_bindings([node], walrus=False)


def _names(top: ast.AST) -> set[str]:
    return {node.id for node in below(top) if isinstance(node, ast.Name)}


def _blocks(node: ast.stmt) -> list[list[ast.stmt]]:
    blocks = [getattr(node, field, []) for field in ("body", "orelse", "finalbody")]
    return blocks + [handler.body for handler in getattr(node, "handlers", ())]


def may_end(node: ast.Call) -> bool:
    """Whether a call that is a statement may end the program: one of a name, whatever it holds, or of an
    attribute that is called like what ends it."""
    return isinstance(node.func, ast.Name) or getattr(node.func, "attr", "") in _ENDING
