"""More forms for ``tests/cli/test_filtered.py``: where a name stands, and which letters it is made of."""

# ruff: noqa: E501

from __future__ import annotations

# So long that function bodies are parsed apart.
LONG = "# x\n" * 700
SINGLE: dict[str, str] = {
    "parameter behind letters": "def größe(torch): torch{SET}\n",
    "os before an import": "import os\nx=os; import sys\nx.environ{ENV}\n",
    "sys before an import": "import sys\nx=sys; import q\nx.modules['torch']\n",
    **{
        f"handed on, {name}": f"{text}{LONG}"
        for name, text in {
            "class method": "from typing import TYPE_CHECKING as T\nclass A:\n    t=T\nclass B(A):\n"
            "    @classmethod\n    def out(cls):\n        cls.t = 3\n    def use(self):\n        if self.t: import timm\n",
            "attribute": "from typing import TYPE_CHECKING\nclass A:\n    def __init__(self):\n"
            "        self.t = TYPE_CHECKING\n    def f(self):\n        if self.t: import timm\n",
            "alias": "from typing import TYPE_CHECKING as T\nclass A:\n    def __init__(self):\n"
            "        self.t = T\n    def f(self):\n        if self.t: import timm\n",
            "module": "import typing as t\nclass A:\n    def __init__(self):\n        self.t = t\n"
            "    def f(self):\n        if self.t.TYPE_CHECKING: import timm\n",
            "attribute of typing": "import typing\nclass A: pass\na=A()\ndef g():\n    a.t = typing.TYPE_CHECKING\n"
            "def f():\n    if a.t: import timm\n",
            "result": "import typing\ndef g():\n    return typing\ndef f():\n    if g().TYPE_CHECKING: import timm\n",
            "class in a result": "import typing\nclass K:\n    t=typing.TYPE_CHECKING\ndef g():\n    return K()\nx=g()\n"
            "if x.t: import timm\n",
        }.items()
    },
}
_OS = "import os\n"
_TT = "import torch as tt\n"
PAIRS: dict[str, tuple[str, str]] = {
    "dot, blank": (_OS, "from app import a\nx = a. os\nx.environ{ENV}\n"),
    "dot, line": (_OS, "from app import a\nx = (a.\n  os)\nx.environ{ENV}\n"),
    "dot, comment": (_OS, "from app import a\nx = (a. # c\n  os)\nx.environ{ENV}\n"),
    "dot, backslash": (_OS, "from app import a\nx = a.\\\nos\nx.environ{ENV}\n"),
    "attribute with letters": ("import torch as größe\n", "import app.a as b\nb.größe{SET}\n"),
    "letters that re does not know": (
        "import torch as नमस्ते\n",
        "from app.a import नमस्ते as x\nx{SET}\n",
    ),
    "dot that is a letter": ("import os as o·s\n", "from app.a import o·s\no·s.environ{ENV}\n"),
    "before an import": (_TT, "from app import a\na.tt{SET}; import sys\n"),
    "test of an import": (_TT, "from app import a\nif a.tt{SET}: from sys import x\n"),
    "behind brackets": (_TT, "from app import a\nfrom sys import (x\n); a.tt{SET}\n"),
    "behind prose": (_TT, "from app import a\nprint('x: import y', a.tt{SET})\n"),
    "behind prose with a bracket": (_TT, "from app import a\nprint('from x import (', a.tt{SET})\n"),
    "behind prose with a mark": (_TT, "from app import a\n'from x import (#'; a.tt{SET}\na.tt{SET}\n"),
    "in prose": (_TT, "from app import a\nprint(f'x: import {a.tt{SET}}')\n"),
    "behind a comment": (_TT, "from app import a\n#from x import (\n#  y)\na.tt{SET}\n"),
    "sys behind a comment": (
        "import sys\n",
        "# from zzz import (a,\nfrom app.a import *\ns=sys\nfrom zzz import (a,\n b); s.modules['torch']\n",
    ),
    "behind a doc": (_TT, '"""\nfrom x import (y # """\nfrom app import a\na.tt{SET}\n'),
    "dict by a text": (
        _OS,
        "from app import a\nx=getattr(a,'__dict__')['o'+'s']\ngetattr(x,'__dict__')['envi'+'ron']{ENV}\n",
    ),
    "vars under another name": ("va=vars\n", "from app.a import va\nimport os\nva(os)['envi'+'ron']{ENV}\n"),
    "module in an attribute": (
        "from typing import TYPE_CHECKING\n",
        "from app import a\nclass A:\n    def __init__(self):\n        self.t = a\n    def f(self):\n"
        f"        if self.t.TYPE_CHECKING: import timm\n{LONG}",
    ),
    "module in a result": (
        "from typing import TYPE_CHECKING\n",
        "from app import a\ndef g():\n    return a\ndef f():\n    if g().TYPE_CHECKING: import timm\n" + LONG,
    ),
    "handed on from another file": (
        "from typing import TYPE_CHECKING\n",
        "from app.a import TYPE_CHECKING as T\nclass A:\n    def __init__(self):\n        self.t = T\n"
        f"    def f(self):\n        if self.t: import timm\n{LONG}",
    ),
}
Files = dict[str, str | bytes]
PROJECTS: dict[str, tuple[Files, str, tuple[str, ...]]] = {
    name: (files, config, (".",))
    for name, (files, config) in {
        "module whose name ends in import": (
            {"app/b.py": "from cupy_import import x\n"},
            'gated-packages = ["cupy_import"]\n',
        ),
        "taken of a module whose name ends in import": (
            {
                "app/re_import.py": "import torch as tt\n",
                "app/b.py": "from app.re_import import tt\ntt{SET}\n",
            },
            "",
        ),
        "module with letters": (
            {"app/größe.py": _TT, "app/b.py": "import app.größe\napp.größe.tt{SET}\n"},
            "",
        ),
        "module with more letters": (
            {"app/नमस्ते.py": _TT, "app/b.py": "from app.नमस्ते import tt\ntt{SET}\n"},
            "",
        ),
        "torch-bound with letters": (
            {"app/größe.py": "import torch\n", "app/b.py": "import app.größe\n"},
            'torch-bound-modules=["app.größe"]\n',
        ),
        "runtime with letters": (
            {
                "app/größe.py": "import torch\ndef go(): torch.use_deterministic_algorithms(True)\n",
                "app/b.py": "import app.größe\napp.größe.go()\n",
            },
            'runtime-modules=["app.größe"]\n',
        ),
        "result of a function, by texts": (
            {
                "app/a.py": "from app import c\ndef get(): return c\n",
                "app/b.py": "from app.a import get\nget().__dict__['o'+'s'].__dict__['envi'+'ron']{ENV}\n",
                "app/c.py": _OS,
            },
            "",
        ),
        "alias of an alias of typing": (
            {
                "app/a.py": "import typing as v\n",
                "app/b.py": "from app import a as q\nif 1: w = globals()['q'].__dict__['v']\n",
                "app/c.py": "from app import b as q\nx = globals()['q'].w\n",
                "app/d.py": "from app.c import x as y\nif y.TYPE_CHECKING: import timm\n",
            },
            "",
        ),
        "through a name of a package that is no module": (
            {"app/__init__.py": _TT, "app/b.py": "from .tt import y\n"},
            "",
        ),
        "through what a package gives for any name": (
            {
                "app/__init__.py": "def __getattr__(n):\n import torch as tt\n return tt\n",
                "app/b.py": "from app.d.e import y\n",
            },
            "",
        ),
        "of a module that is no Python": (
            {
                "app/a.py": f"{_TT}class Z:\n",
                "app/b.py": "from app.a import tt\nimport app.a\napp.a.tt{SET}\n",
            },
            "",
        ),
        "what a test means, two files away": (
            {
                "app/a.py": "from app import c\nT=c\n",
                "app/b.py": "from app import a\nif a.T.Q: import timm\n",
                "app/c.py": "from typing import TYPE_CHECKING as Q\n",
            },
            "",
        ),
    }.items()
}
QUIET = {
    *(name for name in SINGLE if name.startswith("handed on, ") and "class method" not in name),
    "module in an attribute",
    "module in a result",
    "handed on from another file",
    "what a test means, two files away",
}
