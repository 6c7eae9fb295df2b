"""What a file's text says about its imports: whether a question about a module needs the file understood.

To understand a file costs a hundred times as much as a look at its import statements. What is found here may
be too much (an example in a docstring looks like an import), never too little: of a text that may hold an
import in another way nothing is said, and the file has to be understood.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from weakref import WeakKeyDictionary

from torchgate.config import FileInfo
from torchgate.config_load import file_info
from torchgate.lint.filter import is_plain
from torchgate.lint.imports import prefixes
from torchgate.migrate.project import Migration
from torchgate.semantics.codetext import IN_NAME, code_only
from torchgate.semantics.outline import STAR, Imported, Outline, outline
from torchgate.semantics.searched import Searched
from torchgate.semantics.text import UNFILTERED
from torchgate.semantics.values import Class, Function, Ref

_AS = re.compile(rb"\bas\s+(%s+)" % IN_NAME)
_HIDDEN_AS = re.compile(rb"\bas\s*#|\bas\s+[^\w\s\x80-\xff]")
# A statement that goes on behind backslashes: what has a quote or a comment in it may be something else.
_CONTINUED = re.compile(
    rb"^[ \t\f]*(?:import|from)(?!\w)[^\n#\"'\\]*+(?:\\\r?\n[^\n#\"'\\]*+)++", re.MULTILINE
)
_BACKSLASH = re.compile(rb"\\\r?\n")
_MORE = re.compile(rb"[;{\"']")
# Attributes of a module that give all its others.
WHOLE = frozenset({"__dict__", "__getattribute__", "__setattr__", "__delattr__"})
_STATEMENT = re.compile(rb"(?:import|from)(?!\w)")


class ImportsText:
    """The imports of one file."""

    def __init__(
        self, migration: Migration, info: FileInfo, data: bytes, found: Outline, written: bytes
    ) -> None:
        """``data`` has every import statement in one line, at the place where it is ``written``."""
        self._project = migration.project
        self._info = info
        self._data = data
        self._written = written
        self._found = found
        # The modules and names that it asks for, without what they lead to.
        self.names = frozenset(name for item in found.imports for name in (item.module, item.dotted))
        self.has_star = any(item.name == STAR for item in found.imports)
        self._below: frozenset[str] | None = None
        self._is_settled = False
        self._values: frozenset[tuple[str, str]] = frozenset()
        self._definitions: frozenset[str] = frozenset()
        self._renamed: frozenset[str] | None = None
        self._statements: list[tuple[int, bytes, list[str]]] | None = None
        self._crowded: set[int] = set()
        self._rest: bytes | None = None

    def asks_for(self, module: str) -> bool:
        """Whether some import may name a module, or something below it."""
        if self._below is None:
            self._below = frozenset(part for item in self._found.imports for part in prefixes(item.dotted))
        return module in self._below

    @property
    def text(self) -> str:
        """The whole file."""
        return self._data.decode("utf-8", "replace")

    @property
    def values(self) -> frozenset[tuple[str, str]]:
        """The names that imports bind, each with a dotted name that it may stand for."""
        self._settle()
        return self._values

    @property
    def definitions(self) -> frozenset[str]:
        """The functions and classes that imported names are, where these are known as such."""
        self._settle()
        return self._definitions

    def _settle(self) -> None:
        if not self._is_settled:
            refs = [
                (item.bound, self._project.settle(ref)) for item in self._found.imports for ref in _refs(item)
            ]
            self._values = frozenset((bound, value.dotted) for bound, value in refs if isinstance(value, Ref))
            made = (value for _, value in refs if isinstance(value, Function | Class))
            self._definitions = frozenset(value.dotted for value in made)
            self._is_settled = True

    @property
    def rest(self) -> bytes:
        """The file without its import statements."""
        if self._rest is None:
            parts, end = [], 0
            for start, stop in self._found.spans:
                text = self._data[start:stop]
                # Code may stand behind a semicolon, in the braces of an f-string, and behind the end of a
                # string in which a sentence looks like an import with a bracket.
                if _STATEMENT.match(text.lstrip()) and not _MORE.search(text):
                    parts.append(self._data[end:start])
                    end = stop
            self._rest = b"".join([*parts, self._data[end:]])
        return self._rest

    def uses(self, name: str) -> bool:
        """Whether a name stands anywhere but in import statements."""
        return re.search(rb"(?<!\w)%b(?!\w)" % name.encode(), self.rest) is not None

    def takes(self, name: str) -> bool:
        """Whether a name may be that of another module's: of an attribute, or taken by a star import."""
        if self.has_star:
            return self.uses(name)
        return re.search(rb"\.[\s\\]*%b(?!\w)" % name.encode(), self.rest) is not None

    def gets_hold(self, module: str, name: str, values: Iterable[tuple[str, str]] | None = None) -> bool:
        """Whether a use of an imported package, or of the module, may be more than a read of an attribute
        other than ``name`` of the module. ``values``: those of the imports, where the file was read."""
        packages = frozenset(prefixes(module))
        return any(
            _gets_hold(dotted, links, packages, module, name)
            for bound, dotted in (self.values if values is None else values)
            if dotted in packages
            for links in re.findall(
                rb"(?<![\w.])%b(?!\w)((?:\s*\.\s*%b+)*)" % (bound.encode(), IN_NAME), self.rest
            )
        )

    def renames(self, dotted: str) -> bool:
        """Whether an import may give a definition another name by ``as``."""
        if self._renamed is None:
            named = None if _HIDDEN_AS.search(self._data) else set(_AS.findall(self._data))
            items = (
                item
                for item in self._found.imports
                if item.renamed or named is None or item.bound.encode() in named
            )
            values = (self._project.settle(ref) for item in items for ref in _refs(item))
            self._renamed = frozenset(value.dotted for value in values if isinstance(value, Ref))
        return dotted in self._renamed

    def top_lines(self, module: str) -> list[int] | None:
        """The lines of the statements that name a module, or something below it; None where it is not certain
        that all of them are statements, and stand at the top level."""
        if self._statements is None:
            # With all that stands before them in their lines.
            spans = [(self._data.rfind(b"\n", 0, start) + 1, end) for start, end in self._found.spans]
            self._statements = [
                (start, text, [f"{item.dotted}." for item in outline(text, self._info).imports])
                for start, end in spans
                if (text := self._data[start:end])
            ]
            starts = [start for start, _ in spans]
            # A second one in a line stands behind a semicolon, or in a comment.
            self._crowded = {start for start, after in pairwise(starts) if start == after}
        lines: list[int] = []
        wanted = f"{module}."
        for start, text, names in self._statements:
            if any(name.startswith(wanted) for name in names):
                # In the text before a statement every string has an end.
                alone = start not in self._crowded and _STATEMENT.match(text) and b";" not in text
                if not alone or code_only(self._data[:start]) is None:
                    return None
                lines.append(self._written.count(b"\n", 0, start) + 1)
        return lines


