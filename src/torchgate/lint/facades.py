"""Uses of configured facade modules, one a statement: TG201 reports them, TG102 and TG105 stay silent."""

from __future__ import annotations

import _ast as ast

from torchgate.config import matches_module
from torchgate.lint.imports import PROBES, dynamic_imports, executed, prefixes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.semantics.module import Module

    Place = ast.Import | ast.ImportFrom | ast.expr


class FacadeUse:
    """The first use of a facade in a statement: where, of which facade, and what was asked for."""

    __slots__ = ("dotted", "facade", "node", "stmt")

    def __init__(self, node: Place, stmt: ast.stmt, facade: str, dotted: str) -> None:
        self.node = node
        self.stmt = stmt
        self.facade = facade
        self.dotted = dotted


def facade_of(module: Module, dotted: str) -> str:
    """The configured facade that ``dotted`` is or lies in; empty where there is none."""
    patterns = module.config.facade_modules
    return next((name for name in prefixes(dotted) if matches_module(name, patterns)), "")


def facade_uses(module: Module) -> dict[ast.stmt, FacadeUse]:
    """The uses of facades by statement, in the order of the code. A facade's own files use nothing."""
    found: dict[ast.stmt, FacadeUse] = {}
    if not module.config.facade_modules or facade_of(module, module.info.module_name):
        return found
    for use in _all_uses(module):
        first = found.get(use.stmt)
        if first is None or _position(use.node) < _position(first.node):
            found[use.stmt] = use
    return found


def _all_uses(module: Module) -> Iterator[FacadeUse]:
    for item in module.imports:
        facade = facade_of(module, item.dotted)
        if facade:
            yield FacadeUse(item.stmt, item.stmt, facade, item.dotted)
    for load in dynamic_imports(module):
        facade = facade_of(module, load.dotted) if load.kind != PROBES else ""
        if facade:
            yield FacadeUse(load.node, load.stmt, facade, load.dotted)
    words = [pattern.removesuffix(".*").rpartition(".")[2] for pattern in module.config.facade_modules]
    for text in executed(module, [lambda inner: iter(facade_uses(inner))], words):
        yield FacadeUse(text.node, text.stmt, "", "")
    yield from _through_packages(module)


def _through_packages(module: Module) -> Iterator[FacadeUse]:
    """``app.facade.zeros`` where ``app`` is the package: the name is innocent, the attribute is not."""
    for reference in module.references:
        facade = dotted = ""
        for link in _links(module, reference.node):
            # What the facade hands out may resolve to torch itself: the link that names the facade counts.
            name = module.dotted(link)
            found = facade_of(module, name)
            if found:
                facade, dotted = found, dotted or name
            elif facade and name:
                yield FacadeUse(reference.node, reference.stmt, facade, dotted)
                break


def _links(module: Module, node: ast.expr) -> Iterator[ast.expr]:
    """An attribute chain from its end to its root; ``getattr`` is a link too."""
    while True:
        yield node
        if isinstance(node, ast.Attribute | ast.Subscript):  # `vars(app)["facade"]`
            node = node.value
        elif isinstance(node, ast.Call) and module.dotted(node.func) == "builtins.getattr" and node.args:
            node = node.args[0]
        else:
            return


def _position(node: Place) -> tuple[int, int]:
    return node.lineno, node.col_offset
