"""The table of factories against the installed torch, and its lookups without torch."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from torchgate.migrate.factories import Effect, Kind, Signature, table, versions

WORKER = Path(__file__).with_name("factory_table_worker.py")
DATA = Path(__file__).parents[2] / "src" / "torchgate" / "migrate" / "factories"


@pytest.fixture(scope="module")
def probed() -> dict[str, Any]:
    if importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed")
    done = subprocess.run(
        [sys.executable, str(WORKER)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.mark.torch
def test_the_checked_in_table_is_what_torch_does(probed: dict[str, Any]) -> None:
    assert probed["differences"] == []


@pytest.mark.torch
def test_every_wrong_effect_is_reported(probed: dict[str, Any]) -> None:
    count, missed = probed["wrong_rows"]
    assert missed == []
    assert count > 500


@pytest.mark.torch
def test_the_rows_hold_for_calls_that_the_generator_never_saw(probed: dict[str, Any]) -> None:
    assert probed["end_to_end"] == []


@pytest.mark.torch
def test_every_probed_call_binds(probed: dict[str, Any]) -> None:
    assert probed["unbound"] == []


@pytest.mark.torch
def test_a_device_given_by_place_is_seen(probed: dict[str, Any]) -> None:
    assert probed["placed"] == []


@pytest.mark.torch
def test_state_left_behind_is_noticed(probed: dict[str, Any]) -> None:
    assert all(probed["leaks"].values()), probed["leaks"]
    assert len(probed["leaks"]) == 6


@pytest.mark.torch
def test_a_probe_that_does_not_look_writes_another_row(probed: dict[str, Any]) -> None:
    assert probed["blind"] == {"no keyword added": "stuck", "nothing ambient": "kept", "sighted": "ambient"}


def test_loading_imports_no_torch_and_little_else() -> None:
    code = (
        "import sys; from torchgate.migrate.factories import table; table().entry('torch.zeros');"
        "print([m for m in ('torch', 'numpy', 'libcst', 'importlib.resources') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_version_keys() -> None:
    assert "2.13" in versions()
    assert table("2.13.0+cpu").exact
    assert table("2.13.0+cpu").version == "2.13"
    assert table("2.13.1").exact
    newer, older = table("99.1"), table("1.0.0")
    assert not newer.exact
    assert newer.version == versions()[-1]
    assert not older.exact
    assert older.version == versions()[0]
    assert table().version == versions()[-1]
    with pytest.raises(ValueError, match=r"not a torch version: 'nightly'"):
        table("nightly")


@pytest.mark.parametrize(
    ("name", "kinds", "device", "dtype"),
    [
        ("torch.zeros", (), Effect.AMBIENT, Effect.AMBIENT),
        ("torch.randint", (), Effect.AMBIENT, Effect.KEPT),
        ("torch.tensor", ("int",), Effect.AMBIENT, Effect.KEPT),
        ("torch.tensor", ("int", "float"), Effect.AMBIENT, Effect.AMBIENT),
        ("torch.tensor", ("float", "complex"), Effect.AMBIENT, Effect.PARTNER),
        ("torch.tensor", ("numpy-float",), Effect.AMBIENT, Effect.KEPT),
        ("torch.tensor", ("float", "float-tensor"), Effect.AMBIENT, None),
        ("torch.tensor", ("somebody's",), Effect.AMBIENT, None),
        ("torch.tensor", (), Effect.AMBIENT, None),
        ("torch.full", ("int",), Effect.AMBIENT, Effect.KEPT),
        ("torch.full", ("float",), Effect.AMBIENT, Effect.AMBIENT),
        ("torch.full", ("float-tensor",), Effect.AMBIENT, Effect.AMBIENT),
        ("torch.arange", ("int",), Effect.AMBIENT, Effect.KEPT),
        ("torch.arange", ("float-tensor",), Effect.AMBIENT, Effect.AMBIENT),
        ("torch.scalar_tensor", ("int",), Effect.AMBIENT, Effect.AMBIENT),
        ("torch.range", ("int",), Effect.KEPT, Effect.AMBIENT),
        ("torch.nested.nested_tensor", ("int", "float"), Effect.KEPT, None),
        ("torch.normal", ("float",), Effect.KEPT, Effect.AMBIENT),
        ("torch.zeros_like", (), Effect.KEPT, Effect.KEPT),
        ("torch.Tensor.new_zeros", (), Effect.KEPT, Effect.KEPT),
        ("torch.Tensor", (), Effect.KEPT, Effect.STUCK),
        ("torch.FloatTensor", (), Effect.KEPT, Effect.KEPT),
        ("torch.Generator", (), Effect.KEPT, Effect.KEPT),
        ("torch.nn.Linear", (), Effect.AMBIENT, Effect.AMBIENT),
        ("torch.nn.ReLU", (), Effect.KEPT, Effect.KEPT),
        ("torch.nn.Parameter", ("absent",), Effect.STUCK, Effect.STUCK),
        ("torch.nn.Parameter", ("float-tensor",), Effect.KEPT, Effect.KEPT),
    ],
)
def test_effects(name: str, kinds: tuple[str, ...], device: Effect | None, dtype: Effect | None) -> None:
    entry = table("2.13").entry(name)
    assert entry is not None
    assert entry.dtype_effect(kinds) is dtype
    assert entry.device_effect(kinds) is device


def test_summaries_of_a_row() -> None:
    tensor, like, legacy = (
        table("2.13").entry(n) for n in ("torch.tensor", "torch.ones_like", "torch.Tensor")
    )
    assert tensor is not None
    assert (tensor.honours_device, tensor.honours_dtype) == (True, True)
    assert (tensor.device_keyword_ok, tensor.dtype_keyword_ok) == (True, True)
    assert tensor.decided_by == ("data",)
    assert like is not None
    assert like.kind is Kind.LIKE
    assert (like.honours_device, like.honours_dtype, like.device_keyword_ok) == (False, False, False)
    assert legacy is not None
    assert legacy.kind is Kind.LEGACY
    assert (legacy.honours_dtype, legacy.dtype_keyword_ok) == (True, False)


def test_all_constructors_of_torch_have_a_row() -> None:
    names = {factory.name for factory in table("2.13").factories()}
    assert len([n for n in names if n.startswith("torch.nn.") and n.count(".") == 2]) > 160
    with_tensors = [f for f in table("2.13").factories() if f.kind is Kind.MODULE and f.honours_device]
    assert len(with_tensors) == 45
    assert all(f.device_keyword_ok and f.dtype_keyword_ok for f in with_tensors)


@pytest.mark.parametrize(
    ("name", "reads", "when"),
    [
        ("torch.div", {"dtype"}, "integer-input"),
        ("torch.sqrt", {"dtype"}, "integer-input"),
        ("torch.Tensor.__truediv__", {"dtype"}, "integer-input"),
        ("torch.Tensor.__mul__", {"dtype"}, "integer-input"),
        ("torch.eq", {"dtype"}, "integer-input"),
        ("torch.Tensor.__lt__", {"dtype"}, "integer-input"),
        ("torch.allclose", {"dtype"}, "integer-input"),
        ("torch.where", {"dtype"}, "number-input"),
        ("builtins.repr", {"dtype"}, "always"),
        ("builtins.print", {"dtype"}, "always"),
        ("torch.optim.Adam", {"dtype"}, "always"),
        ("torch.nn.utils.clip_grad_norm_", {"device", "dtype"}, "always"),
        ("torch.distributions.Normal", {"device", "dtype"}, "number-input"),
        ("torch.distributions.normal.Normal", {"device", "dtype"}, "number-input"),
        ("torch.quasirandom.SobolEngine.draw", {"dtype"}, "always"),
        ("torch.utils.data.DataLoader", {"device"}, "always"),
        ("torch.get_default_dtype", {"dtype"}, "always"),
        ("torch.finfo", {"dtype"}, "always"),
    ],
)
def test_readers(name: str, reads: set[str], when: str) -> None:
    reader = table("2.13").reader(name)
    assert reader is not None
    assert (set(reader.aspects), reader.when) == (reads, when)
    assert reader.evidence
    assert not table("2.13").is_inert(name)


def test_inert_and_unknown_are_different() -> None:
    known = table("2.13")
    for name in (
        "torch.matmul",
        "torch.cat",
        "torch.nn.functional.relu",
        "torch.optim.SGD",
        "torch.Tensor.view",
    ):
        assert known.is_inert(name), name
    for name in ("torch.no_such_thing", "torch", "", "numpy.zeros", "torch.compile"):
        assert not known.is_inert(name), name
        assert known.entry(name) is None
        assert known.reader(name) is None


def test_no_name_is_in_two_sections() -> None:
    data = json.loads((DATA / "torch_2_13.json").read_text(encoding="utf-8"))
    factories, readers, inert = set(data["factories"]), set(data["readers"]), set(data["inert"])
    assert not factories & readers
    assert not factories & inert
    assert not readers & inert
    assert set(data["aliases"].values()) <= factories | readers | inert
    assert not set(data["aliases"]) & (factories | readers | inert)


def test_the_place_of_definition_finds_the_row() -> None:
    known = table("2.13")
    for place in ("torch.nn.modules.linear.Linear", "torch.nn.modules.Linear"):
        entry = known.entry(place)
        assert entry is not None
        assert entry.name == "torch.nn.Linear"


@pytest.mark.parametrize(
    ("text", "positional", "keywords", "given"),
    [
        ("n, m?, *, device?", 1, (), {"n"}),
        ("n, m?, *, device?", 2, ("device",), {"n", "m", "device"}),
        ("n, m?, *, device?", 3, (), None),
        ("n, m?, *, device?", 0, (), None),
        ("n, m?, *, device?", 1, ("n",), None),
        ("n, m?, *, device?", 1, ("other",), None),
        ("n, m?, *, device?", 1, ("m", "m"), None),
        ("n, m, *, generator", 2, (), None),
        ("*size, device?", 3, ("device",), {"size", "device"}),
        ("*size, device?", 0, (), set()),
        ("*size, device?", 1, ("size",), None),
        ("", 0, (), set()),
        ("", 1, (), None),
    ],
)
def test_binding(text: str, positional: int, keywords: tuple[str, ...], given: set[str] | None) -> None:
    bound = Signature.parse(text).bind(positional, keywords)
    assert (None if bound is None else set(bound.given)) == given


def test_a_negative_count_is_no_call() -> None:
    with pytest.raises(ValueError, match="-1 positional"):
        Signature.parse("n").bind(-1)


def test_rows_are_values() -> None:
    first, second = table("2.13").entry("torch.full"), table("2.13").entry("torch.full")
    assert first == second
    assert hash(first) == hash(second)


def test_which_parameter_takes_which_argument() -> None:
    arange = table("2.13").entry("torch.arange")
    assert arange is not None
    assert {b.positional for b in arange.bind(1)} == {("end",)}
    assert {b.positional for b in arange.bind(3, ("dtype",))} == {("start", "end", "step")}
    assert arange.accepts("dtype", 3)
    assert not arange.accepts("dtype", 3, ("dtype",))
    assert not arange.accepts("dtype", 4)
    assert not arange.accepts("colour", 3)


def test_out_is_visible_in_the_binding() -> None:
    # out= keeps its own dtype and device: a caller must see it before it adds a keyword.
    zeros = table("2.13").entry("torch.zeros")
    assert zeros is not None
    assert all("out" in b.given for b in zeros.bind(1, ("out",)))
