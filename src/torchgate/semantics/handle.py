"""The injected handle: its type, its value, and what its attributes are."""

from __future__ import annotations

from torchgate.semantics.values import HANDLE, IMPORT, UNKNOWN, Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.config import Config
    from torchgate.semantics.values import Value

# What a handle has of its own; every other attribute is torch's.
HANDLE_MEMBERS = frozenset({"runtime", "applied", "verify", "drift", "assert_thread", "worker_init"})


def handle() -> Ref:
    """The value of the injected handle."""
    return Ref("torch", HANDLE)


def is_handle_type(dotted: str, config: Config) -> bool:
    """Whether a dotted name is the class of the handle: ``TorchHandle`` of a runtime module."""
    module, _, name = dotted.rpartition(".")
    if name != "TorchHandle":
        return False
    return module.startswith("torchgate.runtime") or config.info(module).is_runtime


def attribute_of(value: Ref, name: str) -> Value:
    """An attribute of what a dotted name stands for, other modules aside."""
    if value.dotted == "torch":
        if name == "torch":
            return value  # the handle's own, and what `import torch.x` inside torch leaves
        if value.via != IMPORT and name in HANDLE_MEMBERS:
            return UNKNOWN
    return value.attribute(name)
