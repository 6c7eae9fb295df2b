"""IPython's own syntax, replaced line for line by Python that says nothing."""

from __future__ import annotations

import re

from torchgate.source import UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from torchgate.documents.document import Parse

# Each magic that is replaced takes another look at the code.
_MAGICS = 200

# Cells that these head are Python, in this process (IPython, "Built-in magic commands").
_PYTHON = frozenset(("capture", "memit", "prun", "snakeviz", "time", "timeit"))
_CELL = re.compile(r"%%(\w+)")
_PLAIN = ("%", "!")
_ESCAPES = (*_PLAIN, "?", ",", ";", "/")
_QUESTION = re.compile(r"(?:%{0,2}(?!\d)[\w*]+(?:\.\w+|\[-?\d+\])*)\?\??$")
_NO_CODE = re.compile(r"'[^'\\]*(?:\\.[^'\\]*)*'|\"[^\"\\]*(?:\\.[^\"\\]*)*\"|#.*")
# So many lines of a statement are looked at before the question that ends it.
_LONGEST = 50
_ASSIGNED = re.compile(r"([^=%!#'\"]*[\w\]) \t]=)[ \t]*[%!].*")


# In a line that is all of a cell these need no percent sign (IPython's "automagic").
_AUTOMATIC = """
    alias autoreload bookmark cat cd clear conda config cp debug dhist dirs env gui history ldir
    less lf ll load load_ext logstart ls lx magic mamba man matplotlib micromamba mkdir more mv
    notebook pastebin pdb pfile pinfo pip popd prun psearch pushd pylab quickref recall
    reload_ext rep rerun reset rm rmdir run save sc set_env store sx system tb time timeit
    unalias unload_ext uv who whos xdel xmode
"""


def python(lines: Sequence[str], parse: Parse) -> list[str] | None:
    """A cell as Python, line for line; None where it is something else.

    Raises:
        UnreadableError: it cannot be read, whatever is taken for magic.
    """
    code = cell_magic(lines)
    if code is None:
        return None
    for _ in range(_MAGICS):
        try:
            parse("".join(f"{line}\n" for line in code))
        except UnreadableError as error:
            helped = _without_help(code, parse)
            if helped is not None:
                return helped
            mended = without_magic(code, error.line - 1)
            if mended is None:
                if _is_automatic(code):
                    return None
                raise
            code = mended
        else:
            return code
    raise UnreadableError("it has too many magic commands")


def _is_automatic(lines: Sequence[str]) -> bool:
    words = [line.split() for line in lines if line.strip()]
    return len(words) == 1 and words[0][0] in _AUTOMATIC.split()


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
    """A cell with the magic in one line (0-based) replaced, and in those right behind it; None where there
    is none."""
    found = list(lines)
    end = _replace(found, number)
    while end is None and 0 < number <= len(found) and found[number - 1].endswith("\\"):
        number -= 1  # the line goes on from one that may be magic
        end = _replace(found, number)
    if end is None:
        return None
    while end < len(found) and found[end].lstrip().startswith(_PLAIN):
        end = _replace(found, end) or len(found)
    return found


def _without_help(lines: Sequence[str], parse: Parse) -> list[str] | None:
    """A cell that ends with a question, `plt.plot(x,` and in the next line `np.sin?`, without it: IPython
    answers it, and runs nothing of the line that it ends, open brackets or not. None where none ends it."""
    last = len(lines) - 1
    while last > 0 and not lines[last].strip():
        last -= 1
    if last < 1 or not _QUESTION.search(lines[last]):
        return None
    for start in range(last - 1, max(last - _LONGEST, -1), -1):
        if not _goes_on(lines[start:last]):
            continue
        line = lines[start]
        rest = [f"{line[: len(line) - len(line.lstrip())]}pass", *[""] * (len(lines) - start - 1)]
        code = [*lines[:start], *rest]
        try:
            parse("".join(f"{line}\n" for line in code))
        except UnreadableError:
            continue
        return code
    return None


def _goes_on(lines: Sequence[str]) -> bool:
    """Whether each of some lines goes on in the next: a bracket is open, or a backslash ends it."""
    depth = 0
    for line in lines:
        code = _NO_CODE.sub("", line)
        depth += sum(map(code.count, "([{")) - sum(map(code.count, ")]}"))
        if depth <= 0 and not line.endswith("\\"):
            return False
    return True


def _replace(lines: list[str], number: int) -> int | None:
    """Replace the magic in one line; returns the line behind it, None where there is none. A line that ends
    with a backslash goes on."""
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
    lines[number] = new
    number += 1
    while line.endswith("\\") and number < len(lines):
        line, lines[number] = lines[number], ""
        number += 1
    return number
