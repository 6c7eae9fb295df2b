"""``torchgate migrate`` from the outside: what it prints, what it writes, and its exit codes."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.migrate.conftest import Seen, toy
from torchgate.cli import main
from torchgate.migrate import codemods
from torchgate.migrate.changes import ReplaceStatement
from torchgate.migrate.decisions import Decision, Edit, Refused
from torchgate.migrate.refusals.reason import RefusalReason

A = "import torch\nx = 1\nimport torch.nn\n"


def decide(seen: Seen) -> Decision:
    """Imports of torch go, those of its submodules are refused; one of `torch.fx` may go unsafely."""
    if seen.line.startswith("import torch.nn"):
        node = seen.node(ast.Import)
        return Refused(
            seen.site, RefusalReason.TORCH_AT_IMPORT_TIME, "`torch.nn` it is", seen.unit.place(node)
        )
    edit = Edit(seen.site, (ReplaceStatement(seen.statement()),))
    return Edit(edit.site, edit.changes, unsafe=True) if "torch.fx" in seen.line else edit


@pytest.fixture
def migrate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Run]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(codemods, "ALL", (toy(decide, "TG101", name="toy"),))
    (tmp_path / "pyproject.toml").write_text("[tool.torchgate]\n")
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "a.py").write_text(A)

    def run(*arguments: str) -> Run:
        code = main(["migrate", *arguments])
        captured = capsys.readouterr()
        return Run(code, captured.out, captured.err)

    return run


def read(name: str = "pkg/a.py") -> str:
    return Path(name).read_text()


REFUSAL = "pkg/a.py:3:1: TG101 torch-at-import-time: `torch.nn` it is (line 3)\n"
SUMMARY = "1 refused (`torchgate explain REASON` says more)\n"


def test_it_writes_and_tells_what_is_left(migrate: Callable[..., Run]) -> None:
    result = migrate()
    assert (result.code, result.out) == (1, REFUSAL)
    assert result.err == f"1 site migrated in 1 file, {SUMMARY}"
    assert read() == "x = 1\nimport torch.nn\n"
    again = migrate()
    assert (again.code, again.out) == (1, REFUSAL.replace(":3:1:", ":2:1:").replace("line 3", "line 2"))
    assert again.err == f"0 sites migrated in 0 files, {SUMMARY}"


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ("it is", True),
        ("it is at pkg/a.py:30", True),
        ("it is in ba.py:3", True),
        ("it is at line 31", True),
        ("it is at pkg/a.py:3", False),
        ("`f` (pkg/a.py:3) is it", False),
        ("line 3, `import torch.nn`", False),
    ],
)
def test_a_place_that_the_words_name_is_not_named_again(
    migrate: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, detail: str, told: bool
) -> None:
    def refuse(seen: Seen) -> Decision:
        return Refused(seen.site, RefusalReason.UNKNOWN_CALLEE, detail, seen.statement())

    monkeypatch.setattr(codemods, "ALL", (toy(refuse, "TG101", name="toy"),))
    line = migrate().out.splitlines()[-1]
    assert line.endswith(f"{detail} (line 3)" if told else detail)


def test_verbose_names_what_was_migrated(migrate: Callable[..., Run]) -> None:
    result = migrate("-v")
    assert result.out == f"pkg/a.py:1:1: TG101 migrated (toy)\n{REFUSAL}"


def test_nothing_left_is_zero(migrate: Callable[..., Run]) -> None:
    Path("pkg/a.py").write_text("import torch\n")
    assert migrate().code == 0
    assert read() == ""
    result = migrate()
    assert (result.code, result.out, result.err) == (0, "", "Nothing to migrate in 1 file\n")
    assert migrate("--quiet").err == ""


def test_diff_is_a_patch_and_writes_nothing(migrate: Callable[..., Run]) -> None:
    result = migrate("--diff")
    assert result.code == 1
    assert result.out == (
        "--- a/pkg/a.py\n+++ b/pkg/a.py\n@@ -1,3 +1,2 @@\n-import torch\n x = 1\n import torch.nn\n"
    )
    assert result.err == f"{REFUSAL}1 site would be migrated in 1 file, {SUMMARY}"
    assert read() == A
    subprocess.run(["git", "apply", "-"], input=result.out, text=True, check=True)
    assert read() == "x = 1\nimport torch.nn\n"
    assert migrate("--diff").code == 1  # a refusal is left
    assert migrate("--diff", "--exit-zero-on-refusal").code == 0


@pytest.mark.parametrize("text", ["x = 1\nimport torch", "x = 1\r\nimport torch\r\n", "# é\nimport torch\n"])
def test_a_diff_of_odd_files_is_a_patch_as_well(migrate: Callable[..., Run], text: str) -> None:
    Path("pkg/a.py").write_bytes(text.encode())
    patch = migrate("--diff").out
    assert Path("pkg/a.py").read_bytes() == text.encode()
    subprocess.run(["git", "apply", "-"], input=patch.encode(), check=True)
    patched = Path("pkg/a.py").read_bytes()
    Path("pkg/a.py").write_bytes(text.encode())
    migrate()
    assert Path("pkg/a.py").read_bytes() == patched


def test_check_reports_and_writes_nothing(migrate: Callable[..., Run]) -> None:
    result = migrate("--check")
    assert (result.code, result.out) == (1, f"pkg/a.py:1:1: TG101 would be migrated (toy)\n{REFUSAL}")
    assert read() == A
    assert migrate("--check", "--exit-zero-on-refusal").code == 1  # something would change
    Path("pkg/a.py").write_text("import torch.nn\n")
    assert migrate("--check").code == 1
    assert migrate("--check", "--exit-zero-on-refusal").code == 0
    assert "one of them" in migrate("--check", "--diff").err


def test_exit_zero_on_refusal(migrate: Callable[..., Run]) -> None:
    result = migrate("--exit-zero-on-refusal")
    assert (result.code, result.out) == (0, REFUSAL)


def test_json(migrate: Callable[..., Run]) -> None:
    result = migrate("--format", "json")
    assert json.loads(result.out) == {
        "version": 1,
        "sites": [
            {
                "path": "pkg/a.py",
                "line": 1,
                "column": 1,
                "code": "TG101",
                "codemod": "toy",
                "status": "migrated",
                "reason": None,
                "detail": None,
            },
            {
                "path": "pkg/a.py",
                "line": 3,
                "column": 1,
                "code": "TG101",
                "codemod": "toy",
                "status": "refused",
                "reason": "torch-at-import-time",
                "detail": "`torch.nn` it is",
                "at": {"path": "pkg/a.py", "line": 3, "column": 1},
            },
        ],
        "files_changed": ["pkg/a.py"],
    }
    assert result.err == f"1 site migrated in 1 file, {SUMMARY}"


def test_json_with_the_diff(migrate: Callable[..., Run]) -> None:
    result = migrate("--format", "json", "--diff")
    document = json.loads(result.out)
    assert document["files_changed"] == ["pkg/a.py"]
    assert document["diff"].startswith("--- a/pkg/a.py\n")
    assert read() == A


def test_select(migrate: Callable[..., Run]) -> None:
    assert migrate("--select", "TG1").out == REFUSAL
    result = migrate("--select", "TG401")
    assert (result.code, result.out) == (2, "")
    assert result.err == "torchgate: --select: no codemod rewrites TG401; there are some for TG101\n"
    assert "did you mean TG107?" in migrate("--select", "TG109").err


def test_unsafe(migrate: Callable[..., Run]) -> None:
    Path("pkg/a.py").write_text("import torch.fx\n")
    result = migrate()
    assert result.out == (
        "pkg/a.py:1:1: TG101 unsafe-rewrite: this rewrite can change behaviour; `--unsafe` makes it\n"
    )
    assert migrate("--unsafe").code == 0
    assert read() == ""


def test_suppressed_and_baselined_sites_are_nobodys_business(migrate: Callable[..., Run]) -> None:
    Path("pkg/a.py").write_text("import torch  # torchgate: ignore[TG101] why\n")
    result = migrate()
    assert (result.code, result.out) == (0, "")
    assert result.err == "0 sites migrated in 0 files, 1 suppressed\n"
    assert migrate("-v").out == "pkg/a.py:1:1: TG101 suppressed: a comment suppresses it\n"
    (site,) = json.loads(migrate("--format", "json").out)["sites"]
    assert (site["status"], site["reason"]) == ("refused", "suppressed")


@pytest.mark.parametrize("how", ["configured", "named"])
def test_the_baseline(migrate: Callable[..., Run], how: str) -> None:
    from hashlib import sha256

    Path("pkg/a.py").write_text("import torch\n")
    key = "\0".join(("pkg/a.py", "TG101", "import torch", "", "1"))
    print_ = sha256(key.encode()).hexdigest()[:32]
    Path("accepted.json").write_text(json.dumps({"version": 1, "findings": [{"fingerprint": print_}]}))
    if how == "configured":
        Path("pyproject.toml").write_text("[tool.torchgate]\nbaseline = 'accepted.json'\n")
    options = ["--baseline", "accepted.json"] if how == "named" else []
    assert migrate("-v", *options).out == "pkg/a.py:1:1: TG101 suppressed: the baseline accepts it\n"
    assert read() == "import torch\n"
    assert migrate(*options).err == (
        "0 sites migrated in 0 files, 1 in the baseline (`--no-baseline` has these migrated, too)\n"
    )
    result = migrate("--no-baseline", *options)
    if how == "named":
        assert (result.code, result.out) == (2, "")
        assert result.err == (
            "torchgate: --baseline and --no-baseline are two answers to one question; give one of them\n"
        )
    else:
        assert result.err == "1 site migrated in 1 file\n"
        assert read() == ""


def test_paths_and_configurations(migrate: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "torchgate.toml").write_text("ignore = ['TG101']\n")
    (tmp_path / "other" / "b.py").write_text("import torch\n")
    (tmp_path / "c.py").write_text("import torch\n")
    result = migrate("pkg", "other")
    assert result.out == REFUSAL
    assert read("other/b.py") == "import torch\n"
    assert read("c.py") == "import torch\n"
    result = migrate("c.py", "none.py")
    assert result.code == 2
    assert "torchgate: none.py: no such file or folder\n" in result.err
    assert read("c.py") == ""
    (tmp_path / "mine.toml").write_text("select = ['TG101']\n")
    assert migrate("--config", "mine.toml", "other").code == 0
    assert read("other/b.py") == ""


def test_excluded_files_that_are_named(migrate: Callable[..., Run]) -> None:
    Path("pyproject.toml").write_text("[tool.torchgate]\nexclude = ['pkg']\n")
    assert migrate("--force-exclude", "pkg/a.py").err == "torchgate: no Python files to migrate\n"
    assert migrate("pkg/a.py").out == REFUSAL


def test_usage_errors(migrate: Callable[..., Run]) -> None:
    assert migrate("--help").out.startswith("usage: torchgate migrate [OPTIONS] [PATHS]\n")
    for arguments, message in (
        (("--nope",), "unknown option '--nope'"),
        (("--format", "sarif"), "--format takes text, json, not 'sarif'"),
        (("--config", "none.toml"), "none.toml: the configuration file does not exist"),
    ):
        result = migrate(*arguments)
        assert (result.code, result.out) == (2, "")
        assert message in result.err


def test_without_libcst(migrate: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, package=None: None if name == "libcst" else real(name)
    )
    for name in [name for name in sys.modules if name.partition(".")[0] == "libcst"]:
        monkeypatch.delitem(sys.modules, name)
    result = migrate()
    assert (result.code, result.out) == (2, "")
    assert result.err == "torchgate: `migrate` needs LibCST: pip install 'torchgate[migrate]'\n"
    assert read() == A


def test_a_run_that_rewrites_nothing_does_not_load_libcst(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import os\n")
    program = "import sys; from torchgate.cli import main; code = main(['migrate', '.'])\n"
    program += "print(code, sorted(name for name in ('libcst', 'torch') if name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    )
    assert done.stdout == "0 []\n"


def test_a_file_that_changes_while_the_run_is_at_work(
    migrate: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torchgate.cli.migrate as command

    real = command.write

    def write(*arguments: object) -> object:
        Path("pkg/a.py").write_text("import torch  # mine\n")
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(command, "write", write)
    result = migrate()
    assert result.code == 1
    assert "pkg/a.py:1:1: TG101 file-changed: pkg/a.py changed while this run was at work\n" in result.out
    assert read() == "import torch  # mine\n"


def test_a_file_that_vanishes_before_it_is_written(
    migrate: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torchgate.cli.migrate as command

    real = command.write

    def write(*arguments: object) -> object:
        Path("pkg/a.py").unlink()
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(command, "write", write)
    result = migrate()
    assert result.code == 1
    assert "TG101 file-changed: pkg/a.py changed, or was taken away, while this run was" in result.out
    assert not Path("pkg/a.py").exists()


def test_own_faults(migrate: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(seen: Seen) -> Decision:
        return Edit(seen.site, (ReplaceStatement(seen.statement(), ("x = (",)),))

    monkeypatch.setattr(codemods, "ALL", (toy(wrong, "TG101"),))
    result = migrate("--exit-zero-on-refusal")
    assert result.code == 3
    assert "pkg/a.py:1:1: TG101 not-verified: " in result.out
    assert "torchgate: this is a fault of torchgate, not of your code: please report it" in result.err
    assert read() == A


def test_an_interrupted_run_is_finished_and_said(migrate: Callable[..., Run], tmp_path: Path) -> None:
    from tests.migrate.write_and_die import run
    from torchgate.migrate.result import Rewrite
    from torchgate.migrate.writing.write import write

    b = tmp_path / "pkg" / "b.py"
    a = tmp_path / "pkg" / "a.py"
    group = [
        Rewrite(str(a), A.encode(), b"x = 1\n"),
        Rewrite(str(b), b"import os\n", b"import sys\n"),
    ]
    for step in range(1, 1000):
        a.write_text(A)
        b.write_text("import os\n")
        run(lambda: write(str(tmp_path), [group]), step)
        if (read(), b.read_text()) == ("x = 1\n", "import os\n"):
            break
    preview = migrate("--diff")
    assert (preview.code, preview.out) == (2, "")
    assert "an interrupted migration lies in .torchgate_migrate" in preview.err
    result = migrate()
    assert "torchgate: finished an interrupted migration: pkg/a.py, pkg/b.py\n" in result.err
    assert b.read_text() == "import sys\n"
    assert not (tmp_path / ".torchgate_migrate").exists()


def test_an_edit_after_an_interruption_stops_the_next_run(
    migrate: Callable[..., Run], tmp_path: Path
) -> None:
    folder = tmp_path / ".torchgate_migrate"
    folder.mkdir()
    entry = {"path": "pkg/a.py", "old": "0", "new": "1", "content": "0.new", "before": "0.old"}
    (folder / "journal.json").write_text(json.dumps({"version": 1, "groups": [[entry]]}))
    result = migrate()
    assert (result.code, result.out) == (2, "")
    assert "pkg/a.py was edited since. Nothing was touched." in result.err
    assert read() == A
    (folder / "journal.json").unlink()
    result = migrate("--exit-zero-on-refusal")
    assert result.code == 0
    assert "an interrupted migration had written nothing; its leftovers are removed" in result.err


def test_explain_prints_the_page_of_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "yield-in-block"]) == 0
    assert capsys.readouterr().out.startswith("# yield-in-block\n\n## What was found\n\n")
    assert main(["explain", "Not-Verified"]) == 0
    capsys.readouterr()
    assert main(["explain", "yeild-in-block"]) == 2
    assert "did you mean yield-in-block?" in capsys.readouterr().err
    assert main(["explain", "default-helpr"]) == 2
    assert "did you mean default-helper?" in capsys.readouterr().err


def test_where_check_looks_first_the_results_are_the_same(
    migrate: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many files of which few have sites are linted by `check`, with its cache and its processes."""
    import torchgate.cli._migrate_check as first

    monkeypatch.setenv("TORCHGATE_CACHE_DIR", str(tmp_path / "cache"))
    for number in range(80):
        (tmp_path / "pkg" / f"clean{number}.py").write_text("import os\n")
    (tmp_path / "pkg" / "b.py").write_text("import torch  # torchgate: ignore[TG101]\nimport torch.fx\n")
    asked: list[int] = []
    real = first.checked

    def checked(*arguments: object) -> object:
        found = real(*arguments)  # type: ignore[arg-type]
        asked.append(-1 if found is None else len(found))
        return found

    monkeypatch.setattr("torchgate.cli.migrate.checked", checked)
    results = [migrate("-v", "--check") for _ in range(2)]  # the second finds the first one's cache
    assert asked == [82, 82]
    monkeypatch.setattr(first, "_FEW", 0)
    results.append(migrate("-v", "--check"))
    assert asked[2] == -1
    assert results[0].out == (
        "pkg/a.py:1:1: TG101 would be migrated (toy)\n"
        f"{REFUSAL}"
        "pkg/b.py:1:1: TG101 suppressed: a comment suppresses it\n"
        "pkg/b.py:2:1: TG101 unsafe-rewrite: this rewrite can change behaviour; `--unsafe` makes it\n"
    )
    assert [(result.code, result.out, result.err) for result in results] == [
        (1, results[0].out, results[0].err)
    ] * 3


