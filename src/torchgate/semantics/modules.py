"""The modules of a project: found in the ``src`` roots, read when they are asked for, kept as summaries.

``asked`` collects what the answers rest on. An answer that is kept keeps that as well, so that whoever asks
second rests on the same as who asked first.
"""

from __future__ import annotations

import os

from torchgate.config_load import file_info
from torchgate.files.read import read_file
from torchgate.semantics.conduct import Conduct
from torchgate.semantics.known import KNOWN_WORDS
from torchgate.semantics.lately import Lately
from torchgate.semantics.module import analyze, glance
from torchgate.semantics.roots import Asked, Names, Roots, questions
from torchgate.semantics.summary import ABSENT, UNTOLD, Summary
from torchgate.semantics.text import UNFILTERED, utf_8
from torchgate.source import Source, UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence
    from typing import Any, TypeAlias, TypeVar

    from torchgate.config import Config, FileInfo
    from torchgate.semantics.glimpse import Glimpse
    from torchgate.semantics.module import Module
    from torchgate.semantics.roots import Grounds
    from torchgate.semantics.summary import Acts, Symbol
    from torchgate.semantics.text import Text

    Writers: TypeAlias = Callable[[Module], frozenset[str]]
    Judge: TypeAlias = Callable[[Module], dict[str, Acts]]
    Answer = TypeVar("Answer")


# Files that were judged last, whose trees are kept.
_KEPT = 8


def no_writers(module: Module) -> frozenset[str]:
    """Nobody writes."""
    return frozenset()


def no_acts(module: Module) -> dict[str, Acts]:
    """Nobody acts."""
    return {}


