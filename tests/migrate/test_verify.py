"""What is not what the changes say is found: every way of doing more, less or something else."""

from __future__ import annotations

import ast

import pytest

from tests.migrate.places import Program
from torchgate.migrate.changes import AddKeyword, Change, Place, RemoveContexts, ReplaceStatement
from torchgate.migrate.verify.trees import problem_of

TEXT = "import a\nwith b(1), c:\n    x = f(1, y=2)\n    z = g(x)\n"


def changes(program: Program) -> list[Change]:
    return [RemoveContexts(program.find(ast.With), (0,)), AddKeyword(program.find(ast.Call, 1), "k", "v")]


RIGHT = "import a\nwith c:\n    x = f(1, y=2, k=v)\n    z = g(x)\n"
WRONG = [
    TEXT,
    RIGHT.replace("k=v", "k=w"),
    RIGHT.replace("k=v", "j=v"),
    RIGHT.replace(", k=v", ""),
    RIGHT.replace("y=2, k=v", "k=v, y=2"),
    RIGHT.replace("g(x)", "g(x, k=v)"),
    RIGHT.replace("import a\n", ""),
    RIGHT.replace("with c:", "with b(1):"),
    RIGHT.replace("with c:", "with c, b(1):"),
    "import a\nx = f(1, y=2, k=v)\nz = g(x)\n",
    RIGHT.replace("    z", "z"),
    RIGHT + "q\n",
    RIGHT.replace("f(1", "f('1'"),
]


def test_the_right_result_has_no_problem() -> None:
    program = Program(TEXT)
    assert problem_of(program.source, RIGHT.encode(), changes(program)) is None
    reformatted = RIGHT.replace("f(1, y=2, k=v)", "f( 1,\n  y=2, # c\n k=v)")
    assert problem_of(program.source, reformatted.encode(), changes(program)) is None


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_result_is_found(wrong: str) -> None:
    program = Program(TEXT)
    found = problem_of(program.source, wrong.encode(), changes(program))
    assert found == "the result is not what the changes say"


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (b"x = (\n", "the result does not parse: '(' was never closed (line 1)"),
        (b"\xff\n", "the result cannot be read: byte 0xff is not valid utf-8"),
        (b"\xef\xbb\xbfy\n", "the result has another encoding"),
        (b"# coding: latin-1\ny\n", "the result has another encoding"),
    ],
)
def test_a_result_that_is_no_such_file(result: bytes, problem: str) -> None:
    program = Program("x\n")
    change = ReplaceStatement(program.find(ast.Expr), ("y",))
    assert problem_of(program.source, result, [change]) == problem


def test_what_only_the_compiler_sees() -> None:
    program = Program("def f():\n    x\n    a\n    global x\n")
    before = problem_of(program.source, program.source.data, [])
    assert before is None  # it did not compile before either: not the rewrite's fault
    program = Program("def f():\n    a\n    global x\n")
    change = ReplaceStatement(program.find(ast.Expr), ("x = 1",))
    result = b"def f():\n    x = 1\n    global x\n"
    found = problem_of(program.source, result, [change])
    assert found is not None
    assert found.startswith("the result does not compile: name 'x' is assigned to before global")


def test_changes_of_nodes_that_are_not_there() -> None:
    program = Program("f(1)\n")
    nowhere = Place("/project/file.py", 9, 1, 9, 2)
    for change in (AddKeyword(nowhere, "k", "v"), RemoveContexts(nowhere, (0,)), ReplaceStatement(nowhere)):
        found = problem_of(program.source, program.source.data, [change])
        assert found is not None
        assert "at 9:1" in found


def test_deep_code_is_refused() -> None:
    program = Program("x = " + "-" * 800 + "1\n")
    assert problem_of(program.source, program.source.data, []) in (
        None,
        "the code is too deeply nested to be compared",
    )
