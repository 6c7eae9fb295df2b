"""The file of accepted findings, so that a code base with thousands of them can start.

A finding is known by its fingerprint: path, code, normalised source line, qualified name, and its ordinal
among equals. Line numbers are no part of it: code moves.
"""

from __future__ import annotations

import json
import os

from torchgate.config_load import is_within, project_root
from torchgate.errors import UsageError
from torchgate.files.read import read_file
from torchgate.source import UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeVar

    from torchgate.finding import Finding
    from torchgate.lint.engine import Outcome

    File = TypeVar("File", str, str | None)

VERSION = 1
# Where `torchgate baseline` writes to if nobody says: beside the configuration.
DEFAULT_NAME = "torchgate-baseline.json"


class Entry:
    """One accepted finding. Path, code and qualified name are there for people, and to tell which entries
    belong to a file; empty where the baseline does not say."""

    __slots__ = ("code", "fingerprint", "path", "qualname")

    def __init__(self, fingerprint: str, path: str = "", code: str = "", qualname: str = "") -> None:
        """``path`` is relative to the configuration file, with ``/``."""
        self.fingerprint = fingerprint
        self.path = path
        self.code = code
        self.qualname = qualname

    def sort_key(self) -> tuple[str, str, str, str]:
        """No line numbers: code that moves must not change the file."""
        return (self.path, self.code, self.qualname, self.fingerprint)


def base_of(file: str, path: str, root: str) -> str:
    """The folder from which a baseline names ``path``: that of the path's configuration, ``root``. A baseline
    outside it may be that of several projects, and names what lies in its own project from there."""
    if is_within(os.path.normpath(file), root):
        return root
    folder = os.path.dirname(os.path.normpath(file))
    own = project_root(folder) or folder
    return own if is_within(path, own) else root


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
    accepted: dict[str, frozenset[str]] = {}
    new: list[Finding] = []
    places = entries_of(findings, outcomes, baseline_of)
    for finding, (file, entry) in zip(findings, places, strict=True):
        if file is not None and file not in accepted:
            accepted[file] = frozenset(known.fingerprint for known in read(file))
        if file is None or entry.fingerprint not in accepted[file]:
            new.append(finding)
    return new, len(findings) - len(new)


def entries_of(
    findings: Iterable[Finding], outcomes: Iterable[Outcome], place: Callable[[str], tuple[File, str]]
) -> Iterator[tuple[File, Entry]]:
    """For every finding of a run, in order, its baseline file and what stands for it there. ``place`` gives
    a path's baseline file and that path as the baseline writes it: two projects may have a file of one name,
    and what the one has must not change how the other counts."""
    lines = {outcome.path: outcome.lines for outcome in outcomes}
    seen: dict[str | None, dict[tuple[str, ...], int]] = {}
    for finding in findings:
        file, relative = place(finding.path)
        text = lines.get(finding.path, {}).get(finding.line_key, "")
        print_ = fingerprint(finding, relative, text, seen.setdefault(file, {}))
        yield file, Entry(print_, relative, finding.code, finding.qualname)


def fingerprint(finding: Finding, relative: str, line: str, seen: dict[tuple[str, ...], int]) -> str:
    """The finding's name across edits. ``seen`` counts equals; give the same dict for all of one baseline."""
    from hashlib import sha256

    key = (relative, finding.code, " ".join(line.split()), finding.qualname)
    ordinal = seen[key] = seen.get(key, 0) + 1
    return sha256("\0".join((*key, str(ordinal))).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def read(file: str) -> list[Entry]:
    """What a baseline accepts.

    Raises:
        UsageError: it does not exist, cannot be read, or is no baseline of this version.
    """
    shown = os.path.relpath(file)
    try:
        document = json.loads(read_file(file))
    except FileNotFoundError:
        raise UsageError(f"{shown}: the baseline does not exist; `torchgate baseline` writes it") from None
    except UnreadableError as error:
        raise UsageError(f"{shown}: the baseline cannot be read: {error.reason}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{shown}: the baseline is not valid JSON: {error}") from None
    found = document.get("findings") if isinstance(document, dict) else None
    if not isinstance(found, list) or document.get("version") != VERSION:
        raise UsageError(f"{shown}: this is no torchgate baseline of version {VERSION}")
    if not all(isinstance(entry, dict) and isinstance(entry.get("fingerprint"), str) for entry in found):
        raise UsageError(f"{shown}: every entry of `findings` needs a `fingerprint`")
    return [Entry(entry["fingerprint"], *(_text(entry, name) for name in _SHOWN)) for entry in found]


def document(entries: Iterable[Entry]) -> str:
    """The baseline that accepts these: one line for each, so that a diff shows what came and went."""
    rows = [
        json.dumps({name: getattr(entry, name) for name in (*_SHOWN, "fingerprint")})
        for entry in sorted(entries, key=Entry.sort_key)
    ]
    listed = "".join(f"\n    {row}," for row in rows).removesuffix(",")
    return f'{{\n  "version": {VERSION},\n  "findings": [{listed}{chr(10) + "  " if rows else ""}]\n}}\n'


_SHOWN = ("path", "code", "qualname")


def _text(entry: dict[str, object], name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""
