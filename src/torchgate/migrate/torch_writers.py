"""Torch handed to something that writes to it: ``map(setattr, [torch], names, fakes)``, a function that sets
an attribute of its parameter, a loop over modules, the cache of modules."""

from __future__ import annotations

import _ast as ast
import re
from collections.abc import Iterable, Iterator

from torchgate.migrate.torch_values import ANY, DICT, holder, is_patch, is_written_plainly, torch_of
from torchgate.semantics.module import Module
from torchgate.semantics.values import HANDLE, Const, Function, Ref, Sequence

_SETTERS = frozenset({"builtins.setattr", "builtins.delattr", "builtins.object.__setattr__"})
_ITEM_SETTERS = frozenset({"operator.setitem", "operator.delitem", "operator.ior"})
_CACHE = "sys.modules"
# No longer than so: a text in which `in` never comes is gone through once.
_LOOP_TARGETS = re.compile(r"\bfor\b([^:=]{0,200}?)\bin\b")
# What is written to an attribute, or whose name says so, has one of these.
_HINTS = (
    b"setattr",
    b"delattr",
    b"patch",
    b"setitem",
    b"delitem",
    b"__dict__",
    b"vars",
    b"modules",
    b"mock",
    b"stub",
    b"spy",
)


def indirect(module: Module, words: bytes, may_call_patches: bool) -> Iterator[tuple[str, ast.AST]]:
    """What a file with these words replaces of torch in such a way, and where."""
    plain = is_written_plainly(module)
    if b"torch" not in words and plain:
        return
    if any(hint in words for hint in _HINTS) or not plain:
        yield from _set_by_value(module)
        yield from _starred(module)
        yield from _cached(module, may_call_patches)
    yield from _handed_over(module)
    if may_call_patches or _writes_to_targets(module):
        yield from _looped(module)


# A setter that somebody else calls.


