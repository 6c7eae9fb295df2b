"""Random projects in which one thing is handed from module to module and used in the last one, for
``tests/cli/test_filtered.py``: what matters, by whatever name and on whatever way it comes.
"""

from __future__ import annotations

import re
from random import Random

# What is handed on: statements that make it, and what the last module does with it (``{e}``).
_KINDS: dict[str, tuple[list[str], str]] = {
    "torch": (
        [
            "import torch",
            "import torch as {n}",
            "from torch import set_default_dtype as {n}_",
            "import torch.nn as {n}",
        ],
        "{e}{SET}",
    ),
    "setter": (
        [
            "from torch import set_default_dtype as {n}",
            "import torch\n{n}=torch.set_default_dtype",
            "import torch, functools\n{n}=functools.partial(torch.set_default_dtype)",
            "import torch\ndef {n}(x): return torch.set_default_dtype(x)",
        ],
        "{e}(1)",
    ),
    "os": (
        [
            "import os as {n}",
            "import os",
            "from six.moves import os",
            "import os.path as {n}",
        ],
        "{e}.environ{ENV}",
    ),
    "environ": (
        [
            "from os import environ as {n}",
            "from os import environ",
            "import os\n{n}=os.environ",
            "from os import putenv as {n}",
        ],
        "{e}{ENV}",
    ),
    "sys": (
        [
            "import sys as {n}",
            "import sys",
        ],
        '{e}.modules["torch"]',
    ),
    "modules": (
        [
            "from sys import modules as {n}",
            "from sys import modules",
            "import sys\n{n}=sys.modules",
        ],
        '{e}["torch"]{SET}',
    ),
    "load": (
        [
            "from importlib import import_module as {n}",
            "from importlib import import_module",
            "import importlib\n{n}=importlib.import_module",
            "{n}=__import__",
        ],
        '{e}("torch"){SET}',
    ),
    "imp": (
        [
            "import importlib as {n}",
            "import importlib",
            "import importlib.util as {n}",
            "import importlib.util",
        ],
        '{e}.import_module("torch")\n{e}.find_spec("torch")\n{e}.util.find_spec("torch")',
    ),
    "exec": (
        [
            "from builtins import exec as {n}",
            "from builtins import exec",
            "{n}=exec",
            "import builtins as {n}_",
        ],
        '{e}("import torch")',
    ),
    "TC": (
        [
            "from typing import TYPE_CHECKING as {n}",
            "from typing import TYPE_CHECKING",
            "from typing import TYPE_CHECKING\n{n}=TYPE_CHECKING",
            "{n}=False",
        ],
        "if {e}:\n import torch\n import timm",
    ),
    "TCimplicit": (
        [
            "from typing import TYPE_CHECKING as {n}",
            "from typing import TYPE_CHECKING",
            "from typing_extensions import TYPE_CHECKING as {n}",
        ],
        "if {e}:\n import timm",
    ),
    "typing": (
        [
            "import typing as {n}",
            "import typing",
            "import typing_extensions as {n}",
        ],
        "if {e}.TYPE_CHECKING:\n import timm",
    ),
    "thread": (
        [
            "import threading as {n}",
            "import threading",
        ],
        "if {e}.current_thread() is not 1: raise X",
    ),
    "cur": (
        [
            "from threading import current_thread as {n}",
            "from threading import current_thread",
        ],
        "if {e}() is not 1: raise X",
    ),
    "stack": (
        [
            "from contextlib import ExitStack as {n}",
            "from contextlib import ExitStack",
        ],
        'import torch\nwith {e}() as s:\n s.enter_context(torch.device("cuda"))',
    ),
    "cast": (
        [
            "from typing import cast as {n}",
            "from typing import cast",
        ],
        "import torch\n{e}(int,torch){SET}",
    ),
    "deque": (
        [
            "from collections import deque as {n}",
            "import collections\n{n}=collections.deque()",
        ],
        "def g(torch):\n {e}.t=torch\nXX={e}()\ndef gg(torch):\n XX.append(torch)",
    ),
    "device": (
        [
            'import torch\n{n}=torch.device("cuda")',
            "from torch import device as {n}",
        ],
        'with {e}:\n pass\nwith {e}("cuda"):\n pass',
    ),
    "holder": (
        [
            "import torch\nclass {n}:\n lib=torch",
            "import torch\nclass {n}:\n def __init__(self):\n  self.lib=torch",
            "class {n}:\n def __init__(self, torch):\n  self.lib=torch",
            "import torch\nclass {n}:\n @property\n def lib(self):\n  return torch",
        ],
        (
            "{e}(1).lib{SET}\nclass HH({e}):\n def go(self):\n  self.lib{SET}\n"
            'def tk(x: "{e}", y: {e}):\n x.lib{SET}\n y.lib{SET}'
        ),
    ),
    "inst": (
        [
            "import torch\nclass Q:\n lib=torch\n{n}=Q()",
            "from dataclasses import dataclass\n@dataclass\nclass Q:\n torch: object\n lib=1\n{n}=Q(1)",
        ],
        "{e}.lib{SET}\n{e}.torch{SET}",
    ),
    "plainclass": (
        [
            "class {n}:\n lib=3",
            "class {n}:\n pass",
            "class {n}:\n lib=None",
            "def {n}(x=1): return 1",
            "{n}=3",
            "{n}=None",
            "{n}=object()",
        ],
        (
            "def g(torch):\n {e}.t=torch\n q={e}(1)\n q.__class__.t=torch\n type(q).t=torch\n"
            "class B2:\n def __init__(self,torch):\n  self.lib=torch\nclass CC({e},B2):\n"
            " def go(self):\n  self.lib{SET}"
        ),
    ),
    "func": (
        [
            "def {n}():\n import torch\n return torch",
            "import torch\ndef {n}(): return torch",
            "import torch\nasync def {n}(): return torch",
            "import torch\n{n}=lambda: torch",
        ],
        "{e}(){SET}",
    ),
    "cm": (
        [
            "import torch, contextlib\n@contextlib.contextmanager\ndef {n}():\n yield torch",
            "import torch\nclass {n}:\n def __enter__(self): return torch",
        ],
        "with {e}() as z:\n z{SET}",
    ),
    "helper": (
        [
            "def default_device(): pass\n{n}=default_device",
            "def default_device(): pass",
            "from ext import default_dtype as {n}",
        ],
        "{e}()",
    ),
    "effect": (
        [
            "from torchgate.runtime import apply_torch_runtime as {n}",
            "from torchgate.runtime import apply_torch_runtime",
            "from app.rt import go as {n}",
            "from app import rt as {n}",
            "from torchgate.runtime import TorchHandle as {n}",
        ],
        "hh={e}(1)\nhh{SET}\n{e}.go(){SET}\ndef ff(x: {e}):\n x{SET}",
    ),
    "facade": (
        [
            "from app.fac import y as {n}",
            "from app.fac import y",
            "from app import fac as {n}",
        ],
        "{e}()\n{e}.y()",
    ),
    "mod": (
        [
            "from app import tm as {n}",
            "from app import tm",
            "import app.tm as {n}",
            "from . import tm",
            "from .tm import *\nfrom app import tm as {n}",
        ],
        "{e}.tt{SET}\n{e}.torch{SET}",
    ),
}
# How a module gets it from module ``{P}``, where it is ``{h}{t}`` (``<<...>>`` in any spelling), and
# what it is called here; ``{m}`` is the module itself.
_STEPS = [
    ("from app.{P} import {h}", "{h}{t}"),
    ("from .{P} import {h}", "{h}{t}"),
    ("from app.{P} import {h} as {n}", "{n}{t}"),
    ("from app.{P} import (zz, # )\n  {h} as {n})", "{n}{t}"),
    ("from app import {P}", "{P}.{h}{t}"),
    ("from . import {P} as {n}", "{n}.{h}{t}"),
    ("import app.{P}", "app.{P}.{h}{t}"),
    ("import app.{P} as {n}", "{n}.{h}{t}"),
    ("import app.{P}\n{n} = app.{P}", "{n}.{h}{t}"),
    ("from app.{P} import *", "{h}{t}"),
    ("from app import {P}\n{n} = <<{P}.{h}>>", "{n}{t}"),
    ("import app.{P}\n{n} = <<app.{P}.{h}>>", "{n}{t}"),
    ("from app.{P} import {h}\nclass {n}:\n at = {h}{t}", "{n}.at"),
    ("from app.{P} import {h}\nclass {n}:\n def __init__(self): self.at = {h}{t}", "{n}().at"),
    ("from app.{P} import {h}\ndef {n}(): return {h}{t}", "{n}()"),
    ("def {n}():\n from app import {P} as q\n return q.{h}{t}", "{n}()"),
    ("def {n}():\n import app.{P}\n return app.{P}", "{n}().{h}{t}"),
    ("def ini():\n global {n}\n from app.{P} import {h} as {n}\n", "{n}{t}"),
    ("try:\n from app.{P} import {h} as {n}\nexcept ImportError:\n {n} = None", "{n}{t}"),
    (
        'def __getattr__(name):\n if name == "{n}":\n  from app.{P} import {h} as z\n  return z',
        "{m}.{n}{t}",
    ),
    ("def __getattr__(name):\n from app import {P}\n return getattr({P}, name)", "{m}.{h}{t}"),
    (
        'import importlib as il\ndef __getattr__(name):\n return getattr(il.import_module("app.{P}"), name)',
        "{m}.{h}{t}",
    ),
    (
        'def __getattr__(name):\n import importlib\n return importlib.import_module("app." + name)',
        "{m}.{P}.{h}{t}",
    ),
    ('import importlib\n{n} = importlib.import_module("app.{P}")', "{n}.{h}{t}"),
    ('import sys, app.{P}\n{n} = sys.modules["app.{P}"]', "{n}.{h}{t}"),
    ("from app import {P} as q\n{n}, other = q.{h}, 1", "{n}{t}"),
    ("from app import {P} as q\nw = q\n{n} = w.{h}", "{n}{t}"),
    ("from app import {P} as q\nfor w in [q]:\n {n} = w.{h}", "{n}{t}"),
    ('from app import {P} as q\n{n} = globals()["q"].{h}', "{n}{t}"),
    ('from app import {P} as q\n{n} = globals()["q"].__dict__["{h}"]', "{n}{t}"),
    ('import app.{P}\n__all__ = ["app"]', "app.{P}.{h}{t}"),
    ('from app.{P} import {h} as _{n}\n__all__ = ["_{n}"]', "_{n}{t}"),
    ("if 1: from app.{P} import {h} as {n}", "{n}{t}"),
    ("x = 1; from app.{P} import {h} as {n}; y = 2", "{n}{t}"),
    ('x = """\n>>> """; from app.{P} import {h} as {n}', "{n}{t}"),
    ("from app.{P} \\\n import {h} as {n}", "{n}{t}"),
    ("class K:\n from app.{P} import {h} as {n}", "K.{n}{t}"),
    ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n from app.{P} import {h} as {n}", "{n}{t}"),
    ("from app.{P} import {h} as {n}\n{n}_ = [{n}]", "{n}{t}"),
    ("import app as ap, app.{P}", "ap.{P}.{h}{t}"),
    ('from .{P} import {h} as q\n{n} = {"k": q}["k"]', "{n}{t}"),
    ("from .{P} import {h} as q\n{n} = (lambda: q)()", "{n}{t}"),
    ("from .{P} import {h} as q\n({n} := q)", "{n}{t}"),
    ("import contextlib\nfrom .{P} import {h} as q\nwith contextlib.nullcontext(q) as {n}: pass", "{n}{t}"),
]
_FILLER = "".join(f"filler_{number} = {number}\n" for number in range(160))
_PACKAGES = [
    *(
        "",
        "",
        "",
        "from . import m0\n",
        "from .m0 import *\n",
        "from app import m1 as m0\n",
        "import torch\n",
    ),
    "def __getattr__(n):\n    import importlib\n    return importlib.import_module('app.' + n)\n",
]
_OUTER_PACKAGES = [
    *(
        "",
        "",
        "from . import p\n",
        "from .p import *\n",
        "from app.p import m0 as p\n",
        "from .p.m0 import *\n",
    ),
    *("import app.p.m1\n", "from app.p import m1\n"),
]
CONFIG = 'runtime-modules = ["torchgate.runtime", "app.rt"]\nfacade-modules = ["app.fac"]\n'


