"""Changes carried out on texts of every shape; ``Program.change`` compares each with the tree as well."""

from __future__ import annotations

import ast
import sys
from textwrap import dedent

import pytest

from tests.migrate.places import Program
from torchgate.migrate.apply import CannotApplyError, apply
from torchgate.migrate.changes import (
    AddArgument,
    AddKeyword,
    AddParameter,
    InsertIntoBody,
    InsertStatements,
    Place,
    RemoveContexts,
    RemoveDecorator,
    RemoveImportedNames,
    ReplaceExpression,
    ReplaceStatement,
    UnwrapTry,
    WrapInFunction,
)

WITH = (ast.With, ast.AsyncWith)
DEF = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
IMPORT = (ast.Import, ast.ImportFrom)


def keyword(text: str, wanted: str, nth: int = 0) -> None:
    program = Program(text)
    change = AddKeyword(program.find(ast.Call, nth), "k", "v")
    assert program.change(change).decode() == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("f()\n", "f(k=v)\n"),
        ("f( )\n", "f( k=v)\n"),
        ("f(x)\n", "f(x, k=v)\n"),
        ("f(x,)\n", "f(x, k=v,)\n"),
        ("f(x,y)\n", "f(x,y,k=v)\n"),
        ("f(x , y )\n", "f(x , y, k=v )\n"),
        ("f(*a)\n", "f(*a, k=v)\n"),
        ("f(**a)\n", "f(k=v, **a)\n"),
        ("f(x, **a)\n", "f(x, k=v, **a)\n"),
        ("f(b=1, *a)\n", "f(b=1, *a, k=v)\n"),
        ("f(**a, b=1)\n", "f(k=v, **a, b=1)\n"),
        ("f(x for x in y)\n", "f((x for x in y), k=v)\n"),
        ("f((x for x in y))\n", "f((x for x in y), k=v)\n"),
        ("f (x)\n", "f (x, k=v)\n"),
        ("f(\n    x\n)\n", "f(\n    x,\n    k=v\n)\n"),
        ("f(\n    x,\n)\n", "f(\n    x,\n    k=v,\n)\n"),
        ("f(\n    x,\n    y,\n)\n", "f(\n    x,\n    y,\n    k=v,\n)\n"),
        ("f(\n    x, y)\n", "f(\n    x, y, k=v)\n"),
        ("f(x,\n  y)\n", "f(x,\n  y, k=v)\n"),
        ("f(x,\n  y,\n)\n", "f(x,\n  y,\n  k=v,\n)\n"),
        ("f(x\n)\n", "f(x, k=v\n)\n"),
        ("f(  # why\n)\n", "f(  # why\nk=v)\n"),
        ("f(\n    x,  # first\n    y  # second\n)\n", "f(\n    x,  # first\n    y,  # second\n    k=v\n)\n"),
        (
            "f(\n    x,  # first\n    # own\n)\n",
            "f(\n    x,  # first\n    # own\n    k=v,\n)\n",
        ),
        ("f(x  # c\n)\n", "f(x, k=v  # c\n)\n"),
        ("f(\n    x,\n    **a,\n)\n", "f(\n    x,\n    k=v,\n    **a,\n)\n"),
        ("f(\n    x,\n    # the rest\n    **a,\n)\n", "f(\n    x,\n    k=v,\n    # the rest\n    **a,\n)\n"),
        ("f(\n\tx,\n)\n", "f(\n\tx,\n\tk=v,\n)\n"),
        ("f(x, \\\n  y)\n", "f(x, \\\n  y, \\\n  k=v)\n"),
        ("f('''a\n  b''')\n", "f('''a\n  b''', k=v)\n"),
        ("x = f(a)[0](b).c\n", "x = f(a, k=v)[0](b).c\n"),
        ("é = 'ä', f(x)\n", "é = 'ä', f(x, k=v)\n"),
        ("print(lambda: f(x))\n", "print(lambda: f(x), k=v)\n"),
        ("@f(x)\ndef g(): pass\n", "@f(x, k=v)\ndef g(): pass\n"),
        ("class A(f(x)): pass\n", "class A(f(x, k=v)): pass\n"),
        ("(f)(x)\n", "(f)(x, k=v)\n"),
        ("(f(x))\n", "(f(x, k=v))\n"),
        ("x = 1; y = f(x); z = 2\n", "x = 1; y = f(x, k=v); z = 2\n"),
    ],
)
def test_add_keyword(text: str, wanted: str) -> None:
    keyword(text, wanted)


def test_add_keyword_to_one_of_two_calls_that_begin_at_the_same_place() -> None:
    program = Program("f(1)(2)\n")
    inner, outer = sorted(
        (program.place(node) for node in ast.walk(program.tree) if isinstance(node, ast.Call)),
        key=lambda place: place.end_column,
    )
    assert program.change(AddKeyword(inner, "k", "v")) == b"f(1, k=v)(2)\n"
    assert program.change(AddKeyword(outer, "k", "v")) == b"f(1)(2, k=v)\n"
    both = program.change(AddKeyword(outer, "k", "v"), AddKeyword(inner, "j", "w"))
    assert both == b"f(1, j=w)(2, k=v)\n"


