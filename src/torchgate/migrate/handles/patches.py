"""Attributes of torch that the project replaces: a test's patch, a write."""

from __future__ import annotations

from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.torch_patches import TorchPatches


def patched_at(knowledge: Knowledge, dotted: str) -> str | None:
    """How and where the project replaces ``dotted`` of torch, or what holds it; None where it does not."""
    patches = knowledge.once("torch patches", lambda: TorchPatches(knowledge.migration, knowledge.files_with))
    patch = patches.at(dotted)
    if patch is None or patch.dotted.startswith(f"{dotted}."):
        return None  # what is replaced inside it is seen through every name of it
    certain = "is" if dotted == patch.dotted or dotted.startswith(f"{patch.dotted}.") else "may be"
    return f"{certain} replaced at {knowledge.at(patch.unit, patch.node)}"
