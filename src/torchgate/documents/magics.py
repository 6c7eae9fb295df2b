"""IPython's own syntax, replaced line for line by Python that says nothing."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# Cells that these head are Python, in this process (IPython, "Built-in magic commands").
_PYTHON = frozenset(("capture", "memit", "prun", "snakeviz", "time", "timeit"))
_CELL = re.compile(r"%%(\w+)")
_ESCAPES = ("%", "!", "?", ",", ";", "/")
_ASSIGNED = re.compile(r"([ \t]*[^\W\d][\w.,\t ]*=)[ \t]*[%!].*")


def cell_magic(lines: Sequence[str]) -> list[str] | None:
    """A cell without the magic that heads it; None where that makes the cell something else than Python."""
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    match = _CELL.match(lines[first].lstrip()) if first is not None else None
    if match is None or first is None:
        return list(lines)
    if match[1] not in _PYTHON:
        return None
    return ["" if number == first else line for number, line in enumerate(lines)]


def without_magic(lines: Sequence[str], number: int) -> list[str] | None:
    """A cell with the magic in one line (0-based) replaced; None where there is none. A line that ends with a
    backslash goes on."""
    if number >= len(lines):
        return None
    line = lines[number]
    assigned, plain = _ASSIGNED.fullmatch(line), line.strip(" \t")
    if assigned is not None:
        new = f"{assigned[1]} get_ipython()"
    elif plain.startswith(_ESCAPES) or plain.endswith("?"):
        new = f"{line[: len(line) - len(line.lstrip())]}pass"
    else:
        return None
    found = list(lines)
    found[number] = new
    while line.endswith("\\") and number + 1 < len(found):
        number += 1
        line, found[number] = found[number], ""
    return found
