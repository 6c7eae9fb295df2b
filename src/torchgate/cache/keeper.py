"""One configuration's cache in one run: recalls outcomes that still hold, and keeps those that were found."""

from __future__ import annotations

from torchgate.cache.entries import Entries, dump, load, merge, prune, restore
from torchgate.cache.evidence import LEFT_OUT, ONCE, WHOLE, is_settled, look
from torchgate.cache.sealed import Folder, NoCacheError
from torchgate.config_load import relative_to
from torchgate.semantics.roots import Roots, States

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torchgate.cache.evidence import Signature
    from torchgate.config import Config
    from torchgate.lint.engine import Outcome

SUFFIX = ".findings"
# Reading what was kept of a large project takes longer than checking a few of its files. Such a run has its
# recording (``torchgate.cache.replay``) and leaves this file alone.
BYTES_A_FILE = 128 * 1024
# A run over a part of a project does not write all of it again for less than this share of new outcomes.
_SHARE = 20
_MANY = 500


class Keeper:
    """What is kept for the files of one configuration, under one selection."""

    def __init__(self, config: Config, settings: str, files: int, sites: Callable[[], str]) -> None:
        """``settings`` is everything but the files, ``files`` the number of those in this run; ``sites`` says
        where the project applies the effect."""
        self.config = config
        self._files = files
        self._is_idle = False
        self.name = settings + SUFFIX
        self._old = Entries()
        self._digests: dict[str, str] = {}
        self._asked: set[str] = set()
        self._changed: set[str] = set()
        self._fresh: dict[str, tuple[str, Signature]] = {}
        self._states = States(config, Roots(config), self._digest, sites)

    def open(self, folder: Folder, secret: bytes) -> None:
        """Read what was kept before, if anything was."""
        self._is_idle = folder.size(self.name) > self._files * BYTES_A_FILE
        if self._is_idle:
            return
        try:
            self._old = load(folder.read(self.name, secret))
        except (NoCacheError, ValueError):
            return

    @property
    def has_seen_more(self) -> bool:
        """Whether files had to be read to find their outcomes unchanged."""
        return bool(self._fresh)

    def recall(self, path: str, outcome: Outcome, sorted_out: bool = False) -> Outcome | None:
        """Fill an empty ``outcome`` of the file at ``path``; None where it is to be checked. ``sorted_out``:
        one of a run that left files out is wanted; the caller has to see whether it can do so again."""
        kept = self._old.kept.get(self._relative(path))
        if kept is None or self._digest(path) != kept.digest:
            return None
        if kept.manner in (ONCE, WHOLE if sorted_out else LEFT_OUT):
            return None
        states = self._old.states
        unasked = set(kept.keys).difference(self._asked)
        self._asked |= unasked
        self._changed.update(key for key in unasked if self._states.of(key) != states[key])
        return restore(kept, outcome, states) if self._changed.isdisjoint(kept.keys) else None

    def keep(self, found: Iterable[tuple[str, Outcome]], started_ns: int) -> bytes | None:
        """The file's new content, with the outcomes of this run by path; None where nothing is new."""
        fresh: dict[str, Outcome] = {}
        states: dict[str, str | None] = dict(self._states.known)
        seen = dict(self._fresh)
        for path, outcome in found:
            fresh[self._relative(path)] = outcome
            if outcome.evidence is not None:
                seen.update((self._relative(name), item) for name, item in outcome.evidence.seen.items())
                for key, state in outcome.evidence.states.items():  # its own: it is fresh
                    if states.setdefault(key, state) != state:
                        states[key] = None
        settled = {path: item for path, item in seen.items() if is_settled(item[1][2], started_ns)}
        kept = len(self._old.kept)
        is_partial = self._files * 2 < kept and kept > _MANY
        if self._is_idle or (is_partial and len(fresh) * _SHARE < kept) or (not fresh and not settled):
            return None
        entries = merge(self._old, fresh, states, settled)
        prune(entries, self.config.root)
        return dump(entries)

    def _relative(self, path: str) -> str:
        return relative_to(path, self.config.root)

    def _digest(self, path: str) -> str:
        """The digest of a file's content: by its signature where that was seen at rest, else by reading."""
        found = self._digests.get(path)
        if found is None:
            found = self._digests[path] = self._look(path)
        return found

    def _look(self, path: str) -> str:
        seen = self._old.seen.get(self._relative(path))
        found, now, is_new = look(path, {seen[1]: seen[0]} if seen is not None else {})
        if is_new and now is not None:
            self._fresh[self._relative(path)] = found, now
        return found
