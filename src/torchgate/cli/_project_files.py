"""The files of a project that ``torchgate init`` adds to: as text, so that all else stays as it is."""

from __future__ import annotations

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
    except (tomllib.TOMLDecodeError, RecursionError):
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
    lines = text.splitlines()
    if not any(line.strip() and not line.startswith("#") for line in lines):
        return end.join([*lines, "repos:", *hook(version).splitlines(), ""])
    found = [number for number, line in enumerate(lines) if line.startswith("repos:")]
    if len(found) != 1:
        return None
    start = found[0]
    if _NO_REPOS.fullmatch(lines[start]):
        lines[start : start + 1] = ["repos:", *hook(version).splitlines()]
        return end.join([*lines, ""])
    last = _last_of_block(lines, start)
    indents = {match[1] for line in lines[start + 1 : last + 1] if (match := _ITEM.match(line))}
    if not _REPOS.fullmatch(lines[start]) or not indents:
        return None
    lines[last + 1 : last + 1] = hook(version, min(indents, key=len)).splitlines()
    return end.join([*lines, ""])


def _last_of_block(lines: list[str], start: int) -> int:
    """The last line of what belongs to a key, comments and blank lines behind it aside."""
    last = start
    for number, line in enumerate(lines[start + 1 :], start + 1):
        if line.startswith((" ", "- ")) and line.strip() and not line.lstrip().startswith("#"):
            last = number
        elif line.strip() and not line.startswith((" ", "-", "#")):
            break
    return last


def _quoted(text: str) -> str:
    """A TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
