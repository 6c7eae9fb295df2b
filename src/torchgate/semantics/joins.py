"""Where paths meet: the value of a name that holds one thing on one path and another on the other.

``join`` gives the same for the same values in whatever order and however often they come: values have ranks,
and the higher decides. What is bound for type checkers alone does not exist where the program runs; a
placeholder (None, a constant, a local stub) stands in where torch is absent, and does not disagree with what
a name or a call gives; all else does. What two of one rank disagree on is unknown, and which rank it was is
kept as long as paths may still meet (``STAND_INS``, ``TYPES``). Of devices, the first in the text is told.
"""

from __future__ import annotations

import _ast as ast

from torchgate.semantics.values import (
    EITHER,
    NOTHING,
    STAND_INS,
    TYPES,
    UNBOUND,
    UNKNOWN,
    Choice,
    Class,
    Condition,
    Const,
    Function,
    Instance,
    Mapping,
    Nothing,
    Ref,
    Result,
    Sequence,
    Unknown,
    is_device,
    mapping,
    same,
    sequence,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from torchgate.semantics.values import Value

_TYPES, _PLACEHOLDER, _NAMED, _RIVAL = range(4)
# What projects bind where torch is absent; what a call of one gives is a placeholder, not a rival.
_STAND_IN_NAMES = frozenset(
    {
        "builtins.object",
        "builtins.type",
        "types.ModuleType",
        "types.SimpleNamespace",
        "unittest.mock.Mock",
        "unittest.mock.MagicMock",
        "typing.Any",
    }
)
# More names than this for one thing: nobody writes that, and joining them must end.
_CHOICES = 4


def join(a: Value, b: Value) -> Value:
    """The value where two paths meet. What disagrees is unknown."""
    if a is b or b is UNBOUND or a is UNKNOWN:
        return a
    if a is UNBOUND or b is UNKNOWN:
        return b
    one, other = _RANKS[a.__class__](a), _RANKS[b.__class__](b)
    if one != other:
        if one == _RIVAL or other == _RIVAL:
            return _with_rival(a, b) if one == _RIVAL else _with_rival(b, a)
        return a if one > other else b
    return _JOINS[one](a, b)


def join_all(values: Iterable[Value]) -> Value:
    """The join of any number of values; ``UNBOUND`` for none."""
    result: Value = UNBOUND
    for value in values:
        result = join(result, value)
    return result


def _rank_of_ref(value: Ref) -> int:
    if value.type_only:
        return _TYPES
    return _PLACEHOLDER if value.dotted in _STAND_IN_NAMES else _NAMED


def _rank_of_choice(value: Choice) -> int:
    return _TYPES if value.refs[0].type_only else _NAMED


def _rank_of_result(value: Result) -> int:
    return _PLACEHOLDER if value.callee.dotted in _STAND_IN_NAMES else _NAMED


def _rank_of_instance(value: Instance) -> int:
    if isinstance(value.cls, Class):
        return _PLACEHOLDER
    return _NAMED if is_device(value) else _RIVAL


def _rank_of_unknown(value: Unknown) -> int:
    return _TYPES if value is TYPES else _PLACEHOLDER


_RANKS: dict[type, Callable[[Any], int]] = {
    **dict.fromkeys((Nothing, Const, Function, Class), lambda _: _PLACEHOLDER),
    **dict.fromkeys((Sequence, Mapping, Condition), lambda _: _RIVAL),
    Ref: _rank_of_ref,
    Choice: _rank_of_choice,
    Result: _rank_of_result,
    Instance: _rank_of_instance,
    Unknown: _rank_of_unknown,
}


def _with_rival(rival: Value, other: Value) -> Value:
    """A value that disagrees with what a name or a placeholder gives, None and an object aside."""
    if _RANKS[other.__class__](other) == _TYPES or (other is NOTHING and isinstance(rival, Instance)):
        return rival
    return UNKNOWN


def _join_types(a: Value, b: Value) -> Value:
    if a is TYPES or b is TYPES:
        return TYPES
    if isinstance(a, Ref) and isinstance(b, Ref):
        if a.dotted == b.dotted:
            return _merged(a, b)
        if _is_stand_in(a) and _is_stand_in(b):
            return min(a, b, key=_dotted)
    if _is_stand_in(a) or _is_stand_in(b):
        return b if _is_stand_in(a) else a
    found = _chosen(a, b)
    return TYPES if found is UNKNOWN else found


def _join_placeholders(a: Value, b: Value) -> Value:
    if isinstance(a, Ref) and isinstance(b, Ref) and a.dotted == b.dotted:
        return _merged(a, b)
    if a is NOTHING and isinstance(b, Instance | Result):
        return b
    if b is NOTHING and isinstance(a, Instance | Result):
        return a
    return a if same(a, b) else STAND_INS


def _join_named(a: Value, b: Value) -> Value:
    if isinstance(a, Ref) and isinstance(b, Ref) and a.dotted == b.dotted:
        return _merged(a, b)
    if isinstance(a, Ref | Choice) and isinstance(b, Ref | Choice):
        return _chosen(a, b)
    if same(a, b):
        return a
    one, other = _device_class(a), _device_class(b)
    if one is None or other is None:
        return UNKNOWN
    cls = _merged(one, other)
    if not isinstance(a, Result) or not isinstance(b, Result):
        return Instance(cls)
    first = min(a, b, key=_place)
    return first if same(first.callee, cls) else Result(cls, first.node)


def _join_rivals(a: Value, b: Value) -> Value:
    if isinstance(a, Mapping) and isinstance(b, Mapping) and a.node is b.node and not same(a, b):
        kept = {key: value for key, value in a.items.items() if key in b.items and same(value, b.items[key])}
        return mapping(kept, a.node, complete=False)
    if isinstance(a, Sequence) and isinstance(b, Sequence):
        return _join_sequences(a, b)
    return a if same(a, b) else UNKNOWN


def _join_sequences(a: Sequence, b: Sequence) -> Value:
    """Tuples of one length meet element by element (``return torch, nn`` and ``return None, None``). A list
    may be changed in place, so that its elements are known only where all of them are the same."""
    if a.node.__class__ is not b.node.__class__ or len(a.items) != len(b.items):
        return UNKNOWN
    first = min(a, b, key=_place)
    if same(a, b):
        return first
    if not isinstance(a.node, ast.Tuple):
        return UNKNOWN
    return sequence(map(join, a.items, b.items), first.node)


_JOINS: tuple[Callable[[Value, Value], Value], ...] = (
    _join_types,
    _join_placeholders,
    _join_named,
    _join_rivals,
)


def _device_class(value: Value) -> Ref | None:
    """``torch.device`` as the class of an object; None for everything else."""
    made_by = value.callee if isinstance(value, Result) else getattr(value, "cls", None)
    return made_by if is_device(value) and isinstance(made_by, Ref) else None


def _merged(a: Ref, b: Ref) -> Ref:
    """One name that was reached in two ways; what is known of it on either path counts."""
    if a.type_only != b.type_only:
        return b if a.type_only else a
    if (a.via, a.taken_from, a.open, a.module) == (b.via, b.taken_from, b.open, b.module):
        return a
    return Ref(
        a.dotted,
        a.via if a.via == b.via else EITHER,
        a.type_only,
        max(a.taken_from, b.taken_from),
        a.open and b.open,
        max(a.module, b.module),
    )


def _is_stand_in(value: Value) -> bool:
    return isinstance(value, Ref) and value.dotted in _STAND_IN_NAMES


def _dotted(ref: Ref) -> str:
    return ref.dotted


def _place(value: Sequence | Result) -> tuple[int, int]:
    return value.node.lineno, value.node.col_offset


def _chosen(a: Value, b: Value) -> Value:
    first = a.refs if isinstance(a, Choice) else (a,) if isinstance(a, Ref) else ()
    second = b.refs if isinstance(b, Choice) else (b,) if isinstance(b, Ref) else ()
    return choice((*first, *second))


def choice(refs: Iterable[Ref]) -> Value:
    """A ``Choice``; ``UNKNOWN`` where there are too many, or they were not reached in one way."""
    different: dict[str, Ref] = {}
    ways: set[tuple[int, bool]] = set()
    for ref in refs:
        known = different.get(ref.dotted)
        different[ref.dotted] = ref if known is None else _merged(known, ref)
        ways.add((ref.via, ref.type_only))
    found = tuple(different[dotted] for dotted in sorted(different))  # whichever was read first
    if len(found) == 1:
        return found[0]
    is_one_way = len(ways) == 1 and found[0].via != EITHER
    is_open = sum(not ref.open for ref in found) < 2  # two of which no more will be known disagree
    return Choice(found) if is_open and is_one_way and len(found) <= _CHOICES else UNKNOWN
