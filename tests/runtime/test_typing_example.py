"""The typing example: fully checked by mypy and pyright, clean to torchgate, and it runs.

Both directions: as it stands it passes, and a misspelt torch member is an error in both checkers.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rt_support import environment

EXAMPLE = Path(__file__).parents[2] / "examples" / "typed_handle"
MISSPELT = {
    "torch.linspace": "torch.linspaec",
    "torch.nn.Linear": "torch.nn.Lienar",
    "torch.nn.functional.mse_loss": "torch.nn.functional.mse_los",
    "data.inputs)": "data.inputs.zero_grat())",
}

Checker = Callable[[Path], "subprocess.CompletedProcess[str]"]


def python(*arguments: str, cwd: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=environment(**changes),
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def mypy(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed beside this Python")
    # One cache for all runs: reading torch's own sources takes mypy twenty seconds.
    cache = str(tmp_path_factory.mktemp("mypy"))
    return lambda folder: python("mypy", "--cache-dir", cache, "--no-color-output", cwd=folder)


@pytest.fixture(scope="module")
def pyright(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    pytest.importorskip("pyright")
    if python("pyright", "--version", cwd=tmp_path_factory.getbasetemp()).returncode != 0:
        pytest.skip("pyright cannot start here: it fetches Node at its first use")
    return lambda folder: python("pyright", "--pythonpath", sys.executable, cwd=folder)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    ignore = shutil.ignore_patterns(".*_cache", "__pycache__")
    return Path(shutil.copytree(EXAMPLE, tmp_path / "example", ignore=ignore))


@pytest.fixture(params=["mypy", "pyright"])
def checker(request: pytest.FixtureRequest) -> Checker:
    made: Checker = request.getfixturevalue(request.param)
    return made


@pytest.mark.torch
def test_the_example_is_clean_and_a_misspelt_member_is_an_error(example: Path, checker: Checker) -> None:
    clean = checker(example)
    assert clean.returncode == 0, clean.stdout + clean.stderr
    trainer = example / "src" / "typed_handle" / "trainer.py"
    text = trainer.read_text()
    for right, wrong in MISSPELT.items():
        assert text.count(right) == 1, right
        text = text.replace(right, wrong)
    trainer.write_text(text)
    result = checker(example)
    assert result.returncode == 1
    for wrong in MISSPELT.values():
        member = wrong.rstrip("()").rpartition(".")[2]
        error = rf'trainer\.py:\d+.*error.*"{member}"'
        assert re.search(error, result.stdout), f"{wrong}: {result.stdout}"


@pytest.mark.torch
def test_without_the_idiom_nothing_would_be_checked(example: Path, mypy: Checker) -> None:
    """Why the idiom exists: through the handle's own attributes a checker sees Any."""
    trainer = example / "src" / "typed_handle" / "trainer.py"
    trainer.write_text(trainer.read_text().replace("handle.assert_thread()", "handle.misspelt()"))
    assert mypy(example).returncode == 0


@pytest.mark.torch
def test_the_example_runs(example: Path) -> None:
    result = python("typed_handle", cwd=example / "src")
    assert result.returncode == 0, result.stderr
    slope, offset = map(float, re.findall(r"[\d.]+(?=x|$)", result.stdout.strip()))
    assert abs(slope - 3) < 0.05
    assert abs(offset - 1) < 0.05


def test_torchgate_has_nothing_to_say_about_it(example: Path) -> None:
    result = python("torchgate", "check", ".", cwd=example)
    assert (result.returncode, result.stdout) == (0, ""), result.stdout + result.stderr


def test_torchgate_looks_at_it(example: Path) -> None:
    trainer = example / "src" / "typed_handle" / "trainer.py"
    idiom = "    if TYPE_CHECKING:\n        import torch"
    trainer.write_text(trainer.read_text().replace(idiom, "    if True:\n        import torch"))
    result = python("torchgate", "check", ".", cwd=example)
    assert result.returncode == 1
    assert result.stdout.count("TG101") == 2
