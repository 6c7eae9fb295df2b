"""What things are in the body of a decorator: the function that is decorated, what a call of it gives, ..."""

from __future__ import annotations

import _ast as ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from torchgate.semantics.scopes import FunctionNode
    from torchgate.semantics.values import Class, Function

    # What a decorator is called with: the roles of its positions and keywords, and whether there is more.
    Given: TypeAlias = tuple[tuple[str, ...], tuple[tuple[str, str], ...], bool]
    # A decorator of a function: its dotted name, and what it is called with.
    Decoration: TypeAlias = tuple[str, Given]
    Role: TypeAlias = "str | Local | Named | Partial | Object | Method | Either | Packed | Table"

# Roles that a word says. `GIVEN`: the function, or what gives the same when it is called; `RESULT`: what such
# a call gives; `SAME`: what gives back what it is called with; `ABSENT`: None, or nothing at all.
GIVEN, RESULT, SAME, ABSENT, CONSTANT, OTHER = "given", "result", "same", "absent", "constant", "other"
# What a decorator is called with where its name alone stands above the function.
DIRECTLY: Given = ((GIVEN,), (), False)


class Frame:
    """The names of a function while it is run through, and what it returned so far. ``local``: all that it
    ever binds."""

    __slots__ = ("local", "names", "outer", "returned")

    def __init__(self, local: set[str], outer: Frame | None) -> None:
        self.names: dict[str, Role] = {}
        self.local = local
        self.outer = outer
        self.returned: list[Role] = []


class Local:
    """A function or lambda that is defined in another one."""

    __slots__ = ("frame", "node")

    def __init__(self, node: FunctionNode, frame: Frame | None) -> None:
        self.node = node
        self.frame = frame


class Named:
    """Something with a dotted name."""

    __slots__ = ("dotted",)

    def __init__(self, dotted: str) -> None:
        self.dotted = dotted


class Partial:
    """``functools.partial(...)``."""

    __slots__ = ("arguments", "callee", "keywords")

    def __init__(self, callee: Role, arguments: list[Role], keywords: dict[str, Role]) -> None:
        self.callee = callee
        self.arguments = arguments
        self.keywords = keywords


class Object:
    """An object of a class of the module, with what its ``__init__`` assigns."""

    __slots__ = ("attributes", "cls")

    def __init__(self, cls: Class) -> None:
        self.cls = cls
        self.attributes: dict[str, Role] = {}


class Method:
    """A method of an object."""

    __slots__ = ("function", "owner")

    def __init__(self, owner: Object, function: Function) -> None:
        self.owner = owner
        self.function = function


class Either:
    """One or the other."""

    __slots__ = ("roles",)

    def __init__(self, *roles: Role) -> None:
        self.roles = roles


class Packed:
    """What ``*args`` holds, or ``**kwargs`` where that is nothing."""

    __slots__ = ("items",)

    def __init__(self, items: list[Role]) -> None:
        self.items = items


class Table:
    """A dict that begins empty: all that is ever put into it."""

    __slots__ = ("held",)

    def __init__(self) -> None:
        self.held: Role = ABSENT


def join(a: Role, b: Role) -> Role:
    """One or the other; None stands in for anything."""
    if a == ABSENT or a is b:
        return b
    if b == ABSENT or a == b:
        return a
    if isinstance(a, Local) and isinstance(b, Local) and a.node is b.node:
        return a
    return OTHER


def of_constant(node: ast.expr | None) -> Role:
    """The role of what is written in a call or as a default."""
    if isinstance(node, ast.Constant):
        return ABSENT if node.value is None else CONSTANT
    return OTHER


def described(call: ast.Call) -> Given:
    """What a call is given, as far as its text tells."""
    kinds = [_word(argument) for argument in call.args if not isinstance(argument, ast.Starred)]
    named = [(keyword.arg, _word(keyword.value)) for keyword in call.keywords if keyword.arg is not None]
    is_open = len(kinds) < len(call.args) or len(named) < len(call.keywords)
    return tuple(kinds), tuple(named), is_open


def _word(node: ast.expr) -> str:
    role = of_constant(node)
    return role if isinstance(role, str) else OTHER
