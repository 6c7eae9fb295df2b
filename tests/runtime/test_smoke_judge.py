"""What smoke makes of what it saw: judgements and report, on plain data, without torch."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from torchgate.runtime.smoke import flags, judge, judge_gpu
from torchgate.runtime.smoke.report import Check, Report, Status, to_json, to_table
from torchgate.runtime.smoke.training import DIGESTS

PASS, FAIL, OPEN, ABSENT = Status.PASS, Status.FAIL, Status.INCONCLUSIVE, Status.NOT_APPLICABLE

DIGEST = {**dict.fromkeys(DIGESTS, "a"), "final_loss": "1.0"}
GOOD: dict[str, Any] = {
    "flags": {"read": 24, "absent": [], "values": {}, "wrong": []},
    "training": DIGEST,
    "verify": [],
    "generic_tf32": {"applicable": True, "wrong": []},
    "strict": {"put_": "raised"},
    "race": {"index_put_": {"runs": 8, "distinct": 1}},
    "precision": {"matmul": 2e-7},
    "rounded": {"matmul": 2e-3},
    "tampering": {f"t{n}": "detected" for n in range(10)},
    "workspace": {"bytes": 131072},
    "loaded": {"digests": DIGEST, "rounds": 3},
    "streams": {"runs": 12, "distinct": 1},
}
BARE: dict[str, Any] = {
    "strict": {"put_": "ran"},
    "race": {"index_put_": {"runs": 2, "distinct": 2}},
    "wandering": {"runs": 2, "distinct": 2},
    "hardware": {"errors": {"matmul": 2e-3}},
}


def answer(programs: dict[str, Any], **changed: Any) -> dict[str, Any]:
    merged = copy.deepcopy(programs) | changed
    return {
        "decision": {"decision": "ready"},
        "stubborn": [],
        "programs": {name: {"seen": value} for name, value in merged.items()},
    }


def status(made: Check | Iterable[Check]) -> Status:
    (check,) = [made] if isinstance(made, Check) else list(made)
    assert check.detail
    return check.status


def apart(kind: str) -> dict[str, str]:
    return DIGEST | {kind: "b"}


@pytest.mark.parametrize("kind", DIGESTS)
def test_one_differing_digest_fails_the_training(kind: str) -> None:
    runs = [answer(GOOD), answer(GOOD), answer(GOOD, training=apart(kind))]
    check = judge.equal_training(runs)
    assert check.status is FAIL
    assert check.detail == f"{kind} differ between 3 processes"
    assert status(judge.equal_training([answer(GOOD)] * 3)) is PASS


def test_a_wrong_flag_in_any_process_fails() -> None:
    wrong = GOOD["flags"] | {"wrong": ["torch.x is 1, not True"]}
    assert status(judge.flags_read_back("flags", [answer(GOOD), answer(GOOD, flags=wrong)])) is FAIL
    assert status(judge.flags_read_back("flags", [answer(GOOD)] * 2)) is PASS


@pytest.mark.parametrize(
    ("bare", "under", "expected"),
    [
        ("ran", "raised", PASS),
        ("ran", "ran", FAIL),
        ("ran", "warned", FAIL),
        ("ran", "failed: out of memory", FAIL),
        ("raised", "raised", OPEN),
        ("failed: out of memory", "raised", OPEN),
    ],
)
def test_strict_controls(bare: str, under: str, expected: Status) -> None:
    made = judge.strict_controls(answer(BARE, strict={"put_": bare}), answer(GOOD, strict={"put_": under}))
    assert status(made) is expected


@pytest.mark.parametrize(
    ("bare", "under", "expected"), [(2, 1, PASS), (1, 1, OPEN), (2, 2, FAIL), (1, 2, FAIL)]
)
def test_racing_controls(bare: int, under: int, expected: Status) -> None:
    race = {"index_put_": {"runs": 20, "distinct": bare}}
    agreeing = {"index_put_": {"runs": 8, "distinct": under}}
    assert status(judge.racing_controls(answer(BARE, race=race), answer(GOOD, race=agreeing))) is expected


@pytest.mark.parametrize(
    ("error", "control", "expected"),
    [
        (2e-7, 2e-3, PASS),
        (2e-4, 2e-3, FAIL),
        (math.nan, 2e-3, FAIL),
        (math.inf, 2e-3, FAIL),
        (2e-7, 2e-7, OPEN),
        (2e-7, math.nan, OPEN),
    ],
)
def test_precision(error: float, control: float, expected: Status) -> None:
    under = answer(GOOD, precision={"matmul": error}, rounded={"matmul": control})
    assert status(judge.precision_bounds(under)) is expected


@pytest.mark.parametrize(
    ("hardware", "device", "expected", "mandatory"),
    [
        ({"errors": {"matmul": 2e-3}}, "cpu", PASS, True),
        ({"errors": {"matmul": 2e-7}}, "cpu", OPEN, False),
        ({"errors": {"matmul": 2e-7, "gru": 2e-3}}, "cuda", OPEN, True),
        ({"errors": {"matmul": 2e-3, "gru": 2e-7}}, "cuda", OPEN, False),
        ({"errors": {"matmul": float("nan")}}, "cpu", OPEN, False),
        ({"errors": {"matmul": 2e-7}, "missing": "bf16"}, "cpu", ABSENT, True),
        ({"errors": {"matmul": 2e-7, "gru": 2e-7}, "missing": "TF32"}, "cuda", ABSENT, True),
        ({"errors": {"matmul": 2e-3}, "missing": "AMX"}, "cpu", PASS, True),
    ],
)
def test_the_hardware_control(hardware: Any, device: str, expected: Status, mandatory: bool) -> None:
    check = judge.hardware_control(answer(BARE, hardware=hardware), device)
    assert (check.status, check.mandatory) == (expected, mandatory)


def test_a_training_that_does_not_wander_bare_is_no_proof_and_not_mandatory() -> None:
    check = judge.wandering_training(answer(BARE, wandering={"runs": 10, "distinct": 1}), answer(GOOD))
    assert (check.status, check.mandatory) == (OPEN, False)
    assert status(judge.wandering_training(answer(BARE), answer(GOOD))) is PASS


def test_drift() -> None:
    assert status(judge.drift_detected(answer(GOOD))) is PASS
    missed = GOOD["tampering"] | {"t3": "not noticed"}
    assert judge.drift_detected(answer(GOOD, tampering=missed)).detail == "t3: not noticed"
    few = {f"t{n}": "detected" for n in range(9)}
    assert status(judge.drift_detected(answer(GOOD, tampering=few))) is FAIL


@pytest.mark.parametrize(
    "changed",
    [
        {"flags": GOOD["flags"] | {"wrong": ["x"]}},
        {"verify": ["cudnn.benchmark: wanted False, got True"]},
        {"generic_tf32": {"applicable": True, "wrong": ["torch.x became 'tf32'"]}},
        {"training": apart("rng")},
    ],
)
def test_a_hostile_start_that_shows_through_fails(changed: Any) -> None:
    assert status(judge.hostile_start(answer(GOOD, **changed), answer(GOOD))) is FAIL


def test_a_start_that_could_not_be_made_hostile_is_inconclusive() -> None:
    assert status(judge.hostile_start(answer(GOOD), answer(GOOD))) is PASS
    tame = answer(GOOD) | {"stubborn": ["torch.x stayed 'ieee'"]}
    assert status(judge.hostile_start(tame, answer(GOOD))) is OPEN


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        ({"decision": "rejected", "reasons": ["a", "b", "c"]}, PASS),
        ({"decision": "rejected", "reasons": ["a"]}, FAIL),
        ({"decision": "ready"}, FAIL),
    ],
)
def test_a_hostile_environment_is_refused_by_every_reason(decision: Any, expected: Status) -> None:
    made = judge.hostile_environment({"decisions": [decision]}, {"ONE": "a", "TWO": "b"})
    assert status(made) is expected


@pytest.mark.parametrize(
    ("broken", "text"),
    [
        ({"died": "it was killed by SIGSEGV"}, "it was killed by SIGSEGV"),
        ({"decision": {"decision": "rejected", "reasons": ["flags_frozen"]}}, "flags_frozen"),
        ({"programs": {"training": {"error": "ValueError: no"}}}, "ValueError: no"),
        ({"programs": {}}, "it was not run"),
    ],
)
def test_no_answer_is_never_taken_for_a_good_one(broken: Any, text: str) -> None:
    with pytest.raises(judge.Missing, match=text):
        judge.seen(broken, "training")


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: judge_gpu.untouched({"cuda_initialized": False}), PASS),
        (lambda: judge_gpu.untouched({"cuda_initialized": True}), FAIL),
        (lambda: judge_gpu.workspace_size(answer(GOOD), ":16:8"), PASS),
        (lambda: judge_gpu.workspace_size(answer(GOOD), ":4096:8"), FAIL),
        (lambda: judge_gpu.workspace_size(answer(GOOD, workspace={"bytes": None}), ":16:8"), ABSENT),
        (lambda: judge_gpu.loaded_gpu(answer(GOOD), answer(GOOD)), PASS),
        (lambda: judge_gpu.loaded_gpu(answer(GOOD), answer(GOOD, training=apart("losses"))), FAIL),
        (
            lambda: judge_gpu.loaded_gpu(answer(GOOD, loaded={"digests": DIGEST, "rounds": 0}), answer(GOOD)),
            OPEN,
        ),
        (lambda: judge_gpu.two_streams(answer(GOOD)), PASS),
        (lambda: judge_gpu.two_streams(answer(GOOD, streams={"runs": 12, "distinct": 2})), FAIL),
    ],
)
def test_the_judgements_that_need_a_gpu(make: Callable[[], Check], expected: Status) -> None:
    assert status(make()) is expected


def test_flags_are_judged_by_type_and_absence() -> None:
    assert flags.wrong(flags.EXPECTED) == []
    assert flags.wrong({**flags.EXPECTED, "backends.cudnn.deterministic": 1}) == [
        "torch.backends.cudnn.deterministic is 1, not True"
    ]
    gone = {path: value for path, value in flags.EXPECTED.items() if path != "backends.cudnn.benchmark"}
    assert len(flags.wrong(gone)) == 1, "every supported torch has it"
    newer = {path: value for path, value in flags.EXPECTED.items() if not path.endswith("fp32_precision")}
    assert flags.wrong(newer) == [], "before 2.9 there is no such setting"
    assert set(flags.EXPECTED) >= flags.ALWAYS_PRESENT


def check(status: Status, mandatory: bool = True) -> Check:
    return Check(id=status.value, status=status, detail="text", mandatory=mandatory)


def report(*checks: Check, **more: Any) -> Report:
    return Report(device="cpu", torchgate="0", environment={}, policy={}, checks=checks, **more)


@pytest.mark.parametrize(
    ("checks", "verdict", "code"),
    [
        ([check(PASS)], PASS, 0),
        ([check(PASS), check(ABSENT)], PASS, 0),
        ([check(PASS), check(OPEN, mandatory=False)], PASS, 0),
        ([check(PASS), check(OPEN)], OPEN, 5),
        ([check(PASS), check(OPEN), check(FAIL)], FAIL, 1),
        ([check(FAIL, mandatory=False), check(PASS)], FAIL, 1),
        ([check(Status.REJECTED)], Status.REJECTED, 4),
        ([check(ABSENT)], OPEN, 5),
        ([check(OPEN, mandatory=False)], OPEN, 5),
    ],
)
def test_the_verdict(checks: list[Check], verdict: Status, code: int) -> None:
    made = report(*checks)
    assert (made.verdict, made.exit_code) == (verdict, code)
    assert json.loads(to_json(made))["exit_code"] == code


def test_json_has_no_nan_and_the_table_names_what_decides() -> None:
    nan = Check(id="precision", status=FAIL, detail="nan", measured={"error": math.nan, "all": [math.inf]})
    made = report(nan, check(OPEN, mandatory=False))
    data = json.loads(to_json(made), parse_constant=pytest.fail)
    assert data["checks"][0]["measured"] == {"error": "nan", "all": ["inf"]}
    assert to_table(made).splitlines()[-1].startswith("FAIL: 1 fail, 1 inconclusive; ")
    assert "(not mandatory)" in to_table(made)


def test_the_table_has_one_line_for_each_check() -> None:
    error = Check(id="drift", status=FAIL, detail="DriftError: 1 moved:\n  cudnn.benchmark")
    assert "  fail            drift  DriftError: 1 moved: cudnn.benchmark\n" in to_table(report(error))


def test_the_table_tells_what_to_do_about_a_rejection() -> None:
    reason = {"reason": "cuda_not_built", "detail": "built without CUDA", "remedy": "Install a CUDA build."}
    lines = to_table(report(check(Status.REJECTED), reasons=(reason,), processes=1)).splitlines()
    assert "  cuda_not_built: built without CUDA" in lines
    assert "    Install a CUDA build." in lines
    assert lines[-1].startswith("REJECTED: 1 rejected; 1 process, ")
