"""Makes the recording of a run: everything that decided what it printed, with the signatures of now.

What changed since the run began, or so shortly before that a signature cannot tell, is compared by its
content where the run knows that, and otherwise there is no recording: the next run makes one.
"""

from __future__ import annotations

import os

from torchgate.cache.evidence import is_settled
from torchgate.cache.identity import own_files
from torchgate.cache.replay import Recording, signature
from torchgate.cache.sealed import NoCacheError, digest
from torchgate.config import ALSO_PACKAGES
from torchgate.config_load import OWN_FILE, PROJECT_FILE, ROOT_MARKERS, is_within
from torchgate.config_roots import source_folders
from torchgate.semantics.roots import CONTENT, NAME, SITES, Roots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from torchgate.cache.evidence import Evidence
    from torchgate.config import Config
    from torchgate.config_load import ConfigLoader

# More files than these that had just changed: wait until they are at rest, rather than hash them every time.
_MOST_HASHED = 20


class Watch:
    """The paths that decide about a run, each in one of three ways."""

    def __init__(self) -> None:
        self._signed: set[str] = set()
        self._present: set[str] = set()
        self._absent: set[str] = set()
        self._contents: dict[str, str] = {}
        self._told: dict[Config, dict[str, str]] = {}
        self._compared: dict[int, tuple[dict[str, str], set[str]]] = {}
        self._roots: dict[Config, Roots] = {}

    def file(self, path: str, content: str | None = None) -> None:
        """A file's content; ``content`` is the digest of what the run read."""
        if not os.path.lexists(path):
            self._absent.add(path)
            return
        self._signed.add(path)
        if content is not None and self._contents.setdefault(path, content) != content:
            raise NoCacheError(f"{path}: it changed during the run")

    def folder(self, path: str) -> None:
        """Which entries a folder has, or that there is none: it would be an entry of the one around it."""
        while path not in self._signed and not os.path.isdir(path):
            parent = os.path.dirname(path)
            if parent == path:
                return
            path = parent
        self._signed.add(path)

    def existence(self, path: str) -> None:
        """Whether something stands there, whatever it is."""
        (self._present if os.path.lexists(path) else self._absent).add(path)

    def configuration(self, loader: ConfigLoader, configs: Collection[Config]) -> None:
        """Which configuration each folder has, and what was read off the project."""
        for folder in loader.folders():
            if any(is_within(folder, config.root) for config in configs):
                self.folder(folder)
            for name in (OWN_FILE, PROJECT_FILE):
                self.file(os.path.join(folder, name))
            if loader.looks_for_roots:
                for name in ROOT_MARKERS:
                    self.existence(os.path.join(folder, name))
        for config in configs:
            self.existence(os.path.join(config.root, "src", "__init__.py"))
            self.file(os.path.join(config.root, PROJECT_FILE))
            if config.file is not None:
                self.file(config.file)
            packages = {name.partition(".")[0] for name in config.implicit_torch_packages}
            packages |= config.gated_packages.keys()
            for root in config.src:
                self.folder(root)
                for package in packages:
                    if package in config.project_names:
                        self.folder(os.path.join(root, package))

    def ignores(self, folders: Iterable[str], arguments: Iterable[str]) -> None:
        """What hides files from a walk: ``.gitignore`` in the folders walked and around the ``arguments``,
        and whether git is asked at all."""
        for folder in folders:
            self.folder(folder)
            path = os.path.join(folder, ".gitignore")
            if os.path.lexists(path):
                self.file(path)
        for folder in arguments:
            for above in _upwards(folder):
                self.file(os.path.join(above, ".gitignore"))
                self.existence(os.path.join(above, ".git"))

    def answers(self, config: Config, evidence: Evidence) -> None:
        """What other modules were asked for one of a configuration's files."""
        told = self._told.setdefault(config, {})
        # Outcomes that were kept share one table, and most of their questions.
        _, compared = self._compared.setdefault(id(evidence.states), (evidence.states, set()))
        for key in set(evidence.keys).difference(compared):
            compared.add(key)
            state = evidence.states[key]
            if key not in told:
                told[key] = state
                self._answer(config, key, state)
            elif told[key] != state:
                raise NoCacheError("a module changed during the run")

    def _answer(self, config: Config, key: str, state: str) -> None:
        if key == SITES:
            self._tree(config)
            return
        if key[0] == NAME:
            return
        relative = key[1:].replace(".", "/")
        for root in config.src:
            base = f"{root}/{relative}"
            self.folder(base)
            self.folder(base.rpartition("/")[0])
        if key[0] == CONTENT and state:
            if config not in self._roots:
                self._roots[config] = Roots(config)
            path = self._roots[config].find(key[1:])
            if path is not None:
                self.file(path, state)

    def _tree(self, config: Config) -> None:
        for root in config.src:
            for folder, folders, files in os.walk(root):
                for name in ALSO_PACKAGES.intersection(folders):
                    self.existence(os.path.join(folder, name, "__init__.py"))
                folders[:] = source_folders(folder, folders, config.lint.exclude)
                self.folder(folder)
                for name in files:
                    if name.endswith(".py"):
                        self.file(f"{folder}/{name}")

    def seal(self, recording: Recording, started_ns: int, own: str) -> None:
        """Write the paths into a recording; ``own`` is the cache folder, in which nothing counts.

        Raises:
            NoCacheError: something is not at rest of which the run does not know the content.
        """
        for path in own_files():
            self.file(path)
        self._signed.discard(own)
        signed: list[bytes] = []
        marks: list[str] = []
        hashed: list[bytes] = []
        for path in sorted(self._signed):
            try:
                status = os.stat(path)
            except (OSError, ValueError) as error:
                raise NoCacheError(f"{path}: {error}") from None
            if is_settled(status.st_ctime_ns, started_ns):
                signed.append(os.fsencode(path))
                marks.append(signature(status))
            elif path in self._contents and len(hashed) < _MOST_HASHED:
                hashed.append(f"{self._contents[path]} ".encode() + os.fsencode(path))
            else:
                raise NoCacheError(f"{path}: it changed just now")
        recording.signed = b"\0".join(signed)
        recording.signatures = "\n".join(marks).encode()
        recording.hashed = b"\0".join(hashed)
        recording.present = _joined(self._present)
        recording.absent = _joined(path for path in self._absent if os.path.dirname(path) not in self._signed)


def listed(listings: dict[tuple[str, str], bytes]) -> bytes:
    """Git's answers, for a recording."""
    items: list[bytes] = []
    for (folder, root), answer in listings.items():
        items += (os.fsencode(folder), os.fsencode(root), digest(answer).encode())
    return b"\0".join(items)


def _joined(paths: Iterable[str]) -> bytes:
    return b"\0".join(sorted(map(os.fsencode, paths)))


def _upwards(folder: str) -> Iterator[str]:
    while True:
        yield folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return
        folder = parent
