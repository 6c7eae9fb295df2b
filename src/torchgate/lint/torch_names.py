"""What is torch's: names that resolve to it, by import or through the handle, and where a file uses them."""

from __future__ import annotations

import _ast as ast

from torchgate.lint.imports import prefixes
from torchgate.semantics.values import HANDLE, Ref, Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from torchgate.semantics.facts import Reference
    from torchgate.semantics.module import Module
    from torchgate.semantics.values import Value


def torch_name(module: Module, value: Value) -> str:
    """The dotted name of something of torch's; empty for everything else.

    A project that has a regular module called ``torch`` means that one where it imports the name; the handle
    is torch's all the same.
    """
    if not isinstance(value, Ref) or value.package != "torch":
        return ""
    return value.dotted if value.via == HANDLE or "torch" not in module.config.shadowed_packages else ""


def made_by(module: Module, value: Value) -> str:
    """The dotted name of the torch callable whose call gave ``value``; empty for everything else."""
    return torch_name(module, value.callee) if isinstance(value, Result) else ""


def uses(module: Module, names: Collection[str]) -> Iterator[tuple[Reference, str]]:
    """Where the program calls, aliases or passes on one of torch's ``names``.

    A comparison (``f is torch.set_default_device``) only looks, and is no use.
    """
    for reference in module.references:
        if not isinstance(reference.value, Ref) or reference.value.dotted not in names:
            continue
        dotted = torch_name(module, reference.value)
        if not dotted or not reference.where.runs or reference.where.annotation:
            continue
        if reference.called or not isinstance(module.parent(reference.node), ast.Compare):
            yield reference, dotted


def list_it(module: Module, package: str) -> str:
    """What to do about imports of a package that a module needs when it is imported, for base classes or
    decorators; empty where it does not. The classes of a package that imports torch build on torch."""
    name = f"`{module.info.module_name}`" if module.info.module_name else "this module"
    cure = f"so list {name} under `torch-bound-modules`"
    bases = [base for cls, _ in module.classes for base in cls.bases]
    if any(_is_of(base, package) or (package == "torch" and brings_torch(module, base)) for base in bases):
        return f"its classes build on torch, {cure}"
    for function, where in module.functions:
        for decorator in getattr(function.node, "decorator_list", ()):
            if where.runs and where.function is None and _is_of(module.value(decorator), package):
                return f"its decorators are torch's, {cure}"
    return ""


def brings_torch(module: Module, base: Value) -> bool:
    """Whether a base class comes from a package, not the project's own, that is listed as one that imports
    torch."""
    if not isinstance(base, Ref) or base.via == HANDLE or base.package in module.config.project_names:
        return False
    return any(name in module.config.implicit_torch_packages for name in prefixes(base.dotted))


def _is_of(value: Value, package: str) -> bool:
    made = value.callee if isinstance(value, Result) else value
    return isinstance(made, Ref) and made.package == package and made.via != HANDLE