def test_two_keywords_of_one_call() -> None:
    program = Program("f(x, **a)\n")
    place = program.find(ast.Call)
    changed = program.change(AddKeyword(place, "dtype", "d"), AddKeyword(place, "device", "e"))
    assert changed == b"f(x, device=e, dtype=d, **a)\n"


@pytest.mark.parametrize(
    ("text", "index", "wanted"),
    [
        ("f()\n", 0, "f(v)\n"),
        ("f(x)\n", 0, "f(v, x)\n"),
        ("f(x)\n", 1, "f(x, v)\n"),
        ("f(x, k=1)\n", 1, "f(x, v, k=1)\n"),
        ("f(k=1)\n", 0, "f(v, k=1)\n"),
        ("f(x,y)\n", 1, "f(x,v,y)\n"),
        ("f(*a)\n", 0, "f(v, *a)\n"),
        ("f(*a)\n", 1, "f(*a, v)\n"),
        ("f(\n    x,\n    y,\n)\n", 0, "f(\n    v,\n    x,\n    y,\n)\n"),
        ("f(\n    x,  # first\n    y,\n)\n", 1, "f(\n    x,  # first\n    v,\n    y,\n)\n"),
        ("f(\n    # of x\n    x,\n)\n", 0, "f(\n    v,\n    # of x\n    x,\n)\n"),
        ("f(x for x in y)\n", 0, "f(v, (x for x in y))\n"),
        ("f(**a)\n", 0, "f(v, **a)\n"),
    ],
)
def test_add_argument(text: str, index: int, wanted: str) -> None:
    program = Program(text)
    assert program.change(AddArgument(program.find(ast.Call), index, "v")).decode() == wanted


def test_a_positional_argument_behind_keywords_is_no_program() -> None:
    program = Program("f(k=1, *a)\n")
    for index in (0, 1):
        change = AddArgument(program.find(ast.Call), index, "v")
        with pytest.raises(CannotApplyError, match="positional argument after keyword"):
            apply(program.source, [change])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("def f(): pass\n", "def f(*, k=None): pass\n"),
        ("def f(x): pass\n", "def f(x, *, k=None): pass\n"),
        ("def f(x, /): pass\n", "def f(x, /, *, k=None): pass\n"),
        ("def f(x,): pass\n", "def f(x, *, k=None,): pass\n"),
        ("def f(x, *, y): pass\n", "def f(x, *, y, k=None): pass\n"),
        ("def f(*a): pass\n", "def f(*a, k=None): pass\n"),
        ("def f(*a, y=1, **b): pass\n", "def f(*a, y=1, k=None, **b): pass\n"),
        ("def f(**b): pass\n", "def f(*, k=None, **b): pass\n"),
        ("def f(x, **b): pass\n", "def f(x, *, k=None, **b): pass\n"),
        ("def f(x: int = 1) -> int: pass\n", "def f(x: int = 1, *, k=None) -> int: pass\n"),
        ("async def f(x): pass\n", "async def f(x, *, k=None): pass\n"),
        ("g = lambda: 1\n", "g = lambda *, k=None: 1\n"),
        ("g = lambda x: 1\n", "g = lambda x, *, k=None: 1\n"),
        ("g = lambda*a: 1\n", "g = lambda*a, k=None: 1\n"),
        (
            "def f(\n    x,\n    y,  # why\n): pass\n",
            "def f(\n    x,\n    y,  # why\n    *,\n    k=None,\n): pass\n",
        ),
        ("def f(\n    x, y\n): pass\n", "def f(\n    x, y, *, k=None\n): pass\n"),
        ("def f(x,\n      y): pass\n", "def f(x,\n      y, *, k=None): pass\n"),
        (
            "def f(\n    x,\n    **b,\n): pass\n",
            "def f(\n    x,\n    *,\n    k=None,\n    **b,\n): pass\n",
        ),
        ("class A:\n  @d\n  def f(self): pass\n", "class A:\n  @d\n  def f(self, *, k=None): pass\n"),
    ],
)
def test_add_keyword_only_parameter(text: str, wanted: str) -> None:
    program = Program(text)
    place = program.find(DEF)
    assert program.change(AddParameter(place, "k", True, default="None")).decode() == wanted


