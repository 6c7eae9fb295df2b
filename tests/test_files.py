"""Arguments to files: git's list, the own walk, excludes, links, reading what is hostile."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchgate.config_load import ConfigLoader
from torchgate.files import read
from torchgate.files.discover import Discovery, shown_path
from torchgate.files.git import list_files
from torchgate.files.gitignore import GitIgnore
from torchgate.files.read import read_file
from torchgate.files.write import check_writable, write_atomically
from torchgate.globs import Globs
from torchgate.source import UnreadableError


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def write(path: Path, text: str = "x = 1\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def without_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path in (
        "a.py",
        "b.pyi",
        "README.md",
        "src/app/c.py",
        "src/app/with space.py",
        "src/app/ignored.py",
        "src/app/kept.py",
        "out/d.py",
        "deep/out/e.py",
        "build/f.py",
        ".venv/lib/g.py",
        "nested/h.py",
        "vendored/i.py",
    ):
        write(tmp_path / path)
    write(tmp_path / ".gitignore", "out/\n*nored.py\n")
    write(tmp_path / "nested" / ".gitignore", "*.py\n!h.py\n")
    write(tmp_path / "torchgate.toml", 'extend-exclude = ["vendored"]\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


EXPECTED = [
    "README.md",
    "a.py",
    "b.pyi",
    "nested/h.py",
    "src/app/c.py",
    "src/app/kept.py",
    "src/app/with space.py",
]


def found(*arguments: str, force_exclude: bool = False) -> list[str]:
    discovery = Discovery(ConfigLoader(), force_exclude=force_exclude)
    discovery.add(arguments)
    assert not discovery.missing
    return sorted(file.shown for file in discovery.files.values())


@pytest.mark.parametrize("how", ["git", "no repository", "no program"])
def test_a_folder(project: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if how != "no repository":
        git(project, "init", "-q")
        git(project, "add", "a.py", "src/app/kept.py")  # tracked and untracked alike
    if how == "no program":
        without_git(monkeypatch)
    assert found(".") == EXPECTED
    assert found("src") == [path for path in EXPECTED if path.startswith("src")]


@pytest.mark.parametrize("how", ["git", "no repository", "no program"])
def test_an_ignored_folder_that_is_named(project: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if how != "no repository":
        git(project, "init", "-q")
    if how == "no program":
        without_git(monkeypatch)
    assert found("out") == ["out/d.py"]
    write(project / "out/deeper/j.py")
    monkeypatch.chdir(project / "out")
    assert found(".") == ["d.py", "deeper/j.py"]


def test_git_lists_what_is_tracked_although_ignored_and_not_what_was_deleted(project: Path) -> None:
    git(project, "init", "-q")
    git(project, "add", "-f", "src/app/ignored.py", "a.py")
    (project / "a.py").unlink()
    listed = found(".")
    assert "src/app/ignored.py" in listed
    assert "a.py" in listed  # reading tells; a listed file that is gone is passed over


def test_named_files_are_taken_unless_force_exclude(project: Path) -> None:
    assert found("vendored/i.py", "README.md") == ["README.md", "vendored/i.py"]
    assert found("build/f.py", "vendored/i.py", "a.py", force_exclude=True) == ["a.py"]
    assert found("vendored") == ["vendored/i.py"]  # asked for by name
    assert found("vendored", force_exclude=True) == []


@pytest.mark.parametrize("use_git", [True, False])
def test_packages_called_like_build_output(project: Path, use_git: bool) -> None:
    for path in ("app/dist/__init__.py", "app/dist/a.py", "app/dist/build/b.py", "dist/c.py", "build/x/d.py"):
        write(project / path)
    if use_git:
        git(project, "init", "-q")
    packages = ["app/dist/__init__.py", "app/dist/a.py"]
    assert [path for path in found(".") if path not in EXPECTED] == packages
    assert found("app/dist/a.py", "dist/c.py", force_exclude=True) == ["app/dist/a.py"]
    write(project / "torchgate.toml", 'extend-exclude = ["vendored", "dist"]\n')
    assert found(".") == EXPECTED
    write(project / "torchgate.toml", 'exclude = [".*", "vendored", "dist", "build"]\n')
    assert found(".") == EXPECTED


def test_everything_once(project: Path) -> None:
    assert found("a.py", "./a.py", str(project / "a.py"), "src/../a.py") == ["a.py"]
    assert found("src", ".", "src/app/c.py") == EXPECTED


def test_what_does_not_exist_is_kept_for_the_message(project: Path) -> None:
    (project / "dangling.py").symlink_to("nowhere")
    discovery = Discovery(ConfigLoader())
    discovery.add(["no such.py", "a.py", "dangling.py"])
    assert discovery.missing == ["no such.py", "dangling.py"]
    assert [file.shown for file in discovery.files.values()] == ["a.py"]


@pytest.mark.parametrize("use_git", [True, False])
def test_links(project: Path, use_git: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = write(tmp_path_factory.mktemp("outside") / "secret.py", "password = 'x'\n")
    (project / "src" / "loop").symlink_to(project / "src")
    (project / "src" / "self").symlink_to("self")
    (project / "src" / "inside.py").symlink_to(project / "a.py")
    (project / "src" / "outside.py").symlink_to(outside)
    (project / "src" / "folder.py").symlink_to(outside.parent)
    if use_git:
        git(project, "init", "-q")
    listed = found("src")
    assert "src/inside.py" in listed
    assert "src/outside.py" not in listed
    assert not any("loop" in path for path in listed)
    assert found("src/outside.py") == ["src/outside.py"]  # named by the user
    assert found("src/folder.py") == ["src/folder.py/secret.py"]
    assert "src/loop/inside.py" in found("src/loop")


def test_a_folder_behind_a_link(project: Path) -> None:
    git(project, "init", "-q")
    write(project / ".gitignore", "b.py\n")
    for name in ("a.py", "b.py"):
        write(project / "real" / "deep" / name)
    (project / "link").symlink_to("real")
    assert found("link/deep") == ["link/deep/a.py"]
    assert found("link") == ["link/deep/a.py"]
    assert "real/deep/a.py" in found(".")
    assert not any("link" in path for path in found("."))


def test_names_that_are_no_utf8(project: Path) -> None:
    name = os.fsencode(project) + b"/caf\xe9.py"
    try:
        with open(name, "wb") as stream:
            stream.write(b"x = 1\n")
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    git(project, "init", "-q")
    assert os.fsdecode(b"caf\xe9.py") in found(".")
    assert read_file(os.fsdecode(name)) == b"x = 1\n"


def test_names_that_look_like_git_pathspecs(project: Path) -> None:
    write(project / ":(glob)x" / "a.py")
    write(project / "[a]" / "a.py")
    git(project, "init", "-q")
    assert found(":(glob)x") == [":(glob)x/a.py"]
    assert found("[a]") == ["[a]/a.py"]


def test_a_nested_repository_is_a_project_of_its_own(project: Path) -> None:
    git(project, "init", "-q")
    write(project / "other" / "z.py")
    git(project / "other", "init", "-q")
    assert "other/z.py" not in found(".")
    assert found("other") == ["other/z.py"]


def test_the_repository_cannot_make_git_run_anything(project: Path) -> None:
    git(project, "init", "-q")
    touched = project / "touched"
    script = write(project / "run.sh", f"#!/bin/sh\ntouch '{touched}'\n")
    script.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "alias.ls-files", "diff.external"):
        git(project, "config", key, str(script) if key != "alias.ls-files" else f"!{script}")
    hooks = project / "hooks"
    hooks.mkdir()
    for hook in ("post-index-change", "fsmonitor-watchman", "query-watchman"):
        write(hooks / hook, script.read_text()).chmod(0o755)
    git(project, "config", "core.hooksPath", str(hooks))
    write(project / ".gitattributes", "*.py diff=evil filter=evil\n")
    git(project, "config", "filter.evil.clean", str(script))
    git(project, "config", "diff.evil.textconv", str(script))
    touched.unlink(missing_ok=True)
    assert found(".")
    assert not touched.exists()
    # The same repository does run it where nobody guards: the test would notice.
    subprocess.run(["git", "ls-files", "--others"], cwd=project, capture_output=True, check=False)
    assert touched.exists()


@pytest.mark.skipif(os.name != "posix", reason="plants a shell script")
@pytest.mark.parametrize("entry", [".", "", "bin", "{project}/bin", "{project}"])
def test_a_git_that_the_repository_brings_along_is_not_run(
    project: Path, entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(project, "init", "-q")
    (project / "bin").mkdir()
    for planted in (project / "git", project / "bin/git"):
        planted.write_text(f"#!/bin/sh\ntouch '{project}/ran'\n")
        planted.chmod(0o755)
    path = entry.format(project=project)
    monkeypatch.setenv("PATH", f"{path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(project)
    assert list_files(str(project), str(project))
    assert not (project / "ran").exists()


def test_variables_that_point_git_elsewhere_are_not_passed_on(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    git(project, "init", "-q")
    other = tmp_path_factory.mktemp("other")
    git(other, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / "index"))
    listed = list_files(str(project), str(project))
    assert listed is not None
    assert str(project / "a.py") in listed


def test_git_that_fails_is_answered_by_the_own_walk(project: Path) -> None:
    (project / ".git").write_text("gitdir: /nowhere\n")
    assert list_files(str(project), str(project)) is None
    assert found(".") == EXPECTED


# Reading.


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="it is not a regular file"):
        read_file(str(tmp_path))
    with pytest.raises(FileNotFoundError):
        read_file(str(tmp_path / "none.py"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
def test_a_fifo_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(UnreadableError, match="it is not a regular file"):
        read_file(str(tmp_path / "pipe.py"))


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="needs /dev/zero")
def test_an_endless_device_does_not_hang(tmp_path: Path) -> None:
    (tmp_path / "zero.py").symlink_to("/dev/zero")
    with pytest.raises(UnreadableError, match="it is not a regular file"):
        read_file(str(tmp_path / "zero.py"))


def test_a_link_that_loops(tmp_path: Path) -> None:
    (tmp_path / "a.py").symlink_to("b.py")
    (tmp_path / "b.py").symlink_to("a.py")
    with pytest.raises(UnreadableError, match="symbolic links"):
        read_file(str(tmp_path / "a.py"))


def test_a_huge_file_is_refused_by_its_size(tmp_path: Path) -> None:
    with open(tmp_path / "huge.py", "wb") as stream:
        stream.truncate(read.MAX_BYTES + 1)  # sparse: it takes no room
    with pytest.raises(UnreadableError, match="more than 64 MB"):
        read_file(str(tmp_path / "huge.py"))


def test_a_file_that_grows_while_it_is_read_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MAX_BYTES", 1 << 20)
    path = write(tmp_path / "log.py", "x = 1\n" * 1000)
    stop = threading.Event()

    def grow() -> None:
        with open(path, "ab") as stream:
            while not stop.is_set() and stream.tell() < 8 << 20:
                stream.write(b"x = 1\n" * 10_000)
                stream.flush()

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        for _ in range(20):
            try:
                size = len(read_file(str(path)))
            except UnreadableError:
                continue
            assert size <= 1 << 20
    finally:
        stop.set()
        thread.join()


def test_an_empty_file(tmp_path: Path) -> None:
    assert read_file(str(write(tmp_path / "empty.py", ""))) == b""


# Writing.


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "report.txt", "old")
    file.chmod(0o600)
    write_atomically(str(file), "new")
    assert file.read_text() == "new"
    assert file.stat().st_mode & 0o777 == 0o600

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(str(file), "newer")
    assert file.read_text() == "new"
    assert os.listdir(tmp_path) == ["report.txt"]


def test_a_draft_that_a_killed_run_left_behind_is_not_in_the_way(tmp_path: Path) -> None:
    """In a container the process number is the same at every start."""
    left = write(tmp_path / f"report.txt.{os.getpid()}.tmp", "left behind")
    write_atomically(str(tmp_path / "report.txt"), "new")
    assert left.read_text() == "left behind"
    assert (tmp_path / "report.txt").read_text() == "new"


def test_a_name_may_be_as_long_as_names_can_be(tmp_path: Path) -> None:
    file = tmp_path / ("n" * 255)
    write_atomically(str(file), "new")
    assert file.read_text() == "new"


def test_whether_it_can_be_written_is_known_before(tmp_path: Path) -> None:
    file = write(tmp_path / "report.txt", "old")
    check_writable(str(file))
    check_writable(str(tmp_path / "new.txt"))
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("report.txt", "old")]
    (tmp_path / "loop").symlink_to("loop")
    for impossible in ("n" * 256, "loop", "missing/new.txt", "report.txt/new.txt"):
        with pytest.raises(OSError, match="Errno"):
            check_writable(str(tmp_path / impossible))


def test_a_link_to_a_report_stays_a_link(tmp_path: Path) -> None:
    file = write(tmp_path / "real.txt", "old")
    (tmp_path / "link.txt").symlink_to(file)
    write_atomically(str(tmp_path / "link.txt"), "new")
    assert file.read_text() == "new"
    assert (tmp_path / "link.txt").is_symlink()


def test_a_device_is_written_to() -> None:
    write_atomically(os.devnull, "gone")
    assert not os.path.isfile(os.devnull)
    check_writable(os.devnull)


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="this system has no /dev/fd")
def test_a_pipe_is_written_to() -> None:
    reading, writing = os.pipe()
    check_writable(f"/dev/fd/{writing}")
    write_atomically(f"/dev/fd/{writing}", "new")
    os.close(writing)
    with open(reading) as stream:
        assert stream.read() == "new"


# Patterns.


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("build", ["build", "a/build"], ["builds", "build.py"]),
        ("./a/b/", ["a/b"], ["x/a/b"]),
        ("a/b.py", ["a/b.py"], ["x/a/b.py", "b.py"]),
        ("*.py", ["a.py", "x/a.py"], ["a.pyi"]),
        ("src/*.py", ["src/a.py", "src/x/a.py"], ["lib/src/a.py"]),
        ("**/gen/*", ["gen/a.py", "x/gen/a.py"], ["regen/a.py"]),
        ("src/**/a.py", ["src/a.py", "src/x/y/a.py"], ["a.py"]),
        ("test_?.py", ["test_a.py"], ["test_ab.py"]),
        ("[ab].py", ["a.py"], ["c.py"]),
        ("[!ab].py", ["c.py"], ["a.py"]),
        ("[a-c].py", ["b.py"], ["d.py"]),
        ("[c-a].py", [], ["b.py"]),
        ("[", ["["], ["a"]),
        ("[]].py", ["].py"], ["a.py"]),
        ("{a,b}.py", ["a.py", "b.py"], ["{a,b}.py", "c.py"]),
        ("{a.py", ["{a.py"], ["a.py"]),
        ("a\\*.py", ["a*.py"], ["ab.py"]),
        ("a+(b)|c.py", ["a+(b)|c.py"], ["aab.py"]),
        ("a\nb.py", ["a\nb.py"], []),
    ],
)
def test_globs(pattern: str, matching: list[str], other: list[str]) -> None:
    globs = Globs([pattern])
    assert [path for path in [*matching, *other] if globs.match(path)] == matching


@settings(max_examples=300)
@given(st.text("ab*?[]{}!^-\\/,.", max_size=10), st.text("ab/.", max_size=8))
def test_no_pattern_fails(pattern: str, path: str) -> None:
    Globs([pattern]).match(path)
    GitIgnore(pattern).verdict(path, is_folder=False)


# fmt: off
IGNORE_PATTERNS = (
    "*.py", "a.py", "/a.py", "d/", "/d/", "d/a.py", "**/a.py", "d/**", "!a.py", "!d/a.py", "e/*.py", "*a*",
    "[ab].py", "[!a].py", "\\!a.py", "#a.py", "a?", "d/e/", "**/e/", "d/*/a.py", "!*.py", "e/", "!e/",
    "\\a.py", "a.py/", "b*", "a.py  ", "\\#a", "f/**/ab.py", "**",
)
# fmt: on
IGNORE_LINES = st.lists(st.sampled_from(IGNORE_PATTERNS), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None)
@given(IGNORE_LINES)
def test_the_own_walk_ignores_what_git_ignores(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("ignore")
    for path in ("a.py", "b.py", "!a.py", "d/a.py", "d/b.py", "d/e/a.py", "e/a.py", "e/d/b.py", "f/ab.py"):
        write(folder / path)
    write(folder / ".gitignore", "\n".join(lines) + "\n")
    git(folder, "init", "-q")
    listed = list_files(str(folder), str(folder))
    assert listed is not None
    walked: Callable[[str], object] = Discovery(ConfigLoader(cwd=str(folder)))._walk
    own = sorted(walked(str(folder)))  # type: ignore[call-overload]
    assert own == sorted(path for path in listed if path.endswith(".py"))


def test_shown_paths(tmp_path: Path) -> None:
    assert shown_path("/a/b/c.py", "/a/b") == "c.py"
    assert shown_path("/a/b.py", "/a/c") == "../b.py"
    assert shown_path("/a/cc/b.py", "/a/c") == "../cc/b.py"
    if sys.platform != "win32":
        assert shown_path("/a/b.py", "/") == "a/b.py"


def brute_force(pattern: str, text: str) -> bool:
    """The meaning of a pattern without classes and braces, by definition."""
    if not pattern:
        return not text
    if pattern.startswith("**/"):
        rest = pattern[3:]
        return any(brute_force(rest, text[i:]) for i in range(len(text) + 1) if i == 0 or text[i - 1] == "/")
    if pattern[0] == "*":
        return any(brute_force(pattern[1:], text[i:]) for i in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and brute_force(pattern[1:], text[1:])


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b", "*", "?", "/", "/**/", "ab"]), max_size=7).map("".join),
    st.text("ab/", max_size=9),
)
def test_globs_mean_what_they_say(pattern: str, path: str) -> None:
    # `**` is more than `*` only as a whole part of the path; the reference above does not know parts.
    whole = all(part in ("**", part.replace("**", "")) for part in pattern.split("/"))
    if "*" not in pattern or not whole or pattern.endswith("/"):
        return
    cleaned = pattern.removeprefix("./")
    expected = any(brute_force(cleaned, text) for text in (path, path.rpartition("/")[2]))
    assert Globs([pattern]).match(path) == expected


@pytest.mark.parametrize(
    "pattern", ["*a" * 40 + "*b", "a/**/" * 40 + "b", "{a,b}" * 40 + "*", "[" * 999, "{" * 999]
)
def test_no_pattern_takes_long(pattern: str) -> None:
    for path in ("a" * 4000, "a/" * 2000):
        assert not Globs([pattern]).match(path)
        GitIgnore(pattern).verdict(path, is_folder=True)
