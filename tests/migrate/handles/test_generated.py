"""Random projects of plain functions, run before and after the migration with a stand-in for torch.

The stand-in is a module that says what was called on it; the handle is an object that is not that module. So
a function that is given something else than what it used before, or nothing at all, shows.
"""

from __future__ import annotations

import importlib
import random
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from tests.migrate.handles.test_cases import migrate
from torchgate.migrate.result import Migrated

CONFIG = 'runtime-modules = ["app.runtime"]\n'
RUNTIME = (
    "import torch\n\n\ndef configure():\n    torch.backends.cudnn.deterministic = True\n    return torch\n"
)
NAMES = ("zeros", "ones", "full", "relu")
IMPORTS = (
    ("import torch", "torch.{}"),
    ("import torch as th", "th.{}"),
    ("import torch.nn as nn", "nn.{}"),
    ("from torch import nn", "nn.{}"),
    ("from torch.nn import functional as F", "F.{}"),
)
WAYS = ("from app import m{0}", "import app.m{0} as m{0}", "from . import m{0}")


class Stand(types.ModuleType):
    """A module of which every attribute says its name when it is called."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "Module":
            found: Any = type("Module", (), {})
        elif name in ("nn", "functional", "backends", "cudnn"):
            found = Stand(f"{self.__name__}.{name}")
        else:
            own = self.__name__

            def found(*values: object) -> tuple[object, ...]:
                return (f"{own}.{name}", *values)

        self.__dict__[name] = found
        return found


class Handle:
    """What the effect returns: gives what torch has, and is not torch."""

    def __init__(self, module: Stand) -> None:
        self.torch = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self.torch, name)


class Maker:
    """Writes one random project."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = self.random.randint(1, 3)
        self.functions = {
            m: [f"f{m}{i}" for i in range(self.random.randint(1, 4))] for m in range(self.count)
        }

    def files(self) -> dict[str, str]:
        found = {"app/__init__.py": "", "app/runtime.py": RUNTIME}
        for module in range(self.count):
            found[f"app/m{module}.py"] = self.module(module)
        found["app/__main__.py"] = self.program()
        return found

    def module(self, number: int) -> str:
        lines, forms = [], []
        for text, form in self.random.sample(IMPORTS, self.random.randint(0, 2)):
            if form not in forms:
                lines.append(text)
                forms.append(form)
        others = [m for m in range(number) if self.random.random() < 0.8]
        for other in others:
            lines.append(self.random.choice(WAYS).format(other))
        for name in self.functions[number]:
            lines += ["", "", *self.function(name, number, forms, others)]
        return "\n".join(lines) + "\n"

    def function(self, name: str, number: int, forms: list[str], others: list[int]) -> list[str]:
        head = self.random.choice([f"def {name}(n):", f"def {name}(n, *rest):", f"def {name}(n, deep=1):"])
        lines = [head, "    out = [n]"]
        if self.random.random() < 0.15:
            hushed = self.random.random() < 0.3
            lines.append(f"    import torch{'  # torchgate: ignore[TG101]' if hushed else ''}")
            forms = [*forms, "torch.{}"]
        for _ in range(self.random.randint(1, 4)):
            lines.append(f"    {self.statement(name, number, forms, others)}")
        return [*lines, "    return tuple(out)"]

    def statement(self, name: str, number: int, forms: list[str], others: list[int]) -> str:
        use = self.random.choice(forms).format(self.random.choice(NAMES)) if forms else "len"
        argument = "n" if use != "len" else "[n]"
        own = self.functions[number][: self.functions[number].index(name)]
        callees = [*own, *(f"m{other}.{f}" for other in others for f in self.functions[other])]
        callee = self.random.choice(callees) if callees else "str"
        whole = "torch" if "torch.{}" in forms else "n"
        return self.random.choice(
            [
                f"out.append({use}({argument}))",
                f"out.append([{use}({argument}) for _ in range(2)])",
                f"out.append((lambda: {use}({argument}))())",
                f"out.append({callee}(n))",
                f"out.append({callee}(n))",
                f"out.extend({callee}(i) for i in range(2))",
                f"out.append(id({whole}) and type({whole}).__name__)",
                f"out.append(list(map({callee}, [n])))",
                f"out.append(getattr({whole}, 'zeros', str)(n))",
            ]
            if self.random.random() < 0.97
            else [f"out.append(sorted(locals()) and {use}({argument}))"]
        )

    def program(self) -> str:
        last = self.count - 1
        calls = [f"    out.append(m{m}.{f}(3))" for m in range(self.count) for f in self.functions[m]]
        self.random.shuffle(calls)
        early = calls[:1] if self.random.random() < 0.15 else []
        kept = calls[len(early) :]
        if self.random.random() < 0.3:
            kept = kept[: self.random.randint(1, 4)]
        lines = [f"from app import {', '.join(f'm{m}' for m in range(last + 1))}"]
        lines += ["from app.runtime import configure", "", "", "def main():", "    out = []", *early]
        return (
            "\n".join([*lines, "    handle = configure()", *kept, "    return out, handle.zeros(1)"]) + "\n"
        )


