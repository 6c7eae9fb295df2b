"""The words of files, by which the project is searched, and the names by which a definition is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from unicodedata import is_normalized, normalize
from weakref import WeakKeyDictionary

from torchgate.migrate.imports_text import imports_text
from torchgate.migrate.project import Migration
from torchgate.semantics.values import Ref
from torchgate.source import Source, UnreadableError

_DIGITS = b"0123456789"
_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
_BLANKED = bytes(byte if byte in _DIGITS + _LETTERS else 32 for byte in range(256))
_WORD = re.compile(r"[^\W\d]\w*")


def words_of(path: str, data: bytes) -> set[bytes]:
    """The words that a text may mean: as they are written, and as Python reads identifiers (NFKC)."""
    found = set(data.translate(_BLANKED).split())
    numbers = {word for word in found if word[0] in _DIGITS}
    found -= numbers
    found.update(word for number in numbers if (word := number.lstrip(_DIGITS)))  # `1or x`
    head = data[:400]
    if not data.isascii() or b"coding" in head or b"\0" in head:
        try:
            text = Source(path, data).text
        except UnreadableError:
            text = data.decode("utf-8", "replace")
        found.update(word.encode("utf-8", "replace") for word in _WORD.findall(text))
        if not is_normalized("NFKC", text):
            found.update(word.encode("utf-8", "replace") for word in _WORD.findall(normalize("NFKC", text)))
    return found


_KNOWN: WeakKeyDictionary[Migration, dict[str, set[bytes]]] = WeakKeyDictionary()


def words_in(migration: Migration, path: str, data: bytes) -> set[bytes]:
    """The same of a file of the project, whose content ``data`` is."""
    known = _KNOWN.setdefault(migration, {})
    if path not in known:
        known[path] = words_of(path, data)
    return known[path]


def names_of_definition(
    migration: Migration, dotted: str, holding: Callable[[str], Iterable[str]]
) -> frozenset[str]:
    """The last names under which the project's modules know a definition: its own, and those that
    ``import ... as`` gives it, here or on the way through a re-export. ``holding`` gives the files that hold
    a word."""
    found: set[str] = {dotted.rpartition(".")[2]}
    own = dotted.partition(".")[0] in migration.config.project_names
    size = 0
    while size < len(found):
        size = len(found)
        for path in sorted({path for name in found for path in holding(name)}):
            leads = migration.leads.get(path)
            if leads is not None and own:
                found.update(name for value, name in leads.renamed if value == dotted)
                continue
            text = imports_text(migration, path)
            unit = migration.unit(path) if text is None or text.renames(dotted) else None
            for item in unit.module.imports if unit is not None else ():
                if item.alias.asname and isinstance(item.value, Ref) and item.value.dotted == dotted:
                    found.add(item.bound)
    return frozenset(found)
