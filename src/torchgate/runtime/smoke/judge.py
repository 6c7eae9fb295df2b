"""From what the workers saw to checks. Pure: every verdict of smoke is decided here, on plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torchgate.runtime.smoke.precision import BOUND, EXCEEDS
from torchgate.runtime.smoke.report import Check, Status
from torchgate.runtime.smoke.tampering import AT_LEAST
from torchgate.runtime.smoke.training import DIGESTS, STEPS

Answer = Mapping[str, Any]


class Missing(Exception):
    """A program gave no answer; the text says why."""


def seen(answer: Answer, program: str) -> Any:
    """What ``program`` saw. Raises `Missing` where it raised, its process died or was rejected."""
    if "died" in answer:
        raise Missing(answer["died"])
    decision = answer.get("decision", {})
    if decision.get("decision") == "rejected":
        reasons = ", ".join(decision["reasons"])
        raise Missing(f"the runtime was rejected in a fresh process: {reasons}")
    if "error" in answer:
        raise Missing(answer["error"])
    result = answer["programs"].get(program, {"error": "it was not run"})
    if "error" in result:
        raise Missing(result["error"])
    return result["seen"]


def failed(id: str, why: str, measured: dict[str, Any] | None = None) -> Check:
    """A failed check."""
    return Check(id=id, status=Status.FAIL, detail=why, measured=measured or {})


def passed(id: str, detail: str, measured: dict[str, Any] | None = None) -> Check:
    """A passed check."""
    return Check(id=id, status=Status.PASS, detail=detail, measured=measured or {})


def decided(answer: Answer) -> Check:
    """The runtime is ready."""
    # Where torch is installed stays out: a report is made to be handed on.
    facts = {name: value for name, value in answer["facts"][0].items() if name != "torch_path"}
    return passed("decision", "ready", {"facts": facts})


def _summed(problems: Sequence[str]) -> str:
    more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
    return "; ".join(problems[:3]) + more


def flags_read_back(id: str, answers: Sequence[Answer]) -> Check:
    """Every setting of smoke's own list, in the main thread and a new one, in every process."""
    surveys = [seen(answer, "flags") for answer in answers]
    problems = [line for survey in surveys for line in survey["wrong"]]
    measured = {"processes": len(surveys), **surveys[0], "wrong": list(dict.fromkeys(problems))}
    if problems:
        return failed(id, _summed(measured["wrong"]), measured)
    count = surveys[0]["read"]
    where = f"{len(surveys)} processes" if len(surveys) > 1 else "one process"
    return passed(id, f"{count} settings hold in {where}, also in a new thread", measured)


def equal_training(answers: Sequence[Answer]) -> Check:
    """Equal digests of losses, gradients, parameters, optimizer and RNG state."""
    runs = [seen(answer, "training") for answer in answers]
    apart = [kind for kind in DIGESTS if len({run[kind] for run in runs}) != 1]
    measured = {"runs": runs, "steps": STEPS}
    if apart:
        return failed("training", f"{', '.join(apart)} differ between {len(runs)} processes", measured)
    return passed("training", f"{STEPS} steps, {len(runs)} processes, equal {', '.join(DIGESTS)}", measured)


def wandering_training(bare: Answer, under: Answer) -> Check:
    """The same training wanders bare: without that, equal digests would say little about the runtime.

    Not mandatory: the racing controls are the proof, this one shows that the training is worth comparing.
    """
    id, result = "control: training", seen(bare, "wandering")
    measured = {"bare": result, "runtime": seen(under, "training")}
    if result["distinct"] < 2:
        why = f"{result['runs']} bare runs in one process all agreed"
        return Check(id=id, status=Status.INCONCLUSIVE, detail=why, mandatory=False, measured=measured)
    return passed(id, f"bare, the same training differs within {result['runs']} runs", measured)


def strict_controls(bare: Answer, under: Answer) -> Iterator[Check]:
    """Each operation without a deterministic form raises under the runtime and runs without it."""
    without, within = seen(bare, "strict"), seen(under, "strict")
    for name, outcome in within.items():
        id, measured = f"control: {name}", {"bare": without[name], "runtime": outcome}
        if outcome != "raised":
            yield failed(id, f"{outcome} under the runtime, where it must raise", measured)
        elif without[name] != "ran":
            why = f"raises under the runtime, but bare it {without[name]}: nothing shown"
            yield Check(id=id, status=Status.INCONCLUSIVE, detail=why, measured=measured)
        else:
            yield passed(id, "raises under the runtime, runs without it", measured)


