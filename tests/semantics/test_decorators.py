"""Decorators that are read: what one leads to has a limit, whatever a project looks like."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.project import lint_files

USE = """\
import torch
from app.d0 import deco


@deco
def give():
    return torch


give().set_default_device("cpu")
"""


def codes(root: Path, files: dict[str, str]) -> list[tuple[int, str]]:
    return [(line, code) for line, _, code, _ in lint_files(root, files)["app/use.py"]]


@pytest.mark.parametrize(("length", "is_read"), [(10, True), (100, False)])
def test_chains_over_modules_end(tmp_path: Path, length: int, is_read: bool) -> None:
    link = "from app.d{} import deco as inner\n\n\ndef deco(fn):\n    return inner(fn)\n"
    files = {f"app/d{index}.py": link.format(index + 1) for index in range(length)}
    files[f"app/d{length}.py"] = "def deco(fn):\n    return fn\n"
    files["app/use.py"] = USE
    assert (codes(tmp_path, files)[-1] == (10, "TG301")) == is_read


def test_chains_that_double_at_each_module_end(tmp_path: Path) -> None:
    link = (
        "from app.d{} import deco as inner\n\n\ndef deco(fn):\n    if fn.flag:\n"
        "        return inner(inner(fn))\n    return inner(inner(fn))\n"
    )
    files = {f"app/d{index}.py": link.format(index + 1) for index in range(60)}
    files["app/d60.py"] = "def deco(fn):\n    return fn\n"
    files["app/use.py"] = USE
    assert codes(tmp_path, files)[-1][1] == "TG101"


def test_calls_that_double_at_each_function_end(tmp_path: Path) -> None:
    functions = [f"def d{index}(fn):\n    return d{index + 1}(d{index + 1}(fn))\n" for index in range(60)]
    text = "\n\n".join([*functions, "def d60(fn):\n    return fn\n"])
    found = codes(tmp_path, {"app/d0.py": text.replace("d0(", "deco("), "app/use.py": USE})
    assert found[-1][1] == "TG101"


def test_deep_expressions_are_no_fault(tmp_path: Path) -> None:
    deep = "fn" + ".a" * 900
    found = codes(
        tmp_path, {"app/d0.py": f"def deco(fn):\n    {deep} = 1\n    return fn\n", "app/use.py": USE}
    )
    assert found[-1] == (10, "TG301")
