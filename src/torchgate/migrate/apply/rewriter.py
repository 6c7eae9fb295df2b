"""Walks a LibCST tree once and carries out a plan: expressions on the way up, statements in their block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import libcst as cst
from libcst.metadata import CodeRange

from torchgate.migrate.apply.lines import own_lines
from torchgate.migrate.apply.plan import Extent, Plan, Start
from torchgate.migrate.apply.signatures import add_argument, add_keyword, add_parameter
from torchgate.migrate.apply.statements import (
    Block,
    CannotEdit,
    parse_statements,
    passing,
    rebuild,
    rebuild_line,
)
from torchgate.migrate.changes import AddKeyword, AddParameter, Change, InsertIntoBody

Definition = TypeVar("Definition", cst.FunctionDef, cst.ClassDef)


class Rewriter(cst.CSTTransformer):
    """Carries out ``plan``; what it did not find is left in it."""

    def __init__(self, plan: Plan, positions: Mapping[cst.CSTNode, CodeRange]) -> None:
        super().__init__()
        self._plan = plan
        self._positions = positions
        self._emptied: set[cst.BaseSuite] = set()  # bodies that lost all their statements

    def _start(self, node: cst.CSTNode) -> Start:
        start = self._positions[node].start
        return (start.line, start.column + 1)

    def _extent(self, node: cst.CSTNode) -> Extent:
        start, end = self._positions[node].start, self._positions[node].end
        if isinstance(node, cst.Tuple | cst.GeneratorExp) and node.lpar:
            # Their parentheses are part of them for `ast`, and not for LibCST.
            start, end = self._positions[node.lpar[-1]].start, self._positions[node.rpar[0]].end
        return (start.line, start.column + 1, end.line, end.column + 1)

    # Expressions.

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        """As LibCST has it; besides, replaces whole expressions."""
        found = super().on_leave(original_node, updated_node)
        if isinstance(original_node, cst.BaseExpression) and isinstance(found, cst.BaseExpression):
            text = self._plan.replacement(self._extent(original_node))
            if text is not None:
                return _in_parentheses_of(found, cst.parse_expression(text))
        return found

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:  # noqa: D102
        for change in self._plan.calls(self._extent(original_node)):
            if isinstance(change, AddKeyword):
                updated_node = add_keyword(updated_node, change)
            else:
                updated_node = add_argument(updated_node, change)
        return updated_node

    def leave_FormattedStringExpression(  # noqa: D102
        self,
        original_node: cst.FormattedStringExpression,
        updated_node: cst.FormattedStringExpression,
    ) -> cst.FormattedStringExpression:
        if original_node.equal is not None:
            place = self._positions[original_node]
            moved = place.start.line < place.end.line and self._plan.moves(place.start.line)
            if moved or not original_node.deep_equals(updated_node):
                raise CannotEdit("the f-string prints the text of the code (`{...=}`)", ours=False)
        return updated_node

    # Functions.

    def leave_Lambda(self, original_node: cst.Lambda, updated_node: cst.Lambda) -> cst.BaseExpression:  # noqa: D102
        for change in self._plan.signature(self._start(original_node)):
            if not isinstance(change, AddParameter):
                raise CannotEdit("a lambda has no body of statements")
            updated_node = add_parameter(updated_node, change)
        return updated_node

    def leave_FunctionDef(  # noqa: D102
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        for change in self._plan.signature(self._start(original_node)):
            if isinstance(change, AddParameter):
                updated_node = add_parameter(updated_node, change)
            elif isinstance(change, InsertIntoBody):
                emptied = original_node.body in self._emptied
                self._emptied.discard(original_node.body)
                body = _insert_into_body(updated_node.body, change, emptied=emptied)
                updated_node = updated_node.with_changes(body=body)
        return self._without_decorators(original_node, updated_node)

    def leave_ClassDef(  # noqa: D102
        self, original_node: cst.ClassDef, updated_node: cst.ClassDef
    ) -> cst.ClassDef:
        return self._without_decorators(original_node, updated_node)

    def _without_decorators(self, original: Definition, updated: Definition) -> Definition:
        kept: list[cst.Decorator] = []
        lines: list[cst.EmptyLine] = []
        for index, old in enumerate(original.decorators):
            new: cst.Decorator = updated.decorators[index]
            if self._plan.decorator(self._extent(old.decorator)):
                lines += [*new.leading_lines, *own_lines([new.trailing_whitespace])]
            else:
                kept.append(new.with_changes(leading_lines=[*lines, *new.leading_lines]) if lines else new)
                lines = []
        if len(kept) == len(original.decorators):
            return updated
        if kept:
            return updated.with_changes(
                decorators=kept, lines_after_decorators=[*lines, *updated.lines_after_decorators]
            )
        above = [*updated.leading_lines, *lines, *updated.lines_after_decorators]
        return updated.with_changes(decorators=[], leading_lines=above, lines_after_decorators=[])

    # Blocks.

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:  # noqa: D102
        block = self._block(original_node.body, updated_node.body, Block(updated_node.header, opens=True))
        if block is None:
            return updated_node
        footer = block.footer(updated_node.footer)
        if not (block.body or footer or updated_node.header):
            updated_node = updated_node.with_changes(has_trailing_newline=False)  # an empty file
        return updated_node.with_changes(body=block.body, footer=footer)

    def leave_IndentedBlock(  # noqa: D102
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.BaseSuite:
        block = self._block(original_node.body, updated_node.body, Block(opens=True))
        if block is None:
            return updated_node
        if not block.body:
            self._emptied.add(original_node)
            return updated_node.with_changes(body=[passing(block.pending)])
        return updated_node.with_changes(body=block.body, footer=block.footer(updated_node.footer))

    def leave_SimpleStatementSuite(  # noqa: D102
        self, original_node: cst.SimpleStatementSuite, updated_node: cst.SimpleStatementSuite
    ) -> cst.BaseSuite:
        found = rebuild_line(original_node.body, updated_node.body, self._changes)
        if found is None:
            return updated_node
        if not found:
            self._emptied.add(original_node)
        return updated_node.with_changes(body=found or [cst.Pass()])

    def _changes(self, node: cst.CSTNode) -> Sequence[Change]:
        return self._plan.statement(self._start(node))

    def _block(self, originals: Sequence[Any], updated: Sequence[Any], block: Block) -> Block | None:
        """The block's new body; None where nothing happens to its statements."""
        touched = False
        for original, statement in zip(originals, updated, strict=True):
            if isinstance(original, cst.SimpleStatementLine) and len(original.body) > 1:
                line = rebuild_line(original.body, statement.body, self._changes)
                touched = touched or line is not None
                if line == []:
                    block.drop(statement.leading_lines)
                else:
                    block.add(statement if line is None else statement.with_changes(body=line))
                continue
            changes = self._changes(original)
            touched = touched or bool(changes)
            if changes:
                rebuild(statement, changes, block)
            else:
                block.add(statement)
        return block if touched else None


