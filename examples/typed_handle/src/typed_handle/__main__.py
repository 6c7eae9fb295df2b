"""The program: the one place where the effect is applied."""

from __future__ import annotations

from torchgate.runtime import (
    Policy,
    RejectedPlacement,
    apply_torch_runtime,
    decide_placement,
    decide_torch_runtime,
)
from typed_handle.trainer import fit, make_data


def main() -> None:
    """Decide, apply, place, inject."""
    handle = apply_torch_runtime(decide_torch_runtime(Policy(device="cpu")))
    placement = decide_placement(handle.runtime, device="cpu", dtype="float32")
    if isinstance(placement, RejectedPlacement):
        raise SystemExit(placement.detail)
    handle.manual_seed(0)
    slope, offset = fit(handle, placement, make_data(handle, placement, 64), steps=200)
    print(f"y = {slope:.3f}x + {offset:.3f}")


if __name__ == "__main__":
    main()