def _set_by_value(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """``map(setattr, [torch], names, fakes)``, ``functools.partial(setattr, torch, "zeros")``."""
    for reference in module.references:
        if not isinstance(reference.value, Ref) or reference.called or reference.value.dotted not in _SETTERS:
            continue
        call = module.parent(reference.node)
        if not isinstance(call, ast.Call) or reference.node not in call.args:
            continue
        index = call.args.index(reference.node) + 1
        if index < len(call.args):
            owner = holder(module, call.args[index])
            owners = (
                [f"{owner}.{_told(module, call, index + 1)}"] if owner else _held(module, call.args[index])
            )
            yield from ((name, call) for name in owners)


def _held(module: Module, node: ast.expr) -> list[str]:
    """Any attribute of what an expression holds of torch."""
    inside = set(module.within(node))
    names = (torch_of(module, other.value) for other in module.references if other.node in inside)
    return [f"{name}.{ANY}" for name in names if name]


def _told(module: Module, call: ast.Call, index: int) -> str:
    """The name that an argument tells; any where it is made at run time, or absent."""
    return (module.text(call.args[index]) if index < len(call.args) else None) or ANY


def _starred(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """``setattr(*arguments)``, ``operator.setitem(torch.__dict__, "zeros", fake)``."""
    for call in module.calls:
        callee = call.callee.dotted if isinstance(call.callee, Ref) else ""
        match call.node.args:
            case [ast.Starred(value=given), *_] if callee in _SETTERS:
                value = module.value(given)
                owner = (
                    torch_of(module, value.items[0]) if isinstance(value, Sequence) and value.items else ""
                )
                if owner and isinstance(value, Sequence):
                    name = value.items[1] if len(value.items) > 1 else None
                    yield f"{owner}.{name.value if isinstance(name, Const) else ANY}", call.node
            case [first, *_] if callee in _ITEM_SETTERS and holder(module, first).endswith(DICT):
                yield f"{holder(module, first).removesuffix(DICT)}.{_told(module, call.node, 1)}", call.node


# A function that writes to what it is given.


def _handed_over(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """``put(torch, "zeros", fake)``: a function of the file that writes to its parameter, or one that cannot
    be looked into and is given what a setter is given."""
    places = {node: (call, index) for call in module.every_call for index, node in enumerate(call.args)}
    for reference in module.references:
        call, index = places.get(reference.node, (None, 0))
        name = torch_of(module, reference.value) if call is not None and not reference.called else ""
        if call is None or not name or is_patch(module, call.func):
            continue
        callee = module.value(call.func)
        if isinstance(callee, Function):
            yield from (
                (f"{name}.{attribute}", call) for attribute in _by_parameter(module, callee, call, index)
            )
        elif not _is_known(callee) and not (
            isinstance(reference.value, Ref) and reference.value.via == HANDLE
        ):
            told = _told(module, call, index + 1)
            if told.isidentifier() and len(call.args) > index + 2:
                yield f"{name}.{told}", call


def _is_known(callee: object) -> bool:
    """Whether it is a function of torch or a built-in one: none of these is given torch to write to it."""
    return isinstance(callee, Ref) and callee.package in ("torch", "builtins")


def _by_parameter(module: Module, callee: Function, call: ast.Call, index: int) -> Iterator[str]:
    spec = callee.node.args
    names = [parameter.arg for parameter in (*spec.posonlyargs, *spec.args)]
    shift = int(callee.owner is not None and isinstance(call.func, ast.Attribute))
    if index + shift >= len(names):
        return
    given = {name: module.text(value) for name, value in zip(names[shift:], call.args, strict=False)}
    given |= {keyword.arg: module.text(keyword.value) for keyword in call.keywords if keyword.arg}
    for told in _written_to(module, [callee.node], names[index + shift]):
        yield told if isinstance(told, str) else _constant(module, told, given)


def _constant(module: Module, told: ast.expr, given: dict[str, str | None]) -> str:
    own = module.text(told)
    if own is None and isinstance(told, ast.Name):
        own = given.get(told.id)
    return own or ANY


def _written_to(module: Module, nodes: Iterable[ast.AST], name: str) -> Iterator[str | ast.expr]:
    """The attributes that code writes of what a variable holds, or the expressions that tell their names."""
    for node in (inner for outer in nodes for inner in module.within(outer)):
        match node:
            case ast.Attribute(value=ast.Name(id=base), attr=attribute) if base == name and not isinstance(
                node.ctx, ast.Load
            ):
                yield attribute
            case ast.Attribute(value=ast.Name(id=base), attr="__dict__") if base == name:
                if isinstance(parent := module.parent(node), ast.Subscript) and not isinstance(
                    parent.ctx, ast.Load
                ):
                    yield parent.slice
            case ast.Call(func=func, args=[ast.Name(id=base), *rest]) if base == name and is_patch(
                module, func
            ):
                yield rest[0] if rest else ANY


# A loop over modules.


def _writes_to_targets(module: Module) -> bool:
    """Whether an attribute is written of what a loop, or a test's parameters, may bind."""
    bases = {write.node.value for write in module.writes if isinstance(write.node, ast.Attribute)}
    names = {base.id for base in bases if isinstance(base, ast.Name)} - {"self", "cls"}
    if not names or "parametrize" in module.source.text:
        return bool(names)
    targets = " ".join(_LOOP_TARGETS.findall(module.source.text))
    return not names.isdisjoint(re.findall(r"\w+", targets))


def _looped(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """``for owner, name in [(torch, "zeros")]: setattr(owner, name, fake)``, in a comprehension, and as a
    test's parameters."""
    displays = dict.fromkeys(
        outermost
        for reference in module.references
        if (outermost := _display(module, reference.node)) is not reference.node
        and torch_of(module, reference.value)
    )
    for values in displays:
        around = module.parent(values)
        match around:
            case ast.For(target=target, body=body):
                yield from _each(module, target, values, body)
            case ast.comprehension(target=target):
                inside = module.parent(around)
                yield from _each(module, target, values, [] if inside is None else [inside])
            case ast.Call(func=func, args=[names, *_]) if module.dotted(func) == "pytest.mark.parametrize":
                inside = module.parent(around)
                tested = [] if inside is None else [inside]
                yield from _each(module, names, values, tested)


def _display(module: Module, node: ast.expr) -> ast.expr:
    """The outermost of the displays around an expression."""
    parent = module.parent(node)
    while isinstance(parent, ast.Tuple | ast.List | ast.Set):
        node, parent = parent, module.parent(parent)
    return node


def _names(module: Module, target: ast.expr) -> tuple[list[str], bool]:
    """The names that a loop or a test's parameters bind, and whether each value is taken apart for them."""
    match target:
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return [
                part.id if isinstance(part, ast.Name) else module.text(part) or "" for part in parts
            ], True
        case ast.Name(id=name):
            return [name], False
    names = [name.strip() for name in (module.text(target) or "").split(",")]
    return names, len(names) > 1


def _each(
    module: Module, target: ast.expr, values: ast.expr, body: Iterable[ast.AST]
) -> Iterator[tuple[str, ast.AST]]:
    """What the code writes for each of the values that a target takes."""
    names, apart = _names(module, target)
    nodes = list(body)
    for value in values.elts if isinstance(values, ast.Tuple | ast.List | ast.Set) else ():
        parts = value.elts if apart and isinstance(value, ast.Tuple | ast.List) else [value]
        texts = {name: module.text(part) for name, part in zip(names, parts, strict=False)}
        for name, part in zip(names, parts, strict=False):
            owner = holder(module, part)
            for told in _written_to(module, nodes, name) if owner else ():
                attribute = told if isinstance(told, str) else _constant(module, told, texts)
                yield f"{owner.removesuffix(DICT)}.{attribute}", value


# The cache of modules.


def _cached(module: Module, may_call_patches: bool) -> Iterator[tuple[str, ast.AST]]:
    """``sys.modules["torch.nn"] = fake``, and a test's way to do so. None only takes it away."""
    for write in module.writes:
        if write.item and isinstance(write.base, Ref) and write.base.dotted == _CACHE and write.where.runs:
            name, value = write.name or "", write.value_node
            taken = isinstance(value, ast.Constant) and value.value is None
            if name.partition(".")[0] == "torch" and not taken and write.kind != "delete":
                yield name, write.node
    text = module.source.text
    held = _CACHE in text or "from sys import" in text or not is_written_plainly(module)
    for call in module.every_call if held and may_call_patches else ():
        match call:
            case ast.Call(func=func, args=[first, *rest]) if rest and is_patch(module, func):
                if module.dotted(first) == _CACHE or module.text(first) == _CACHE:
                    yield from ((name, call) for name in _keys(module, rest))


def _keys(module: Module, arguments: list[ast.expr]) -> Iterator[str]:
    """The modules that a patch of the cache replaces: a key and its value, or a dictionary."""
    match arguments:
        case [ast.Dict(keys=keys, values=values), *_]:
            given = zip((module.text(key) for key in keys), values, strict=True)
        case [key, value, *_]:
            given = zip([module.text(key)], [value], strict=True)
        case _:
            return
    for name, fake in given:
        taken = isinstance(fake, ast.Constant) and fake.value is None
        if name is not None and name.partition(".")[0] == "torch" and not taken:
            yield name
