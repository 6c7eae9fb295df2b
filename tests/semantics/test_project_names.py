"""Names followed through packages whose own modules are called like what they define."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from torchgate.config_load import ConfigLoader
from torchgate.semantics.following import DEPTH, STEPS
from torchgate.semantics.project import Project
from torchgate.semantics.values import Ref


def _project(root: Path, files: dict[str, str]) -> Project:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (root / "torchgate.toml").write_text("", "utf-8")
    return Project(ConfigLoader(cwd=str(root)).for_folder(str(root)))


# botorch/sampling: a module, and in it a function of its name that the package takes up.
PACKAGE = {
    "botany/__init__.py": "",
    "botany/sampling/__init__.py": "from botany.sampling.get import get\n",
    "botany/sampling/get.py": (
        "from torch import Tensor\nfrom torch.nn import Module as Base\n\ndef get(): ...\n"
    ),
}


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("botany.sampling.get.Tensor", "torch.Tensor"),
        ("botany.sampling.get.Base", "torch.nn.Module"),
        ("botany.sampling.get", "botany.sampling.get.get"),
        ("botany.sampling.get.get", "botany.sampling.get.get"),
        ("botany.sampling.get.absent", "botany.sampling.get.absent"),
    ],
)
def test_a_module_hidden_by_what_it_defines_is_still_gone_through(
    tmp_path: Path, name: str, origin: str
) -> None:
    found = _project(tmp_path, PACKAGE).settle(Ref(name))
    assert isinstance(found, Ref)
    assert found.dotted == origin


def test_names_that_feed_each_other_end(tmp_path: Path) -> None:
    files = {
        "ring/__init__.py": "from ring.one import two\n",
        "ring/one.py": "from ring.two.x.y import one as two\nfrom ring.two.x.y import a as b\n",
        "ring/two.py": "from ring.one.two.b import two as x\nfrom ring.one.b.x import one as y\n",
    }
    project = _project(tmp_path, files)
    steps = []
    for name in ("ring.two.x.y", "ring.one.two.x", "ring.two.y.x.b", "ring.one.b.a"):
        assert isinstance(project.settle(Ref(name)), Ref)
        steps.append(project._steps)
    # Without the walls they double with every level; with them, what is under way still comes to its end.
    assert max(steps) < 20_000


def test_a_long_chain_of_re_exports_is_followed(tmp_path: Path) -> None:
    files = {f"chain/m{number}.py": f"from chain.m{number + 1} import Tensor\n" for number in range(100)}
    files |= {"chain/__init__.py": "", "chain/m100.py": "from torch import Tensor\n"}
    assert _project(tmp_path, files).settle(Ref("chain.m0.Tensor")).dotted == "torch.Tensor"  # type: ignore[union-attr]


def _chain(length: int) -> dict[str, str]:
    files = {f"long/m{index}.py": f"from long.m{index - 1} import torch\n" for index in range(1, length)}
    return {"long/__init__.py": "", "long/m0.py": "import torch\n", **files}


def _origins(project: Project, order: list[int]) -> list[str]:
    found = {index: project.settle(Ref(f"long.m{index}.torch")) for index in order}
    return [value.dotted if isinstance(value, Ref) else "" for _, value in sorted(found.items())]


@pytest.mark.parametrize("length", [220, DEPTH + 40])
def test_a_long_chain_says_the_same_in_any_order(tmp_path: Path, length: int) -> None:
    project = _project(tmp_path, _chain(length))
    forwards = _origins(project, list(range(length)))
    again = Project(project.config)
    assert _origins(again, list(reversed(range(length)))) == forwards
    assert forwards[:200] == ["torch"] * 200
    end = length - 1
    assert forwards[end] == ("torch" if length <= DEPTH else f"long.m{end}.torch")


def test_a_circle_says_the_same_in_any_order(tmp_path: Path) -> None:
    files = {
        "ring/__init__.py": "",
        "ring/one.py": "from ring.two import x\n",
        "ring/two.py": "from ring.three import x\n",
        "ring/three.py": "from ring.one import x\n",
    }
    names = [f"ring.{name}.x" for name in ("one", "two", "three")]
    config = _project(tmp_path, files).config
    for order in itertools.permutations(names):
        project = Project(config)
        found = {name: project.settle(Ref(name)) for name in order}
        alone = {name: Project(config).settle(Ref(name)) for name in names}
        assert {name: repr(value) for name, value in found.items()} == {
            name: repr(value) for name, value in alone.items()
        }


def test_many_questions_do_not_use_each_other_up(tmp_path: Path) -> None:
    files = {
        "many/__init__.py": "",
        "many/lib.py": "def get(torch):\n    return torch\n",
        "many/api.py": "from many.lib import get\n",
        "many/use.py": "from many.api import get\n\ndef again():\n    return get(1)\n",
    }
    project = _project(tmp_path, files)
    found = [project.result("many.use.again") for _ in range(STEPS)]
    assert all(isinstance(value, Ref) and value.is_handle for value in found)


def test_what_one_file_took_is_not_what_another_took(tmp_path: Path) -> None:
    files = {
        "shared/__init__.py": "",
        "shared/lib.py": "",
        "shared/modules.py": "import shared.lib as lib\n",
    }
    project = _project(tmp_path, files)
    taken, own = project.settle(Ref("shared.modules.lib")), project.settle(Ref("shared.lib"))
    assert isinstance(taken, Ref)
    assert isinstance(own, Ref)
    assert (taken.taken_from, own.taken_from) == ("shared.modules", "")
