"""What a summary answers does not depend on the order of the questions, though bodies are read on demand."""

from __future__ import annotations

import random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from torchgate.config import Config
from torchgate.semantics.module import glance
from torchgate.semantics.summary import Summary
from torchgate.source import Source

# Few names, so that they meet each other often.
_NAMES = st.integers(0, 1)
_VALUES = st.sampled_from(
    [
        "torch",
        "torch",
        "self.a",
        "self.lib",
        "self.m0()",
        "self.m1()",
        "f0()",
        "C().m1()",
        "(torch, f1())",
        "other.lib",
    ]
)
_TOP_VALUES = _VALUES.filter(lambda value: "self" not in value)
_FUNCTIONS = st.tuples(_NAMES, _TOP_VALUES).map(lambda it: f"def f{it[0]}():\n    return {it[1]}\n")
_METHODS = st.one_of(
    st.tuples(_NAMES, _VALUES).map(lambda it: f"    def m{it[0]}(self):\n        return {it[1]}\n"),
    st.tuples(_NAMES, st.sampled_from("ab"), _VALUES).map(
        lambda it: f"    def n{it[0]}(self):\n        self.{it[1]} = {it[2]}\n"
    ),
    st.tuples(st.sampled_from(["m0", "lib"]), _VALUES).map(
        lambda it: f"    @property\n    def {it[0]}(self):\n        return {it[1]}\n"
    ),
)
_STATEMENTS = st.tuples(st.sampled_from(["x", "y"]), _TOP_VALUES).map(lambda it: f"{it[0]} = {it[1]}\n")
_MODULES = st.tuples(
    st.lists(_METHODS, min_size=2, max_size=7),
    st.lists(st.one_of(_FUNCTIONS, _STATEMENTS), min_size=1, max_size=8),
).map(lambda it: "import torch\nfrom app import other\n\nclass C:\n" + "".join(it[0]) + "".join(it[1]))


def _answers(summary: Summary, order: random.Random | None) -> dict[tuple[str, ...], object]:
    questions: list[tuple[str, ...]] = [("result", f"f{number}") for number in range(2)]
    questions += [("result", f"C.m{number}") for number in range(2)]
    questions += [("member", name) for name in ("a", "b", "lib", "m0", "m1")]
    questions.append(("members",))
    if order is not None:
        order.shuffle(questions)
    found: dict[tuple[str, ...], object] = {}
    for question in questions:
        match question:
            case ("result", qualname):
                found[question] = summary.result(qualname)
            case ("member", name):
                found[question] = summary.member("C", name)
            case _:
                found[question] = sorted(summary.members("C"))
    return found


_WHOSE_BODIES_NEED_EACH_OTHER = """
import torch
class C:
    def n0(self): self.a = torch
    @property
    def lib(self): return self.a
    def m1(self): return self.lib
"""


_THE_LAST_OF_WHICH_NEEDS_THE_FIRST = """
import torch
class C:
    def m0(self): return torch
    def m1(self): return (torch, f1())
def f1(): return C().m1()
"""


@settings(max_examples=300, deadline=None)
@example(_WHOSE_BODIES_NEED_EACH_OTHER, random.Random(1))
@example(_THE_LAST_OF_WHICH_NEEDS_THE_FIRST, random.Random(12))
@given(_MODULES, st.randoms(use_true_random=False))
def test_no_answer_depends_on_the_order_of_the_questions(text: str, order: random.Random) -> None:
    config = Config("/project", project_names=["app"])
    info = config.info("app.module")
    source = Source("module.py", text.encode())
    in_order = Summary("app.module", glance(source, config, info))
    shuffled = Summary("app.module", glance(source, config, info))
    assert _answers(in_order, None) == _answers(shuffled, order), text
