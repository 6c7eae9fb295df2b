"""Which files need not be parsed in a run over many, since no rule could report anything in them.

Every rule says in its own file what a report of it needs (``Rule.needs``): sources of torch or of the
handle, or names of the standard library. ``torchgate.semantics.sources`` looks for them in a file's bytes. A
rule that says nothing needs everything to be parsed, so that a forgotten one is slow and never wrong.

A file without a source of its own may still get something from another module of the project: see
``torchgate.lint.giving`` for what those that have one give, and ``torchgate.lint.given`` for who takes it.
"""

from __future__ import annotations

from torchgate.lint.guidance import facade_words, may_teach
from torchgate.lint.rule import EVERYTHING, GUIDANCE
from torchgate.semantics.codetext import code_only
from torchgate.semantics.known import ANYTHING, IMPLICIT
from torchgate.semantics.outline import outline
from torchgate.semantics.sources import Sources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from torchgate.config import Config, FileInfo
    from torchgate.lint.rule import Rule
    from torchgate.semantics.project import Project


# What is not ASCII, and in lower case is, or is what a facade is called.
_CAPITALS = [letter.encode() for letter in ("\u00c7", "\u0130", "\u212a")]


class Filter:
    """The filter of one configuration, for all the rules that may run under it."""

    def __init__(self, config: Config, rules: Iterable[Rule]) -> None:
        self._needs = {need for rule in rules for need in rule.needs}
        self._sources = Sources(config, {need for need in self._needs if not need.startswith("@")})
        self._facades = config.facade_modules
        self._guiding = facade_words(config.facade_modules)
        self._has_letters = not "".join(config.facade_modules).isascii()

    def needed(self, data: bytes, info: FileInfo) -> frozenset[str]:
        """The kinds of source in a file that any rule needs: none of them can report where there is none."""
        plain = is_plain(data)
        if EVERYTHING in self._needs or info.is_runtime or not plain:
            return frozenset({EVERYTHING})
        found = self._sources.of(data, info)
        if found - {IMPLICIT}:  # perhaps only in comments and strings
            code = code_only(data)
            found = found if code is None else self._sources.in_code(code, data, info)
        if GUIDANCE in self._needs and self._may_teach(data):
            found.add(GUIDANCE)
        return frozenset(found if ANYTHING in found else found & self._needs)

    def _may_teach(self, data: bytes) -> bool:
        lowered = data.lower()
        if self._has_letters or any(letter in data for letter in _CAPITALS):
            lowered = data.decode("utf-8").lower().encode()
        return any(word in lowered for word in self._guiding) and may_teach(
            data.decode("utf-8"), self._facades
        )


def ask_for_imports(project: Project, data: bytes, info: FileInfo) -> None:
    """Ask where the modules are that a file imports: that nothing of them matters rests on it, and on whether
    torchgate is the project itself (``Sources``)."""
    project.asked.names.add("torchgate")
    for item in outline(data, info).imports:
        if item.module.partition(".")[0] in project.config.project_names:
            project.find(item.module)
            project.find(item.dotted)


def is_plain(data: bytes) -> bool:
    """Whether ASCII bytes of a file are the only way to write an ASCII name."""
    second = data.find(b"\n", data.find(b"\n") + 1)  # a coding cookie stands in the first two lines
    if data.find(b"coding", 0, second if second > 0 else len(data)) >= 0 or b"\0" in data:
        return False
    if data.isascii():
        return True
    from unicodedata import is_normalized

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    if is_normalized("NFKC", text):
        return True
    odd = [letter for letter in set(text) if not is_normalized("NFKC", letter)]
    if any(f"a{letter}".isidentifier() for letter in odd):
        return False
    # Letters that are normal by themselves may come to others together.
    return is_normalized("NFKC", text.translate(dict.fromkeys(map(ord, odd), " ")))
