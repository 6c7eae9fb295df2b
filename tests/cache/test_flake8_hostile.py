"""What stands in the place of the plugin's entries can cost time. It never changes a finding, nothing is
written through it, and a run for which nothing can be kept is only slower."""

from __future__ import annotations

import errno
import os
import random
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cache.conftest import Project, damage
from tests.cache.flake8_runs import compared, flake8, warmed
from tests.cache.test_hostile import needs_links
from torchgate.cache import sealed

FILES: dict[str, str | None] = {
    "app/a.py": "import torch\n",
    "app/b.py": "from app.a import torch\n",
    "app/c.py": "x = 1\n",
}
ALL = sorted(FILES)


@pytest.fixture
def warm(project: Project, at_rest: None) -> Project:
    return warmed(project, FILES)


def entries(project: Project) -> list[Path]:
    return sorted(project.cache.glob("flake8/*"))


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.binary(max_size=200))
def test_mutated_and_random_entries(warm: Project, seed: int, noise: bytes) -> None:
    rng = random.Random(seed)
    for path in entries(warm):
        damage(path, rng, noise)
    compared()
    assert compared() == []


@pytest.mark.parametrize("old", [b"TG101", b"TG105", b"app/a.py", b'"kept":{', b"raw-torch"])
def test_a_finding_that_was_edited_away(warm: Project, old: bytes) -> None:
    for path in entries(warm):
        path.write_bytes(path.read_bytes().replace(old, old[::-1]))
    assert compared()


def test_entries_in_each_others_place(warm: Project) -> None:
    """Sealed by this user, and for another file."""
    first, *_, last = warm.cache.glob("flake8/*.file")
    one, other = first.read_bytes(), last.read_bytes()
    first.write_bytes(other)
    last.write_bytes(one)
    assert len(compared()) == 2


def test_an_older_entry(warm: Project) -> None:
    """Sealed by this user for this file, when something else stood in it, or in a module that it asks."""
    old = {path: path.read_bytes() for path in entries(warm)}
    warm.write({"app/a.py": "x = 1\n"})
    assert compared() == ["app/a.py", "app/b.py"]
    for path, data in old.items():
        path.write_bytes(data)
    assert compared() == ["app/a.py", "app/b.py"]


def test_another_users_entries(warm: Project, user: Path) -> None:
    shutil.rmtree(user)
    assert compared() == ALL


def test_an_entry_of_another_kind(warm: Project) -> None:
    """Rightly sealed, and not what a shelf writes."""
    from torchgate.cache.place import open_folder
    from torchgate.cache.secret import secret_for

    outer = open_folder(str(warm.cache), str(warm.root), create=False)
    folder = outer.inner("flake8", create=False)
    secret = secret_for(str(warm.root), create=False)
    for path in warm.cache.glob("flake8/*.file"):
        settings_line = folder.read(path.name, secret).partition(b"\n")[0]
        for body in (b"", b"\n", b"{}", settings_line, settings_line + b"\n[]", settings_line + b"\n{}"):
            folder.write(path.name, body, secret)
            assert compared()
    folder.close()
    outer.close()


def test_entries_larger_than_any(warm: Project) -> None:
    for path in entries(warm):
        os.truncate(path, 1 << 34)  # sparse
    assert compared() == ALL


@needs_links
@pytest.mark.parametrize("name", ["", "flake8"])
def test_a_link_in_place_of_the_folder(project: Project, tmp_path: Path, name: str) -> None:
    project.write(FILES)
    precious = tmp_path / "precious"
    precious.mkdir()
    if name:
        project.cache.mkdir()
    (project.cache / name).symlink_to(precious)
    for _ in range(2):
        assert compared() == ALL
    assert not list(precious.iterdir())
    assert (project.cache / name).is_symlink()


@needs_links
def test_a_link_to_a_folder_with_good_entries(warm: Project, tmp_path: Path) -> None:
    (warm.cache / "flake8").rename(tmp_path / "flake8")
    (warm.cache / "flake8").symlink_to(tmp_path / "flake8")
    assert compared() == ALL