class Modules:
    """The modules of one configuration's ``src`` roots."""

    def __init__(
        self,
        config: Config,
        writers: Writers = no_writers,
        judge: Judge = no_acts,
        overlay: Mapping[str, bytes] | None = None,
    ) -> None:
        """``writers`` gives the qualified names of the functions that write determinism state, ``judge``
        what every function of a module does to it; ``overlay`` the content of files, by path, that is to be
        taken for what stands on the disk."""
        self.config = config
        self.roots = Roots(config)
        self.asked = Asked()
        # Rules look into the configuration's names themselves; these note it.
        config.project_names = self._names = Names(self.roots.names, self.asked.names)
        self._names_in: dict[str, set[str]] = {}
        self.reading: Callable[[str], bytes] = read_file
        self.overlay = overlay or {}
        # Modules of which nothing is asked but names that are known from elsewhere (``close``).
        self.opaque: frozenset[str] = frozenset()
        self.module_words: frozenset[str] = frozenset()
        self.unsure: set[str] = set()
        self._writers = writers
        self._judge = judge
        self._summaries: dict[str, Summary | None] = {}
        self._glimpses: dict[str, Glimpse | None] = {}
        self._looked_at: tuple[str, Source | None, FileInfo] | None = None  # last
        self._judged: dict[str, Text] = {}  # by their texts
        self._lately = Lately()
        self._places: dict[str, tuple[tuple[str, str] | None, list[str]]] = {}
        self._answers: dict[Hashable, tuple[Any, Grounds]] = {}
        self._grounds: dict[Grounds, Grounds] = {}
        self._conducts: dict[str, Conduct | None] = {}
        self._acts: dict[str, dict[str, Acts]] = {}

    def collect(self, asked: Asked) -> Asked:
        """Note in ``asked`` what is asked from now on; returns what was noted in before."""
        before, self.asked = self.asked, asked
        self._names.noted = asked.names
        return before

    def once(self, question: Hashable, find_out: Callable[[], Answer]) -> Answer:
        """The answer to a question, found out when it is asked for the first time; whoever asks rests on what
        that took."""
        kept = self._answers.get(question)
        if kept is None:
            outer = self.collect(Asked())
            try:
                answer = find_out()
            finally:
                grounds = self.grounds(self.collect(outer))
            kept = self._answers[question] = answer, grounds
        answer, grounds = kept
        self.asked.add(grounds)
        return answer

    def grounds(self, asked: Asked) -> Grounds:
        """What an answer rests on that is kept."""
        found = asked.grounds()
        return self._grounds.setdefault(found, found)

    def find(self, module: str) -> str | None:
        """The file of a module by its dotted name: the first root that has it wins; None for folders too."""
        self.asked.places.add(module)
        return self.roots.find(module)

    def is_folder(self, module: str) -> bool:
        """Whether a dotted name is a folder in a root: a namespace package, or a package."""
        self.asked.places.add(module)
        return self.roots.is_folder(module)

    def summary(self, module: str) -> Summary | None:
        """The summary of a module; None where it does not exist or cannot be read."""
        self._note_content(module)
        if module not in self._summaries:
            self._summaries[module] = None  # a cycle finds nothing yet, which is what Python finds
            self._summaries[module] = self._summarise(module)
            if self._summaries[module] is not None:
                self._glimpses.pop(module, None)
        return self._summaries[module]

    def export(self, module: str, name: str) -> Symbol | None:
        """What a top-level name of a module holds for others (``Summary.exports``), without reading it where
        its text tells; ``ABSENT`` where it has no such name, or its text does not tell and is no Python."""
        self._note_content(module)
        if self._summaries.get(module) is None:
            glimpse = self._glimpse(module)
            found = glimpse.symbol(name) if glimpse is not None else UNTOLD
            if found is not UNTOLD:
                return found
        summary = self.summary(module)
        return summary.exports.get(name, ABSENT) if summary is not None else ABSENT

    def _glimpse(self, module: str) -> Glimpse | None:
        """What the text of a module tells, be it Python or not; None where that is not to be asked."""
        if module not in self._glimpses:
            self._glimpses[module] = None
            if os.environ.get(UNFILTERED) and self.summary(module) is not None:
                return None
            source, info = self._source(module)
            if source is not None:
                from torchgate.semantics.glimpse import Glimpse

                self._looked_at = module, source, info
                self._glimpses[module] = Glimpse(utf_8(source), info)
        return self._glimpses[module]

    def is_opaque(self, module: str, names: Sequence[str]) -> bool:
        """Whether nothing need be known of what a module holds under the first of some names, if the others
        are what is asked of that."""
        return (
            module in self.opaque
            and KNOWN_WORDS.isdisjoint(names)
            and names[0].removesuffix("()") not in self.module_words
        )

    def questions(self) -> list[str]:
        """Everything that was asked since ``collect``, with the names that the modules read asked for."""
        grounds = self.asked.grounds()
        names, _, contents, _ = grounds
        return questions(grounds, names.union(*(self._names_in[module] for module in contents)))

    def _summarise(self, module: str) -> Summary | None:
        source, info = self._source(module)
        if source is None:
            return None
        try:
            judged = self._judged.pop(source.text, None)  # whoever reads it lets go of the tree
            reader = glance(source, self._view(module), info, judged)
        except UnreadableError as error:
            self._doubt(module, error)
            return None
        return Summary(info.module_name, reader, self._lately)

    def keep(self, source: Source, text: Text) -> None:
        """Keep the tree of a file that was judged for a while: who asks about it does so soon, since
        neighbours are judged together."""
        self._judged[source.text] = text
        if len(self._judged) > _KEPT:
            del self._judged[next(iter(self._judged))]

    def conduct(self, module: str) -> Conduct | None:
        """What the functions of a module do; None where it does not exist or cannot be read."""
        self._note_content(module)
        if module not in self._conducts:
            self._conducts[module] = None
            source, info = self._source(module)
            if source is not None:
                try:
                    analysed = analyze(source, self._view(module), info)
                    self._conducts[module] = Conduct(analysed, self._writers(analysed))
                except UnreadableError as error:
                    self._doubt(module, error)
        return self._conducts[module]

    def _source(self, module: str) -> tuple[Source | None, FileInfo]:
        last, self._looked_at = self._looked_at, None
        if last is not None and last[0] == module:
            return last[1:]
        path = self.roots.find(module)
        if path is None:
            return None, self.config.info(module)
        info = file_info(self.config, path)
        try:
            data = self.overlay.get(path)
            return Source(path, self.reading(path) if data is None else data), info
        except (FileNotFoundError, UnreadableError):
            return None, info

    def _note_content(self, module: str) -> None:
        self.asked.contents.add(module)
        self._names_in.setdefault(module, set())

    def _view(self, module: str) -> Config:
        """The configuration for reading a module: what it looks up counts for whoever asks about it, now or
        when its bodies have long been read."""
        return self.config.but_names(Names(self.roots.names, self._names_in[module]))

    def _doubt(self, module: str, error: UnreadableError) -> None:
        """Note a module whose content was not understood for want of memory or stack: no fact about it."""
        if error.is_limit:
            self.unsure.add(module)

    def acts_of(self, module: str) -> dict[str, Acts]:
        """What every function of a module does to the determinism state; nothing where it cannot be read."""
        self._note_content(module)
        if module not in self._acts:
            self._acts[module] = {}
            source, info = self._source(module)
            if source is None:
                return {}
            try:
                self._acts[module] = self._judge(analyze(source, self._view(module), info))
            except UnreadableError as error:
                self._doubt(module, error)
        return self._acts[module]

    def is_class(self, dotted: str) -> bool:
        """Whether a dotted name, followed to where it comes from, is a class of the project."""
        place = self._place(dotted)
        if place is None or self.is_opaque(place[0], place[1].split(".")):
            return False
        module, qualname = place
        self._note_content(module)
        if self._summaries.get(module) is None and "." not in qualname:
            glimpse = self._glimpse(module)
            found = glimpse.is_class(qualname) if glimpse is not None else None
            if found is not None:
                return found
        summary = self.summary(module)
        return summary is not None and summary.is_class(qualname)

    def _definition(self, dotted: str) -> tuple[Summary, str] | None:
        """The module that defines ``dotted``, and its qualified name there."""
        place = self._place(dotted)
        if place is None or self.is_opaque(place[0], place[1].split(".")):
            return None
        summary = self.summary(place[0])
        return (summary, place[1]) if summary is not None else None

    def _place(self, dotted: str) -> tuple[str, str] | None:
        """The module that ``dotted`` lies in by its name, and the rest of the name."""
        if dotted.partition(".")[0] not in self._names:
            return None
        kept = self._places.get(dotted)
        if kept is None:
            kept = self._places[dotted] = self._look_up(dotted)
        place, looked_for = kept
        self.asked.places.update(looked_for)
        return place

    def _look_up(self, dotted: str) -> tuple[tuple[str, str] | None, list[str]]:
        looked_for: list[str] = []
        module, _, qualname = dotted.rpartition(".")
        while module:
            looked_for.append(module)
            if self.roots.find(module) is not None:
                return (module, qualname), looked_for
            module, _, last = module.rpartition(".")
            qualname = f"{last}.{qualname}"
        return None, looked_for
