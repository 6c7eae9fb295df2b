"""Everything that decides about a finding invalidates it, and nothing that is kept counts elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from tests.cache.conftest import Project, check
from torchgate.cache import identity, keeper, replay, snapshot
from torchgate.cache.evidence import is_settled
from torchgate.report import FORMATS

FILES: dict[str, str | None] = {
    "app/__init__.py": "",
    "app/a.py": "import torch\n",
    "app/b.py": "from app.a import torch\n\nx = 1  # noqa: TG101\n",
    "app/c.py": "x = (\n",
    "tests/test_a.py": "import torch  # noqa: TG101\n",
}


@pytest.fixture
def warm(project: Project, at_rest: None) -> Project:
    project.write(FILES)
    project.check()
    assert len(project.kept("*.findings")) == len(project.kept("*.run")) == 1
    assert is_replayed()
    return project


def is_replayed(*arguments: str) -> bool:
    """Whether the whole run would be printed from the cache."""
    return replay.find(arguments) is not None


def test_nothing_changed(warm: Project) -> None:
    before = {path: path.stat().st_mtime_ns for path in warm.kept()}
    for _ in range(3):
        warm.check()
    assert before == {path: path.stat().st_mtime_ns for path in warm.kept()}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_the_same_from_the_cache(warm: Project, name: str) -> None:
    for _ in range(3):
        warm.check("--format", name, "--statistics", "--color", "always")
    assert is_replayed("--format", name, "--statistics", "--color", "always")


@pytest.mark.parametrize("arguments", [["--jobs", "2"], ["."], ["app", "tests"], ["app/b.py"], ["-q"]])
def test_other_command_lines(warm: Project, arguments: list[str]) -> None:
    warm.check(*arguments)
    assert is_replayed(*arguments)
    assert warm.checked(*arguments) == []


def test_equal_size_and_time_of_modification(warm: Project) -> None:
    """As `git index`_ has it: only the time of change gives such an edit away.

    .. _git index: https://git-scm.com/docs/racy-git
    """
    path = warm.root / "app/a.py"
    before = path.stat()
    path.write_text("import numpy\n"[:12] + "\n")
    assert path.stat().st_size == before.st_size
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert not is_replayed()
    assert warm.checked() == ["app/a.py", "app/b.py"]


def test_a_file_that_was_only_touched(warm: Project) -> None:
    os.utime(warm.root / "app/a.py")
    assert not is_replayed()
    assert warm.checked() == []
    warm.check()
    assert is_replayed()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("torchgate.toml", "ignore = ['TG101']\n"),
        ("torchgate.toml", "runtime-modules = ['app.a']\n"),
        ("torchgate.toml", "extend-exclude = ['app/a.py']\n"),
        ("torchgate.toml", "per-file-ignores = { 'app/*' = ['TG105'] }\n"),
        ("torchgate.toml", "src = ['app']\n"),
        ("app/torchgate.toml", "ignore = ['TG105']\n"),
        ("pyproject.toml", "[project]\nrequires-python = '>=3.14'\n"),
        (".gitignore", "b.py\n"),
        ("app/.gitignore", "a.py\n"),
        ("app/d.py", "import torch\n"),
        ("torch.py", ""),
        ("torch/__init__.py", ""),
    ],
)
def test_settings_and_new_files(warm: Project, name: str, text: str) -> None:
    warm.write({name: text})
    assert not is_replayed()
    warm.check()
    warm.check()
    warm.write({name: None})
    warm.check()
    warm.check()


@pytest.mark.parametrize("arguments", [[], ["src/app/a.py"]])
def test_src_becomes_a_package(project: Project, at_rest: None, arguments: list[str]) -> None:
    project.write(
        {
            "torchgate.toml": "torch-bound-modules = ['app.*']\n",
            "src/app/a.py": "import torch\n",
            "src/app/b.py": "import torch\n",
        }
    )
    assert project.check(*arguments).code == 0
    assert is_replayed(*arguments)
    project.write({"src/__init__.py": ""})
    assert not is_replayed(*arguments)
    assert project.check(*arguments).code == 1


def test_an_effect_in_a_package_called_dist(project: Project, at_rest: None) -> None:
    effect = "from torchgate.runtime import apply_torch_runtime as apply\n\n\ndef main(r):\n    apply(r)\n"
    project.write(
        {"app/__init__.py": "", "app/z.py": f"import app.dist.a\n{effect}", "app/dist/a.py": effect}
    )
    assert "TG406" not in project.check("app/z.py").out
    assert is_replayed("app/z.py")
    project.write({"app/dist/__init__.py": ""})
    assert not is_replayed("app/z.py")
    assert "TG406" in project.check("app/z.py").out


@pytest.mark.parametrize("arguments", [[], ["--force-exclude", "app/dist/a.py", "app/a.py"]])
def test_a_folder_that_becomes_a_package(project: Project, at_rest: None, arguments: list[str]) -> None:
    project.write({**FILES, "app/dist/a.py": "import torch\n"})
    project.check(*arguments)
    assert is_replayed(*arguments)
    project.write({"app/dist/__init__.py": ""})
    assert not is_replayed(*arguments)
    assert "app/dist/a.py:1:1" in project.check(*arguments).out


def test_selections_are_kept_apart(warm: Project) -> None:
    for arguments in (["--select", "TG105"], ["--ignore", "TG105"], ["--extend-select", "TG306"], []):
        for _ in range(2):
            warm.check(*arguments)
    assert len(warm.kept("*.findings")) == 4


def test_a_baseline(warm: Project) -> None:
    found = json.loads(check("--format", "json").out)["findings"]
    assert found
    warm.write({"base.json": json.dumps({"version": 1, "findings": []})})
    for _ in range(2):
        warm.check("--baseline", "base.json")
    assert is_replayed("--baseline", "base.json")
    from torchgate.finding import Finding
    from torchgate.lint.baseline import fingerprint
    from torchgate.source import Span

    accepted = Finding("app/a.py", Span(1, 1, 1, 13), "TG101", "raw-torch-import", "")
    known = {"fingerprint": fingerprint(accepted, "app/a.py", "import torch", {})}
    warm.write({"base.json": json.dumps({"version": 1, "findings": [known]})})
    assert not is_replayed("--baseline", "base.json")
    for _ in range(2):
        assert "1 in the baseline" in warm.check("--baseline", "base.json").err


def test_an_output_file(warm: Project) -> None:
    for _ in range(3):
        (warm.root / "out").mkdir(exist_ok=True)
        (warm.root / "out/report").unlink(missing_ok=True)
        check("--output-file", "out/report", "app")
        assert "TG105" in (warm.root / "out/report").read_text()
    assert is_replayed("--output-file", "out/report", "app")


def test_a_file_that_moved(warm: Project) -> None:
    (warm.root / "app/a.py").rename(warm.root / "app/z.py")
    assert warm.checked() == ["app/b.py", "app/z.py"]


def test_a_copy_of_the_project_starts_anew(warm: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(warm.root, warm.root.parent / "copy")
    monkeypatch.chdir(warm.root.parent / "copy")
    assert not is_replayed()
    err = check("--verbose").err
    assert "cache: 0 of 5 files unchanged" in err


def test_from_another_folder(warm: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(warm.root / "app")
    for _ in range(2):
        assert "../tests" not in warm.check().out
    assert is_replayed()
    assert warm.checked() == []
    assert not (warm.root / "app/.torchgate_cache").exists()


def test_a_cache_elsewhere(project: Project, tmp_path: Path, at_rest: None) -> None:
    project.write(FILES)
    arguments = ["--cache-dir", str(tmp_path / "elsewhere")]
    for _ in range(2):
        project.check(*arguments)
    assert is_replayed(*arguments)
    assert not project.cache.exists()


def test_the_environment(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(FILES)
    monkeypatch.setenv("TORCHGATE_CACHE_DIR", str(tmp_path / "elsewhere"))
    project.check()
    assert list((tmp_path / "elsewhere").glob("*.findings"))
    monkeypatch.setenv("TORCHGATE_NO_CACHE", "1")
    monkeypatch.delenv("TORCHGATE_CACHE_DIR")
    project.check()
    assert not project.cache.exists()


def test_no_cache_writes_nothing(project: Project) -> None:
    project.write(FILES)
    check("--no-cache")
    assert not project.cache.exists()


def test_the_folder_is_hidden_from_git_and_from_backups(warm: Project) -> None:
    assert (warm.cache / ".gitignore").read_text() == "*\n"
    assert (warm.cache / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_another_python_and_another_torchgate(warm: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = identity.tool_digest()
    monkeypatch.setattr(sys, "version", "3.99")
    assert identity.tool_digest() != digest
    assert not is_replayed()
    assert len(warm.checked()) == 0
    assert "0 of 5" not in check("--verbose").err


def test_a_torchgate_that_is_being_worked_on(
    warm: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The digest is of the source, so one version may have many."""
    source = Path(identity.torchgate.__file__).parent
    shutil.copytree(source, tmp_path / "own", ignore=shutil.ignore_patterns("__pycache__"))
    digest = identity.tool_digest()
    monkeypatch.setattr(identity.torchgate, "__file__", str(tmp_path / "own/__init__.py"))
    assert identity.tool_digest() == digest
    assert warm.checked() == []
    rule = tmp_path / "own/lint/rules/tg101_raw_torch_import.py"
    rule.write_text(rule.read_text() + "# changed\n")
    assert identity.tool_digest() != digest
    os.utime(rule, (time.time() + 1000, time.time() + 1000))
    before = warm.kept()
    assert "own source has just changed" in check("--verbose").err
    assert warm.kept() == before


