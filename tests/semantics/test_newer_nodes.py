"""Trees that only newer versions of Python make, read by any: what Python 3.15 added."""

from __future__ import annotations

import ast

import pytest

from torchgate.config import Config
from torchgate.semantics.module import analyze, glance
from torchgate.semantics.summary import Summary
from torchgate.source import Source

_CONFIG = Config(project_names=frozenset({"app"}))


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every import statement is lazy, and every dict comprehension unpacks its keys."""

    def parse(source: Source) -> ast.Module:
        tree = ast.parse(source.text)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                node.is_lazy = 1  # type: ignore[union-attr]
            elif isinstance(node, ast.DictComp):
                node.value = None  # type: ignore[assignment]
        return tree

    monkeypatch.setattr("torchgate.semantics.text.parse", parse)
    monkeypatch.setattr("torchgate.semantics.module.parse", parse)


@pytest.mark.parametrize(
    ("text", "imported"),
    [
        ("import torch\nimport os\n", []),
        ("import torch\nimport os\nx = torch.float32\n", ["torch"]),
        ("import torch as t, os\nclass A:\n    x = t\n", ["torch"]),
        ("from torch import nn\ndef f():\n    return nn\n", []),
        ("from torch import nn\ndef f(x=nn): pass\n", ["torch.nn"]),
        ("import torch\nx = lambda: torch.x\n", []),
        ("import torch\nx = [torch.a for y in z]\n", ["torch"]),
        ("import torch\nh = None\ndef f():\n    global h\n    h = torch.ones\n", []),
        ("import torch\nif __name__ == '__main__':\n    torch.ones(1)\n", []),
    ],
)
@pytest.mark.usefixtures("newer")
def test_a_lazy_import_imports_when_its_name_is_used(text: str, imported: list[str]) -> None:
    info = _CONFIG.info("app.a")
    summary = Summary("app.a", glance(Source.from_text("a.py", text), _CONFIG, info))
    assert summary.imports == imported
    assert {"torch", "t", "nn"} & summary.exports.keys()


@pytest.mark.usefixtures("newer")
def test_a_dict_comprehension_may_unpack() -> None:
    text = "import torch\nx = {torch.float32: 0 for y in z}\n"
    module = analyze(Source.from_text("a.py", text), _CONFIG, _CONFIG.info("app.a"))
    assert [reference.value.dotted for reference in module.references] == ["torch.float32"]  # type: ignore[union-attr]
