"""What decides about all outcomes at once, as one text: torchgate, Python, configuration, selection."""

from __future__ import annotations

import os

import torchgate
from torchgate.cache.replay import process_identity, signature
from torchgate.cache.sealed import NoCacheError, digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from torchgate.config import Config
    from torchgate.lint.rule import Rule
    from torchgate.lint.selection import Overrides

# A new name at the top of a project is asked for by name: only who asked depends on it.
_ASKED_FOR = ("project_names",)
_MARGIN_NS = 100_000_000


def own_files() -> list[str]:
    """torchgate's own files: a checkout that is being worked on has one version and many contents.

    Raises:
        NoCacheError: it does not run from a folder.
    """
    found: list[str] = []
    waiting = [os.path.dirname(os.path.abspath(torchgate.__file__))]
    try:
        while waiting:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir():
                        if entry.name != "__pycache__":
                            waiting.append(entry.path)
                    elif not entry.name.endswith((".pyc", "~")) and entry.name[0] != ".":
                        found.append(entry.path)
    except OSError as error:
        raise NoCacheError(f"torchgate's own source: {error.strerror or error}") from None
    return sorted(found)


def tool_digest() -> str:
    """Which torchgate this is, by its source, and which Python.

    Raises:
        NoCacheError: the source cannot be read.
    """
    parts = [process_identity(), torchgate.__version__.encode()]
    for path in own_files():
        try:
            with open(path, "rb") as stream:
                parts += [os.fsencode(os.path.basename(path)), stream.read()]
        except OSError as error:
            raise NoCacheError(f"torchgate's own source: {error.strerror or error}") from None
    return digest(*parts)


def own_state() -> tuple[str, int]:
    """A text that changes when ``tool_digest`` does, and when torchgate's files last changed, in nanoseconds:
    the text counts only where they are at rest.

    Raises:
        NoCacheError: the source cannot be looked at.
    """
    parts = [process_identity()]
    newest_ns = 0
    for path in own_files():
        try:
            status = os.stat(path)
        except OSError as error:
            raise NoCacheError(f"torchgate's own source: {error.strerror or error}") from None
        parts += [os.fsencode(path), signature(status).encode()]
        newest_ns = max(newest_ns, status.st_ctime_ns)
    return digest(*parts), newest_ns


def refuse_if_changed(since_ns: int) -> None:
    """A run that began at ``since_ns`` may have loaded one part of torchgate before an edit and one after.

    Raises:
        NoCacheError: torchgate's own source is younger than that.
    """
    for path in own_files():
        try:
            status = os.stat(path)
        except OSError as error:
            raise NoCacheError(f"torchgate's own source: {error.strerror or error}") from None
        if max(status.st_mtime_ns, status.st_ctime_ns) > since_ns - _MARGIN_NS:
            raise NoCacheError("torchgate's own source has just changed")


def settings_digest(tool: str, config: Config, overrides: Overrides, rules: Sequence[Rule]) -> str:
    """Everything but the files: the same text means that the same content gives the same outcome."""
    listed = [
        (rule.code, rule.name, rule.fix, rule.opt_in, rule.preview, sorted(rule.skips), _where(rule))
        for rule in rules
    ]
    parts = (tool, _plain(config), _plain(overrides), listed)
    return digest(repr(parts).encode("utf-8", "backslashreplace"))


def file_settings(tool: str, config: Config, manner: str) -> str:
    """The same for the flake8 plugin, before a rule is loaded: which ones there are stands in torchgate's
    source. ``manner``: how it has them run."""
    return digest(repr((tool, _plain(config), manner)).encode("utf-8", "backslashreplace"))


def _where(rule: Rule) -> str:
    return f"{rule.check.__module__}.{rule.check.__qualname__}"


def _plain(value: object) -> object:
    """A value whose text has the same order in every process."""
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, dict):
        return [(key, _plain(item)) for key, item in value.items()]
    slots: Sequence[str] | None = getattr(type(value), "__slots__", None)
    if slots and type(value).__module__.startswith("torchgate."):
        return [(name, _plain(getattr(value, name))) for name in slots if name not in _ASKED_FOR]
    return value
