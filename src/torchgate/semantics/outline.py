"""A file's import statements, read off its bytes without parsing it.

What is found may be too much (an example in a docstring looks like an import), never too little: a spelling
that this reading does not follow makes the outline uncertain, and whoever asks must parse the file then.
"""

from __future__ import annotations

import re

from torchgate.semantics.calls import absolute_name
from torchgate.source import BOM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.config import FileInfo

STAR = "*"
_BLANK = b" \t\f"
# Literal text stands first, so that `re` looks for it at the speed of memory.
_IMPORT = re.compile(rb"import(?!\w)[ \t\f]*([^\n;#]*)")
_FROM = re.compile(rb"(?<!\w)from(?!\w)([.\w \t\f\x80-\xff]*)\Z")
_CONTINUED = re.compile(rb"\\\r?\n[^\n]*?import(?!\w)")
_CONTINUES = re.compile(rb"\\\r?(?:\n|\Z)")
_NAME = re.compile(r"[^\W\d]\w*(?: ?\. ?[^\W\d]\w*)*\Z")


class Imported:
    """One name of an import statement: ``from module import name as bound``.

    ``module`` is absolute. ``name`` is empty for ``import module``, ``*`` for a star. ``bound`` is the name
    that it gives in the file (``a`` for ``import a.b``), ``renamed`` whether that is another one.
    """

    __slots__ = ("bound", "module", "name", "renamed")

    def __init__(self, module: str, name: str, bound: str) -> None:
        plain = name or module.partition(".")[0]
        self.module = module
        self.name = name
        self.bound = bound or plain
        self.renamed = self.bound != plain

    @property
    def dotted(self) -> str:
        """The absolute name asked for."""
        return f"{self.module}.{self.name}" if self.name and self.name != STAR else self.module

    @property
    def given(self) -> str:
        """The dotted name that ``bound`` stands for."""
        return self.dotted if self.name or self.renamed else self.bound

    def __repr__(self) -> str:
        return f"Imported({self.module!r}, {self.name!r}, {self.bound!r})"


class Outline:
    """The imports of one file. ``spans``: where their statements stand, in bytes. Where it is not
    ``certain`` there may be others."""

    __slots__ = ("certain", "imports", "spans")

    def __init__(self) -> None:
        self.imports: list[Imported] = []
        self.spans: list[tuple[int, int]] = []
        self.certain = True


def statements(data: bytes) -> bytes | None:
    """The text of a file's import statements, one a line, and whatever looks like one; None where a statement
    goes on behind a backslash, or ends with a lone CR."""
    if b"\\" in data and _CONTINUED.search(data):
        return None
    if b"\r" in data and b"\r" in data.replace(b"\r\n", b"\n"):
        return None  # lines that end with a lone CR
    found: list[bytes] = []
    for match in _IMPORT.finditer(data):
        start = match.start()
        line = data.rfind(b"\n", 0, start) + 1
        head = _head(data, line, start)
        if head and (_is_example(head) or (head[-1] not in b":;" and b"from" not in head)):
            continue  # or prose
        found.append(data[line : match.end()])
        if match[1][:1] == b"(" and b")" not in match[1]:
            found.append(_names(data, match)[0])
    text = b"\n".join(found)
    return None if b"\\" in text and _CONTINUES.search(text) else text


def outline(data: bytes, info: FileInfo) -> Outline:
    """Read the imports of a file in which ASCII bytes mean ASCII characters.

    A statement begins a line, or follows ``:`` or ``;``. It may go on within brackets, which is followed, or
    behind a backslash, which is not.
    """
    found = Outline()
    if b"\r" in data and b"\r" in data.replace(b"\r\n", b"\n"):
        found.certain = False  # lines that end with a lone CR
    for match in _IMPORT.finditer(data):
        start = match.start()
        line = data.rfind(b"\n", 0, start) + 1
        if data[max(line - 3, 0) : line].rstrip(b"\r\n").endswith(b"\\"):
            found.certain = False
        head = _head(data, line, start)
        if not head or head[-1] in b":;":
            _plain(found, _items(match[1]))
            found.spans.append((line, match.end()))
        elif (origin := _FROM.search(data, line, start)) is not None:
            names, end = _names(data, match)
            _from(found, origin[1], names, info)
            found.spans.append((line, end))
    return found


def _head(data: bytes, line: int, start: int) -> bytes:
    """What stands before ``import`` in its line."""
    head = data[line:start]
    return (head if line else head.removeprefix(BOM)).strip(_BLANK)


def _is_example(head: bytes) -> bool:
    """Whether a line is that of a doctest, and not code behind a string that ends there."""
    return head[:3] == b">>>" and b'"' not in head and b"'" not in head


def _names(data: bytes, match: re.Match[bytes]) -> tuple[bytes, int]:
    """The text of the names after ``import``, without brackets and comments, and where it ends."""
    if not match[1].startswith(b"("):
        return match[1], match.end()
    parts: list[bytes] = []
    position = match.start(1) + 1
    while True:
        end = data.find(b"\n", position)
        end = len(data) if end < 0 else end
        code, closed, _ = data[position:end].partition(b"#")[0].partition(b")")
        parts.append(code)
        position = end + 1
        if closed or position > len(data):
            return b" ".join(parts), end


def _items(text: bytes) -> list[str]:
    """What commas separate, with single blanks; the decoding is right for names or finds that it is none."""
    plain = " ".join(text.decode("utf-8", "replace").split())
    return [item.strip() for item in plain.split(",") if item.strip()]


def _plain(found: Outline, items: list[str]) -> None:
    """``import a.b as c, d``. What is no name is prose; a backslash may hide more."""
    for item in items:
        module, _, bound = item.partition(" as ")
        found.certain = found.certain and "\\" not in item
        if _NAME.match(module):
            found.imports.append(Imported(module.replace(" ", ""), "", bound))


def _from(found: Outline, origin: bytes, names: bytes, info: FileInfo) -> None:
    """``from .a import b as c``."""
    spaced = " ".join(origin.decode("utf-8", "replace").split())
    module = spaced.replace(" ", "")
    level = len(module) - len(module.lstrip("."))
    if module[level:] and not _NAME.match(spaced.lstrip(". ")):
        return  # several words: prose
    if level:
        own = info.module_name
        package = own if info.is_package else own.rpartition(".")[0]
        module = absolute_name(package, level, module[level:])
    found.certain = found.certain and b"\\" not in names
    for item in _items(names):
        name, _, bound = item.partition(" as ")
        # Without a module the import leaves the package, and nothing is known of what it gives.
        if module and (name == STAR or _NAME.match(name)):
            found.imports.append(Imported(module, name, bound))
