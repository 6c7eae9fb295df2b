"""What an expression may hold, as far as torchgate cares: the closed union ``Value``.

``Ref`` is a dotted name reached through imports, attributes and the injected handle; everything
that is not certain is ``UNKNOWN``, and ``UNKNOWN`` is never reported.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _ast as ast
    from collections.abc import Iterable
    from typing import TypeAlias

    from torchgate.semantics.roles import Decoration

IMPORT = 1
HANDLE = 2
EITHER = 3  # one path an import, the other the handle


class Unknown:
    """Anything not proven. Who asks what an expression holds is given ``UNKNOWN``; where paths meet, two
    others keep what a further path may decide (``torchgate.semantics.joins``): ``STAND_INS``, placeholders
    that differ, and ``TYPES``, names that differ and are bound for type checkers alone."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


class Unbound:
    """A name without a value on this path. One instance: ``UNBOUND``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNBOUND"


class Nothing:
    """``None``, or a placeholder that stands in where torch is absent. One instance: ``NOTHING``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NOTHING"


UNKNOWN = Unknown("UNKNOWN")
STAND_INS = Unknown("STAND_INS")
TYPES = Unknown("TYPES")
UNBOUND = Unbound()
NOTHING = Nothing()


class Ref:
    """A dotted name: ``torch.backends.cudnn``, ``os.environ``, ``app.util.helper``, ``builtins.open``.

    ``via`` says how it was reached: ``IMPORT``, ``HANDLE`` (the injected handle; the dotted name then
    starts with ``torch``) or ``EITHER``. ``type_only``: bound under ``TYPE_CHECKING`` alone.
    ``taken_from`` is the project module that handed it out, where it is not its origin. ``open``: a name of
    a project module that nobody followed, since only this file is known; it may be anything. ``module`` is
    the part of it that an import statement names as a module, whatever its package binds to that name.
    """

    __slots__ = ("dotted", "module", "open", "taken_from", "type_only", "via")

    def __init__(
        self,
        dotted: str,
        via: int = IMPORT,
        type_only: bool = False,
        taken_from: str = "",
        open: bool = False,
        module: str = "",
    ) -> None:
        self.dotted = dotted
        self.module = module
        self.via = via
        self.type_only = type_only
        self.taken_from = taken_from
        self.open = open

    def attribute(self, name: str) -> Ref:
        """The reference one attribute further."""
        dotted = f"{self.dotted}.{name}"
        return Ref(dotted, self.via, self.type_only, self.taken_from, self.open, self.module)

    @property
    def package(self) -> str:
        """The top-level package."""
        return self.dotted.partition(".")[0]

    @property
    def is_handle(self) -> bool:
        """Whether every path reaches it through the handle."""
        return self.via == HANDLE

    def __repr__(self) -> str:
        how = {IMPORT: "", HANDLE: " via handle", EITHER: " via either"}[self.via]
        return f"Ref({self.dotted}{how}{' type-only' if self.type_only else ''})"


class Choice:
    """One of several references of which at least one is open: whether they disagree is for the project to
    say (``try: from app.compat import torch`` / ``except ImportError: import torch``)."""

    __slots__ = ("refs",)

    def __init__(self, refs: tuple[Ref, ...]) -> None:
        self.refs = refs

    def __repr__(self) -> str:
        return f"Choice({', '.join(map(repr, self.refs))})"


class Function:
    """A function or lambda of this file. ``opaque``: it has decorators that are not known; ``decorations``
    are these, where they are the project's, and may leave what a call gives as it is after all
    (``torchgate.semantics.decorators``)."""

    __slots__ = ("context_manager", "decorations", "dotted", "node", "opaque", "owner", "qualname")

    def __init__(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        qualname: str,
        dotted: str,
        *,
        owner: Class | None = None,
        opaque: bool = False,
        context_manager: bool = False,
        decorations: tuple[Decoration, ...] = (),
    ) -> None:
        self.node = node
        self.qualname = qualname
        self.dotted = dotted
        self.owner = owner
        self.opaque = opaque
        self.context_manager = context_manager
        self.decorations = decorations

    @property
    def name(self) -> str:
        """The name it was defined under; ``<lambda>`` for a lambda."""
        return self.qualname.rpartition(".")[2]

    def __repr__(self) -> str:
        return f"Function({self.dotted})"


class Class:
    """A class of this file, with the values of its base-class expressions."""

    __slots__ = ("bases", "dotted", "node", "qualname")

    def __init__(self, node: ast.ClassDef, qualname: str, dotted: str, bases: tuple[Value, ...]) -> None:
        self.node = node
        self.qualname = qualname
        self.dotted = dotted
        self.bases = bases

    def __repr__(self) -> str:
        return f"Class({self.dotted})"


class Instance:
    """An object whose class is known: a class of this file, the dotted name of a project class, or
    ``torch.device``."""

    __slots__ = ("cls",)

    def __init__(self, cls: Class | Ref) -> None:
        self.cls = cls

    def __repr__(self) -> str:
        return f"Instance({self.cls})"


