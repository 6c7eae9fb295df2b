"""A change in one module invalidates exactly the findings that depended on it."""

from __future__ import annotations

import pytest

from tests.cache.conftest import Project

CHAIN = {
    "app/__init__.py": "",
    "app/a.py": "import torch\n",
    "app/b.py": "from app.a import torch\n",
    "app/c.py": "from app.b import torch\n",
    "app/d.py": "from app.c import torch\n\ntorch.set_default_dtype(1)\n",
    "app/bystander.py": "import torch\n\ntorch.set_default_dtype(1)\n",
    "app/module_only.py": "from app import c\n",
}


@pytest.fixture
def chain(project: Project, at_rest: None) -> Project:
    project.write(CHAIN)
    assert project.checked() == []  # nothing was kept yet, and all of it was checked
    assert len(project.kept("*.findings")) == 1
    assert project.checked() == []
    return project


def test_the_end_of_a_chain(chain: Project) -> None:
    chain.write({"app/a.py": "import numpy as torch\n"})
    assert chain.checked() == ["app/a.py", "app/b.py", "app/c.py", "app/d.py"]
    assert chain.checked() == []
    chain.write({"app/a.py": "import torch\n"})
    assert chain.checked() == ["app/a.py", "app/b.py", "app/c.py", "app/d.py"]


def test_the_middle_of_a_chain(chain: Project) -> None:
    chain.write({"app/c.py": "from app.b import torch as torch\n"})
    assert chain.checked() == ["app/c.py", "app/d.py"]


def test_the_beginning_of_a_chain(chain: Project) -> None:
    chain.write({"app/d.py": "from app.c import torch\n"})
    assert chain.checked() == ["app/d.py"]


def test_a_comment_in_a_bystander(chain: Project) -> None:
    chain.write({"app/bystander.py": "# other\n"})
    assert chain.checked() == ["app/bystander.py"]


def test_a_package_that_others_go_through(chain: Project) -> None:
    """``from app.b import torch`` does not ask ``app`` what it binds; ``from app import c`` does."""
    chain.write({"app/__init__.py": "x = 1\n"})
    assert chain.checked() == ["app/__init__.py", "app/module_only.py"]


def test_a_module_that_is_only_taken_as_a_whole(chain: Project) -> None:
    """``from app import c`` rests on there being an ``app.c``, not on what is in it."""
    chain.write({"app/c.py": "import numpy as torch\n"})
    assert "app/module_only.py" not in chain.checked()
    chain.write({"app/c.py": None})
    assert "app/module_only.py" in chain.checked()


def test_a_deleted_module(chain: Project) -> None:
    chain.write({"app/b.py": None})
    assert chain.checked() == ["app/c.py", "app/d.py"]
    assert b"app/b.py" not in chain.kept("*.findings")[0].read_bytes()
    chain.write({"app/b.py": CHAIN["app/b.py"]})
    assert chain.checked() == ["app/b.py", "app/c.py", "app/d.py"]


def test_a_package_that_shadows_a_module(chain: Project) -> None:
    chain.write({"app/b/__init__.py": "import numpy as torch\n"})
    assert chain.checked() == ["app/b/__init__.py", "app/c.py", "app/d.py"]


def test_a_root_that_shadows_another(chain: Project) -> None:
    chain.write({"src/app/a.py": "import numpy as torch\n"})
    assert "app/bystander.py" not in chain.checked()


def test_a_module_that_was_missing(project: Project, at_rest: None) -> None:
    project.write({"app/a.py": "from app.late import torch\n", "app/b.py": "from app import other\n"})
    assert project.checked() == []
    project.write({"app/late.py": "import torch\n"})
    assert project.checked() == ["app/a.py", "app/late.py"]
    assert "TG105" in project.check().out


def test_a_new_name_at_the_top(project: Project, at_rest: None) -> None:
    project.write({"app/a.py": "from lib.late import torch\n", "app/b.py": "import numpy\n"})
    assert project.checked() == []
    project.write({"unrelated/x.py": ""})
    assert project.checked() == ["unrelated/x.py"]
    project.write({"lib/late.py": "import torch\n"})
    assert project.checked() == ["app/a.py", "lib/late.py"]
    assert "TG105" in project.check().out


def test_a_name_at_the_top_that_another_module_looked_up(project: Project, at_rest: None) -> None:
    """Whether ``lib`` is the project's own decides what ``app.a`` is seen to export."""
    project.write(
        {
            "app/a.py": "try:\n    from lib import torch\nexcept ImportError:\n    import torch\n",
            "app/b.py": "from app.a import torch\n",
            "app/c.py": "from app.a import torch\n\ntorch.set_default_dtype(1)\n",
            "app/bystander.py": "import torch\n",
        }
    )
    project.checked()
    project.write({"lib/__init__.py": "import numpy as torch\n"})
    assert project.checked() == ["app/a.py", "app/b.py", "app/c.py", "lib/__init__.py"]


