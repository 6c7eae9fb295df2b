"""Whether the project compiles to TorchScript, which reads signatures and annotations of all that is called.

It takes no keyword-only parameter with a default, no handle, and no quoted name that exists for type checkers
alone (all asked of torch 2.13.0 by the tests).
"""

from __future__ import annotations

import _ast as ast

from torchgate.lint.torch_names import torch_name
from torchgate.migrate.torch_values import is_written_plainly
from torchgate.semantics.module import Module

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


def compiles_at(module: Module) -> int:
    """The line of the first place of a file that compiles to TorchScript; 0 where it has none."""
    for reference in module.references:
        if torch_name(module, reference.value) in SCRIPTS:
            return reference.node.lineno
    may_hold = "to_torchscript" in module.source.text or not is_written_plainly(module)
    for node in module.within(module.tree) if may_hold else ():
        if isinstance(node, ast.Attribute) and node.attr == "to_torchscript":
            return node.lineno
    return 0
