"""Fixtures: functions that the test runner calls, and nobody imports."""

from __future__ import annotations

import _ast as ast

from torchgate.semantics.module import Module

_FIXTURES = frozenset({"pytest.fixture", "pytest.yield_fixture", "pytest_asyncio.fixture"})


def is_fixture(module: Module, node: ast.AST) -> bool:
    """Whether a definition is a fixture."""
    decorators = getattr(node, "decorator_list", ())
    callees = (item.func if isinstance(item, ast.Call) else item for item in decorators)
    return any(module.dotted(item) in _FIXTURES for item in callees)


def fixture_around(module: Module, node: ast.AST | None) -> ast.AST | None:
    """The fixture that a node stands in, or is."""
    while node is not None and not is_fixture(module, node):
        node = module.parent(node)
    return node
