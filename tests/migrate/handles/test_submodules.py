"""The list of submodules against the installed torch, in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from torchgate.migrate.handles import submodules

PROGRAM = """
import json, sys, types
import torch

def reached(dotted):
    found = torch
    for name in dotted.split(".")[1:]:
        found = getattr(found, name, None)
    return isinstance(found, types.ModuleType)

print(json.dumps({dotted: reached(dotted) for dotted in json.load(sys.stdin)}))
"""


@pytest.mark.torch
def test_every_listed_submodule_is_there_after_import_torch() -> None:
    names = sorted(submodules.LOADED)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps(names), capture_output=True, text=True, check=True
    )
    there = json.loads(done.stdout)
    assert [name for name in names if not there[name]] == []


@pytest.mark.torch
def test_submodules_that_are_not_loaded_are_known() -> None:
    """Whatever lies in a listed package and is not loaded must not pass for something that torch gives."""
    program = """
import json, pkgutil, sys
import torch

LEFT_OUT = "torch.utils.data.backward_compatibility"  # two names nobody imports

found = []
for dotted in json.load(sys.stdin):
    module = sys.modules.get(dotted)
    for item in pkgutil.iter_modules(getattr(module, "__path__", [])):
        name = f"{dotted}.{item.name}"
        if not hasattr(module, item.name) and not item.name.startswith("_") and name != LEFT_OUT:
            found.append(name)
print(json.dumps(found))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(sorted(submodules.LOADED)),
        capture_output=True,
        text=True,
        check=True,
    )
    missing = json.loads(done.stdout)
    assert missing, "torch loads everything?"
    assert [name for name in missing if submodules.is_reachable(name, is_module=False)] == []


@pytest.mark.parametrize(
    ("dotted", "is_module", "reachable"),
    [
        ("torch", True, True),
        ("torch.nn", True, True),
        ("torch.zeros", False, True),
        ("torch.nn.Linear", False, True),
        ("torch.utils.data.DataLoader", False, True),
        ("torch.zeros", True, False),
        ("torch.utils.tensorboard", True, False),
        ("torch.utils.tensorboard", False, False),
        ("torch.utils.tensorboard.SummaryWriter", False, False),
        ("torch.utils.benchmark", False, False),
        ("torch.onnx", False, False),
    ],
)
def test_reachable(dotted: str, is_module: bool, reachable: bool) -> None:
    assert submodules.is_reachable(dotted, is_module=is_module) is reachable
