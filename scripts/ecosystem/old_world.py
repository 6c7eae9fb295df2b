"""Gives real projects an old world that their tests run: ambient defaults, a facade, the handle in tests."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from ecosystem import planting
from ecosystem.corpus import python_files

FACADE = "torch_first"
_FIXTURE = """import pytest


@pytest.fixture(name="torch")
def _torch():
    import torch

    return torch
"""


def defaults(folder: Path, context: str) -> int:
    """The body of every function that calls a tensor factory runs in ``with context:``; how many."""
    return planting.plant(folder, (context, context))


def facade(folder: Path, package: str) -> int:
    """Every import of torch at the top of a module comes from ``package.torch_first``; how many."""
    given: set[str] = set()
    count = 0
    for name in python_files(folder):
        path = folder / name
        try:
            tree = ast.parse(text := path.read_text("utf-8"))
        except (SyntaxError, ValueError):
            continue
        lines = text.split("\n")
        for node in tree.body:
            names = _names_of_torch(node)
            if names and lines[node.lineno - 1].strip() == ast.unparse(node):
                given.add(ast.unparse(node))
                lines[node.lineno - 1] = f"from {package}.{FACADE} import {', '.join(names)}"
                count += 1
        path.write_text("\n".join(lines), "utf-8")
    imports = ["import torch", *sorted(given - {"import torch"})]
    (folder / package / f"{FACADE}.py").write_text("\n".join(imports) + "\n", "utf-8")
    return count


def _names_of_torch(node: ast.stmt) -> list[str]:
    """The names that a plain import of torch binds."""
    match node:
        case ast.Import(names=[ast.alias(name="torch", asname=None)]):
            return ["torch"]
        case ast.Import(names=[ast.alias(name=name, asname=str() as bound)]) if _is_torch(name):
            return [bound]
        case ast.ImportFrom(module=str() as module, names=names, level=0) if _is_torch(module):
            plain = all(alias.asname is None and alias.name != "*" for alias in names)
            return [alias.name for alias in names] if plain else []
    return []


def _is_torch(module: str) -> bool:
    return module.partition(".")[0] == "torch"


def fixtures(folder: Path, tests: str) -> int:
    """Test functions take a fixture ``torch``, and so do methods of classes without a base; how many."""
    count = 0
    for path in sorted((folder / tests).rglob("*.py")):
        try:
            tree = ast.parse(text := path.read_text("utf-8"))
        except (SyntaxError, ValueError):
            continue
        lines = text.split("\n")
        for node, own in reversed(list(_tests(tree))):
            begins = re.match(rf"[ ]*def {node.name}\({own}", line := lines[node.lineno - 1])
            if begins is not None:
                behind = line[begins.end() :]
                comma = "" if own or behind.startswith(")") else ", "
                lines[node.lineno - 1] = f"{line[: begins.end()]}{', ' if own else ''}torch{comma}{behind}"
                count += 1
        path.write_text("\n".join(lines), "utf-8")
    conftest = folder / "conftest.py"
    conftest.write_text(_FIXTURE + (conftest.read_text("utf-8") if conftest.exists() else ""), "utf-8")
    return count


def _tests(tree: ast.Module) -> list[tuple[ast.FunctionDef, str]]:
    """The tests and plain fixtures of a module, with the name of their first parameter where it is fixed."""
    found = [(node, "") for node in tree.body if isinstance(node, ast.FunctionDef)]
    for cls in tree.body:
        if isinstance(cls, ast.ClassDef) and not cls.bases:
            found += [(node, "self") for node in cls.body if isinstance(node, ast.FunctionDef)]
    return sorted((item for item in found if _is_run(item[0])), key=lambda item: item[0].lineno)


def _is_run(node: ast.FunctionDef) -> bool:
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    fixture = any("fixture" in text for text in decorators) and not any(
        "scope" in text for text in decorators
    )
    named = [parameter.arg for parameter in [*node.args.posonlyargs, *node.args.args]]
    return (fixture or node.name.startswith("test")) and "torch" not in named and node.args.vararg is None
