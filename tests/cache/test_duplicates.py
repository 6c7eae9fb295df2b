"""Two modules of one name: a warning that names both and says which wins; never another exit code."""

from __future__ import annotations

import os

import pytest

from tests.cache.conftest import Project, check
from torchgate.cache import replay

TWO_ROOTS: dict[str, str | None] = {"src/app/x.py": "x = 1\n", "app/x.py": "x = 2\n"}
BESIDE: dict[str, str | None] = {"app/mod.py": "x = 1\n", "app/mod/__init__.py": "x = 2\n"}
ROOTS_WARNING = "torchgate: warning: two modules are called app.x: src/app/x.py wins over app/x.py\n"
BESIDE_WARNING = (
    "torchgate: warning: two modules are called app.mod: app/mod/__init__.py wins over app/mod.py\n"
)


@pytest.mark.parametrize(
    ("files", "warning"), [(TWO_ROOTS, ROOTS_WARNING), (BESIDE, BESIDE_WARNING)], ids=["roots", "beside"]
)
@pytest.mark.usefixtures("at_rest")
def test_both_are_named_once(project: Project, files: dict[str, str | None], warning: str) -> None:
    project.write(files)
    for arguments in ([], ["."], [next(iter(files))], ["--jobs", "2"]):
        for _ in range(3):
            found = project.check(*arguments)
            count = "1 file" if arguments == [next(iter(files))] else "2 files"
            assert (found.code, found.err) == (0, f"{warning}No findings in {count}\n")
    assert replay.find([]) is not None
    assert project.checked() == []
    assert check("--quiet").err == ""


def test_which_one_wins_is_true(project: Project) -> None:
    """The one that is said to win is the one that is followed."""
    project.write(
        {**BESIDE, "app/mod/__init__.py": "import torch\n", "app/use.py": "from app.mod import torch\n"}
    )
    assert "app/use.py:1:21: TG105" in check("app/use.py").out
    project.write({"app/mod/__init__.py": "", "app/mod.py": "import torch\n"})
    assert check("app/use.py").out == ""


def test_the_roots_in_their_order(project: Project) -> None:
    project.write({**TWO_ROOTS, "torchgate.toml": "src = ['.', 'src']\n"})
    assert "app/x.py wins over src/app/x.py" in check().err


def test_what_is_no_second_module(project: Project) -> None:
    project.write(
        {
            "app/a.py": "",
            "app/a.pyi": "",  # a stub
            "app/a/data.txt": "",  # a folder without modules of its own
            "src/lib/a.py": "",
            "lib/b.py": "",  # a namespace package in two parts
            "other/a.py": "",
        }
    )
    assert "warning" not in check().err


@pytest.mark.usefixtures("at_rest")
def test_it_comes_and_goes(project: Project) -> None:
    project.write({"app/mod.py": "x = 1\n"})
    assert "warning" not in project.check().err
    project.write({"app/mod/__init__.py": ""})
    assert BESIDE_WARNING in project.check().err
    project.write({"app/mod.py": None})
    assert "warning" not in project.check().err


def test_from_within(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(BESIDE)
    monkeypatch.chdir(os.path.join(project.root, "app"))
    assert "mod/__init__.py wins over mod.py" in check().err
