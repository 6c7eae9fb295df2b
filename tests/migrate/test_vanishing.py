"""Files that somebody takes away or changes while a run is at work: no fault, and every site is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.migrate.test_others import task, write
from torchgate.migrate import run as running
from torchgate.migrate.refusals.reason import RefusalReason
from torchgate.migrate.result import Left, Result

PROJECT = {
    "torchgate.toml": 'runtime-modules = ["app.runtime"]\nfacade-modules = ["app.facade"]\n',
    "app/__init__.py": "",
    "app/runtime.py": "def configure():\n    import torch\n\n"
    "    torch.backends.cudnn.deterministic = True\n    return torch\n",
    "app/facade.py": "import torch\n",
    "app/ops.py": "import torch\n\n\ndef double(x):\n    return torch.add(x, x)\n",
    "app/mid.py": "from app.ops import *\n\n\ndef go(torch):\n    return double(1)\n",
    "app/block.py": "import torch\n\n\ndef f():\n"
    "    with torch.device('cpu'):\n        return torch.zeros(3)\n",
    "app/bound.py": "import torch\n\nX = torch.zeros(3)\n",
    "app/taker.py": "from app.facade import torch\n\n\ndef g(torch_handle):\n    return torch.ones(1)\n",
    "app/__main__.py": "from app.mid import go\nfrom app.runtime import configure\n"
    "from app.taker import g\n\n\n"
    "def main():\n    torch = configure()\n    print(go(torch), g(torch))\n\n\n"
    "if __name__ == '__main__':\n    main()\n",
    "tests/test_x.py": "from app.ops import double\n\n\ndef test_a(torch_handle):\n    assert double(1)\n",
}
VICTIMS = [path for path in PROJECT if path.endswith(".py")]
UNEXPECTED = {RefusalReason.NOT_VERIFIED, RefusalReason.NO_CODEMOD, RefusalReason.READ_ONLY_FILE}


def interrupted(
    root: Path, monkeypatch: pytest.MonkeyPatch, moment: tuple[str, int], act: Callable[[], None], jobs: int
) -> Result:
    """A run in which something happens after the files were linted, or decided about, so many times."""
    done = {"lint": 0, "decide": 0}

    def after(what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            result = function(*arguments, **options)
            done[what] += 1
            if (what, done[what]) == moment:
                act()
            return result

        return call

    write(root, PROJECT)
    with monkeypatch.context() as patch:
        patch.setattr(running, "lint", after("lint", running.lint))
        patch.setattr(running._Run, "_decisions", after("decide", running._Run._decisions))
        return running.run(task(root, jobs=jobs))


@pytest.mark.parametrize(
    ("moment", "jobs"),
    [
        (("lint", 1), 1),
        (("lint", 1), 2),
        (("decide", 1), 1),
        (("decide", 1), 2),
        (("lint", 2), 1),
        (("decide", 2), 1),
        (("lint", 3), 1),
    ],
)
def test_a_file_that_vanishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: tuple[str, int], jobs: int
) -> None:
    write(tmp_path, PROJECT)
    whole = {site.site.place for site in running.run(task(tmp_path)).sites}
    told = set()
    for victim in VICTIMS:
        root = tmp_path / victim.replace("/", "-")
        result = interrupted(root, monkeypatch, moment, (root / victim).unlink, jobs)
        assert not result.faults, (victim, result.faults)
        left = [site for site in result.sites if isinstance(site, Left)]
        assert not [site for site in left if site.reason in UNEXPECTED], victim
        assert len({site.site.place for site in result.sites}) == len(whole), victim
        told |= {victim for site in left if site.reason is RefusalReason.FILE_CHANGED}
    assert told or moment == ("lint", 3)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_folder_that_vanishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    for moment in (("lint", 1), ("decide", 1), ("lint", 2)):
        root = tmp_path / f"{moment[0]}{moment[1]}"
        result = interrupted(root, monkeypatch, moment, lambda root=root: shutil.rmtree(root / "app"), jobs)
        assert not result.faults, (moment, result.faults)
        assert not [site for site in result.sites if isinstance(site, Left) and site.reason in UNEXPECTED]


def test_a_file_that_changes_so_that_another_finding_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody's edit is to blame for it."""

    def change() -> None:
        (tmp_path / "app" / "facade.py").write_text("X = 1\n", "utf-8")
        (tmp_path / "app" / "bound.py").write_text("import torch\nimport torch.nn\n\nX = torch.nn\n", "utf-8")

    result = interrupted(tmp_path, monkeypatch, ("decide", 1), change, 1)
    assert not result.faults, result.faults
    reasons = {site.reason for site in result.sites if isinstance(site, Left)}
    assert RefusalReason.FILE_CHANGED in reasons
    assert not reasons & UNEXPECTED
