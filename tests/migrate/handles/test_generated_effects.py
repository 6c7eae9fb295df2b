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

    def text(self) -> str:
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


def outcome(text: str) -> tuple[str, str, object]:
    """What a program prints, how it ends, and under which policy."""
    stand, module = Stand(), types.ModuleType("__main__")
    kept = {name: sys.modules.get(name) for name in ("torchgate.runtime", "__main__")}
    sys.modules.update({"torchgate.runtime": stand, "__main__": module})
    printed, end = io.StringIO(), ""
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(text, "tool.py", "exec", dont_inherit=True), module.__dict__)
    except SystemExit as error:
        end = f"exit {error.code}"
    except Exception as error:
        end = f"{type(error).__name__}: {error}"
    finally:
        for name, found in kept.items():
            if found is None:
                del sys.modules[name]
            else:
                sys.modules[name] = found
    return printed.getvalue(), end, stand.handle and stand.handle.policy


def compare(seeds: range, folder: Path) -> Counter[str]:
    """Migrates and runs one program a seed; the migrated sites by code, and all of them."""
    count: Counter[str] = Counter()
    for seed in seeds:
        text = Maker(seed).text()
        result = migrate(folder / str(seed), {"app/tool.py": text}, "")
        assert not result.faults, (text, result.faults)
        for rewrite in result.rewrites.values():
            after = rewrite.after.decode()
            first, second = outcome(text), outcome(after)
            assert first == second, f"{text}\n--- became ---\n{after}\n{first}\n{second}"
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
