"""A migration without analysis, as a control: the cases must show what is wrong with it.

It takes every ``with default_device(...)``, ``default_dtype(...)`` and ``torch.device(...)`` away and adds
the keyword to every factory call that it sees in the block. This is what a table and a search would do.
"""

from __future__ import annotations

import ast
from pathlib import Path

TENSORS = "arange as_tensor empty eye full linspace normal ones rand randint randn randperm tensor zeros"
LAYERS = "Linear Embedding LayerNorm Conv2d LSTM"
FACTORIES = {*TENSORS.split(), *LAYERS.split()}
ASPECTS = {"default_device": "device", "device": "device", "default_dtype": "dtype"}


class Blind(ast.NodeTransformer):
    """Rewrites one module."""

    def __init__(self) -> None:
        self.ambient: list[ast.keyword] = []

    def visit_With(self, node: ast.With) -> list[ast.stmt] | ast.With:
        """Take the defaults away, remember them while the body is visited."""
        kept = [item for item in node.items if self.keyword(item.context_expr) is None]
        found = [self.keyword(item.context_expr) for item in node.items]
        outer = self.ambient
        self.ambient = [*outer, *(word for word in found if word is not None)]
        node.body = [
            made
            for statement in node.body
            for visited in [self.visit(statement)]
            for made in (visited if isinstance(visited, list) else [visited])
        ]
        self.ambient = outer
        if not kept:
            return node.body
        node.items = kept
        return node

    def keyword(self, context: ast.expr) -> ast.keyword | None:
        """The keyword that a context stands for."""
        if not isinstance(context, ast.Call) or not context.args:
            return None
        aspect = ASPECTS.get(last(context.func))
        return None if aspect is None else ast.keyword(aspect, context.args[0])

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """Add what is ambient here; the inner block wins."""
        self.generic_visit(node)
        if last(node.func) in FACTORIES:
            given = {word.arg for word in node.keywords}
            for word in reversed(self.ambient):
                if word.arg not in given:
                    given.add(word.arg)
                    node.keywords.append(word)
        return node


def last(name: ast.expr) -> str:
    """The last part of a dotted name."""
    if isinstance(name, ast.Attribute):
        return name.attr
    return name.id if isinstance(name, ast.Name) else ""


def rewrite(folder: Path) -> None:
    """Rewrite every file of a project but the helpers themselves."""
    for path in folder.rglob("*.py"):
        tree = ast.parse(path.read_bytes())
        if path.name not in ("defaults.py", "placing.py", "helpers.py"):
            text = ast.unparse(ast.fix_missing_locations(Blind().visit(tree)))
            path.write_text(text + "\n", "utf-8")
