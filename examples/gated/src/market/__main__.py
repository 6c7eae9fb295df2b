"""``python -m market``: decide, apply, inject."""

import sys

from market.train import train
from torchgate.runtime import (
    Policy,
    RejectedError,
    RejectedPlacement,
    apply_torch_runtime,
    decide_placement,
    decide_torch_runtime,
)


def main() -> int:
    """Run on the device that the first argument names (``cpu`` or ``cuda``)."""
    device = sys.argv[1] if len(sys.argv) > 1 else "cpu"
    runtime = decide_torch_runtime(Policy(device=device))
    try:
        torch_handle = apply_torch_runtime(runtime)
    except RejectedError as error:
        print(f"no run: {error}", file=sys.stderr)
        return 4
    placement = decide_placement(torch_handle.runtime, device=device, dtype="float64")
    if isinstance(placement, RejectedPlacement):
        print(f"no run: {placement}", file=sys.stderr)
        return 4
    print(train(torch_handle, placement))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
