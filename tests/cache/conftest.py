"""``torchgate check`` in this process on a small project, with a cache and a user of its own."""

from __future__ import annotations

import contextlib
import io
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from torchgate.cache import drawer, keeper, shelf, snapshot
from torchgate.cli import main

# What --verbose says of the cache, which is no part of the result.
_CHECKED = "torchgate: cache: checked: "


class Result:
    """One run's exit code, what it printed, and the files that it had to check."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err
        lines = err.splitlines()
        self.checked = sorted(line.removeprefix(_CHECKED) for line in lines if line.startswith(_CHECKED))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Result) and self.as_tuple() == other.as_tuple()

    def __repr__(self) -> str:
        return f"exit {self.code}\n{self.out}{self.err}"

    def as_tuple(self) -> tuple[int, str, str]:
        return self.code, self.out, self.err


def check(*arguments: str) -> Result:
    """Run ``torchgate check``, quietly unless asked otherwise."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["check", *arguments])
    return Result(code, out.getvalue(), err.getvalue())


def damage(path: Path, rng: random.Random, noise: bytes) -> None:
    """Spoil a file of the cache in one of five ways."""
    data = bytearray(path.read_bytes()) or bytearray(b"x")
    kind = rng.randrange(5)
    if kind == 0:
        data = bytearray(noise)
    elif kind == 1:
        del data[rng.randrange(len(data)) :]
    elif kind == 2:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif kind == 3:
        start = rng.randrange(len(data))
        data[start : start + len(noise)] = noise
    else:
        data += noise
    path.write_bytes(data)


class Project:
    """A project on disk, whose files count as being at rest at once."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, files: dict[str, str | None]) -> None:
        """Write files; None deletes one."""
        for name, text in files.items():
            path = self.root / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode("utf-8", "surrogateescape"))

    @property
    def cache(self) -> Path:
        return self.root / ".torchgate_cache"

    def kept(self, pattern: str = "*") -> list[Path]:
        """The cache's own files."""
        return sorted(path for path in self.cache.glob(pattern) if path.suffix in (".findings", ".run"))

    def check(self, *arguments: str) -> Result:
        """A run with the cache; what it says must be what a run without one says."""
        found = check(*arguments)
        assert found == check("--no-cache", *arguments)
        return found

    def checked(self, *arguments: str) -> list[str]:
        """The files that a run has to check, with its result compared to a run without a cache."""
        found = check("--verbose", *arguments)
        expected = check("--no-cache", "--verbose", *arguments)
        assert (found.code, found.out) == (expected.code, expected.out)
        return found.checked


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own cache folder, with the secret."""
    monkeypatch.delenv("TORCHGATE_NO_CACHE")
    monkeypatch.delenv("TORCHGATE_CACHE_DIR", raising=False)
    for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "user"))
    return tmp_path / "user"


@pytest.fixture
def project(tmp_path: Path, user: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    root = tmp_path / "project"
    root.mkdir()
    (root / "torchgate.toml").write_text("", "utf-8")
    monkeypatch.chdir(root)
    yield Project(root)
    assert not list(root.rglob("*.draft")), "drafts are left behind"


@pytest.fixture
def at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file counts as unchanged for long: tests do not wait until the clock is surely past a change."""
    for module in (keeper, snapshot, shelf, drawer):
        monkeypatch.setattr(module, "is_settled", lambda ctime_ns, started_ns: os.name != "nt")


Write = Callable[[dict[str, str | None]], None]
