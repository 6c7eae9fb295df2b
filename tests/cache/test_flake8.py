"""The flake8 plugin with a cache says what it says without one, and judges only what has changed."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cache.conftest import Project, check
from tests.cache.flake8_runs import compared, flake8, warmed
from tests.cache.test_edits import PHASES, begin, edit
from torchgate.cache import drawer, identity, shelf
from torchgate.lint import rules
from torchgate.lint.rule import Rule

ROOT = Path(__file__).parents[2]
FILES: dict[str, str | None] = {
    "app/__init__.py": "",
    "app/a.py": "import torch\n",
    "app/b.py": "from app.a import torch\n\nx = 1  # noqa: TG101\n",
    "app/c.py": "from app.b import torch\n",
    "app/d.py": "x = 1\n",
}
ALL = sorted(FILES)


@pytest.fixture
def warm(project: Project, at_rest: None) -> Project:
    return warmed(project, FILES)


def entries(project: Project) -> list[Path]:
    return sorted(project.cache.glob("flake8/*.file"))


# What is judged again.


def test_along_a_chain(warm: Project) -> None:
    warm.write({"app/a.py": "import torch as t\n"})
    assert compared() == ["app/a.py", "app/b.py", "app/c.py"]
    assert compared() == []
    warm.write({"app/b.py": "torch = 1\n"})
    assert compared() == ["app/b.py", "app/c.py"]
    warm.write({"app/d.py": "x = 2\n"})
    assert compared() == ["app/d.py"]


def test_new_and_gone_modules(warm: Project) -> None:
    warm.write({"app/a/__init__.py": "torch = None\n"})
    assert set(compared()) == {"app/a/__init__.py", "app/b.py", "app/c.py", "app/a.py"} - {"app/a.py"}
    warm.write({"app/a/__init__.py": None, "app/b.py": None})
    assert compared() == ["app/c.py"]


def test_a_part_of_the_files(warm: Project) -> None:
    warm.write({"app/a.py": "x = 1\n"})
    assert compared(["app/c.py"]) == ["app/c.py"]
    assert compared(["app/c.py"]) == []
    assert compared(["app/b.py", "app/a.py"]) == ["app/b.py", "app/a.py"]


@pytest.mark.parametrize("text", ["ignore = ['TG101']\n", "src = ['app']\n", "runtime-modules = ['app.a']\n"])
def test_the_configuration(warm: Project, text: str) -> None:
    warm.write({"torchgate.toml": text})
    assert compared() == ALL
    assert compared() == []


def test_a_configuration_that_is_given(warm: Project) -> None:
    warm.write({"other.toml": "ignore = ['TG101', 'TG105']\n"})
    for _ in range(2):
        found = flake8(config="other.toml")
        assert found.rows == flake8(config="other.toml", no_cache=True).rows
    assert found.judged == []
    assert compared() == [], "each configuration keeps its own"


def test_disable_noqa_keeps_its_own(warm: Project) -> None:
    assert compared(disable_noqa=True) == ALL
    assert compared(disable_noqa=True) == []
    assert compared() == []


def test_a_baseline_is_applied_to_what_was_kept(warm: Project) -> None:
    from torchgate.finding import Finding
    from torchgate.lint.baseline import fingerprint
    from torchgate.source import Span

    before = flake8().rows
    accepted = Finding("app/a.py", Span(1, 1, 1, 13), "TG101", "raw-torch-import", "")
    known = {"fingerprint": fingerprint(accepted, "app/a.py", "import torch", {})}
    warm.write({"torchgate.toml": "baseline = 'base.json'\n"})
    for listed in ([known], [], [known]):
        warm.write({"base.json": json.dumps({"version": 1, "findings": listed})})
        compared()
        assert len(flake8().rows) == len(before) - len(listed)
    assert flake8().judged == []


def test_equal_size_and_time_of_modification(warm: Project) -> None:
    path = warm.root / "app/a.py"
    before = path.stat()
    path.write_text("import numpy\n"[:12] + "\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert compared(["app/b.py"]) == ["app/b.py"]


def test_files_that_were_only_touched_are_looked_at_once(
    warm: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a fresh checkout: contents are compared, and the next run knows the new signatures."""
    for path in warm.root.rglob("*.py"):
        os.utime(path)
    read: list[str] = []
    real = shelf.look

    def look(path: str, seen: dict[object, str]) -> object:
        found = real(path, seen)  # type: ignore[arg-type]
        read.extend([path] * found[2])
        return found

    monkeypatch.setattr(shelf, "look", look)
    assert flake8().judged == []
    assert read
    read.clear()
    assert flake8().judged == []
    assert not read


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfimport torch\r\n",
        b"import torch\r\n",
        b"# coding: latin-1\nx = '\xe9'; import torch\n",
        b"# coding: utf-8\nx = '\xc3\xa9'; import torch\n",
        b"x = '\xc3\xa9'; import torch\n",
        b"x = '\xe9'; import torch\n",
        b"# coding: cp1252\nx = '\x81'; import torch\n",
        "x = '字'; import torch\n".encode(),
        b"# coding: klingon\nimport torch\n",
    ],
)
def test_what_is_on_the_disk_and_what_flake8_makes_of_it(
    project: Project, at_rest: None, data: bytes
) -> None:
    for content in (b"import torch\n", data, b"x = '\xc3\xa9'; import torch\n", data):
        (project.root / "x.py").write_bytes(content)
        compared()
        assert compared() == []


