"""Random projects through random edits: a run with the cache says what a run without it says."""

from __future__ import annotations

import random
import shutil

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.cache.conftest import Project
from tests.cli.test_filtered import _MORE as LINES
from torchgate.cli import _filtered, check

MORE = [
    *LINES,
    "from lib.m{n} import torch",
    "import lib.m{n} as other",
    "def __getattr__(name):\n    from app import m{n}\n    return m{n}.torch",
    "from torchgate.runtime import apply_torch_runtime as go, decide_torch_runtime as decide\n\n"
    "def main():\n    go(decide())",
    "from app.rt import start\n\ndef other_main():\n    start()",
    "from app.rt import source\nh = source()",
    "from app.facade import x",
    "torch.backends.cudnn.benchmark = True  # noqa: TG403",
    "x = (",
]
CONFIGS = [
    "",
    "runtime-modules = ['app.rt', 'app.m1']\nentry-modules = ['app.m2', 'app.m3', 'app.m4']\n",
    "runtime-modules = ['app.rt']\ntorch-bound-modules = ['app.m3', 'lib.*']\n"
    "facade-modules = ['app.facade']\n",
    "src = ['app', '.']\nextend-select = ['TG306']\n",
    "per-file-ignores = { 'app/m1.py' = ['TG1'] }\nextend-exclude = ['m4.py']\n",
]
NAMES = [
    *(f"app/m{number}.py" for number in range(5)),
    *(f"lib/m{number}.py" for number in range(2)),
    "app/m1/__init__.py",
    "src/app/m2.py",
    "app/rt.py",
    "app/facade.py",
    "app/__init__.py",
    "torch.py",
    "app/m0.pyi",
]
RUNTIME = (
    "import torch\n\ndef start():\n    torch.use_deterministic_algorithms(True)\n\n"
    "def source():\n    return torch\n"
)


def text_for(name: str, rng: random.Random) -> str:
    if name == "app/rt.py" and rng.random() < 0.7:
        return RUNTIME
    lines = rng.choices(MORE, k=rng.randrange(5))
    return "\n".join(line.replace("{n}", str(rng.randrange(5))) for line in lines) + "\n"


def edit(project: Project, rng: random.Random) -> None:
    kind = rng.randrange(10)
    standing = sorted(path.relative_to(project.root).as_posix() for path in project.root.rglob("*.py*"))
    if kind < 5 or not standing:
        name = rng.choice(NAMES)
        project.write({name: text_for(name, rng)})
    elif kind < 7:
        project.write({rng.choice(standing): None})
    elif kind == 7:
        project.write({"torchgate.toml": rng.choice(CONFIGS)})
    elif kind == 8:
        old, new = project.root / rng.choice(standing), project.root / rng.choice(NAMES)
        new.parent.mkdir(parents=True, exist_ok=True)
        old.rename(new)
    else:
        folder = project.root / rng.choice(["app", "lib", "src", "lib2", "app/m2"])
        if folder.exists():
            shutil.rmtree(folder)
        else:
            folder.mkdir(parents=True)


# Shrinking runs whole projects for minutes and helps little: a seed says all.
PHASES = [phase for phase in Phase if phase is not Phase.shrink]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
@given(st.integers(0, 2**32), st.integers(3, 6))
def test_random_edits(project: Project, at_rest: None, seed: int, steps: int) -> None:
    run_edits(project, seed, steps)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
@given(st.integers(0, 2**32), st.integers(3, 6))
def test_random_edits_where_files_are_left_out(
    project: Project, at_rest: None, few: None, seed: int, steps: int
) -> None:
    run_edits(project, seed, steps)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs over more than three files leave out those that have nothing to report."""
    monkeypatch.setattr(check, "_FILTERED_FROM", 4)
    monkeypatch.setattr(check, "_MOST", 100)
    monkeypatch.setattr(_filtered, "_FEW", 0)


def begin(project: Project, rng: random.Random) -> None:
    """A random project in place of what is there."""
    for path in project.root.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    project.write({"torchgate.toml": rng.choice(CONFIGS)})
    project.write({name: text_for(name, rng) for name in rng.sample(NAMES, 7)})


def run_edits(project: Project, seed: int, steps: int) -> None:
    rng = random.Random(seed)
    begin(project, rng)
    for step in range(steps):
        standing = sorted(path.relative_to(project.root).as_posix() for path in project.root.rglob("*.py"))
        some = rng.sample(standing, min(len(standing), 3))
        for arguments in ([], some, ["--format", "full", "--extend-select", "TG306"]):
            if step % 3 or not arguments:
                project.check("--jobs", "1", *arguments)
        for _ in range(1 + step % 2):
            edit(project, rng)
    project.check("--jobs", "1")
    project.check("--jobs", "1")


@pytest.mark.parametrize("first", ["from app.b import x\n", "class x: pass\n", "import os as x\n", "y = 1\n"])
def test_a_module_of_which_only_the_text_was_asked(project: Project, at_rest: None, first: str) -> None:
    project.write({"u.py": "from app.a import x\nx()\n", "app/a.py": first, "app/b.py": "import os as x\n"})
    assert "TG105" not in project.check("u.py").out
    project.write({"app/b.py": "import torch as x\n"})
    assert ("TG105" in project.check("u.py").out) == ("app.b" in first)
    project.write({"app/a.py": "import torch as x\n"})
    assert "TG105" in project.check("u.py").out
