"""Functions that could take the handle as a parameter, whoever calls them."""

from __future__ import annotations

import _ast as ast
from dataclasses import dataclass

from torchgate.migrate.changes import AddParameter
from torchgate.migrate.decisions import Site
from torchgate.migrate.fixtures import is_fixture
from torchgate.migrate.handles.denied import Denied
from torchgate.migrate.handles.kept import is_handle, is_torch
from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.lexical import Kind
from torchgate.migrate.handles.sites import site_of_import
from torchgate.migrate.handles.uses import is_beyond_handle
from torchgate.migrate.project import Unit
from torchgate.migrate.refusals.reason import RefusalReason as R
from torchgate.semantics.facts import Import
from torchgate.semantics.scopes import parameters
from torchgate.semantics.values import Ref

_TRANSPARENT = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})
_CACHES = frozenset({"functools.cache", "functools.lru_cache"})
# Calls that see the variables of the function around them, a new parameter included.
_LOOK_AROUND = frozenset(
    """
    builtins.locals builtins.vars builtins.dir inspect.currentframe inspect.stack sys._getframe
    """.split()  # noqa: SIM905 (the list literal takes a line each)
)
_RUN_BY_TESTS = ("test", "pytest_", "setup", "teardown")


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A function that would take the handle, under the name ``parameter``."""

    unit: Unit
    node: ast.FunctionDef | ast.AsyncFunctionDef
    parameter: str


def candidate(
    knowledge: Knowledge, unit: Unit, node: ast.FunctionDef | ast.AsyncFunctionDef, *, imports_go: bool = True
) -> Target | Denied:
    """The function with the name that its parameter would have, or what keeps it from taking one.
    ``imports_go``: whether its own imports of torch go with the same edit."""
    denied = _run_by_tests(knowledge, unit, node) or _decorated(unit, node)
    denied = denied or _placed(knowledge, unit, node) or _seen(knowledge, unit, node)
    if denied is not None:
        return denied
    name = free_name(knowledge, unit, node, imports_go=imports_go)
    if name is None:
        names = " nor ".join(f"`{item}`" for item in knowledge.config.handle_names)
        return Denied(
            R.NAME_COLLISION, f"neither {names} is free in `{node.name}` for the handle", unit.place(node)
        )
    return Target(unit, node, name)


def new_parameter(knowledge: Knowledge, target: Target) -> AddParameter:
    """The change that gives the function its parameter, in front of all others."""
    place, annotation = target.unit.place(target.node), _annotation(knowledge, target)
    return AddParameter(place, target.parameter, keyword_only=False, annotation=annotation)


def _annotation(knowledge: Knowledge, target: Target) -> str | None:
    """The handle's type, where the function is annotated and its module knows the type."""
    node = target.node
    annotations = [node.returns, *(parameter.annotation for parameter in parameters(node.args))]
    lexicon = knowledge.lexicon(target.unit)
    for item in target.unit.module.imports if any(annotations) else ():
        value = item.value
        known = isinstance(value, Ref) and value.dotted.startswith("torchgate.runtime")
        if known and item.alias.name == "TorchHandle" and not lexicon.locations[item.stmt].chain:
            quoted = item.where.type_checking and not lexicon.lazy
            return f'"{item.bound}"' if quoted else item.bound
    return None


# What keeps a function from taking a parameter.


