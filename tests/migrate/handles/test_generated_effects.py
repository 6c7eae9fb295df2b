"""Random programs that apply the effect here and there, before and after, with a stand-in for the runtime.

The stand-in has one handle in a process, as the real one, and the handle says under which policy it was made.
What a run prints, how it ends and under which policy, has to stay; how often the effect is applied has not.
"""

from __future__ import annotations

import contextlib
import io
import random
import sys
import types
from collections import Counter
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from tests.migrate.handles.test_cases import migrate
from torchgate.migrate.result import Migrated

IMPORTS = "import sys\n\nfrom torchgate.runtime import Policy, apply_torch_runtime, decide_torch_runtime\n\n"
EFFECTS = (
    "apply_torch_runtime(decide_torch_runtime())",
    "apply_torch_runtime(decide_torch_runtime())",
    'apply_torch_runtime(decide_torch_runtime(Policy(device="cpu")))',
    "apply_torch_runtime(RUNTIME)",
)
HARMLESS = ("SIZES = (1, 2)", "NAME = __name__", "def same(x):\n    return x", "RUNTIME = None")
NOISE = ('print("noise")', "SIZES = [print(1)]", 'sys.modules["torchgate.runtime"].move()')
READERS = (
    "def use():\n    return HANDLE.zeros(3)",
    "def hand(torch, n):\n    return HANDLE.zeros(n), torch.ones(n)",
    "def shaped(x):\n    return HANDLE.relu(x), use()",
    "TABLE = HANDLE.zeros(2)",
    "def kept():\n    return getattr(sys.modules[__name__], 'HANDLE')",
)
STORES = (
    "KEPT = None",
    "def keep(torch):\n    global KEPT\n    KEPT = torch\n    return torch.zeros(1)",
    "def seen():\n    return KEPT",
)
GUARDS = ("    main()", "    sys.exit(main())", "    raise SystemExit(main())", "    use()\n    main()")


class AlreadyApplied(Exception):
    """Another policy was applied."""


class Drift(Exception):
    """A setting has moved since the effect was applied."""


class Handle:
    """What the effect returns."""

    def __init__(self, policy: object) -> None:
        self.policy = policy

    def __repr__(self) -> str:
        return f"Handle({self.policy})"

    def __getattr__(self, name: str) -> object:
        return lambda *values: (name, self.policy, *values)


class Stand(types.ModuleType):
    """The stand-in for ``torchgate.runtime``."""

    def __init__(self) -> None:
        super().__init__("torchgate.runtime")
        self.handle: Handle | None = None
        self.moved = False
        self.Policy = lambda device: device
        self.decide_torch_runtime = lambda policy="cuda": policy

    def move(self) -> None:
        """What somebody does who changes a setting on the side."""
        self.moved = True

    def apply_torch_runtime(self, runtime: object) -> Handle:
        if not isinstance(runtime, str):
            raise TypeError(runtime)
        if self.handle is not None and self.handle.policy != runtime:
            raise AlreadyApplied(runtime)
        if self.handle is not None and self.moved:
            raise Drift
        if self.handle is None:
            self.handle, self.moved = Handle(runtime), False
        return self.handle