def project(random: Random) -> dict[str, str]:
    """The files of a random project, by path."""
    origins, use = _KINDS[random.choice(list(_KINDS))]
    origin = random.choice(origins)
    held = _bound(origin)
    modules = {"m0": origin.replace("{n}", "v0")}
    depth = random.randint(1, 3)
    for number in range(1, depth + 1):
        code, name = _step(random, f"m{number - 1}", held, number)
        held = name.replace("{m}.", "")
        if number == depth:
            if "{m}" in name and random.random() < 0.7:
                code, name = f"import app.m{number}\n{code}", name.replace("{m}", f"app.m{number}")
            used = use.replace("{e}", _respelled(random, name.replace("{m}.", "")))
            if random.random() < 0.3:
                used = "def use():\n" + "\n".join(f"    {line}" for line in used.split("\n"))
            code = f"{code}\n{used}"
        modules[f"m{number}"] = code
    for name, text in modules.items():
        head = random.choices(["", "import timm\n", "import torch\n"], [87, 8, 5])[0]
        modules[name] = f"{head}{text}\n" + (_FILLER if random.random() < 0.15 else "")
    files = {f"app/{name}.py": text for name, text in modules.items()}
    files["app/__init__.py"] = random.choice(_PACKAGES)
    files["app/tm.py"] = random.choice(["import torch as tt\n", "import torch\n", "tt = 1\n"])
    files["app/rt.py"] = "import torch\ndef go():\n    torch.use_deterministic_algorithms(True)\n"
    files["app/fac.py"] = "def y(): pass\n"
    files["app/z.py"] = "x = 1\n"
    return _varied(random, files)


