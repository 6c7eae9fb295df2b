"""The text of a file with its function bodies left out, so that the parser need not read them.

Most of a file is function bodies, and most bodies are never asked for. ``skim`` replaces them by ``...``, at
the same lines; ``Unit.body`` parses one when it is wanted. Where the layout is not certain (tabs, form feeds,
a bracket that does not close where it should) nothing is left out.
"""

from __future__ import annotations

import _ast as ast
import re
import warnings
from functools import lru_cache
from itertools import accumulate

from torchgate.semantics.assigned import ANY
from torchgate.semantics.codetext import (
    beyond_ascii,
    in_turn,
    is_inert,
    is_normal,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_DEF = re.compile(rb"def +[\w\x80-\xff]+ *\(")
_BEFORE_DEF = re.compile(rb"( *)(?:async +)?")
_BRACKET = re.compile(rb"[()]")
_HEADER_END = re.compile(rb"[^\n:()\[\]{}]*(?:\[[^\n:()]*\][^\n:()\[\]{}]*)?:[ \r]*\n")
_ODD = re.compile(rb"\f|^ *\t", re.MULTILINE)
UTF_8 = ("utf-8", "surrogatepass")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Unit:
    """One function whose body was left out, from its line of ``def`` to its last (1-based)."""

    __slots__ = ("_assigned", "_end", "_is_plain", "_start", "_whole", "indent", "last", "line")

    def __init__(self, whole: bytes, starts: list[int], line: int, last: int, indent: int) -> None:
        """``whole`` is the file's text, ``starts`` where its lines would begin without the line breaks. It is
        kept in UTF-8: an emoji makes each character of a ``str`` take four bytes."""
        self._whole = whole
        self._start = starts[line - 1] + line - 1
        self._end = starts[last] + last - 1
        self.line = line
        self.last = last
        self.indent = indent
        self._assigned: frozenset[str] | None = None
        self._is_plain: bool | None = None

    @property
    def text(self) -> str:
        """The function without its decorators."""
        return self._bytes.decode(*UTF_8)

    @property
    def _bytes(self) -> bytes:
        return self._whole[self._start : self._end]

    def mentions(self, word: str) -> bool:
        """Whether a word stands in the function, be it as a part of another one."""
        return self._whole.find(word.encode(*UTF_8), self._start, self._end) >= 0

    def may_assign(self, attribute: str) -> bool:
        """Whether the function may assign an attribute of that name, of whatever object."""
        if not self._names_targets():
            return True
        data, end, found = attribute.encode(*UTF_8), self._end, False
        place = self._whole.find(data, self._start, end)
        while place >= 0:
            before = self._whole[place - 1]
            match = (
                _BEHIND_TARGET.match(self._whole, place + len(data), end) if before in _BEFORE_NAME else None
            )
            if match is not None:
                if match[1] and before == _DOT:
                    return True
                found = True
            place = self._whole.find(data, place + 1, end)
        return found and not self.assigned().isdisjoint((attribute, ANY))

    def _names_targets(self) -> bool:
        """Whether each attribute that the function assigns certainly stands in its text, as it is called."""
        if self._is_plain is None:
            self._is_plain = is_normal_text(self._whole) and not any(map(self.mentions, _ASSIGN_ANY))
        return self._is_plain

    def assigned(self) -> frozenset[str]:
        """The attributes that the function may assign, of whatever object; an empty name where any."""
        if self._assigned is None:
            self._assigned = self._find_assigned()
        return self._assigned

    def _find_assigned(self) -> frozenset[str]:
        from torchgate.semantics.targets_text import attributes

        names = attributes(self._bytes) if is_normal_text(self._whole) else None
        if names is None:
            return frozenset({ANY})
        return frozenset([ANY, *names] if any(map(self.mentions, _ASSIGN_ANY)) else names)

    @property
    def may_bind_globals(self) -> bool:
        """Whether it may have ``global`` statements."""
        return self.mentions("global") and _GLOBAL.search(self._bytes) is not None

    def put_into(self, node: ast.AST) -> None:
        """Give a function its body, and its parameters where they were taken away; none where the body is no
        Python, or too deeply nested."""
        assert isinstance(node, _FUNCTIONS)
        try:
            whole = self._parse()
        except SyntaxError:
            return
        node.args, node.returns, node.body = whole.args, whole.returns, whole.body
        node.end_lineno, node.end_col_offset = whole.end_lineno, whole.end_col_offset

    def take_out_of(self, node: ast.AST) -> None:
        """Leave the body out again, and the parameters."""
        assert isinstance(node, _FUNCTIONS)
        node.args, node.returns, node.body = _NO_PARAMETERS, None, [_LEFT_OUT]

    def _parse(self) -> ast.FunctionDef | ast.AsyncFunctionDef:
        """The whole function, at its place in the file.

        Raises:
            SyntaxError: it is no Python, or too deeply nested.
        """
        lead = "\n" * (self.line - 2) + "if 1:\n" if self.indent else "\n" * (self.line - 1)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                text = f"{lead}{self.text}\n"
                tree = compile(text, "<function>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        except (RecursionError, MemoryError, ValueError) as error:
            raise SyntaxError(str(error)) from None
        assert isinstance(tree, ast.Module)
        body = tree.body
        if self.indent and isinstance(body[0], ast.If) and len(body) == 1:
            body = body[0].body
        function = body[0]
        if len(body) != 1 or not isinstance(function, _FUNCTIONS):
            raise SyntaxError("more than one statement")
        return function


_NOWHERE = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 3}
_LEFT_OUT = ast.Expr(value=ast.Constant(value=..., kind=None, **_NOWHERE), **_NOWHERE)
_NO_PARAMETERS = ast.arguments(
    posonlyargs=[], args=[], vararg=None, kwonlyargs=[], kw_defaults=[], kwarg=None, defaults=[]
)
_ASSIGN_ANY = ("setattr",)
_GLOBAL = re.compile(rb"(?:^|[:;])\s*global[\s\\]", re.MULTILINE)
# What may stand directly before the name of an attribute, and what behind a target.
_BEFORE_NAME = frozenset(b". \t\f\r\n")
_DOT = ord(".")
_BEHIND_TARGET = re.compile(rb"[ \t\f]*(?:[,:;)\]#\\\r\n]|(=)(?!=)|[-+*/%@&|^<>]{1,2}=|in\b|\Z)")


@lru_cache(maxsize=2)
def is_normal_text(whole: bytes) -> bool:
    """Whether Python takes every name in a file as it is written."""
    return all(map(is_inert, beyond_ascii(whole))) or is_normal(whole.decode(*UTF_8))


def skim(data: bytes) -> tuple[str, dict[int, Unit]] | None:
    """The text of a file, which comes in UTF-8, without function bodies, and these by the line of their
    ``def``; None where the layout is not certain, or nothing would be won."""
    code = structure(data)
    if code is None:
        return None
    lines = data.split(b"\n")
    starts = _starts(lines)
    kept: list[bytes] = []
    units: dict[int, Unit] = {}
    line, counted, end, done = 1, 0, 0, 0
    for match in _DEF.finditer(code):
        start = code.rfind(b"\n", 0, match.start()) + 1
        before = _BEFORE_DEF.fullmatch(code, start, match.start())
        if start < end or before is None:
            continue  # inside a body that is left out, or no definition
        indent = len(before[1])
        place = _body(code, match.end() - 1, indent)
        if place is None:
            return None
        first, end = place
        if first == end:
            continue  # on one line
        line += code.count(b"\n", counted, start)
        counted = start
        head = line + code.count(b"\n", start, first)
        last = head + code.count(b"\n", first, end) - 1
        units[line] = Unit(data, starts, line, last, indent)
        kept += lines[done : head - 1]
        kept.append(b" " * (indent + 1) + b"..." + b"\n" * (last - head))
        done = last
    return (b"\n".join([*kept, *lines[done:]]).decode(*UTF_8), units) if units else None


def _has_lone_cr(data: bytes) -> bool:
    return b"\r" in data and b"\r" in data.replace(b"\r\n", b"")


def _starts(lines: list[bytes]) -> list[int]:
    """Where lines would begin without the line breaks, and where one behind the last would."""
    return list(accumulate(map(len, lines), initial=0))


def _body(code: bytes, bracket: int, indent: int) -> tuple[int, int] | None:
    """Where the body of a function begins and ends, as offsets of lines; the same twice for a function on
    one line; None where that is not certain."""
    depth = 0
    for match in _BRACKET.finditer(code, bracket):
        depth += 1 if match[0] == b"(" else -1
        if not depth:
            break
    else:
        return None
    header = _HEADER_END.match(code, match.end())
    if header is None:
        line_end = code.find(b"\n", match.end())
        rest = code[match.end() : line_end if line_end >= 0 else len(code)]
        # `def f(): return 1`: the first colon behind the bracket has something after it.
        return (
            (match.end(), match.end()) if b":" in rest and not rest.rstrip().endswith((b":", b"\\")) else None
        )
    first = header.end()
    end = _end(code, first, indent)
    body = code[first:end].rstrip()
    if not body or body.endswith(b"\\") or any(body.count(a) != body.count(b) for a, b in PAIRS):
        return None
    return first, end


PAIRS = ((b"(", b")"), (b"[", b"]"), (b"{", b"}"))


def _end(code: bytes, first: int, indent: int) -> int:
    """The offset of the first line behind a block that stands no deeper than ``indent``."""
    match = _block(indent).match(code, first)
    return match.end() if match is not None else first


_patterns: dict[int, re.Pattern[bytes]] = {}


def _block(indent: int) -> re.Pattern[bytes]:
    """Lines that stand deeper, are blank, or close a bracket."""
    found = _patterns.get(indent)
    if found is None:
        lines = rb" {%d}[^\n]*|[ \r]*| {0,%d}[)\]}][^\n]*" % (indent + 1, indent)
        found = _patterns[indent] = re.compile(rb"(?:(?:%b)\n)*+" % lines)
    return found


# A module of which a name was asked is mostly read soon after.
@lru_cache(maxsize=64)
def structure(data: bytes) -> bytes | None:
    """The text with every comment taken out and every string replaced by ``0``, line for line, and a line
    break at its end; None where a string does not end, or may end elsewhere, or the layout is not certain."""
    told = None if _has_lone_cr(data) else in_turn(data)
    if told is None:
        return None
    parts = told[0]
    parts[1::2] = [
        b"" if token[:1] == b"#" else b"0" if b"\n" not in token else b"0" + b"\n" * token.count(b"\n")
        for token in parts[1::2]
    ]
    code = b"".join(parts)
    if (b"\t" in code or b"\f" in code) and _ODD.search(code):
        return None
    return code if code.endswith(b"\n") else code + b"\n"


def graft(tree: ast.Module, units: dict[int, Unit]) -> dict[ast.AST, Unit] | None:
    """The functions of a skimmed tree whose bodies were left out, with their ends put right; None where one
    is not found."""
    found: dict[ast.AST, Unit] = {}
    _graft(tree, units, found)
    return found if len(found) == len(units) else None


def _graft(node: ast.AST, units: dict[int, Unit], found: dict[ast.AST, Unit]) -> None:
    last = 0
    for child in _statements(node):
        unit = units.get(child.lineno) if isinstance(child, _FUNCTIONS) else None
        if unit is not None:
            found[child] = unit
            child.end_lineno = unit.last
        elif not isinstance(child, _FUNCTIONS):
            _graft(child, units, found)
        last = max(last, child.end_lineno or 0)
    if isinstance(node, ast.stmt):
        node.end_lineno = max(last, node.end_lineno or 0)


def units_of(tree: ast.Module, data: bytes) -> dict[ast.AST, Unit]:
    """The functions of a tree that was parsed in full whose bodies can be taken out of it again: those of
    several lines that begin a line, behind nothing but blanks."""
    found: dict[ast.AST, Unit] = {}
    if _has_lone_cr(data):
        return found
    starts = _starts(data.split(b"\n"))
    waiting: list[ast.AST] = [tree]
    while waiting:
        for child in _statements(waiting.pop()):
            if not isinstance(child, _FUNCTIONS):
                waiting.append(child)
            elif child.end_lineno is not None and child.end_lineno > child.lineno:
                line, indent = child.lineno, child.col_offset
                start = starts[line - 1] + line - 1
                joined = data[max(start - 3, 0) : start].rstrip().endswith(b"\\")
                if not joined and not data[start : start + indent].strip(b" "):
                    found[child] = Unit(data, starts, line, child.end_lineno, indent)
    return found


def empty(tree: ast.Module) -> None:
    """Take away the statements of a tree that has been read, those of its classes too: who knows a
    definition by its node still does."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        waiting += [child for child in _statements(node) if not isinstance(child, _FUNCTIONS)]
        if isinstance(node, ast.Module | ast.ClassDef):
            node.body = []


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    for field in ("body", "handlers", "orelse", "finalbody", "cases"):
        for child in getattr(node, field, ()):
            if isinstance(child, ast.stmt):
                yield child
            else:
                yield from _statements(child)
