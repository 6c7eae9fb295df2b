"""Whether the project compiles to TorchScript, which reads signatures and annotations of all that is called.

It takes no keyword-only parameter with a default, no handle, and no quoted name that exists for type checkers
alone (all asked of torch 2.13.0 by the tests).
"""

from __future__ import annotations

import _ast as ast
from collections.abc import Iterable

from torchgate.lint.torch_names import torch_name
from torchgate.migrate.project import Unit

SCRIPTS = frozenset(
    f"torch.jit.{name}"
    for name in (
        "script",
        "script_if_tracing",
        "script_method",
        "ScriptModule",
        "export",
        "ignore",
        "unused",
        "interface",
    )
)
# Constructors and tests are not compiled, nor is what only they call.
RUN_AS_THEY_ARE = ("__init__", "test", "setUp")
# The words that files which compile hold: `torch.jit`, and Lightning's method.
WORDS = ("jit", "to_torchscript")


def compiles_at(units: Iterable[Unit]) -> tuple[Unit, ast.AST] | None:
    """The first place of these files that compiles to TorchScript."""
    for unit in units:
        for reference in unit.module.references:
            if torch_name(unit.module, reference.value) in SCRIPTS:
                return unit, reference.node
        for node in unit.module.within(unit.module.tree):
            if isinstance(node, ast.Attribute) and node.attr == "to_torchscript":
                return unit, node
    return None
