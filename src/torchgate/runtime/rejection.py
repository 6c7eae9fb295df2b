"""The rejection path: logged, counted, stopped. Whoever refuses, the effect or the handle, goes this way."""

from __future__ import annotations

from typing import NoReturn

from torchgate.runtime.errors import RejectedError, reasons_text
from torchgate.runtime.model import Metrics, Rejected

LOGGER_NAME = "torchgate.runtime"
REJECTED_TOTAL = "torchgate_runtime_rejected_total"


def reject(rejected: Rejected, metrics: Metrics | None = None) -> NoReturn:
    """Log once, count once per reason, stop; also where a log handler or the metrics client fails."""
    import logging

    values = [reason.value for reason in rejected.reasons]
    failure: Exception | None = None
    try:
        logging.getLogger(LOGGER_NAME).error(
            "torch runtime rejected (device=%s): %s",
            rejected.policy.device,
            reasons_text(rejected).replace("\n", "; "),
            extra={"torchgate_reasons": values},
        )
    except Exception as error:
        failure = error
    if metrics is not None:
        for value in values:
            try:
                metrics.increment(REJECTED_TOTAL, {"reason": value})
            except Exception as error:
                failure = error
    raise RejectedError(rejected) from failure
