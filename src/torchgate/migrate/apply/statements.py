"""Statements taken out, put in, replaced and unwrapped, within the block that they stand in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import libcst as cst

from torchgate.migrate.apply.commas import NOTHING, CommaList
from torchgate.migrate.apply.lines import (
    is_blank,
    joined,
    own_lines,
    with_lines_before,
    without_blank_end,
    without_blank_start,
)
from torchgate.migrate.changes import (
    Change,
    InsertStatements,
    RemoveContexts,
    RemoveImportedNames,
    ReplaceStatement,
    UnwrapTry,
    WrapInFunction,
)

INDENT = "    "


class CannotEdit(Exception):
    """A change that the text does not allow. ``ours``: as in ``CannotApplyError``."""

    def __init__(self, reason: str, *, ours: bool = True) -> None:
        super().__init__(reason)
        self.ours = ours


class Block:
    """Rebuilds the body of one block: statements come and go, the lines around them find a new place."""

    def __init__(self, header: Sequence[cst.EmptyLine] = (), *, opens: bool) -> None:
        """``opens``: blank lines at its start are none that anybody wrote on purpose (a block's, not a
        module's that has a header)."""
        self.body: list[Any] = []
        self.pending: list[cst.EmptyLine] = []
        self._opens = opens and not header
        self._took = False

    def add(self, statement: Any) -> None:
        """A statement that stays, or a new one."""
        lines = joined(self.pending, statement.leading_lines)
        if self._took and self._opens and not self.body:
            lines = without_blank_start(lines)
        if lines != list(statement.leading_lines):
            statement = statement.with_changes(leading_lines=lines)
        self.pending = []
        self.body.append(statement)

    def drop(self, lines: Sequence[cst.EmptyLine]) -> None:
        """A statement that goes; ``lines`` stood in front of it."""
        self._took = True
        self.pending = joined(self.pending, lines)

    def hold(self, lines: Sequence[cst.EmptyLine]) -> None:
        """Lines that stood behind the statement before."""
        self.pending = joined(self.pending, lines)

    def footer(self, lines: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
        """What stands behind the last statement."""
        return joined(without_blank_end(self.pending) if self._took else self.pending, lines)


def parse_statements(texts: Iterable[str]) -> list[Any]:
    """Texts as statements. A line break in a text is followed by four blanks a level; a text that begins with
    one stands behind a blank line, and a last text that ends with one in front of one (``parted``).

    Raises:
        CannotEdit: a text is no statement.
    """
    found: list[Any] = []
    try:
        for text in texts:
            module = cst.parse_module(f"{text}\n")
            found += [with_lines_before(module.body[0], module.header), *module.body[1:]]
        return found
    except cst.ParserSyntaxError as error:
        raise CannotEdit(f"{error.raw_line!r} is no statement") from None


def rebuild(statement: Any, changes: Sequence[Change], block: Block) -> None:
    """Add to ``block`` what becomes of a statement that stands on lines of its own."""
    before = [change for change in changes if isinstance(change, InsertStatements) and not change.after]
    after = [change for change in changes if isinstance(change, InsertStatements) and change.after]
    rest = [change for change in changes if not isinstance(change, InsertStatements)]
    if len(rest) > 1:
        raise CannotEdit("two changes of one statement")
    for text in before:
        new = parse_statements(text.statements)
        statement = parted(insert_before(new, statement, block), text.statements)
    if rest:
        _change(statement, rest[0], block)
    else:
        block.add(statement)
    for text in after:
        for new in parse_statements(text.statements):
            block.add(new)


def parted(statement: Any, texts: Sequence[str]) -> Any:
    """The statement behind new ones, with a blank line between where the last text ends with a line break."""
    if not texts or not texts[-1].endswith("\n"):
        return statement
    return with_lines_before(statement, [cst.EmptyLine(indent=False)])


def insert_before(new: list[Any], statement: Any, block: Block) -> Any:
    """Blank lines before a statement come before the new ones, comments stay with it; a definition keeps its
    blank lines."""
    lines = list(statement.leading_lines)
    if not isinstance(statement, cst.FunctionDef | cst.ClassDef):
        kept = without_blank_start(lines)
        block.hold(lines[: len(lines) - len(kept)])
        statement = statement.with_changes(leading_lines=kept)
    for item in new:
        block.add(item)
    return statement


def _change(statement: Any, change: Change, block: Block) -> None:
    match change:
        case RemoveContexts() if isinstance(statement, cst.With):
            _remove_contexts(statement, change, block)
        case UnwrapTry() if isinstance(statement, cst.Try):
            if statement.handlers or statement.orelse or statement.finalbody is None:
                raise CannotEdit("a `try` with more than `finally`")
            _unwrap(statement, statement.body, [statement.body], [], block)
        case WrapInFunction() if isinstance(statement, cst.ClassDef) and not statement.decorators:
            block.add(_in_function(statement, change))
        case ReplaceStatement():
            _replace(statement, change.statements, block)
        case RemoveImportedNames() if isinstance(statement, cst.SimpleStatementLine):
            left = remove_names(statement.body[0], change.names)
            if left is None:
                block.drop(statement.leading_lines)
            else:
                block.add(statement.with_changes(body=[left]))
        case _:
            raise CannotEdit(f"the statement is a {type(statement).__name__}")


def _replace(statement: Any, texts: Sequence[str], block: Block) -> None:
    new = parse_statements(texts)
    if not new:
        block.drop(statement.leading_lines)
        return
    inside = own_lines(statement.body) if isinstance(statement, cst.SimpleStatementLine) else []
    first = with_lines_before(new[0], [*statement.leading_lines, *inside])
    if isinstance(statement, cst.SimpleStatementLine) and isinstance(first, cst.SimpleStatementLine):
        first = first.with_changes(trailing_whitespace=statement.trailing_whitespace)
    elif isinstance(statement, cst.SimpleStatementLine):
        first = with_lines_before(first, own_lines([statement.trailing_whitespace]))
    for item in (first, *new[1:]):
        block.add(item)
    if texts[-1].endswith("\n"):
        block.hold([cst.EmptyLine(indent=False)])


def _in_function(statement: cst.ClassDef, change: WrapInFunction) -> cst.FunctionDef:
    """The lines above the class stand above the function; a blank line sets off the ``return``."""
    head = f"@{change.decorator}\ndef {change.name}({change.parameter}):\n    return {statement.name.value}"
    function = parse_statements([head])[0]
    result = function.body.body[0].with_changes(leading_lines=[cst.EmptyLine(indent=False)])
    body = function.body.with_changes(body=[statement.with_changes(leading_lines=[]), result])
    made: cst.FunctionDef = function.with_changes(body=body, leading_lines=statement.leading_lines)
    return made


def _remove_contexts(statement: cst.With, change: RemoveContexts, block: Block) -> None:
    if max(change.items) >= len(statement.items):
        raise CannotEdit("the `with` has fewer items")
    new = parse_statements(change.before)
    if len(change.items) == len(statement.items):
        rest: list[cst.CSTNode] = [*statement.items]
        rest += [part for part in (statement.lpar, statement.rpar) if isinstance(part, cst.CSTNode)]
        _unwrap(statement, statement.body, [*rest, statement.body], new, block)
        return
    lpar, rpar = statement.lpar, statement.rpar
    opening = lpar.whitespace_after if isinstance(lpar, cst.LeftParen) else NOTHING
    closing = rpar.whitespace_before if isinstance(rpar, cst.RightParen) else NOTHING
    commas = CommaList(opening, statement.items, closing)
    for index in sorted(change.items, reverse=True):
        commas.remove(index)
    fields: dict[str, Any] = {"items": commas.write()}
    if isinstance(lpar, cst.LeftParen) and isinstance(rpar, cst.RightParen):
        fields["lpar"] = lpar.with_changes(whitespace_after=commas.gaps[0])
        fields["rpar"] = rpar.with_changes(whitespace_before=commas.closing)
    block.add(insert_before(new, statement, block).with_changes(**fields))


def _unwrap(statement: Any, body: Any, header: list[Any], new: list[Any], block: Block) -> None:
    """The body takes the place of the statement; comments of its header stand above."""
    parts = [part.header if isinstance(part, cst.IndentedBlock) else part for part in header]
    comments = own_lines(part for part in parts if not isinstance(part, cst.SimpleStatementSuite))
    lines = [*statement.leading_lines, *comments]
    if isinstance(body, cst.IndentedBlock):
        inner: list[Any] = list(body.body)
        footer: Sequence[cst.EmptyLine] = body.footer
    else:
        inner = [cst.SimpleStatementLine(body=body.body, trailing_whitespace=body.trailing_whitespace)]
        footer = ()
    # Blank lines that set the body off from its header have nothing to set off any more.
    inner[0] = inner[0].with_changes(leading_lines=without_blank_start(inner[0].leading_lines))
    for index, item in enumerate([*new, *inner]):
        block.add(with_lines_before(item, lines) if not index else item)
    block.hold(footer)


def remove_names(statement: Any, names: Sequence[str]) -> Any | None:
    """An import statement without these names; None where none is left."""
    if not isinstance(statement, cst.Import | cst.ImportFrom) or isinstance(statement.names, cst.ImportStar):
        raise CannotEdit("the statement imports no names")
    found = [cst.Module(body=[]).code_for_node(alias.name) for alias in statement.names]
    if missing := [name for name in names if name not in found]:
        raise CannotEdit(f"the statement imports no {missing[0]}")
    gone = [at for at, name in enumerate(found) if name in names]
    if len(gone) == len(found):
        return None
    lpar = statement.lpar if isinstance(statement, cst.ImportFrom) else None
    rpar = statement.rpar if isinstance(statement, cst.ImportFrom) else None
    opening = lpar.whitespace_after if lpar is not None else NOTHING
    commas = CommaList(opening, statement.names, rpar.whitespace_before if rpar is not None else NOTHING)
    for at in reversed(gone):
        commas.remove(at)
    fields: dict[str, Any] = {"names": commas.write()}
    if lpar is not None and rpar is not None:
        fields["lpar"] = lpar.with_changes(whitespace_after=commas.gaps[0])
        fields["rpar"] = rpar.with_changes(whitespace_before=commas.closing)
    return statement.with_changes(**fields)


def rebuild_line(
    originals: Sequence[Any], updated: Sequence[Any], changes_of: Callable[[Any], Sequence[Change]]
) -> list[Any] | None:
    """Small statements on one line, changed; None where nothing happens to them."""
    found: list[Any] = []
    touched = False
    for original, statement in zip(originals, updated, strict=True):
        changes = changes_of(original)
        touched = touched or bool(changes)
        kept: list[Any] = [statement]
        ahead: list[Any] = []
        behind: list[Any] = []
        for change in changes:
            match change:
                case InsertStatements(statements=texts, after=True):
                    behind += _smalls(texts)
                case InsertStatements(statements=texts):
                    ahead += _smalls(texts)
                case ReplaceStatement(statements=texts):
                    kept = _smalls(texts)
                case RemoveImportedNames(names=names):
                    left = remove_names(statement, names)
                    kept = [] if left is None else [left]
                case _:
                    raise CannotEdit(f"the statement is a {type(statement).__name__}")
        found += [*ahead, *kept, *behind]
    return _with_semicolons(found, updated[-1].semicolon) if touched else None


def _smalls(texts: Sequence[str]) -> list[Any]:
    lines = parse_statements(texts)
    if not all(isinstance(line, cst.SimpleStatementLine) for line in lines):
        raise CannotEdit("a block cannot share a line with other statements")
    return [statement for line in lines for statement in line.body]


def _with_semicolons(statements: list[Any], last: Any) -> list[Any]:
    between = cst.Semicolon(whitespace_after=cst.SimpleWhitespace(" "))
    found = []
    for index, statement in enumerate(statements):
        wanted = last if index == len(statements) - 1 else statement.semicolon
        if index < len(statements) - 1 and (
            not isinstance(wanted, cst.Semicolon) or statement is statements[-1]
        ):
            wanted = between
        found.append(statement.with_changes(semicolon=wanted))
    return found


def passing(lines: Sequence[cst.EmptyLine] = ()) -> cst.SimpleStatementLine:
    """``pass``, for a block in which no statement is left."""
    return cst.SimpleStatementLine(
        body=[cst.Pass()], leading_lines=[line for line in lines if not is_blank(line)]
    )
