"""A refusal names what is really in the way, at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migrate.differential.vocabulary import HELPERS
from tests.migrate.test_others import task, write
from torchgate.migrate.result import Left
from torchgate.migrate.run import run

ITEMS = """
import torch


class Items:
    def __getitem__(self, index):
        return torch.zeros(index)
"""
HEAD = """
from typing import Optional, Tuple

import torch
from app.helpers import default_device, default_dtype
"""
DEVICE, DTYPE = 'default_device("meta")', "default_dtype(torch.float64)"


def project(context: str, parameters: str, line: str, head: str = "") -> dict[str, str]:
    block = (
        f"def f({parameters}):\n    with {context}:\n        y = {line}\n        return torch.zeros(3), y\n"
    )
    return {
        "torchgate.toml": 'torch-bound-modules = ["app.*"]\n',
        "app/__init__.py": "",
        "app/helpers.py": HELPERS,
        "app/items.py": ITEMS,
        "app/main.py": f"{HEAD}{head}\n\n{block}",
    }


def refusal(root: Path, files: dict[str, str]) -> tuple[str, str, int] | None:
    """The reason, the words and the line of the refused block."""
    write(root, files)
    result = run(task(root))
    assert not result.faults
    for site in result.sites:
        at_block = site.site.place.path.endswith("main.py") and site.site.code == "TG302"
        if at_block and site.site.codemod == "default-device" and isinstance(site, Left):
            return site.reason.value, site.detail, (site.at or site.site.place).line
    return None


@pytest.mark.parametrize(
    ("context", "parameters", "line", "words"),
    [
        (DTYPE, "x", "x * 0.5", "`x` is not known, and may be a tensor of integers"),
        (DTYPE, "x: torch.Tensor", "x * 0.5", "`x` is a tensor, and its dtype is not known"),
        (DTYPE, "x: torch.Tensor", "x.long() * 0.5", "`x.long()` may be a tensor of integers"),
        (DTYPE, "x", "max(x, 0.5)", "`max(x, 0.5)`: `x` is not known"),
        (DTYPE, "x", "max(x)", "`max(x)`: what `x` holds is not known"),
        (DTYPE, "x", "0.5 in x", "`0.5 in x`: `x` is not known, and may be a tensor of integers"),
        (
            DEVICE,
            "x",
            "torch.distributions.Normal(x, 1.0)",
            "makes tensors of numbers, on the default device",
        ),
        (DEVICE, "x", "torch.distributions.Normal(x, x)", "`x` may be a number, and would become a tensor"),
        (DEVICE, "loader", "[i for i in loader]", "what iterating over `loader` runs is not known"),
        (DEVICE, "x", "[i for i in x]", "what iterating over `x` runs is not known"),
        (DTYPE, "x", "f'{list(x)}'", "what `list(x)` holds may be a tensor"),
        (DTYPE, "x", "f'{x}'", "`x` may be a tensor"),
    ],
)
def test_the_operand_is_named(tmp_path: Path, context: str, parameters: str, line: str, words: str) -> None:
    found = refusal(tmp_path, project(context, parameters, line))
    assert found is not None
    _, detail, at = found
    assert words in detail
    assert at == 10


@pytest.mark.parametrize(
    ("context", "parameters", "line"),
    [
        (DEVICE, "x", "x.shape[0]"),
        (DTYPE, "x", "x.shape[0] / 2"),
        (DTYPE, "sizes: Tuple[int, int]", "sizes[0] / 2"),
        (DTYPE, "sizes: tuple[int, ...]", "[i * 0.5 for i in sizes]"),
        (DTYPE, "names: list[int]", "[i * 0.5 for i in names]"),
        (DTYPE, "n: int | None", "(n or 1) * 0.5"),
        (DTYPE, "n: Optional[int]", "n == 0.5"),
        (DEVICE, "x: torch.Tensor", "torch.distributions.Normal(x, x, validate_args=False)"),
        (DTYPE, "x", "torch.distributions.Normal(torch.zeros(2), torch.ones(2), validate_args=False)"),
        (DEVICE, "", "torch.distributed.is_initialized() and torch.distributed.get_rank()"),
    ],
)
def test_nothing_is_in_the_way(tmp_path: Path, context: str, parameters: str, line: str) -> None:
    assert refusal(tmp_path, project(context, parameters, line)) is None


def test_a_shape_of_the_projects_own(tmp_path: Path) -> None:
    files = project(DEVICE, "x", "x.shape[0]")
    files["app/other.py"] = "class Other:\n    def __init__(self, items):\n        self.shape = items\n"
    found = refusal(tmp_path, files)
    assert found is not None
    assert "`x.shape[0]` may run `Items.__getitem__`" in found[1]


def test_what_is_declared_as_a_loader(tmp_path: Path) -> None:
    head = "from torch.utils.data import DataLoader\n"
    found = refusal(tmp_path, project(DEVICE, "x: DataLoader", "[i for i in x]", head))
    assert found is not None
    assert found[0] == "data-loading"


def test_views_of_a_dict_are_no_loader(tmp_path: Path) -> None:
    text = (
        f"{HEAD}\n\ndef f(datasets):\n    if isinstance(datasets, dict):\n"
        "        datasets = datasets.values()\n"
        f"    with {DEVICE}:\n        return torch.zeros(3), [i for i in datasets]\n"
    )
    found = refusal(tmp_path, {**project(DEVICE, "x", "x"), "app/main.py": text})
    assert found is not None
    assert found[0] == "implicit-call"
    assert "what iterating over `datasets` runs is not known" in found[1]


def test_a_base_class_of_the_project(tmp_path: Path) -> None:
    head = "from app.made import Base\n\n\nclass Own(Base):\n    pass\n"
    files = project(DEVICE, "x", "Own()", head)
    files["app/made.py"] = (
        "import os\n\n\nclass A:\n    pass\n\n\nclass B:\n    pass\n\n\n"
        "Base = A if os.environ.get('X') else B\n"
    )
    found = refusal(tmp_path, files)
    assert found is not None
    assert found[0] == "unknown-callee"
    assert "what class `app.made.Base` of the project is cannot be told" in found[1]


def test_a_fixture_is_no_helper(tmp_path: Path) -> None:
    text = (
        "import pytest\nimport torch\n\n\n@pytest.fixture\ndef placed(dtype):\n"
        "    torch.set_default_dtype(dtype)\n    yield\n    torch.set_default_dtype(torch.float32)\n"
    )
    write(tmp_path, {"torchgate.toml": "", "tests/conftest.py": text})
    sites = [site for site in run(task(tmp_path)).sites if site.site.code != "TG101"]
    assert len(sites) == 3
    for site in sites:
        assert isinstance(site, Left)
        assert site.detail.startswith("`placed` is a fixture: the tests that ask")


@pytest.mark.parametrize(
    ("body", "call", "words"),
    [
        (
            "    def __init__(self, make):\n        self.make = make\n",
            "make(x)",
            "what `self.make` holds is not known",
        ),
        ("", "assertEqual(x, 1)", "`Own` has it from outside the project, from `unittest.TestCase`"),
        ("", "other.go(x)", "the class of `self.other` is not known"),
    ],
)
def test_what_self_calls(tmp_path: Path, body: str, call: str, words: str) -> None:
    text = (
        f"{HEAD}import unittest\n\n\nclass Own(unittest.TestCase):\n{body}\n    def f(self, x):\n"
        f"        with {DEVICE}:\n            self.{call}\n            return torch.zeros(3)\n"
    )
    found = refusal(tmp_path, {**project(DEVICE, "x", "x"), "app/main.py": text})
    assert found is not None
    assert found[0] == "unknown-callee"
    assert words in found[1]


OVERLOADS = "@typing.overload\ndef g(x: int) -> int: ...\ndef g(x):\n    return torch.zeros(3)\n"
BRANCHES = "if torch:\n    def g(x):\n        return x\nelse:\n    def g(x):\n        return torch.zeros(3)\n"


@pytest.mark.parametrize(
    ("defines", "header", "call", "words"),
    [
        ("class M:\n    @classmethod\n", "    def of(cls)", "cls(3)", "what `cls` is depends on who calls"),
        (OVERLOADS, "def of()", "g(3)", "it has overloads, and a parameter would have to be added to each"),
        (BRANCHES, "def of()", "g(3)", "which of its definitions is called depends on the path taken"),
    ],
)
def test_what_a_name_may_be(tmp_path: Path, defines: str, header: str, call: str, words: str) -> None:
    block = f"        with {DEVICE}:\n            return torch.zeros(1), {call}\n"
    text = f"{HEAD}import typing\n\n\n{defines}{header}:\n{block}"
    found = refusal(tmp_path, {**project(DEVICE, "x", "x"), "app/main.py": text})
    assert found is not None
    assert found[0] == "unknown-callee"
    assert words in found[1]


@pytest.mark.parametrize(
    ("files", "call", "reason", "words"),
    [
        (
            {"app/deco.py": "def kept(cls):\n    return cls\n"},
            "Own()",
            "decorated-function",
            "the class `Own` is decorated with `app.deco.kept`",
        ),
        (
            {"app/swap.py": "import torch\n\n\ndef swap(name):\n    setattr(torch, name, print)\n"},
            "torch.ones(1)",
            "module-written",
            "something else is put in the place of any name of `torch` (swap.py:5)",
        ),
    ],
)
def test_what_is_named(tmp_path: Path, files: dict[str, str], call: str, reason: str, words: str) -> None:
    own = "import app.deco\n\n\n@app.deco.kept\nclass Own:\n    pass\n" if call == "Own()" else ""
    found = refusal(tmp_path, {**project(DEVICE, "", call, own), **files})
    assert found is not None
    assert found[0] == reason
    assert words in found[1]


def test_a_long_chain_of_classes(tmp_path: Path) -> None:
    text = f"{HEAD}\n\nclass C0:\n    def __init__(self):\n        self.w = torch.zeros(3)\n"
    for number in range(1, 300):
        text += f"\n\nclass C{number}(C{number - 1}):\n    def __init__(self):\n        super().__init__()\n"
    text += f"\n\ndef main():\n    with {DEVICE}:\n        return C299()\n"
    files = {**project(DEVICE, "x", "x"), "app/main.py": text}
    assert refusal(tmp_path, files) is None


def test_a_mode_in_a_comment_is_none(tmp_path: Path) -> None:
    files = project(DEVICE, "", "1")
    files["app/notes.py"] = '"""Not a TorchFunctionMode."""\n\n# nor a TorchDispatchMode\n'
    assert refusal(tmp_path, files) is None
    files = {**project(DEVICE, "", "1"), "app/notes.py": 'NAME = "TorchFunctionMode"\n'}
    found = refusal(tmp_path, files)
    assert found is not None
    assert found[0] == "implicit-call"
    assert "sees every keyword (notes.py:1)" in found[1]


def test_what_only_restores(tmp_path: Path) -> None:
    text = (
        "import torch\nfrom app import state\n\n\ndef run():\n    old = torch.get_default_dtype()\n"
        "    state.prepare()\n    yield\n    torch.set_default_dtype(old)\n"
    )
    write(tmp_path, {**project(DEVICE, "", "1"), "app/run.py": text})
    sites = [site for site in run(task(tmp_path)).sites if site.site.place.path.endswith("run.py")]
    left = [site for site in sites if isinstance(site, Left) and site.site.code == "TG301"]
    assert [(site.reason.value, site.detail) for site in left] == [
        ("restore-not-paired", "`torch.set_default_dtype(old)` restores what other code has changed")
    ]
