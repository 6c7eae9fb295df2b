"""Where names that matter come from, looked for in a file's bytes: what is not found there is not there.

Values are certain only where their origin is: torch comes from an import statement of it, from a loader
(``importlib``), from the handle (a parameter of its name, the effect), or from another module of the project
(``torchgate.lint.filter``). A name of the standard library comes from an import statement too. So a few
searches tell what a rule cannot find in a file, without a parser. All answers are on the safe side.
"""

from __future__ import annotations

import re
from itertools import pairwise

from torchgate.config import matches_module
from torchgate.semantics.codetext import IN_NAME, is_attribute
from torchgate.semantics.known import (
    ANYTHING,
    EFFECTS,
    FACADES,
    GATES,
    HANDLE,
    HELPERS,
    IMPLICIT,
    KNOWN_WORDS,
    LOADERS,
    TORCH,
)
from torchgate.semantics.outline import STAR
from torchgate.semantics.textreads import computes_of, has_text_reads, is_computing, is_text, uses_globals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torchgate.config import Config, FileInfo
    from torchgate.semantics.outline import Imported, Outline
    from torchgate.semantics.searched import Searched

# Uses that neither change nor hand on anything.
_HARMLESS = {
    "os.environ": rb"\.(?:get|copy|items|keys|values)\(",
    "sys.modules": rb"\[__name__\]",
}
_LOADING_WORDS = (b"__import__", b"__lazy_import__", b"__builtins__")
_RUNNERS = (b"exec", b"eval", b"compile")
# Modules whose names stand in too many files to look closer for that alone.
_COMMON_ROOTS = frozenset({"operator", "os", "pytest", "sys"})
_COMMON_WORDS = frozenset(root.encode() for root in _COMMON_ROOTS)
_WORDS = re.compile(IN_NAME + rb"+")
_SYS_MODULES = re.compile(rb"sys\s*\.\s*modules(?!\[__name__\])")
_BARE_SYS = re.compile(rb"sys(?!\w)(?!\s*\.\s*[A-Za-z])")
# Behind the literal text, a look back costs nothing where that is not.
_BARE_COMMON = {
    word: re.compile(word + rb"(?<!\w" + word + rb")(?!\w)(?!\s*\.\s*[A-Za-z])") for word in _COMMON_WORDS
}
_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_BLANK = b" \t\f\r\n\\"
# What follows the name of a parameter or field.
_PARAMETER_END = rb"(?=[\s\\]*(?:#|[,):=]))"
_LONG = 80  # so much is looked at of what stands before a name
_CALLED = re.compile(IN_NAME + rb"+[ \t\f]*\(\Z")
_DOT = rb"[ \t\f\r\n]*\.[ \t\f\r\n]*"


