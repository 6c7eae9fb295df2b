"""What a body says about one question is the same whether only that is read of it or all."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchgate.config import Config
from torchgate.semantics.module import glance
from torchgate.semantics.summary import Summary
from torchgate.semantics.text import UNFILTERED
from torchgate.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from torchgate.semantics.statements import Statements

    Question = Callable[[Summary], object]

_CONFIG = Config(project_names=frozenset({"app"}))
_PADDING = "# longer than what is parsed in full\n" * 60
_NAMES = range(3)
# Statements: `#` an expression, `?` a name, `%` a number.
_FORMS = [
    *["? = #", "self.a% = #", "return #"] * 3,
    *["self.a%, ? = #, #", "?, ? = #", "?.append(#)", "? += [#]", "?[0] = #", "setattr(self, 'a%', #)", "#"],
    *["raise ValueError(#)", "sys.exit()", "pass", "del ?", "(? := #)", "yield #", "assert #", "x.a% = #"],
]
_SIMPLE = [
    "torch",
    "None",
    "1",
    "v",
    "w",
    "a",
    "self",
    "self.a0",
    "self.a1",
    "self.a2",
    "other",
    "x",
    "make()",
]
_NESTED = [
    *["f%(#)", "self.m%(#)", "[#, #]", "(#, #)", "(#)[0]", "{'k': #}['k']", "C0().a%", "C1()", "(# or #)"],
    *["(# if v else #)", "w.pop()", "(lambda b: #)(1)", "[# for v in #]", "self.m%", "f'{v}'"],
]


def _reader(text: str) -> Statements:
    return glance(Source.from_text("a.py", text), _CONFIG, _CONFIG.info("app.a"))


def _questions() -> dict[str, Question]:
    found: dict[str, Question] = {}
    for number in _NAMES:
        for name in (f"f{number}", f"C0.m{number}", f"C1.m{number}"):
            found[name] = lambda summary, name=name: (summary.result(name), summary.entered(name))
        for cls in ("C0", "C1"):
            key = f"{cls}().a{number}"
            found[key] = lambda summary, cls=cls, number=number: (
                summary.has_member(cls, f"a{number}"),
                summary.member(cls, f"a{number}"),
            )
    return found


def _answer(text: str, question: Question) -> tuple[object, bool]:
    """The answer of a module that was asked nothing else, and whether its bodies need each other for it."""
    summary = Summary("app.a", _reader(text))
    complete = summary._complete
    answer = question(summary)
    return answer, summary._complete and not complete


class _Program:
    """A module drawn at random, full of torch, with functions and methods that use each other."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        lines = [_PADDING, "import sys", "import torch", "from app.b import make, other", "x = torch"]
        lines += [line for number in _NAMES for line in self.function(f"f{number}", "a, *rest", 0)]
        for cls in ("C0", "C1"):
            lines += [f"class {cls}:", f"    a0 = {draw.choice(['None', 'torch', 'other', '1'])}"]
            lines += [line for number in _NAMES for line in self.function(f"m{number}", "self, a", 4)]
        self.text = "\n".join(lines) + "\n"

    def function(self, name: str, parameters: str, indent: int) -> list[str]:
        head = ["@property"] if indent and self.draw.random() < 0.2 else []
        if indent and self.draw.random() < 0.1:
            head = ["@staticmethod"]
        lines = [*head, f"def {name}({parameters}):", *self.block(4, 4)]
        return [" " * indent + line for line in lines]

    def block(self, indent: int, most: int) -> list[str]:
        lines = [line for _ in range(self.draw.randint(1, most)) for line in self.statement(most - 1)]
        return [" " * indent + line for line in lines]

    def statement(self, depth: int) -> list[str]:
        if depth > 0 and self.draw.random() < 0.25:
            return self.compound(depth)
        form = self.draw.choice(_FORMS)
        while "#" in form:
            form = form.replace("#", self.expression(), 1)
        for letter, choices in (("?", "vwa"), ("%", "012")):
            while letter in form:
                form = form.replace(letter, self.draw.choice(choices), 1)
        return [form]

    def compound(self, depth: int) -> list[str]:
        draw, inner, name = self.draw, self.block(4, depth), self.name()
        match draw.randrange(8):
            case 0:
                return [f"if {self.test()}:", *inner, "else:", *self.block(4, depth)]
            case 1:
                return [f"if {self.test()}:", *inner]
            case 2:
                return [f"for {name} in {self.expression()}:", *inner, draw.choice(["    break", "    pass"])]
            case 3:
                return [f"while {self.test()}:", *inner, "    break"]
            case 4:
                return [f"with {self.expression()} as {name}:", *inner]
            case 5:
                return ["try:", *inner, f"except ValueError as {name}:", *self.block(4, depth)]
            case 6:
                return [f"def {name}(b):", *inner]
        return [f"match {self.expression()}:", f"    case [{name}, 1]:", *[f"    {line}" for line in inner]]

    def name(self) -> str:
        return self.draw.choice(["v", "w", "a"])

    def test(self) -> str:
        return self.draw.choice(["a", "not v", "w is None", "self.a1", "f0(a)", "(v := other)", "0", "x"])

    def expression(self, depth: int = 2) -> str:
        draw = self.draw
        if depth == 0 or draw.random() < 0.4:
            return draw.choice(_SIMPLE)
        form = draw.choice(_NESTED)
        while "#" in form:
            form = form.replace("#", self.expression(depth - 1), 1)
        return form.replace("%", str(draw.choice(_NAMES)))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_what_is_read_for_a_question_answers_it(seed: int) -> None:
    text = _Program(random.Random(seed)).text
    with pytest.MonkeyPatch.context() as patch:
        for name, question in _questions().items():
            patch.delenv(UNFILTERED, raising=False)
            answer, circular = _answer(text, question)
            patch.setenv(UNFILTERED, "1")
            whole, around = _answer(text, question)
            if not circular and not around:
                assert answer == whole, (text.removeprefix(_PADDING), name)