@pytest.mark.parametrize(
    ("text", "index", "wanted"),
    [
        ("def f(): pass\n", 0, "def f(k): pass\n"),
        ("def f(x): pass\n", 0, "def f(k, x): pass\n"),
        ("def f(x): pass\n", 1, "def f(x, k): pass\n"),
        ("def f(self, x=1): pass\n", 1, "def f(self, k, x=1): pass\n"),
        ("def f(x, /, y): pass\n", 0, "def f(k, x, /, y): pass\n"),
        ("def f(x, /, y): pass\n", 1, "def f(x, /, k, y): pass\n"),
        ("def f(x, /): pass\n", 1, "def f(x, /, k): pass\n"),
        ("def f(*a): pass\n", 0, "def f(k, *a): pass\n"),
        ("def f(x, *, y): pass\n", 1, "def f(x, k, *, y): pass\n"),
        ("def f(\n    x,\n): pass\n", 0, "def f(\n    k,\n    x,\n): pass\n"),
        ("def f(\n    x, y\n): pass\n", 0, "def f(\n    k, x, y\n): pass\n"),
        (
            "def f(\n    # of both\n    x, y,\n    z,\n): pass\n",
            0,
            "def f(\n    # of both\n    k, x, y,\n    z,\n): pass\n",
        ),
        ("g = lambda: 1\n", 0, "g = lambda k: 1\n"),
        ("g = lambda x: 1\n", 0, "g = lambda k, x: 1\n"),
        ("g = lambda*a: 1\n", 0, "g = lambda k, *a: 1\n"),
    ],
)
def test_add_positional_parameter(text: str, index: int, wanted: str) -> None:
    program = Program(text)
    change = AddParameter(program.find(DEF), "k", False, index)
    assert program.change(change).decode() == wanted


def test_a_parameter_may_have_an_annotation() -> None:
    program = Program("def f(x):\n    pass\n")
    change = AddParameter(program.find(DEF), "k", False, 0, annotation="'Handle | None'", default="None")
    with pytest.raises(CannotApplyError):
        apply(program.source, [change])  # a default before a parameter without one: no Python
    change = AddParameter(program.find(DEF), "k", True, annotation="'Handle'", default="None")
    assert program.change(change) == b"def f(x, *, k: 'Handle' = None):\n    pass\n"
    change = AddParameter(program.find(DEF), "k", False, 1, annotation="Handle")
    assert program.change(change) == b"def f(x, k: Handle):\n    pass\n"


CONTEXTS = [
    ("with a: x = 1\n", (0,), "x = 1\n"),
    ("with a: x = 1; y = 2  # c\nz = 3\n", (0,), "x = 1; y = 2  # c\nz = 3\n"),
    ("with a:\n    x = 1\n", (0,), "x = 1\n"),
    ("with a:\n\tx = 1\n\tif x:\n\t\ty = 2\n", (0,), "x = 1\nif x:\n\ty = 2\n"),
    ("with a, b:\n    x\n", (0,), "with b:\n    x\n"),
    ("with a, b:\n    x\n", (1,), "with a:\n    x\n"),
    ("with a, b, c:\n    x\n", (1,), "with a, c:\n    x\n"),
    ("with a, b, c:\n    x\n", (0, 2), "with b:\n    x\n"),
    ("with a as p, b as q:\n    x\n", (0, 1), "x\n"),
    ("with (a, b):\n    x\n", (0,), "with (b):\n    x\n"),
    ("with (a):\n    x\n", (0,), "x\n"),
    ("with (a as b,):\n    x\n", (0,), "x\n"),
    ("with (\n    a,\n    b,\n):\n    x\n", (0,), "with (\n    b,\n):\n    x\n"),
    ("with (\n    a,\n    b,\n):\n    x\n", (1,), "with (\n    a,\n):\n    x\n"),
    ("with (\n    a,\n    b\n):\n    x\n", (1,), "with (\n    a\n):\n    x\n"),
    (
        "with (\n    a,  # one\n    b,  # two\n    # of c\n    c,\n):\n    x\n",
        (1,),
        "with (\n    a,  # one\n    # of c\n    c,\n):\n    x\n",
    ),
    ("with a, \\\n     b:\n    x\n", (0,), "with b:\n    x\n"),
    ("with a, \\\n     b:\n    x\n", (1,), "with a:\n    x\n"),
    ("with a:  # why\n    x\n", (0,), "# why\nx\n"),
    ("with a:  # noqa: E501\n    x\n", (0,), "x\n"),
    ("with a:  # type: ignore[attr-defined]\n    x\n", (0,), "x\n"),
    ("with a:\n    # first\n\n    x\n", (0,), "# first\n\nx\n"),
    ("# above\nwith a:\n    x\n", (0,), "# above\nx\n"),
    ("if y:\n    with a:\n        x\n        # end\n    z\n", (0,), "if y:\n    x\n    # end\n    z\n"),
    ("if y:\n    with a:\n        x\n        # end\nz\n", (0,), "if y:\n    x\n    # end\nz\n"),
    ("with a:\n    x\n    # end\n", (0,), "x\n# end\n"),
    ("with a:\n    x\n  # odd\ny\n", (0,), "x\n  # odd\ny\n"),
    ("with a:  # why\n\n    x\n", (0,), "# why\nx\n"),
    ("z\nwith a:\n\n    # own\n\n    x\n", (0,), "z\n# own\n\nx\n"),
    ("y\nwith a:\n    '''s\n    t'''\n", (0,), "y\n'''s\n    t'''\n"),
    (
        "with a:\n    x = '''s\n    t\n  u'''\n    y = f'''{z}\n    w'''\n",
        (0,),
        "x = '''s\n    t\n  u'''\ny = f'''{z}\n    w'''\n",
    ),
    ("with a:\n    x = (1,\n         2)\n", (0,), "x = (1,\n     2)\n"),
    ("with a:\n    x = [\n  1,\n    ]\n", (0,), "x = [\n  1,\n]\n"),
    ("with a:\n    x = 1 + \\\n        2\n", (0,), "x = 1 + \\\n        2\n"),
    ("with a:\n    if y: z\n    else: w\n", (0,), "if y: z\nelse: w\n"),
    ("with a:\n    @d\n    # c\n    def f():\n        pass\n", (0,), "@d\n# c\ndef f():\n    pass\n"),
    ("with a:\n  x\n\n\n\ny\n", (0,), "x\n\n\n\ny\n"),
    ("async def f():\n    async with a:\n        await b\n", (0,), "async def f():\n    await b\n"),
    ("while a:\n    with b:\n        break\nelse:\n    c\n", (0,), "while a:\n    break\nelse:\n    c\n"),
    ("with a:\n    x", (0,), "x"),
    ("with a:\n    x\\\n\n", (0,), None),
]


