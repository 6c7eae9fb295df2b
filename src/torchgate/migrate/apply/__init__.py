"""Carries out changes on the text of one file. The only room of torchgate that loads LibCST.

LibCST keeps every byte that is not part of a change. What it normalises is checked first: a file that it
does not give back as it was is not touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from torchgate.migrate.changes import Change
from torchgate.source import BOM, Source, Span

if TYPE_CHECKING:
    import libcst

    from torchgate.migrate.apply.plan import Plan


class CannotApplyError(Exception):
    """The changes cannot be carried out. ``ours``: they do not fit the file, which is a fault of whoever made
    them; else it is the file that cannot be edited."""

    def __init__(self, reason: str, *, ours: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.ours = ours


def apply(source: Source, changes: Iterable[Change]) -> bytes:
    """The file's new content.

    Raises:
        CannotApplyError: LibCST does not read the file or would change more of it, or a change does not fit.
    """
    from torchgate.migrate.apply.fstrings import spans, unfit
    from torchgate.migrate.apply.plan import Plan

    newline = newline_of(source.text)
    module = _parsed(source, source.text if newline is None else source.text.replace(newline, "\n"))
    wanted = tuple(changes)
    strings = spans(source)
    if any(unfit(change, strings) for change in wanted):
        raise CannotApplyError("quotes cannot be put into an f-string")
    plan = Plan(wanted)
    new = _rewritten(module, plan)
    if left := plan.left():
        raise _not_found(left, strings)
    try:
        return encode(source, new if newline is None else new.replace("\n", newline))
    except UnicodeEncodeError as error:
        raise CannotApplyError(f"{error.object[error.start]!r} does not exist in {source.encoding}") from None


def _parsed(source: Source, text: str) -> libcst.Module:
    import libcst

    try:
        module = libcst.parse_module(text)
        same = module.code == text and encode(source, source.text) == source.data
    except libcst.ParserSyntaxError as error:
        raise CannotApplyError(f"LibCST does not read the file: {error.message}") from None
    except RecursionError:
        raise CannotApplyError("the code is too deeply nested for LibCST") from None
    if not same:
        raise CannotApplyError("LibCST does not give the file back as it is")
    return module


def _rewritten(module: libcst.Module, plan: Plan) -> str:
    import libcst
    from libcst.metadata import MetadataWrapper, PositionProvider

    from torchgate.migrate.apply.rewriter import Rewriter
    from torchgate.migrate.apply.statements import CannotEdit

    try:
        wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
        return wrapper.module.visit(Rewriter(plan, wrapper.resolve(PositionProvider))).code
    except libcst.ParserSyntaxError as error:
        raise CannotApplyError(f"{error.raw_line!r} does not parse", ours=True) from None
    except RecursionError:
        raise CannotApplyError("the code is too deeply nested for LibCST") from None
    except CannotEdit as error:
        raise CannotApplyError(str(error), ours=error.ours) from None
    except Exception as error:  # LibCST checks what it is given, here and there
        raise CannotApplyError(f"{type(error).__name__}: {error}", ours=True) from error


def _not_found(left: Sequence[Change], strings: Sequence[Span]) -> CannotApplyError:
    """The error for changes whose nodes the file does not have."""
    from torchgate.migrate.apply.fstrings import inside

    place = left[0].place
    if all(inside(change, strings) for change in left):
        return CannotApplyError(f"the code in the f-string in line {place.line} cannot be found")
    kind = type(left[0]).__name__
    return CannotApplyError(f"{kind} names no node at {place.line}:{place.column}", ours=True)


def newline_of(text: str) -> str | None:
    """The one line ending that a text has; None where it has several."""
    carriage, both, feed = text.count("\r"), text.count("\r\n"), text.count("\n")
    if not carriage:
        return "\n"
    if carriage == both == feed:
        return "\r\n"
    return "\r" if not feed else None


def encode(source: Source, text: str) -> bytes:
    """``text`` as bytes in the file's encoding, with its byte order mark."""
    return (BOM if source.has_bom else b"") + text.encode(source.encoding)
