"""The gate: torch is decided and configured here, once, by the program. Written before the migration."""

from torchgate.runtime import Policy, apply_torch_runtime, decide_torch_runtime


def start_torch(device="cpu"):
    """Apply the effect and return the handle; a rejected runtime stops the program."""
    return apply_torch_runtime(decide_torch_runtime(Policy(device=device)))