@pytest.mark.parametrize(("text", "items", "wanted"), CONTEXTS)
def test_remove_contexts(text: str, items: tuple[int, ...], wanted: str | None) -> None:
    try:
        program = Program(text)
    except SyntaxError:
        assert wanted is None
        return
    found = program.change(RemoveContexts(program.find(WITH), items)).decode()
    if wanted is not None:
        assert found == wanted


def test_a_body_that_becomes_a_docstring_is_not_taken() -> None:
    from torchgate.migrate.verify.trees import DOCSTRING, problem_of

    program = Program("def f():\n    with a:\n        'text'\n        b\n")
    change = RemoveContexts(program.find(WITH), (0,))
    problem = problem_of(program.source, apply(program.source, [change]), [change])
    assert problem == DOCSTRING


def test_nested_contexts_and_what_is_in_them() -> None:
    text = dedent(
        '''\
        def f(x):
            """Doc."""
            # outer
            with a(1), b:  # both
                # inner
                with c:  # c
                    y = g(
                        x,  # x
                    )
                    # behind y
                # behind c
            # behind b
            return y
        '''
    )
    program = Program(text)
    changed = program.change(
        RemoveContexts(program.find(WITH, 0), (1,)),
        RemoveContexts(program.find(WITH, 0), (0,), ("p = 1",)),
        RemoveContexts(program.find(WITH, 1), (0,), ("q = 2",)),
        AddKeyword(program.find(ast.Call, 1), "k", "v"),
        AddParameter(program.find(DEF), "k", True, default="None"),
    ).decode()
    assert changed == dedent(
        '''\
        def f(x, *, k=None):
            """Doc."""
            # outer
            # both
            p = 1
            # inner
            # c
            q = 2
            y = g(
                x,  # x
                k=v,
            )
            # behind y
            # behind c
            # behind b
            return y
        '''
    )


def test_what_is_bound_before_a_context_that_stays() -> None:
    program = Program("x\n\n# of a\nwith a, b:\n    y\n")
    changed = program.change(RemoveContexts(program.find(WITH), (1,), ("p = b", "q = p")))
    assert changed == b"x\n\np = b\nq = p\n# of a\nwith a:\n    y\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("try:\n    x\nfinally:\n    y\n", "x\n"),
        ("try: x\nfinally: y\nz\n", "x\nz\n"),
        (
            "if a:\n    try:  # c\n        x\n        # d\n    finally:\n        y  # e\n    z\n",
            "if a:\n    # c\n    x\n    # d\n    z\n",
        ),
        (
            "try:\n    try:\n        x\n    finally:\n        y\nfinally:\n    z\n",
            "try:\n    x\nfinally:\n    y\n",
        ),
    ],
)
def test_unwrap_try(text: str, wanted: str) -> None:
    program = Program(text)
    assert program.change(UnwrapTry(program.find(ast.Try))).decode() == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "class C(b): pass  # c\n",
            "@f.cache\ndef build(t):\n    class C(b): pass  # c\n\n    return C\n",
        ),
        (
            "x\n\n\n# a\nclass C(b):  # c\n  # d\n  x = (1,\n       2)\n\n"
            "  y = '''\n z'''\n  # e\n\n\n# f\nz\n",
            "x\n\n\n# a\n@f.cache\ndef build(t):\n  class C(b):  # c\n    # d\n    x = (1,\n         2)\n\n"
            "    y = '''\n z'''\n    # e\n\n  return C\n\n\n# f\nz\n",
        ),
        (
            "if a:\n\tclass C(b):\n\t\tdef f(self): return f\nelse: x\n",
            "if a:\n\t@f.cache\n\tdef build(t):\n\t\tclass C(b):\n\t\t\tdef f(self): return f\n\n"
            "\t\treturn C\nelse: x\n",
        ),
    ],
)
def test_wrap_in_function(text: str, wanted: str) -> None:
    program = Program(text)
    change = WrapInFunction(program.find(ast.ClassDef), "f.cache", "build", "t")
    assert program.change(change).decode() == wanted