class Sources:
    """The sources of one configuration. ``names``: the names of the standard library that rules look for."""

    def __init__(self, config: Config, names: Iterable[str] = ()) -> None:
        self.config = config
        self.names = {name: _Name(name) for name in {*names, *LOADERS}}
        self._roots = {name.partition(".")[0]: _root(name.partition(".")[0]) for name in self.names}
        self.gates = {*config.gated_packages, "torch"}
        self._handles = {
            name.encode(): re.compile(re.escape(name.encode()) + _PARAMETER_END)
            for name in config.handle_names
        }
        # torchgate's own reach a project by an import of torchgate.
        own = "torchgate" in config.project_names
        self._effects = [
            _last(name) for name in config.effect_functions if own or not name.startswith("torchgate.")
        ]
        self._helpers = {_last(name): _whole_word(_last(name)) for name in config.default_helpers}
        self._facades = [_last(name.removesuffix(".*")) for name in config.facade_modules]
        # What a file with one of these kinds has among its words.
        self.words = frozenset([*self._effects, *self._helpers, *self._facades])
        self._runners = {word: _whole_word(word) for word in _RUNNERS}
        self._by_dotted: dict[str, set[str]] = {}  # what an import of a name is
        self._quick = _Quick(config, self)

    def of(self, text: Searched, info: FileInfo) -> set[str]:
        """The kinds of source that a file may hold. Hardly any has one: a look that costs little tells."""
        found = text.outline(info)
        if not found.certain or info.is_runtime:
            return {ANYTHING}
        words = _WORDS.findall(found.text)
        in_imports = self._quick.in_imports(words, info.module_name)
        in_text = self._quick.in_text(text, found.text, words)
        if not in_imports and not in_text:
            return set()
        return self._look(text, text, info, in_text)

    def in_code(self, text: Searched, info: FileInfo) -> set[str]:
        """The same, in the part of a file that is its code."""
        return self._look(text.code, text, info, True)

    def _look(self, code: Searched, text: Searched, info: FileInfo, in_text: bool) -> set[str]:
        found = code.outline(info)
        if not found.certain:
            return {ANYTHING}
        kinds: set[str] = set()
        for item in found.imports:
            own = self._by_dotted.get(item.dotted)
            if own is None:
                own = self._by_dotted[item.dotted] = self._by_import(item)
            kinds |= own
        if not in_text:
            return kinds
        kinds |= self._by_name(code, text, found)
        if not kinds.isdisjoint(LOADERS) or self.loads(code) or self._computes(text, found):
            kinds.add(ANYTHING)
        if any(
            text.has(word) and _is_given(shape, text.data, found) for word, shape in self._helpers.items()
        ):
            kinds.add(HELPERS)
        self._by_word(text if has_text_reads(text) else code, kinds)
        return kinds

    def _by_word(self, text: Searched, kinds: set[str]) -> None:
        if self.has_handle(text):
            kinds |= {HANDLE, TORCH}
        if any(map(text.has, self._effects)):
            kinds |= {EFFECTS, HANDLE, TORCH}
        if any(b"*" in word or text.has(word) for word in self._facades):
            kinds.add(FACADES)

    # Import statements.

    def _by_import(self, item: Imported) -> set[str]:
        config = self.config
        root = item.module.partition(".")[0]
        kinds: set[str] = set()
        if root in self.gates:
            kinds.add(TORCH)
        if root == "torchgate":
            kinds |= {GATES, EFFECTS, HANDLE, TORCH}
        for name in _prefixes(item.dotted):  # whether or not there is such a module
            if matches_module(name, config.runtime_modules):
                kinds |= {GATES, EFFECTS, HANDLE, TORCH}
            elif matches_module(name, config.torch_bound_modules):
                kinds.add(GATES)
        if root not in config.project_names and not config.implicit_torch_packages.isdisjoint(
            _prefixes(item.dotted)
        ):
            kinds.add(IMPLICIT)
        if config.facade_modules and any(
            matches_module(name, config.facade_modules) for name in _prefixes(item.dotted)
        ):
            kinds.add(FACADES)
        return kinds

    # Names of the standard library.

    def _by_name(self, code: Searched, text: Searched, found: Outline) -> set[str]:
        held: set[str] = set()
        direct: set[str] = set()  # the roots that an import binds under their own names
        for item in found.imports:
            root = item.module.partition(".")[0]
            if item.name in self._roots and item.renamed:  # `from compat import os as system`
                held |= self._names_of(item.name)
            elif item.name in self._roots:  # `from compat import os`
                direct.add(item.name)
            elif item.name == STAR and root in self.config.project_names:
                direct.update(self._roots)
            if root not in self._roots:
                continue
            if not item.name and not item.renamed:
                direct.add(root)
            held.update(name for name in self.names if _gives(item, name))
        rest = _without(code.data, found.spans)
        by_globals = uses_globals(text)
        by_text = has_text_reads(text)
        for root in self._roots:
            if text.has(root.encode()) and (
                (by_globals and root in direct)
                or (by_text and is_text(root, text))
                or self._is_bare(root, rest, root in direct)
            ):
                held |= self._names_of(root)
        # Whatever gives the module (`app.compat.os.environ`), the chain ends in the same way.
        computes = is_computing(text)
        held.update(name for name, searched in self.names.items() if searched.is_in(code, computes))
        return held

    def _names_of(self, root: str) -> set[str]:
        return {name for name, searched in self.names.items() if searched.root == root}

    def _is_bare(self, root: str, code: bytes, is_bound: bool) -> bool:
        """Whether a module is used in another way than ``root.name``: handed on, bound to another name. Where
        no import binds it, another module may have it: ``app.compat.os``."""
        return any(is_bound or is_attribute(code, at) for at in _places(self._roots[root], code))

    # Everything else.

    def loads(self, text: Searched) -> bool:
        """Whether a loader, or what runs text, is used by its own name."""
        if any(map(text.has, _LOADING_WORDS)):
            return True
        data = text.data
        return any(
            data[start - 1 : start] != b"." and not is_word_end(data, start)
            for word, shape in self._runners.items()
            for start in text.places(word, shape)
        )

    def _computes(self, text: Searched, found: Outline) -> bool:
        """Whether an attribute of an imported module may be read by a computed name. What gets under another
        name first (``y = module``) was handed on; a name that is put together in two places at once, both
        apart from where it is used, is not seen."""
        return computes_of({item.bound.encode() for item in found.imports}, text)

    def has_handle(self, text: Searched) -> bool:
        """Whether a parameter or field may be the handle, by its name."""
        return any(
            _is_parameter(text.data, start)
            for word, shape in self._handles.items()
            for start in text.places(word, shape)
        )


