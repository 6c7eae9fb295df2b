"""What the project puts in the place of torch's functions is seen in whichever form it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migrate.test_others import check_shares, task, write
from torchgate.migrate import torch_patches
from torchgate.migrate.result import Left
from torchgate.migrate.run import run

BLOCK = "import torch\n\n\ndef f():\n    with torch.device('cpu'):\n        return torch.zeros(3)\n"
# Each replaces ``torch.zeros``, or may.
FORMS = (Path(__file__).parent / "patched_torch.txt").read_text("utf-8").split("----\n")
# These replace something else.
OTHERS = {
    "read": "x = torch.zeros\n",
    "own attribute": "class A:\n    def f(self):\n        self.zeros = torch.zeros(3)\n",
    "own attributes": "def f(self, n):\n    setattr(self, n, torch.ones)\n    vars(self)[n] = 1\n",
    "another function": "torch.ones = len\nsetattr(torch, 'on' + 'es', len)\n",
    "another object": "def f(x, n):\n    setattr(x, n, 1)\n    x.__dict__.update(zeros=1)\n",
    "read dictionary": "x = torch.__dict__['zeros'], vars(torch).items()\n",
    "another object in a map": "def f(xs, n):\n    list(map(setattr, xs, n, [torch.ones]))\n",
    "another function in a map": "list(map(setattr, [torch.nn], ['x'], [len]))\n",
    "a function that reads": "def show(m, n):\n    return getattr(m, n)\n\n\nshow(torch, 'zeros')\n",
    "a function that writes to another": "def put(m, n, x):\n    setattr(x, n, m)\n\n\n"
    "put(torch, 'zeros', len)\n",
    "a function given less": "from helpers import show\n\nshow(torch, 'zeros')\nshow('zeros', torch, len)\n",
    "a default": "x = getattr(torch, 'zeros', None), hasattr(torch, 'zeros')\n",
    "a loop that reads": "for m in (torch, torch.nn):\n    print(m.zeros)\n    m = len\n",
    "a loop over others": "for m in (torch.nn, torch.fft):\n    m.zeros = len\n",
    "parameters that are read": "import pytest\n\n\n@pytest.mark.parametrize('m', [torch])\n"
    "def test_it(m, monkeypatch):\n    monkeypatch.setattr(len, 'zeros', m)\n",
    "torch taken away": "import sys\n\n\ndef test_it(monkeypatch):\n"
    "    monkeypatch.setitem(sys.modules, 'torch', None)\n"
    "    sys.modules['torchvision'] = len\n    del sys.modules['torch']\n",
    "another module's name": "import tests.other\nfrom unittest.mock import patch\n\n"
    "tests.other.torch = len\npatch('tests.other.torch')\n",
    "bare del": "x = torch.zeros  # del\n",
}


def project(form: str, block: str = BLOCK) -> dict[str, str]:
    return {
        "torchgate.toml": 'src = ["."]\n',
        "app/__init__.py": "",
        "app/ops.py": block,
        "app/other.py": "import torch\n",
        "tests/other.py": "import torch\n",
        "tests/test_it.py": form,
    }


def is_refused(root: Path, form: str, block: str = BLOCK) -> bool:
    write(root, project(form, block))
    result = run(task(root))
    assert not result.faults
    (site,) = [site for site in result.sites if site.site.code == "TG303"]
    return isinstance(site, Left)


@pytest.mark.parametrize("form", FORMS)
def test_what_replaces_a_function_of_torch_is_seen(tmp_path: Path, form: str) -> None:
    assert is_refused(tmp_path, form)


@pytest.mark.parametrize("form", FORMS)
def test_another_process_tells_what_it_has_seen(tmp_path: Path, form: str) -> None:
    assert check_shares(tmp_path, project(form)) > 0


WHOLE = [
    "import torch\n\ntorch.nn = len\n",
    "import torch\n\nsetattr(torch, 'nn', len)\n",
    "import sys\n\nsys.modules['torch.nn'] = len\n",
    "from unittest import mock\n\nmock.patch('torch.nn').start()\n",
    "import app.ops\n\napp.ops.torch = len\n",
]


@pytest.mark.parametrize("form", WHOLE)
def test_what_holds_it_is_replaced(tmp_path: Path, form: str) -> None:
    block = BLOCK.replace("torch.zeros(3)", "torch.nn.Linear(3, 3)")
    assert is_refused(tmp_path, form, block)
    assert not is_refused(tmp_path, form.replace("nn", "fft").replace("app.ops", "app.other"), block)


@pytest.mark.parametrize("form", OTHERS)
def test_what_replaces_something_else_is_no_obstacle(tmp_path: Path, form: str) -> None:
    assert not is_refused(tmp_path, f"import torch\n\n\n{OTHERS[form]}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"torch.zeros = 1", b"zeros"),
        (b"torch.nn.Linear.forward = 1", b"Linear"),
        (b"\nself.zeros = 1", None),
        (b"x = f(torch.zeros, y == 1)", None),
        (b"x = torch.zeros(3, out=y)", None),
        (b"def f(x: torch.zeros, y): pass", None),
        (b"# del\ntorch.zeros(1)", None),
    ],
)
def test_words_that_are_written(text: bytes, words: bytes | None) -> None:
    found = torch_patches._written_words(text)
    assert words in found if words is not None else b"zeros" not in found


@pytest.mark.parametrize("word", ["for x ", "del ", "del x.nn ", "(torch ", "x.y ", "setattr ", "modules "])
def test_long_texts_are_gone_through_once(tmp_path: Path, word: str) -> None:
    """One line of 400,000 characters, in which a pattern that begins at every word takes minutes."""
    text = word * (400_000 // len(word))
    files = project(f"import torch\ny.z = 1\nTEXT = '''{text}'''\n")
    write(tmp_path, {**files, "app/ops.py": BLOCK.replace("zeros(3)", "nn.functional.relu(torch.zeros(3))")})
    assert len(run(task(tmp_path)).sites) > 1
