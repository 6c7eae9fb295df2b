"""Name resolution, asked directly: what an expression holds, and that every answer comes in bounded time."""

from __future__ import annotations

import ast
import contextlib
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from torchgate.config_load import file_info, load_config
from torchgate.semantics.module import Module, analyze
from torchgate.semantics.project import Project
from torchgate.semantics.statements import Statements
from torchgate.semantics.values import Ref
from torchgate.source import Source


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Module]:
    root = tmp_path_factory.mktemp("names")
    (root / "torchgate.toml").write_text("", "utf-8")
    config = load_config(str(root / "torchgate.toml"))
    info = file_info(config, str(root / "app" / "module.py"))
    return lambda code: analyze(Source("app/module.py", code.encode("utf-8")), config, info)


def asked(module: Module) -> list[str]:
    """The dotted names of what stands in calls of ``ask``, in the order of the text."""
    found = [
        (node.lineno, node.col_offset, module.dotted(node.args[0]))
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ask"
    ]
    return [dotted for *_, dotted in sorted(found)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import torch.nn as n\nask(n.Linear)", ["torch.nn.Linear"]),
        ("import torch.nn\nask(torch.cuda)", ["torch.cuda"]),
        ("import \\\n    torch\nask(torch)", ["torch"]),
        ("import torch; ask(torch); del torch; ask(torch)", ["torch", ""]),
        ("from torch import *\nask(zeros)", ["torch.zeros"]),
        ("from torch import *\nfrom os import *\nask(zeros)", [""]),
        ("import torch as t\nask(t.torch.torch.nn)", ["torch.nn"]),
        ("def f(torch): ask(torch.torch); ask(torch.verify); ask(torch.nn)", ["torch", "", "torch.nn"]),
        ("import torch as t\nask((t, 1)[0]); ask({'k': t}['k']); ask((t,)[1])", ["torch"] * 2 + [""]),
        ("import torch as t\nask(t if x else None); ask(t or None); ask(t or f())", ["torch"] * 2 + [""]),
        ("import torch as t\ntype X = t\nask(X)", [""]),
        ("import torch as t\nx: object = t\nask(x)", ["torch"]),
        ("import torch as t\nx = y = (z := t)\nask(x); ask(y); ask(z)", ["torch"] * 3),
        ("import torch as t\nclass A:\n  @classmethod\n  def f(cls): ask(cls.t)\n  t = t", ["torch"]),
        ("import torch as t\nclass A:\n  def f(self): self.__t = t; ask(self.__t)", ["torch"]),
        ("import torch as t\nclass A:\n  def f(self): ask(super().t)", [""]),
        ("import torch as t\nd = {'a': t}\nd.update(a=1)\nask(d['a'])", [""]),
        ("import torch as t\nd = [t]\nif x:\n  d.clear()\nask(d[0])", [""]),
        ("import torch as t\nfor t in x: ask(t)\nelse: ask(t)", ["", ""]),
        ("while True: f()\nelse:\n  import torch\nask(torch)", [""]),
        ("import torch as t\ntry:\n  t = 1; f()\nfinally: ask(t)", [""]),
    ],
)  # fmt: skip
def test_values(read: Callable[[str], Module], code: str, expected: list[str]) -> None:
    if code.startswith("import torch as t\ntype ") and sys.version_info < (3, 12):
        pytest.skip("the type statement came with Python 3.12")
    assert asked(read(code)) == expected


def test_a_second_turn_is_for_what_changes(read: Callable[[str], Module]) -> None:
    module = read(
        "import torch\nx = None\nfor _ in y:\n  ask(x)\n  x = torch\n"
        "z = torch\nfor _ in y:\n  ask(z)\n  z = f()\n"
    )
    assert asked(module) == ["torch", ""]


