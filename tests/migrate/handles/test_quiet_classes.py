"""What may be derived from without anything running, against the installed torch, in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from torchgate.migrate.handles.loading import QUIET_CLASSES

PROGRAM = """
import abc, importlib, json, sys, typing

def obstacles(dotted):
    module, _, name = dotted.rpartition(".")
    cls = getattr(importlib.import_module(module), name)
    if type(cls) not in (type, abc.ABCMeta):
        yield f"the metaclass {type(cls).__name__}"
    for base in cls.__mro__:
        if base not in (object, typing.Generic) and "__init_subclass__" in vars(base):
            yield f"__init_subclass__ of {base.__name__}"

print(json.dumps({dotted: list(obstacles(dotted)) for dotted in json.load(sys.stdin)}))
"""


@pytest.mark.torch
def test_deriving_from_a_quiet_class_runs_nothing() -> None:
    names = sorted(QUIET_CLASSES)
    asked = [*names, "torch.autograd.Function"]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    seen = json.loads(done.stdout)
    assert {name: seen[name] for name in names} == {name: [] for name in names}
    assert seen["torch.autograd.Function"] != []
