"""``torchgate prove-imports`` on small projects, in real processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = """
src = ["src"]
runtime-modules = ["app.runtime"]
torch-bound-modules = ["app.nets"]
"""
FILES = {
    "app/__init__.py": "",
    "app/__main__.py": "raise SystemExit('a program')\n",
    "app/runtime.py": "import torch\n",
    "app/nets.py": "import torch\n",
    "app/pure.py": "print('hello')\n",
    "app/lazy.py": "def build(torch):\n    from app.nets import net\n",
    "app/direct.py": "import torch\n",
    "app/through.py": "import app.direct\n",
    "app/caught.py": "try:\n    import torch.nn\nexcept BaseException:\n    torch = None\n",
    "app/broken.py": "raise RuntimeError('no configuration')\n",
    "app/tests/test_pure.py": "raise AssertionError\n",
}


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "torchgate", "prove-imports", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "torchgate.toml").write_text(CONFIG)
    for name, text in FILES.items():
        path = tmp_path / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_every_module_of_the_application(project: Path) -> None:
    done = run(project)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "app.broken: it cannot be imported: RuntimeError: no configuration",
        "app.caught: importing it imports torch (src/app/caught.py:2)",
        "app.direct: importing it imports torch (src/app/direct.py:1)",
        "app.through: importing it imports torch (src/app/through.py:1 -> src/app/direct.py:1)",
    ]
    assert "3 of 7 modules import without torch" in done.stderr


def test_list_imports_nothing(project: Path) -> None:
    done = run(project, "--list")
    assert done.returncode == 0
    assert done.stdout.split() == [
        f"app{name}" for name in ("", ".broken", ".caught", ".direct", ".lazy", ".pure", ".through")
    ]


def test_named_modules(project: Path) -> None:
    assert run(project, "app.pure", "app.lazy").returncode == 0
    done = run(project, "app.absent")
    assert done.returncode == 1
    assert "app.absent: it cannot be imported: ModuleNotFoundError" in done.stdout


def test_a_module_that_does_not_end(project: Path) -> None:
    (project / "src/app/pure.py").write_text("import time\ntime.sleep(600)\n")
    done = run(project, "--timeout", "2", "app.pure")
    assert done.returncode == 1
    assert "not imported within 2 seconds" in done.stdout


def test_a_module_that_ends_the_process(project: Path) -> None:
    (project / "src/app/pure.py").write_text("import os\nos._exit(3)\n")
    done = run(project, "app.pure")
    assert done.returncode == 1
    assert "exit code 3" in done.stdout


def test_a_module_that_leaves_a_process_behind(project: Path) -> None:
    (project / "src/app/pure.py").write_text(
        "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(15)'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "torchgate", "prove-imports", "--timeout", "10", "app.pure"],
        cwd=project,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0


def test_looking_torch_up_imports_nothing(project: Path) -> None:
    (project / "src/app/pure.py").write_text(
        "import importlib.util\nassert importlib.util.find_spec('torch') is not None\n"
    )
    (project / "src/app/lazy.py").write_text(
        "import importlib.util\nif importlib.util.find_spec('torch'):\n    import torch.nn\n"
    )
    done = run(project, "app.pure", "app.lazy")
    assert done.stdout.splitlines() == ["app.lazy: importing it imports torch (src/app/lazy.py:3)"]


def test_namespace_packages_count(project: Path) -> None:
    for name in ("app/plugins/one.py", "space/inner/two.py", "not-a-name/three.py"):
        path = project / "src" / name
        path.parent.mkdir(parents=True)
        path.write_text("")
    (project / "scripts").mkdir()
    (project / "scripts/four.py").write_text("")
    (project / "torchgate.toml").write_text(CONFIG.replace('["src"]', '["src", "."]'))
    listed = run(project, "--list").stdout.split()
    assert {name for name in listed if not name.startswith("app.") or ".plugins" in name} == {
        "app",
        "app.plugins.one",
        "space.inner.two",
    }
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_a_timeout_that_is_none(project: Path, seconds: str) -> None:
    done = run(project, "--timeout", seconds, "app.pure")
    assert done.returncode == 2
    assert f"--timeout: it needs a positive number of seconds, not {seconds!r}" in done.stderr


@pytest.mark.parametrize("jobs", ["0", "-1", "many"])
def test_a_number_of_processes_that_is_none(project: Path, jobs: str) -> None:
    done = run(project, f"-j{jobs}", "app.pure")
    assert done.returncode == 2
    assert f"--jobs: it needs a positive number, not {jobs!r}" in done.stderr


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("src/app/pure.py", "; write 'app.pure'"),
        ("a b", ""),
        ("app..pure", ""),
        ("setup.py", ""),
    ],
)
def test_a_name_that_is_no_module(project: Path, name: str, hint: str) -> None:
    (project / "setup.py").touch()
    done = run(project, name)
    assert (done.returncode, done.stderr) == (2, f"torchgate: {name!r} is no dotted module name{hint}\n")


def test_one_module_is_one(project: Path) -> None:
    assert run(project, "-j1", "app.pure").stderr.splitlines() == [
        "importing 1 module, in a process of its own",
        "1 of 1 module imports without torch",
    ]


def test_nothing_to_import(tmp_path: Path) -> None:
    (tmp_path / "torchgate.toml").write_text("")
    done = run(tmp_path)
    assert done.returncode == 2
    assert "no module to import" in done.stderr


def test_the_gated_example() -> None:
    done = run(Path(__file__).parents[2] / "examples/gated")
    assert done.returncode == 0, done.stdout
