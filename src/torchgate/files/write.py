"""Writes one file so that a reader sees the old content or the new one, never a part."""

from __future__ import annotations

import os


def write_atomically(path: str, text: str) -> None:
    """Replace ``path`` by ``text`` in UTF-8. What is no regular file (``/dev/stdout``) is written to.

    Raises:
        OSError: it cannot be written; the old content then still stands.
    """
    target = os.path.realpath(path)
    data = text.encode("utf-8", "backslashreplace")
    if os.path.exists(target) and not os.path.isfile(target):
        with open(target, "wb") as stream:
            stream.write(data)
        return
    temporary = f"{target}.{os.getpid()}.tmp"
    try:
        with open(temporary, "xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if os.path.exists(target):
            os.chmod(temporary, os.stat(target).st_mode & 0o7777)
        os.replace(temporary, target)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
