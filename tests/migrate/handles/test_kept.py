"""``self.torch`` stands for the handle only where every object has been through ``__init__``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migrate.test_others import check_shares, task, write
from torchgate.migrate.result import Left
from torchgate.migrate.run import run

PROJECT = {
    "torchgate.toml": 'src = ["."]\n',
    "app/__init__.py": "",
    "app/ops.py": "import torch as t\n\n\nclass Maker:\n"
    "    def __init__(self, torch):\n        self.torch = torch\n\n"
    "    @staticmethod\n    def new(torch):\n        return Maker(torch)\n\n"
    "    def go(self):\n        return t.ones(1)\n",
    "app/mid.py": "import app.ops\nfrom app.ops import Maker as Renamed\n",
}
# ``use.py``; what stands behind ``---`` is added to ``mid.py``.
OTHERS = {
    "subclass": "from app.ops import Maker\n\n\nclass Other(Maker):\n    pass\n",
    "subclass by another name": "from app.mid import Renamed\n\n\nclass Other(Renamed):\n    pass\n",
    "subclass by an attribute": "import app.mid\n\n\nclass Other(app.mid.Renamed[int], object):\n    pass\n",
    "subclass of a variable": "import app.mid\n\n\nclass Other(app.mid.made):\n"
    "    pass\n---made = app.ops.Maker\n",
    "made by type": "from app.ops import Maker\n\nOther = type('Other', (Maker,), {})\n",
    "made without": "from app.ops import Maker\n\nx = Maker.__new__(Maker)\n",
    "another __init__": "from app.ops import Maker\n\nMaker.__init__ = lambda self: None\n",
    "called with anything": "from app.ops import Maker\n\nx = Maker.go(None)\n",
    "given to another class": "from app.ops import Maker\n\n\nclass Other:\n    go = Maker.go\n",
    "attribute told by name": "def clear(maker):\n    setattr(maker, 'torch', None)\n",
    "attribute taken away": "def clear(maker):\n    delattr(maker, 'torch')\n",
}
PLAIN = {
    "called": "from app.ops import Maker\n\n\n"
    "def run(torch):\n    return Maker(torch).go(), Maker.new(torch)\n",
    "asked for": "from app.ops import Maker\n\n\ndef run(x: Maker):\n"
    "    return isinstance(x, (int, Maker)), Maker.__name__\n",
    "a namesake": "class Maker:\n    pass\n\n\nclass Other(Maker):\n    pass\n",
    "handed on": "from app.ops import Maker\n\nKINDS = {'maker': Maker}\n",
    "another attribute": "def clear(maker):\n    setattr(maker, 'other', 'torch')\n",
}


def project(form: str) -> dict[str, str]:
    use, _, more = form.partition("---")
    return {**PROJECT, "app/use.py": use, "app/mid.py": PROJECT["app/mid.py"] + more}


def is_refused(root: Path, form: str) -> bool:
    write(root, project(form))
    result = run(task(root))
    assert not result.faults
    (site,) = [site for site in result.sites if site.site.place.path.endswith("ops.py")]
    return isinstance(site, Left)


@pytest.mark.parametrize("form", OTHERS)
def test_objects_that_init_has_not_made(tmp_path: Path, form: str) -> None:
    assert is_refused(tmp_path, OTHERS[form])


@pytest.mark.parametrize("form", PLAIN)
def test_objects_that_it_has(tmp_path: Path, form: str) -> None:
    assert not is_refused(tmp_path, PLAIN[form])


@pytest.mark.parametrize("form", [*OTHERS, *PLAIN])
def test_another_process_has_read_it(tmp_path: Path, form: str) -> None:
    assert check_shares(tmp_path, project({**OTHERS, **PLAIN}[form])) > 0
