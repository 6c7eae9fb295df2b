"""What a codemod says of a site: a closed union, pure data, made before anything is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from torchgate.migrate.changes import Change, Place
from torchgate.migrate.refusals.reason import RefusalReason

if TYPE_CHECKING:
    from torchgate.migrate.project import Migration


@dataclass(frozen=True, slots=True)
class Site:
    """A finding that a codemod has a say in: the place, the rule's code and the codemod's name."""

    place: Place
    code: str
    codemod: str


@dataclass(frozen=True, slots=True)
class Edit:
    """The site can be rewritten, and this is all that changes, in any number of files: all of it or nothing.

    ``needs`` are other sites whose edits have to be made in the same run, or this one is refused as
    ``part-refused`` (an import goes only if every use of the name goes). ``unsafe``: only under ``--unsafe``.
    """

    site: Site
    changes: tuple[Change, ...]
    needs: tuple[Site, ...] = ()
    unsafe: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The site is left alone. ``detail`` names what stands in the way, in words of the code; ``at`` its place
    where that is another one than the site's."""

    site: Site
    reason: RefusalReason
    detail: str
    at: Place | None = None


Decision: TypeAlias = Edit | Refused


@dataclass(frozen=True, slots=True)
class Codemod:
    """One codemod: a value with a generator function, listed in ``codemods.ALL``.

    ``decide`` gives exactly one decision for each finding of ``codes`` that it has a say in and that
    ``Migration.findings`` holds; the first codemod in ``ALL`` that speaks of a finding has it.
    """

    name: str
    codes: frozenset[str]
    decide: Callable[[Migration], Iterator[Decision]]
