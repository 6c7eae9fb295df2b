"""Outcomes of single files, each in a sealed file of its own: for a front end that is shown one file at a
time, in several processes, and is never told that the run is over.

Who looks at a file reads what was kept of that one, and who judges it writes it: no process waits for another
one, and none has to read what was kept of a whole project.
"""

from __future__ import annotations

import os

from torchgate.cache.entries import Entries, Kept, dump, kept_of, load
from torchgate.cache.evidence import LEFT_OUT, ONCE, UNREADABLE, is_settled, look, sites_text
from torchgate.cache.sealed import digest
from torchgate.cache.tree import tree_state
from torchgate.config_load import relative_to
from torchgate.semantics.roots import CONTENT, Roots, States

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from torchgate.cache.drawer import Drawer
    from torchgate.cache.evidence import Evidence, Seen, Signature
    from torchgate.config import Config
    from torchgate.lint.engine import Outcome

SUFFIX = ".file"
# Where the project applies the effect is kept as if it were a file: its content are all files.
_SITES = "<effect sites>"


def digest_of_text(text: str) -> str:
    """What a text is known by that was decoded already. Where the bytes of a file would mean the same, it is
    the digest of those, by which ``check`` knows that file."""
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:
        return "text " + digest(text.encode("utf-8", "surrogatepass"))
    return "text " * ("coding" in text[:400]) + digest(data)


class Shelf:
    """What is kept of one configuration's files, with one way to judge them."""

    def __init__(
        self,
        config: Config,
        drawer: Drawer,
        settings: str,
        manner: str,
        find_sites: Callable[[str], tuple[list[tuple[str, int, str, bool]], Evidence | None]],
    ) -> None:
        """``settings`` is everything but the files, ``manner`` what of it one run can have otherwise than the
        next one, so that each keeps its own; ``find_sites`` says where the project applies the effect, and
        what that rests on besides the tree with the given digest."""
        self._config = config
        self._root = config.root
        self._find_sites = find_sites
        self._drawer = drawer
        self._settings = settings.encode()
        self._manner = f"{manner}\0{config.file}".encode("utf-8", "surrogateescape")
        self._digests: dict[str, str] = {}
        self._roots = Roots(config)
        self._states = States(config, self._roots, self._digest, self._sites)
        # What earlier runs saw at rest, by path and signature; what this one found; whether it had to read.
        self._seen: dict[str, dict[Signature, str]] = {}
        self._now: dict[str, tuple[str, Signature]] = {}
        self._had_to_read = False

    def recall(self, path: str, own: str) -> Kept | None:
        """What was kept of the file at ``path``, whose content has the digest ``own``, if it still holds."""
        name = self._name(path)
        body = self._drawer.read(name)
        settings, _, rest = (body or b"").partition(b"\n")
        if settings != self._settings:
            return None
        try:
            entries = load(rest)
        except ValueError:
            return None
        self.learn(entries)
        kept = self.choose(entries, path, own)
        if kept is not None and self._had_to_read and self._is_outdated(entries):
            self._write(path, kept, entries.states)
        return kept

    def learn(self, entries: Entries) -> None:
        """Take over which files an earlier run saw at rest."""
        for path, (found, mark) in entries.seen.items():
            self._seen.setdefault(path, {})[mark] = found

    def choose(self, entries: Entries, path: str, own: str) -> Kept | None:
        """What ``entries`` have of the file, if it still holds."""
        kept = entries.kept.get(relative_to(path, self._root))
        if kept is None or kept.digest != own or kept.manner in (LEFT_OUT, ONCE):
            return None
        states = entries.states
        return kept if all(self._states.of(key) == states[key] for key in kept.keys) else None

    def keep(self, path: str, outcome: Outcome) -> None:
        """Keep what was found out about the file at ``path``."""
        if outcome.evidence is not None:
            self._note(outcome.evidence)
            if outcome.lasting:
                self._write(path, kept_of(outcome, outcome.evidence), outcome.evidence.states)

    def adopt(self, path: str, kept: Kept, states: dict[str, str]) -> None:
        """Keep what ``choose`` found elsewhere."""
        self._write(path, kept, states)

    def _sites(self) -> str:
        """To find them takes the linter and all files; to see that none has changed takes little."""
        tree, newest_ns = tree_state(self._config)
        name = os.path.join(self._root, _SITES)
        kept = self.recall(name, tree)
        if kept is not None:
            return sites_text(
                [(path, line, module, guarded) for path, line, module, guarded in kept.findings]
            )
        found, evidence = self._find_sites(tree)
        if evidence is not None and is_settled(newest_ns, self._drawer.started_ns):
            self._note(evidence)
            rows = [list(site) for site in found]
            self._write(name, Kept(tree, tuple(evidence.keys), 0, rows, {}), evidence.states)
        return sites_text(found)

    def _note(self, evidence: Evidence) -> None:
        self._now.update((relative_to(seen, self._root), item) for seen, item in evidence.seen.items())

    def _write(self, path: str, kept: Kept, states: dict[str, str]) -> None:
        started_ns = self._drawer.start_writing()
        if started_ns is None:
            return
        entries = Entries()
        entries.states = {key: states[key] for key in kept.keys}
        entries.kept[relative_to(path, self._root)] = kept
        for relative, item in self._now_of(entries.states).items():
            if is_settled(item[1][2], started_ns):
                entries.seen[relative] = item
        self._drawer.write(self._name(path), b"%s\n%s" % (self._settings, dump(entries)))

    def _now_of(self, states: dict[str, str]) -> Seen:
        """The files whose content the states are about, as this run saw them."""
        found: Seen = {}
        for key, state in states.items():
            path = self._roots.find(key[1:]) if key[0] == CONTENT and state not in ("", UNREADABLE) else None
            relative = relative_to(path, self._root) if path is not None else ""
            item = self._now.get(relative)
            if item is not None and item[0] == state:
                found[relative] = item
        return found

    def _is_outdated(self, entries: Entries) -> bool:
        """Whether files had to be read to find them unchanged, and their signatures will tell next time."""
        now = self._now_of(entries.states)
        started_ns = self._drawer.started_ns
        return any(
            entries.seen.get(relative) != item and is_settled(item[1][2], started_ns)
            for relative, item in now.items()
        )

    def _digest(self, path: str) -> str:
        found = self._digests.get(path)
        if found is None:
            relative = relative_to(path, self._root)
            found, mark, is_new = look(path, self._seen.get(relative, {}))
            self._digests[path] = found
            self._had_to_read |= is_new
            if mark is not None:
                self._now[relative] = found, mark
        return found

    def _name(self, path: str) -> str:
        return digest(os.fsencode(path), self._manner) + SUFFIX
