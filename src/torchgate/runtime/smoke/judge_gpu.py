"""The judgements that only a CUDA run has. `docs/smoke.md` says on which machines they have run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torchgate.runtime.smoke.gpu import WORKSPACE_BYTES
from torchgate.runtime.smoke.judge import Answer, failed, passed, seen
from torchgate.runtime.smoke.report import Check, Status
from torchgate.runtime.smoke.training import DIGESTS

NO_GETTER = "torch.backends.cuda.cublas_workspace_size"


def judges(
    answers: Mapping[str, Answer], decided: Answer, workspace: str
) -> list[tuple[str, Callable[[], Check]]]:
    """The CUDA checks, to be asked in order."""
    second, first = answers["second"], answers["first"]
    return [
        ("cuda untouched", lambda: untouched(decided)),
        ("cublas workspace", lambda: workspace_size(second, workspace)),
        ("loaded gpu", lambda: loaded_gpu(second, first)),
        ("two streams", lambda: two_streams(second)),
    ]


def untouched(decided: Answer) -> Check:
    """CUDA is uninitialised after the decision: a decision that initialises it breaks fork."""
    measured: dict[str, Any] = {"cuda_initialized": decided["cuda_initialized"]}
    if decided["cuda_initialized"]:
        return failed("cuda untouched", "deciding initialised CUDA", measured)
    return passed("cuda untouched", "CUDA is not initialised after the decision", measured)


def workspace_size(answer: Answer, workspace: str) -> Check:
    """The size that cuBLAS uses is the policy's, and the environment's value alone is not taken for it."""
    id, size, wanted = "cublas workspace", seen(answer, "workspace")["bytes"], WORKSPACE_BYTES[workspace]
    measured = {"bytes": size, "wanted": wanted, "policy": workspace}
    if size is None:
        text = f"this torch has no {NO_GETTER}"
        return Check(id=id, status=Status.NOT_APPLICABLE, detail=text, measured=measured)
    if size != wanted:
        return failed(id, f"cuBLAS uses {size} bytes, {workspace} is {wanted}", measured)
    return passed(id, f"cuBLAS uses {size} bytes, which is {workspace}", measured)


def loaded_gpu(answer: Answer, reference: Answer) -> Check:
    """Training beside a busy stream gives the digests of an idle GPU."""
    result, expected = seen(answer, "loaded"), seen(reference, "training")
    apart = [kind for kind in DIGESTS if result["digests"][kind] != expected[kind]]
    if apart:
        return failed("loaded gpu", f"{', '.join(apart)} differ beside a busy stream", result)
    if not result["rounds"]:
        why = "no load ran beside the training"
        return Check(id="loaded gpu", status=Status.INCONCLUSIVE, detail=why, measured=result)
    return passed("loaded gpu", "the same digests beside a busy stream", result)


def two_streams(answer: Answer) -> Check:
    """Two streams at once give one result."""
    result = seen(answer, "streams")
    if result["distinct"] != 1:
        return failed("two streams", f"{result['distinct']} results in {result['runs']} runs", result)
    return passed("two streams", f"one result in {result['runs']} runs on two streams", result)
