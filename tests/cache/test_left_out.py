"""What is kept of a run that leaves files out."""

from __future__ import annotations

import pytest

from tests.cache.conftest import Project
from tests.cache.conftest import check as run
from torchgate.cli import _filtered, check

PLAIN = {f"app/m{number}.py": f"from app import m{number + 1}\nx = {number}\n" for number in range(6)}


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs over more than three files sort them out."""
    monkeypatch.setattr(check, "_FILTERED_FROM", 4)
    monkeypatch.setattr(check, "_MOST", 100)


def test_only_what_changed_is_checked(project: Project, at_rest: None) -> None:
    project.write({"app/__init__.py": "", **PLAIN})
    project.check("--jobs", "1")
    project.write({"app/m3.py": "x = 3\n"})
    assert project.checked("--jobs", "1") == ["app/m3.py"]


def test_who_takes_what_is_new_is_checked(
    project: Project, at_rest: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_filtered, "_FEW", 0)
    project.write({"app/__init__.py": "", **PLAIN, "app/user.py": "from app.m5 import torch\n"})
    project.checked("--jobs", "1")
    project.write({"app/m5.py": "import torch\n"})
    assert project.checked("--jobs", "1") == ["app/m5.py", "app/user.py"]
    assert "app/user.py:1:20: TG105" in project.check("--jobs", "1").out


def test_where_all_files_are_read_only_what_changed_is_checked(project: Project, at_rest: None) -> None:
    project.write({"app/__init__.py": "", **{name: f"import torch\n{text}" for name, text in PLAIN.items()}})
    project.check("--jobs", "1")
    project.write({"app/m0.py": "import torch\n", "app/m2.py": "import torch\n"})
    assert project.checked("--jobs", "1") == ["app/m0.py", "app/m2.py"]


def test_a_new_module_that_texts_may_read(project: Project, at_rest: None) -> None:
    use = "from app import pkg\n\ndef read(name):\n    return getattr(hand(pkg.sub), name)['CUBLAS_' + 'X']\n"
    project.write({"app/__init__.py": "", **PLAIN, "app/pkg/__init__.py": "", "app/use.py": use})
    project.check("--jobs", "1")
    project.write({"app/pkg/sub.py": "import os\n"})
    assert "app/use.py" in project.checked("--jobs", "1")


def test_a_package_of_torchgates_name(project: Project, at_rest: None) -> None:
    project.write({"app/__init__.py": "", **PLAIN, "app/call.py": "apply_torch_runtime(1)\n"})
    project.check("--jobs", "1")
    project.write({"torchgate/__init__.py": "", "torchgate/runtime.py": "def apply_torch_runtime(x): ...\n"})
    # An effect of torchgate's own is then one of the project, whoever calls it.
    assert "0 of 10 files unchanged" in run("--verbose", "--jobs", "1").err
    project.check("--jobs", "1")