def test_qualified_names_by_line(read: Callable[[str], Module], monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for every finding, so the definitions are gone through once, however many there are."""
    read_once = Module._by_line
    times = 0

    def counted(self: Module) -> list[str]:
        nonlocal times
        times += 1
        return read_once(self)

    monkeypatch.setattr(Module, "_by_line", counted)
    inner = "  class B:\n    def h(self): return 1\n  return B\n"
    module = read(f"class A: x = 1; f = 2\n\n@deco\n@other\ndef g():\n{inner}")
    names = [module.qualname_at(line) for line in range(1, 10)]
    assert names == ["A", "", "g", "g", "g", "g.B", "g.B.h", "g", ""]
    assert times == 1


LADDER = "class A0: pass\nclass B0: pass\n" + "".join(
    f"class A{i + 1}(A{i}, B{i}): pass\nclass B{i + 1}(A{i}, B{i}): pass\n" for i in range(40)
)


def nested_loops(depth: int) -> str:
    """Every level binds a name that its own loop makes unsure, so that each asks for a second turn."""
    lines = ["import torch, json"]
    for level in range(depth):
        lines += [f"{' ' * level}t{level} = torch", f"{' ' * level}for _ in y:"]
    lines.append(" " * depth + "pass")
    return "\n".join([*lines, *(f"{' ' * (level + 1)}t{level} = json" for level in reversed(range(depth)))])


def loops_around_functions(depth: int) -> str:
    """The same with a function at every level: a body that two turns define is read once."""
    lines = ["import torch, json"]
    for level in range(depth):
        pad = "  " * level
        lines += [f"{pad}def f{level}():", f"{pad} t{level} = torch", f"{pad} for _ in y:"]
    lines.append("  " * depth + "pass")
    return "\n".join([*lines, *(f"{'  ' * (level + 1)}t{level} = json" for level in reversed(range(depth)))])


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(nested_loops(20), id="nested loops"),
        pytest.param(loops_around_functions(20), id="functions in loops"),
        pytest.param(LADDER + "A40().missing", id="a ladder of classes"),
        pytest.param("x = ()\ny = ()\n" + "x = (x, x)\ny = (y, y)\n" * 40 + "z = x or y\n", id="tuples"),
        pytest.param("x = {}\n" + "x = {'a': x, 'b': x}\n" * 40 + "for _ in y: x = {'c': x}\n", id="dicts"),
        pytest.param("x = [1]\n" + "x = [*x, *x]\n" * 60, id="a list that doubles"),
        pytest.param("x = ['y' * 1, 'y']\n" + "x = x + x\n" * 60, id="a sum that doubles"),
        pytest.param("x = 'y'\n" + f"x = '{'{0}' * 3000}'.format(x)\n" * 5, id="format"),
        pytest.param("x = 'y'\n" + f"x = '{'%s' * 3000}' % ({'x, ' * 3000})\n" * 5, id="percent"),
        pytest.param(f"x = '{'y' * 999_999}'\nz = '{'a' * 9000}'.replace('a', x)\n", id="replace"),
        pytest.param(f"x = f'{{0x{'f' * 5000}}}'\n", id="a number too long to be written"),
        pytest.param("x = 1\n" + "x = x + x\n" * 5000, id="a number that doubles"),
    ],
)  # fmt: skip
def test_bounded_work(read: Callable[[str], Module], code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in evaluated expressions, since clocks are not to be trusted; memory would show too."""
    count = 0
    evaluate = Statements.evaluate

    def counted(self: Statements, node: ast.expr) -> object:
        nonlocal count
        count += 1
        assert count < 200_000
        return evaluate(self, node)

    monkeypatch.setattr(Statements, "evaluate", counted)
    read(code)


@pytest.fixture
def project(tmp_path: Path) -> Callable[[dict[str, str]], Project]:
    def made(files: dict[str, str]) -> Project:
        for name, text in {"torchgate.toml": "", **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return Project(load_config(str(tmp_path / "torchgate.toml")))

    return made


def test_star_imports_that_fan_out(project: Callable[[dict[str, str]], Project]) -> None:
    both = "from app.a{0} import *\nfrom app.b{0} import *\n"
    files = {f"app/{side}{i}.py": both.format(i + 1) for i in range(30) for side in "ab"}
    built = project({**files, "app/a30.py": "import torch\n", "app/b30.py": ""})
    assert built.star("app.a0", "missing") is None
    found = built.star("app.a0", "torch")
    assert isinstance(found, Ref)
    assert found.dotted == "torch"


def test_a_long_chain_of_functions_does_not_fail_the_one_who_asks(
    project: Callable[[dict[str, str]], Project],
) -> None:
    chain = "".join(f"def f{i}(): return f{i + 1}()\n" for i in range(3000))
    built = project({"app/chain.py": f"import torch\n{chain}def f3000(): return torch\n"})
    assert built.result("app.chain.f0") is None  # further than anyone looks
    found = built.result("app.chain.f2990")
    assert isinstance(found, Ref)
    assert found.dotted == "torch"


def test_deep_nesting_elsewhere_is_read_whoever_asks(project: Callable[[dict[str, str]], Project]) -> None:
    """Whether another module can be read must not depend on how deep in the stack it is asked for."""
    steps = "".join(f"elif a{i}: pass\n" for i in range(400))
    built = project({"app/deep.py": f"import torch\nif a: pass\n{steps}xp = torch\n"})
    limit = sys.getrecursionlimit()
    found = built.settle(Ref("app.deep.xp"))
    assert isinstance(found, Ref)
    assert found.dotted == "torch"
    assert sys.getrecursionlimit() == limit


# Random programs, run for real.

NAMES = ("a", "b", "c")
GUARD = "except (NameError, AttributeError, TypeError): pass"


def value(pick: random.Random) -> str:
    name, other = pick.choice(NAMES), pick.choice(NAMES)
    forms = (
        name,
        name,
        "torch",
        "torch",
        "other",
        "None",
        f"({name} if cond() else {other})",
        f"({name} := {other})",
    )
    return pick.choice(forms)


def block(pick: random.Random, depth: int, loop: bool) -> Iterator[str]:
    for _ in range(pick.randint(1, 3)):
        yield from statement(pick, depth, loop)


def indented(pick: random.Random, depth: int, loop: bool) -> list[str]:
    return [f" {line}" for line in block(pick, depth + 1, loop)]


def statement(pick: random.Random, depth: int, loop: bool) -> list[str]:
    """One statement of a program without classes and functions: the paths are what it is about."""
    name = pick.choice(NAMES)
    match pick.randint(0, 11) if depth < 3 and cond(pick) else pick.randint(0, 4):
        case 0 | 1:
            return [f"try: {name}.set(SITE)", GUARD]
        case 2 | 3:
            return [f"{name} = {value(pick)}"]
        case 4:
            jump = pick.choice(["break", "continue", "raise E"]) if loop else "raise E"
            return [f"if cond(): {jump}"] if depth else [f"{name} = other"]
        case 5 | 6:
            orelse = ["else:", *indented(pick, depth, loop)] if cond(pick) else []
            return ["if cond():", *indented(pick, depth, loop), *orelse]
        case 7 | 8:
            head = pick.choice(
                ["for _ in turns():", "while cond():", "while True:", f"for {name} in items():"]
            )
            end = [" if cond(): break"] if head == "while True:" else []
            return [head, *indented(pick, depth, True), *end]
        case 9 | 10:
            handler = pick.choice(["except E:", f"except E as {name}:"])
            final = ["finally:", *indented(pick, 3, False)] if cond(pick) else []
            return ["try:", *indented(pick, depth, loop), handler, *indented(pick, depth, loop), *final]
        case _:
            case = pick.choice(["1", f"[{name}]", f"[{name}] if cond()"])
            body = [f" {line}" for line in indented(pick, depth, loop)]
            return ["match subject():", f" case {case}:", *body, " case _:", *body]


def cond(pick: random.Random) -> bool:
    return pick.random() < 0.5


class E(Exception):
    """What the programs raise."""


class Stop(BaseException):
    """What ends a program that runs on."""


class Fake:
    """A value that tells who it was at a use."""

    def __init__(self, kind: str, log: set[tuple[int, str]]) -> None:
        self.kind, self.log = kind, log

    def set(self, site: int) -> None:
        self.log.add((site, self.kind))


def run(code: str, pick: random.Random, log: set[tuple[int, str]]) -> None:
    steps = iter(range(200))

    def decide() -> bool:
        if next(steps, None) is None:
            raise Stop
        return cond(pick)

    names = {
        **{"torch": Fake("torch", log), "other": Fake("other", log), "cond": decide, "E": E},
        "turns": lambda: range(pick.randint(0, 3)),
        "items": lambda: [Fake("item", log)] * pick.randint(0, 2),
        "subject": lambda: pick.choice([1, [Fake("captured", log)], 2]),
    }
    with contextlib.suppress(E, Stop, NameError):
        exec(code, names)


def test_what_is_said_to_be_torch_is_torch_in_some_run(read: Callable[[str], Module]) -> None:
    """A use that real runs reach, and that none of them reaches with torch, is never resolved to torch;
    and most that are torch in all of them are."""
    always = resolved = 0
    for seed in range(500):
        pick = random.Random(seed)
        lines = [line for _ in range(3) for line in block(pick, 0, False)]
        if len(lines) > 50:
            continue  # runs seldom reach the end of longer ones
        parts = "\n".join(lines).split("SITE")
        code = "".join(f"{part}{number}" for number, part in enumerate(parts[:-1])) + parts[-1] + "\n"
        log: set[tuple[int, str]] = set()
        for _ in range(40):
            run(code, pick, log)
        module = read(f"import torch, other_ as other\n{code}")
        said = {
            call.node.args[0].value
            for call in module.calls
            if module.dotted(call.node.func) == "torch.set" and isinstance(call.node.args[0], ast.Constant)
        }
        reached = {site for site, _ in log}
        with_torch = {site for site, kind in log if kind == "torch"}
        assert not (said & reached) - with_torch, f"seed {seed}\n{code}"
        only_torch = with_torch - {site for site, kind in log if kind != "torch"}
        always += len(only_torch)
        resolved += len(only_torch & said)
    assert always > 100
    assert resolved > 0.75 * always