def _gets_hold(dotted: str, links: bytes, packages: frozenset[str], module: str, name: str) -> bool:
    for link in map(str.strip, links.decode().split(".")[1:]):
        if link in WHOLE:
            return True
        if dotted == module:
            return link == name
        dotted = f"{dotted}.{link}"
        if dotted not in packages:
            return False
    return True


def _refs(item: Imported) -> Iterator[Ref]:
    """What the name may be bound to, for programs and for type checkers."""
    if item.name == STAR:
        return
    module = item.module if item.name else ""
    for dotted in {item.dotted, item.given}:
        for type_only in (False, True):
            yield Ref(dotted, type_only=type_only, module=module)


_KNOWN: WeakKeyDictionary[Migration, dict[str, ImportsText | None]] = WeakKeyDictionary()


def imports_text(migration: Migration, path: str) -> ImportsText | None:
    """The imports of a file; None where its text does not tell all of them."""
    known = _KNOWN.setdefault(migration, {})
    if path not in known:
        known[path] = _read(migration, path)
    return known[path]


def _read(migration: Migration, path: str) -> ImportsText | None:
    try:
        data = migration.data(path)
    except OSError:
        return None
    if os.environ.get(UNFILTERED) or not is_plain(Searched(data)):
        return None
    info = file_info(migration.config, path)
    joined = _CONTINUED.sub(_join, data) if b"\\" in data else data
    found = outline(joined, info)
    return ImportsText(migration, info, joined, found, data) if found.certain else None


def _join(match: re.Match[bytes]) -> bytes:
    """An import statement in one line, as long as it was."""
    return _BACKSLASH.sub(lambda end: b" " * len(end[0]), match[0])
