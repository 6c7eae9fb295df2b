"""The files of a project that ``torchgate init`` adds to: as text, so that all else stays as it is."""

from __future__ import annotations

import json
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

HOOK = "torchgate"
REPOSITORY = "https://github.com/torchgate/torchgate"
# The list of repositories as pre-commit's own examples write it.
_REPOS = re.compile(r"repos:[ \t]*(?:#.*)?")
_NO_REPOS = re.compile(r"repos:[ \t]*\[[ \t]*\][ \t]*(?:#.*)?")
_ITEM = re.compile(r"([ ]*)-[ ]")
# What ends a line in some texts, or stands for blanks: readers of YAML differ about it.
_ODD = frozenset("\t\v\f\x1c\x1d\x1e\x85\u2028\u2029\ufeff")


def table(items: Mapping[str, Mapping[str, str]], baseline: str) -> str:
    """The keys of ``[tool.torchgate]`` as TOML, a pattern with a reason on a line of its own."""
    lines: list[str] = []
    for key, patterns in items.items():
        if len(patterns) == 1 or (len(patterns) < 4 and not any(patterns.values())):
            reasons = [reason for reason in patterns.values() if reason]
            comment = f"  # {reasons[0]}" if reasons else ""
            lines.append(f"{key} = [{', '.join(map(_quoted, patterns))}]{comment}")
        else:
            lines.append(f"{key} = [")
            for pattern, reason in patterns.items():
                lines.append(f"    {_quoted(pattern)},{f'  # {reason}' if reason else ''}")
            lines.append("]")
    return "".join(f"{line}\n" for line in [*lines, f"baseline = {_quoted(baseline)}"])


def with_table(text: str, keys: str) -> str | None:
    """A pyproject.toml with ``[tool.torchgate]`` at its end; None where that would not be what was meant."""
    import tomllib

    end = "\r\n" if "\r\n" in text else "\n"
    before = text if not text or text.endswith("\n") else f"{text}{end}"
    gap = end if before.strip() else ""
    added = f"[tool.torchgate]\n{keys}".replace("\n", end)
    new = f"{before}{gap}{added}"
    try:
        was, now = tomllib.loads(text), tomllib.loads(new)
    except (ValueError, RecursionError):  # no TOML, or nothing that Python reads
        return None
    if not isinstance(now["tool"], dict):
        return None
    written = now["tool"].pop("torchgate")
    if "tool" not in was:
        del now["tool"]
    return new if now == was and written == tomllib.loads(keys) else None


def hook(version: str, indent: str = "  ") -> str:
    """The entry of torchgate's hook in the list of a ``.pre-commit-config.yaml``."""
    lines = (f"- repo: {REPOSITORY}", f"  rev: v{version}", "  hooks:", f"    - id: {HOOK}")
    return "".join(f"{indent}{line}\n" for line in lines)


def has_hook(text: str) -> bool:
    """Whether a ``.pre-commit-config.yaml`` names one of torchgate's hooks."""
    return (
        re.search(r"^[ ]*-?[ ]*(?:id:[ ]*['\"]?torchgate|repo:.*/torchgate)", text, re.MULTILINE) is not None
    )


def with_hook(text: str, version: str) -> str | None:
    """A ``.pre-commit-config.yaml`` with torchgate's hook behind the others; None where it is not written in
    the usual way."""
    end = "\r\n" if "\r\n" in text else "\n"
    if not _ODD.isdisjoint(text) or "\r" in text.replace("\r\n", ""):
        return None
    written = text.splitlines(keepends=True)
    lines = [line.rstrip("\r\n") for line in written]
    place = _place_for_hook(lines)
    if place is None:
        return None
    start, stop, head, indent = place
    added = "".join(f"{line}{end}" for line in [*head, *hook(version, indent).splitlines()])
    before = "".join(written[:start])
    gap = end if before and not before.endswith("\n") else ""
    return f"{before}{gap}{added}{''.join(written[stop:])}"


def _place_for_hook(lines: list[str]) -> tuple[int, int, list[str], str] | None:
    """The lines in whose place the hook goes, what goes before it, and how far in it stands."""
    content = [
        number for number, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")
    ]
    if not content:
        return len(lines), len(lines), ["repos:"], "  "
    found = [number for number, line in enumerate(lines) if line.startswith("repos:")]
    # Another document in the same file is none of pre-commit's.
    if len(found) != 1 or any(lines[number].startswith("---") for number in content[1:]):
        return None
    start = found[0]
    if _NO_REPOS.fullmatch(lines[start]):
        return start, start + 1, ["repos:"], "  "
    last = _last_of_block(lines, start)
    indents = {match[1] for line in lines[start + 1 : last + 1] if (match := _ITEM.match(line))}
    if not _REPOS.fullmatch(lines[start]) or not indents:
        return None
    return last + 1, last + 1, [], min(indents, key=len)


def _last_of_block(lines: list[str], start: int) -> int:
    """The last line of what belongs to a key; not comments behind it, unless they stand
    further in than the items: there they may be part of a text."""
    last = start
    outer = next((len(match[1]) for line in lines[start + 1 :] if (match := _ITEM.match(line))), 0)
    for number, line in enumerate(lines[start + 1 :], start + 1):
        indent = len(line) - len(line.lstrip())
        is_comment = line.lstrip().startswith("#")
        if line.startswith((" ", "- ")) and line.strip() and (not is_comment or indent > outer):
            last = number
        elif line.strip() and not line.startswith((" ", "-", "#")):
            break
    return last


def _quoted(text: str) -> str:
    """A TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
