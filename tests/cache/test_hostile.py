"""A cache that a repository brings along can cost time. It never changes a finding, and nothing is written
through it."""

from __future__ import annotations

import ast
import os
import random
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import torchgate.cache
from tests.cache.conftest import Project, Result, check, damage
from torchgate.cache import replay
from torchgate.cache.place import open_folder
from torchgate.cache.sealed import Folder, NoCacheError
from torchgate.cache.secret import secret_for

FILES: dict[str, str | None] = {
    "app/a.py": "import torch\n",
    "app/b.py": "from app.a import torch\n",
    "app/c.py": "x = 1\n",
}
needs_links = pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")


@pytest.fixture
def warm(project: Project, at_rest: None) -> Project:
    project.write(FILES)
    project.check()
    return project


def test_nothing_that_runs_code_is_ever_loaded() -> None:
    """Bytes become numbers, texts, lists and dicts, and nothing else."""
    for path in Path(torchgate.cache.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            )
            names.append(getattr(node, "module", None) or getattr(node, "id", ""))
            assert not {"pickle", "marshal", "shelve", "eval", "exec", "compile", "__import__"} & set(names)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.binary(max_size=200))
def test_mutated_and_random_caches(warm: Project, seed: int, noise: bytes) -> None:
    rng = random.Random(seed)
    expected = check("--no-cache")
    for path in warm.kept():
        damage(path, rng, noise)
    assert check() == expected
    assert check() == expected


@pytest.mark.parametrize("old", [b"TG101", b"app/a.py", b'"kept":{', b"No findings", b"exit"])
def test_a_finding_that_was_edited_away(warm: Project, old: bytes) -> None:
    expected = check("--no-cache")
    for path in warm.kept():
        path.write_bytes(path.read_bytes().replace(old, old[::-1]))
    assert check() == expected


def test_another_users_cache(warm: Project, user: Path) -> None:
    """Right in every detail, but sealed with another secret: by whoever committed it."""
    shutil.rmtree(user)
    assert replay.find([]) is None
    assert "0 of 3 files unchanged" in check("--verbose").err


def test_a_cache_for_another_file_name(warm: Project) -> None:
    (run,) = warm.kept("*.run")
    check("app/c.py")
    (other,) = set(warm.kept("*.run")) - {run}
    shutil.copy(run, other)
    assert replay.find(["app/c.py"]) is None
    assert "No findings" in check("app/c.py").err


def test_a_cache_file_larger_than_any(warm: Project) -> None:
    for path in warm.kept():
        os.truncate(path, 1 << 34)  # sparse
    assert check() == check("--no-cache")


@needs_links
def test_a_link_in_place_of_the_folder(project: Project, tmp_path: Path) -> None:
    project.write(FILES)
    precious = tmp_path / "precious"
    precious.mkdir()
    project.cache.symlink_to(precious)
    for _ in range(2):
        project.check()
    assert not list(precious.iterdir())
    assert project.cache.is_symlink()
    assert "no cache: " in check("--verbose").err


@needs_links
def test_a_link_on_the_way_to_a_named_folder(project: Project, tmp_path: Path) -> None:
    project.write(FILES)
    precious = tmp_path / "precious"
    precious.mkdir()
    (project.root / "build").symlink_to(precious)
    for _ in range(2):
        project.check("--cache-dir", "build/cache")
    assert not list(precious.iterdir())


@needs_links
def test_links_in_place_of_the_files(warm: Project, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    names = [*(path.name for path in warm.kept()), ".gitignore", "CACHEDIR.TAG"]
    for name in names:
        (warm.cache / name).unlink()
        (warm.cache / name).symlink_to(precious)
    for _ in range(2):
        warm.check()
    assert precious.read_text() == "precious"


@needs_links
def test_a_good_cache_file_elsewhere_is_not_followed_to(warm: Project, tmp_path: Path) -> None:
    (run,) = warm.kept("*.run")
    run.rename(tmp_path / run.name)
    run.symlink_to(tmp_path / run.name)
    assert replay.find([]) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_pipes_block_nobody(warm: Project) -> None:
    for path in warm.kept():
        path.unlink()
        os.mkfifo(path)
    for _ in range(2):
        warm.check()


@pytest.mark.parametrize("kind", ["file", "folders"])
def test_something_else_in_its_place(project: Project, kind: str) -> None:
    project.write(FILES)
    if kind == "file":
        project.cache.write_text("")
    else:
        check()
        for path in project.kept():
            path.unlink()
            path.mkdir()
    for _ in range(2):
        project.check()


# The secret.


def _verbose(project: Project) -> Result:
    found = check("--verbose")
    assert found.out == check("--no-cache").out
    return found


@pytest.mark.skipif(os.name != "posix", reason="needs modes")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_secret_that_others_can_read(warm: Project, user: Path, mode: int) -> None:
    (user / "torchgate/cache-secret").chmod(mode)
    assert replay.find([]) is None
    assert "not this user's alone" in _verbose(warm).err


@pytest.mark.skipif(os.name != "posix", reason="needs modes")
def test_a_secret_where_others_can_write(warm: Project, user: Path) -> None:
    (user / "torchgate").chmod(0o777)
    assert replay.find([]) is None
    assert "no cache: " in _verbose(warm).err


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs owners")
def test_a_secret_of_somebody_else(warm: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert replay.find([]) is None
    assert "no cache: " in _verbose(warm).err


@needs_links
def test_a_secret_that_is_a_link(warm: Project, user: Path, tmp_path: Path) -> None:
    secret = user / "torchgate/cache-secret"
    secret.rename(tmp_path / "moved")
    secret.symlink_to(tmp_path / "moved")
    assert replay.find([]) is None
    assert "no cache: " in _verbose(warm).err


def test_a_secret_that_is_torn_is_made_anew(warm: Project, user: Path) -> None:
    (user / "torchgate/cache-secret").write_bytes(b"short")
    check()
    assert len((user / "torchgate/cache-secret").read_bytes()) == 32
    check()
    assert replay.find([]) is not None


def test_a_secret_that_the_project_brings_along(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home directory inside the checked repository, as some CI has it: its secret is everybody's."""
    project.write(FILES)
    (project.root / ".git").mkdir()
    sub = project.root / "sub"
    project.write({"sub/torchgate.toml": "", "sub/x.py": "import torch\n"})
    monkeypatch.chdir(sub)
    for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(project.root / "home"))
    for _ in range(2):
        project.check()
    assert "lies inside the project" in _verbose(project).err
    assert not (sub / ".torchgate_cache").exists()
    assert not (project.root / "home").exists()


def test_no_home_at_all(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(FILES)
    for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, "relative")
    for _ in range(2):
        project.check()
    assert not project.cache.exists()
    assert "no cache: " in _verbose(project).err


def test_what_is_sealed_is_bound_to_folder_and_name(project: Project) -> None:
    secret = secret_for(str(project.root), create=True)
    folder = open_folder(str(project.cache), str(project.root), create=True)
    folder.write("one", b"content", secret)
    assert folder.read("one", secret) == b"content"
    (project.cache / "one").rename(project.cache / "two")
    with pytest.raises(NoCacheError):
        folder.read("two", secret)
    with pytest.raises(NoCacheError):
        folder.read("one", secret)
    folder.close()
    (project.cache / "two").rename(project.cache / "one")
    project.cache.rename(project.root / "moved")
    moved = Folder(str(project.root / "moved"))
    with pytest.raises(NoCacheError):
        moved.read("one", secret)
    moved.close()
