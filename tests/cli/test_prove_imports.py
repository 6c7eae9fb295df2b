"""``torchgate prove-imports`` on small projects, in real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
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


PAST_THE_POISON = {
    "its own finder in front": (
        "import sys\n"
        "from importlib.machinery import PathFinder\n"
        "class Hook:\n"
        "    find_spec = staticmethod(PathFinder.find_spec)\n"
        "sys.meta_path.insert(0, Hook)\n"
        "import torch\n",
        "(src/app/pure.py:6)",
    ),
    "other finders in the list": (
        "import sys\n"
        "from importlib.machinery import PathFinder\n"
        "sys.meta_path[:] = [PathFinder]\n"
        "import torch\n",
        "(src/app/pure.py:4)",
    ),
    "another list of finders": (
        "import sys\n"
        "from importlib.machinery import PathFinder\n"
        "sys.meta_path = (PathFinder,)\n"
        "import torch\n",
        "(src/app/pure.py:4)",
    ),
    "another list of finders, by import_module": (
        "import importlib, sys\n"
        "from importlib.machinery import PathFinder\n"
        "sys.meta_path = [PathFinder]\n"
        "importlib.import_module('torch')\n",
        "(past Python's import system: by a finder or loader of its own)",
    ),
    "in a forked child": (
        "import os\nif os.fork() == 0:\n    import torch\nelse:\n    os.wait()\n",
        "(src/app/pure.py:3)",
    ),
}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A torch that can really be imported, and says nothing; where it lies."""
    folder = tmp_path / "site"
    (folder / "torch").mkdir(parents=True)
    (folder / "torch/__init__.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    return folder


@pytest.mark.parametrize("how", PAST_THE_POISON)
def test_no_way_past_the_poison(project: Path, installed: Path, how: str) -> None:
    text, places = PAST_THE_POISON[how]
    (project / "src/app/pure.py").write_text(text)
    done = run(project, "app.pure")
    assert done.stdout.splitlines() == [f"app.pure: importing it imports torch {places}"]


def test_a_torch_that_pythons_own_start_imports_spares_nobody(project: Path, installed: Path) -> None:
    (installed / "sitecustomize.py").write_text("import torch\n")
    assert run(project, "app.pure").returncode == 0
    done = run(project, "app.direct")
    assert done.stdout.splitlines() == ["app.direct: importing it imports torch (src/app/direct.py:1)"]


@pytest.mark.parametrize(
    "text",
    [
        "import sys, types\nsys.modules['torch'] = types.ModuleType('torch')\nimport torch\n",
        "import sys\nsys.modules['torch'] = None\n",
        "import importlib.util, sys\n"
        "spec = importlib.util.find_spec('torch')\n"
        "spec.loader = importlib.util.LazyLoader(spec.loader)\n"
        "sys.modules['torch'] = module = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n",
        "import os\nos.closerange(3, 100)\n",
        "import os\nos.open = os.write = os._exit = os.getpid = None\n",
        "import sys, threading, time\n"
        "sys.stdout = None\n"
        "threading.Thread(target=time.sleep, args=(30,)).start()\n",
        "import sys\nassert len(sys.argv) == 1, sys.argv\n",
        "import os\nos.chdir('/')\n",
    ],
)
def test_what_is_no_import_of_torch_and_no_failure(project: Path, installed: Path, text: str) -> None:
    (project / "src/app/pure.py").write_text(text)
    done = run(project, "--timeout", "10", "app.pure")
    assert (done.returncode, done.stdout) == (0, "")


def test_a_failure_is_one_line_that_a_terminal_does_not_obey(project: Path) -> None:
    (project / "src/app/pure.py").write_text(
        "raise RuntimeError('red \\x1b[31m\\nand \\udc80' + 'x' * 1_000_000)\n"
    )
    (project / "src/app/lazy.py").write_text(
        "class Odd(Exception):\n    def __str__(self):\n        raise ValueError\nraise Odd\n"
    )
    done = run(project, "app.pure", "app.lazy")
    first, second = done.stdout.splitlines()
    assert first.startswith(r"app.pure: it cannot be imported: RuntimeError: red \x1b[31m and \udc80xxx")
    assert len(first) < 300
    assert second == "app.lazy: it cannot be imported: Odd"


def test_where_it_hung_and_where_it_was_killed(project: Path) -> None:
    """Also where megabytes were printed before."""
    (project / "src/app/pure.py").write_text(
        "import threading\nprint('x' * 5_000_000)\n\ndef wait():\n    threading.Event().wait()\n\nwait()\n"
    )
    (project / "src/app/lazy.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    done = run(project, "--timeout", "3", "app.pure", "app.lazy")
    assert done.stdout.splitlines() == [
        "app.pure: not imported within 3 seconds (src/app/pure.py:5); --timeout gives it more",
        "app.lazy: the process was killed by SIGSEGV (src/app/lazy.py:2)",
    ]


def test_an_interrupt_waits_for_no_module(project: Path) -> None:
    """Ctrl-C reaches the command's processes too, but what a module does with it is its own affair."""
    (project / "src/app/pure.py").write_text(
        "import pathlib, signal, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "pathlib.Path('begun').touch()\n"
        "time.sleep(40)\n"
    )
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "torchgate", "prove-imports", "--jobs", "1", "app.pure", "app.lazy"],
            cwd=project,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    while not (project / "begun").exists():
        assert process.poll() is None
        time.sleep(0.05)
    interrupted = time.monotonic()
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate()
    assert process.returncode == 130
    assert time.monotonic() - interrupted < 20
    assert "Traceback" not in printed


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM")
def test_the_end_of_a_job_leaves_neither_processes_nor_folders(project: Path, tmp_path: Path) -> None:
    """`timeout` and a cancelled CI job send SIGTERM, to the command alone."""
    (project / "src/app/pure.py").write_text(
        "import os, pathlib, time\npathlib.Path('begun').write_text(str(os.getpid()))\ntime.sleep(40)\n"
    )
    folder = tmp_path / "temporary"
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "torchgate", "prove-imports", "--jobs", "1", "app.pure"],
        cwd=project,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    begun = project / "begun"
    while not (begun.exists() and begun.read_text()):
        assert process.poll() is None
        time.sleep(0.05)
    assert list(folder.iterdir()) != []
    process.terminate()
    printed, _ = process.communicate()
    assert process.returncode == 143
    assert "Traceback" not in printed
    assert list(folder.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.read_text()), 0)


def test_output_without_end_takes_no_room(project: Path) -> None:
    (project / "src/app/pure.py").write_text("while True:\n    print('x' * 100_000)\n")
    done = run(project, "--timeout", "3", "app.pure")
    assert done.stdout.startswith("app.pure: not imported within 3 seconds (")
    assert len(done.stdout) < 400


def test_no_folder_for_temporary_files(project: Path) -> None:
    code = (
        "import sys, tempfile\n"
        "tempfile.tempdir = '/nowhere/at/all'\n"
        "from torchgate.cli import main\n"
        "sys.exit(main(['prove-imports', 'app.pure']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("torchgate: no temporary folder can be made (TMPDIR): ")
