"""What an outcome rests on: the content of its own file, and the answers that other modules gave."""

from __future__ import annotations

import os

from torchgate.cache.sealed import digest
from torchgate.files.read import read_file
from torchgate.semantics.roots import CONTENT, Asked, States
from torchgate.source import UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from torchgate.lint.giving import Gift
    from torchgate.semantics.project import Project

    # Size, times of modification and change in nanoseconds, inode, device.
    Signature: TypeAlias = tuple[int, int, int, int, int]
    Seen: TypeAlias = dict[str, tuple[str, Signature]]

# The digest of what cannot be read: no content has it.
UNREADABLE = "!"


# How an outcome came to be: from everything there is; or in a run that left files out, where this one was
# read, or left out itself; not again, where that hangs on which modules there are.
WHOLE, READ, LEFT_OUT, ONCE = "", "read", "out", "once"


class Evidence:
    """``digest``: of the file's own content. ``keys``: what was asked; ``states`` has the answers. ``seen``:
    digest and signature of the files that were read on the way, for whoever keeps them. ``manner``: one of
    the constants above; ``gifts`` is what the file gives away (``torchgate.lint.giving``), if it was read,
    ``imports`` what it imports of the project, if it was left out: module, name, name that is bound."""

    __slots__ = ("digest", "gifts", "imports", "keys", "manner", "seen", "states")

    def __init__(self, own: str, keys: tuple[str, ...], states: dict[str, str], seen: Seen) -> None:
        self.digest = own
        self.keys = keys
        self.states = states
        self.seen = seen
        self.manner = WHOLE
        self.gifts: frozenset[Gift] = frozenset()
        self.imports: list[tuple[str, str, str]] = []


class Witness:
    """Sees everything that one project's modules are judged by, and says what each outcome rests on."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._digests: dict[str, str] = {}
        self._torn: set[str] = set()
        self._seen: Seen = {}
        self._states = States(project.config, project.roots, self._digest, self._sites)
        project.reading = self.read

    def read(self, path: str) -> bytes:
        """A file's content, which is noted.

        Raises:
            FileNotFoundError: it does not exist.
            UnreadableError: it cannot be read.
        """
        before = signature(path)
        try:
            data = read_file(path)
        except (FileNotFoundError, UnreadableError):
            self._note(path, UNREADABLE)
            raise
        self._note(path, digest(data))
        if before is not None:
            # Of before: had the file changed since, it would have another one now.
            self._seen[path] = self._digests[path], before
        return data

    def begin(self) -> None:
        """Another file is judged from now on."""
        self._project.collect(Asked())

    def evidence(self, path: str, own: str | None = None) -> Evidence | None:
        """What the outcome rests on of the file at ``path``, which ``read`` gave or whose content has the
        digest ``own``; None where that changed while it was read, or was not understood for want of
        memory."""
        states: dict[str, str] = {}
        for key in self._project.questions():
            state = self._states.of(key)
            if state is None or (key[0] == CONTENT and key[1:] in self._project.unsure):
                return None
            states[key] = state
        own = own or self._digest(path)
        seen, self._seen = self._seen, {}
        return Evidence(own, tuple(states), states, seen) if own is not None else None

    def _note(self, path: str, found: str) -> None:
        if self._digests.setdefault(path, found) != found:
            self._torn.add(path)
            self._states.forget()

    def _digest(self, path: str) -> str | None:
        return None if path in self._torn else self._digests.get(path)

    def _sites(self) -> str:
        return sites_digest(self._project)


def sites_digest(project: Project) -> str:
    """Where the project applies the effect, as a short text."""
    outer = project.collect(Asked())
    try:
        return sites_text(project.effect_sites())
    finally:
        project.collect(outer)


def sites_text(sites: list[tuple[str, int, str, bool]]) -> str:
    """Paths, lines and modules as a short text."""
    return digest(repr(sites).encode("utf-8", "surrogatepass"))


def signature(path: str) -> Signature | None:
    """What changes with a file's content, links followed; None where there is none to be had."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev)


def look(path: str, seen: Mapping[Signature, str]) -> tuple[str, Signature | None, bool]:
    """The digest of a file's content, its signature where that may count for it, and whether the file had to
    be read: ``seen`` has the digests that it had at rest, by signature."""
    now = signature(path)
    if now is not None and now in seen and os.name != "nt":
        return seen[now], now, False
    try:
        return digest(read_file(path)), now, True
    except (FileNotFoundError, UnreadableError):
        return UNREADABLE, None, True


def is_settled(ctime_ns: int, started_ns: int) -> bool:
    """Whether a file that changes after ``started_ns`` surely gets another time of change than ``ctime_ns``.

    A clock ticks every few milliseconds where a file system keeps nanoseconds, and every two seconds on the
    coarsest. Windows has the time of creation in its place, which says nothing.
    """
    if os.name == "nt":
        return False
    fine = ctime_ns % 10_000_000 != 0
    return ctime_ns < started_ns - (100_000_000 if fine else 2_500_000_000)
