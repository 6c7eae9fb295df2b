"""The hooks, run by the real pre-commit from a clone of this repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from torchgate.cli import check, migrate

ROOT = Path(__file__).parents[1]


def hooks() -> list[dict[str, str]]:
    yaml = pytest.importorskip("yaml")
    loaded: list[dict[str, str]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    return loaded


def test_the_entries_are_commands_that_exist() -> None:
    assert [hook["id"] for hook in hooks()] == [
        "torchgate",
        "torchgate-migrate",
        "torchgate-project",
        "torchgate-docs",
    ]
    for hook in hooks():
        program, command, *options = hook["entry"].split()
        given = {"check": check, "migrate": migrate}[command].parse(options)
        assert program == "torchgate"
        assert given.flag("force_exclude")
        assert given.flag("exit_zero_on_refusal") == (hook["id"] == "torchgate-migrate")
        assert hook["require_serial"] is True


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True, env=clean()
    )
    return done.stdout.strip()


def clean() -> dict[str, str]:
    """Without what a surrounding git hook or pytest run sets."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTEST", "COV"))
    }


@pytest.fixture(scope="module")
def hook_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The work tree as a repository of its own: what a user gets from this commit."""
    folder = tmp_path_factory.mktemp("hooks") / "torchgate"
    for name in ("src", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            listed = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z", name)
            for path in filter(None, listed.split("\0")):
                if (ROOT / path).is_file():
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).write_bytes((ROOT / path).read_bytes())
        else:
            target.write_bytes(source.read_bytes())
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "all")
    return folder


def pre_commit(project: Path, home: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=project,
        env={**clean(), "PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    output = done.stdout + done.stderr
    if "No matching distribution found for hatchling" in output:
        pytest.skip("no package index: the hook's environment cannot be built")
    return done.returncode, output


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for path, text in {
        "pyproject.toml": "[tool.torchgate]\nextend-exclude = ['vendored']\n",
        "src/app/a.py": "import torch\n",
        "src/app/typed.pyi": "import os\n",
        "src/app/clean file.py": "import os\n",
        "vendored/b.py": "import torch\n",
        "notes.txt": "import torch\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    return tmp_path


def test_try_repo(project: Path, hook_repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    code, output = pre_commit(project, home, "try-repo", str(hook_repository), "torchgate", "--all-files")
    assert code == 1, output
    assert "src/app/a.py:1:1: TG101 " in output
    assert "1 finding in 3 files" in output
    assert "vendored/" not in output


def test_both_hooks_in_an_environment_without_torch(
    project: Path, hook_repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")
    revision = git(hook_repository, "rev-parse", "HEAD")
    (project / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hook_repository}\n  rev: {revision}\n"
        "  hooks: [{id: torchgate}, {id: torchgate-project}]\n"
    )
    code, output = pre_commit(
        project, home, "run", "torchgate", "--files", "src/app/clean file.py", "notes.txt"
    )
    assert code == 0, output
    code, output = pre_commit(project, home, "run", "torchgate", "--files", "src/app/a.py", "vendored/b.py")
    assert code == 1, output
    assert "src/app/a.py:1:1: TG101 " in output
    assert "vendored/b.py:" not in output
    # The whole project, although only a clean file was passed.
    code, output = pre_commit(project, home, "run", "torchgate-project", "--files", "src/app/clean file.py")
    assert code == 1, output
    assert "src/app/a.py:1:1: TG101 " in output

    (environment,) = home.glob("repo*/py_env-*")
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    find = "import importlib.util as u; print([n for n in ('torch', 'libcst', 'flake8') if u.find_spec(n)])"
    done = subprocess.run([str(python), "-I", "-c", find], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_hook_for_documents(
    project: Path, hook_repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """All that pre-commit takes for Markdown, reStructuredText and notebooks is read as what it is."""
    for name in ("a.md", "b.markdown", "C.MD", "d.rst", "vendored/e.md", "with space.md"):
        (project / name).write_text("Always import the facade before torch.\n", "utf-8")
    (project / "f.ipynb").write_text('{"cells": [{"cell_type": "code", "source": "import torch"}]}')
    git(project, "add", "-A")
    home = tmp_path_factory.mktemp("home")
    hook = "torchgate-docs"
    code, output = pre_commit(project, home, "try-repo", str(hook_repository), hook, "--all-files")
    assert code == 1, output
    for name in ("a.md", "b.markdown", "C.MD", "d.rst", "with space.md"):
        assert f"{name}:1:1: TG206 " in output
    assert "f.ipynb:cell 1:1:1: TG101 " in output
    assert "6 findings in 6 files" in output


def test_the_migrating_hook(
    project: Path, hook_repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Red where it changed a file, green where it refused, and only LibCST beside torchgate."""
    home = tmp_path_factory.mktemp("home")
    revision = git(hook_repository, "rev-parse", "HEAD")
    (project / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hook_repository}\n  rev: {revision}\n  hooks: [{{id: torchgate-migrate}}]\n"
    )
    (project / "pyproject.toml").write_text("[tool.torchgate]\ntorch-bound-modules = ['app.*']\n")
    helpers = project / "src" / "app" / "helpers.py"
    helpers.write_text(
        "import contextlib\nimport torch\n\n\n@contextlib.contextmanager\ndef default_device(device):\n"
        "    old = torch.get_default_device()\n    torch.set_default_device(device)\n    try:\n"
        "        yield\n    finally:\n        torch.set_default_device(old)\n"
    )
    use = project / "src" / "app" / "use.py"
    use.write_text(
        "import torch\nfrom app.helpers import default_device\n\n\ndef f(n):\n"
        "    with default_device('meta'):\n        return torch.zeros(n)\n"
    )
    git(project, "add", "-A")
    code, output = pre_commit(project, home, "run", "torchgate-migrate", "--all-files")
    assert code == 1, output
    assert "files were modified by this hook" in output
    assert use.read_text().endswith("def f(n):\n    return torch.zeros(n, device='meta')\n")
    git(project, "add", "-A")
    code, output = pre_commit(project, home, "run", "torchgate-migrate", "--all-files", "--verbose")
    assert code == 0, output
    assert "src/app/helpers.py:6:1: TG305 " in output
    (environment,) = home.glob("repo*/py_env-*")
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    find = "import importlib.util as u; print([n for n in ('torch', 'libcst', 'flake8') if u.find_spec(n)])"
    done = subprocess.run([str(python), "-I", "-c", find], capture_output=True, text=True, check=True)
    assert done.stdout == "['libcst']\n"
