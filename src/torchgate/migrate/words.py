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

_IN_WORD = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
_BLANKED = bytes(byte if byte in _IN_WORD else 32 for byte in range(256))
# Numbers, and what stands behind one: `1or x`.
_NUMBER = re.compile(rb"(?<![^ ])[0-9]+([a-zA-Z0-9_]*)")
_WORD = re.compile(r"[^\W\d]\w*")


def words_of(path: str, data: bytes) -> set[bytes]:
    """The words that a text may mean: as they are written, and as Python reads identifiers (NFKC)."""
    found = set(data.translate(_BLANKED).split())
    numbers = [*_NUMBER.finditer(b" ".join(found))]
    found.difference_update(number[0] for number in numbers)
    found.update(number[1] for number in numbers if number[1])
    text = _beyond_ascii(path, data)
    if text:
        found.update(word.encode("utf-8", "replace") for word in _WORD.findall(text))
        if not is_normalized("NFKC", text):
            found.update(word.encode("utf-8", "replace") for word in _WORD.findall(normalize("NFKC", text)))
    return found


def _beyond_ascii(path: str, data: bytes) -> str:
    """The text in which there may be words that the bytes do not show: no word goes over the end of a
    line."""
    head = data[:400]
    if b"coding" in head or b"\0" in head:
        try:
            return Source(path, data).text
        except UnreadableError:
            return data.decode("utf-8", "replace")
    if data.isascii():
        return ""
    lines = data.decode("utf-8", "replace").splitlines()
    return "\n".join(line for line in lines if not line.isascii())


_KNOWN: WeakKeyDictionary[Migration, dict[str, set[bytes]]] = WeakKeyDictionary()


def words_in(migration: Migration, path: str, data: bytes | None = None) -> set[bytes]:
    """The same of a file of the project; ``data``: its content, if that is known.

    Raises:
        OSError: it cannot be opened.
    """
    known = _KNOWN.setdefault(migration, {})
    if path not in known:
        leads = migration.leads.get(path)
        told = leads is not None and leads.words
        if told:
            known[path] = set(told.split())
        else:
            known[path] = words_of(path, migration.data(path) if data is None else data)
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
