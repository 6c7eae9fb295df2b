"""What the imports and references of a file lead to: all that most questions about it ask, and little enough
to be sent to a process that has not read the file."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass

from torchgate.lint.imports import prefixes
from torchgate.migrate.lookups import ANNOTATION_READERS, annotations_read_at, loads, looks_up, runs
from torchgate.migrate.torch_script import WORDS, compiles_at
from torchgate.semantics.module import Module
from torchgate.semantics.values import Ref


@dataclass(frozen=True, slots=True)
class Leads:
    """One file. ``words``: those of its text (``torchgate.migrate.words``). ``asked``: the modules and names
    that its imports ask for, and the packages around these.

    Dotted names of the project: the ``bound`` names with what these stand for, what
    the imports and the other ``references`` come to (with all around these). ``renamed``: what ``as`` gives
    another name, with that. ``has_star``: there is a star import. ``running``: what is imported at run time,
    in which line, and whether only some code runs that (of a function, or of the main program).

    ``is_plain``: its text is in UTF-8. ``looks_up``: it may look up names by texts, ``loads``: what it
    loads by name, ``runs``: it runs text, ``asks_annotations``: the line that reads annotations
    (``torchgate.migrate.lookups``). ``compiles``: the line that compiles to
    TorchScript. ``replaced``: what of torch the file replaces (``torchgate.migrate.torch_patches``).
    """

    words: bytes
    asked: frozenset[str]
    bound: frozenset[tuple[str, str]]
    imports: frozenset[str]
    references: frozenset[str]
    renamed: frozenset[tuple[str, str]]
    has_star: bool
    running: tuple[tuple[str, int, bool], ...]
    is_plain: bool
    looks_up: bool
    loads: frozenset[tuple[str, bool]]
    runs: bool
    asks_annotations: int
    compiles: int
    replaced: frozenset[str]

    def to(self, module: str, dotted: str, *, follow: bool) -> bool:
        """Whether an import or a value leads to a name of a module: to the module itself, to a package around
        it, or to the name, or through it; ``follow``: through re-exports."""
        if self.has_star or dotted in self.asked:
            return True
        if not self.imports.isdisjoint(prefixes(module)):
            return True
        return follow and (dotted in self.imports or dotted in self.references)


def leads_of(
    module: Module, packages: Container[str], words: Collection[bytes], replaced: Iterable[str] = ()
) -> Leads:
    """The leads of a file into the project, whose top-level names are ``packages``, with its words and what
    it replaces."""

    def own(dotted: str) -> bool:
        return dotted.partition(".")[0] in packages

    imports = list(module.imports)
    values = [(item, item.value.dotted) for item in imports if isinstance(item.value, Ref)]
    known = [(item, dotted) for item, dotted in values if own(dotted)]
    references = {item.value.dotted for item in module.references if isinstance(item.value, Ref)}
    asked = {name for item in imports for name in (item.module, item.dotted)}
    return Leads(
        b" ".join(words),
        frozenset(name for dotted in asked for name in prefixes(dotted)),
        frozenset((item.bound, dotted) for item, dotted in known if not item.star),
        frozenset(dotted for _, dotted in known),
        frozenset(name for dotted in references if own(dotted) for name in prefixes(dotted)),
        frozenset((dotted, item.bound) for item, dotted in known if item.alias.asname),
        any(item.star for item in imports),
        tuple(
            (item.dotted, item.stmt.lineno, item.where.function is not None or item.where.main_guard)
            for item in imports
            if item.where.runs
        ),
        module.source.encoding == "utf-8",
        looks_up(module),
        frozenset((dotted, open_ended) for _, dotted, open_ended in loads(module)),
        runs(module),
        annotations_read_at(module) if _has(words, ANNOTATION_READERS) else 0,
        compiles_at(module) if _has(words, WORDS) else 0,
        frozenset(replaced),
    )


def _has(words: Collection[bytes], some: Iterable[str]) -> bool:
    return any(word.encode(errors="surrogatepass") in words for word in some)