def racing_controls(bare: Answer, under: Answer) -> Iterator[Check]:
    """Each racing operation differs bare and agrees under the runtime."""
    without, within = seen(bare, "race"), seen(under, "race")
    for name, outcome in within.items():
        id, measured = f"control: {name}", {"bare": without[name], "runtime": outcome}
        if outcome["distinct"] != 1:
            why = f"{outcome['distinct']} results in {outcome['runs']} runs under the runtime"
            yield failed(id, why, measured)
        elif without[name]["distinct"] < 2:
            why = f"no race in {without[name]['runs']} bare runs, so the agreement shows nothing"
            yield Check(id=id, status=Status.INCONCLUSIVE, detail=why, measured=measured)
        else:
            bare_runs = without[name]["runs"]
            text = f"differs bare within {bare_runs} runs, agrees {outcome['runs']} times under the runtime"
            yield passed(id, text, measured)


def precision_bounds(under: Answer) -> Iterator[Check]:
    """Float32 errors below the bound, and a control above it without which the bound would show nothing."""
    errors, rounded = seen(under, "precision"), seen(under, "rounded")
    for name, error in errors.items():
        id, measured = f"precision: {name}", {"error": error, "bound": BOUND, "control": rounded[name]}
        # Written so that a NaN, which compares false with everything, does not pass.
        if not error <= BOUND:
            yield failed(id, f"relative error {error:.1e}, the bound is {BOUND:.0e}", measured)
        elif not rounded[name] > EXCEEDS:
            why = f"the control (bf16 operands) only reached {rounded[name]:.1e}: the bound shows nothing"
            yield Check(id=id, status=Status.INCONCLUSIVE, detail=why, measured=measured)
        else:
            yield passed(id, f"relative error {error:.1e}, bf16 operands {rounded[name]:.1e}", measured)


def hardware_control(bare: Answer, device: str) -> Check:
    """Reduced precision, allowed by a bare program, is seen where the hardware has it."""
    id, result = "control: reduced precision", seen(bare, "hardware")
    blind = [name for name, error in result["errors"].items() if not error > EXCEEDS]
    shown = ", ".join(f"{name} {error:.1e}" for name, error in result["errors"].items())
    if blind and "missing" in result:
        text = f"this machine has no {result['missing']}"
        return Check(id=id, status=Status.NOT_APPLICABLE, detail=text, measured=result)
    if blind:
        # Libraries may decline reduced precision for a shape or an algorithm; cuBLAS has no reason to for a
        # matrix product. The bound itself has another control that works on any hardware.
        why = f"allowed, but not used by {', '.join(blind)}: {shown}"
        mandatory = device != "cpu" and "matmul" in blind
        status = Status.INCONCLUSIVE
        return Check(id=id, status=status, detail=why, mandatory=mandatory, measured=result)
    return passed(id, f"a bare program that allows it gets it: {shown}", result)


def drift_detected(under: Answer) -> Check:
    """The handle notices every tampering."""
    result = seen(under, "tampering")
    missed = [f"{name}: {outcome}" for name, outcome in result.items() if outcome != "detected"]
    if missed:
        return failed("drift", _summed(missed), result)
    if len(result) < AT_LEAST:
        return failed("drift", f"only {len(result)} tamperings could be tried", result)
    return passed("drift", f"all {len(result)} tamperings noticed by drift() and verify()", result)


def hostile_start(hostile: Answer, reference: Answer) -> Check:
    """After a start with everything set the wrong way: flags, drift, and the same training digests."""
    survey, tf32 = seen(hostile, "flags"), seen(hostile, "generic_tf32")
    training, expected = seen(hostile, "training"), seen(reference, "training")
    problems = [*survey["wrong"], *seen(hostile, "verify"), *(f"later, {line}" for line in tf32["wrong"])]
    problems += [f"{kind} differ from a clean start" for kind in DIGESTS if training[kind] != expected[kind]]
    measured = {"flags": survey, "generic_tf32": tf32, "training": training, "stubborn": hostile["stubborn"]}
    if problems:
        return failed("hostile start", _summed(problems), measured)
    if hostile["stubborn"]:
        why = f"the start could not be made hostile: {_summed(hostile['stubborn'])}"
        return Check(id="hostile start", status=Status.INCONCLUSIVE, detail=why, measured=measured)
    later = "a later generic TF32 reaches no operation, " if tf32["applicable"] else ""
    return passed("hostile start", f"every setting put right, {later}same digests", measured)


def hostile_environment(answer: Answer, expected: Mapping[str, str]) -> Check:
    """Environment values that no write can make good are refused, each by its reason."""
    id = "hostile environment"
    if "died" in answer:
        raise Missing(answer["died"])
    decision = answer["decisions"][0]
    given = decision.get("reasons", [])
    missing = [f"{variable} was not refused" for variable, reason in expected.items() if reason not in given]
    measured = {"decision": decision["decision"], "reasons": given}
    if missing or decision["decision"] != "rejected":
        return failed(id, _summed(missing or ["it was accepted"]), measured)
    return passed(id, f"refused: {', '.join(given)}", measured)