def outcome(folder: Path, stand: Stand) -> object:
    """What the program gives when it is run from a folder, or how it fails."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("app", "torch")]:
        del sys.modules[name]
    runtime = types.ModuleType("app.runtime")
    runtime.configure = lambda: Handle(stand)  # type: ignore[attr-defined]
    modules = {"torch": stand, "torch.nn": stand.nn, "torch.nn.functional": stand.nn.functional}
    sys.modules.update(modules)
    sys.modules["app.runtime"] = runtime
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    importlib.invalidate_caches()
    try:
        return importlib.import_module("app.__main__").main()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = before
        for name in [name for name in sys.modules if name.partition(".")[0] in ("app", "torch")]:
            del sys.modules[name]


def compare(
    seeds: range, folder: Path, *, maker: type[Maker] = Maker, unsafe: bool = False
) -> tuple[int, int]:
    """Migrates and runs one project a seed; the numbers of sites and of migrated ones."""
    kept = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "torch"}
    sites = migrated = 0
    try:
        for seed in seeds:
            root = folder / str(seed)
            files, stand = maker(seed).files(), Stand("torch")
            result = migrate(root, files, CONFIG, unsafe=unsafe)
            assert not result.faults, (seed, result.faults)
            first = outcome(root, stand)
            for path, rewrite in result.rewrites.items():
                Path(path).write_bytes(rewrite.after)
            second = outcome(root, stand)
            assert first == second, (seed, first, second)
            sites += len(result.sites)
            migrated += sum(isinstance(site, Migrated) for site in result.sites)
    finally:
        sys.modules.update(kept)
    return sites, migrated


def test_generated_projects_run_as_before(tmp_path: Path) -> None:
    sites, migrated = compare(range(60), tmp_path)
    assert sites > 60
    assert migrated > sites / 3, (sites, migrated)


@pytest.mark.slow
def test_many_generated_projects_run_as_before(tmp_path: Path) -> None:
    sites, migrated = compare(range(1000, 3000), tmp_path)
    assert migrated > sites / 3, (sites, migrated)


class ClassMaker(Maker):
    """Adds classes of torch: they use what stands above them in their module, and the modules below."""

    BASES = (
        ("import torch", "torch.nn.Module"),
        ("from torch import nn as layers", "layers.Module"),
        ("from torch.nn import Module", "Module"),
    )

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.classes = {m: [f"C{m}{i}" for i in range(self.random.randint(1, 2))] for m in range(self.count)}

    def module(self, number: int) -> str:
        text, base = self.random.choice(self.BASES)
        lines, bases = [text], [base]
        names: dict[str, str] = {}
        for other in range(number):
            for cls in self.classes[other]:
                alias = self.random.choice([cls, f"K{cls}"])
                names[cls] = alias
                lines.append(f"from app.m{other} import {cls} as {alias}".removesuffix(f" as {cls}"))
        body = super().module(number)
        known = [*names.values()]
        for cls in self.classes[number]:
            body += "\n\n" + "\n".join(self.cls(cls, number, bases, known)) + "\n"
            known.append(cls)
            bases.append(cls)
        if self.random.random() < 0.5 and names:
            callee = self.random.choice([*names.values()])
            body += f"\n\ndef made{number}(n):\n    return {callee}(n).run(n)\n"
        else:
            body += f"\n\ndef made{number}(n):\n    return (n,)\n"
        return "\n".join(lines) + "\n" + body

    def cls(self, name: str, number: int, bases: list[str], known: list[str]) -> list[str]:
        lines = [f"class {name}({self.random.choice(bases)}):", '    """A class."""', ""]
        if self.random.random() < 0.3:
            lines += [f"    kind = {bases[0]}", ""]
        lines += ["    def __init__(self, n, deep=2):", "        self.n = (n, deep)", ""]
        lines += ["    def run(self, n):", "        out = [n, type(self).__name__, self.n]"]
        use = bases[0].removesuffix("Module").rstrip(".")
        function = self.random.choice(self.functions[number])
        choices = [
            f"out.append({function}(n))",
            f"out.append({use + '.relu' if use else 'repr'}(n))",
            f"out.append([isinstance(self, ({name}, int)) for _ in range(2)])",
            f"out.append(isinstance(self, {bases[0]}))",
            *(f"out.append({cls}(n).run(n))" for cls in known),
        ]
        for _ in range(self.random.randint(1, 4)):
            lines.append(f"        {self.random.choice(choices)}")
        return [*lines, "        return tuple(out)"]

    def program(self) -> str:
        text = super().program()
        calls = [
            self.random.choice(
                [
                    f"    out.append(m{m}.{cls}(3).run(3))",
                    f"    out.append(isinstance(m{m}.{cls}(2), m{m}.{cls}))",
                    f"    out.append(m{m}.made{m}(3))",
                ]
            )
            for m in range(self.count)
            for cls in self.classes[m]
        ]
        if self.random.random() < 0.05:
            calls.append(f"    out.append(str(m0.{self.classes[0][0]}) and 1)")
        head, mark, tail = text.partition("    return out, handle")
        return head + "\n".join(calls) + f"\n{mark}{tail}"


def test_generated_classes_run_as_before(tmp_path: Path) -> None:
    sites, migrated = compare(range(5000, 5050), tmp_path, maker=ClassMaker, unsafe=True)
    assert migrated > sites / 4, (sites, migrated)
    assert _builders(tmp_path) > 20


@pytest.mark.slow
def test_many_generated_classes_run_as_before(tmp_path: Path) -> None:
    sites, migrated = compare(range(6000, 7000), tmp_path, maker=ClassMaker, unsafe=True)
    assert migrated > sites / 4, (sites, migrated)
    assert _builders(tmp_path) > 400


def _builders(folder: Path) -> int:
    return sum(file.read_text("utf-8").count("@functools.cache") for file in folder.rglob("*.py"))
