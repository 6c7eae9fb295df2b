"""The mutation loop: take each row out of the effect, or break it, and see whether read-back goes red.

Everything in one process: between two mutations the state is set back to a hostile start, and the program
proves that the start is the same each time. Prints one record per mutation.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

os.environ["TORCHINDUCTOR_DETERMINISTIC"] = "1"  # Inductor's config is imported once and for all below.

import torch
import torch._inductor.config
from rt_hostile import GET, PUT, STARTS, weaken_algorithms
from rt_state import PAIRS, differences, state

from torchgate.runtime import ApplyError, Policy, Ready, decide_torch_runtime
from torchgate.runtime import apply as effect
from torchgate.runtime.checklist import Row, rows
from torchgate.runtime.state import PROCESS

LEVELS = [pair for pair in PAIRS if pair[1] == "all"]
POLICY = Policy(device="cpu", num_threads=2)


def mutations(names: list[str]) -> Iterator[tuple[str, str | None, Any]]:
    yield "none", None, lambda row: row
    for name in names:
        yield "deleted", name, lambda row: None
        yield "writes nothing", name, lambda row: row._replace(write=lambda _: None)
        yield "writes back what was there", name, lambda row: _stubborn(row)
        yield "raises", name, lambda row: row._replace(write=_raise)


def _stubborn(row: Row) -> Row:
    before = row.read()
    return row._replace(write=lambda _: row.restore(before))


def _raise(_: object) -> None:
    raise RuntimeError("injected")


def attempt(start: Any, warn_only: bool, mutated: str | None, mutate: Any) -> dict[str, Any]:
    PROCESS.handle = None
    start()
    weaken_algorithms(warn_only=warn_only)
    before = state(inductor=True)

    def broken(torch_: Any, policy: Policy) -> tuple[Row, ...]:
        changed = [mutate(row) if row.name == mutated else row for row in rows(torch_, policy)]
        return tuple(row for row in changed if row is not None)

    effect.rows = broken
    outcome: dict[str, Any] = {"error": None, "before": before}
    runtime = decide_torch_runtime(POLICY)
    assert isinstance(runtime, Ready), runtime
    try:
        effect.apply_torch_runtime(runtime)
        outcome |= {"after": state(inductor=True), "reached": reached_by_a_later_tf32()}
    except ApplyError as error:
        also = error.detail.get("also wrong", "")
        outcome |= {"error": error.item, "got": str(error.got), "also": also, "restored": error.restored}
        outcome["residue"] = differences(before, state(inductor=True))
    finally:
        effect.rows = rows
    return outcome


def reached_by_a_later_tf32() -> list[str]:
    for pair in LEVELS:
        PUT(*pair, "tf32")
    reached = [".".join(pair) for pair in PAIRS if pair not in LEVELS and GET(*pair) != "ieee"]
    for pair in LEVELS:
        PUT(*pair, "ieee")
    return reached


def main() -> None:
    names = [row.name for row in rows(torch, POLICY)]
    records = []
    good = None
    for start_name, start in STARTS.items():
        for warn_only in (False, True):
            reference = None
            for kind, mutated, mutate in mutations(names):
                outcome = attempt(start, warn_only, mutated, mutate)
                before, after = outcome.pop("before"), outcome.pop("after", None)
                reference = reference or before
                outcome["same start"] = before == reference
                if after is not None:
                    good = good or after
                    outcome["unlike the effect"] = differences(good, after)
                about = {"start": start_name, "warn_only": warn_only, "kind": kind, "row": mutated}
                records.append(about | outcome)
    json.dump({"rows": names, "records": records}, sys.stdout)
    print()


main()
