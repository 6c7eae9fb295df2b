"""Builder functions: what a second run says, and what the real torch makes of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.migrate.handles.casefile import Case, read_cases
from tests.migrate.handles.test_cases import migrate
from torchgate.migrate.handles.builders import builder_name
from torchgate.migrate.result import Left, Migrated

CASES = [case for case in read_cases(Path(__file__).parent / "builders.md") if case.unsafe]

NET = """
import torch
from torch import Tensor, nn


def soft(x):
    return torch.softmax(x, -1)


class Block(nn.Module):
    wide = 4

    def __init__(self, size, activation=torch.relu):
        super().__init__()
        self.line = nn.Linear(size, self.wide)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.line(x))


class Net(Block):
    def __init__(self):
        super().__init__(3)
        self.inner = Block(self.wide)

    def forward(self, x: Tensor) -> Tensor:
        return soft(self.inner(super().forward(x)))

    def twin(self):
        return Net()
"""
TRAIN = """
import copy
import pickle

from app.net import Block, Net


def make():
    return Net()


def train(torch):
    torch.manual_seed(0)
    net = make()
    assert isinstance(net, Net) and isinstance(net.twin(), (Net, int)) and issubclass(Net, Block)
    assert type(net) is type(make()) and Net.wide == 4
    twin = copy.deepcopy(net)
    twin.load_state_dict(net.state_dict())
    return twin(torch.ones(2, 3)).tolist(), repr(net), sorted(net.state_dict())


def keep(torch):
    return len(pickle.dumps(Net()))
"""
PROGRAM = "import torch\nfrom app.train import train\nprint(train(torch))\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_second_run_changes_nothing(case: Case, tmp_path: Path) -> None:
    first = migrate(tmp_path, case.before, case.config, unsafe=True)
    new = {Path(path).relative_to(tmp_path).as_posix(): text for path, text in first.rewrites.items()}
    after = {**case.before, **{path: rewrite.after.decode() for path, rewrite in new.items()}}
    second = migrate(tmp_path, after, case.config, unsafe=True)
    assert not second.faults
    assert not second.rewrites
    assert not [site for site in second.sites if isinstance(site, Migrated)]


def test_without_the_option_nothing_is_changed_and_nothing_is_looked_for(tmp_path: Path) -> None:
    result = migrate(tmp_path, {"app/net.py": NET, "app/train.py": TRAIN}, "")
    assert not result.rewrites
    for site in result.sites:
        assert isinstance(site, Left)
        assert site.reason.value == "torch-at-import-time"
        assert site.detail.endswith("app/train.py:5; `--unsafe` may turn its classes into builder functions")


@pytest.mark.torch
def test_the_real_torch_gives_the_same_before_and_after(tmp_path: Path) -> None:
    result = migrate(tmp_path, {"app/net.py": NET, "app/train.py": TRAIN}, "", unsafe=True)
    assert not [site for site in result.sites if isinstance(site, Left)]
    before = _printed(tmp_path)
    kept = PROGRAM.replace("train(torch)", "keep(torch)").replace("import train", "import keep")
    assert _run(tmp_path, kept).returncode == 0
    for path, rewrite in result.rewrites.items():
        Path(path).write_bytes(rewrite.after)
    assert "import torch" not in (tmp_path / "app/net.py").read_text("utf-8").replace("    from", "")
    assert _printed(tmp_path) == before != ""
    assert "build_net.<locals>.Net" in _run(tmp_path, kept).stderr  # as docs/migrate.md warns


def _run(root: Path, program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False
    )


def _printed(root: Path) -> str:
    done = _run(root, PROGRAM)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Net", "build_net"),
        ("ResNet50", "build_res_net50"),
        ("MLP", "build_mlp"),
        ("LSTMCell", "build_lstm_cell"),
        ("_Hidden", "_build_hidden"),
        ("lower_case", "build_lower_case"),
    ],
)
def test_names_of_builders(name: str, wanted: str) -> None:
    assert builder_name(name) == wanted
