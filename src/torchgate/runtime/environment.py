"""The process's environment as C libraries see it, which is not always what ``os.environ`` says.

cuBLAS and the driver ask the C library. ``os.putenv``, or an extension module's ``setenv``, changes its
answer and leaves ``os.environ`` as it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache


def in_c(name: str) -> str | None:
    """The variable as C libraries see it; as ``os.environ`` says where they cannot be asked.

    They cannot on Windows, nor in a Python without ctypes.
    """
    getenv = _getenv()
    if getenv is None:
        return os.environ.get(name)
    value = getenv(os.fsencode(name))
    return None if value is None else os.fsdecode(value)


@cache
def _getenv() -> Callable[[bytes], bytes | None] | None:
    try:
        import ctypes

        getenv = ctypes.CDLL(None).getenv
    except (ImportError, OSError, TypeError, AttributeError):
        return None
    getenv.argtypes, getenv.restype = [ctypes.c_char_p], ctypes.c_char_p
    return getenv
