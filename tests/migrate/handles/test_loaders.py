"""Callers that get at a function without its name in an import statement: it is left alone, or they are
changed with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migrate.test_others import check_shares, task, write
from torchgate.migrate.result import Left
from torchgate.migrate.run import run
from torchgate.semantics.text import UNFILTERED

PROJECT = {
    "torchgate.toml": 'src = ["."]\n',
    "app/__init__.py": "",
    "app/ops.py": "import torch\n\n\ndef double(x):\n    return torch.add(x, x)\n",
    "app/train.py": "from app.ops import double\n\n\ndef train(torch, x):\n    return double(x)\n",
}
LOAD = "from importlib import import_module\n\n\ndef load(n, f):\n    return vars(import_module({}))[f](1)\n"
GET = "def go(name):\n    return getattr({}, name)(1)\n"
# ``use.py``; what stands behind ``---`` is ``two.py``.
HIDDEN = {
    "head": LOAD.format("f'app.{n}'"),
    "relative": LOAD.format("'.' + n, 'app'"),
    "relative to the package": LOAD.format("f'.{n}', __package__"),
    "unknown in a package": LOAD.format("n, package='app'"),
    "put together": LOAD.format("'.'.join(['app', 'ops'])"),
    "in two parts": LOAD.format("'app.' 'ops'"),
    "escaped": LOAD.format("'app.\\x6fps'"),
    "run": "exec('from app.ops import double; double(1)')\n",
    "run by eval": "import app.ops\n\nx = eval('app.ops.double(1)')\n",
    "module under another name": "from app import ops as o\n---from app.use import o\n" + GET.format("o"),
    "taken as an attribute": "import app.ops as o\n---from app import use\n" + GET.format("use.o"),
    "dictionary": "import app.ops\n\n\ndef go(n):\n    return app.ops.__dict__[n](1)\n",
    "dictionary, by its name": "import app.ops as o\n\nx = o.__dict__['double'](1)\n",
    "package's dictionary": "import app.ops\n\n\ndef go(n):\n    return app.__dict__[n].double(1)\n",
    "package's attribute": "import app.ops\n\n\ndef go(n):\n    return getattr(getattr(app, 'ops'), n)(1)\n",
    "package's attribute, by its name": "import app\n\nx = getattr(getattr(app, 'ops'), 'double')(1)\n",
    "package's variables": "import app.ops\n\nx = vars(app)['ops'].__getattribute__('double')(1)\n",
    "taken by a star": "import app.ops as o\n---from app.use import *\n" + GET.format("o"),
}
SEEN = {
    "another module": LOAD.format("'app.' 'train'"),
    "another package": LOAD.format("f'app.sub.{n}'"),
    "a probe": "from importlib.util import find_spec\n\nx = find_spec('app.' 'ops')\n",
    "a namesake": "exec('from other.ops import double')\n",
    "another text": "exec('from app.ops import other')\n",
    "another of its dictionary": "import app.ops as o\n\nx = o.__dict__['other'], vars(o)['other']\n",
    "another attribute of the package": "import app.ops\n\nx = getattr(app, 'other'), getattr(app.ops, 'other')\n",
    "an attribute of that module": "import app.ops as o\n---from app import use\n\nx = use.o.__doc__\n",
}

# The name is in the text, and the module; neither in an import statement nor behind a dot.
RUN = "exec('import app.hold as o; print(o.' + 'kept)')\n"


def is_refused(root: Path, form: str) -> bool:
    use, _, two = form.partition("---")
    write(root, {**PROJECT, "app/use.py": use, "app/two.py": two})
    result = run(task(root))
    assert not result.faults
    (site,) = [site for site in result.sites if site.site.place.path.endswith("ops.py")]
    return isinstance(site, Left)


@pytest.mark.parametrize("unfiltered", [False, True])
@pytest.mark.parametrize("form", HIDDEN)
def test_callers_that_cannot_be_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, *, unfiltered: bool
) -> None:
    if unfiltered:
        monkeypatch.setenv(UNFILTERED, "1")
    assert is_refused(tmp_path, HIDDEN[form])


@pytest.mark.parametrize("form", SEEN)
def test_what_loads_something_else(tmp_path: Path, form: str) -> None:
    assert not is_refused(tmp_path, SEEN[form])


def test_a_text_that_reads_a_global(tmp_path: Path) -> None:
    """The handle is kept, since somebody reads it: with and without a look at import statements first."""
    kept = (
        "from torchgate.runtime import apply_torch_runtime as a, decide_torch_runtime as d\n\nkept = a(d())\n"
    )
    write(tmp_path, {**PROJECT, "app/hold.py": kept, "app/use.py": RUN})
    found = [site for site in run(task(tmp_path)).sites if site.site.code == "TG205"]
    assert [type(site) for site in found] == [Left]


@pytest.mark.parametrize("form", [*HIDDEN, *SEEN])
def test_another_process_has_read_it(tmp_path: Path, form: str) -> None:
    use, _, two = {**HIDDEN, **SEEN}[form].partition("---")
    assert check_shares(tmp_path, {**PROJECT, "app/use.py": use, "app/two.py": two}) > 0
