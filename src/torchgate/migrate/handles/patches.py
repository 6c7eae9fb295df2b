"""Attributes of torch that the project replaces: a test's patch, a write."""

from __future__ import annotations

from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.torch_patches import TorchPatches


def patched_at(knowledge: Knowledge, dotted: str) -> str | None:
    """Where the project sets or patches ``dotted`` of torch, or what holds it; None where it does not."""
    patches = knowledge.once("torch patches", lambda: TorchPatches(knowledge.migration, knowledge.files_with))
    patch = patches.at(dotted)
    if patch is None or patch.dotted.startswith(f"{dotted}."):
        return None  # what is replaced inside it is seen through every name of it
    return knowledge.at(patch.unit, patch.node)
