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
    "text with a head": "import app.ops\n\n\ndef go(n):\n    return eval('app.ops.' + n)\n",
    "text that is formatted": "import app.ops\n\n\ndef go(n):\n    return eval(f'app.ops.{n}')\n",
    "text with a placeholder": "import app.ops\n\n\ndef go(n):\n    return eval('app.ops.%s' % n)\n",
    "text with braces": "import app.ops\n\n\ndef go(n):\n    return eval('app.{}'.format(n))\n",
    "text with another name": "import app.ops as o\n\n\ndef go(n):\n    return eval('o.' + n)\n",
    "any text": "import app.ops as o\n\n\ndef go(n):\n    return eval(n)\n",
    "any text with the names": "from app.ops import double as d\n\n\ndef go(n):\n    exec(n, globals())\n",
    "text that imports": "def go(n):\n    exec('from app.ops import %s as x' % n, {})\n",
    "text that stands there": "T = 'import app.ops; app.ops.double(1)'\n\n\ndef go(n):\n    exec(n, {})\n",
    "text of its variable": "def go(n):\n    x = 'import app.ops; app.ops.' + n\n    exec(x)\n",
    "own package": LOAD.format("f'{__package__}.{n}'"),
    "own name": LOAD.format("__name__.rpartition('.')[0] + '.' + n"),
    "package's name": "import app\n" + LOAD.format("app.__name__ + '.' + n"),
    "variable": "from importlib import import_module\n\n\ndef load(n):\n    m = 'app.' + n\n"
    "    return import_module(m)\n",
    "name of any module": LOAD.format("n") + "\n\nload('app.' + 'op' + str(), 'x')\n",
    "name from an importer": LOAD.format("n") + "---from app.use import load\n\n\n"
    "def go(n):\n    return load(f'app.{n}', 'x')\n",
    "attribute of any module": "import importlib\n\n\ndef load(n):\n    m = importlib.import_module(n)\n"
    "    return m.double(1)\n",
    "told to any module": "import importlib\n\n\ndef load(n):\n"
    "    return getattr(importlib.import_module(n), 'double')(1)\n",
    "cache": "import sys\n\n\ndef go(n):\n    return sys.modules[n].double(1)\n",
    "cache, read through": "from sys import modules\n\nx = [m.double for m in modules.values()]\n",
    "path": "from importlib.util import spec_from_file_location as s\n\nx = s('x', 'app/ops.py')\n",
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
    "text that cannot name it": "def go(n):\n    return eval(n), exec(n)\n",
    "text of another module": "import app.ops\n\n\ndef go(n):\n    return eval('app.train.' + n)\n",
    "text of another name": "import app.ops\n\n\ndef go(n):\n    return eval('app.ops.other(%s)' % n)\n",
    "text with names of its own": "import app.ops\n\n\ndef go(n):\n    return eval(n, {'x': 1})\n",
    "method": "import app.ops\n\n\ndef go(model):\n    return model.eval(), model.compile(1 + 1)\n",
    "any module": LOAD.format("n"),
    "any module, another attribute": "import importlib\n\n\ndef load(n):\n"
    "    return importlib.import_module(n).other(1)\n",
    "loaded and let go": "import importlib\n\n\ndef load(n):\n"
    "    importlib.import_module(f'{__package__}.{n}')\n",
    "own package, elsewhere": LOAD.format("f'other.{__package__}.{n}'"),
    "name of a logger": "import logging\n" + LOAD.format("n") + "\n\nx = logging.getLogger('app.' + 'x')\n",
    "cache, another attribute": "import sys\n\n\ndef go(n):\n"
    "    return sys.modules[n].__file__, n in sys.modules\n",
    "cache, written": "import sys\n\n\ndef go(n, x):\n    sys.modules[n] = x\n    return x.double\n",
    "another path": "from importlib.util import spec_from_file_location as s\n\nx = s('x', 'app/train.py')\n",
    "another of its dictionary": "import app.ops as o\n\nx = o.__dict__['other'], vars(o)['other']\n",
    "another attribute of the package": "import app.ops\n\n"
    "x = getattr(app, 'other'), getattr(app.ops, 'other')\n",
    "an attribute of that module": "import app.ops as o\n---from app import use\n\nx = use.o.__doc__\n",
}

# The name is in the text, and the module; neither in an import statement nor behind a dot.
RUN = "exec('import app.hold as o; print(o.' + 'kept)')\n"


OWN = "import sys\nimport torch\n\n\ndef double(x):\n    return torch.add(x, x)\n\n\n"


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        ("def go(n):\n    return getattr(sys.modules[__name__], n)(1)\n", True),
        ("def go(n):\n    return vars(sys.modules.get(__name__))[n](1)\n", True),
        ("x = sys.modules[__name__].__doc__\n", False),
        ("x = __name__ in sys.modules\n", False),
    ],
)
def test_the_module_itself(tmp_path: Path, code: str, *, refused: bool) -> None:
    assert is_refused(tmp_path, "", OWN + code) == refused


def is_refused(root: Path, form: str, own: str = PROJECT["app/ops.py"]) -> bool:
    use, _, two = form.partition("---")
    write(root, {**PROJECT, "app/ops.py": own, "app/use.py": use, "app/two.py": two})
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


PROGRAM = """from torchgate.runtime import apply_torch_runtime, decide_torch_runtime

apply_torch_runtime(decide_torch_runtime())


def main():
    print(1)


if __name__ == "__main__":
    main()
"""
LOADERS = {
    "put together": ("import importlib\n\n\ndef load(n):\n    importlib.import_module('app.' + n)\n", True),
    "own package": (
        "import importlib\n\n\ndef load(n):\n    importlib.import_module(f'{__package__}.{n}')\n",
        True,
    ),
    "path": ("import runpy\n\nrunpy.run_path('app/program.py')\n", True),
    "another package": (
        "import importlib\n\n\ndef load(n):\n    importlib.import_module('other.' + n)\n",
        False,
    ),
    "another path": ("import runpy\n\nrunpy.run_path('app/train.py')\n", False),
}


@pytest.mark.parametrize("form", LOADERS)
def test_a_program_that_somebody_may_load(tmp_path: Path, form: str) -> None:
    """It has its effect from the top level then."""
    text, refused = LOADERS[form]
    write(tmp_path, {**PROJECT, "app/program.py": PROGRAM, "app/use.py": text})
    result = run(task(tmp_path))
    assert not result.faults
    (site,) = [site for site in result.sites if site.site.code == "TG204"]
    assert isinstance(site, Left) == refused
