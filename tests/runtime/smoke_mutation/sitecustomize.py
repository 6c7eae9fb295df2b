"""Loaded by every worker at start: takes one row out of the effect and silences its read-back.

TORCHGATE_TEST_ROW names the row; what is left to notice it is smoke alone.
"""

from __future__ import annotations

import os
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
from typing import Any

TARGET = "torchgate.runtime.apply"


class Mutator(MetaPathFinder):
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != TARGET:
            return None
        spec = PathFinder.find_spec(name, path, target)
        loader: Any = spec.loader
        execute = loader.exec_module

        def exec_module(module: Any) -> None:
            execute(module)
            mutate(module, os.environ["TORCHGATE_TEST_ROW"])

        loader.exec_module = exec_module
        return spec


def mutate(apply: Any, name: str) -> None:
    rows = apply.rows

    def without(torch: Any, policy: Any) -> Any:
        kept = tuple(row for row in rows(torch, policy) if row.name != name)
        if name != "none" and len(kept) == len(rows(torch, policy)):
            raise LookupError(f"the effect has no row {name!r}")
        return kept

    apply.rows = without
    apply.drift = lambda torch, policy: ()
    apply.pinning_drift = lambda torch: ()


if "TORCHGATE_TEST_ROW" in os.environ:
    sys.meta_path.insert(0, Mutator())