@pytest.mark.parametrize("text", ["@d\nclass C: pass\n", "def f(): pass\n"])
def test_only_an_undecorated_class_is_wrapped(text: str) -> None:
    program = Program(text)
    change = WrapInFunction(program.find((ast.ClassDef, ast.FunctionDef)), "f.cache", "build", "t")
    with pytest.raises(CannotApplyError) as caught:
        apply(program.source, [change])
    assert caught.value.ours


def test_a_try_with_handlers_is_not_unwrapped() -> None:
    program = Program("try:\n    x\nexcept E:\n    z\nfinally:\n    y\n")
    with pytest.raises(CannotApplyError) as caught:
        apply(program.source, [UnwrapTry(program.find(ast.Try))])
    assert caught.value.ours


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("@a\ndef f(): pass\n", "def f(): pass\n"),
        ("@a\n@b\ndef f(): pass\n", "@b\ndef f(): pass\n"),
        ("# c\n@a  # d\n# e\n@b\ndef f(): pass\n", "# c\n# d\n# e\n@b\ndef f(): pass\n"),
        ("@a(1)  # noqa\n# e\nclass C: pass\n", "# e\nclass C: pass\n"),
        ("x\n\n\n@a\nasync def f(): pass\n", "x\n\n\nasync def f(): pass\n"),
    ],
)
def test_remove_the_first_decorator(text: str, wanted: str) -> None:
    program = Program(text)
    node = next(node for node in ast.walk(program.tree) if getattr(node, "decorator_list", None))
    place = program.place(node.decorator_list[0])  # type: ignore[attr-defined]
    assert program.change(RemoveDecorator(place)).decode() == wanted


def test_remove_the_last_decorator() -> None:
    program = Program("@a\n# c\n@b  # d\n# e\ndef f(): pass\n")
    assert isinstance(program.tree.body[0], ast.FunctionDef)
    place = program.place(program.tree.body[0].decorator_list[1])
    assert program.change(RemoveDecorator(place)) == b"@a\n# c\n# d\n# e\ndef f(): pass\n"


REPLACED: list[tuple[str, int, tuple[str, ...], str]] = [
    ("a\nx\nb\n", 2, (), "a\nb\n"),
    ("a\nx  # c\nb\n", 2, (), "a\nb\n"),
    ("a\nx  # c\nb\n", 2, ("y",), "a\ny  # c\nb\n"),
    ("a\n\nx\n\nb\n", 3, (), "a\n\nb\n"),
    ("a\n\n# c\nx\n\nb\n", 4, (), "a\n\n# c\n\nb\n"),
    ("a\nx\n\n\nb\n", 2, (), "a\n\n\nb\n"),
    ("x\n\nb\n", 1, (), "b\n"),
    ("# c\nx\nb\n", 2, (), "# c\nb\n"),
    ("def f():\n    x\n\n    b\n", 2, (), "def f():\n    b\n"),
    ("def f():\n    a\n\n    x\n", 4, (), "def f():\n    a\n"),
    ("def f():\n    x\n", 2, (), "def f():\n    pass\n"),
    ("def f():\n    # c\n    x  # d\n", 3, (), "def f():\n    # c\n    pass\n"),
    ("if a: x\n", 1, ("p", "q"), None),  # type: ignore[list-item]
    ("def f():\n    x\n", 2, ("p = 1", "q = 2"), "def f():\n    p = 1\n    q = 2\n"),
    ("def f():\n    # c\n    x  # d\n", 3, ("p", "q"), "def f():\n    # c\n    p  # d\n    q\n"),
    ("x\n", 1, (), ""),
    ("x\n", 1, ("if a: b",), "if a: b\n"),
    ("if c:\n  x  # d\n", 2, ("if a:\n    b",), "if c:\n  # d\n  if a:\n    b\n"),
    ("x", 1, ("y",), "y"),
]


@pytest.mark.parametrize(("text", "line", "texts", "wanted"), [row for row in REPLACED if row[3] is not None])
def test_replace_statement(text: str, line: int, texts: tuple[str, ...], wanted: str) -> None:
    program = Program(text)
    assert program.change(ReplaceStatement(program.line(line), texts)).decode() == wanted


