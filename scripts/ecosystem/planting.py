"""Plants ambient defaults into real code: what migrates them there meets real functions, not exercises.

The body of every function that calls a tensor factory is put into a ``default_device`` or ``default_dtype``
block, by turns; the helpers come from a module that is added. The result is never run. It is what the
migration of a project looks like that did everything under ambient defaults.
"""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

from ecosystem.corpus import python_files

HELPERS = "planted_defaults.py"
FACTORIES = frozenset(
    "arange as_tensor empty eye full linspace ones rand randint randn randperm tensor zeros".split()  # noqa: SIM905
)
SOURCE = """from contextlib import contextmanager

import torch


@contextmanager
def default_device(device):
    with torch.device(device):
        yield


@contextmanager
def default_dtype(dtype):
    previous = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(previous)
"""
CONTEXTS = ('default_device("cuda")', "default_dtype(torch.float64)")


def plant(folder: Path, contexts: tuple[str, str] = CONTEXTS) -> int:
    """Plant blocks in every file of a project; how many."""
    (folder / HELPERS).write_text(SOURCE, "utf-8")
    count = 0
    for name in python_files(folder):
        path = folder / name
        if name.endswith(".py") and name != HELPERS:
            data = path.read_bytes()
            try:
                planted, count = plant_file(data.decode("utf-8"), count, contexts)
            except (SyntaxError, ValueError):
                continue
            path.write_bytes(planted.encode("utf-8"))
    return count


def plant_file(text: str, count: int, contexts: tuple[str, str] = CONTEXTS) -> tuple[str, int]:
    """One file with blocks in its functions, and the number of blocks so far."""
    tree = ast.parse(text)
    if not any(imports_torch(node) for node in tree.body) or "\r" in text or "\f" in text:
        return text, count
    lines = text.split("\n")
    unsafe = inside_strings(text)
    started = count
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and makes(node)]
    for node in sorted(functions, key=lambda node: -node.lineno):
        body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
        if not body or body[0].lineno == node.lineno or nested(node, functions):
            continue
        first, last = body[0].lineno, body[-1].end_lineno or 0
        if getattr(body[0], "decorator_list", None) or unsafe.intersection(range(first, last + 1)):
            continue
        margin = lines[first - 1][: body[0].col_offset]
        inside = [f"    {line}" if line.strip() else line for line in lines[first - 1 : last]]
        lines[first - 1 : last] = [f"{margin}with {contexts[count % 2]}:", *inside]
        count += 1
    if count > started:
        used = [context.partition("(")[0] for context in dict.fromkeys(contexts)]
        names = [name for name in used if any(f"with {name}(" in line for line in lines)]
        lines.insert(first_line(tree), f"from planted_defaults import {', '.join(names)}")
    return "\n".join(lines), count


def imports_torch(node: ast.stmt) -> bool:
    """``import torch``."""
    return isinstance(node, ast.Import) and any(
        (name.name, name.asname) == ("torch", None) for name in node.names
    )


def makes(function: ast.FunctionDef) -> bool:
    """Whether a function calls a tensor factory."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in FACTORIES
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "torch"
        for node in ast.walk(function)
    )


def nested(function: ast.FunctionDef, others: list[ast.FunctionDef]) -> bool:
    """Whether a function stands in another one of them."""
    return any(other is not function and function in ast.walk(other) for other in others)


def inside_strings(text: str) -> set[int]:
    """The lines that begin inside a string: indenting them would change it."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {
        line
        for token in tokens
        if token.type == tokenize.STRING
        for line in range(token.start[0] + 1, token.end[0] + 1)
    }


def first_line(tree: ast.Module) -> int:
    """Where an import can stand: behind the docstring and ``__future__``."""
    place = 0
    for index, node in enumerate(tree.body):
        docstring = index == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            place = node.end_lineno or node.lineno
    return place
