"""The tables of determinism state against what they describe: the runtime's checklist, and torch itself."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from torchgate.lint import checklist, determinism
from torchgate.runtime import Policy

_REMOVED = "torch.set_deterministic"  # from torch, but not from old code
TORCH = importlib.util.find_spec("torch")


def test_core_is_the_checklist_of_the_definitions() -> None:
    assert [item.row for item in checklist.CORE] == [
        "deterministic_algorithms",
        "cudnn.deterministic",
        "cudnn.benchmark",
        "cudnn.allow_tf32",
        "cuda.matmul.allow_tf32",
        "CUBLAS_WORKSPACE_CONFIG",
    ]


@pytest.mark.torch
def test_full_is_what_the_runtime_sets() -> None:
    torch = pytest.importorskip("torch")
    from torchgate.runtime.checklist import rows

    names = {row.name for row in rows(torch, Policy(device="cpu"))}
    assert names == {item.row for item in checklist.items("full")}


@pytest.mark.parametrize("item", checklist.items("full"), ids=lambda item: item.row)
def test_the_cure_of_an_item_sets_it(item: checklist.Item) -> None:
    """What a message tells people to write is what the rule wants to see, and weakens nothing."""
    from torchgate.config import Config
    from torchgate.semantics.module import analyze
    from torchgate.source import Source

    text = f"import os, torch\n{item.cure}\n"
    config = Config()
    module = analyze(Source.from_text("app/runtime.py", text), config, config.info("app.runtime"))
    changes = list(determinism.changes(module))
    assert item.is_set({setting for change in changes for setting in change.sets})
    assert not any(change.weak for change in changes)
    assert not item.is_set(set())


@pytest.mark.skipif(TORCH is None, reason="reads torch's files")
@pytest.mark.parametrize("dotted", sorted({*determinism.CALLS, *determinism.CONTEXTS} - {_REMOVED}))
def test_the_arguments_are_those_of_torch(dotted: str) -> None:
    """Positions and keywords, read from torch's sources: a wrong one would judge another argument."""
    assert TORCH is not None
    assert TORCH.origin is not None
    module, _, name = dotted.rpartition(".")
    root = Path(TORCH.origin).parent.parent
    file = root.joinpath(*module.split("."), "__init__.py")
    tree = ast.parse(file.read_text("utf-8"))
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    positional = [argument.arg for argument in function.args.args]
    keyword_only = [argument.arg for argument in function.args.kwonlyargs]
    for position, keyword, _, _ in (determinism.CALLS | determinism.CONTEXTS)[dotted]:
        if position >= 0:
            assert positional[position] == keyword
        else:
            assert keyword in keyword_only


@pytest.mark.skipif(TORCH is None, reason="reads torch's files")
@pytest.mark.parametrize("dotted", sorted(determinism.ATTRIBUTES))
def test_the_attributes_are_those_of_torch(dotted: str) -> None:
    """A misspelt name would never be found in anybody's code."""
    assert TORCH is not None
    assert TORCH.origin is not None
    root = Path(TORCH.origin).parent
    parts = dotted.removeprefix("torch.").removesuffix(dotted.rpartition(".")[2]).strip(".").split(".")
    while not (root / "/".join(parts)).is_dir() and not (root / ("/".join(parts) + ".py")).is_file():
        parts.pop()
    place = root / "/".join(parts)
    text = (place / "__init__.py" if place.is_dir() else Path(f"{place}.py")).read_text("utf-8")
    name = dotted.rpartition(".")[2]
    assert re.search(rf"^\s*(def )?{name}\b\s*[=:(]|\"{name}\"", text, re.M)
