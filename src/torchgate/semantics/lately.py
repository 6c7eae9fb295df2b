"""What is kept of a module that others ask about: what was learned, but neither facts nor the tree. The
bodies that were parsed for an answer stay until some other modules were asked: who asks once goes on."""

from __future__ import annotations

from torchgate.semantics.facts import Facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.semantics.environment import Environment

_KEPT = 8
_asked_last: list[Environment] = []


def let_go(reader: Environment) -> None:
    """Let go of what a module has read so far, or will soon."""
    if reader.facts.values or reader.text.tree.body:
        reader.facts = Facts()
        reader.seen.clear()
        reader.module_scope.touched.clear()
        _put_away(reader)
    elif not _asked_last or reader is not _asked_last[-1]:
        if reader in _asked_last:
            _asked_last.remove(reader)
        _asked_last.append(reader)
        if len(_asked_last) > _KEPT:
            _put_away(_asked_last.pop(0))


def _put_away(reader: Environment) -> None:
    reader.slices.clear()
    reader.text.put_away()
