"""Whether imports alone bind a name, on every way: only then can the name go with them."""

from __future__ import annotations

import _ast as ast

from torchgate.migrate.handles.denied import Denied
from torchgate.migrate.handles.lexical import Lexicon
from torchgate.migrate.project import Unit
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.facts import Import
from torchgate.semantics.values import Ref


def only_binding(unit: Unit, lexicon: Lexicon, item: Import) -> Denied | None:
    """What else binds the name of an import, or lets others bind it."""
    location = lexicon.locations[item.stmt]
    owner = lexicon.owner(location.scopes, item.bound)
    if isinstance(owner, ast.ClassDef):
        return Denied(R.TORCH_AT_IMPORT_TIME, f"the class body at line {item.stmt.lineno} imports it")
    parent = unit.module.parent(item.stmt)
    conditional = not isinstance(parent, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef)
    if conditional and not item.where.type_checking:
        detail = f"the import at line {item.stmt.lineno} stands in `{_head(unit, parent)}`"
        return Denied(R.CONDITIONAL_IMPORT, detail, unit.place(item.stmt))
    declared = _declared_inside(unit, owner, item.bound)
    if declared is not None:
        detail = f"`{item.bound}` is declared `nonlocal` at line {declared.lineno}"
        return Denied(R.CONDITIONAL_IMPORT, detail, unit.place(declared))
    aliases = {other.alias: other for other in unit.module.imports}
    for node in lexicon.bindings_of(owner, item.bound):
        other = aliases.get(node) if isinstance(node, ast.alias) else None
        if other is None or not _alike(item, other):
            line = getattr(node, "lineno", item.stmt.lineno)
            return Denied(R.CONDITIONAL_IMPORT, f"`{item.bound}` is bound again at line {line}")
    return None


def _declared_inside(unit: Unit, owner: ast.AST, name: str) -> ast.Nonlocal | None:
    """Where a function inside ``owner`` declares the name to be that of the function around it."""
    if isinstance(owner, ast.Module):
        return None
    inside = unit.module.within(owner)
    return next((node for node in inside if isinstance(node, ast.Nonlocal) and name in node.names), None)


def _alike(one: Import, other: Import) -> bool:
    """Whether two imports bind the same object to the name."""
    if one.alias is other.alias:
        return True
    same = (
        isinstance(one.value, Ref) and isinstance(other.value, Ref) and one.value.dotted == other.value.dotted
    )
    return same or (not one.is_from and not other.is_from and not one.alias.asname and not other.alias.asname)


def _head(unit: Unit, node: ast.AST | None) -> str:
    return unit.text(node).partition("\n")[0] if node is not None and hasattr(node, "lineno") else ""
