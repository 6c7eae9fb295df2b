"""Which device an expression yields, as far as the code shows it: an accelerator or the CPU."""

from __future__ import annotations

import _ast as ast

from torchgate.lint.torch_names import made_by
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
_LISTS = frozenset({"builtins.list", "builtins.tuple"})
ALL = "all"  # the place of a device that an expression yields by itself, or a list of nothing else
# "gpu" is no device of torch's; Lightning's trainers call it so.
_TYPES = frozenset([*BACKENDS, "gpu", "xla", "hip", "vulkan", "privateuseone"])


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
    if isinstance(node, ast.Tuple | ast.List):
        kinds = [device_kind(module, element) for element in node.elts]
        for index, kind in enumerate(kinds):
            yield (len(kinds), index), kind
        if len(set(kinds)) == 1:
            yield ALL, kinds[0]
        return
    element = _repeated(module, node)
    if element is None:
        yield ALL, device_kind(module, node)
    else:
        yield from ((place, kind) for place, kind in device_kinds(module, element) if place == ALL)


def _repeated(module: Module, node: ast.expr) -> ast.expr | None:
    """A list of the elements that an expression repeats: ``["cpu"] * n``, ``[f"cuda:{i}" for i in n]``."""
    match node:
        case ast.BinOp(left=part, op=ast.Mult()) if isinstance(part, ast.Tuple | ast.List):
            return part
        case ast.BinOp(op=ast.Mult(), right=part) if isinstance(part, ast.Tuple | ast.List):
            return part
        case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element):
            return ast.List(elts=[element], ctx=ast.Load())
        case ast.Call(args=[part], keywords=[]) if module.dotted(node.func) in _LISTS:
            return _repeated(module, part)
    return None


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