def test_one_text_from_several_encodings(project: Project, at_rest: None) -> None:
    """flake8 reads both as the same text; one of them is no Python."""
    for data in (b"x = '\xc3\xa9'\n".decode("latin-1").encode(), b"x = '\xc3\xa9\xff'\n", b"x = '\xe9'\n"):
        (project.root / "x.py").write_bytes(data)
        check()
        compared()
        assert compared() == []


def test_a_text_that_is_also_the_bytes_of_another_file(project: Project, at_rest: None) -> None:
    """``check`` knows the first content by its bytes, which are the second one's text as UTF-8."""
    second = b"# coding: latin-1\nx = '\xc3\xa9'; import torch\n"
    (project.root / "x.py").write_bytes(second.decode("latin-1").encode())
    check()
    (project.root / "x.py").write_bytes(second)
    assert compared() == ["x.py"]


def test_signatures_of_files_that_have_just_changed_are_not_kept(project: Project) -> None:
    """The real clock: they would say the same after another change."""
    project.write({"app/a.py": "import torch\n", "app/b.py": "from app.a import torch\n"})
    flake8(["app/b.py"])
    (entry,) = entries(project)
    assert b'"seen":{}' in entry.read_bytes()
    if os.name != "nt":
        time.sleep(0.3)
        assert compared(["app/b.py"]) == []
        assert b'"seen":{"app/a.py":' in entry.read_bytes()


