"""A use of one of the project's ambient helpers.

## What it does

Reports every line that imports, calls, enters, decorates with, aliases or binds arguments to a helper
listed in `default-helpers`: one finding for a line and a helper. Resolution is by binding: `import app.util
as u; u.default_device("cuda")` is found whatever `u` is called.

A plain name (`default_device`) matches what resolves to a function or class that this file defines at
module level or imports from a module of the project, relative imports included. A dotted name
(`app.util.use_device`) matches exactly that, a method too.

A function in sight that only gives a device or a dtype (it returns `"cuda"`, `torch.device(...)`, an
attribute, one of its parameters) and sets nothing is no helper under a plain name: many call the function so
that picks the device. A file that enters what it gives (`with default_device("cuda"):`), or calls it and lets
that fall, is reported all the same.

## Why is this bad?

The helper hides a global default (TG301) behind a friendly name: whatever runs inside the block, on this
thread, is placed by it, and what runs elsewhere is not. The code under it cannot be read, tested or moved
without it.

## Example

```python app/training.py
from app.util import default_device


def train(torch, steps):
    with default_device("cuda"):
        return torch.zeros(steps)
```

## Use instead

```python app/training.py
def train(torch, placement, steps):
    return torch.zeros(steps, device=placement.device, dtype=placement.dtype)
```

`torchgate migrate` rewrites the call sites where it can prove that nothing changes.

## Known limits

A name that the file uses only as a value (`x.to(default_device)`, `device=default_device`) is taken for a
variable, as is an attribute read from it; where it is called, it is taken for a helper, unless its definition
shows that it only gives something. What calls other functions for it (`return pick(device)`) does not show
that: list other names if your `default_dtype()` is such a function. A keyword argument
(`make(default_dtype=...)`), an attribute of an unknown object, a parameter or local variable of that name, an
inner function and a method are no findings. Not seen: what a star import brings from outside the project, and
a helper that has another name where it is defined (list that name too). The definition itself is TG305's
matter.

## Options

`default-helpers` (default `["default_device", "default_dtype"]`).
"""

from __future__ import annotations

import _ast as ast

from torchgate.lint.giving_placement import only_gives
from torchgate.lint.rule import Rule
from torchgate.semantics.known import HELPERS
from torchgate.semantics.values import Class, Function, Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.lint.rule import Violation
    from torchgate.semantics.facts import Import
    from torchgate.semantics.module import Module
    from torchgate.semantics.values import Value

ENTERED = "entered"  # in a `with`, or as a decorator: only a helper is used so
ACTIVE = "active"  # called, bound to arguments: a helper, or a function that gives something
ALIAS = "alias"  # assigned to a name: a helper or a variable
VALUE = "value"  # passed on, compared, taken apart: a variable


def check(module: Module) -> Iterator[Violation]:
    """Imports and uses of helpers, unless the file shows that the name is a variable, or its definition that
    it only gives something."""
    found = [*_imports(module), *_uses(module)]
    if not found:
        return
    entered = {helper for _, helper, manner in found if manner == ENTERED}
    active = {helper for _, helper, manner in found if manner == ACTIVE} | entered
    others = {helper for _, helper, manner in found if manner == VALUE} - active
    helpers = {helper for _, helper, _ in found}
    others |= {helper for helper in helpers - entered if _only_gives(module, helper)}
    seen: set[tuple[int, str]] = set()
    for node, helper, manner in found:
        place = (node.lineno, helper)  # type: ignore[attr-defined]
        if manner != VALUE and helper not in others and place not in seen:
            seen.add(place)
            yield (
                node,
                f"`{helper}` is a helper for ambient defaults (`default-helpers`);"
                f" pass `device=` and `dtype=` explicitly (decide_placement)",
            )


def _only_gives(module: Module, helper: str) -> bool:
    """Whether the definition of what a plain name matches is in sight, and sets nothing."""
    if helper in module.config.default_helpers:
        return False
    own = [function.node for function, _ in module.functions if function.dotted == helper]
    if own:
        return all(map(only_gives, own))
    return module.resolver is not None and module.resolver.is_defined_so(helper, only_gives)


def _imports(module: Module) -> Iterator[tuple[ast.AST, str, str]]:
    for item in module.imports:
        if item.where.runs and not item.star:
            helper = _imported(module, item)
            if helper:
                yield item.alias, helper, ALIAS


