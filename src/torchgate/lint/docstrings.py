"""The examples in a file's docstrings, judged like those of Markdown: what people copy teaches, too."""

from __future__ import annotations

import _ast as ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.config import Config, FileInfo
    from torchgate.documents.document import Program
    from torchgate.finding import Finding
    from torchgate.lint.engine import Options, Outcome
    from torchgate.lint.selection import Selection
    from torchgate.source import Source

_MARKS = (b">>> ", b"```", b"~~~")
_SETTERS = b"set_default_"
_QUOTES = b'"""'
_WITH_DOCSTRINGS = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# The whole docstring is prose to TG206 already.
_PROSE = "TG206"


def may_show(data: bytes, config: Config) -> bool:
    """Whether there may be examples in which something is to be reported: where examples are judged by the
    rules that teach, these name the facade, the helper or torch's setter."""
    names = (*config.facade_modules, *config.default_helpers)
    words = (_SETTERS, *(name.rpartition(".")[2].encode("utf-8", "surrogatepass") for name in names))
    if config.documents == "full":
        words = (b"",)
    # Hardly a file has one of the words, many have a mark.
    if not any(word in data for word in words) or not any(mark in data for mark in _MARKS):
        return False
    # No docstring goes on behind its quotes; where others may stand in them, the whole file counts as one.
    parts = data.split(_QUOTES) if b"'''" not in data and b'\\"' not in data else [data]
    return any(any(mark in part for mark in _MARKS) and any(word in part for word in words) for part in parts)


def shown(
    source: Source, config: Config, info: FileInfo, selection: Selection, options: Options, outcome: Outcome
) -> Iterator[Finding]:
    """What the examples of a file's docstrings give, at its place in the file.

    Raises:
        UnreadableError: the file is no Python.
    """
    from torchgate.lint.documents import judged
    from torchgate.semantics.text import parse

    for node in _docstrings(parse(source)):
        program = _examples(source, node)
        if program is not None:
            for finding in judged(program, source.path, config, info, selection, options, outcome):
                if finding.code != _PROSE:
                    yield finding


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        body: list[ast.stmt] = getattr(node, "body", None) or []
        if isinstance(node, _WITH_DOCSTRINGS) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value
        for field in ("body", "orelse", "handlers", "finalbody", "cases"):
            inner = getattr(node, field, None)
            waiting += inner if isinstance(inner, list) else ()


def _examples(source: Source, node: ast.Constant) -> Program | None:
    """The examples in one docstring, as it is written in the file."""
    from torchgate.documents.markdown import markdown
    from torchgate.lint.documents import parse

    span = source.span(node)
    lines = source.lines[span.line - 1 : span.end_line]
    if not any(mark.decode() in line for line in lines for mark in _MARKS):
        return None
    literal = lines[0][span.column - 1 :]
    text = literal.lstrip("rRuU")
    quotes = 3 if text.startswith(('"""', "'''")) else 1
    first = span.column - 1 + len(literal) - len(text) + quotes
    lines[-1] = lines[-1][: span.end_column - 1 - quotes]
    lines[0] = lines[0][first:]
    programs = markdown(lines, parse).programs
    for program in programs:
        for place in program.places:
            place.shift += first if place.line == 1 else 0
            place.line += span.line - 1
    return programs[0] if programs else None
