"""The tables of TG306 against the ones that were probed on the real torch."""

from __future__ import annotations

import pytest

from torchgate.lint.factories import AFFINE, BY_ARGUMENT, FLOATING, INTEGER, KEEPS_DEVICE, MODULES
from torchgate.migrate.factories import Effect, table

ROWS = {row.name: row for row in table("2.13").factories()}


@pytest.mark.parametrize("name", sorted(FLOATING))
def test_the_default_reaches_these_always(name: str) -> None:
    assert Effect.KEPT not in ROWS[name].device.effects()
    assert Effect.KEPT not in ROWS[name].dtype.effects()


@pytest.mark.parametrize("name", sorted(INTEGER))
def test_the_default_dtype_reaches_these_never(name: str) -> None:
    assert ROWS[name].device_effect() is Effect.AMBIENT
    assert ROWS[name].dtype.effects() == {Effect.KEPT}


@pytest.mark.parametrize("name", sorted(BY_ARGUMENT))
def test_floats_ask_for_the_default_dtype_and_integers_do_not(name: str) -> None:
    assert ROWS[name].dtype_effect(["float"]) is Effect.AMBIENT
    assert ROWS[name].dtype_effect(["int"]) is Effect.KEPT
    assert ROWS[name].device_effect(["float"]) is Effect.AMBIENT


def test_modules_are_those_that_the_defaults_reach() -> None:
    reached = {name for name, row in ROWS.items() if row.kind.value == "module" and row.honours_device}
    holds_nothing_by_default = {f"torch.nn.{name}" for name, (_, _, default) in AFFINE.items() if not default}
    assert reached == MODULES - holds_nothing_by_default


def test_every_measured_factory_is_listed_or_left_out_on_purpose() -> None:
    measured = {name for name, row in ROWS.items() if row.kind.value == "function" and row.honours_device}
    listed = FLOATING | INTEGER | set(BY_ARGUMENT)
    assert listed >= KEEPS_DEVICE
    assert measured - listed == LEFT_OUT


LEFT_OUT = {
    "torch.empty_quantized",  # no keyword is proven to place it
    "torch.nn.Buffer",  # wraps a tensor
    "torch.nn.Parameter",
    "torch.nn.Transformer.generate_square_subsequent_mask",
    "torch.nn.UninitializedBuffer",
    "torch.nn.UninitializedParameter",
    "torch.sparse_bsc_tensor",  # what they are given brings device and dtype along
    "torch.sparse_bsr_tensor",
    "torch.sparse_compressed_tensor",
    "torch.sparse_coo_tensor",
    "torch.sparse_csc_tensor",
    "torch.sparse_csr_tensor",
}
