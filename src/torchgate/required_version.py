"""``required-version``: a PEP 440 specifier, or a bare version that must be met exactly, as in ruff."""

from __future__ import annotations

import re

from torchgate import __version__
from torchgate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    # Release, then phase: development releases sort before pre-releases, these before the final one.
    Version: TypeAlias = tuple[tuple[int, ...], tuple[int, int], int, int]

_CLAUSE = re.compile(r"(~=|===|==|!=|<=|>=|<|>)?\s*(.+)")
_VERSION = re.compile(
    r"v?(\d+(?:\.\d+)*)(?:[-_.]?(a|alpha|b|beta|rc|c|pre|preview)[-_.]?(\d*))?"
    r"(?:[-_.]?(?:post|rev|r)[-_.]?(\d*)|-(\d+))?(?:[-_.]?dev[-_.]?(\d*))?(?:\+[a-z0-9.]+)?",
    re.IGNORECASE,
)
_FINAL = (3, 0)


def check(specifier: str, place: str, running: str = __version__) -> None:
    """Raises UsageError where ``running`` does not satisfy ``specifier``, or this is no specifier."""
    for part in specifier.split(","):
        match = _CLAUSE.fullmatch(part.strip())
        if match is None:
            raise UsageError(f"{place}: `required-version` {specifier!r} is no version and no specifier")
        if not _satisfies(running, match[1] or "==", match[2].strip(), place):
            raise UsageError(
                f"{place}: this project requires torchgate {specifier}, but torchgate {running} is running"
            )


def _satisfies(running: str, operator: str, wanted: str, place: str) -> bool:
    if operator == "===":
        return running == wanted
    if operator in ("==", "!=") and wanted.endswith(".*"):
        release = _parse(wanted[:-2], place)[0]
        same = _padded(_parse(running, place)[0], len(release))[: len(release)] == release
        return same == (operator == "==")
    have, want = _parse(running, place), _parse(wanted, place)
    if operator == "~=":
        if len(want[0]) < 2:
            raise UsageError(f"{place}: `required-version` '~={wanted}' needs two numbers, such as '~=1.0'")
        return _key(have) >= _key(want) and have[0][: len(want[0]) - 1] == want[0][:-1]
    # PEP 440: `<1.0` does not admit 1.0's own pre-releases, `>1.0` not its post-releases.
    plain = _key(have)[0] == _key(want)[0] and want[1:] == (_FINAL, -1, -1)
    early = have[1] != _FINAL or have[3] >= 0
    answers = {
        "==": _key(have) == _key(want),
        "!=": _key(have) != _key(want),
        "<=": _key(have) <= _key(want),
        ">=": _key(have) >= _key(want),
        "<": _key(have) < _key(want) and not (plain and early),
        ">": _key(have) > _key(want) and not (plain and have[2] >= 0),
    }
    return answers[operator]


def _parse(text: str, place: str) -> Version:
    match = _VERSION.fullmatch(text)
    if match is None:
        raise UsageError(f"{place}: `required-version` contains {text!r}, which is no version")
    release = tuple(map(int, match[1].split(".")))
    phase = _FINAL
    if match[2]:
        letter = match[2].lower()
        phase = ({"a": 0, "b": 1}.get(letter[0], 2), int(match[3] or 0))
    post = match[4] if match[4] is not None else match[5]
    return release, phase, _number(post), _number(match[6])


def _number(text: str | None) -> int:
    return -1 if text is None else int(text or 0)


def _key(version: Version) -> tuple[tuple[int, ...], tuple[int, int], int, tuple[int, int]]:
    release, phase, post, dev = version
    while release and release[-1] == 0:
        release = release[:-1]
    if dev >= 0 and phase == _FINAL and post < 0:
        phase = (-1, 0)
    return release, phase, post, (1, 0) if dev < 0 else (0, dev)


def _padded(release: tuple[int, ...], length: int) -> tuple[int, ...]:
    return release + (0,) * (length - len(release))
