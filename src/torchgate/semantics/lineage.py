"""The order in which Python looks through a class and its bases, without its errors for what has none.

A class that two others have as their base comes after both; cycles end.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from typing import TypeVar

    Item = TypeVar("Item")


def lineage(
    classes: Iterable[Item], key: Callable[[Item], Hashable], bases: Callable[[Item], Iterable[Item]]
) -> list[Item]:
    """``classes`` and what they derive from, the first last. ``key`` tells what is the same class."""
    done: list[Item] = []
    steps = [(item, False) for item in classes]
    seen: set[Hashable] = set()
    while steps:
        item, is_left = steps.pop()
        if is_left:
            done.append(item)
        elif key(item) not in seen:
            seen.add(key(item))
            steps.append((item, True))
            steps += [(base, False) for base in bases(item)]
    return done