def test_names_that_are_no_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bytes that are no UTF-8 in a file's name: the module's name holds what no source can spell."""
    monkeypatch.chdir(tmp_path)
    files = {
        "torchgate.toml": "",
        "pkg/__init__.py": "",
        "pkg/b\udcff/__init__.py": "",
        "pkg/b\udcff/first.py": "import torch\n",
        "pkg/b\udcff/helper.py": (
            "from contextlib import contextmanager\n\nfrom .first import torch\n\n\n@contextmanager\n"
            "def default_dtype(dtype):\n    old = torch.get_default_dtype()\n"
            "    torch.set_default_dtype(dtype)\n    try:\n        yield\n"
            "    finally:\n        torch.set_default_dtype(old)\n"
        ),
        "pkg/b\udcff/use.py": (
            "from .first import torch\nfrom .helper import default_dtype\nfrom . import net\n\n\n"
            "def use(n):\n    with default_dtype(torch.float64):\n        return torch.zeros(n), net.Net()\n"
        ),
        "pkg/b\udcff/net.py": "import torch\n\n\nclass Net(torch.nn.Module):\n    pass\n",
        "x\udcff.py": (
            "import torch\nfrom torchgate.runtime import apply_torch_runtime, decide_torch_runtime\n\n\n"
            "def f():\n    return torch.zeros(3)\n\n\nif __name__ == '__main__':\n"
            "    handle = apply_torch_runtime(decide_torch_runtime())\n    f()\n"
        ),
    }
    try:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
    except OSError:
        pytest.skip("this file system has no such names")
    assert main(["migrate"]) == 1
    captured = capsys.readouterr()
    assert "fault" not in captured.err
    assert "not-verified" not in captured.out
    assert "def f(torch):" in (tmp_path / "x\udcff.py").read_text()
    assert main(["migrate", "--unsafe"]) == 1
    assert "fault" not in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "torchgate.toml").write_text("")
    (tmp_path / "a.py").write_text("import torch\n\n\ndef f():\n    return torch.zeros(3)\n")
    (tmp_path / "folder.py").mkdir()
    for name in ("pipe.py", "pipe.ipynb", "pipe.toml", "setup.cfg"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "loop.py").symlink_to("loop.py")
    for arguments in (["migrate"], ["migrate", "--diff", "--jobs", "2"], ["migrate", "pipe.py", "a.py"]):
        command = [sys.executable, "-m", "torchgate", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1, done.stderr
        assert "a.py:1:1: TG101 no-handle-in-reach" in done.stdout + done.stderr
