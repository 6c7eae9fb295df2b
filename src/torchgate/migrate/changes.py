"""What an accepted site does to the text: a closed union of small structural changes.

A change names a node by its place in the file as it was read, and says what happens to it. Decisions are made
of changes, ``apply`` carries them out with libcst, ``verify`` carries them out a second time on the ``ast``
tree, by other code, and compares. Texts are Python source on one line, without indentation.

Equal changes (two sites that both need a parameter at one function) are one change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from torchgate.source import Span


@dataclass(frozen=True, slots=True)
class Place:
    """A node of a file: its absolute path, and its span (1-based lines and code-point columns, half-open)."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def of(cls, path: str, span: Span) -> Place:
        """The place of a span."""
        return cls(path, *span.as_tuple())


@dataclass(frozen=True, slots=True)
class AddKeyword:
    """``f(x)`` becomes ``f(x, name=value)``; ``place`` is the call's."""

    place: Place
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class AddArgument:
    """``f(x)`` becomes ``f(value, x)``: a positional argument in front of index ``index``."""

    place: Place
    index: int
    value: str


@dataclass(frozen=True, slots=True)
class AddParameter:
    """A parameter for the ``def`` or ``lambda`` at ``place``.

    ``keyword_only`` ones go behind ``*`` (added where there is none), before ``**kwargs``; others in front of
    the positional parameter of index ``index``.
    """

    place: Place
    name: str
    keyword_only: bool
    index: int = 0
    default: str | None = None
    annotation: str | None = None


@dataclass(frozen=True, slots=True)
class RemoveContexts:
    """Takes the items with these indices from the ``with`` statement at ``place``.

    ``before`` are statements that take the place in front of it (an argument that is bound once). Where no
    item is left, the body stands in its place, one level less indented.
    """

    place: Place
    items: tuple[int, ...]
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnwrapTry:
    """``try: body finally: ...`` becomes ``body``, one level less indented; there is no other clause."""

    place: Place


@dataclass(frozen=True, slots=True)
class RemoveDecorator:
    """Takes away the decorator whose expression stands at ``place``."""

    place: Place


@dataclass(frozen=True, slots=True)
class ReplaceStatement:
    """Puts ``statements`` in the place of the simple statement at ``place``.

    ``pass`` stands where none is left in a block. A comment on its line goes with it only where nothing takes
    its place. A blank line follows where the last text ends with a line break.
    """

    place: Place
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoveImportedNames:
    """Takes names (as they are written, before ``as``) from the import statement at ``place``; the statement
    goes with the last of them."""

    place: Place
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InsertStatements:
    """Puts ``statements`` before the statement at ``place``, or after it (``after``)."""

    place: Place
    statements: tuple[str, ...]
    after: bool = False


@dataclass(frozen=True, slots=True)
class InsertIntoBody:
    """Puts ``statements`` at the start of the body of the ``def`` at ``place``, after its docstring."""

    place: Place
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReplaceExpression:
    """Puts ``text`` in the place of the expression at ``place``."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class WrapInFunction:
    """The undecorated ``class`` at ``place`` becomes the body of a function, which returns it.

    ``@decorator`` / ``def name(parameter):`` / the class, one level more indented / ``return`` its name.
    """

    place: Place
    decorator: str
    name: str
    parameter: str


OnStatement: TypeAlias = (
    RemoveContexts | UnwrapTry | ReplaceStatement | RemoveImportedNames | InsertStatements | WrapInFunction
)
OnSignature: TypeAlias = AddParameter | InsertIntoBody
OnExpression: TypeAlias = AddKeyword | AddArgument | ReplaceExpression
Change: TypeAlias = OnStatement | OnSignature | OnExpression | RemoveDecorator