def _bound(origin: str) -> str:
    """The name that a statement binds."""
    if "{n}" in origin:
        return "v0"
    last = origin.split("\n")[0].split()[-1]
    if origin.startswith("def "):
        return origin[4 : origin.index("(")]
    return last.partition(".")[0] if origin.startswith("import ") else last


def _step(random: Random, source: str, held: str, number: int) -> tuple[str, str]:
    head = re.split(r"[.(]", held, maxsplit=1)[0]
    known = {"{P}": source, "{h}": head, "{t}": held[len(head) :], "{n}": f"v{number}"}
    code, name = random.choice(_STEPS)
    for short, long in known.items():
        code, name = code.replace(short, long), name.replace(short, long)
    return re.sub(r"<<(.*?)>>", lambda match: _respelled(random, match[1]), code), name


def _respelled(random: Random, chain: str) -> str:
    """Another spelling of an attribute chain."""
    parts = chain.split(".")
    if len(parts) < 2 or random.random() < 0.55:
        return chain
    place = random.randrange(1, len(parts))
    owner, name, rest = (
        ".".join(parts[:place]),
        parts[place],
        "".join(f".{part}" for part in parts[place + 1 :]),
    )
    if "(" in name:
        return chain
    text = f'"{name[:1]}" + "{name[1:]}"'
    spellings = [
        *(f'getattr({owner}, "{name}")', f"({owner}).{name}", f'vars({owner})["{name}"]'),
        *(f'{owner}.__dict__["{name}"]', f"getattr({owner}, {text})", f"{owner}.__dict__[{text}]"),
        *(f"getattr(({owner}), {text})", f"{owner}.__getattribute__({text})", f"{owner} . {name}"),
        *(f"{owner}.\\\n{name}", f"({owner}  # c\n.{name})"),
        f'__import__("operator").attrgetter("{name}")({owner})',
    ]
    return random.choice(spellings) + rest


