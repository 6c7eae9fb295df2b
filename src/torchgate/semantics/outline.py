"""A file's import statements, read off its bytes without parsing it.

What is found may be too much (an example in a docstring looks like an import), never too little: a spelling
that this reading does not follow makes the outline uncertain, and whoever asks must parse the file then.
"""

from __future__ import annotations

import re
from functools import lru_cache

from torchgate.semantics.calls import absolute_name
from torchgate.source import BOM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.config import FileInfo

STAR = "*"
_BLANK = b" \t\f"
# Literal text stands first, so that `re` looks for it at the speed of memory.
# Behind a quote or a brace, which no statement has, code may go on: `f("x: import y", z)`.
# It may end a name, and stand behind a byte order mark.
# The longer words are seen on the way.
_IMPORT = re.compile(
    rb"import(?:(?!\w)(?:(?<![\w\x80-\xff]import)|(?<=\A%bimport))[ \t\f]*([^\n;#'\"{]*)|__|lib|orskip)" % BOM
)
LONGER = (b"__import__", b"importlib", b"importorskip")
_FROM = re.compile(rb"(?<!\w)(?:lazy[ \t\f]+)?from(?!\w)([.\w \t\f\x80-\xff]*)\Z")
_CONTINUED = re.compile(rb"\\\r?\n[^\n]*?import(?!\w)")
# The end of the names in brackets, and comments among them, unless a string ends there.
_NAMES_END = re.compile(rb"[)'\"{]|#(?:(?!\"\"\"|''')[^\n])*+")
_LONG = 1000


class Imported:
    """One name of an import statement: ``from module import name as bound``.

    ``module`` is absolute. ``name`` is empty for ``import module``, ``*`` for a star. ``bound`` is the name
    that it gives in the file (``a`` for ``import a.b``), ``renamed`` whether that is another one. ``dotted``
    is the absolute name asked for, ``given`` the dotted name that ``bound`` stands for.
    """

    __slots__ = ("bound", "dotted", "given", "module", "name", "renamed")

    def __init__(self, module: str, name: str, bound: str) -> None:
        plain = name or module.partition(".")[0]
        self.module = module
        self.name = name
        self.bound = bound or plain
        self.renamed = self.bound != plain
        self.dotted = f"{module}.{name}" if name and name != STAR else module
        self.given = self.dotted if name or self.renamed else self.bound

    def __reduce__(self) -> tuple[type[Imported], tuple[str, str, str]]:
        """As it was made: tens of thousands go from process to process."""
        return Imported, (self.module, self.name, self.bound)

    def __repr__(self) -> str:
        return f"Imported({self.module!r}, {self.name!r}, {self.bound!r})"


class Outline:
    """The imports of one file. ``spans``: where their statements stand, in bytes; ``text``: what these are,
    without examples in docstrings. Where it is not ``certain`` there may be others. ``has_longer``: whether
    one of ``LONGER`` may be in the file."""

    __slots__ = ("certain", "has_longer", "imports", "spans", "text")

    def __init__(self) -> None:
        self.imports: list[Imported] = []
        self.spans: list[tuple[int, int]] = []
        self.text = b""
        self.certain = True
        self.has_longer = False


def outline(data: bytes, info: FileInfo) -> Outline:
    """Read the imports of a file in which ASCII bytes mean ASCII characters.

    A statement begins a line, or follows ``:`` or ``;``. It may go on within brackets, which is followed, or
    behind a backslash, which is not.
    """
    found = Outline()
    if b"\r" in data and b"\r" in data.replace(b"\r\n", b"\n"):
        found.certain = False  # lines that end with a lone CR
    if b"\\" in data and _CONTINUED.search(data):
        found.certain = False
    own = info.module_name
    package = own if info.is_package else own.rpartition(".")[0]
    texts: list[bytes] = []
    for match in _IMPORT.finditer(data):
        start, names, end = match.start(), match.start(1), match.end()
        if names < 0:
            found.has_longer = True
            continue
        line = data.rfind(b"\n", 0, start) + 1
        if data[names : names + 1] == b"(" and b"from" in data[line:start]:
            end = _names(data, names + 1)[1]
        read = _statement if end - line < _LONG else _statement.__wrapped__
        statement = read(data[line:end], start - line, names - line, match.end() - line, not line)
        if statement is None:
            continue  # prose
        items, level, module, certain, first, last, shown = statement
        if level:
            module = absolute_name(package, level, module)
            # Without a module the import leaves the package, and nothing is known of what it gives.
            items = [_imported(module, item.name, item.bound) for item in items] if module else []
        found.imports += items
        found.certain = found.certain and certain
        found.spans.append((line + first, line + last))
        if shown:
            texts.append(shown)
    found.text = b"\n".join(texts)
    return found


