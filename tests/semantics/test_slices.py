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


def test_a_function_that_calls_itself_needs_no_other() -> None:
    text = """
def f(a):
    if a:
        return {b: f(b) for b in a}
    g()
    return [f(a)]
def g():
    return torch
"""
    assert _asked(text, lambda summary: summary.result("f")) == (None, ["f return"])


def test_an_attribute_without_a_name_is_assigned_by_nobody() -> None:
    text = """
import torch
class C:
    prefix = ""
    def base(self):
        return getattr(self, self.prefix, self)
    def f(self):
        self.a = torch
    def g(self):
        self.b = self.base()
"""
    assert _asked(text, lambda summary: summary.member("C", "b"))[1] == ["base return", "g b"]


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


_TOLD_ALIKE = {
    "a function that ends the program under another name": """
def f(a):
    bail = sys.exit
    v = torch
    if a:
        v = other
        bail()
    return v
""",
    "a module that ends the program under another name": """
def f(a):
    s = sys
    v = torch
    if a:
        v = other
        s.exit()
    return v
""",
    "an attribute that ends the program": """
class C:
    bail = sys.exit
    def f(self, a):
        v = torch
        if a:
            v = other
            self.bail()
        return v
""",
    "a test for type checkers under another name": """
class Flags:
    types = TYPE_CHECKING
def f():
    if Flags.types:
        from torch import nn
    return nn
def g():
    types = TYPE_CHECKING
    if types:
        from torch import nn
    return nn
def h():
    t = typing
    if t.TYPE_CHECKING:
        from torch import nn
    return nn
""",
    "what a function assigns to another object": """
class C:
    def g(self): pass
def f(given: C):
    c = C()
    c.a = given.b = torch
    return c
def g(given: C):
    given.a = torch
    return given
""",
    "what a function assigns that stands in a method": """
class C:
    def g(self):
        def setup():
            self.a = torch
            return 1
        v = setup()
""",
    "setattr under another name": """
put = setattr
class C:
    def g(self):
        mine = setattr
        mine(self, 'a', torch)
    def h(self):
        put(self, 'b', torch)
        return self
""",
    "what a function binds around itself": """
def f():
    v = None
    def g():
        nonlocal v
        v = torch
        return 1
    w = g()
    return v
""",
    "a function that is called twice, with a name that changes in between": """
class C:
    def f(self):
        v = torch
        def g():
            return v
        self.a = g()
        v = other
        return g()
""",
    "what a handler binds": """
def f():
    v = torch
    try:
        make()
    except ValueError as v:
        pass
    class K:
        def get(self):
            return v
    return K()
def g():
    return f().get()
""",
    "statements that say something about two attributes": """
class C:
    def __init__(self, a):
        self.a, self.b = make(), make(a)
    def f(self):
        return self.a, (self.b or self.a)
""",
    "an attribute that says what another one holds": """
class C:
    def __init__(self):
        self.b = self.a
        self.a = other
""",
    "what methods assign that disagree, whichever is read first": """
class C:
    def f(self):
        self.a = other
    def g(self):
        self.a = torch
        return self.h()
    def h(self):
        self.a = torch.nn
        return self
""",
    "an attribute that is kept once it is known": """
class C:
    @property
    def a(self):
        if self._a is None:
            self._a = make()
        return self._a
    def b(self):
        if self.c is not None:
            return self.c
        self.c = make()
        return self.c
""",
    "functions that call themselves": """
def f(a):
    if a:
        return torch
    return f(1)
def g(a):
    if a:
        return None
    return g(a).device
def h(a):
    def inner(b):
        return inner(b) or [h(c) for c in b]
    return {"a": h(a), "b": inner(a)}
def i(a):
    if a > 1:
        return torch
    if a:
        return i(a).device("cpu")
    return other
class C:
    def f(self, a):
        self.a = self.f(a)
        return C.f(self, torch)
    @property
    def b(self):
        return self.b.b
    def g(self):
        self.c = torch
        return self.g() and self.h()
    def h(self):
        self.b.c = self.c = self.g()
        return self.h()
""",
    "an attribute without a name": """
class C:
    prefix = ""
    def f(self):
        setattr(self, self.prefix, torch)
        self.a = getattr(self, self.prefix, self)
        self.b = torch
    def g(self):
        setattr(self, "", other)
        self.c = getattr(self, "")
        return getattr(self, "")
""",
    "the module's own statements, which ask for an attribute of what is made": """
class C:
    def __init__(self):
        self.a = other
def f():
    c = C()
    print(c.a)
    return c
T = f().a
""",
}