def _varied(random: Random, files: dict[str, str]) -> dict[str, str]:
    """The same project in another layout."""
    if random.random() < 0.5:
        files = {path.replace("app/", "app/p/"): _moved(text) for path, text in files.items()}
        files["app/__init__.py"] = random.choice(_OUTER_PACKAGES)
    if random.random() < 0.2:
        files = {path: text for path, text in files.items() if text or not path.endswith("__init__.py")}
    if random.random() < 0.15:
        files = {f"src/{path}": text for path, text in files.items()}
        if random.random() < 0.3:
            files["app/other.py"] = "import torch as tt\n"
    chosen = random.choice([path for path in files if re.search(r"m\d\.py$", path)])
    kind = random.randrange(20)
    if kind == 0:
        files[f"{chosen}i"] = random.choice([files[chosen], "x: int\n"])
    elif kind == 1:
        files[f"{chosen}i"] = files.pop(chosen)
    elif kind == 2:
        files[f"{chosen.removesuffix('.py')}/__init__.py"] = files.pop(chosen)
    elif kind == 3:
        files[chosen] = files[chosen].replace("\n", "\r\n")
    elif kind == 4:
        files[chosen] = f"\ufeff{files[chosen]}"
    return files


def _moved(text: str) -> str:
    text = re.sub(r"\bapp\.(?=m\d|tm|rt|fac)", "app.p.", text)
    for before, after in (("from app import", "from app.p import"), ("import app as", "import app.p as")):
        text = text.replace(before, after)
    return re.sub(r"([\"'])app\.\1", r"\1app.p.\1", text)