def test_a_fault_is_not_kept(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(module: object) -> None:
        raise ValueError("boom")

    project.write({"a.py": "import torch\n"})
    with monkeypatch.context() as patch:
        rule = Rule("TG999", "fails", fails)  # type: ignore[arg-type]
        patch.setattr("torchgate.flake8_plugin.judge.ALL", (rules.ALL[0], rule))
        for _ in range(2):
            assert any("TG999 failed" in row[3] for row in flake8().rows)
    assert compared() == ["a.py"]


def test_an_invalid_configuration_is_said_each_time(warm: Project) -> None:
    from flake8.exceptions import ExecutionError

    warm.write({"torchgate.toml": "select = ['TG999']\n"})
    for _ in range(2):
        with pytest.raises(ExecutionError, match="TG999"):
            flake8()


# Where the effect is applied.

PROGRAMS: dict[str, str | None] = {
    "torchgate.toml": "entry-modules = ['app.one', 'app.two']\n",
    "app/__init__.py": "",
    "app/one.py": "from app import two\nfrom torchgate.runtime import apply_torch_runtime as go\n\n"
    "def main(r):\n    go(r)\n",
    "app/two.py": "from torchgate.runtime import apply_torch_runtime as go\n\ndef main(r):\n    go(r)\n",
    "app/other.py": "x = 1\n",
}


def test_repeated_effects(project: Project, at_rest: None) -> None:
    project.write(PROGRAMS)
    compared()
    assert any("TG406" in row[3] for row in flake8().rows)
    assert compared() == []
    project.write({"app/other.py": "x = 2\n"})
    assert compared() == ["app/other.py"]
    project.write({"app/one.py": "from app import two\n"})
    compared()
    assert not any("TG406" in row[3] for row in flake8().rows)


def test_effects_are_looked_for_once(
    project: Project, at_rest: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``effect_sites`` reads every file: not where none has changed."""
    from torchgate.semantics import effect_sites

    calls: list[int] = []
    real = effect_sites.find_sites
    project.write(PROGRAMS)
    compared()
    monkeypatch.setattr(effect_sites, "find_sites", lambda project: calls.append(1) or real(project))
    for _ in range(2):
        assert flake8().judged == []
    assert len(calls) == 1, "when it was first asked for"
    project.write({"app/other.py": "x = 2\n"})
    assert flake8().judged == ["app/other.py"]
    assert len(calls) == 2
    assert flake8().judged == []
    assert len(calls) == 2


def test_effects_through_a_module_that_is_not_walked(project: Project, at_rest: None) -> None:
    project.write(PROGRAMS)
    project.write({"build/go.py": "from torchgate.runtime import apply_torch_runtime as go\n"})
    project.write({"app/two.py": "from build.go import go\n\ndef main(r):\n    go(r)\n"})
    for _ in range(3):
        compared()
    assert any("TG406" in row[3] for row in flake8().rows)
    project.write({"build/go.py": "from math import floor as go\n"})
    assert "app/one.py" in compared()
    assert not any("TG406" in row[3] for row in flake8().rows)


# Together with ``check``.


def test_what_check_kept_is_taken_over(project: Project, at_rest: None) -> None:
    project.write(FILES)
    check()
    assert compared() == ["app/b.py"], "a comment that `check` honours and the plugin leaves to flake8"
    for path in project.kept("*.findings"):
        path.unlink()
    assert compared() == [], "it is the plugin's own from then on"


def test_what_check_kept_counts_only_while_it_holds(project: Project, at_rest: None) -> None:
    project.write(FILES)
    check()
    project.write({"app/a.py": "x = 1\n"})
    assert compared() == ["app/a.py", "app/b.py", "app/c.py"]


def test_many_outcomes_of_check_are_read_when_that_is_worth_it(
    project: Project, at_rest: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write({f"m{number}.py": "import torch\n" for number in range(30)})
    check()
    (kept,) = project.kept("*.findings")
    monkeypatch.setattr("torchgate.cache.keeper.BYTES_A_FILE", kept.stat().st_size / 10)
    assert len(compared()) == 9


def test_check_is_as_it_was_beside_the_plugin(warm: Project) -> None:
    before = entries(warm)
    for _ in range(3):
        warm.check()
    assert entries(warm) == before
    assert compared() == []


# Random edits.


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
@given(st.integers(0, 2**32), st.integers(3, 6))
def test_random_edits(project: Project, at_rest: None, seed: int, steps: int) -> None:
    rng = random.Random(seed)
    begin(project, rng)
    for _ in range(steps):
        standing = sorted(path.relative_to(project.root).as_posix() for path in project.root.rglob("*.py"))
        if rng.random() < 0.3:
            check()
        compared(rng.sample(standing, min(len(standing), 3)))
        if rng.random() < 0.7:
            compared(disable_noqa=rng.random() < 0.2)
        for _ in range(rng.randrange(3)):
            edit(project, rng)
    compared()
    assert compared() == []


# The real flake8.


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flake8", "--isolated", "--select=TG", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode in (0, 1), out + err
    assert not err, err
    return out


@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
def test_whole_processes(project: Project, jobs: str) -> None:
    """The real clock: an edit is seen at once."""
    project.write({**FILES, **{f"app/m{number}.py": "from app.c import torch\n" for number in range(8)}})
    expected = said(start(jobs, "--torchgate-no-cache", "."))
    assert "TG105" in expected
    assert not entries(project)
    assert said(start(jobs, ".")) == expected
    names = {path: path.stat().st_ino for path in entries(project)}
    assert len(names) == len(FILES) + 8
    time.sleep(0.3)
    for _ in range(3):
        assert said(start(jobs, ".")) == expected
    for text in ("x = 1\n", "import torch\n", "import numpy\n"):
        project.write({"app/a.py": text})
        assert said(start(jobs, ".")) == said(start("--torchgate-no-cache", "."))


def test_the_same_for_any_number_of_processes(project: Project) -> None:
    project.write({f"m{number}.py": "import torch\n" for number in range(9)})
    said(start("-j3", "."))
    inodes = {path: path.stat().st_ino for path in entries(project)}
    assert len(inodes) == 9
    time.sleep(0.3)
    said(start("-j1", "."))
    assert {path: path.stat().st_ino for path in entries(project)} == inodes, "nothing was written again"


SPAWN = """
import multiprocessing, sys
from flake8.main.cli import main
multiprocessing.set_start_method("spawn")
sys.exit(main(sys.argv[1:]))
"""


def test_processes_that_are_not_forked(project: Project) -> None:
    """As on macOS and Windows: the options are parsed in each of them."""
    project.write(FILES)
    command = [sys.executable, "-c", SPAWN, "--isolated", "--select=TG", "-j2", "."]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    found = [subprocess.run(command, env=env, capture_output=True, text=True, check=False) for _ in range(2)]
    assert not any(done.stderr for done in found)
    assert {done.stdout for done in found} == {said(start("--torchgate-no-cache", "."))}
    assert len(entries(project)) == len(FILES)


def test_the_reason_is_said_under_verbose(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(FILES)
    monkeypatch.setenv("XDG_CACHE_HOME", str(project.root / "home"))
    monkeypatch.setenv("HOME", str(project.root / "home"))
    out, err = start("-v", "-j1", ".").communicate(timeout=120)
    assert "no cache: " in out + err
    assert "lies inside the project" in out + err


def test_runs_at_the_same_time(project: Project) -> None:
    """While files change under them, and beside ``check``: afterwards the cache tells the truth."""
    project.write({f"app/m{number}.py": f"from app.m{number + 1} import torch\n" for number in range(20)})
    for round_ in range(3):
        project.write({"app/m20.py": "import torch\n" if round_ % 2 else "torch = None\n"})
        running = [start(*arguments, ".") for arguments in (["-j1"], ["-j2"], ["-j2"])]
        check()
        project.write({"app/m19.py": f"from app.m20 import torch  # {round_}\n"})
        for process in running:
            said(process)
        compared()
        assert said(start(".")) == said(start("--torchgate-no-cache", "."))


PROBE = """
import sys
from flake8.main.cli import main
code = main(["--isolated", "-j1", "--select=TG", *sys.argv[1:]])
print(code, *sorted(name for name in sys.modules if name.startswith("torchgate")), file=sys.stderr)
"""


def test_a_run_in_which_nothing_changed_loads_nothing_of_the_linter(project: Project) -> None:
    project.write(FILES)

    def loaded() -> set[str]:
        done = subprocess.run(
            [sys.executable, "-c", PROBE, "."],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            check=True,
        )
        assert "app/a.py:1:1: TG101" in done.stdout
        return set(done.stderr.splitlines()[-1].split())

    assert "torchgate.lint.engine" in loaded()
    modules = loaded()
    assert not [name for name in modules if name.startswith(("torchgate.lint", "torchgate.flake8_plugin.j"))]
    assert {name for name in modules if "semantics." in name} == {"torchgate.semantics.roots"}


def test_options(project: Project, tmp_path: Path) -> None:
    project.write(FILES)
    said(start("--torchgate-no-cache", "."))
    assert not project.cache.exists()
    elsewhere = tmp_path / "elsewhere"
    said(start(f"--torchgate-cache-dir={elsewhere}", "."))
    assert len(list(elsewhere.glob("flake8/*.file"))) == len(FILES)
    assert not project.cache.exists()


def test_flake8s_own_configuration(project: Project, tmp_path: Path) -> None:
    """It may say that nothing is kept, and not where something is: the repository would choose."""
    project.write(FILES)

    def run() -> None:
        subprocess.run([sys.executable, "-m", "flake8", "-j1", "."], capture_output=True, check=False)

    project.write({"setup.cfg": "[flake8]\ntorchgate-no-cache = true\n"})
    run()
    assert not project.cache.exists()
    project.write({"setup.cfg": f"[flake8]\ntorchgate-cache-dir = {tmp_path}/theirs\n"})
    run()
    assert not (tmp_path / "theirs").exists()
    assert entries(project)


def test_the_environment(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(FILES)
    monkeypatch.setenv("TORCHGATE_NO_CACHE", "1")
    flake8()
    assert not project.cache.exists()
    monkeypatch.delenv("TORCHGATE_NO_CACHE")
    monkeypatch.setenv("TORCHGATE_CACHE_DIR", str(tmp_path / "elsewhere"))
    assert flake8().judged == ALL
    assert flake8().judged == []
    assert not project.cache.exists()


def test_standard_input_is_not_kept(project: Project) -> None:
    project.write(FILES)
    done = subprocess.run(
        [sys.executable, "-m", "flake8", "--isolated", "--stdin-display-name=app/a.py", "-"],
        input="import torch\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "TG101" in done.stdout
    assert not project.cache.exists()


# What decides, besides files.


def test_another_python_and_another_torchgate(warm: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version", "3.99")
        assert compared() == ALL
    source = Path(identity.torchgate.__file__).parent
    own = warm.root.parent / "own"
    shutil.copytree(source, own, ignore=shutil.ignore_patterns("__pycache__"))
    time.sleep(0.3)
    monkeypatch.setattr(identity.torchgate, "__file__", str(own / "__init__.py"))
    for _ in range(2):  # the second one knows its digest by the signatures of its files
        compared()
    assert compared() == []
    with monkeypatch.context() as patch:
        patch.setattr(drawer, "tool_digest", None)
        assert flake8().judged == []
    digest = identity.tool_digest()
    rule = own / "lint/rules/tg101_raw_torch_import.py"
    rule.write_text(rule.read_text() + "# changed\n")
    assert identity.tool_digest() != digest
    before = {path: path.stat().st_ino for path in entries(warm)}
    monkeypatch.setattr(identity, "_MARGIN_NS", 3_600_000_000_000)  # however slow the machine is
    for _ in range(2):
        assert compared() == ALL
    assert {path: path.stat().st_ino for path in entries(warm)} == before, "its source has just changed"


def test_torchgates_own_source_is_hashed_once(warm: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    real = identity.tool_digest
    monkeypatch.setattr(drawer, "tool_digest", lambda: calls.append(1) or real())
    assert compared() == []
    assert not calls
    monkeypatch.setattr(drawer, "own_state", lambda: ("another", 0))
    assert flake8().judged == []
    assert len(calls) == 1
    shutil.rmtree(warm.cache)
    assert flake8().judged == ALL
    assert len(calls) == 2, "once in a run, however many files are judged"


def test_what_is_not_used_for_long_is_deleted(warm: Project) -> None:
    old = time.time() - 31 * 24 * 3600
    gone = entries(warm)[0]
    for path in (warm.cache / "flake8").iterdir():
        os.utime(path, (old, old))
    stray = warm.cache / "flake8" / f".{gone.name}.123.draft"
    stray.write_bytes(b"")
    os.utime(stray, (old, old))
    assert compared(["app/a.py"]) == []
    warm.write({"app/d.py": "x = 3\n"})
    assert compared(["app/d.py"]) == ["app/d.py"]
    assert len(entries(warm)) == 2
    assert compared(["app/a.py", "app/d.py"]) == []
    assert not stray.exists()