@pytest.mark.parametrize(
    ("text", "texts", "wanted"),
    [
        ("if a: x\n", (), "if a: pass\n"),
        ("if a: x; y\n", (), "if a: y\n"),
        ("if a: y; x\n", (), "if a: y\n"),
        ("if a: y; x;\n", (), "if a: y;\n"),
        ("if a: x  # c\n", ("p", "q"), "if a: p; q  # c\n"),
        ("y; x; z\n", (), "y; z\n"),
        ("y; x\n", ("p",), "y; p\n"),
        ("x; y\n", ("p", "q"), "p; q; y\n"),
        ("def f(): x\n", (), "def f(): pass\n"),
    ],
)
def test_replace_a_statement_that_shares_its_line(text: str, texts: tuple[str, ...], wanted: str) -> None:
    program = Program(text)
    place = next(
        program.place(node)
        for node in ast.walk(program.tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Name) and node.value.id == "x"
    )
    assert program.change(ReplaceStatement(place, texts)).decode() == wanted


def test_a_block_cannot_share_a_line() -> None:
    program = Program("if a: x\n")
    with pytest.raises(CannotApplyError):
        apply(program.source, [ReplaceStatement(program.find(ast.Expr), ("if b:\n    c",))])


@pytest.mark.parametrize(
    ("text", "names", "wanted"),
    [
        ("import a\n", ("a",), ""),
        ("import a, b\n", ("a",), "import b\n"),
        ("import a, b\n", ("b",), "import a\n"),
        ("import a.b as c, d\n", ("a.b",), "import d\n"),
        ("from m import a, b as c, d\n", ("b",), "from m import a, d\n"),
        ("from m import a, b as c, d\n", ("b", "d"), "from m import a\n"),
        ("from m import (a, b)\n", ("a",), "from m import (b)\n"),
        ("from m import (\n    a,\n    b,\n)\n", ("b",), "from m import (\n    a,\n)\n"),
        ("from m import (\n    a,\n    b\n)\n", ("b",), "from m import (\n    a\n)\n"),
        ("from m import (\n    a,  # x\n    b,  # y\n)\n", ("a",), "from m import (\n    b,  # y\n)\n"),
        ("from m import (\n    a,  # x\n    b,  # y\n)\n", ("b",), "from m import (\n    a,  # x\n)\n"),
        ("from m import (a,\n               b)\n", ("a",), "from m import (b)\n"),
        ("from m import a, \\\n    b\n", ("b",), "from m import a\n"),
        ("from . import a\nx\n", ("a",), "x\n"),
        ("try:\n    import a\nexcept E:\n    b\n", ("a",), "try:\n    pass\nexcept E:\n    b\n"),
        ("import a; x\n", ("a",), "x\n"),
        ("if y: import a, b\n", ("b",), "if y: import a\n"),
    ],
)
def test_remove_imported_names(text: str, names: tuple[str, ...], wanted: str) -> None:
    program = Program(text)
    change = RemoveImportedNames(program.find(IMPORT), names)
    assert program.change(change).decode() == wanted


@pytest.mark.parametrize(
    ("text", "line", "after", "wanted"),
    [
        ("a\nb\n", 2, False, "a\nnew\nb\n"),
        ("a\nb\n", 2, True, "a\nb\nnew\n"),
        ("a\n\n# c\nb  # d\n", 4, False, "a\n\nnew\n# c\nb  # d\n"),
        ("a\n\n\ndef f(): pass\n", 4, False, "a\nnew\n\n\ndef f(): pass\n"),
        ("a\n\n\nb\n", 1, True, "a\nnew\n\n\nb\n"),
        ("if a:\n  b\n  # end\nc\n", 2, True, "if a:\n  b\n  new\n  # end\nc\n"),
        ("if a:\n  b\nc\n", 1, True, "if a:\n  b\nnew\nc\n"),
    ],
)
def test_insert_statements(text: str, line: int, after: bool, wanted: str) -> None:
    program = Program(text)
    change = InsertStatements(program.line(line), ("new",), after)
    assert program.change(change).decode() == wanted


