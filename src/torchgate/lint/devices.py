"""Which device an expression yields, as far as the code shows it: an accelerator or the CPU."""

from __future__ import annotations

import _ast as ast

from torchgate.lint.torch_names import made_by, torch_name
from torchgate.semantics.probes import BACKENDS
from torchgate.semantics.values import Const, Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.semantics.module import Module
    from torchgate.semantics.values import Value

ACCELERATOR = "accelerator"
CPU = "cpu"
DEVICE_CONTEXTS = frozenset(
    ["torch.accelerator.device_index", *(f"torch.{backend}.device" for backend in BACKENDS)]
)
SETTERS = ("set_device", "set_device_index", "set_device_idx")  # their last names
SET_DEVICE = frozenset(
    [
        "torch.accelerator.set_device_index",
        "torch.accelerator.set_device_idx",  # the name before torch 2.8
        *(f"torch.{backend}.set_device" for backend in BACKENDS),
    ]
)
_CURRENT = frozenset(
    [
        "torch.accelerator.current_accelerator",
        "torch.accelerator.current_device_index",
        *(f"torch.{backend}.current_device" for backend in BACKENDS),
    ]
)
_LISTS = frozenset(f"builtins.{name}" for name in ("frozenset", "list", "reversed", "set", "sorted", "tuple"))
ALL = "all"  # the place of a device that an expression yields by itself, or a list of nothing else
_DEEPEST = 20  # lists in lists, which nobody writes
# "gpu" is no device of torch's; Lightning's trainers call it so.
_TYPES = frozenset([*BACKENDS, "gpu", "xla", "hip", "vulkan", "privateuseone"])


def is_chosen_backend(module: Module, node: ast.expr) -> bool:
    """Whether an expression is a module of torch's that is chosen at run time: ``getattr(torch, kind)``, with
    a default or without, ``torch.get_device_module(kind)``, or a name that holds one of these."""
    value = module.value(node)
    if not isinstance(value, Result):
        return False
    if value.callee.dotted == "builtins.getattr":
        return torch_name(module, module.value(value.node.args[0])) == "torch"
    return made_by(module, value) == "torch.get_device_module"


def chosen_context(module: Module, node: ast.expr) -> str:
    """The method by which such a module makes a context that changes the current device; else empty."""
    match node:
        case ast.Call(func=ast.Attribute(value=owner, attr="device" | "device_index" as method)):
            return method if is_chosen_backend(module, owner) else ""
    return ""


def device_text(module: Module, value: Value) -> str | None:
    """The constant text of ``torch.device("...")``; None where it is not constant."""
    if made_by(module, value) != "torch.device" or not isinstance(value, Result):
        return None
    argument = device_argument(value.node)
    return module.text(argument) if argument is not None else None


def device_argument(node: ast.Call) -> ast.expr | None:
    """What ``torch.device(...)`` is given."""
    if node.args:
        return node.args[0]
    return next((item.value for item in node.keywords if item.arg in ("device", "type")), None)


def device_kind(module: Module, node: ast.expr) -> str:
    """``ACCELERATOR``, ``CPU`` or nothing (``""``) for an expression that should be a device."""
    seen: set[ast.expr] = set()
    link: ast.expr | None = node
    while (
        link is not None and link not in seen
    ):  # `device = torch.device(device)` in a loop is its own argument
        seen.add(link)
        value = module.value(link)
        if isinstance(value, Const):
            return _kind_of_constant(value.value)
        match link:
            case ast.Call(args=[device], keywords=[]) if module.dotted(link.func) == "builtins.str":
                link = device
                continue
        if not isinstance(value, Result):
            match link:
                case ast.Attribute(value=owner, attr="type"):
                    link = owner
                    continue
            return _kind_of_text(module, link)
        name = made_by(module, value)
        if name in _CURRENT:
            return ACCELERATOR
        link = device_argument(value.node) if name == "torch.device" else None
    return ""


def _kind_of_constant(value: object) -> str:
    if isinstance(value, str):
        name = value.partition(":")[0]
        return CPU if name == "cpu" else ACCELERATOR if name in _TYPES else ""
    # An index alone means the accelerator of that number.
    return ACCELERATOR if type(value) is int and value >= 0 else ""


def _kind_of_text(module: Module, node: ast.expr) -> str:
    """The kind of a text by how it begins: ``f"cuda:{index}"``, ``"cuda:" + str(index)``."""
    while isinstance(node, ast.BinOp) and module.text(node) is None:
        node = node.left
    match node:
        case ast.JoinedStr(values=[first, *_]) | ast.Call(func=ast.Attribute(value=first, attr="format")):
            node = first
    text = module.text(node)
    if text is None:
        return ""
    head, colon, _ = text.partition(":")
    return _kind_of_constant(head) if colon or head in _TYPES else ""


def device_kinds(module: Module, node: ast.expr) -> Iterator[tuple[object, str]]:
    """The kinds of an expression, each with its place in it: an element has its position among so many,
    and a list whose elements are all of one kind is of that kind as a whole."""
    elements = _elements(module, node)
    if elements is None:
        yield ALL, device_kind(module, node)
        return
    kinds = [device_kind(module, element) for element in elements]
    starred = [item for item in getattr(node, "elts", ()) if isinstance(item, ast.Starred)]
    if isinstance(node, ast.Tuple | ast.List) and not starred:
        for index, kind in enumerate(kinds):
            yield (len(kinds), index), kind
    if len(set(kinds)) == 1:
        yield ALL, kinds[0]


def _elements(module: Module, node: ast.expr, depth: int = 0) -> list[ast.expr] | None:
    """What stands in a list, tuple or set that is written on the spot, as far as kinds go: what is repeated
    stands there once. None for every other expression; in a list, a starred one of these stays as it is."""
    if depth > _DEEPEST:
        return None
    match node:
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            return [part for element in elements for part in _unpacked(module, element, depth)]
        case ast.ListComp(elt=element) | ast.SetComp(elt=element) | ast.GeneratorExp(elt=element):
            return _unpacked(module, element, depth)
        case ast.BinOp(left=left, op=operation, right=right) if isinstance(operation, ast.Mult | ast.Add):
            sides = [(side, _elements(module, side, depth + 1)) for side in (left, right)]
            known = [inner for _, inner in sides if inner is not None]
            if not known or isinstance(operation, ast.Mult):
                return known[0] if known else None
            return [part for side, inner in sides for part in ([side] if inner is None else inner)]
        case ast.Subscript(value=part, slice=ast.Slice()):
            return _elements(module, part, depth + 1)
        case ast.Call(args=[part, *_]) if module.dotted(node.func) in _LISTS:
            return _elements(module, part, depth + 1)
    return None


def _unpacked(module: Module, node: ast.expr, depth: int) -> list[ast.expr]:
    inner = _elements(module, node.value, depth + 1) if isinstance(node, ast.Starred) else None
    return [node] if inner is None else inner


def spelled(node: ast.expr) -> tuple[str, ...]:
    """A target or device as one can compare it: the names along a chain of attributes and items."""
    links: list[str] = []
    while True:
        match node:
            case ast.Attribute(value=owner, attr=name):
                links.append(name)
            case ast.Subscript(value=owner, slice=ast.Constant(value=key)):
                links.append(repr(key))
            case ast.Name(id=name):
                return (name, *reversed(links))
            case _:
                return (f"<{node.lineno}:{node.col_offset}>", *reversed(links))
        node = owner
