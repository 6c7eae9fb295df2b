"""Smoke without read-back: each row of the effect taken out in turn, noticed by smoke's own lists alone.

The ordinary run has read-back's own loop (test_rt_mutation.py); here read-back is silenced. One row runs
always, all of them with -m slow.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from rt_support import OLD_TORCH, run_code

from torchgate.runtime.smoke import hostile, judge, run
from torchgate.runtime.smoke.report import Check, Status

pytestmark = pytest.mark.torch

PROGRAMS = ["flags", "training", "verify", "generic_tf32"]
ROWS = """
import json, torch
from torchgate.runtime import Policy
from torchgate.runtime.checklist import rows
print(json.dumps([row.name for row in rows(torch, Policy(device="cpu"))]))
"""
MUTATION = Path(__file__).parent / "smoke_mutation"


def _hostile_without(row: str, **more: str) -> Any:
    """The hostile worker, started as `run_smoke` starts it, with a product that lost ``row``."""
    path = os.pathsep.join(filter(None, [str(MUTATION), os.environ.get("PYTHONPATH", "")]))
    environment = run._environment(
        {**hostile.ENVIRONMENT, "PYTHONPATH": path, "TORCHGATE_TEST_ROW": row, **more}
    )
    policy = {"device": "cpu", "cublas_workspace": ":16:8"}
    # `verify` is the product's own read-back, so it is left out of what may notice.
    request = {"mode": "apply", "policy": policy, "hostile": True, "programs": PROGRAMS}
    answer = run._ask(request, environment)
    if "programs" in answer:
        answer["programs"]["verify"] = {"seen": []}
    return answer


def _judged(row: str, reference: Any) -> Check:
    answer = _hostile_without(row)
    try:
        return judge.hostile_start(answer, reference)
    except judge.Missing as missing:
        return judge.failed("hostile start", str(missing))


@pytest.fixture(scope="module")
def reference() -> Any:
    answer = _hostile_without("none")
    assert judge.hostile_start(answer, answer).status is Status.PASS, "the loop must start from a pass"
    return answer


def test_smoke_alone_notices_a_lost_row(reference: Any) -> None:
    row, text = "cudnn.conv.fp32_precision", "later, torch.backends.cudnn.conv.fp32_precision became 'tf32'"
    if OLD_TORCH:
        row, text = "cudnn.allow_tf32", "torch.backends.cudnn.allow_tf32 is True, not False"
    check = _judged(row, reference)
    assert check.status is Status.FAIL
    assert text in check.detail


def test_a_row_that_does_not_exist_is_no_pass(reference: Any) -> None:
    check = _judged("no.such.row", reference)
    assert check.status is Status.FAIL
    assert "no.such.row" in check.detail


@pytest.mark.slow
def test_smoke_alone_notices_every_lost_row(reference: Any) -> None:
    names = run_code(ROWS)
    assert len(names) >= (12 if OLD_TORCH else 20)
    verdicts = {name: _judged(name, reference) for name in names}
    unnoticed = {name: check.detail for name, check in verdicts.items() if check.status is not Status.FAIL}
    assert unnoticed == {}
