"""The file of accepted findings, so that a code base with thousands of them can start.

A finding is known by its fingerprint: path, code, normalised source line, qualified name, and its ordinal
among equals. Line numbers are no part of it: code moves.
"""

from __future__ import annotations

import json
import os

from torchgate.errors import UsageError
from torchgate.files.read import read_file
from torchgate.source import UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from torchgate.finding import Finding
    from torchgate.lint.engine import Outcome

VERSION = 1


def accept(
    findings: Sequence[Finding],
    outcomes: Iterable[Outcome],
    baseline_of: Callable[[str], tuple[str | None, str]],
) -> tuple[list[Finding], int]:
    """The findings that no baseline records, and how many one does.

    ``baseline_of`` gives a path's baseline file and that path as the baseline writes it.

    Raises:
        UsageError: a baseline does not exist or is none.
    """
    lines = {outcome.path: outcome.lines for outcome in outcomes}
    accepted: dict[str, frozenset[str]] = {}
    new: list[Finding] = []
    seen: dict[tuple[str, ...], int] = {}
    for finding in findings:
        file, relative = baseline_of(finding.path)
        text = lines.get(finding.path, {}).get(finding.span.line, "")
        print_ = fingerprint(finding, relative, text, seen)
        if file is not None and file not in accepted:
            accepted[file] = read(file)
        if file is None or print_ not in accepted[file]:
            new.append(finding)
    return new, len(findings) - len(new)


def fingerprint(finding: Finding, relative: str, line: str, seen: dict[tuple[str, ...], int]) -> str:
    """The finding's name across edits. ``seen`` counts equals; give the same dict for a whole run."""
    from hashlib import sha256

    key = (relative, finding.code, " ".join(line.split()), finding.qualname)
    ordinal = seen[key] = seen.get(key, 0) + 1
    return sha256("\0".join((*key, str(ordinal))).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def read(file: str) -> frozenset[str]:
    """The fingerprints that a baseline accepts.

    Raises:
        UsageError: it does not exist, cannot be read, or is no baseline of this version.
    """
    shown = os.path.relpath(file)
    try:
        document = json.loads(read_file(file))
    except FileNotFoundError:
        raise UsageError(f"{shown}: the baseline does not exist") from None
    except UnreadableError as error:
        raise UsageError(f"{shown}: the baseline cannot be read: {error.reason}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{shown}: the baseline is not valid JSON: {error}") from None
    entries = document.get("findings") if isinstance(document, dict) else None
    if not isinstance(entries, list) or document.get("version") != VERSION:
        raise UsageError(f"{shown}: this is no torchgate baseline of version {VERSION}")
    if not all(isinstance(entry, dict) and isinstance(entry.get("fingerprint"), str) for entry in entries):
        raise UsageError(f"{shown}: every entry of `findings` needs a `fingerprint`")
    return frozenset(entry["fingerprint"] for entry in entries)
