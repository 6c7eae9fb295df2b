"""Properties over generated programs: no crash, spans inside the file, and what must not matter does not."""

from __future__ import annotations

import ast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesmith import from_grammar

from torchgate.config import Config
from torchgate.lint.rules import ALL
from torchgate.semantics.module import analyze
from torchgate.source import Source, Span, UnreadableError

pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")

Row = tuple[str, int, int, int, int]
CONFIG = Config(facade_modules=("app.facade",), runtime_modules=("app.runtime",), project_names=("app",))
SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def lint(code: str, module: str = "app.module") -> list[Row]:
    source = Source.from_text(f"{module.replace('.', '/')}.py", code)
    analysed = analyze(source, CONFIG, CONFIG.info(module, source.path))
    rows: list[Row] = []
    for rule in ALL:
        for place, message in rule.check(analysed):
            span = place if isinstance(place, Span) else source.span(place)
            assert message.strip()
            assert "\n" not in message
            rows.append((rule.code, *span.as_tuple()))
    return sorted(rows)


def lint_anything(code: str) -> list[Row]:
    try:
        return lint(code)
    except UnreadableError:
        return []


# A grammar of the programs that torchgate is about. `{t}` is the name that torch is bound to.
EXPRESSIONS = st.sampled_from(
    [
        "{t}",
        "{t}.zeros(3)",
        "{t}.set_default_device('cuda')",
        "{t}.set_default_dtype",
        "{t}.get_default_dtype()",
        "getattr({t}, 'set_default_' + 'device')('cuda')",
        "'cuda' if {t}.cuda.is_available() else 'cpu'",
        "{t}.device('cuda')",
        "{t}.backends.cudnn.flags(benchmark=True)",
        "{t}.use_deterministic_algorithms(False)",
        "[{t}.zeros(i) for i in range(3)]",
        "(lambda x: {t}.get_default_device())",
        "__import__('to' 'rch')",
        "importlib.import_module(f'torch.{{1}}')",
        "apply_torch_runtime(decide_torch_runtime())",
        "default_device",
        "x.set_default_dtype(1)",
        "({t}.cuda.is_available() and 'cuda') or 'cpu'",
        "{{'device': {t}.device('cpu')}}",
        "print('üöä', {t}.device('mps'))",
    ]
)
SIMPLE = st.one_of(
    EXPRESSIONS,
    EXPRESSIONS.map(lambda text: f"y = {text}"),
    EXPRESSIONS.map(lambda text: f"return_value, z = {text}, {{t}}"),
    st.sampled_from(
        [
            "{t}.backends.cudnn.benchmark = True",
            "{t}.backends.cuda.matmul.allow_tf32 = previous",
            "os.environ['CUBLAS_WORKSPACE_CONFIG'] = ':16:8'",
            "setattr({t}.backends.cudnn, 'deterministic', False)",
            "from app.facade import thing",
            "import torch.nn as nn",
            "from torch import *",
            "import torchvision",
            "self.torch = torch_handle",
            "import numpy as np; import torch.optim",
            "assert 'torch' not in sys.modules",
            "if threading.active_count() > 1:\n    raise RuntimeError",
            "# import the facade before torch\npass",
            "torch_handle = apply_torch_runtime(decide_torch_runtime())",
            "def use(device):\n    {t}.set_default_device(device)",
            "try:\n    apply_torch_runtime(decide_torch_runtime())\nexcept Exception:\n    pass",
            "if TYPE_CHECKING:\n    import torch as types\nprint(types.zeros)",
            "pass",
        ]
    ),
)


def _block(body: list[str], head: str) -> str:
    lines = "\n".join(body).split("\n")
    return "\n".join([head, *("    " + line for line in lines)])


HEADS = st.sampled_from(
    [
        "if x:",
        "for i in range(2):",
        "while x:",
        "with {t}.device('cuda'):",
        "with default_device('cuda') as d:",
        "def f(torch_handle, a=1):",
        "async def g():",
        "class C(Base):",
        "if __name__ == '__main__':",
        "if TYPE_CHECKING:",
        "try:\n    pass\nexcept Exception:",
        "match x:\n  case 1: pass\nif True:",
    ]
)
STATEMENTS = st.recursive(
    SIMPLE,
    lambda inner: st.builds(_block, st.lists(inner, min_size=1, max_size=3), HEADS),
    max_leaves=6,
)
PROGRAMS = st.lists(STATEMENTS, min_size=1, max_size=6).map("\n".join)
HEADER = (
    "import importlib, os, sys, threading\nfrom typing import TYPE_CHECKING\n"
    "from torchgate.runtime import apply_torch_runtime, decide_torch_runtime\n"
)


def program(body: str, name: str) -> str | None:
    """The body as a program in which torch is called ``name``; None where it is none."""
    code = HEADER + (f"import torch as {name}\n" if name != "torch" else "import torch\n")
    code += body.replace("{t}", name).replace("{{", "{").replace("}}", "}") + "\n"
    try:
        ast.parse(code)
    except SyntaxError:
        return None
    return code


@SETTINGS
@given(from_grammar())
def test_no_crash_on_any_program(code: str) -> None:
    try:
        code.encode("utf-8")
    except UnicodeEncodeError:
        return
    lint_anything(code)


@SETTINGS
@given(PROGRAMS)
def test_spans_are_inside_the_file(body: str) -> None:
    code = program(body, "torch")
    if code is None:
        return
    lines = code.split("\n")
    for _, line, column, end_line, end_column in lint(code):
        assert (line, column) <= (end_line, end_column)
        assert 1 <= line <= end_line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 1
        assert end_column <= len(lines[end_line - 1]) + 1


@SETTINGS
@given(PROGRAMS)
def test_the_name_that_torch_is_bound_to_does_not_matter(body: str) -> None:
    one, other = program(body, "torch"), program(body, "t")
    if one is None or other is None:
        return
    # `from torch import *` and `import torch.nn` bind or need the plain name: they stay out of this property.
    if "from torch import *" in body or "import torch." in body or "import torchvision" in body:
        return

    def codes(code: str) -> list[tuple[str, int]]:
        return [(row[0], row[1]) for row in lint(code)]

    assert codes(one) == codes(other)


@SETTINGS
@given(PROGRAMS, st.integers(0, 40), st.sampled_from(["", "# a word about nothing", "\f"]))
def test_blank_lines_and_comments_move_spans_and_nothing_else(body: str, at: int, line: str) -> None:
    code = program(body, "torch")
    if code is None or "import app.facade" in code:
        return
    lines = code.split("\n")
    at = min(at, len(lines))
    moved = "\n".join([*lines[:at], line, *lines[at:]])
    try:
        ast.parse(moved)
    except SyntaxError:
        return
    expected = [
        (code, first + (first > at), column, last + (last > at), end)
        for code, first, column, last, end in lint(code)
    ]
    assert lint(moved) == sorted(expected)


def test_the_grammar_finds_something() -> None:
    """The properties above are about findings: the generated programs must have some of most rules."""
    seen: set[str] = set()

    @settings(
        max_examples=300,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(PROGRAMS)
    def collect(body: str) -> None:
        code = program(body, "torch")
        if code is not None:
            seen.update(row[0] for row in lint(code))

    collect()
    assert len(seen) >= 15, sorted(seen)