def _decorated(unit: Unit, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Denied | None:
    for decorator in node.decorator_list:
        value = unit.module.value(decorator.func if isinstance(decorator, ast.Call) else decorator)
        dotted = value.dotted if isinstance(value, Ref) else ""
        if dotted in _CACHES:
            detail = f"`{node.name}` is cached, and would keep the handle in its keys"
            return Denied(R.CACHED_FUNCTION, detail, unit.place(node))
        if dotted not in _TRANSPARENT:
            head, more, _ = unit.text(decorator).partition("\n")
            detail = f"`{node.name}` is decorated with `{head}{'...' if more else ''}`"
            return Denied(R.DECORATED_FUNCTION, detail, unit.place(node))
    return None


def _placed(knowledge: Knowledge, unit: Unit, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Denied | None:
    """It has to be the one function of its name, at module level."""
    lexicon, name = knowledge.lexicon(unit), node.name
    if unit.module.parent(node) is not lexicon.tree or len(lexicon.bindings_of(lexicon.tree, name)) != 1:
        detail = f"`{name}` is defined under a condition, or more than once"
        return Denied(R.NO_HANDLE_IN_REACH, detail, unit.place(node))
    return None


def _run_by_tests(
    knowledge: Knowledge, unit: Unit, node: ast.FunctionDef | ast.AsyncFunctionDef
) -> Denied | None:
    """A test or a fixture takes fixtures, and nothing else."""
    fixture = is_fixture(unit.module, node)
    if not fixture and not (unit.info.is_test and node.name.startswith(_RUN_BY_TESTS)):
        return None
    detail = f"`{node.name}` ({knowledge.at(unit, node)}) is called by the test runner"
    if fixture or node.name.startswith("test"):
        detail += "; let it take the fixture `torch_handle`"
    return Denied(R.NO_HANDLE_IN_REACH, detail, unit.place(node))


def _seen(knowledge: Knowledge, unit: Unit, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Denied | None:
    """A parameter that looks like the handle already, or code that would see a new one."""
    own = set(parameters(node.args))
    for binding in unit.module.bindings:
        if binding.node in own and is_handle(binding.value):
            detail = f"`{node.name}` takes `{binding.name}`, which may be None or a fake"
            return Denied(R.NO_HANDLE_IN_REACH, detail, unit.place(node))
    for call in unit.module.calls:
        looks = isinstance(call.callee, Ref) and call.callee.dotted in _LOOK_AROUND
        if looks and not call.node.args and _is_inside(unit, call.node, node):
            detail = f"`{node.name}` looks at its own variables at {knowledge.at(unit, call.node)}"
            return Denied(R.KEYWORDS_FORWARDED, detail, unit.place(call.node))
    return None


def free_name(knowledge: Knowledge, unit: Unit, node: ast.AST, *, imports_go: bool = True) -> str | None:
    """The first of the handle's names that means nothing else in the function, or torch already."""
    lexicon = knowledge.lexicon(unit)
    for name in knowledge.config.handle_names:
        taken = any(
            bound == name
            and _is_inside(unit, owner, node)
            and not (imports_go and _imports_torch(knowledge, unit, nodes))
            for (owner, bound), nodes in lexicon.bound.items()
        )
        if taken or _declares_global(unit, node, name):
            continue
        if all(
            is_torch(unit, use.node) and not is_beyond_handle(unit, use)
            for use in lexicon.uses
            if use.name == name and use.location.kind is Kind.RUN and node in use.location.chain
        ):
            return name
    return None


def _is_inside(unit: Unit, node: ast.AST | None, outer: ast.AST) -> bool:
    while node is not None and node is not outer:
        node = unit.module.parent(node)
    return node is outer


def _declares_global(unit: Unit, node: ast.AST, name: str) -> bool:
    return any(
        isinstance(inner, ast.Global | ast.Nonlocal) and name in inner.names
        for inner in unit.module.within(node)
    )


def _imports_torch(knowledge: Knowledge, unit: Unit, nodes: list[ast.AST]) -> bool:
    """Whether all that binds a name are imports of torch itself that this run may take away."""
    known = {item.alias: item for item in unit.module.imports}
    found = [known.get(node) if isinstance(node, ast.alias) else None for node in nodes]
    return all(item is not None and _may_go(knowledge, unit, item) for item in found)


def _may_go(knowledge: Knowledge, unit: Unit, item: Import) -> bool:
    plain = isinstance(unit.module.parent(item.stmt), ast.FunctionDef | ast.AsyncFunctionDef)
    whole = isinstance(item.value, Ref) and item.value.dotted == "torch"
    return plain and whole and site_of_import(knowledge, unit, item) is not None


def imports_in_the_way(knowledge: Knowledge, target: Target) -> list[Site]:
    """The imports inside the function that bind its parameter's name: they go with the edit that adds it."""
    found = (
        site_of_import(knowledge, target.unit, item)
        for item in target.unit.module.imports
        if item.bound == target.parameter and _is_inside(target.unit, item.stmt, target.node)
    )
    return [site for site in found if site is not None]
