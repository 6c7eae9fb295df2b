"""No finding depends on which files are passed together, or in which order: pre-commit splits lists."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rules.casefile import Case, read_cases
from tests.rules.project import lint_batch, write_files

ROOT = Path(__file__).parents[1]
CASES = [
    case
    for file in sorted((ROOT / "tests/rules").glob("*.md"))
    for case in read_cases(file)
    if len(case.files) > 2
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_case_in_other_batches(case: Case, tmp_path: Path) -> None:
    write_files(tmp_path, case.files, case.config)
    paths = list(case.files)
    whole = lint_batch(tmp_path, paths)
    assert lint_batch(tmp_path, paths[::-1]) == whole
    for path in paths:
        assert lint_batch(tmp_path, [path]) == {path: whole[path]}, path


# Modules that take names from each other at random: chains, stars, cycles, classes, results.
_LINES = [
    "from app.m{n} import torch",
    "from app.m{n} import *",
    "from . import m{n}",
    "import app.m{n} as other",
    "from app.m{n} import Base, get, helper as torch2",
    "import torch",
    "torch = None",
    "from app.m{n} import m{n} as torch",
    "x = m{n}.torch.zeros(3)",
    "other.torch.set_default_dtype(1)",
    "torch2.set_default_device(2)",
    "class Base:\n    def __init__(self, torch_handle):\n        self.h = torch_handle",
    "class Sub(Base):\n    def go(self):\n        self.h.set_default_dtype(3)",
    "def get(torch_handle):\n    return torch_handle",
    "def again():\n    return get(1)",
    "get(2).set_default_dtype(4)",
    "again().set_default_dtype(5)",
    "helper = get(3)",
    "if x:\n    from app.m{n} import torch\nelse:\n    import torch",
    "def load():\n    global torch\n    from app.m{n} import torch",
    "__all__ = ['torch', 'Base', 'get']",
]
_MODULES = st.lists(
    st.lists(st.tuples(st.sampled_from(_LINES), st.integers(0, 4)), min_size=1, max_size=6),
    min_size=3,
    max_size=5,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(_MODULES, st.randoms(use_true_random=False))
def test_random_projects_in_random_splits(
    tmp_path_factory: pytest.TempPathFactory, modules: list[list[tuple[str, int]]], rng: random.Random
) -> None:
    root = tmp_path_factory.mktemp("project")
    files = {
        f"app/m{index}.py": "\n".join(line.replace("{n}", str(n)) for line, n in lines) + "\n"
        for index, lines in enumerate(modules)
    }
    write_files(root, {"app/__init__.py": "", **files})
    paths = list(files)
    whole = lint_batch(root, paths)
    rng.shuffle(paths)
    cut = rng.randrange(len(paths) + 1)
    assert lint_batch(root, paths[:cut]) | lint_batch(root, paths[cut:]) == whole


def test_how_deep_the_parser_goes_does_not_hang_on_who_asks(tmp_path: Path) -> None:
    for levels in (2800, 4000):
        root = tmp_path / str(levels)
        deep = "import torch\nif 1: pass\n" + "elif 2: pass\n" * levels
        use = "from app.deep import torch\n"
        write_files(root, {"app/__init__.py": "", "app/deep.py": deep, "app/use.py": use})
        paths = ["app/deep.py", "app/use.py"]
        whole = lint_batch(root, paths)
        assert lint_batch(root, paths[::-1]) == whole
        for path in paths:
            assert lint_batch(root, [path]) == {path: whole[path]}