def test_star_imports(project: Project, at_rest: None) -> None:
    project.write(
        {
            "app/a.py": "import torch\n",
            "app/b.py": "from app.a import *\n",
            "app/c.py": "from app.b import *\n\ntorch.set_default_dtype(1)\n",
            "app/d.py": "x = 1\n",
        }
    )
    project.checked()
    project.write({"app/a.py": "__all__ = []\nimport torch\n"})
    assert project.checked() == ["app/a.py", "app/b.py", "app/c.py"]


def test_base_classes_and_results(project: Project, at_rest: None) -> None:
    project.write(
        {
            "app/base.py": "class Base:\n    def __init__(self, torch):\n        self.h = torch\n",
            "app/get.py": "from app.base import Base\n\ndef get():\n    return Base(1)\n",
            "app/use.py": "from app.get import get\n\nget().h.set_default_dtype(1)\n",
            "app/other.py": "from app.missing import get\n",
        }
    )
    assert "TG301" in project.check().out
    project.write({"app/base.py": "class Base:\n    def __init__(self, other):\n        self.h = other\n"})
    assert project.checked() == ["app/base.py", "app/get.py", "app/use.py"]
    assert "TG301" not in project.check().out


EFFECT = "from torchgate.runtime import apply_torch_runtime as go, decide_torch_runtime as decide\n"
PLACE = "\n\ndef main():\n    return go(decide())\n"


def test_decorators_and_loaders_at_a_distance(project: Project, at_rest: None) -> None:
    """Who rests on a decorator, or on where a name goes on to, rests on the modules behind these, too."""
    kept = "def mark(fn):\n    return fn\n"
    load = "import importlib\n\n\ndef load(name):\n    return importlib.import_module(name)\n"
    project.write(
        {
            "app/__init__.py": "",
            "app/inner.py": kept,
            "app/marks.py": "from app.inner import mark as inner\n\n\ndef mark(fn):\n    return inner(fn)\n",
            "app/give.py": "import torch\nfrom app.marks import mark\n\n@mark\ndef give(): return torch\n",
            "app/use.py": "from app.give import give\n\ngive().set_default_dtype(1)\n",
            "app/load.py": load,
            "app/loads.py": "from app.load import load\n\nload('torch')\n",
        }
    )
    assert "TG301" in project.check().out
    assert project.checked() == []
    project.write({"app/inner.py": kept.replace("fn\n", "str\n")})
    checked = project.checked()
    assert "app/use.py" in checked
    assert "app/loads.py" not in checked
    assert "TG301" not in project.check().out
    project.write({"app/load.py": load.replace("(name)\n", "('app.' + name)\n")})
    assert "app/loads.py" in project.checked()


def test_places_of_the_effect(project: Project, at_rest: None) -> None:
    """Where the project applies the effect is compared by what comes out, so a new place is noticed wherever
    it stands, and a change that moves none invalidates nothing."""
    project.write(
        {
            "torchgate.toml": "entry-modules = ['app.z', 'app.b']\n",
            "app/z.py": f"{EFFECT}import app.m{PLACE}",
            "app/m.py": "x = 1\n",
            "app/n.py": "y = 1\n",
            "app/bystander.py": "z = 1\n",
        }
    )
    project.checked()
    project.write({"app/n.py": "y = 2\n"})
    assert project.checked() == ["app/n.py"]
    project.write({"app/m.py": f"{EFFECT}{PLACE}"})
    assert project.checked() == ["app/m.py", "app/z.py"]
    assert "app/z.py:5:12: TG406" in project.check().out
    project.write({"app/n.py": f"{EFFECT}{PLACE}"})
    assert project.checked() == ["app/m.py", "app/n.py", "app/z.py"]


def test_what_was_read_for_the_effects_places_counts_for_others(project: Project, at_rest: None) -> None:
    """They are looked for before a file is judged, to see whether an outcome holds that names them."""
    call = "from torchgate.runtime import apply_torch_runtime as go\n\ndef main(r):\n    go(r)\n"
    project.write({"app/__init__.py": "", "app/one.py": f"import app.two\n{call}", "app/two.py": call})
    project.write({"app/new.py": "x = 1\n"})
    project.check()
    project.write({"app/new.py": "from app.two import main\n"})
    assert project.checked("app") == ["app/new.py"]
    assert project.checked("app") == []
