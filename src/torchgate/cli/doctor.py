"""``torchgate doctor``: the runtime decision as a report."""

from __future__ import annotations

import argparse
import json
import platform
import re
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from torchgate.runtime.text import one_line

HELP = "Report the runtime decision: probe, policy, decision, reasons with a remedy each (docs/doctor.md)."

VERSION = 1
DEVICES = ("cuda", "cpu")
NEWEST_TESTED = (2, 14)
REJECTED = 4
# Seconds without an answer before that is told: several times what importing torch takes.
PATIENCE = 5.0
WAITING = (
    "torchgate doctor: the process that imports torch has not answered for {patience:.0f} s;"
    " waiting for it, {timeout:.0f} s at most\n"
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--device", choices=DEVICES, help="one device; without it every device is shown")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--format", choices=("text", "json"), help="json is --json")
    parser.epilog = "exit: 0 a device is ready, 4 rejected"


def run(arguments: argparse.Namespace) -> int:
    """Decide in a fresh process and report; 0 if a device is ready, 4 otherwise."""
    with _patient():
        report = examine((arguments.device,) if arguments.device else DEVICES)
    as_json = arguments.json or arguments.format == "json"
    sys.stdout.write(json.dumps(report, indent=2) + "\n" if as_json else as_text(report))
    return 0 if report["ready"] else REJECTED


@contextmanager
def _patient() -> Iterator[None]:
    """Say what the wait is for, and how long it may take, where there is no answer for a while: in a log as
    well, where somebody may be looking on."""
    told = threading.Timer(PATIENCE, _tell)
    told.daemon = True
    told.start()
    try:
        yield
    finally:
        told.cancel()
        told.join(1)  # not for ever, where nobody reads standard error


def _tell() -> None:
    from torchgate.runtime.smoke.launch import TIMEOUT

    with suppress(OSError, ValueError, AttributeError):  # standard error is closed, or there is none
        sys.stderr.write(WAITING.format(patience=PATIENCE, timeout=TIMEOUT))
        sys.stderr.flush()


def examine(devices: tuple[str, ...]) -> dict[str, Any]:
    """The report as data: one entry a device, warnings, and which devices are ready.

    torch is imported in a fresh process, because a broken one may end the process that imports it.
    """
    from torchgate import __version__
    from torchgate.runtime.remedies import explained
    from torchgate.runtime.smoke.run import decide_in_fresh_process

    answer = decide_in_fresh_process(devices)
    entries = [
        {
            "device": decision["policy"]["device"],
            "decision": decision["decision"],
            "reasons": explained(decision),
            "policy": decision["policy"],
            "probe": facts,
        }
        for decision, facts in zip(answer["decisions"], answer["facts"], strict=True)
    ]
    return {
        "version": VERSION,
        "torchgate": __version__,
        "ready": [entry["device"] for entry in entries if entry["decision"] == "ready"],
        "devices": entries,
        "warnings": list(_warnings(entries[-1]["probe"])),
        "environment": {**answer["environment"], "executable": sys.executable},
    }


def _warnings(facts: Mapping[str, Any]) -> Iterator[str]:
    version = facts.get("torch_version")
    if version and _is_newer(version):
        newest = ".".join(map(str, NEWEST_TESTED))
        yield (
            f"torch {version} is newer than {newest}, the newest that this torchgate was tested with; "
            "the effect still reads everything back, and `torchgate smoke` proves the rest"
        )
    shadow = _shadow_here()
    if shadow and not facts.get("torch_shadow"):
        yield f"{shadow} answers to the name torch for programs started in this folder (python -m, pytest)"
    if sys.platform != "linux":
        yield "the runtime is made and tested for Linux; on this system it is best effort"


def _is_newer(version: str) -> bool:
    numbers = re.match(r"(\d{1,9})\.(\d{1,9})", version)
    return numbers is not None and (int(numbers[1]), int(numbers[2])) > NEWEST_TESTED


def _shadow_here() -> str | None:
    """What would be imported as torch from this folder; a plain folder without ``__init__.py`` never is."""
    return next((name for name in ("torch.py", "torch/__init__.py") if Path(name).is_file()), None)


def as_text(report: Mapping[str, Any]) -> str:
    """The report for a person: what decides first, the probe last."""
    environment = report["environment"]
    facts = _known(report["devices"])
    torch = f"torch {_shown(facts['torch_version'])}, " if facts.get("torch_version") else ""
    python = f"Python {environment.get('python', platform.python_version())}"
    # The wrong environment is the commonest reason of all.
    lines = [f"torchgate doctor: {torch}{python} ({_shown(environment['executable'])})"]
    for entry in report["devices"]:
        lines += ["", f"{entry['device']}: {entry['decision'].upper()}"]
        for reason in entry["reasons"]:
            lines += [f"  {reason['reason']}: {one_line(reason['detail'])}", f"    {reason['remedy']}"]
        lines.append(f"  policy: {_pairs(entry['policy'], skip=('device',))}")
    if facts:
        lines += ["", "probe", *(f"  {name}: {_shown(value)}" for name, value in facts.items())]
    lines += [f"\nwarning: {text}" for text in report["warnings"]]
    return "\n".join(lines) + "\n"


def _shown(value: object) -> str:
    """A variable of the environment may hold what a terminal would obey."""
    text = str(value)
    return text if text.isprintable() else repr(text)


def _known(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What any of the probes saw: only the one for cuda counts devices, it may not need to import torch."""
    return {name: value for entry in entries for name, value in entry["probe"].items() if value is not None}


def _pairs(policy: Mapping[str, Any], skip: tuple[str, ...]) -> str:
    return ", ".join(
        f"{name} {value}" for name, value in policy.items() if value is not None and name not in skip
    )
