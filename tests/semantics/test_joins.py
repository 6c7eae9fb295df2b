"""Where paths meet, neither the order nor the number of the paths matters."""

from __future__ import annotations

import ast
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchgate.semantics.joins import choice, join, join_all
from torchgate.semantics.values import (
    EITHER,
    HANDLE,
    IMPORT,
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
    Ref,
    Result,
    Sequence,
    Value,
    plain,
    same,
)

_TREE = ast.parse(
    "def f(): 1\ndef g(): 2\nclass C: 1\nclass D: 2\n(1, 2)\n[3, 4]\n{5: 6}\n{7: 8}\na < b\nc < d\ne()\nh()\n"
    "(5, 6)\n[7, 8]\n"
)
_NODES = _TREE.body[:4] + [node.value for node in _TREE.body[4:] if isinstance(node, ast.Expr)]
_FUNCTIONS = [Function(node, node.name, f"app.m.{node.name}") for node in _NODES[:2]]  # type: ignore[arg-type, union-attr]
_CLASSES = [Class(node, node.name, f"app.m.{node.name}", ()) for node in _NODES[2:4]]  # type: ignore[arg-type, union-attr]

_refs = st.builds(
    Ref,
    st.sampled_from(
        ["torch", "torch.nn", "torch.device", "app.a.x", "app.b.x", "builtins.object", "typing.Any"]
    ),
    st.sampled_from([IMPORT, HANDLE, EITHER]),
    st.booleans(),
    st.sampled_from(["", "app.a", "app.b"]),
    st.booleans(),
    st.sampled_from(["", "app"]),
)
_devices = st.builds(Ref, st.just("torch.device"), st.sampled_from([IMPORT, HANDLE]), st.booleans())
_atoms = st.one_of(
    st.sampled_from([UNKNOWN, UNBOUND, NOTHING, STAND_INS, TYPES, *_FUNCTIONS, *_CLASSES]),
    _refs,
    st.lists(_refs, min_size=1, max_size=3).map(choice),
    st.sampled_from([1, 2, True, "cpu", b"x", ...]).map(Const),
    st.one_of(st.sampled_from(_CLASSES), _refs, _devices).map(Instance),
    st.builds(Result, _refs | _devices, st.sampled_from(_NODES[10:12])),  # type: ignore[arg-type]
    st.sampled_from(_NODES[8:10]).map(Condition),  # type: ignore[arg-type]
)
_values: st.SearchStrategy[Value] = st.one_of(
    _atoms,
    st.builds(
        Sequence,
        st.lists(_atoms.map(plain), max_size=2).map(tuple),
        st.sampled_from([*_NODES[4:6], *_NODES[12:]]),  # type: ignore[arg-type]
    ),
    st.builds(
        Mapping,
        st.dictionaries(st.sampled_from("ab"), _atoms.map(plain), max_size=2),
        st.sampled_from(_NODES[6:8]),  # type: ignore[arg-type]
        st.booleans(),
    ),
)


_displays: st.SearchStrategy[Value] = st.builds(
    Sequence,
    st.lists(st.sampled_from([NOTHING, Ref("torch"), Ref("torch.nn"), *_CLASSES]), max_size=2).map(tuple),
    st.sampled_from([*_NODES[4:6], *_NODES[12:]]),  # type: ignore[arg-type]
)
# Of one family the values have more to do with each other.
_families = [_values, _refs, st.lists(_refs, min_size=1, max_size=2).map(choice), _displays]
_pairs = st.one_of([st.tuples(family, family) for family in _families])
_triples = st.one_of([st.tuples(family, family, family) for family in _families])


def _told(value: Value) -> object:
    """All that is to be seen of a value."""
    match value:
        case Ref():
            return tuple(getattr(value, name) for name in sorted(Ref.__slots__))
        case Choice(refs=refs):
            return tuple(map(_told, refs))
        case Sequence(items=items):
            return Sequence, value.node.lineno, tuple(map(_told, items))
        case Result():
            return Result, value.node.lineno
    return value.__class__


def _is_same(a: Value, b: Value) -> bool:
    return same(a, b) and _told(a) == _told(b)


