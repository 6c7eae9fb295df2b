"""What is kept of modules that others ask about: what was learned, but neither facts nor the tree. The bodies
that were parsed for an answer stay until some other modules were asked: who asks once goes on."""

from __future__ import annotations

from torchgate.semantics.facts import Facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.semantics.environment import Environment

_KEPT = 8


class Lately:
    """The modules that were asked last, by their readers."""

    __slots__ = ("_readers",)

    def __init__(self) -> None:
        self._readers: list[Environment] = []

    def let_go(self, reader: Environment) -> None:
        """Let go of what a module has read so far, or will soon."""
        if reader.facts.values or reader.text.tree.body:
            reader.facts = Facts()
            reader.seen.clear()
            reader.module_scope.touched.clear()
            _put_away(reader)
        elif not self._readers or reader is not self._readers[-1]:
            if reader in self._readers:
                self._readers.remove(reader)
            self._readers.append(reader)
            if len(self._readers) > _KEPT:
                _put_away(self._readers.pop(0))


def _put_away(reader: Environment) -> None:
    reader.slices.clear()
    reader.text.put_away()
