"""What a smoke run says: checks with a status each, one verdict, JSON for programs and a table for people.

The JSON is documented in ``docs/smoke.md``; ``VERSION`` grows when a field changes its meaning or goes.
"""

from __future__ import annotations

import enum
import json
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from torchgate.runtime.text import one_line

VERSION = 1


class Status(enum.Enum):
    """What one check came to."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not_applicable"
    REJECTED = "rejected"


EXIT_CODES = {Status.PASS: 0, Status.FAIL: 1, Status.REJECTED: 4, Status.INCONCLUSIVE: 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One statement of the promise and what was seen of it; ``measured`` holds the raw observations."""

    id: str
    status: Status
    detail: str
    mandatory: bool = True
    measured: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole smoke run. ``environment`` names the machine and versions, ``reasons`` only a rejection."""

    device: str
    torchgate: str
    environment: dict[str, Any]
    policy: dict[str, Any]
    checks: tuple[Check, ...]
    reasons: tuple[dict[str, str], ...] = ()
    processes: int = 0
    seconds: float = 0.0

    @property
    def verdict(self) -> Status:
        """The worst of the checks: rejected, then fail, then a mandatory one without a conclusion."""
        statuses = {check.status for check in self.checks}
        if Status.REJECTED in statuses:
            return Status.REJECTED
        if Status.FAIL in statuses:
            return Status.FAIL
        if any(check.mandatory and check.status is Status.INCONCLUSIVE for check in self.checks):
            return Status.INCONCLUSIVE
        # A run that proved nothing must not read as a proof.
        return Status.PASS if Status.PASS in statuses else Status.INCONCLUSIVE

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 4 rejected, 5 a mandatory check was inconclusive."""
        return EXIT_CODES[self.verdict]


def to_json(report: Report) -> str:
    """The report as JSON text, one trailing newline."""
    data = {
        "version": VERSION,
        "torchgate": report.torchgate,
        "device": report.device,
        "verdict": report.verdict.value,
        "exit_code": report.exit_code,
        "environment": report.environment,
        "policy": report.policy,
        "reasons": list(report.reasons),
        "checks": [
            {
                "id": check.id,
                "status": check.status.value,
                "mandatory": check.mandatory,
                "detail": check.detail,
                "measured": check.measured,
            }
            for check in report.checks
        ],
        "processes": report.processes,
        "seconds": round(report.seconds, 1),
    }
    return json.dumps(_plain(data), indent=2, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """``value`` with non-finite numbers as text: JSON has none, and a NaN error bound must stay readable."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def to_table(report: Report) -> str:
    """The report for a person: a headline, one line a check, the verdict."""
    width = max(len(check.id) for check in report.checks)
    lines = [f"torchgate smoke: {_headline(report)}", ""]
    for check in report.checks:
        # One line a check, also where the detail is an error's text.
        text = one_line(check.detail) + ("" if check.mandatory else " (not mandatory)")
        lines.append(f"  {_label(check.status):<14}  {check.id:<{width}}  {text}")
    for reason in report.reasons:
        lines += ["", f"  {reason['reason']}: {one_line(reason['detail'])}", f"    {reason['remedy']}"]
    processes = "1 process" if report.processes == 1 else f"{report.processes} processes"
    lines += ["", f"{_label(report.verdict).upper()}: {_counts(report)}; {processes}, {report.seconds:.0f} s"]
    return "\n".join(lines) + "\n"


def _label(status: Status) -> str:
    return status.value.replace("_", " ")


def _headline(report: Report) -> str:
    environment = report.environment
    parts = [report.device]
    if environment.get("device_name"):
        parts.append(str(environment["device_name"]))
    if environment.get("torch"):
        parts.append(f"torch {environment['torch']}")
    parts.append(f"Python {environment.get('python', '?')}")
    if environment.get("threads"):
        threads = environment["threads"]
        parts.append(f"{threads} thread" if threads == 1 else f"{threads} threads")
    return ", ".join(parts)


def _counts(report: Report) -> str:
    counts = Counter(check.status for check in report.checks)
    return ", ".join(f"{counts[status]} {_label(status)}" for status in Status if counts[status])
