"""Where the value of a module-level name is used, for questions to which nothing else matters: no string that
names it, and nobody who may get hold of the whole module. Those are far cheaper to leave out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torchgate.migrate.handles.knowledge import Knowledge
from torchgate.migrate.handles.mentions import Mention
from torchgate.migrate.handles.references import Referrers
from torchgate.migrate.project import Unit


class Users:
    """The uses of one name, through re-exports, looked for no further than they are asked for. ``paths``: the
    files that may have some, in order."""

    __slots__ = ("_found", "_known", "paths")

    def __init__(self, found: Referrers) -> None:
        self._found = found
        self._known: dict[str, Sequence[Mention]] = {}
        self.paths = found.users()

    def at(self, path: str) -> Sequence[Mention]:
        """Those of one file."""
        if path not in self._known:
            self._known[path] = self._found.mentions_in(path)
        return self._known[path]

    def __iter__(self) -> Iterator[Mention]:
        """All of them, file by file."""
        return (mention for path in self.paths for mention in self.at(path))


def users(knowledge: Knowledge, unit: Unit, name: str) -> Users:
    """The uses of the module-level ``name`` of a file."""
    return knowledge.once(
        ("users", unit.path, name), lambda: Users(Referrers(knowledge, unit, name, follow=True))
    )