def test_insert_on_a_line_that_is_shared() -> None:
    program = Program("if a: b; c\n")
    first, second = program.find(ast.Expr, 0), program.find(ast.Expr, 1)
    changed = program.change(InsertStatements(first, ("p",)), InsertStatements(second, ("q",), after=True))
    assert changed == b"if a: p; b; c; q\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("def f():\n    a\n", "def f():\n    new\n    a\n"),
        ("def f():\n    'doc'\n    a\n", "def f():\n    'doc'\n    new\n    a\n"),
        ("def f():\n    'doc'\n\n    a\n", "def f():\n    'doc'\n\n    new\n    a\n"),
        ("def f():\n    'doc'\n", "def f():\n    'doc'\n    new\n"),
        ("def f():\n    'do' \"c\"\n    a\n", "def f():\n    'do' \"c\"\n    new\n    a\n"),
        ("def f():\n    b'no'\n", "def f():\n    new\n    b'no'\n"),
        ("def f():\n    f'no'\n", "def f():\n    new\n    f'no'\n"),
        ("def f(): a\n", "def f(): new; a\n"),
        ("def f(): 'doc'\n", "def f(): 'doc'; new\n"),
        ("def f(): 'doc'; a\n", "def f(): 'doc'; new; a\n"),
        ("def f():\n    # c\n    a\n", "def f():\n    new\n    # c\n    a\n"),
        ("def f():\n\n    def g(): pass\n", "def f():\n    new\n\n    def g(): pass\n"),
    ],
)
def test_insert_into_body(text: str, wanted: str) -> None:
    program = Program(text)
    assert program.change(InsertIntoBody(program.find(DEF), ("new",))).decode() == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("def f():\n    a\n", "def f():\n    new\n"),
        ("def f():\n    # c\n    a\nb\n", "def f():\n    # c\n    new\nb\n"),
        ("def f(): a\n", "def f(): new\n"),
        ("def f():\n    pass\n", "def f():\n    new\n"),
        ("def f(): pass\n", "def f(): new\n"),
    ],
)
def test_insert_into_a_body_that_loses_all_it_has(text: str, wanted: str) -> None:
    program = Program(text)
    gone = ReplaceStatement(program.find(ast.stmt, 1), ())
    assert program.change(InsertIntoBody(program.find(DEF), ("new",)), gone).decode() == wanted


@pytest.mark.parametrize(
    ("text", "kind", "new", "wanted"),
    [
        ("f(a.b.c)\n", ast.Attribute, "x", "f(x.c)\n"),
        ("f((a))\n", ast.Call, "g", "g\n"),
        ("x = (1, 2)\n", ast.Tuple, "y", "x = y\n"),
        ("x = 1, 2\n", ast.Tuple, "y", "x = y\n"),
        ("x = ((1, 2))\n", ast.Tuple, "(y)", "x = ((y))\n"),
        ("x = (a.b\n     )\n", ast.Attribute, "y", "x = (y\n     )\n"),
        ("f(x for x in y)\n", ast.GeneratorExp, "z", None),
        ("f((x for x in y))\n", ast.GeneratorExp, "z", None),
        ("x = a.b.c(1)\n", ast.Call, "d", "x = d\n"),
        ("x = 'a' 'b'\n", ast.Constant, "'c'", "x = 'c'\n"),
        ("x: a.b = 1\n", ast.Attribute, "'a.b'", "x: 'a.b' = 1\n"),
        ("def f(x: a.b = 1): pass\n", ast.Attribute, "'a.b'", "def f(x: 'a.b' = 1): pass\n"),
        ("class A(a.b): pass\n", ast.Attribute, "c", "class A(c): pass\n"),
    ],
)
def test_replace_expression(text: str, kind: type[ast.AST], new: str, wanted: str | None) -> None:
    program = Program(text)
    change = ReplaceExpression(program.find(kind), new)
    if wanted is not None:
        assert program.change(change).decode() == wanted
    else:
        try:
            program.change(change)
        except CannotApplyError:
            return


def test_a_replacement_that_binds_looser_needs_its_own_parentheses() -> None:
    from torchgate.migrate.verify.trees import problem_of

    program = Program("x = a.b\n")
    change = ReplaceExpression(program.find(ast.Name, 1), "p or q")
    assert problem_of(program.source, apply(program.source, [change]), [change]) is not None
    change = ReplaceExpression(program.find(ast.Name, 1), "(p or q)")
    assert program.change(change) == b"x = (p or q).b\n"


