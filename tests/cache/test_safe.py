"""Runs at the same time, full disks, clocks that jump, files that change under a run: at worst a slow run."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cache.conftest import Project, check
from torchgate.cache import evidence, replay, sealed

ROOT = Path(__file__).parents[2]
FILES: dict[str, str | None] = {
    "app/__init__.py": "",
    "app/a.py": "import torch\n",
    "app/b.py": "from app.a import torch\n",
    "app/c.py": "x = 1\n",
}


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "torchgate", "check", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_runs_at_the_same_time(project: Project) -> None:
    """Real processes, while files change under them: afterwards the cache tells the truth."""
    project.write({f"app/m{number}.py": f"from app.m{number + 1} import torch\n" for number in range(20)})
    for round_ in range(3):
        project.write({"app/m20.py": "import torch\n" if round_ % 2 else "torch = None\n"})
        running = [start(*arguments) for arguments in ([], ["--jobs", "2"], ["app"], [])]
        project.write({"app/m19.py": f"from app.m20 import torch  # {round_}\n"})
        for process in running:
            _, err = process.communicate(timeout=120)
            assert process.returncode in (0, 1), err
        project.check()
        project.check("app")


def test_without_any_trick(project: Project) -> None:
    """Whole processes and the real clock: edits are seen at once, and what is at rest is printed again."""
    project.write(FILES)

    def run() -> str:
        process = start()
        out, err = process.communicate(timeout=120)
        return f"{process.returncode}{out}{err}"

    first = run()
    assert run() == first
    time.sleep(0.3)
    assert run() == first
    assert run() == first
    assert project.kept("*.run")
    for text in ("import torch\n", "import numpy\n"[:12] + "\n", "import torch\n"):
        path = project.root / "app/c.py"
        path.write_text(text)
        os.utime(path, ns=(1, 1))
        assert ("app/c.py:1:1: TG101" in run()) == ("torch" in text)


def _fails(code: int, when: Callable[[], bool]) -> Callable[..., int]:
    real = os.write

    def write(handle: int, data: bytes) -> int:
        if when():
            raise OSError(code, os.strerror(code))
        return real(handle, data)

    return write


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk(project: Project, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    project.write(FILES)
    check()  # with a secret
    for path in project.kept():
        path.unlink()
    monkeypatch.setattr(sealed.os, "write", _fails(code, lambda: True))
    for _ in range(2):
        project.check()
    assert not project.kept()
    assert "no cache: " in check("--verbose").err


def test_a_disk_that_fills_while_the_cache_is_written(
    project: Project, at_rest: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(FILES)
    project.check()
    kept = {path: path.read_bytes() for path in project.kept()}
    project.write({"app/a.py": "x = 2\n"})
    parts = []
    real = os.write

    def write(handle: int, data: bytes) -> int:
        parts.append(data)
        if len(parts) % 2:
            return real(handle, bytes(data[:100]))
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(sealed.os, "write", write)
    project.check()
    assert parts
    assert {path: path.read_bytes() for path in project.kept()} == kept


def test_a_disk_that_is_full_from_the_start(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(FILES)
    monkeypatch.setattr(sealed.os, "write", _fails(errno.ENOSPC, lambda: True))
    for _ in range(2):
        project.check()


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_a_read_only_project(project: Project, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """As a read-only file system answers; a folder's mode would not keep root from writing."""
    project.write(FILES)
    real_open, real_mkdir = os.open, os.makedirs

    def refuse(path: object, flags: int, *rest: int, **more: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(code, os.strerror(code))
        return real_open(path, flags, *rest, **more)  # type: ignore[arg-type]

    def refuse_folder(path: str, *rest: int, **more: bool) -> None:
        if ".torchgate_cache" in path:
            raise OSError(code, os.strerror(code))
        real_mkdir(path, *rest, **more)

    monkeypatch.setattr(os, "makedirs", refuse_folder)
    for _ in range(2):
        project.check()
    assert not project.cache.exists()
    monkeypatch.setattr(os, "makedirs", real_mkdir)
    check()
    monkeypatch.setattr(os, "open", refuse)
    project.write({"app/c.py": "import torch\n"})
    for _ in range(2):
        project.check()
    assert "no cache: " in check("--verbose").err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_may_not_be_written(project: Project) -> None:
    project.write(FILES)
    check()
    project.write({"app/c.py": "import torch\n"})
    project.cache.chmod(0o500)
    try:
        for _ in range(2):
            project.check()
    finally:
        project.cache.chmod(0o700)


@pytest.mark.parametrize("days", [-400, 400])
def test_a_clock_that_jumps(project: Project, monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    project.write(FILES)
    project.check()
    real_ns, real = time.time_ns, time.time
    with monkeypatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: real_ns() + days * 86_400_000_000_000)
        patch.setattr(time, "time", lambda: real() + days * 86_400)
        for text in ("import torch\n", "import numpy\n"[:12] + "\n", "import torch\n"):
            path = project.root / "app/c.py"
            path.write_text(text)
            os.utime(path, ns=(1, 1))
            assert ("app/c.py:1:1: TG101" in project.check().out) == ("torch" in text)
    project.check()


def test_a_local_clock_that_is_ahead_of_the_file_system(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is as young as the run itself must not look as if it were at rest."""
    project.write(FILES)
    real_ns = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real_ns() + 60_000_000_000)
    for _ in range(2):
        project.write({"app/c.py": "import torch\n"})
        check()
    assert b'"app/c.py":["' not in b"".join(
        path.read_bytes().partition(b'"seen":')[2].partition(b'"kept":')[0]
        for path in project.kept("*.findings")
    )


def _changing(monkeypatch: pytest.MonkeyPatch, path: Path, text: str) -> None:
    """The next time that ``path`` is read, it changes right afterwards."""
    real = evidence.read_file
    changed = []

    def read(name: str) -> bytes:
        data = real(name)
        if name == str(path) and not changed:
            changed.append(path.write_text(text))
        return data

    monkeypatch.setattr(evidence, "read_file", read)


@pytest.mark.parametrize("name", ["app/a.py", "app/b.py", "app/c.py"])
def test_a_file_that_changes_while_it_is_read(
    project: Project, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    project.write(FILES)
    path = project.root / name
    old = path.read_text()
    new = "import numpy as torch\n" if "torch" in old else "import torch\n"
    with monkeypatch.context() as patch:
        _changing(patch, path, new)
        check("--jobs", "1")
    project.check("--jobs", "1")
    project.check()
    project.write({name: old})
    project.check()


def test_a_file_that_changes_while_it_is_read_and_back(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outcome of content that no longer stands there is kept under its own digest."""
    project.write(FILES)
    for new in ("import torch\n", "x = 1\n"):
        with monkeypatch.context() as patch:
            _changing(patch, project.root / "app/c.py", new)
            check("--jobs", "1")
        project.check("--jobs", "1")


def test_a_module_that_changes_between_two_looks(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its importers were judged by two contents: nothing of that is kept."""
    project.write({**FILES, "app/d.py": "from app.a import torch\n\ntorch.set_default_dtype(1)\n"})
    real = evidence.read_file
    looks: list[str] = []

    def read(name: str) -> bytes:
        data = real(name)
        if name.endswith("app/a.py"):
            looks.append(name)
            if len(looks) == 1:
                Path(name).write_text("import numpy as torch\n")
        return data

    with monkeypatch.context() as patch:
        patch.setattr(evidence, "read_file", read)
        check("--jobs", "1")
    assert len(looks) > 1
    project.check("--jobs", "1")


def test_a_fault_is_never_kept(project: Project, at_rest: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.lint.dummy import fails, flags
    from torchgate.lint import rules

    project.write(FILES)
    with monkeypatch.context() as patch:
        patch.setattr(rules, "ALL", (flags("TG101"), fails("TG202"), *rules.ALL[-2:]))
        for _ in range(2):
            assert check().code == 3
            assert replay.find([]) is None
    project.check()


def test_what_was_not_understood_for_want_of_memory_is_not_kept(
    project: Project, at_rest: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchgate.semantics import text

    # A name that the text alone does not tell: who asks for it rests on the module having been read.
    untold = f"{FILES['app/a.py']}\nif True:\n    def kept(): ...\n"
    user = f"from app.a import kept\n{FILES['app/b.py']}"
    project.write({**FILES, "app/a.py": untold, "app/b.py": user})
    real = compile

    def fail(code: str, name: str, *rest: object, **more: object) -> object:
        if name.endswith("a.py"):
            raise MemoryError
        return real(code, name, *rest, **more)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:
        patch.setattr(text, "compile", fail, raising=False)
        assert "app/a.py:1:1: TG900" in check("--jobs", "1").out
        assert replay.find(["--jobs", "1"]) is None
    assert project.checked("--jobs", "1") == ["app/a.py", "app/b.py"]


def test_an_unreadable_file_is_looked_at_every_time(project: Project, at_rest: None) -> None:
    if os.name == "nt":
        pytest.skip("needs symbolic links")
    project.write(FILES)
    (project.root / "app/null.py").symlink_to("/dev/null")
    for _ in range(2):
        assert "null.py" in project.check("app/null.py", "app").out
    assert replay.find(["app/null.py", "app"]) is None


def test_a_missing_path_is_missed_every_time(project: Project, at_rest: None) -> None:
    project.write(FILES)
    for _ in range(3):
        assert project.check("app", "nowhere.py").code == 2
    project.write({"nowhere.py": "import torch\n"})
    assert project.check("app", "nowhere.py").code == 1


def test_old_files_are_pruned(project: Project, at_rest: None) -> None:
    project.write({f"app/m{number}.py": "x = 1\n" for number in range(40)})
    for number in range(40):
        check(f"app/m{number}.py")
    assert len(project.kept("*.run")) == 32
    for number in range(12):
        check("--per-file" if False else "--select", f"TG{('101', '105', '201', '204', '205')[number % 5]}")
        check("--select", "TG101", "--extend-select", f"TG{('301', '302', '303', '305', '307')[number % 5]}")
    assert len(project.kept("*.findings")) == 8
    (project.cache / ".x.1.draft").write_text("")
    os.utime(project.cache / ".x.1.draft", (1, 1))
    project.write({"app/m1.py": "x = 3\n"})
    check()
    assert not list(project.cache.glob(".*draft"))


def test_outcomes_of_deleted_files_are_pruned(project: Project, at_rest: None) -> None:
    project.write({f"app/m{number}.py": "x = 1\n" for number in range(40)})
    check()
    for number in range(1, 40):
        (project.root / f"app/m{number}.py").unlink()
    project.write({"app/m0.py": "x = 2\n"})
    check()
    (file,) = project.kept("*.findings")
    assert b"m39" not in file.read_bytes()
    assert b"m0" in file.read_bytes()


def test_the_cache_is_private(project: Project) -> None:
    """It quotes source lines."""
    project.write(FILES)
    check()
    if os.name == "posix":
        assert all(path.stat().st_mode & 0o077 == 0 for path in project.kept())


def test_a_file_system_that_keeps_no_time_of_change(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FAT repeats the time of modification there: outcomes are kept, signatures and recordings are not."""
    project.write(FILES)
    check()
    for path in project.kept():
        path.unlink()
    time.sleep(0.3)
    monkeypatch.setattr(sealed.Folder, "clock", lambda folder: 0)
    for _ in range(3):
        project.check()
    assert not project.kept("*.run")
    (file,) = project.kept("*.findings")
    assert b'"seen":{}' in file.read_bytes()
    assert project.checked() == []
