"""Files without a source of their own are not read: the findings are those of a run that reads everything."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rules.casefile import Case, read_cases
from tests.rules.project import write_files
from tests.test_batches import _LINES
from torchgate.cli import _filtered, main
from torchgate.cli import check as check_command

ROOT = Path(__file__).parents[2]
CASES = [case for file in sorted((ROOT / "tests/rules").glob("*.md")) for case in read_cases(file)]

Compare = Callable[[Path], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def compare() -> Compare:
    """Checks a folder in both ways, all rules on, and returns the findings."""

    def run(folder: Path, filtered: bool) -> list[dict[str, Any]]:
        output = folder / "findings.json"
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.setenv("TORCHGATE_NO_CACHE", "1")
            if filtered:
                patch.setattr(check_command, "_FILTERED_FROM", 0)
                patch.setattr(_filtered, "_FEW", 0)
            else:
                patch.setenv("TORCHGATE_UNFILTERED", "1")
            # Written out, so that TG306 and what is in preview run as well.
            options = ["--extend-select", "TG", "--preview", "--jobs", "1", "-q", "--format", "json"]
            assert main(["check", *options, "--output-file", str(output), "."]) in (0, 1)
        found: list[dict[str, Any]] = json.loads(output.read_text("utf-8"))["findings"]
        output.unlink()
        return found

    def both(folder: Path) -> list[dict[str, Any]]:
        whole = run(folder, filtered=False)
        assert run(folder, filtered=True) == whole
        return whole

    return both


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_case(case: Case, tmp_path: Path, compare: Compare) -> None:
    write_files(tmp_path, case.files, case.config)
    compare(tmp_path)


# What random modules are made of, besides the lines of ``tests/test_batches.py``: names that are handed on in
# all ways, of torch, of the handle, of the standard library, of modules.
_MORE = [
    *_LINES,
    "import os, sys",
    "import os as _os",
    "from os import environ as env",
    "env = os.environ",
    "from app.m{n} import env",
    "from app.m{n} import env as e2",
    "env['CUBLAS_WORKSPACE_CONFIG'] = ':0:0'",
    "m{n}.env['CUBLAS_WORKSPACE_CONFIG'] = ':0:0'",
    "m{n}.os.environ['CUBLAS_WORKSPACE_CONFIG'] = ':0:0'",
    "from contextlib import ExitStack, contextmanager",
    "from contextlib import ExitStack as Stack",
    "Stack = ExitStack",
    "from app.m{n} import ExitStack",
    "from app.m{n} import ExitStack as Stack",
    "from app.m{n} import Stack, partial",
    "import functools\npartial = functools.partial",
    "with ExitStack() as s:\n    s.enter_context(torch.device('cuda'))",
    "with Stack() as s:\n    s.enter_context(device)",
    "device = torch.device('cuda')",
    "from app.m{n} import device, setter",
    "with m{n}.device:\n    pass",
    "with device:\n    pass",
    "setter = torch.set_default_device",
    "setter('cuda')",
    "m{n}.setter('cuda')",
    "partial(setter, 'cuda')()",
    "from typing import TYPE_CHECKING",
    "from app.m{n} import TYPE_CHECKING",
    "if TYPE_CHECKING:\n    import torch",
    "if TYPE_CHECKING:\n    from app.m{n} import torch",
    "def make():\n    return torch",
    "def make():\n    import torch\n    return torch",
    "from app.m{n} import make",
    "from app.m{n} import make as made",
    "def give():\n    return make()",
    "def give():\n    return m{n}.make()",
    "m{n}.give().set_default_dtype(1)",
    "made().set_default_dtype(1)",
    "from app.m{n} import give, other",
    "from app import m{n} as mod",
    "from app.m{n} import mod",
    "mod.torch.set_default_dtype(1)",
    "mod2 = m{n}",
    "from app.m{n} import mod2",
    "mod2.torch.set_default_dtype(1)",
    "import app",
    "app.m{n}.torch.set_default_dtype(1)",
    "class Holder:\n    lib = torch",
    "class Holder:\n    def __init__(self):\n        self.lib = torch",
    "from app.m{n} import Holder, Sub, Base",
    "class Heir(Holder):\n    def go(self):\n        self.lib.set_default_dtype(1)",
    "class Other(Sub):\n    def go(self):\n        self.h.set_default_dtype(1)",
    "def take(x: Holder):\n    x.lib.set_default_dtype(1)",
    "Holder().lib.set_default_dtype(1)",
    "def hold():\n    return Holder()",
    "from app.m{n} import hold",
    "hold().lib.set_default_dtype(1)",
    "def __getattr__(name):\n    if name == 'torch':\n        import torch\n        return torch",
    "def __getattr__(name):\n    import importlib\n    return importlib.import_module(name)",
    "def __getattr__(name):\n    return getattr(m{n}, name)",
    "import importlib\nload = importlib.import_module",
    "from app.m{n} import load",
    "load('torch')",
    "load('torch.nn').Linear(1)",
    "sys.modules['torch'] = None",
    "import torchvision",
    "def f():\n    import torchvision.ops, accelerate\n    sys.exit()\n    import timm",
    "from app.m{n} import apply",
    "from torchgate.runtime import apply_torch_runtime as apply",
    "apply(1)",
    "def run():\n    return apply(2)",
    "from app.m{n} import run",
    "run().set_default_dtype(1)",
    "NAME = 'lib'",
    "class Named:\n    def __init__(self, name):\n        setattr(self, 'lib', torch)",
    "class Named:\n    def __init__(self, name):\n        setattr(self, name, torch)",
    "class Named:\n    def __init__(self):\n        setattr(self, NAME, torch)",
    "class Named:\n    def __init__(self):\n        name = 'lib'\n        setattr(self, name, torch)",
    "class Named:\n    def __init__(self):\n        def inner():\n            setattr(self, NAME, torch)",
    "class Named:\n    def go(self):\n        for NAME in 'lib',:\n            setattr(self, NAME, torch)",
    "class Named:\n    def go(self):\n        put = setattr\n        put(self, 'lib', torch)",
    "from app.m{n} import Named, NAME",
    "Named(1).lib.set_default_dtype(1)",
    "class Later(Named):\n    def go(self):\n        self.lib.set_default_dtype(1)",
    "x = 1  # noqa: TG101",
    "x = 2  # torchgate: ignore[TG301]",
    "x = 'import torch'  # import torch",
    "def broken(:\n",
]
_PROJECTS = st.lists(
    st.lists(st.tuples(st.sampled_from(_MORE), st.integers(0, 6)), min_size=1, max_size=5),
    min_size=4,
    max_size=7,
)


def _write(folder: Path, modules: list[list[tuple[str, int]]], long: int) -> None:
    filler = "".join(f"filler_{number} = {number}\n" for number in range(150))
    files = {
        f"app/m{index}.py": "".join(
            f"{line}\n" for line in (line.replace("{n}", str(n)) for line, n in lines)
        )
        + (filler if index == long else "")
        for index, lines in enumerate(modules)
    }
    write_files(folder, {"app/__init__.py": "", **files})


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(_PROJECTS, st.integers(0, 7))
def test_random_projects(
    tmp_path_factory: pytest.TempPathFactory,
    compare: Compare,
    modules: list[list[tuple[str, int]]],
    long: int,
) -> None:
    folder = tmp_path_factory.mktemp("project")
    _write(folder, modules, long)
    compare(folder)