@needs_links
def test_links_in_place_of_the_files(warm: Project, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    for path in entries(warm):
        path.unlink()
        path.symlink_to(precious)
    assert compared() == ALL
    assert compared() == []
    assert precious.read_text() == "precious"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_pipes_block_nobody(warm: Project) -> None:
    for path in entries(warm):
        path.unlink()
        os.mkfifo(path)
    assert compared() == ALL
    assert compared() == []


@pytest.mark.parametrize("kind", ["cache", "folder", "files"])
def test_something_else_in_its_place(warm: Project, kind: str) -> None:
    found = entries(warm)
    if kind == "files":
        for path in found:
            path.unlink()
            path.mkdir()
    else:
        shutil.rmtree(warm.cache)
        (warm.cache.parent if kind == "cache" else warm.cache).mkdir(exist_ok=True)
        (warm.cache if kind == "cache" else warm.cache / "flake8").write_text("")
    for _ in range(2):
        assert compared() == ALL


@pytest.mark.skipif(os.name != "posix", reason="needs modes")
def test_a_secret_that_others_can_read(warm: Project, user: Path) -> None:
    (user / "torchgate/cache-secret").chmod(0o644)
    assert compared() == ALL


def test_a_secret_that_the_project_brings_along(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(FILES)
    for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(project.root / "home"))
    for _ in range(2):
        assert compared() == ALL
    assert not project.cache.exists()
    assert not (project.root / "home").exists()


def test_no_home_at_all(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(FILES)
    for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, "relative")
    for _ in range(2):
        assert compared() == ALL


# Disks.


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("every", [1, 2])
def test_a_full_disk(warm: Project, monkeypatch: pytest.MonkeyPatch, code: int, every: int) -> None:
    """``every``: each write fails, or each second one after some bytes were written."""
    kept = {path: path.read_bytes() for path in entries(warm)}
    warm.write({"app/a.py": "x = 2\n", "app/c.py": "x = 3\n"})
    parts: list[int] = []
    real = os.write

    def write(handle: int, data: bytes) -> int:
        parts.append(handle)
        if len(parts) % every:
            return real(handle, bytes(data[:100]))
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(sealed.os, "write", write)
    for _ in range(2):
        assert compared() == ALL
    assert parts
    assert {path: path.read_bytes() for path in entries(warm)} == kept


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_a_read_only_project(project: Project, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """As a read-only file system answers: what was kept before still serves."""
    project.write(FILES)
    real_open, real_mkdir, real_makedirs = os.open, os.mkdir, os.makedirs

    def refuse(path: object, flags: int, *rest: int, **more: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(code, os.strerror(code))
        return real_open(path, flags, *rest, **more)  # type: ignore[arg-type]

    def refuse_folder(path: str, *rest: object, **more: object) -> None:
        raise OSError(code, os.strerror(code))

    def mount(*, writable: bool) -> None:
        monkeypatch.setattr(os, "open", real_open if writable else refuse)
        monkeypatch.setattr(os, "mkdir", real_mkdir if writable else refuse_folder)
        monkeypatch.setattr(os, "makedirs", real_makedirs if writable else refuse_folder)

    mount(writable=False)
    for _ in range(2):
        assert flake8().judged == ALL
    assert not project.cache.exists()
    mount(writable=True)
    assert compared() == ALL
    mount(writable=False)
    assert flake8().judged == []
    monkeypatch.setattr(os, "open", real_open)
    project.write({"app/c.py": "import torch\n"})
    monkeypatch.setattr(os, "open", refuse)
    for _ in range(2):
        assert flake8().judged == ["app/c.py"]


def test_entries_that_vanish_while_they_are_read(warm: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sealed.Folder.fetch

    def fetch(folder: sealed.Folder, name: str) -> object:
        if name.endswith(".file"):
            raise FileNotFoundError(errno.ENOENT, "gone")
        return real(folder, name)

    with monkeypatch.context() as patch:
        patch.setattr(sealed.Folder, "fetch", fetch)
        assert flake8().judged == ALL
    assert compared() == []


def test_a_module_that_changes_while_a_file_is_judged(
    project: Project, at_rest: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was kept holds for the content that was read, or not at all."""
    from torchgate.cache import evidence

    project.write(FILES)
    real = evidence.read_file

    def read(path: str) -> bytes:
        data = real(path)
        if path.endswith("a.py"):
            project.write({"app/a.py": "x = 1\n"})
        return data

    with monkeypatch.context() as patch:
        patch.setattr(evidence, "read_file", read)
        flake8(["app/b.py"])
    assert compared(["app/b.py"]) == ["app/b.py"]
