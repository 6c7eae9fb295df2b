"""What tuples, lists and dicts hold, at any depth, each value once: they may share parts without end."""

from __future__ import annotations

from torchgate.semantics.values import Mapping, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.semantics.values import Value


def contents(value: Value) -> Iterator[Value]:
    """The value itself, or what is in it."""
    waiting, seen = [value], set()
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        match item:
            case Sequence(items=items):
                waiting.extend(items)
            case Mapping(items=named):
                waiting.extend(named.values())
            case _:
                yield item
