"""Checks of one rewritten file that need nothing but the file: it parses, and it is what was meant."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator

from torchgate.migrate.changes import Change
from torchgate.migrate.verify.expected import NoSuchNodeError, expected_tree
from torchgate.source import Source, UnreadableError

DOCSTRING = "a string would become a docstring, or a docstring a string"


def problem_of(before: Source, after: bytes, changes: Iterable[Change]) -> str | None:
    """What is wrong with the rewritten file; None where all is as it should be. ``DOCSTRING`` is a limit, all
    else is a fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in checked code is not our output
        try:
            return _problem(before, after, tuple(changes))
        except RecursionError:
            return "the code is too deeply nested to be compared"


def _problem(before: Source, after: bytes, changes: tuple[Change, ...]) -> str | None:
    try:
        source = Source(before.path, after)
        tree = ast.parse(source.text)
        expected = expected_tree(before, changes)
    except UnreadableError as error:
        return f"the result cannot be read: {error.reason}"
    except SyntaxError as error:
        return f"the result does not parse: {error.msg} (line {error.lineno})"
    except NoSuchNodeError as error:
        return str(error)
    if (source.encoding, source.has_bom) != (before.encoding, before.has_bom):
        return "the result has another encoding"
    if ast.dump(tree) != ast.dump(expected):
        return "the result is not what the changes say"
    if sorted(_docstrings(tree)) != sorted(_docstrings(ast.parse(before.text))):
        return DOCSTRING
    return _compiles(before, source)


def _docstrings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node, clean=False)
            if text is not None:
                yield text


def _compiles(before: Source, after: Source) -> str | None:
    """What the compiler, beyond the parser, says of the new text and did not say of the old one."""
    try:
        compile(after.text, after.path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        try:
            compile(before.text, before.path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return None
        return f"the result does not compile: {error}"
    return None
