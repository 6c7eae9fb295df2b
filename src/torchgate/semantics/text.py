"""A file's syntax tree: parsed in full, or without the function bodies that nobody asked for so far."""

from __future__ import annotations

import _ast as ast
import os
import sys
import warnings
from bisect import bisect_left

from torchgate.source import Source, UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from torchgate.semantics.skim import Unit

# A file of so many characters is parsed in full: its syntax errors are seen wherever they stand.
SMALL = 2048
# The environment variable that has all files parsed and read in full, to compare with (docs/testing.md).
UNFILTERED = "TORCHGATE_UNFILTERED"
_PARSER_ROOM = 1000
# What a parser says to statements and expressions that came after it: `except A, B:` (3.14), unpacking in
# comprehensions (3.15); before 3.12 also to `def f[T]()` and to nested f-strings.
_NEWER_SYNTAX_ERRORS = (
    "invalid syntax",
    "multiple exception types must be parenthesized",
    "iterable unpacking cannot",
    "dict unpacking cannot",
)
_F_STRING_ERRORS = ("f-string", "unterminated string literal", "unexpected character after line continuation")


class Text:
    """A parsed file, and what its text says about all of it: whether it has assignment expressions, and
    whether its annotations are left unevaluated by the future import.

    ``units`` are functions that can be parsed apart (``torchgate.semantics.skim``), ``unread`` those of them
    that are not in the tree right now. A body that is no Python is taken for an empty one: who checks the
    file itself parses all of it.
    """

    __slots__ = ("_data", "_is_small", "_walruses", "future_annotations", "tree", "units", "unread")

    def __init__(self, tree: ast.Module, source: Source, unread: dict[ast.AST, Unit] | None = None) -> None:
        self.tree = tree
        self._data = utf_8(source)
        self._is_small = len(source.text) <= SMALL
        self._walruses = _lines_with(":=", source.text)
        self.future_annotations = _future_annotations(tree)
        self.units = unread or {}
        self.unread = dict(self.units)

    def has_walrus(self, node: ast.stmt | ast.expr) -> bool:
        """Whether a part of the file may have assignment expressions."""
        place = bisect_left(self._walruses, node.lineno)
        return place < len(self._walruses) and self._walruses[place] <= (node.end_lineno or 0)

    def binds_by_walrus(self, node: ast.Module | ast.ClassDef) -> bool:
        """Whether the file or a class of it may have assignment expressions outside functions and the classes
        inside it."""
        return bool(self._walruses) and any(map(self._has_walrus_outside, node.body))

    def _has_walrus_outside(self, node: ast.stmt) -> bool:
        """Whether a statement may have assignment expressions, the body of a definition aside."""
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return self.has_walrus(node)
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        return any(first <= line <= node.body[0].lineno for line in self._walruses)

    def may_bind_globals(self, node: ast.AST) -> bool:
        """Whether a function may have ``global`` statements."""
        unit = self.units.get(node)
        return unit is None or unit.may_bind_globals

    def holding(self, needle: str) -> Callable[[ast.AST], bool]:
        """Tells functions whose text has ``needle`` in it, or a ``global`` statement."""

        def holds(node: ast.AST) -> bool:
            unit = self.units.get(node)
            return unit is None or unit.mentions(needle) or unit.may_bind_globals

        return holds

    def read_body(self, node: ast.AST) -> None:
        """Have the body of a function in the tree."""
        unit = self.unread.pop(node, None)
        if unit is not None:
            unit.put_into(node)

    def find_units(self) -> None:
        """Look for functions that can be parsed apart in a file that was parsed in full."""
        if not self.units and not self._is_small and not os.environ.get(UNFILTERED):
            from torchgate.semantics.skim import units_of

            self.units = units_of(self.tree, self._data)

    def put_away(self) -> None:
        """Let go of the tree, most of which nobody asks for again: only the definitions stay that it was made
        of, and have what is in them parsed anew where it is wanted (``read_body``)."""
        if len(self.unread) < len(self.units):
            for node in self.units.keys() - self.unread.keys():
                self.units[node].take_out_of(node)
            self.unread = dict(self.units)
        if self.tree.body:
            from torchgate.semantics.skim import empty

            empty(self.tree)

    def whole(self) -> Text:
        """The same file with a tree that was not put away."""
        if self.tree.body:
            return self
        source = Source.from_text("", self._data.decode("utf-8", "surrogatepass"))
        try:
            found = Text(parse(source), source)
        except UnreadableError:
            return skimmed(source)  # whatever it is, it is in the body of a function
        found.find_units()
        return found