class Maker:
    """One program."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def files(self) -> dict[str, str]:
        """The program's files."""
        return {"app/tool.py": self.text()}

    def text(self) -> str:
        """The one file."""
        draw = self.random
        top = ["def other():\n    return 3", *([READERS[0]] if draw.random() < 0.7 else [])]
        top += ["RUNTIME = decide_torch_runtime()"] if draw.random() < 0.8 else []
        top.append(self.effect())
        top += [self.statement() for _ in range(draw.randint(1, 6))]
        top.append(self.main("\n".join(top)))
        for line in (*HARMLESS[-1:], *NOISE):
            if draw.random() < 0.1:
                top.insert(draw.randrange(len(top)), line)
        guard = draw.choice(GUARDS)
        if draw.random() < 0.3:
            guard = f"    {self.effect()}\n{guard}"
        top.append(f'if __name__ == "__main__":\n{guard}')
        top += [draw.choice((*HARMLESS, *NOISE))] if draw.random() < 0.2 else []
        return IMPORTS + "\n\n".join(top) + "\n"

    def effect(self) -> str:
        draw = self.random
        prefix = draw.choice(("", "", "HANDLE = ", "HANDLE: object = "))
        return prefix + draw.choice(EFFECTS[draw.choice((0, 0, 3)) :][: draw.choice((1, 1, 4))])

    def statement(self) -> str:
        draw = self.random
        kinds = (HARMLESS, READERS[1:], STORES, (self.effect(),), (self.effect(),))
        return draw.choice(draw.choice(kinds))

    def main(self, known: str) -> str:
        """The main function; what it calls is defined above, mostly."""
        draw = self.random
        applies = draw.random() < 0.5
        body = [f"torch = {draw.choice(EFFECTS)}"] if applies else []
        if draw.random() < 0.3:
            body.insert(0, '"""The program."""')
        if draw.random() < 0.2:
            body.insert(0, 'print("before")')
        calls = ["use()", "shaped(1)", "kept().zeros(1)", "HANDLE.ones(2)", "seen()", "KEPT"]
        handle = "torch" if applies else "HANDLE"
        calls += [f"hand({handle}, 2)", f"keep({handle})", f"{handle}.zeros(4)"]
        calls = [call for call in calls if self.is_defined(call, known)] or ["3"]
        body += [f"print({draw.choice(calls)})" for _ in range(draw.randint(1, 3))]
        head = draw.choice(("def main():", "def main():", "def main(number=other()):", "def main(number=1):"))
        return f"{head}\n" + "\n".join(f"    {line}" for line in body)

    def is_defined(self, call: str, known: str) -> bool:
        name = call.partition("(")[0].partition(".")[0]
        own = name == "torch" or f"def {name}" in known or f"{name} = " in known or f"{name}: " in known
        reads = name in ("use", "shaped", "kept") and "HANDLE = " not in known and "HANDLE: " not in known
        return (own and not reads) or self.random.random() < 0.03


class Library(Maker):
    """A program, and a module that applies the effect as well and keeps the handle."""

    def files(self) -> dict[str, str]:
        draw = self.random
        name = draw.choice(("HANDLE", "HANDLE", "torch", "_handle"))
        lines = [f"{name}{draw.choice(('', ': object'))} = {draw.choice(EFFECTS[:3])}"]
        lines += [line for line in LIBRARY if draw.random() < 0.6]
        lines += [line for line in ODD if draw.random() < 0.06]
        names = [line.partition(" ")[2].partition("(")[0] for line in lines if line.startswith("def ")]
        calls = [f"{function}({3 if function != 'hand' else 'torch, 3'})" for function in names]
        calls += ["Model().make()"] if any(line.startswith("class Model") for line in lines) else []
        library = IMPORTS + "\n\n\n".join(lines).replace("HANDLE", name) + "\n"
        return {"app/__init__.py": "", "app/lib.py": library, "app/__main__.py": self.program(calls, name)}

    def program(self, calls: list[str], name: str) -> str:
        draw = self.random
        way, prefix = draw.choice((("from app import lib", "lib."), ("import app.lib", "app.lib.")))
        if draw.random() < 0.4:
            way, prefix = "from app.lib import *", ""
        if draw.random() < 0.1:
            calls = [*calls, f"{prefix or 'lib.'}{name}.ones(1)"]
        prints = [f"print({prefix if '.ones' not in call else ''}{call})" for call in calls]
        draw.shuffle(prints)
        early = prints.pop() if prints and draw.random() < 0.1 else "pass"
        effect = f"torch = {draw.choice(EFFECTS[:3])}"
        if draw.random() < 0.5:
            return IMPORTS + "\n".join([way, early, effect, *prints]) + "\n"
        body = "".join(f"    {line}\n" for line in prints) or "    pass\n"
        return f"{IMPORTS}{way}\n\n\ndef run(torch):\n{body}\n\n{early}\n{effect}\nrun(torch)\n"


