"""Where modules stand in the ``src`` roots, and what was asked about them while a file was judged.

This is all that an answer from another module rests on: top-level names, files found or not found, and the
content of those that were read. So a kept finding holds as long as ``States`` says the same as it did.
"""

from __future__ import annotations

import os

from torchgate.config_load import relative_to

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator
    from typing import TypeAlias

    from torchgate.config import Config
    from torchgate.semantics.values import Value

    # Names, places, contents, whether it was asked for sites: what an answer rests on. Many rest on the same.
    Grounds: TypeAlias = tuple[frozenset[str], frozenset[str], frozenset[str], bool]

# What a question was about: the first letter of its key. `SITES` has no name behind it.
NAME, PLACE, CONTENT, SITES = "n", "p", "c", "s"
FOLDER = "/"


class Roots:
    """The ``src`` roots of one configuration; every folder is listed once."""

    __slots__ = ("_folders", "_found", "names", "src")

    def __init__(self, config: Config) -> None:
        """``names`` are the top-level names that stand in a root."""
        self.src = config.src
        self.names = plain(config.project_names)
        self._folders: dict[str, frozenset[str]] = {}
        self._found: dict[str, str | None] = {}

    def find(self, module: str) -> str | None:
        """The file of a module by its dotted name: the first root that has it wins; None for folders too.
        A stub stands for a module only where no root has its source."""
        if module not in self._found:
            source = next(self.files(module, ("py",)), None)
            self._found[module] = source or next(self.files(module, ("pyi",)), None)
        return self._found[module]

    def files(self, module: str, suffixes: tuple[str, ...]) -> Iterator[str]:
        """All files that have a module's name, in the order in which Python would look; within a root all of
        one suffix come before the next."""
        relative = module.replace(".", "/")
        parent, _, name = relative.rpartition("/")
        for root in self.src:
            names = self._names(f"{root}/{parent}" if parent else root)
            inner = self._names(f"{root}/{relative}") if name in names else ()
            for suffix in suffixes:
                if f"__init__.{suffix}" in inner:
                    yield f"{root}/{relative}/__init__.{suffix}"
                if f"{name}.{suffix}" in names:
                    yield f"{root}/{relative}.{suffix}"

    def _names(self, folder: str) -> frozenset[str]:
        names = self._folders.get(folder)
        if names is None:
            try:
                names = frozenset(os.listdir(folder))
            except OSError:
                names = frozenset()
            self._folders[folder] = names
        return names

    def below(self, folder: str) -> set[str]:
        """What may be a module or a folder directly in a folder, as dotted names."""
        relative = folder.replace(".", "/")
        names = {name for root in self.src for name in self._names(f"{root}/{relative}")}
        stems = {name.removesuffix(".pyi").removesuffix(".py") for name in names}
        return {f"{folder}.{stem}" for stem in stems if stem.isidentifier() and stem != "__pycache__"}

    def is_folder(self, module: str) -> bool:
        """Whether a dotted name is a folder in a root: a namespace package, or a package."""
        relative = module.replace(".", "/")
        return any(os.path.isdir(f"{root}/{relative}") for root in self.src)


class Asked:
    """What was asked while something was found out: top-level names, places of modules, their contents, and
    where the project applies the effect."""

    __slots__ = ("_others", "contents", "names", "places", "sites")

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.places: set[str] = set()
        self.contents: set[str] = set()
        self.sites = False
        self._others: set[Grounds] = set()

    def add(self, other: Grounds) -> None:
        """What an answer that was kept rests on, this rests on too."""
        self._others.add(other)

    def grounds(self) -> Grounds:
        """All of it."""
        names, places, contents, sites = zip(*self._others, strict=True) if self._others else ((),) * 4
        return (
            frozenset(self.names.union(*names)),
            frozenset(self.places.union(*places)),
            frozenset(self.contents.union(*contents)),
            self.sites or any(sites),
        )


def questions(grounds: Grounds, names: Iterable[str]) -> list[str]:
    """The keys by which ``States`` answers, with ``names`` for the top-level ones."""
    _, places, contents, sites = grounds
    keys = [NAME + name for name in names]
    keys += [PLACE + module for module in places]
    keys += [CONTENT + module for module in contents]
    return [*keys, SITES] if sites else keys


class Kept:
    """What a name came to (None: to itself), what that rests on, and what it took: the ``depth`` and the
    ``steps``, as if nothing else had been kept. ``circular``: the way led back to where it began, so it
    says nothing to others on such a way: what they find must not hang on who was asked first."""

    __slots__ = ("asked", "circular", "depth", "steps", "value")

    def __init__(self, value: Value | None, asked: Grounds, depth: int, steps: int, circular: bool) -> None:
        self.value = value
        self.asked = asked
        self.depth = depth
        self.steps = steps
        self.circular = circular


class Names:
    """The top-level names of a project; what is looked for goes to ``noted``. Only ``in`` is there: any other
    use would rest on names that nobody noted."""

    __slots__ = ("names", "noted")

    def __init__(self, names: frozenset[str], noted: set[str]) -> None:
        self.names = names
        self.noted = noted

    def __contains__(self, name: object) -> bool:
        if isinstance(name, str):
            self.noted.add(name)
        return name in self.names


def plain(names: Container[str]) -> frozenset[str]:
    """The names of a configuration, whoever looks at them."""
    if isinstance(names, Names):
        return names.names
    assert isinstance(names, frozenset)
    return names


class States:
    """The answers to what was asked, as short texts that change exactly when the answer does."""

    __slots__ = ("_digest", "_root", "_roots", "_sites", "known")

    def __init__(
        self, config: Config, roots: Roots, digest: Callable[[str], str | None], sites: Callable[[], str]
    ) -> None:
        """``digest`` gives that of a file's content (None: what was read is not what stands there), ``sites``
        that of the effect's places."""
        self._root = config.root
        self._roots = roots
        self._digest = digest
        self._sites = sites
        self.known: dict[str, str | None] = {}

    def of(self, key: str) -> str | None:
        """The answer to one question now; None where there is none to rely on."""
        if key not in self.known:
            self.known[key] = self._find_out(key)
        return self.known[key]

    def forget(self) -> None:
        """Something changed: find out anew."""
        self.known.clear()

    def _find_out(self, key: str) -> str | None:
        name = key[1:]
        if key == SITES:
            return self._sites()
        if key[0] == NAME:
            return "+" if name in self._roots.names else ""
        path = self._roots.find(name)
        if key[0] == CONTENT:
            return "" if path is None else self._digest(path)
        if path is not None:
            return relative_to(path, self._root)
        return FOLDER if self._roots.is_folder(name) else ""