def _imported(module: Module, item: Import) -> str:
    """The helper that an import names, by its own name or by the name that it asks for."""
    if not item.is_from and item.dotted not in module.config.default_helpers:
        return ""  # `import a.b.c` names modules
    if item.level and not item.dotted:  # relative, in a file outside every root
        return item.alias.name if item.alias.name in module.config.default_helpers else ""
    return _helper(module, item.value) or _helper(module, Ref(item.dotted))


def _uses(module: Module) -> Iterator[tuple[ast.AST, str, str]]:
    renamed = {
        item.value.dotted: helper
        for item in module.imports
        if isinstance(item.value, Ref) and (helper := _imported(module, item))
    }
    for reference in module.references:
        value = reference.value
        if isinstance(value, Ref) and reference.where.runs and not reference.where.annotation:
            helper = _helper(module, value) or renamed.get(value.dotted, "")
            if helper:
                yield reference.node, helper, _manner(module, reference.node)
                continue
            outer = value.dotted.rpartition(".")[0]
            if outer.endswith(module.config.default_helpers):
                helper = _helper(module, Ref(outer, taken_from=value.taken_from))
                if helper:
                    yield reference.node, helper, VALUE  # an attribute is read from it
    yield from _uses_of_own(module)


def _uses_of_own(module: Module) -> Iterator[tuple[ast.AST, str, str]]:
    """Uses of functions and classes that this file defines itself."""
    own = dict(_own(module))
    if not own:
        return
    for node in module.within(module.tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            value = module.value(node)
            if isinstance(value, Function | Class) and value.node in own:
                manner = _manner(module, node)
                if manner != VALUE:
                    yield node, own[value.node], manner


def _own(module: Module) -> Iterator[tuple[ast.AST, str]]:
    for function, where in module.functions:
        if where.runs and _is_own_helper(module, function.dotted, "." not in function.qualname):
            yield function.node, function.dotted
    for cls, where in module.classes:
        if where.runs and _is_own_helper(module, cls.dotted, "." not in cls.qualname):
            yield cls.node, cls.dotted


def _is_own_helper(module: Module, dotted: str, top_level: bool) -> bool:
    """A plain name speaks of functions and classes at module level, not of methods and inner functions."""
    helpers = module.config.default_helpers
    return dotted in helpers or (top_level and dotted.rpartition(".")[2] in helpers)


def _helper(module: Module, value: Value) -> str:
    """The helper that a reference is; empty where it is none."""
    if not isinstance(value, Ref):
        return ""
    helpers, dotted = module.config.default_helpers, value.dotted
    if not dotted.endswith(helpers):
        return ""
    if dotted in helpers:
        return dotted
    package, dot, _ = dotted.partition(".")
    own = module.info.module_name.partition(".")[0]
    in_project = value.taken_from or package == own or package in module.config.project_names
    return dotted if dot and in_project and dotted.rpartition(".")[2] in helpers else ""


def _manner(module: Module, node: ast.expr) -> str:
    parent = module.parent(node)
    match parent:
        case ast.Call(func=function) if function is node:
            return ENTERED if _is_entered(module, parent) else ACTIVE
        case ast.Call(func=function):
            return ACTIVE if module.dotted(function).startswith("functools.partial") else VALUE
        case ast.withitem() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return ENTERED
        case ast.Assign() | ast.NamedExpr() | ast.Expr():
            return ALIAS
        case ast.AnnAssign(value=value) if value is node:
            return ALIAS
        case ast.Tuple() | ast.List() if _is_unpacked(module, parent):
            return ALIAS
    return VALUE


def _is_entered(module: Module, call: ast.Call) -> bool:
    """Whether what a helper gives is entered, on the spot or by an exit stack, decorates, or is let fall."""
    match module.parent(call):
        case ast.withitem() | ast.Expr():
            return True
        case ast.FunctionDef(decorator_list=decorators) | ast.AsyncFunctionDef(decorator_list=decorators):
            return call in decorators
        case ast.ClassDef(decorator_list=decorators):
            return call in decorators
        case ast.Call(func=ast.Attribute(attr="enter_context")):
            return True
    return False


def _is_unpacked(module: Module, display: ast.expr) -> bool:
    """Whether a display is taken apart at once: ``a, b = helper, other``."""
    match module.parent(display):
        case ast.Assign(targets=[ast.Tuple() | ast.List()]):
            return True
    return False


RULE = Rule("TG302", "default-helper", check, needs=(HELPERS,), fix="safe")
