"""What ``torchgate migrate`` does not do: load LibCST for nothing, open files with it, read files twice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from torchgate.cli import main

# A site for every codemod, and none of them can be migrated.
REFUSED = {
    "torchgate.toml": 'src = ["."]\nfacade-modules = ["app.facade"]\ntorch-bound-modules = ["app.net"]\n',
    "app/__init__.py": "",
    "app/facade.py": "import torch\n",
    "app/net.py": "import torch\n\n\nclass Net(torch.nn.Module):\n    pass\n",
    "app/helpers.py": (
        "import contextlib\n\nimport torch\n\n\n@contextlib.contextmanager\ndef default_device(name):\n"
        "    torch.set_default_device(name)\n    yield\n    torch.set_default_device('cpu')\n"
    ),
    "app/use.py": (
        "from app.facade import torch\nfrom app.helpers import default_device\nfrom app.net import Net\n\n"
        "ONE = torch.ones(1)\n\n\ndef run(make):\n    with default_device('cuda'):\n        make(Net())\n"
    ),
    "app/gate.py": (
        "from torchgate.runtime import apply_torch_runtime, decide_torch_runtime\n\n"
        "HANDLE = apply_torch_runtime(decide_torch_runtime())\n\n\ndef held():\n    return HANDLE\n"
    ),
}
EDITED = "def double(torch, x):\n    return torch.add(x, x)\n\n\ndef one():\n    import torch\n"
PROGRAM = """
import sys
{before}
from torchgate.cli import main
code = main(["migrate", "--check", "."])
print(code, *sorted(name for name in ("libcst", "torch") if name in sys.modules), file=sys.stderr)
{after}
"""
COUNT = """
import libcst
opened = []
real = libcst.parse_module
def parse_module(source, *rest, **named):
    opened.append(source)
    return real(source, *rest, **named)
libcst.parse_module = parse_module
"""


def project(folder: Path, **more: str) -> None:
    for name, text in {**REFUSED, **more}.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def process(folder: Path, before: str = "", after: str = "") -> tuple[list[str], str]:
    """What a process of its own prints, and says at its end."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=before, after=after)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    )
    return done.stdout.splitlines(), done.stderr


def test_refusals_of_every_codemod_load_no_libcst(tmp_path: Path) -> None:
    project(tmp_path)
    told, said = process(tmp_path)
    codes = {line.split()[1] for line in told}
    assert codes == {"TG101", "TG107", "TG201", "TG204", "TG205", "TG301", "TG302", "TG305"}
    assert said.splitlines()[-1] == "1"


def test_libcst_is_loaded_where_something_is_edited(tmp_path: Path) -> None:
    project(tmp_path, **{"app/edited.py": EDITED})
    told, said = process(tmp_path)
    assert "app/edited.py:6:5: TG101 would be migrated (handle-injection)" in told
    assert said.splitlines()[-1] == "1 libcst"


def test_libcst_opens_the_edited_files_alone(tmp_path: Path) -> None:
    project(tmp_path, **{"app/edited.py": EDITED})
    _, said = process(tmp_path, COUNT, "print(opened, file=sys.stderr)")
    assert said.splitlines()[-1] == repr([EDITED])


def test_a_run_without_edits_reads_every_file_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The linter has understood them all; what the codemods ask about files without sites rests on that."""
    import torchgate.migrate.project as migration
    import torchgate.semantics.module as semantics

    asked = "from app import helpers\n\n\ndef made(Net):\n    return Net, helpers.contextlib\n"
    project(tmp_path, **{"app/other.py": asked})
    monkeypatch.chdir(tmp_path)
    count: Counter[str] = Counter()
    real = semantics.analyze

    def analyze(source: object, *rest: object) -> object:
        count[source.path] += 1  # type: ignore[attr-defined]
        return real(source, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(semantics, "analyze", analyze)
    monkeypatch.setattr(migration, "analyze", analyze)
    assert main(["migrate", "."]) == 1
    capsys.readouterr()
    assert sorted(os.path.basename(path) for path in count) == sorted(
        os.path.basename(name) for name in [*REFUSED, "app/other.py"] if name.endswith(".py")
    )
    assert set(count.values()) == {1}


def test_without_room_the_results_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import torchgate.migrate.linting as linting

    project(tmp_path, **{"app/edited.py": EDITED, "app/other.py": "from app import gate\n"})
    monkeypatch.chdir(tmp_path)
    kept: list[int] = []
    real = linting.lint

    def lint(*arguments: object, **named: object) -> linting.Linted:
        found = real(*arguments, **named)  # type: ignore[arg-type]
        kept.append(len(found.units))
        return found

    monkeypatch.setattr("torchgate.migrate.run.lint", lint)
    told = []
    for room in (linting.ROOM, 0):
        monkeypatch.setattr(linting, "ROOM", room)
        assert main(["migrate", "--check", "-v"]) == 1
        told.append(capsys.readouterr())
    assert told[0] == told[1]
    files = sum(name.endswith(".py") for name in REFUSED) + 2
    assert kept[0] == files > kept[len(kept) // 2]


@pytest.mark.parametrize("bound", [True, False])
def test_files_that_may_import_torch_are_not_taken_for_sites(
    tmp_path: Path, bound: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where few files have sites, `check` looks first, in all its processes and with its cache."""
    import torchgate.cli._migrate_check as first

    (tmp_path / "net").mkdir()
    for number in range(80):
        (tmp_path / "net" / f"part{number}.py").write_text("import torch\n\nONE = torch.ones(1)\n")
    listed = '"net.*"' if bound else ""
    (tmp_path / "torchgate.toml").write_text(f'src = ["."]\ntorch-bound-modules = [{listed}]\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TORCHGATE_CACHE_DIR", str(tmp_path / "cache"))
    found: list[bool] = []
    real = first.checked

    def checked(*arguments: object) -> object:
        outcomes = real(*arguments)  # type: ignore[arg-type]
        found.append(outcomes is not None)
        return outcomes

    monkeypatch.setattr("torchgate.cli.migrate.checked", checked)
    assert main(["migrate", "--check", "-q"]) == (0 if bound else 1)
    assert len(capsys.readouterr().out.splitlines()) == (0 if bound else 80)
    assert found == [bound]