class Result:
    """What a call of a named callee gave, where the callee says enough (``torch.device(...)``)."""

    __slots__ = ("callee", "node")

    def __init__(self, callee: Ref, node: ast.Call) -> None:
        self.callee = callee
        self.node = node

    def __repr__(self) -> str:
        return f"Result({self.callee.dotted})"


class Sequence:
    """A tuple or list display with the values of its elements. Make one with ``sequence``."""

    __slots__ = ("items", "node", "weight")

    def __init__(self, items: tuple[Value, ...], node: ast.expr) -> None:
        self.items = items
        self.node = node
        self.weight = _weigh(items)

    def __repr__(self) -> str:
        return f"Sequence({', '.join(map(repr, self.items))})"


class Mapping:
    """A dict display, or ``dict(...)`` with keywords only; ``items`` holds its constant string keys.
    Make one with ``mapping``."""

    __slots__ = ("complete", "items", "node", "weight")

    def __init__(self, items: dict[str, Value], node: ast.expr, complete: bool) -> None:
        self.items = items
        self.node = node
        self.complete = complete
        self.weight = _weigh(items.values())

    def __repr__(self) -> str:
        return f"Mapping({self.items})"


class Const:
    """A folded constant: str, bytes, int, float, bool, complex or Ellipsis."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Const({self.value!r})"


class Condition:
    """The truth value of a comparison, so that ``loaded = "torch" in sys.modules`` keeps what it asked."""

    __slots__ = ("node",)

    def __init__(self, node: ast.expr) -> None:
        self.node = node

    def __repr__(self) -> str:
        return f"Condition(line {self.node.lineno})"


Value: TypeAlias = (
    "Unknown | Unbound | Nothing | Ref | Choice | Function | Class | Instance | Result | Sequence | Mapping"
    " | Const | Condition"
)

# Displays of displays (`x = (x, x)`, forty lines of it) grow without end: heavier ones are not kept.
_HEAVIEST = 2_000


def _weigh(items: Iterable[Value]) -> int:
    weight = 1
    for item in items:
        weight += item.weight if isinstance(item, Sequence | Mapping) else 1
    return weight


def sequence(items: Iterable[Value], node: ast.expr) -> Value:
    """A ``Sequence``, or ``UNKNOWN`` where it would hold too much."""
    made = Sequence(tuple(items), node)
    return made if made.weight <= _HEAVIEST else UNKNOWN


def concatenated(a: Sequence, b: Value, node: ast.expr) -> Value:
    """``a + b`` of tuples or lists."""
    return sequence((*a.items, *b.items), node) if isinstance(b, Sequence) else UNKNOWN


def mapping(items: dict[str, Value], node: ast.expr, complete: bool) -> Value:
    """A ``Mapping``, or ``UNKNOWN`` where it would hold too much."""
    made = Mapping(items, node, complete)
    return made if made.weight <= _HEAVIEST else UNKNOWN


def plain(value: Value) -> Value:
    """A value as whoever asks is given it."""
    return UNKNOWN if value.__class__ is Unknown else value


def same(a: Value, b: Value) -> bool:
    """Whether two values are the same abstract value."""
    if a is b:
        return True
    if a.__class__ is not b.__class__:
        return False
    if isinstance(a, Ref) and isinstance(b, Ref):
        return a.dotted == b.dotted and a.via == b.via and a.type_only == b.type_only
    if isinstance(a, Const) and isinstance(b, Const):
        return a.value.__class__ is b.value.__class__ and a.value == b.value
    if isinstance(a, Choice) and isinstance(b, Choice):
        return len(a.refs) == len(b.refs) and all(map(same, a.refs, b.refs))
    if isinstance(a, Instance) and isinstance(b, Instance):
        return same(a.cls, b.cls)
    if isinstance(a, Sequence) and isinstance(b, Sequence):
        return len(a.items) == len(b.items) and all(map(same, a.items, b.items))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        alike = a.node is b.node and a.complete == b.complete and a.items.keys() == b.items.keys()
        return alike and all(same(value, b.items[key]) for key, value in a.items.items())
    if isinstance(a, Result) and isinstance(b, Result):
        return a.node is b.node and same(a.callee, b.callee)
    return getattr(a, "node", a) is getattr(b, "node", b)


def class_of(made: Instance) -> Class | Ref:
    """The class of an object; who hands the object out does not hand out its class."""
    return made.cls if isinstance(made.cls, Class) else Ref(made.cls.dotted)


def is_device(value: Value) -> bool:
    """Whether a value is a ``torch.device``: the result of its constructor, or declared as one."""
    made_by = (
        value.callee if isinstance(value, Result) else value.cls if isinstance(value, Instance) else None
    )
    return isinstance(made_by, Ref) and made_by.dotted == "torch.device"