def _in_parentheses_of(old: cst.BaseExpression, new: cst.BaseExpression) -> cst.BaseExpression:
    own = 1 if old.lpar and isinstance(old, cst.Tuple | cst.GeneratorExp) else 0
    lpar, rpar = old.lpar[: len(old.lpar) - own], old.rpar[own:]
    return new.with_changes(lpar=[*lpar, *new.lpar], rpar=[*new.rpar, *rpar]) if lpar else new


def _insert_into_body(body: cst.BaseSuite, change: InsertIntoBody, *, emptied: bool) -> cst.BaseSuite:
    """``emptied``: the body is the ``pass`` that stands for statements that went."""
    new = parse_statements(change.statements)
    if isinstance(body, cst.SimpleStatementSuite):
        at = 1 if _is_docstring(body.body[0]) else 0
        smalls = []
        for line in new:
            if not isinstance(line, cst.SimpleStatementLine):
                raise CannotEdit("a block cannot share a line with other statements")
            smalls += list(line.body)
        semicolon = cst.Semicolon(whitespace_after=cst.SimpleWhitespace(" "))
        found = [*body.body[:at], *smalls, *(() if emptied else body.body[at:])]
        return body.with_changes(
            body=[*(item.with_changes(semicolon=semicolon) for item in found[:-1]), found[-1]]
        )
    assert isinstance(body, cst.IndentedBlock)
    first = body.body[0]
    if emptied and isinstance(first, cst.SimpleStatementLine):
        lines = [*first.leading_lines, *new[0].leading_lines]
        return body.with_changes(body=[new[0].with_changes(leading_lines=lines), *new[1:]])
    at = 1 if isinstance(first, cst.SimpleStatementLine) and _is_docstring(first.body[0]) else 0
    if at < len(body.body):
        block = Block(opens=False)
        for item in body.body[:at]:
            block.add(item)
        rest = body.body[at]
        from torchgate.migrate.apply.statements import insert_before, parted

        block.add(parted(insert_before(new, rest, block), change.statements))
        return body.with_changes(body=[*block.body, *body.body[at + 1 :]])
    return body.with_changes(body=[*body.body, *new])


def _is_docstring(statement: cst.CSTNode) -> bool:
    if not isinstance(statement, cst.Expr):
        return False
    value = statement.value
    if isinstance(value, cst.ConcatenatedString):
        return isinstance(value.evaluated_value, str)
    return isinstance(value, cst.SimpleString) and isinstance(value.evaluated_value, str)