@given(_values)
def test_a_value_disagrees_with_itself_never(a: Value) -> None:
    assert _is_same(join(a, a), a)
    assert _is_same(join(a, UNBOUND), a)
    assert _is_same(join(UNBOUND, a), a)


@settings(max_examples=1_000, deadline=None)
@given(_pairs)
def test_the_order_of_two_does_not_matter(pair: tuple[Value, Value]) -> None:
    a, b = pair
    assert _is_same(join(a, b), join(b, a))
    assert _is_same(join(a, join(a, b)), join(a, b))


@settings(max_examples=2_000, deadline=None)
@given(_triples)
def test_it_does_not_matter_which_two_meet_first(values: tuple[Value, Value, Value]) -> None:
    a, b, c = values
    assert _is_same(join(join(a, b), c), join(a, join(b, c)))


@settings(deadline=None)
@given(st.lists(_values, max_size=5), st.randoms(use_true_random=False))
def test_any_number_in_any_order(values: list[Value], draw: object) -> None:
    mixed = values + values[:2]
    draw.shuffle(mixed)  # type: ignore[attr-defined]
    assert _is_same(join_all(mixed), join_all(values))


_CALL = Result(Ref("app.make"), _NODES[10])  # type: ignore[arg-type]
_DEVICE, _OTHER = (Result(Ref("torch.device"), node) for node in _NODES[10:12])  # type: ignore[arg-type]
_TORCH, _HANDLE = Ref("torch"), Ref("torch", HANDLE)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([_TORCH, NOTHING, Const(1), _FUNCTIONS[0], Instance(_CLASSES[0])], "Ref(torch)"),
        ([Instance(_CLASSES[0]), _FUNCTIONS[0], _CALL], "Result(app.make)"),
        ([Const(1), Const(2), Ref("torch", type_only=True)], "STAND_INS"),
        ([Ref("torch", type_only=True), Ref("numpy", type_only=True)], "TYPES"),
        ([Ref("torch", type_only=True), Ref("numpy", type_only=True), Const(1)], "Const(1)"),
        ([_TORCH, _HANDLE, NOTHING], "Ref(torch via either)"),
        ([_TORCH, Ref("numpy"), NOTHING], "UNKNOWN"),
        ([_TORCH, Ref("unittest.mock.Mock"), Ref("builtins.object")], "Ref(torch)"),
        ([_DEVICE, _OTHER, Const("cpu")], "Result(torch.device)"),
        ([_DEVICE, _OTHER, Instance(Ref("torch.device", HANDLE))], "Instance(Ref(torch.device via either))"),
        ([_DEVICE, Const("cpu"), NOTHING], "Result(torch.device)"),
        ([Instance(Ref("app.C")), NOTHING], "Instance(Ref(app.C))"),
        ([Instance(Ref("app.C")), NOTHING, Const(1)], "UNKNOWN"),
        ([Ref("app.a.x", open=True), _TORCH, Ref("builtins.object")], "Choice(Ref(app.a.x), Ref(torch))"),
    ],
)
def test_what_comes_of_it(values: list[Value], expected: str) -> None:
    assert {repr(join_all(order)) for order in permutations(values)} == {expected}


def test_a_dict_that_was_changed_on_one_path_no_longer_tells_all_its_items() -> None:
    whole = Mapping({"a": _TORCH, "b": Const(1)}, _NODES[6], complete=True)  # type: ignore[arg-type]
    changed = Mapping({"b": Const(1)}, _NODES[6], complete=False)  # type: ignore[arg-type]
    for pair in ((whole, changed), (changed, whole)):
        met = join(*pair)
        assert isinstance(met, Mapping)
        assert (list(met.items), met.complete) == (["b"], False)


def _display(index: int, *items: Value) -> Sequence:
    return Sequence(items, _NODES[index])  # type: ignore[arg-type]


def test_tuples_meet_element_by_element() -> None:
    torch, nn = Ref("torch"), Ref("torch.nn")
    met = join(_display(4, torch, nn), _display(12, NOTHING, NOTHING))
    assert isinstance(met, Sequence)
    assert met.items == (torch, nn)
    assert join(_display(5, torch, nn), _display(13, NOTHING, NOTHING)) is UNKNOWN
    assert join(_display(4, torch, nn), _display(12, torch)) is UNKNOWN