@pytest.mark.parametrize("name", _TOLD_ALIKE)
@pytest.mark.parametrize("padding", ["", _PADDING])
def test_the_order_of_questions_does_not_matter(name: str, padding: str) -> None:
    head = "import sys\nimport typing\nimport torch\nfrom typing import TYPE_CHECKING\n"
    text = f"{padding}{head}from app.b import make, other\n{_TOLD_ALIKE[name]}"
    questions = _everything(Summary("app.a", _reader(text)))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(UNFILTERED, raising=False)
        alone = {key: question(Summary("app.a", _reader(text))) for key, question in questions.items()}
        for seed in range(16):
            order = random.Random(seed).sample(sorted(questions), len(questions))
            for variable in ("", "1"):
                patch.setenv(UNFILTERED, variable)
                summary = Summary("app.a", _reader(text))
                assert {key: questions[key](summary) for key in order} == alone


def _everything(summary: Summary) -> dict[str, Question]:
    """Everything that may be asked of a module."""
    found: dict[str, Question] = {"exports": lambda summary: summary.exports}
    for name in summary._functions:
        found[name] = lambda summary, name=name: summary.result(name)
    for name in summary._classes:
        found[f"{name}()"] = lambda summary, name=name: {*map(str, summary.members(name))}
        for attribute in "abc":
            found[f"{name}().{attribute}"] = lambda summary, name=name, attribute=attribute: (
                summary.member(name, attribute),
                summary.has_member(name, attribute),
            )
    return found


_MADE_OF_ITSELF = ["self.a.sub()", "self.a.sub", "self.a.m()", "self.a.x", "self.a", "self.a[0]"]
_OTHERS = ["torch", "D()", "D", "E()", "make()", "other", "None", "f()", "torch.device('cpu')", "a"]


def _made_of_itself(draw: random.Random) -> str:
    """A class that makes an attribute of itself, of objects whose methods give themselves or others."""
    given = draw.choice(["self", "torch", "E()", "make()", "self.x", "D()"])
    lines = ["import torch", "from app.b import make, other", f"def f(): return {draw.choice(_OTHERS[:5])}"]
    lines += [
        "class D:",
        f"    x = {draw.choice(_OTHERS[:1] + _OTHERS[5:7])}",
        f"    def sub(self): return {given}",
    ]
    lines += [
        "    def m(self): return self.sub()",
        "class E(D):",
        "    def sub(self): return self",
        "class C:",
    ]
    for number in range(draw.randint(1, 3)):
        lines.append(f"    def {'__init__' if number == 0 else f'm{number}'}(self, a: D):")
        for _ in range(draw.randint(1, 3)):
            value = draw.choice(_MADE_OF_ITSELF if draw.random() < 0.5 else _OTHERS)
            lines += [
                f"        if a: self.a = {value}" if draw.random() < 0.2 else f"        self.a = {value}"
            ]
    return "\n".join(lines) + "\n"


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_attributes_that_are_made_of_themselves(seed: int) -> None:
    text = _PADDING + _made_of_itself(random.Random(seed))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(UNFILTERED, raising=False)
        answer, circular = _answer(text, lambda summary: summary.member("C", "a"))
        patch.setenv(UNFILTERED, "1")
        whole, _ = _answer(text, lambda summary: summary.member("C", "a"))
        assert circular or answer == whole, text.removeprefix(_PADDING)
