"""Names followed through packages whose own modules are called like what they define."""

from __future__ import annotations

from pathlib import Path

import pytest

from torchgate.config_load import ConfigLoader
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