def parse(source: Source) -> ast.Module:
    """The file's syntax tree.

    Raises:
        UnreadableError: a syntax error, or nesting deeper than the parser goes.
    """
    return _parse(source, source.text)


def _parse(source: Source, text: str) -> ast.Module:
    limit = sys.getrecursionlimit()
    try:
        # Before Python 3.12 the parser's room is what the callers leave: it must not hang on who asks.
        sys.setrecursionlimit(_stack_depth() + _PARSER_ROOM)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in checked code is not our output
            tree = compile(text, source.path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except SyntaxError as error:
        reason = f"{error.msg}{_version_note(error)}"
        line = min(max(error.lineno or 1, 1), len(source.lines))
        column = min(max(error.offset or 1, 1), len(source.lines[line - 1]) + 1)
        raise UnreadableError(reason, line, column) from None
    except (RecursionError, MemoryError):
        raise UnreadableError("the code is too deeply nested to be parsed") from None
    except ValueError as error:
        raise UnreadableError(str(error)) from None
    finally:
        sys.setrecursionlimit(limit)
    if not isinstance(tree, ast.Module):
        raise UnreadableError("not a module")
    return tree


def _stack_depth() -> int:
    frame, depth = sys._getframe().f_back, 0
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    return depth


def _version_note(error: SyntaxError) -> str:
    """Names the running Python where the message is one that newer syntax gets from an older parser."""
    causes: tuple[str, ...] = _NEWER_SYNTAX_ERRORS
    line = (error.text or "").lower()
    if sys.version_info < (3, 12) and ("f'" in line or 'f"' in line):
        causes += _F_STRING_ERRORS
    if sys.version_info < (3, 13):
        causes += ("expected '('",)  # `def f[T](x)`, and since 3.13 `def f[T = int](x)`
    if not error.msg.startswith(causes):
        return ""
    return f" (read by Python {sys.version_info[0]}.{sys.version_info[1]}; newer syntax needs a newer Python)"


def skimmed(source: Source) -> Text:
    """A parsed file; where it is long and its layout is plain, without the bodies of its functions.

    Raises:
        UnreadableError: a syntax error, or nesting deeper than the parser goes.
    """
    if os.environ.get(UNFILTERED):
        try:
            return Text(parse(source), source)
        except UnreadableError:
            pass  # others may ask for the rest of a long file all the same
    if len(source.text) > SMALL:
        from torchgate.semantics.skim import graft, skim

        found = skim(utf_8(source))
        if found is not None:
            try:
                tree = _parse(source, found[0])
            except UnreadableError:
                return Text(parse(source), source)  # which tells the reason and its place
            unread = graft(tree, found[1])
            if unread is not None:
                return Text(tree, source, unread)
    return Text(parse(source), source)


def utf_8(source: Source) -> bytes:
    """The text of a file, without BOM, in UTF-8."""
    if source.encoding == "utf-8" and not source.has_bom:
        return source.data
    return source.text.encode("utf-8", "surrogatepass")


def _lines_with(word: str, text: str) -> list[int]:
    """The lines in which a word stands (1-based)."""
    lines: list[int] = []
    place = text.find(word)
    if place >= 0 and "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        place = text.find(word)
    line, counted = 1, 0
    while place >= 0:
        line += text.count("\n", counted, place)
        counted = place
        lines.append(line)
        place = text.find(word, place + 1)
    return lines


def _future_annotations(tree: ast.Module) -> bool:
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            if any(alias.name == "annotations" for alias in statement.names):
                return True
        elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            return False
    return False
