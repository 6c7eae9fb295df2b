"""A whole run again, where nothing that it looked at has changed: nothing of the linter is imported for that.

A recording names every file and folder that the run looked at, with the signature that each had, and what the
run printed. ``torchgate.cache.snapshot`` makes it.
"""

from __future__ import annotations

import os
import sys

import torchgate
from torchgate.cache.place import NAME, open_folder
from torchgate.cache.sealed import NoCacheError, digest
from torchgate.cache.secret import secret_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

SUFFIX = ".run"
# The file of a recording: the lengths of its blocks in decimal, a newline, the blocks.
BLOCKS = (
    "signed",  # paths, with
    "signatures",
    "present",  # paths of which only that they exist counts
    "absent",
    "hashed",  # digest and path of files that had changed just before, so that a signature says nothing
    "listed",  # folder, work tree, and digest of git's answer
    "code",  # exit code
    "before",  # on standard error
    "output",
    "output_file",  # where it goes, or empty
    "after",  # on standard error
)


class Recording:
    """One run: what it looked at, and what it said. All are bytes as they stand in the file."""

    __slots__ = BLOCKS
    signed: bytes
    signatures: bytes
    present: bytes
    absent: bytes
    hashed: bytes
    listed: bytes
    code: bytes
    before: bytes
    output: bytes
    output_file: bytes
    after: bytes

    def dump(self) -> bytes:
        """The file's content."""
        blocks: list[bytes] = [getattr(self, name) for name in BLOCKS]
        return b"%s\n%s" % (b" ".join(b"%d" % len(block) for block in blocks), b"".join(blocks))


def load(body: bytes) -> Recording:
    """What ``Recording.dump`` gave.

    Raises:
        ValueError: it is something else.
    """
    end = body.index(b"\n")
    recording = Recording()
    start = end + 1
    for name, length in zip(BLOCKS, map(int, body[:end].split()), strict=True):
        setattr(recording, name, body[start : start + length])
        start += length
    if start != len(body):
        raise ValueError("its length is wrong")
    return recording


def find(arguments: Sequence[str]) -> Recording | None:
    """The recording of a run of ``check`` with these arguments, if it would say the same now."""
    if os.environ.get("TORCHGATE_NO_CACHE") or "--no-cache" in arguments:
        return None
    try:
        cwd = os.getcwd()
        name = name_of(arguments, cwd)
        for path, project in _candidates(arguments, cwd):
            recording = _read(path, project, name)
            if recording is not None:
                return recording if holds(recording) else None
    except (OSError, ValueError, NoCacheError):
        return None
    return None


def name_of(arguments: Sequence[str], cwd: str) -> str:
    """The file's name: all that decides, files aside, about what a run prints."""
    colors = [bool(os.environ.get(name)) for name in ("NO_COLOR", "FORCE_COLOR")]
    tool = os.path.abspath(torchgate.__file__)
    parts = (list(arguments), cwd, tool, colors, os.environ.get("TERM") == "dumb", sys.stdout.isatty())
    return digest(repr(parts).encode("utf-8", "backslashreplace"), process_identity()) + SUFFIX


def process_identity() -> bytes:
    """The running Python, whose parser decides what is a syntax error and whose codecs what a name is; and
    our own variables: whatever one of them switches, it is not to be answered from the other position."""
    own = sorted((name, value) for name, value in os.environ.items() if name.startswith("TORCHGATE_"))
    python = (sys.version, sys.implementation.name, sys.platform, sys.getfilesystemencoding())
    return repr((python, own)).encode("utf-8", "backslashreplace")


def _candidates(arguments: Sequence[str], cwd: str) -> Iterator[tuple[str, str]]:
    """Where the recording may lie, each with the folder that counts as its project."""
    named = named_folder(arguments)
    if named:
        yield os.path.normpath(os.path.join(cwd, named)), cwd
        return
    folder = cwd
    while True:
        path = os.path.join(folder, NAME)
        if os.path.lexists(path):
            yield path, folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return
        folder = parent


def named_folder(arguments: Sequence[str]) -> str | None:
    """The cache folder that the user names, by the option or in the environment."""
    found = None
    for index, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument == "--cache-dir":
            found = arguments[index + 1] if index + 1 < len(arguments) else None
        elif argument.startswith("--cache-dir="):
            found = argument.partition("=")[2]
    return found or os.environ.get("TORCHGATE_CACHE_DIR")


def _read(path: str, project: str, name: str) -> Recording | None:
    try:
        folder = open_folder(path, project, create=False)
    except NoCacheError:
        return None
    try:
        return load(folder.read(name, secret_for(project, create=False)))
    except (NoCacheError, ValueError):
        return None
    finally:
        folder.close()


def holds(recording: Recording) -> bool:
    """Whether everything that the run looked at is as it was."""
    git_agrees = _ask_git(split(recording.listed))  # which looks while we do
    try:
        here = (
            signatures(split(recording.signed)) == recording.signatures
            and all(map(os.path.lexists, split(recording.present)))
            and not any(map(os.path.lexists, split(recording.absent)))
            and all(map(_has_digest, split(recording.hashed)))
        )
    except (OSError, ValueError):
        here = False
    return git_agrees() and here


def signatures(paths: Iterable[bytes]) -> bytes:
    """What changes with the content of files and the entries of folders.

    Raises:
        OSError: one is not there, or may not be looked at.
    """
    return "\n".join([signature(status) for status in map(os.stat, paths)]).encode()


def signature(status: os.stat_result) -> str:
    """What the system cannot leave as it is when a file's content or a folder's entries change."""
    return f"{status.st_size} {status.st_ctime_ns} {status.st_ino} {status.st_dev}"


def split(block: bytes) -> list[bytes]:
    """The items of a block."""
    return block.split(b"\0") if block else []


def _has_digest(item: bytes) -> bool:
    wanted, _, path = item.partition(b" ")
    with open(path, "rb") as stream:
        return digest(stream.read()).encode() == wanted


def _ask_git(items: list[bytes]) -> Callable[[], bool]:
    """Have git list again; what is returned waits for the answers, and says whether they are the same."""
    if not items:
        return lambda: True
    from torchgate.files.git import start_listing

    asked = [
        (start_listing(os.fsdecode(folder), os.fsdecode(root)), wanted)
        for folder, root, wanted in zip(items[::3], items[1::3], items[2::3], strict=True)
    ]

    def agrees() -> bool:
        answers = [(running(), wanted) for running, wanted in asked]
        return all(answer is not None and digest(answer).encode() == wanted for answer, wanted in answers)

    return agrees
