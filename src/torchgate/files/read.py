"""Reads one file so that nothing in a repository can hang the reader or fill its memory."""

from __future__ import annotations

import os
import stat

from torchgate.source import UnreadableError

MAX_BYTES = 64 * 1024 * 1024
_CHUNK = 1024 * 1024
# A FIFO blocks its opener unless O_NONBLOCK is set; Windows has neither FIFOs in folders nor the flag.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)


def read_file(path: str) -> bytes:
    """The content of a regular file, symbolic links followed.

    Raises:
        FileNotFoundError: it does not exist (a dangling link included).
        UnreadableError: anything else, with the reason.
    """
    try:
        handle = os.open(path, _FLAGS)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnreadableError(reason_of(error)) from None
    except ValueError as error:
        raise UnreadableError(str(error)) from None
    try:
        kind = os.fstat(handle)
        if not stat.S_ISREG(kind.st_mode):
            raise UnreadableError("it is not a regular file")
        if kind.st_size > MAX_BYTES:
            raise UnreadableError(f"it has more than {MAX_BYTES >> 20} MB")
        return _read_all(handle, kind.st_size)
    except OSError as error:
        raise UnreadableError(reason_of(error)) from None
    finally:
        os.close(handle)


def _read_all(handle: int, size: int) -> bytes:
    """Everything up to the end, which need not be where it was when the file was opened."""
    data = os.read(handle, size + 1)
    while len(data) <= MAX_BYTES:
        more = os.read(handle, _CHUNK) if data else b""
        if not more:
            return data
        data += more
    raise UnreadableError(f"it grew beyond {MAX_BYTES >> 20} MB while it was read")


def reason_of(error: OSError) -> str:
    """The operating system's words for an error, in lower case and without the path."""
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]
