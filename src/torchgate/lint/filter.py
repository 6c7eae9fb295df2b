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
from torchgate.semantics.codetext import is_inert, is_normal
from torchgate.semantics.known import ANYTHING, IMPLICIT
from torchgate.semantics.outline import outline
from torchgate.semantics.sources import Sources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from torchgate.config import Config, FileInfo
    from torchgate.lint.rule import Rule
    from torchgate.semantics.project import Project
    from torchgate.semantics.searched import Searched


# What is not ASCII, and in lower case is, or is what a facade is called.
_CAPITALS = [letter.encode() for letter in ("\u00c7", "\u0130", "\u212a")]
_ASCII = "".join(map(chr, range(128)))


class Filter:
    """The filter of one configuration, for all the rules that may run under it."""

    def __init__(self, config: Config, rules: Iterable[Rule]) -> None:
        self._needs = {need for rule in rules for need in rule.needs}
        self._sources = Sources(config, {need for need in self._needs if not need.startswith("@")})
        self._facades = config.facade_modules
        # With what of them is not ASCII; a configured name may be anything.
        self._has_letters = not "".join(config.facade_modules).isascii()
        self._guiding = [
            (word, b"" if self._has_letters else word.translate(None, _ASCII.encode()))
            for word in facade_words(config.facade_modules)
        ]

    def needed(self, text: Searched, info: FileInfo) -> frozenset[str]:
        """The kinds of source in a file that any rule needs: none of them can report where there is none."""
        if EVERYTHING in self._needs or info.is_runtime or not is_plain(text, in_strings=False):
            return frozenset({EVERYTHING})
        found = self._sources.of(text, info)
        if found - {IMPLICIT} and text.code is not text:  # perhaps only in comments and strings
            found = self._sources.in_code(text, info)
        if GUIDANCE in self._needs and self._may_teach(text):
            found.add(GUIDANCE)
        return frozenset(found if ANYTHING in found else found & self._needs)

    def _may_teach(self, text: Searched) -> bool:
        data, runs = text.data, text.runs
        if runs and (self._has_letters or any(letter in run for letter in _CAPITALS for run in runs)):
            lowered = data.decode("utf-8").lower().encode()
            found = any(word in lowered for word, _ in self._guiding)
        else:
            lowered = data.lower()
            found = any(
                word in lowered
                for word, letters in self._guiding
                if not letters or any(letters in run for run in runs)
            )
        return found and may_teach(data.decode("utf-8"), self._facades)


def ask_for_imports(project: Project, data: bytes, info: FileInfo) -> None:
    """Ask where the modules are that a file imports: that nothing of them matters rests on it, and on whether
    torchgate is the project itself (``Sources``)."""
    project.asked.names.add("torchgate")
    for item in outline(data, info).imports:
        if item.module.partition(".")[0] in project.config.project_names:
            project.find(item.module)
            project.find(item.dotted)


def is_plain(text: Searched, *, in_strings: bool = True) -> bool:
    """Whether ASCII bytes of a file are the only way to write an ASCII name, be it in a string or not."""
    data = text.data
    second = data.find(b"\n", data.find(b"\n") + 1)  # a coding cookie stands in the first two lines
    if data.find(b"coding", 0, second if second > 0 else len(data)) >= 0 or b"\0" in data:
        return False
    if all(map(is_inert, text.runs)):
        return True
    try:
        if is_normal(data.decode("utf-8")):
            return True
    except UnicodeDecodeError:
        return False
    code = text.code
    return not in_strings and code is not text and is_normal(code.data.decode("utf-8"))
