"""Files without a source of their own are not read: the findings are those of a run that reads everything."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli import filtered_chains, filtered_places
from tests.cli.filtered_forms import PAIRS, PROJECTS, QUIET, SHORT, SINGLE
from tests.rules.casefile import Case, read_cases
from tests.rules.project import write_files
from tests.test_batches import _LINES
from torchgate.cli import _filtered, main
from torchgate.cli import check as check_command
from torchgate.processes import can_fork

ROOT = Path(__file__).parents[2]
CASES = [case for file in sorted((ROOT / "tests/rules").glob("*.md")) for case in read_cases(file)]

# Every rule, and what is in preview.
_ALL_RULES = ("--extend-select", "TG", "--preview")


class Compare(Protocol):
    def __call__(
        self, folder: Path, options: Sequence[str] = _ALL_RULES, paths: Sequence[str] = (".",)
    ) -> list[dict[str, Any]]: ...


@pytest.fixture(scope="module")
def compare() -> Compare:
    """Checks a folder, or parts of it, in both ways and returns the findings."""

    def run(folder: Path, filtered: bool, options: Sequence[str]) -> list[dict[str, Any]]:
        output = folder / "findings.json"
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.setenv("TORCHGATE_NO_CACHE", "1")
            if filtered:
                patch.setattr(check_command, "_FILTERED_FROM", 0)
                patch.setattr(_filtered, "_FEW", 0)
            else:
                patch.setenv("TORCHGATE_UNFILTERED", "1")
            plain = ["--jobs", "1", "-q", "--format", "json", "--output-file", str(output)]
            assert main(["check", *plain, *options]) in (0, 1)
        found: list[dict[str, Any]] = json.loads(output.read_text("utf-8"))["findings"]
        output.unlink()
        return found

    def both(
        folder: Path, options: Sequence[str] = _ALL_RULES, paths: Sequence[str] = (".",)
    ) -> list[dict[str, Any]]:
        whole = run(folder, False, [*options, *paths])
        assert run(folder, True, [*options, *paths]) == whole
        return whole

    return both


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_case(case: Case, tmp_path: Path, compare: Compare) -> None:
    write_files(tmp_path, case.files, case.config)
    compare(tmp_path)


Project = tuple[dict[str, str | bytes], str, tuple[str, ...]]
FORMS: dict[str, Project] = {
    **{name: ({"app/m.py": text}, "", (".",)) for name, text in {**SINGLE, **filtered_places.SINGLE}.items()},
    **{
        name: ({"app/a.py": a, "app/b.py": b}, "", (".",))
        for name, (a, b) in {**PAIRS, **filtered_places.PAIRS}.items()
    },
    **PROJECTS,
    **filtered_places.PROJECTS,
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form(name: str, tmp_path: Path, compare: Compare) -> None:
    files, config, paths = FORMS[name]
    _lay_out(tmp_path, files, config)
    assert bool(compare(tmp_path, paths=paths)) == (name not in QUIET | filtered_places.QUIET)


def _lay_out(folder: Path, files: Mapping[str, str | bytes], config: str) -> None:
    """Write a project, with a file that nothing is to be said of, and the package around it."""
    usual = {"app/__init__.py": "", "app/z.py": "x = 1\n"} if any(map(_is_in_app, files)) else {}
    for path, text in {**usual, **files}.items():
        if isinstance(text, str):
            for short, long in SHORT.items():
                text = text.replace(short, long)
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    (folder / "torchgate.toml").write_text(config, "utf-8")


def _is_in_app(path: str) -> bool:
    return path.startswith("app/")


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.booleans(), st.booleans(), st.booleans())
def test_random_chains(
    tmp_path_factory: pytest.TempPathFactory,
    compare: Compare,
    seed: int,
    is_configured: bool,
    is_narrow: bool,
    is_part: bool,
) -> None:
    random = Random(seed)
    files = filtered_chains.project(random)
    folder = tmp_path_factory.mktemp("chain")
    _lay_out(folder, files, filtered_chains.CONFIG if is_configured else "")
    options = ("--select", random.choice(_SOME_CODES)) if is_narrow else _ALL_RULES
    paths = [path for path in files if random.random() < 0.7] if is_part else []
    compare(folder, options, paths or ["."])


_OF_EVERY_KIND = {
    "app/a.py": "import torch as tt\nimport os as o\n",
    "app/b.py": "from app.a import tt, o\ntt{SET}\no.environ{ENV}\n",
    "app/c.py": "import importlib\nimportlib.import_module('torch'){SET}\n",
    "app/d.py": "from torch \\\n import nn\n",
    "app/e.py": "import timm  # noqa: TG101\n",
    "app/f.py": "def default_device(): pass\n",
    "app/g.py": "from app import f\nf.default_device()\n",
    "app/h.py": "import app.rt as q\nq.go()\n",
    "app/rt.py": "import torch\ndef go(): torch.use_deterministic_algorithms(True)\n",
    "app/i.py": "def f(torch):\n global X\n X=torch\n",
    "app/j.py": "import sys\nif 'torch' in sys.modules: raise X\n",
    "app/k.py": "# import the facade before torch\n",
    "app/l.py": "def m( x: = 1\n",
    "app/n.py": "from app.d import nn\n",
    "app/o.py": "import importlib as i\ni.import_module('timm')\ni.import_module('app.rt')\n",
    "app/p.py": "exec('import torch')\n",
    "app/q.py": "from app.h import q\nfrom app import h\nh.q.go()\n",
    "app/r.py": "import app.a\nclass A:\n  m=app.a\n",
    "app/s.py": "from app.r import A\nA.m.tt{SET}\n",
}
_SOME_CODES = [
    *("TG1", "TG101", "TG102", "TG104", "TG105", "TG107", "TG2", "TG201", "TG202", "TG205", "TG206"),
    *("TG3", "TG301", "TG302", "TG4", "TG402", "TG403", "TG404", "TG406", "TG9", "TG900", "TG901"),
]


@pytest.mark.parametrize("code", _SOME_CODES)
def test_some_rules_alone(code: str, tmp_path: Path, compare: Compare) -> None:
    ignores = f'[per-file-ignores]\n"app/b.py" = ["{code}"]\n"app/[d-l].py" = ["{code}"]\n'
    for config in ("", ignores):
        _lay_out(tmp_path, _OF_EVERY_KIND, f'runtime-modules = ["app.rt"]\n{config}')
        for options in (("--select", code), (*_ALL_RULES, "--ignore", code)):
            compare(tmp_path, options)


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
    "from app.m{n} import _os, os",
    "_os.environ['CUBLAS_WORKSPACE_CONFIG'] = ':0:0'",
    "o = os",
    "o = m{n}.os",
    "from app.m{n} import o",
    "o.environ['CUBLAS_WORKSPACE_CONFIG'] = ':0:0'",
    "getattr(o, 'envi' + 'ron')['CUBLAS_WORKSPACE_CONFIG'] = ':0:0'",
    "vars(m{n})['os'].environ['CUBLAS_WORKSPACE_CONFIG'] = ':0:0'",
    "from app import m{n}",
    "from app.m{n} import m{n}",
    "from . import m{n} as mod2",
    "other = app.m{n}",
    "other.device",
    "other.set_default_dtype(1)",
    "from app.m{n} import *",
    "from typing import TYPE_CHECKING as TC",
    "from app.m{n} import TC",
    "if TC:\n    import torch, timm",
    "if mod.TC:\n    import torchvision",
    "class Stub:\n    lib = None\n    h = 3",
    "from app.m{n} import Stub",
    "class Mixed(Stub, Holder):\n    def go(self):\n        self.lib.set_default_dtype(1)",
    "def keep(torch):\n    Stub.kept = torch\n    Stub().__class__.kept = torch",
    "def keep(torch):\n    m{n}.kept = torch",
    'text = """\n>>> """; import torch',
    "getattr(m{n}, 'to' + 'rch').set_default_dtype(1)",
    "import app.m{n} as m{n}",
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


# What decides about imports of packages that import torch: where it is from, how it is handed on, its use.
_GUARDS = [
    [
        "from typing import TYPE_CHECKING",
        "from typing import TYPE_CHECKING as TC",
        "import typing as TC",
        "import typing",
        "TYPE_CHECKING = MYPY = False",
        "TC = False",
        "import torch",
        "import os\nos.environ['X'] = '1'",
    ],
    [
        "TC = TYPE_CHECKING",
        "TC = typing.TYPE_CHECKING",
        "TC = TC.TYPE_CHECKING",
        "TC = m{n}.TC",
        "from app.m{n} import TC",
        "from app.m{n} import TC as TYPE_CHECKING",
        "from app.m{n} import TYPE_CHECKING, MYPY",
        "from app.m{n} import TYPE_CHECKING as TC",
        "from app.m{n} import typing as TC, typing",
        "from app.m{n} import *",
        "from app import m{n}",
        "from app import m{n} as TC",
        "import app.m{n} as m{n}",
        "class A:\n    TC = TYPE_CHECKING",
        "from app.m{n} import A",
        "def TC():\n    return TYPE_CHECKING",
        "def __getattr__(name):\n    if name == 'TC':\n        return TYPE_CHECKING",
    ],
    [
        "if TC:\n    import timm",
        "if TYPE_CHECKING:\n    import timm",
        "if not TYPE_CHECKING:\n    pass\nelse:\n    import timm",
        "if MYPY:\n    import timm",
        "if m{n}.TC:\n    import timm\nelse:\n    import torchvision",
        "if m{n}.TYPE_CHECKING:\n    import timm",
        "if m{n}.typing.TYPE_CHECKING:\n    import timm",
        "if TC.TYPE_CHECKING:\n    import timm",
        "if TC and A.TC:\n    import timm",
        "if TC():\n    import timm",
        "TC()\nimport timm",
        "def f():\n    if TC or TYPE_CHECKING:\n        import timm",
    ],
]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_random_guards(tmp_path_factory: pytest.TempPathFactory, compare: Compare, seed: int) -> None:
    random = Random(seed)
    folder = tmp_path_factory.mktemp("project")
    modules = [
        [
            (line, random.randrange(3))
            for lines, most in zip(_GUARDS, (3, 4, 8), strict=True)
            for line in random.sample(lines, random.randint(0, most))
        ]
        for _ in range(3)
    ]
    _write(folder, modules, random.randrange(5))
    compare(folder)


@pytest.mark.skipif(not can_fork(), reason="there is no fork here")
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(_PROJECTS)
def test_random_projects_in_two_processes(
    tmp_path_factory: pytest.TempPathFactory, compare: Compare, modules: list[list[tuple[str, int]]]
) -> None:
    folder = tmp_path_factory.mktemp("project")
    _write(folder, modules, len(modules))
    compare(folder, (*_ALL_RULES, "--jobs", "2"))
