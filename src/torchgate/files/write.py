"""Writes one file so that a reader sees the old content or the new one, never a part."""

from __future__ import annotations

import os
from contextlib import suppress


def write_atomically(path: str, text: str) -> None:
    """Replace ``path`` by ``text`` in UTF-8. What is no regular file (``/dev/stdout``) is written to.

    Raises:
        OSError: it cannot be written; the old content then still stands.
    """
    data = text.encode("utf-8", "backslashreplace")
    if _is_no_file(path):
        with open(path, "wb") as stream:
            stream.write(data)
        return
    target = os.path.realpath(path)
    draft, handle = _new_draft(target)
    try:
        with open(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if os.path.exists(target):
            os.chmod(draft, os.stat(target).st_mode & 0o7777)
        os.replace(draft, target)
    except BaseException:
        os.unlink(draft)
        raise


def check_writable(path: str) -> None:
    """Do all that `write_atomically` does but the writing: for a program that has long work before it.

    Raises:
        OSError: ``path`` could not be written.
    """
    if _is_no_file(path) and not os.path.isdir(path):
        return
    target = os.path.realpath(path)
    with suppress(FileNotFoundError):
        os.stat(target)  # a name that is too long, a loop of links
    draft, handle = _new_draft(target)
    os.close(handle)
    os.unlink(draft)


def _is_no_file(path: str) -> bool:
    """Whether ``path`` is there and no regular file. Asked of the name as it was given: where the output is
    a pipe, ``/dev/stdout`` leads to a name that is none."""
    return os.path.exists(path) and not os.path.isfile(path)


def _new_draft(target: str) -> tuple[str, int]:
    """A new file beside ``target``, and its descriptor.

    Named by chance: in a container the process number is the same at every start, and a draft that a killed
    run left behind would be in the way. Not named after the target, whose name may be as long as a name can.
    """
    draft = os.path.join(os.path.dirname(target), f".torchgate-{os.urandom(8).hex()}.tmp")
    return draft, os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o666)
