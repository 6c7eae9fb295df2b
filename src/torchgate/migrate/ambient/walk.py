"""The walk through code: nodes are visited in order, and what is found is noted."""

from __future__ import annotations

import _ast as ast
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from torchgate.migrate.ambient import kinds as k
from torchgate.migrate.ambient import protocols
from torchgate.migrate.ambient.obstacles import Aspect, obstacle, shown
from torchgate.migrate.ambient.reading import Reading
from torchgate.migrate.refusals.reason import RefusalReason as R

if TYPE_CHECKING:
    from torchgate.migrate.ambient.analysis import Analysis
    from torchgate.migrate.ambient.definitions import Definition, File


_YIELDS = (ast.Yield, ast.YieldFrom)
_AWAITS = (ast.Await, ast.AsyncFor, ast.AsyncWith)


class Walk:
    """One walk over a block (``is_block``), or over a function's body."""

    methods: ClassVar[dict[type[ast.AST], Callable[..., None]]] = {}
    """What visits each kind of node; nodes of other kinds have their children visited."""

    def __init__(self, analysis: Analysis, file: File, aspect: Aspect, *, is_block: bool) -> None:
        self.analysis = analysis
        self.file = file
        self.aspect = aspect
        self.is_block = is_block
        self.reading = Reading()
        self.extent: list[ast.AST] = []
        self.shielded = False  # inside an inner context that sets the same default
        self.immediate: set[ast.AST] = set()  # lambdas and generators that run where they stand

    def kinds(self, node: ast.expr) -> k.Kinds:
        """The kinds of an expression."""
        return self.analysis.infer.kinds(self.file, node)

    def refuse(self, node: ast.AST, reason: R, detail: str) -> None:
        """Note an obstacle."""
        self.reading.obstacles.append(obstacle(self.file, node, reason, detail))

    def shown(self, node: ast.AST) -> str:
        """The code of a node, for a message."""
        return shown(self.file, node)

    def implicitly(self, node: ast.AST, functions: Iterable[Definition]) -> None:
        """Functions of the project that ``node`` may run without calling them."""
        if self.shielded:
            return
        for function in functions:
            detail = f"{self.shown(node)} may run `{function.name}`"
            found = obstacle(self.file, node, R.IMPLICIT_CALL, detail)
            self.reading.implicit.append((function, found))

    def by_name(self, node: ast.AST, names: Iterable[str]) -> None:
        """The project's methods of these names may run here."""
        files = self.analysis.files
        for name in dict.fromkeys(names):
            self.implicitly(node, files.methods_named(name))
            if name in protocols.ORDERED and files.mentions(b"total_ordering"):
                others = (*protocols.ORDERED, "__eq__")  # of which it makes the one that is asked for
                self.implicitly(node, (item for other in others for item in files.methods_named(other)))

    # The walk.

    def visit(self, node: ast.AST) -> None:
        """Everything that running ``node`` does."""
        if isinstance(node, _YIELDS) and self.is_block:
            self.refuse(node, R.YIELD_IN_BLOCK, f"{self.shown(node)} suspends the function inside the block")
        if isinstance(node, _AWAITS) and self.is_block:
            self.refuse(node, R.AWAIT_IN_BLOCK, "other tasks run meanwhile")
        method = self.methods.get(type(node))
        if method is not None:
            method(self, node)
        else:
            self.children(node)

    def children(self, node: ast.AST) -> None:
        """Everything directly below a node."""
        for field in node._fields:
            value = getattr(node, field, None)
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, ast.AST):
                    self.visit(item)

    def visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        """Several nodes, one after the other."""
        for node in nodes:
            if node is not None:
                self.visit(node)