@pytest.mark.parametrize(
    "data",
    [
        b"x = 1\r\nwith a:\r\n    f(1)\r\n    '''s\r\n  t'''\r\n",
        b"x = 1\rwith a:\r    f(1)\r    '''s\r  t'''\r",
        b"\xef\xbb\xbfx = 1\nwith a:\n    f(1)\n",
        b"# coding: latin-1\n\xe9 = '\xff'\nwith a:\n    f(1, '\xff')\n",
        b"\xef\xbb\xbf# coding: utf-8\r\nwith a:\r\n    f('\xc3\xa9')  # \xe2\x80\xa8\r\n",
        b"# coding: cp1252\nx = '\x80'\nwith a: f(1)\n",
        b"x = 1\r\nwith a:\n    f(1)\r\n    y\n",
        b"x = 1\n\x0c\nwith a:\n    f(1)\n",
        b"x = 1  \t\nwith  a :\t\n    f ( 1 )  \n\n\n\n",
        b"with a:\n    f(1)",
        b"#!/usr/bin/env python\nwith a:\n    f(1)\n",
        "with a:\n    f('𝔘𝔫𝔦', 1); 𝔵 = 1\n".encode(),
    ],
)
def test_bytes_outside_of_the_edit_stay(data: bytes) -> None:
    program = Program(data)
    kinds = [RemoveContexts(program.find(WITH), (0,)), AddKeyword(program.find(ast.Call), "k", "v")]
    changed = program.change(*kinds)
    assert changed.startswith(b"\xef\xbb\xbf") == data.startswith(b"\xef\xbb\xbf")
    for ending in (b"\r\n", b"\r"):
        if data.count(b"\n") == data.count(b"\r\n"):
            assert changed.count(ending) >= data.count(ending) - 1
    assert (
        changed.replace(b", k=v", b"").replace(b", k=v ", b"").split()
        == [word for word in data.split() if word not in (b"with", b"a:", b"a", b":")]
        or b"\xef\xbb\xbf" in data[:3]
    )


def test_a_character_that_the_encoding_lacks() -> None:
    program = Program(b"# coding: latin-1\nf(1)\n")
    with pytest.raises(CannotApplyError) as caught:
        apply(program.source, [AddKeyword(program.find(ast.Call), "k", "'€'")])
    assert not caught.value.ours
    assert "'€' does not exist in iso-8859-1" in caught.value.reason


def test_a_place_without_a_node_is_a_fault_of_ours() -> None:
    program = Program("f(1)\n")
    for change in (
        AddKeyword(Place("/project/file.py", 1, 2, 1, 4), "k", "v"),
        RemoveContexts(program.find(ast.Call), (0,)),
        RemoveDecorator(program.find(ast.Call)),
        RemoveImportedNames(program.find(ast.Call), ("a",)),
        AddParameter(program.find(ast.Call), "k", True),
    ):
        with pytest.raises(CannotApplyError) as caught:
            apply(program.source, [change])
        assert caught.value.ours


def test_a_file_that_libcst_does_not_give_back_is_not_touched() -> None:
    program = Program("x = 1\n\x0cwith a:\n    f(1)\n")  # it forgets a form feed at the start of a line
    for changes in ([], [AddKeyword(program.find(ast.Call), "k", "v")]):
        with pytest.raises(CannotApplyError) as caught:
            apply(program.source, changes)
        assert not caught.value.ours
        assert caught.value.reason == "LibCST does not give the file back as it is"


def test_no_changes_change_nothing() -> None:
    for text in ("x\n", "", "\n", "# c", "x = 1\r\n\r\n", "if a:\n\tb\n  # odd\n"):
        program = Program(text)
        assert apply(program.source, []) == text.encode()


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="quotes nest in f-strings from Python 3.12 on")
def test_quotes_in_an_f_string() -> None:
    program = Program("x = f'{f(1)}'\n")
    place = program.find(ast.Call)
    assert program.change(AddKeyword(place, "k", "v")) == b"x = f'{f(1, k=v)}'\n"
    with pytest.raises(CannotApplyError, match="quotes cannot be put") as caught:
        apply(program.source, [AddKeyword(place, "k", "'v'")])
    assert not caught.value.ours


def test_code_whose_text_an_f_string_prints() -> None:
    program = Program("x = f'{f(1)=}' f'{g(2)!r}'\n")
    with pytest.raises(CannotApplyError, match="prints the text of the code") as caught:
        apply(program.source, [AddKeyword(program.find(ast.Call), "k", "v")])
    assert not caught.value.ours
    assert program.change(AddKeyword(program.find(ast.Call, 1), "k", "v")).endswith(b"f'{g(2, k=v)!r}'\n")


@pytest.mark.parametrize("text", ["{\n        x=}", "{(\n        x\n    )=}"])
def test_code_whose_text_an_f_string_prints_is_not_moved(text: str) -> None:
    program = Program(f"with a:\n    print(f'''{text}''')\n")
    with pytest.raises(CannotApplyError, match="prints the text of the code") as caught:
        apply(program.source, [RemoveContexts(program.find(ast.With), (0,))])
    assert not caught.value.ours
    beside = Program(f"with a:\n    print(f'''{text[:-2]}}}''', f'{{x=}}')\n")
    assert beside.change(RemoveContexts(beside.find(ast.With), (0,))).startswith(b"print(")


def test_code_in_an_f_string_that_is_placed_wrongly() -> None:
    """Old Pythons do, now and then; it is no fault of whoever asked for the change."""
    program = Program("x = f'{ f(1)}'\n")
    wrong = Place("/project/file.py", 1, 8, 1, 12)
    with pytest.raises(
        CannotApplyError, match="the code in the f-string in line 1 cannot be found"
    ) as caught:
        apply(program.source, [AddKeyword(wrong, "k", "v")])
    assert not caught.value.ours