# Files of one project import the same again and again: what is short enough is read once, and is one object.

_imported = lru_cache(maxsize=1 << 16)(Imported)


@lru_cache(maxsize=1 << 14)
def _statement(
    text: bytes, start: int, names: int, end: int, is_first: bool
) -> tuple[list[Imported], int, str, bool, int, int, bytes] | None:
    """A text from the beginning of a line to the end of an import statement: what it imports; the dots and
    the module, where it is relative; whether that is certain; where the statement begins and ends; what it
    is, unless it is an example. None where it is none. ``start`` is where ``import`` stands, ``names`` and
    ``end`` what is behind it in its line; the first line of a file may have a byte order mark."""
    line = text[:start]
    head = (line.removeprefix(BOM) if is_first else line).strip(_BLANK)
    last = shown = end
    level, module = 0, ""
    behind = head.removesuffix(b"lazy").rstrip(_BLANK)  # Python 3.15: `lazy import torch`
    if not behind or behind[-1] in b":;":
        items, certain = _plain(text[names:end])
        first = start if behind == head else line.rfind(b"lazy")
    elif b"from" in head:
        brackets = text[names : names + 1] == b"("
        found = _from(head, _names(text, names + 1)[0] if brackets else text[names:end])
        if found is None:
            return None
        level, module, items, certain, before = found
        first = line.find(head) + before
        last = shown = len(text)
        if b"'" in head or b'"' in head:  # it may be in a string: who knows where that ends
            last = names
            certain = certain and b"\n" not in text[names:]
        elif b"#" in head:  # in a comment
            shown = last = end
    else:
        return None
    return items, level, module, certain, first, last, b"" if _is_example(head) else text[first:shown]


def _is_example(head: bytes) -> bool:
    """Whether a line is that of a doctest, and not code behind a string that ends there."""
    return head[:3] == b">>>" and b'"' not in head and b"'" not in head


def _names(data: bytes, start: int) -> tuple[bytes, int]:
    """The text of the names behind a bracket, without comments, and where it ends."""
    parts: list[bytes] = []
    for match in _NAMES_END.finditer(data, start):
        parts.append(data[start : match.start()])
        start = match.end()
        if match[0][:1] != b"#":
            return b" ".join(parts), start
    return b" ".join([*parts, data[start:]]), len(data)


def _items(text: bytes) -> list[str]:
    """What commas separate, with single blanks; the decoding is right for names or finds that it is none."""
    plain = " ".join(text.decode("utf-8", "replace").split())
    return [item.strip() for item in plain.split(",") if item.strip()]


def _plain(names: bytes) -> tuple[list[Imported], bool]:
    """``import a.b as c, d``: what it imports, and whether that is certain. What is no name is prose; a
    backslash may hide more."""
    found: list[Imported] = []
    items = _items(names)
    for item in items:
        module, _, bound = item.partition(" as ")
        if _is_name(module):
            found.append(_imported(module.replace(" ", ""), "", bound))
    return found, not any("\\" in item for item in items)


def _from(head: bytes, names: bytes) -> tuple[int, str, list[Imported], bool, int] | None:
    """``from ..a import b as c``: the dots, the module, what it imports, whether that is certain, and where
    the statement begins; None where what stands before ``import`` is prose."""
    found = _FROM.search(head)
    if found is None:
        return None
    origin = " ".join(found[1].decode("utf-8", "replace").split())
    module = origin.replace(" ", "")
    level = len(module) - len(module.lstrip("."))
    module = module[level:]
    if module and not _is_name(origin.lstrip(". ")):
        return 0, "", [], True, found.start()  # several words: prose
    imports: list[Imported] = []
    for item in _items(names) if module or level else ():
        name, _, bound = item.partition(" as ")
        if name == STAR or _is_name(name):
            imports.append(_imported(module, name, bound))
    return level, module, imports, b"\\" not in names, found.start()


def _is_name(text: str) -> bool:
    """Whether a text is a dotted name; Python knows letters that ``re`` does not."""
    return text.isidentifier() or all(part.strip(" ").isidentifier() for part in text.split("."))