class _Quick:
    """Words without which no source is in a file: first in its import statements, which are a small part of
    it, then in all of it."""

    def __init__(self, config: Config, sources: Sources) -> None:
        self._sources = sources
        patterns = (*config.runtime_modules, *config.torch_bound_modules, *config.facade_modules)
        words = {word for pattern in patterns for word in _plain_parts(pattern)}
        # A pattern of nothing but `*` is in every name.
        self._everything = any(not _plain_parts(pattern) for pattern in patterns)
        tops = {name.partition(".")[0] for name in config.implicit_torch_packages}
        tops -= {top for top in tops if top in config.project_names}
        names = sources.names
        words |= sources.gates | tops | {"torchgate"}
        self._names = frozenset(name.rpartition(".")[2].encode() for name in names)
        self._imported = frozenset(word.encode() for word in words)
        roots = {name.partition(".")[0] for name in names}
        self._renamed = frozenset(name.encode() for name in roots | KNOWN_WORDS)
        self._needles = sorted(
            {
                *(root.encode() for root in roots - _COMMON_ROOTS),
                *(_last(name) for name in names if name.partition(".")[0] in _COMMON_ROOTS - {"sys"}),
                *sources.words,
            }
        )

    def in_imports(self, words: list[bytes], module_name: str) -> bool:
        """Whether the import statements, of which these are the words, may bring in a source."""
        if self._everything or not self._imported.isdisjoint(words):
            return True
        return bool(module_name) and not self._imported.isdisjoint(module_name.encode().split(b"."))

    def in_text(self, text: Searched, imports: bytes, words: list[bytes]) -> bool:
        """Whether something else in the file may be a source."""
        if not self._names.isdisjoint(words):
            return True
        if b"as" in words and any(
            after == b"as" and word in self._renamed for word, after in pairwise(words)
        ):
            return True
        if any(map(text.has, self._needles)):
            return True
        data = text.data
        if (
            text.has(b"modules")
            and text.has(b"sys")
            and (_SYS_MODULES.search(data) or len(_BARE_SYS.findall(data)) > len(_BARE_SYS.findall(imports)))
        ):
            return True
        if self._sources.loads(text):
            return True
        if is_computing(text) and (
            computes_of(set(words), text)
            or any(
                len(text.places(word, bare)) > len(bare.findall(imports))
                for word, bare in _BARE_COMMON.items()
            )
            or (uses_globals(text) and not _COMMON_WORDS.isdisjoint(words))
        ):
            return True
        return self._sources.has_handle(text)