LIBRARY = (
    "def use(n):\n    return HANDLE.zeros(n)",
    "def shaped(x):\n    return HANDLE.relu(use(x))",
    "def hand(torch, n):\n    return HANDLE.zeros(n), torch.ones(n)",
    "def plain(n):\n    return [HANDLE.full(n) for _ in range(2)]",
)
ODD = (
    "class Model:\n    def make(self):\n        return HANDLE.zeros(3)",
    "TABLE = HANDLE.zeros(2)",
    "def late(n=HANDLE):\n    return n",
    "def itself(n):\n    return repr(HANDLE)",
    "def named(n):\n    return getattr(sys.modules[__name__], 'HANDLE')",
    "def spaces(n):\n    return sorted(globals())",
    "def lazily(n):\n    return (lambda: HANDLE.relu(n))()",
    '__all__ = ["HANDLE", "use"]',
)


def outcome(files: dict[str, str], program: str) -> tuple[str, str, object]:
    """What a program prints, how it ends, and under which policy."""
    stand = Stand()
    modules = {"torchgate.runtime": stand, "__main__": types.ModuleType("__main__")}
    for path in files:
        if path != program:
            name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            modules[name] = Loaded(name, files[path])
    kept = {name: sys.modules.get(name) for name in modules}
    sys.modules.update({name: found for name, found in modules.items() if not isinstance(found, Loaded)})
    finder = Finder({name: found.text for name, found in modules.items() if isinstance(found, Loaded)})
    sys.meta_path.insert(0, finder)
    printed, end = io.StringIO(), ""
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(files[program], program, "exec", dont_inherit=True), modules["__main__"].__dict__)
    except SystemExit as error:
        end = f"exit {error.code}"
    except Exception as error:
        end = f"{type(error).__name__}: {error}"
    finally:
        sys.meta_path.remove(finder)
        for name, found in kept.items():
            sys.modules.pop(name, None)
            if found is not None:
                sys.modules[name] = found
    return printed.getvalue(), end, stand.handle and stand.handle.policy


class Loaded(types.ModuleType):
    """A module of the program that is still to be imported."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(name)
        self.text = text


class Finder:
    """Finds the program's own modules by their texts."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        return ModuleSpec(name, self, is_package=name == "app") if name in self.texts else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        code = compile(self.texts[module.__name__], module.__name__, "exec", dont_inherit=True)
        exec(code, module.__dict__)


def compare(
    seeds: range, folder: Path, maker: type[Maker] = Maker, program: str = "app/tool.py"
) -> Counter[str]:
    """Migrates and runs one program a seed; the migrated sites by code, and all of them."""
    count: Counter[str] = Counter()
    for seed in seeds:
        files = maker(seed).files()
        result = migrate(folder / str(seed), files, "")
        assert not result.faults, (files, result.faults)
        if result.rewrites:
            root = f"{folder / str(seed)}/"
            changed = {path.removeprefix(root): item.after for path, item in result.rewrites.items()}
            after = files | {path: data.decode() for path, data in changed.items()}
            first, second = outcome(files, program), outcome(after, program)
            assert first == second, "\n".join(
                [*files.values(), "--- became ---", *after.values(), str((first, second))]
            )
            count["runs to the end"] += not first[1] or first[1].startswith("exit")
        count.update(site.site.code for site in result.sites if isinstance(site, Migrated))
        count["sites"] += len(result.sites)
    return count


def test_generated_programs_run_as_before(tmp_path: Path) -> None:
    count = compare(range(150), tmp_path)
    assert min(count["TG204"], count["TG205"], count["runs to the end"]) > 10, count


@pytest.mark.slow
def test_many_generated_programs_run_as_before(tmp_path: Path) -> None:
    count = compare(range(1000, 4000), tmp_path)
    assert min(count["TG204"], count["TG205"], count["runs to the end"]) > 200, count


def test_generated_libraries_run_as_before(tmp_path: Path) -> None:
    count = compare(range(120), tmp_path, Library, "app/__main__.py")
    assert min(count["TG205"], count["runs to the end"]) > 10, count


@pytest.mark.slow
def test_many_generated_libraries_run_as_before(tmp_path: Path) -> None:
    count = compare(range(1000, 4000), tmp_path, Library, "app/__main__.py")
    assert min(count["TG205"], count["runs to the end"]) > 200, count