def test_a_switch_in_the_environment(warm: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = identity.tool_digest()
    monkeypatch.setenv("TORCHGATE_ANY_SWITCH", "1")
    assert identity.tool_digest() != digest
    assert not is_replayed()


def test_standard_input_neither_reads_nor_writes(warm: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    before = {path: path.stat().st_mtime_ns for path in warm.kept()}
    for text in (b"import torch\n", b"x = 1\n"):
        for _ in range(2):
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
            found = check("--stdin-filename", "app/a.py", "-")
            assert ("TG101" in found.out) == (b"torch" in text)
    assert before == {path: path.stat().st_mtime_ns for path in warm.kept()}


def test_several_configurations_in_one_run(project: Project, at_rest: None) -> None:
    project.write({**FILES, "one/torchgate.toml": "ignore = ['TG101']\n", "one/x.py": "import torch\n"})
    for _ in range(2):
        project.check()
    assert is_replayed()
    assert len(list((project.root / "one/.torchgate_cache").glob("*.findings"))) == 1
    project.write({"one/torchgate.toml": ""})
    assert "one/x.py" in project.check().out


def test_a_git_work_tree(project: Project, at_rest: None) -> None:
    import subprocess

    project.write({**FILES, ".gitignore": "ignored/\n", "ignored/x.py": "import torch\n"})
    subprocess.run(["git", "init", "-q"], check=True)
    for _ in range(2):
        project.check()
    assert is_replayed()
    project.write({"ignored/y.py": "import torch\n"})
    assert is_replayed(), "what git ignores does not count"
    project.write({"app/new.py": "import torch\n"})
    assert not is_replayed()
    project.check()
    project.write({".git/info/exclude": "new.py\n"})
    assert not is_replayed()
    assert "new.py" not in project.check().out
    project.write({"ignored/torchgate.toml": ""})
    project.check("ignored/x.py")


@pytest.mark.parametrize("name", ["gitlab", "sarif"])
def test_where_the_repository_begins(
    project: Project, at_rest: None, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Paths in these formats are those from there. No other format asks."""
    outside, project = project.root / ".git", Project(project.root / "inner")
    project.write({"torchgate.toml": "", **FILES, "app/sub/a.py": "import torch\n"})
    monkeypatch.chdir(project.root)
    asked = ["--format", name, "app/sub/a.py", "app/c.py"]
    inside = [project.root / folder / ".git" for folder in ("", "app", "app/sub")]
    found = set()
    for mark in (outside, *inside, *inside[::-1], outside):  # they come from the outside in, and go again
        for _ in range(2):
            found.add(project.check(*asked).out)
        project.check("app/sub/a.py")
        assert is_replayed(*asked)
        if mark.exists():
            mark.rmdir()
        else:
            mark.mkdir()
        assert not is_replayed(*asked)
        assert mark != outside or is_replayed("app/sub/a.py")
    assert len(found) == 4, "where git begins at the configuration, nothing is another"


def test_a_link_that_stands_for_a_repository(project: Project, tmp_path: Path, at_rest: None) -> None:
    """It may lead nowhere for a while, which nobody would notice."""
    project.write({"app/a.py": "import torch\n"})
    (project.root / "app/.git").symlink_to(tmp_path / "elsewhere")
    for _ in range(2):
        project.check("--format", "gitlab", "app/a.py")
        assert is_replayed("--format", "gitlab", "app/a.py")
        (tmp_path / "elsewhere").mkdir(exist_ok=True)


def test_a_project_that_begins_elsewhere(
    project: Project, at_rest: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a configuration, a marker that appears further up moves the project's root."""
    project.write({**FILES, "torchgate.toml": None, "sub/app/x.py": "import torch\n"})
    monkeypatch.chdir(project.root / "sub")
    for _ in range(2):
        project.check()
    assert is_replayed()
    project.write({"setup.py": ""})
    assert not is_replayed()
    project.check()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no time of change")
def test_a_file_that_had_just_changed_is_compared_by_content(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signature of a file that is this young says nothing."""
    project.write(FILES)
    check()
    time.sleep(0.3)
    young = time.time_ns() - 100_000_000
    for module in (keeper, snapshot):
        monkeypatch.setattr(module, "is_settled", lambda ctime_ns, started_ns: ctime_ns < young)
    check()
    assert is_replayed()
    path = project.root / "app/c.py"
    for text in (b"import torch\n", b"import numpy\n", b"import torch\n"):
        before = path.stat()
        with path.open("r+b") as stream:  # in place: nothing changes in the folder
            stream.truncate()
            stream.write(text)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert not is_replayed()
        assert ("app/c.py" in project.check().out) == (b"torch" in text)
        assert is_replayed()
    (run,) = project.kept("*.run")
    recording = replay.load(_body(run))
    assert recording.hashed.endswith(b"app/c.py")
    assert b"app/c.py" not in recording.signed


def _body(path: Path) -> bytes:
    return path.read_bytes().split(b"\n", 2)[2]


def test_what_is_at_rest() -> None:
    now = 1_700_000_000_123_456_789
    assert is_settled(now - 200_000_000, now)
    assert not is_settled(now - 50_000_000, now)
    assert not is_settled(now + 1, now), "the clock went back"
    coarse = 1_700_000_000_000_000_000
    assert not is_settled(coarse - 1_000_000_000, coarse)
    assert is_settled(coarse - 3_000_000_000, coarse)
