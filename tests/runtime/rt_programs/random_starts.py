"""Random starts, by random writes through both APIs: the whole effect, and one that fails at a random row.

Prints the starts from which something was wrong. The seed is an argument.
"""

from __future__ import annotations

import json
import os
import random
import sys
from typing import Any

os.environ["TORCHINDUCTOR_DETERMINISTIC"] = "1"  # Inductor's config is imported once and for all below.

import torch
import torch._inductor.config
from rt_hostile import GET, PUT
from rt_state import PAIRS, differences, state

from torchgate.runtime import ApplyError, Policy, apply, checklist, decide_torch_runtime
from torchgate.runtime.state import PROCESS

LEVELS = [pair for pair in PAIRS if pair[1] == "all"]
POLICY = Policy(device="cpu", num_threads=2)
SPLIT_K = hasattr(torch.backends.cuda.matmul, "allow_fp16_reduced_precision_reduction_split_k")
CHANCE = random.Random(int(sys.argv[1]))
ROUNDS = int(sys.argv[2])


def random_write() -> str:
    backends, matmul = torch.backends, torch.backends.cuda.matmul
    flag, pair = CHANCE.random() < 0.5, CHANCE.choice(PAIRS)
    precision = CHANCE.choice(
        ["none", "ieee", "tf32", "bf16"] if pair[0] != "cuda" else ["none", "ieee", "tf32"]
    )
    matmul_precision = CHANCE.choice(["highest", "high", "medium"])
    pool: dict[str, Any] = {
        f"fp32 {pair}={precision}": lambda: PUT(*pair, precision),
        f"float32_matmul_precision={matmul_precision}": lambda: torch.set_float32_matmul_precision(
            matmul_precision
        ),
        f"matmul.allow_tf32={flag}": lambda: setattr(matmul, "allow_tf32", flag),
        f"cudnn.allow_tf32={flag}": lambda: setattr(backends.cudnn, "allow_tf32", flag),
        f"deterministic={flag}": lambda: torch.use_deterministic_algorithms(flag, warn_only=not flag),
        f"benchmark={flag}": lambda: setattr(backends.cudnn, "benchmark", flag),
        f"cudnn.deterministic={flag}": lambda: setattr(backends.cudnn, "deterministic", flag),
        f"mkldnn.deterministic={flag}": lambda: setattr(backends.mkldnn, "deterministic", flag),
        f"fp16={flag}": lambda: setattr(
            matmul, "allow_fp16_reduced_precision_reduction", (flag, flag) if SPLIT_K else flag
        ),
        f"bf16={flag}": lambda: setattr(
            matmul, "allow_bf16_reduced_precision_reduction", (flag, True) if SPLIT_K else flag
        ),
        f"fill={flag}": lambda: setattr(torch.utils.deterministic, "fill_uninitialized_memory", flag),
        f"threads={1 + flag}": lambda: torch.set_num_threads(1 + flag),
    }
    if hasattr(torch._inductor.config, "deterministic"):
        pool[f"inductor={flag}"] = lambda: setattr(torch._inductor.config, "deterministic", flag)
    # The precision settings depend on one another; the rest is there for company.
    name = CHANCE.choice([*list(pool)[:4] * 4, *list(pool)[4:]])
    pool[name]()
    return name


def judged(before: dict[str, Any], error: ApplyError | None, failing: str | None) -> list[Any]:
    residue = differences(before, state(inductor=True))
    if error is not None:
        wrong = [] if error.item == failing else [f"went red at {error.item}"]
        return wrong + ([] if error.restored == (residue == {}) else [["restored", error.restored, residue]])
    for pair in LEVELS:
        PUT(*pair, "tf32")
    reached = [".".join(pair) for pair in PAIRS if pair not in LEVELS and GET(*pair) != "ieee"]
    for pair in LEVELS:
        PUT(*pair, "ieee")
    return reached + ([] if failing is None else ["stayed green"])


wrong, unrestored = [], 0
for _ in range(ROUNDS):
    writes = [random_write() for _ in range(CHANCE.randint(1, 6))]
    for name in ("CUBLAS_WORKSPACE_CONFIG", "TORCHINDUCTOR_DETERMINISTIC"):
        os.environ.pop(name, None)
    failing = CHANCE.choice([None, *[row.name for row in checklist.rows(torch, POLICY)]])
    apply.rows = lambda torch_, policy, failing=failing: tuple(
        row._replace(write=lambda value: 1 / 0) if row.name == failing else row
        for row in checklist.rows(torch_, policy)
    )
    before, caught = state(inductor=True), None
    PROCESS.handle = None
    try:
        apply.apply_torch_runtime(decide_torch_runtime(POLICY))
    except ApplyError as error:
        caught = error
        unrestored += not error.restored
    faults = judged(before, caught, failing)
    if faults:
        wrong.append([writes, failing, faults])
print(json.dumps({"wrong": wrong, "unrestored": unrestored}))