class _Name:
    """How a dotted name of the standard library is looked for: by its chain, and by its last part alone where
    it may be that of a module that was reached by a text."""

    __slots__ = ("_alone", "_harmless", "_needle", "_root", "_used", "root")

    def __init__(self, name: str) -> None:
        self.root, dot, last = name.partition(".")
        self._root = self.root.encode()
        self._needle = name.rpartition(".")[2].encode()
        chain = _DOT.join(part.encode() for part in name.split("."))
        harmless = rb"(?:" + _HARMLESS.get(name, rb"(?!)") + rb")"
        self._used = re.compile(chain + rb"(?!\w)(?!" + harmless + rb")") if dot else None
        self._harmless = re.compile(chain + harmless)
        common = last in ("enumerate", "modules", "reload", "util")
        self._alone = None if common else re.compile(self._needle + rb"(?<!\w" + self._needle + rb")(?!\w)")

    def is_in(self, code: Searched, computes: bool) -> bool:
        """Whether the name is used; ``computes``: whether attributes are read by texts that are computed."""
        alone = self._alone if computes else None
        if (alone is None and not code.has(self._root)) or not code.has(self._needle):
            return False
        if self._used is None or self._used.search(code.data):
            return True
        return alone is not None and len(alone.findall(code.data)) > len(self._harmless.findall(code.data))


def _gives(item: Imported, name: str) -> bool:
    """Whether an import statement binds ``name``, or something that ``name`` lies in, to a name that does not
    begin its chain."""
    asked = item.dotted
    if asked == name or asked.startswith(f"{name}."):
        return True
    return name.startswith(f"{asked}.") and (bool(item.name) or item.renamed)


def _root(name: str) -> re.Pattern[bytes]:
    return re.compile(name.encode() + rb"(?!\w)(?!" + _DOT + rb"[A-Za-z])")


def _without(data: bytes, spans: Iterable[tuple[int, int]]) -> bytes:
    """The text outside some places."""
    parts: list[bytes] = []
    end = 0
    for first, last in spans:
        parts.append(data[end:first])
        end = max(end, last)
    return b"\n".join([*parts, data[end:]])


def _whole_word(word: bytes) -> re.Pattern[bytes]:
    return re.compile(re.escape(word) + rb"(?!\w)")


def _places(word: re.Pattern[bytes], data: bytes) -> Iterator[int]:
    """Where a word begins that is not the end of a longer one."""
    for match in word.finditer(data):
        start = match.start()
        if not is_word_end(data, start):
            yield start


def is_word_end(data: bytes, start: int) -> bool:
    """Whether what begins at ``start`` goes on from a longer word."""
    return start > 0 and data[start - 1] in _WORD


def _is_given(word: re.Pattern[bytes], data: bytes, found: Outline) -> bool:
    """Whether a word is what an import, a definition or an attribute is called, and not just a variable."""
    for start in _places(word, data):
        before = data[max(start - 80, 0) : start].rstrip(_BLANK)
        if before[-1:] in (b".", b'"', b"'", b"") or before.endswith((b"def", b"class")):
            return True
        if any(first <= start < last for first, last in found.spans):
            return True
        if any(item.name == STAR for item in found.imports):
            return True
    return False


def _is_parameter(data: bytes, start: int) -> bool:
    """Whether a name that stands before ``,``, ``)``, ``:`` or ``=`` may be a parameter or a field."""
    window = data[max(start - _LONG, 0) : start]
    before = window.rstrip(_BLANK)
    if not before or b"\n" in window[len(before) :]:
        return True  # it begins a line, or a very long gap does not tell
    called = _CALLED.search(before)
    if called is not None:  # an argument, but for `def f(torch, ...)`
        head = before[: called.start()].rstrip(_BLANK)
        return head.endswith(b"def") or (len(head) < len(b"def") and start > _LONG)
    return before[-1:] in (b"(", b",", b"*", b":", b";") or before.endswith(b"lambda")


def _plain_parts(pattern: str) -> list[str]:
    """The last part of a pattern that is a name."""
    return [part for part in pattern.split(".") if "*" not in part][-1:]


def _last(dotted: str) -> bytes:
    return dotted.rpartition(".")[2].encode()


def _prefixes(dotted: str) -> Iterator[str]:
    end = dotted.find(".")
    while end >= 0:
        yield dotted[:end]
        end = dotted.find(".", end + 1)
    yield dotted