def _asked(text: str, question: Question) -> tuple[object, list[str]]:
    """The answer to a question, and the names of the bodies that were read for it, with what for."""
    summary = Summary("app.a", _reader(_PADDING + text))
    answer = question(summary)
    assert not summary._reader.circular
    return answer, sorted(f"{getattr(node, 'name', '')} {what}" for node, what in summary._reader.answered)


def test_only_what_bears_on_the_question_is_read() -> None:
    text = """
import torch
class C:
    def __init__(self, a):
        self.a = self.load(a)
        self.b = torch
        self.log(self.a)
        log(self.load(a))
    def load(self, a):
        if not self.check(a):
            raise ValueError(self.a)
        result = self.parse(a)
        a.use(self.parse(a))
        return result
    def parse(self, a):
        return torch.device(a)
    def check(self, a):
        return self.a
"""
    answer, read = _asked(text, lambda summary: summary.member("C", "b"))
    assert answer == ("alias", "torch", 1, False, "")
    assert read == ["__init__ b"]
    answer, read = _asked(text, lambda summary: summary.member("C", "a"))
    assert answer == ("call", "torch.device", 1, False, "")
    assert read == ["__init__ a", "load return", "parse return"]


def test_what_a_property_with_a_setter_reads_is_not_asked() -> None:
    text = """
class C:
    def __init__(self, a):
        self.kind = a
    @property
    def kind(self):
        return self._kind
    @kind.setter
    def kind(self, value):
        self._kind = self.make(value)
"""
    assert _asked(text, lambda summary: summary.has_member("C", "kind")) == (True, [])


def test_the_modules_own_statements_know_what_its_functions_give() -> None:
    text = """
import logging
def make(name):
    return logging.getLogger(name)
LOGGER = make("a")
ALIAS = LOGGER
"""
    exports = Summary("app.a", _reader(_PADDING + text)).exports
    assert exports["ALIAS"] == exports["LOGGER"] == ("call", "logging.getLogger", 1, False, "")
