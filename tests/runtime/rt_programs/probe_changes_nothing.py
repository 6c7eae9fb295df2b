"""Probes and decides in the default state and in a hostile one; prints every flag that moved."""

from __future__ import annotations

import json
import sys

import torch
from rt_hostile import pinned
from rt_state import differences, state

from torchgate.runtime import Policy, decide_torch_runtime, probe

moved = {}
modules = []
for name, make in (("default", lambda: None), ("hostile", pinned)):
    make()
    before, loaded = state(), set(sys.modules)
    rng = torch.get_rng_state()
    for policy in (Policy(device="cpu", num_threads=1), Policy(device="cuda", device_index=0)):
        probe(policy)
        decide_torch_runtime(policy)
    moved[name] = differences(before, state())
    if not torch.equal(rng, torch.get_rng_state()):
        moved[name]["rng"] = True
    modules += sorted(each for each in set(sys.modules) - loaded if each.startswith("torch."))
print(json.dumps({"moved": moved, "modules": modules}))
