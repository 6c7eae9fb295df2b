"""Ways to write an import, to reach a name, and to hand one on, for ``tests/cli/test_filtered.py``."""

# ruff: noqa: E501

from __future__ import annotations

# What the texts leave out.
SHORT = {"{SET}": ".set_default_dtype(1)", "{ENV}": "['CUBLAS_WORKSPACE_CONFIG'] = ':0:0'"}
# More than a small file has, so that its bodies are parsed when they are asked for.
LONG = "".join(f"filler_{number} = {number}\n" for number in range(200))
# One file, ``app/m.py``.
SINGLE: dict[str, str | bytes] = {
    "bom": b"\xef\xbb\xbfimport torch\n",
    "bomfrom": b"\xef\xbb\xbffrom torch import nn\n",
    "bom semi": b"\xef\xbb\xbfx=1;import torch\n",
    "triple >>>": 'x = """\n>>> """; import torch\n',
    "triple >>> from": 'x = """\n>>> """; from torch import nn\n',
    "triple quote prose": 'x = """\nabc: """\nimport torch\n',
    "tabs": "if 1:\n\timport\ttorch\n",
    "def blank": "def f (torch): torch{SET}\n",
    "def backslash": "def \\\n f(torch, x): torch{SET}\n",
    "def long name": f"def {'f' * 100}(torch): torch{{SET}}\n",
    **{f"def name {size}": f"#\ndef {'f' * size}(torch): torch{{SET}}\n" for size in range(72, 84)},
    "def far": f"#\ndef{' ' * 76}f(torch): torch{{SET}}\n",
    "def farther": f"#\n{' ' * 100}\ndef{' ' * 90}f(torch): torch{{SET}}\n",
    "def called so": "def getattr(torch, x): torch{SET}\n",
    "async def": "async def f(torch): torch{SET}\n",
    "def in a call": "g(torch, 1)\ng(lambda torch: torch{SET})\n",
    "def after a call": "getattr(torch, x)\ndef f(x, torch): torch{SET}\n",
    "def handle in a class": "class A:\n def __init__(self, torch): torch{SET}\n",
    "call only": "getattr(torch, x){SET}\nhasattr(torch)\n",
    "wide letters": "x = '\uff11\uff21'  # \uff34\nimport \uff54\uff4f\uff52\uff43\uff48\n",
    "wide letters elsewhere": "x = '\uff11\uff21'  # \uff34\nimport torch\n",
    "wide letters in f": "x = '\uff11'\ndef f(torch): f'{t\uff4frch{SET}}'\n",
    "wide letters alone": "x = '\uff11\uff21'  # \uff34\nimport os\n",
    "ff": "\x0cimport torch\n",
    "ff2": "if 1:\n \x0c import\x0ctorch\n",
    "bs": "import \\\n torch\n",
    "bs2": "from torch \\\n import nn\n",
    "bs3": "from \\\n torch import nn\n",
    "bs4": "if 1: \\\n import torch\n",
    "bs5": "import os, \\\n torch\n",
    "bs6": "from \\\n\\\n torch \\\n\\\nimport nn\n",
    "bscrlf": "from torch \\\r\n import nn\r\n",
    "crlf": "import os\r\nimport torch\r\n",
    "cr": "x=1\rimport torch\r",
    "cr2": "# x\rimport torch\n",
    "cr3": "x=1\r\r\nimport torch\n",
    "semi": "x=1;import torch",
    "semi2": "x=1 ; from torch import nn",
    "suite": "if 1: import torch",
    "suite2": "class A: import torch",
    "suite3": "def f(): from torch import nn",
    "suite4": "try: import torch\nfinally: pass",
    "suite5": 'with open("from: x") as f: import torch\n',
    "suite6": "for i in 1,2: x=1; import torch; y=1\n",
    "suite7": "match 1:\n case 1: import torch\n",
    "hash in head": 'x="#:"; import torch\n',
    "paren": "from torch import (nn)\n",
    "paren2": 'from app.y import (  # )"\n nn,\n torch # x)\n ,)\nnn.Linear(1)\n',
    "frm.": "from.z import x\nimport torch",
    "from(": "from torch import(nn)",
    "star": "from torch import*",
    "nullbyte": "import torch\n\x00",
    "cookie": "# -*- coding: latin-1 -*-\nimport torch\n#é",
    "cookie2": "#--------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------\n# -*- coding: utf-7 -*-\n+AGk-mport torch\n",
    "cookie3": "#--------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------\n# vim: set fileencoding=latin-1 :\nimport torch\n",
    "cookie4": b"#--------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------\n# coding: unicode_escape\n\\x69mport torch\n",
    "cookie5": b"#--------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------\n# coding: latin-1\n# \xe9\nimport torch\n",
    "cookie utf16": b"\xff\xfei\x00m\x00p\x00o\x00r\x00t\x00 \x00t\x00o\x00r\x00c\x00h\x00\n\x00",
    "nfkc": "import ｔorch\n",
    "nfkc2": "import 𝐭orch as x\n",
    "nonutf8": b"import torch\n# \xff\n",
    "tripleclose": '"""x\n""";import torch',
    "empty lines": "\n\n\nimport torch as \\\n  t\n",
    "aliased paren": "from torch import (nn as \\\n  n)",
    "import after colon string": "x = {'a':1}; import torch",
    "lambda": "f = lambda torch: torch{SET}\n",
    "in f-str": "f\"{__import__('torch')}\"\n",
    "else": "if 1:\n pass\nelse: import torch\n",
    "comment cr": "import os # \\\nimport torch\n",
    "bs comment": "# \\\nimport torch\n",
    "bs string": 'x="\\\n"; import torch\n',
    "bs in triple": 'x="""\\\n"""; import torch\n',
    "from prose": 'x = "from here"; import torch\n',
    ">>> py": ">>> import torch\n",
    "decorated": "@x\nclass A:\n  import torch\n",
    "two stmt": "import os; import torch; from torch import nn",
    "import;": "import torch;",
    "async": "async def f(): import torch\n",
    "type": "if True: pass; import torch",
    "nested paren import": "from torch import (\n\n# import os )\nnn\n)",
    "prefix dot space": "from . import z; from . z import x; import torch",
    "prefix dots": "from . . app import z\nimport torch\n",
    "import dot space": "import torch . nn",
    "from dot space": "from torch . nn import Linear",
    "from dot bs": "from torch . \\\n nn import Linear",
    "import dot tab": "import torch\t.\tnn as n",
    "getattr paren": 'import os\ngetattr((os),"envi"+"ron"){ENV}\n',
    "getattr alias": 'import os\no=os\ngetattr(o,"envi"+"ron"){ENV}\n',
    "vars alias": 'import os\no=os\nvars(o)["envi"+"ron"]{ENV}\n',
    "__dict__": 'import os\nos.__dict__["envi"+"ron"]{ENV}\n',
    "__dict__2": 'import os\n(os).__dict__["envi"+"ron"]{ENV}\n',
    "__dict__get": 'import os\nos.__dict__.get("envi"+"ron"){ENV}\n',
    "__getattribute__": 'import os\nos.__getattribute__("envi"+"ron"){ENV}\n',
    "globals os": 'import os\nglobals()["os"].environ{ENV}\n',
    "globals os2": 'import os\nglobals()["o"+"s"].environ{ENV}\n',
    "globals environ": 'from os import environ\nglobals()["environ"]{ENV}\n',
    "globals environ2": 'from os import environ as e\nglobals()["e"]{ENV}\n',
    "sysdict": 'import sys\nsys.__dict__["mod"+"ules"]["torch"]\n',
    "sysdict2": 'import sys\nsys.__dict__["modules"]["torch"]\n',
    "sysgetattr": 'import sys\ngetattr(sys,"mod"+"ules")["torch"]\n',
    "sysgetattr2": 'import sys\ns=sys\ngetattr(s,"mod"+"ules")["torch"]\n',
    "sysgetattr3": 'import sys\nM="mod"+"ules"\ngetattr(sys,M)["torch"]\n',
    "sys bs": 'import sys\nsys.\\\nmodules["torch"]\n',
    "sys bs2": 'import sys\nsys\\\n.modules["torch"]\n',
    "sys comment": 'import sys\n(sys # x\n.modules)["torch"]\n',
    "os comment": "import os\n(os # x\n.environ){ENV}\n",
    "os bs": "import os\nos\\\n.environ{ENV}\n",
    "os list": "import os\nfor o in [os]: o.environ{ENV}\n",
    "os walrus": "import os\n(o:=os).environ{ENV}\n",
    "os default": "import os\ndef f(o=os):\n o.environ{ENV}\n",
    "os class": "import os\nclass A:\n o=os\nA.o.environ{ENV}\n",
    "os self": "import os\nclass A:\n def __init__(self):\n  self.o=os\n def f(self):\n  self.o.environ{ENV}\n",
    "os dict": 'import os\n{"a":os}["a"].environ{ENV}\n',
    "os star": "from os import *\nenviron{ENV}\n",
    "os path": "import os.path\nos.environ{ENV}\n",
    "os as": "import os as o\no.environ{ENV}\n",
    "os as paren": "import os as o\n(o).environ{ENV}\n",
    "getattr escapes": 'import os\ngetattr(os,"env\\x69ron"){ENV}\n',
    "getattr implicit": 'import os\ngetattr(os,"envi" "ron"){ENV}\n',
    "getattr f": 'import os\ngetattr(os,f"environ"){ENV}\n',
    "getattr r": 'import os\ngetattr(os,r"environ"){ENV}\n',
    "getattr raw bs": 'import os\ngetattr(os,\\\n"environ"){ENV}\n',
    "getattr comment": 'import os\ngetattr(os, # x\n"environ"){ENV}\n',
    "getattr newline": 'import os\ngetattr(\n os,\n "environ",\n){ENV}\n',
    "getattr space": 'import os\ngetattr (os , "environ"){ENV}\n',
    "getattr comment0": 'import os\ngetattr( # x\nos, "envi"+"ron"){ENV}\n',
    "getattr bs0": 'import os\ngetattr(\\\nos, "envi"+"ron"){ENV}\n',
    "getattr g": 'import os\ng=getattr\ng(os, "envi"+"ron"){ENV}\n',
    "getattr b": 'import builtins as b, os\nb.getattr(os, "envi"+"ron"){ENV}\n',
    "vars comment": 'import os\nvars( # x\nos)["envi"+"ron"]{ENV}\n',
    "threading": "import threading as t\nif t.current_thread() is not t.main_thread(): raise X\n",
    "threading2": "import threading\nt=threading\nif t.current_thread() is not t.main_thread(): raise X\n",
    "threading3": 'import threading\nif getattr(threading,"current"+"_thread")() is not 1: raise X\n',
    "threading4": "from threading import *\nif current_thread() is not 1: raise X\n",
    "_thread": "import _thread\nif _thread.get_ident(): raise X\n",
    "param ann str": 'def f(torch: "object") -> None: torch{SET}\n',
    "param posonly": "def f(torch, /): torch{SET}\n",
    "param kwonly": "def f(*, torch): torch{SET}\n",
    "param nl": "def f(\n    torch\n    ,\n): torch{SET}\n",
    "param nl2": "def f(a,\n\n      torch # c\n      = None): torch{SET}\n",
    "param bs": "def f(a, \\\n torch): torch{SET}\n",
    "param far": "def f(a,                                                                                                    torch): torch{SET}\n",
    "param far2": "def f(a                                                                                                    ,                                                                                                    torch                                                                                                    ): torch{SET}\n",
    "lambda (3)": "g = lambda torch: torch{SET}\n",
    "lambda2": "g = lambda a,torch=1: torch{SET}\n",
    "lambda3": "g = lambda *,torch: torch{SET}\n",
    "lambda4": "g = lambda\\\n torch: torch{SET}\n",
    "lambda5": "g = (lambda\n torch: torch{SET})\n",
    "lambda6": "g = lambda a=(1),torch=2: torch{SET}\n",
    "field": "from dataclasses import dataclass\n@dataclass\nclass A:\n  torch: object\n  def f(self): self.torch{SET}\n",
    "field2": "class A:\n  x: int; torch: object\n  def f(self): self.torch{SET}\n",
    "field3": "class A: torch: object\nA().torch{SET}\n",
    "field4": "class A:\n  torch\\\n  : object\n  def f(self): self.torch{SET}\n",
    "field5": "class A:\n  (torch): object\n  def f(self): self.torch{SET}\n",
    "field6": "class A:\n  torch : object = None\n  def f(self): self.torch{SET}\n",
    "handle type2": "from torchgate.runtime import TorchHandle as T\ndef f(x: T): x{SET}\n",
    "handle type3": "import torchgate.runtime as r\ndef f(x: r.TorchHandle): x{SET}\n",
    "handle type4": "import torchgate\ndef f(x: torchgate.runtime.TorchHandle): x{SET}\n",
    "handle type str": 'import torchgate\ndef f(x: "torchgate.runtime.TorchHandle | None"): x{SET}\n',
}
# ``app/a.py`` and ``app/b.py``.
PAIRS: dict[str, tuple[str, str]] = {
    "TC of a file that is read": (
        "import torch\nfrom typing import TYPE_CHECKING\nTC = TYPE_CHECKING\n",
        "from app import a\nif a.TC: import timm\n",
    ),
    "TC of a file that is read, by name": (
        "import torch\nfrom typing import TYPE_CHECKING as TC\n",
        "from app.a import TC as X\nif X: import timm\n",
    ),
    "TC of a file that is read, as it is": (
        "import torch\nfrom typing import TYPE_CHECKING\n",
        "from app.a import TYPE_CHECKING as X\nif X: import timm\nelse: import torchvision\n",
    ),
    "TC and MYPY of a file that is read": (
        "import torch\nMYPY = False\nTYPE_CHECKING = False\n",
        "from app import a\nfrom app.a import MYPY, TYPE_CHECKING as TC\nif MYPY: import timm\nif TC: import lightning\n"
        "if a.MYPY: import torchvision\nif a.TYPE_CHECKING: import gpytorch\n",
    ),
    "constants of a file that is read": (
        "import torch, sys\nFLAG = 0\nbye = sys.exit\ndef no(): return False\n",
        "from app.a import FLAG, bye, no\nif FLAG: import timm\nif no(): import lightning\nbye()\nimport gpytorch\n",
    ),
    "own class, imported as self": (
        "import os\n",
        "import app.a as self\ngetattr(self, 'o' + 's').environ{ENV}\ngetattr(type(self), 'o' + 's')\n",
    ),
    "asked hasattr": (
        "import torch\n",
        "from app import a\nif hasattr(a, 'x'): print(vars(q)['tor' + 'ch'])\n",
    ),
    "own hasattr": (
        "import torch\n",
        "from app import a\ndef hasattr(x): return x\ngetattr(hasattr(a), 'tor' + 'ch'){SET}\n",
    ),
    "imported hasattr": (
        "import torch\ndef hasattr(x): return x\n",
        "from app.a import hasattr\nfrom app import a\ngetattr(hasattr(a), 'tor' + 'ch'){SET}\n",
    ),
    "hasattr of others": (
        "import torch\n",
        "from app import a\nimport q\ngetattr(q.hasattr(a), 'tor' + 'ch'){SET}\n",
    ),
    "own class by text": (
        "import torch\nclass A:\n lib = torch\n",
        "from app.a import A\nclass B(A):\n def f(self): getattr(type(self), 'li' + 'b'){SET}\n",
    ),
    "type is another": (
        "import torch\n",
        "from app import a\ndef type(x): return a\ndef f(self): getattr(type(self), 'tor' + 'ch'){SET}\n",
    ),
    "_os": ("import os as _os\n", "from app.a import _os\n_os.environ{ENV}\n"),
    "_os2": ("import os as _os\n", "from app import a\na._os.environ{ENV}\n"),
    "_sys": ("import sys as _sys\n", 'from app.a import _sys\n_sys.modules["torch"]\n'),
    "_imp": ("import importlib as il\n", 'from app.a import il\nil.import_module("torch")\n'),
    "_impu": ("import importlib.util as il\n", 'from app.a import il\nil.find_spec("torch")\n'),
    "_thr": ("import threading as th\n", "from app.a import th\nif th.current_thread() is not 1: raise X\n"),
    "exec": ("from builtins import exec\n", 'from app import a\na.exec("import torch")\n'),
    "exec2": ("from builtins import exec\n", 'from app.a import exec\nexec("import torch")\n'),
    "import_module": (
        "from importlib import import_module\n",
        'from app import a\na.import_module("torch")\n',
    ),
    "find_spec": (
        "from importlib.util import find_spec\n",
        'from app.a import find_spec\nfind_spec("torch")\n',
    ),
    "find_spec2": ("from importlib.util import find_spec\n", 'from app import a\na.find_spec("torch")\n'),
    "find_spec3": ("import importlib.util\n", 'from app import a\na.importlib.util.find_spec("torch")\n'),
    "find_spec4": (
        "import importlib.util\n",
        'from app.a import importlib as i\ni.util.find_spec("torch")\n',
    ),
    "util": ("from importlib import util\n", 'from app.a import util\nutil.find_spec("torch")\n'),
    "machinery": (
        "from importlib import machinery as mc\n",
        'from app.a import mc\nmc.PathFinder.find_spec("torch")\n',
    ),
    "resolve": ("from pkgutil import resolve_name\n", 'from app import a\na.resolve_name("torch")\n'),
    "run_module": ("from runpy import run_module\n", 'from app.a import run_module\nrun_module("torch")\n'),
    "skip": ("from pytest import importorskip\n", 'from app import a\na.importorskip("torch")\n'),
    "pytest": ("import pytest\n", 'from app import a\np=a.pytest\np.importorskip("torch")\n'),
    "current_thread": (
        "from threading import current_thread\n",
        "from app import a\nif a.current_thread() is not 1: raise X\n",
    ),
    "a.os": ("import os\n", "from app import a\no=a.os\no.environ{ENV}\n"),
    "a.os getattr": ("import os\n", 'from app import a\ngetattr(a,"os").environ{ENV}\n'),
    "a.os vars": ("import os\n", 'from app import a\nvars(a)["os"].environ{ENV}\n'),
    "a.os dict": ("import os\n", 'from app import a\na.__dict__["os"].environ{ENV}\n'),
    "a.os dict2": ("import os\n", 'from app import a\nx=a\nx.__dict__["o"+"s"].environ{ENV}\n'),
    "a.os paren": ("import os\n", "from app import a\n(a.os).environ{ENV}\n"),
    "a.os __dict__": ("import os\n", 'from app import a\na.os.__dict__["environ"]{ENV}\n'),
    "a.sys": ("import sys\n", 'from app import a\ns=a.sys\ns.modules["torch"]\n'),
    "star os": ("import os\n", "from app.a import *\no=os\no.environ{ENV}\n"),
    "star os2": ("import os\n", "from app.a import *\nos.environ{ENV}\n"),
    "star sys": ("import sys\n", 'from app.a import *\ns=sys\ns.modules["torch"]\n'),
    "star _os": ("import os as oo\n", "from app.a import *\noo.environ{ENV}\n"),
    "env": ("import os\nenv=os.environ\n", "from app.a import env\nenv{ENV}\n"),
    "environ": ("from os import environ\n", "from app import a\na.environ{ENV}\n"),
    "environ2": ("from os import environ\n", "from app import a\nx=a\nx.environ{ENV}\n"),
    "environ3": ("from os import environ\n", 'from app import a\ngetattr(a,"environ"){ENV}\n'),
    "environ4": ("from os import environ\n", 'from app import a\ngetattr(a,"env"+"iron"){ENV}\n'),
    "environ5": ("from os import environ\n", "import app.a\napp.a.environ{ENV}\n"),
    "environ6": ("from os import environ\n", "import app.a\nx=app\nx.a.environ{ENV}\n"),
    "environ7": ("from os import environ\n", "from app.a import *\nenviron{ENV}\n"),
    "environ8": ("from os import environ\n", "from app.a import environ as zz\nzz{ENV}\n"),
    "environ9": ("from os import environ as zz\n", "from app import a as y\ny.zz{ENV}\n"),
    "environ10": ("from os import environ as zz\n", "from . import a as y\nw=y\nw.zz{ENV}\n"),
    "environ11": ("from os import environ as zz\n", 'import app.a as y\ngetattr(y,"zz"){ENV}\n'),
    "environ12": ("from os import environ as zz\n", 'import app.a as y\ngetattr(y,"z"+"z"){ENV}\n'),
    "environ13": ("from os import environ as zz\n", 'import app.a\ngetattr(app,"a").zz{ENV}\n'),
    "environ14": ("from os import environ as zz\n", 'import app.a\nw=app\ngetattr(w.a,"z"+"z"){ENV}\n'),
    "environ15": ("from os import environ as zz\n", 'import app.a\nvars(app)["a"].zz{ENV}\n'),
    "environ16": ("from os import environ as zz\n", 'import app.a\nglobals()["ap"+"p"].a.zz{ENV}\n'),
    "environ17": ("from os import environ as zz\n", 'from app import a\nglobals()["a"].zz{ENV}\n'),
    "environ18": (
        "from os import environ as zz\n",
        'from app import a\nglobals()["a"].__dict__["z"+"z"]{ENV}\n',
    ),
    "environ19": ("from os import environ as zz\n", 'from app.a import zz\nglobals()["z"+"z"]{ENV}\n'),
    "environ20": ("from os import environ as zz\n", 'import app.a, app.z\napp.a.__dict__["z"+"z"]{ENV}\n'),
    "environ21": (
        "from os import environ as zz\n",
        'import app.a, app.z\napp.__dict__["a"].__dict__["z"+"z"]{ENV}\n',
    ),
    "environ22": ("from os import environ as zz\n", 'import app.a, app.z\n(app).a.__dict__["z"+"z"]{ENV}\n'),
    "TC": ("from typing import TYPE_CHECKING as TC\n", "from app.a import TC\nif TC:\n import torch\n"),
    "TC2": ("TC=False\n", "from app.a import TC\nif TC:\n import torch\n"),
    "TC3": (
        "from typing import TYPE_CHECKING\n",
        "from app.a import TYPE_CHECKING as TC\nif TC:\n import torch\n",
    ),
    "TC4": ("import typing as t\n", "from app.a import t\nif t.TYPE_CHECKING:\n import torch\n"),
    "TC5": ("import typing as t\n", "from app import a\nif a.t.TYPE_CHECKING:\n import torch\n"),
    "exit": (
        "from sys import exit as ex\n",
        "from app.a import ex\nimport torch\nx=torch\nif 1:\n x=1\n ex()\nx{SET}\n",
    ),
    "cm": (
        "from contextlib import contextmanager as cm\n",
        "from app.a import cm\nimport torch\n@cm\ndef f():\n yield torch\nwith f() as z: z{SET}\n",
    ),
    "partial": (
        "from functools import partial as pa\n",
        "from app.a import pa\nimport torch\npa(torch.set_default_dtype,1)()\n",
    ),
    "getattr": (
        "from builtins import getattr as ga\n",
        'from app.a import ga\nimport torch\nga(torch,"set_default_"+"dtype")(1)\n',
    ),
    "cast": ("from typing import cast as ca\n", "from app.a import ca\nimport torch\nca(int,torch){SET}\n"),
    "cast2": ("import typing as ty\n", "from app.a import ty\nimport torch\nty.cast(int,torch){SET}\n"),
    "cache": (
        "from functools import cache as ca\n",
        "from app.a import ca\nfrom torchgate.runtime import apply_torch_runtime as ap\n@ca\ndef f():\n return ap(1)\ndef g(): ap(1)\n",
    ),
    "warn": (
        "from warnings import warn as wa\n",
        'from app.a import wa\nimport sys\nif "torch" in sys.modules: wa("x")\n',
    ),
    "log": (
        "import logging as lg\n",
        'from app.a import lg\nimport sys\nif "torch" in sys.modules: lg.warning("x")\n',
    ),
    "ns": (
        "from types import SimpleNamespace as SN\n",
        "from app.a import SN\ntry:\n import torch\nexcept ImportError:\n torch=SN()\ntorch{SET}\n",
    ),
    "mock": (
        "from unittest.mock import Mock as SN\n",
        "from app.a import SN\ntry:\n import torch\nexcept ImportError:\n torch=SN()\ntorch{SET}\n",
    ),
    "object": (
        "from builtins import object as SN\n",
        "from app.a import SN\ntry:\n import torch\nexcept ImportError:\n torch=SN()\ntorch{SET}\n",
    ),
    "property": (
        "from builtins import property as SN\n",
        "from app.a import SN\nimport torch\nclass A:\n @SN\n def x(self): return torch\nA().x{SET}\n",
    ),
    "dict": (
        "from builtins import dict as SN\n",
        'from app.a import SN\nimport torch\nSN(a=torch)["a"]{SET}\n',
    ),
    "tls": (
        "from threading import local as SN\n",
        "from app.a import SN\nX=SN()\ndef f(torch):\n X.a=torch\n",
    ),
    "deque": (
        "from collections import deque as SN\n",
        "from app.a import SN\nX=SN()\ndef f(torch):\n X.append(torch)\n",
    ),
    "nullcontext": (
        "from contextlib import nullcontext as SN\n",
        "from app.a import SN\nimport torch\nwith SN(torch) as z: z{SET}\n",
    ),
    "raises": (
        "from pytest import raises as SN\n",
        'from app.a import SN\nimport sys\nwith SN(X):\n  assert "torch" in sys.modules\n',
    ),
    "nt": (
        "from typing import NamedTuple as SN\n",
        "from app.a import SN\nclass A(SN):\n  torch: object\n x=1\n",
    ),
    "any": (
        "from typing import Any as SN\n",
        "from app.a import SN\ntry:\n import torch\nexcept ImportError:\n torch=SN\ntorch{SET}\n",
    ),
    "deque y": (
        "import collections\ny=collections.deque()\n",
        "from app.a import y\ndef f(torch):\n y.t=torch\n",
    ),
    "np": ("import numpy\n", "from app.a import numpy\ndef f(torch):\n numpy.t=torch\n"),
    "np2": ("import numpy as np\n", "from app.a import np\ndef f(torch):\n np.t=torch\n"),
    "__class__": ("class S: pass\n", "from app.a import S\ndef f(torch):\n x=S()\n x.__class__.t=torch\n"),
    "type()": ("class S: pass\n", "from app.a import S\ndef f(torch):\n x=S()\n type(x).t=torch\n"),
    "S attr": (
        "class S:\n q=None\nclass T: pass\ns=S()\n",
        "from app.a import s\ndef f(torch):\n s.q.t=torch\n",
    ),
    "s": ("class S:\n q=None\nclass T: pass\ns=S()\n", "from app.a import s\ndef f(torch):\n s.t=torch\n"),
    "const": ('s="x"\n', "from app.a import s\ndef f(torch):\n s.t=torch\n"),
    "none": ("s=None\n", "from app.a import s\ndef f(torch):\n s.t=torch\n"),
    "helper": ("def default_devic(): pass\n", "from app.a import s\ndef f(torch):\n s.t=torch\n"),
    "param inst": (
        "class S:\n def go(self): pass\n",
        "from app.a import S\ndef f(torch,s:S):\n s.__class__.t=torch\n",
    ),
    "tuple res": (
        "def g(): return (1,2)\n",
        "from app.a import g\ndef f(torch):\n x=g()\n x.append(torch)\n",
    ),
    "nolocal": ("y=1\n", "import torch\ntry:\n  from app.a import y as torch\nexcept: pass\ntorch{SET}\n"),
    "join": (
        "class S: pass\n",
        "import torch\ntry:\n  import torch\nexcept:\n from app.a import S\n torch=S()\ntorch{SET}\n",
    ),
    "join2": ("def torch(): pass\n", "try:\n  import torch\nexcept:\n from app.a import torch\ntorch{SET}\n"),
    "join3": ("torch=None\n", "try:\n  import torch\nexcept:\n from app.a import torch\ntorch{SET}\n"),
    "join4": (
        "torch=None\nt2=1\n",
        "try:\n  import torch\nexcept:\n from app.a import t2 as torch\ntorch{SET}\n",
    ),
    "mro": (
        "class A:\n def go(self): return 1\n",
        "from app.a import A\nclass B:\n def __init__(self,torch): self.t=torch\nclass C(A,B):\n def f(self): self.t{SET}\n",
    ),
    "mro2": (
        "class A:\n t=1\n",
        "from app.a import A\nclass B:\n def __init__(self,torch): self.t=torch\nclass C(A,B):\n def f(self): self.t{SET}\n",
    ),
    "mro3": (
        "class A:\n t=None\n",
        "from app.a import A\nclass B:\n def __init__(self,torch): self.t=torch\nclass C(A,B):\n def f(self): self.t{SET}\n",
    ),
    "mro4": (
        "class A:\n def __init__(self): self.t=3\n",
        "from app.a import A\nclass B:\n def __init__(self,torch): self.t=torch\nclass C(A,B):\n def f(self): self.t{SET}\n",
    ),
    "sub helper": (
        "class A:\n def default_device(self): pass\n",
        "from app.a import A\nclass C(A):\n def f(self,torch): self.default_device()\n",
    ),
    "helper via2": (
        "class A:\n def default_device(self): pass\na=A()\n",
        "from app.a import a\na.default_device()\n",
    ),
    "meta": (
        "import torch as tt\nclass M(type):\n lib=tt\n",
        "from app.a import M\nclass D(metaclass=M):\n def f(self): self.lib{SET}\n",
    ),
    "dc": (
        "from dataclasses import dataclass\n@dataclass\nclass A:\n torch: object\n",
        "from app.a import A\ndef f(a: A): a.torch{SET}\n",
    ),
    "nt (2)": (
        "from typing import NamedTuple\nclass A(NamedTuple):\n torch: object\n",
        'from app.a import A\ndef f(a: "A"): a.torch{SET}\n',
    ),
    "nt2": (
        "from typing import NamedTuple\nclass A(NamedTuple):\n torch: object\n",
        'from app import a\ndef f(q: "a.A"): q.torch{SET}\n',
    ),
    "cm (2)": (
        "from contextlib import contextmanager\nimport torch as tt\n@contextmanager\ndef cm(): yield tt\n",
        "from app.a import cm\nwith cm() as q: q{SET}\n",
    ),
    "cm2": (
        "import torch as tt\nclass CM:\n def __enter__(self): return tt\n",
        "from app.a import CM\nwith CM() as q: q{SET}\n",
    ),
    "fn fn": (
        "import torch as tt\ndef g():\n def h(): return tt\n return h\n",
        "from app.a import g\ng()(){SET}\n",
    ),
    "lambda (2)": ("import torch as tt\ng=lambda: tt\n", "from app.a import g\ng(){SET}\n"),
    "dict (2)": ('import torch as tt\nD={"a":tt}\n', 'from app.a import D\nD["a"]{SET}\n'),
    "tuple": ("import torch as tt\nD=(tt,1)\n", "from app.a import D\nD[0]{SET}\n"),
    "partial (2)": (
        "import torch as tt, functools\ng=functools.partial(tt.set_default_dtype,1)\n",
        "from app.a import g\ng()\n",
    ),
    "all": ('import torch as _tt\n__all__=["_tt"]\n', "from app.a import *\n_tt{SET}\n"),
    "getattr mod": (
        'import torch as tt\ndef __getattr__(n):\n if n=="q"+"r": return tt\n',
        "from app.a import qr\nqr{SET}\n",
    ),
    "getattr mod2": (
        'import torch as tt\ndef __getattr__(n):\n return {"q":tt}[n]\n',
        "from app.a import q\nq{SET}\n",
    ),
    "name nfd": ("import torch as é\n", "from app.a import é\né{SET}\n"),
    "long bad taken": ("from app.b import torch\ndef f():\n  x = = 1\n\n" + LONG, "import torch\n"),
    "long bad giver": (
        "import torch as tt\ndef f():\n  x = = 1\n\n" + LONG,
        "from app.a import tt\ntt{SET}\n",
    ),
    "long bad giver2": ("def g():\n return 1 = 2\n" + LONG, "from app.a import torch\ntorch{SET}\n"),
    "long global": ("def g():\n global tt\n import torch as tt\n" + LONG, "from app.a import tt\ntt{SET}\n"),
    "timm TC": ("from typing import TYPE_CHECKING as TC\n", "from app.a import TC\nif TC:\n import timm\n"),
    "timm TC8": ("import typing as tt, os\n", "import app.a\nif app.a.tt.TYPE_CHECKING:\n import timm\n"),
    "timm TC9": ("import typing\n", "import app.a\nif app.a.typing.TYPE_CHECKING:\n import timm\n"),
    "timm TC10": (
        "TYPE_CHECKING=False\n",
        "from app.a import TYPE_CHECKING\nif TYPE_CHECKING:\n import timm\n",
    ),
    "timm TC11": (
        "from typing import TYPE_CHECKING\nTC=TYPE_CHECKING\n",
        "from app.a import TC\nif TC:\n import timm\n",
    ),
    "timm TC12": (
        "class A:\n from typing import TYPE_CHECKING as Z\n",
        "from app.a import A\nif A.Z:\n import timm\n",
    ),
    "timm TC13": (
        "def __getattr__(n):\n import typing\n return getattr(typing,n)\n",
        "from app.a import TYPE_CHECKING\nif TYPE_CHECKING:\n import timm\n",
    ),
    "timm TC14": (
        'def __getattr__(n):\n import typing as t\n if n=="TC": return t.TYPE_CHECKING\n',
        "from app.a import TC\nif TC:\n import timm\n",
    ),
    "timm TC15": (
        "try:\n from typing import TYPE_CHECKING as TC\nexcept: TC=False\n",
        "from app.a import TC\nif TC:\n import timm\n",
    ),
    "timm TC16": (
        "def f():\n global TC\n from typing import TYPE_CHECKING as TC\n",
        "from app.a import TC\nif TC:\n import timm\n",
    ),
    "timm TC17": (
        "def f():\n global TC\n from typing import TYPE_CHECKING as TC\n" + LONG,
        "from app.a import TC\nif TC:\n import timm\n",
    ),
    "giver with a broken body": (
        "import torch as tt\ndef f():\n  x = = 1\n\n" + LONG,
        "from app.a import tt\ntt{SET}\n",
    ),
    "giver of a module with a broken body": (
        "import os as tt\ndef f():\n  x = = 1\n\n" + LONG,
        "from app.a import tt\ntt.environ{ENV}\n",
    ),
    "TC with a broken body": (
        "from typing import TYPE_CHECKING as TC\ndef f():\n  x = = 1\n\n" + LONG,
        "from app.a import TC\nif TC:\n import timm\n",
    ),
    "class with a broken body": (
        "class A:\n def __init__(self): self.lib=1\ndef f():\n  x = = 1\n\n" + LONG,
        "from app.a import A\nclass B:\n def __init__(self,torch): self.lib=torch\nclass D(A,B):\n def g(self): self.lib{SET}\n",
    ),
    "handle type mod2": (
        "from torchgate.runtime import TorchHandle\n",
        'from app import a\ndef f(x: "a.TorchHandle"): x{SET}\n',
    ),
    "handle type mod3": (
        "from torchgate.runtime import TorchHandle\n",
        'import app.a\ndef f(x: "app.a.TorchHandle"): x{SET}\n',
    ),
    "handle type star": (
        "from torchgate.runtime import *\n",
        "from app.a import *\ndef f(x: TorchHandle): x{SET}\n",
    ),
    "handle type TC": (
        "from torchgate.runtime import TorchHandle\n",
        'from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n from app.a import TorchHandle as H\ndef f(x: "H"): x{SET}\n',
    ),
    "ann class": (
        "class A:\n  torch: object\n",
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n from app.a import A\ndef f(x: A): x.torch{SET}\n",
    ),
    "ann class opt": (
        "class A:\n  torch: object\n",
        'from app.a import A\nfrom typing import Optional\ndef f(x: Optional["A"]): x.torch{SET}\n',
    ),
    "self attr": (
        "class A:\n  def __init__(self, torch): self._t = torch\n",
        "from app.a import A\nclass B(A):\n  def f(self): self._t{SET}\n",
    ),
    "cls method": (
        "import torch as tt\nclass A:\n  @classmethod\n  def mk(cls): return tt\n",
        "from app.a import A\nA.mk(){SET}\n",
    ),
    "static": (
        "import torch as tt\nclass A:\n  @staticmethod\n  def mk(): return tt\n",
        "from app.a import A\nA().mk(){SET}\n",
    ),
    "nested cls": (
        "import torch as tt\nclass A:\n  class B:\n    lib=tt\n",
        "from app.a import A\nA.B.lib{SET}\n",
    ),
    "enter": (
        "import torch as tt\nclass A:\n  def __enter__(self): return self\n  lib=tt\n",
        "from app.a import A\nwith A() as q: q.lib{SET}\n",
    ),
    "super": (
        "class A:\n def __init__(self,torch): self.h=torch\n",
        "from app.a import A\nclass D(A):\n def f(self): super().h{SET}\n",
    ),
    "gen cm": (
        'import contextlib, torch as tt\n@contextlib.contextmanager\ndef cm():\n with open("x"): yield tt, 1\n',
        "from app.a import cm\nwith cm() as (q,_): q{SET}\n",
    ),
    "tuple (2)": (
        "import torch as tt\ndef two(): return tt, 1\n",
        "from app.a import two\nq, _ = two()\nq{SET}\n",
    ),
    "global": (
        "import torch as tt\nX=None\ndef init():\n global X\n X=tt\n",
        "from app.a import X\nX{SET}\n",
    ),
    "sysmod replace": (
        "import sys\nclass M: pass\nsys.modules[__name__]=M()\n",
        "from app.a import torch\ntorch{SET}\n",
    ),
    "import error": (
        "torch=None\ntry:\n import torch\nexcept ImportError: pass\n",
        "from app.a import torch as t\nt{SET}\n",
    ),
    "typeonly": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n import torch\n",
        "from app.a import torch\n",
    ),
    "typeonly getattr": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n import torch\ndef __getattr__(n): pass\n",
        "from app.a import torch\n",
    ),
    "attrgetter": (
        "import torch as tt\n",
        'from operator import attrgetter as g\nimport app.a\ng("a.tt")(app){SET}\n',
    ),
    "runpy": ("from runpy import run_module as r\n", 'from app.a import r\nr("torch")\n'),
    "pkgutil": ("import pkgutil as r\n", 'from app import a\na.r.resolve_name("torch:x")\n'),
    "spec": ("import importlib.util as r\n", 'from app import a\ns=a.r.find_spec("torch")\n'),
    "spec2": ("from importlib import util\n", 'from app import a\ns=a.util.find_spec("torch")\n'),
    "spec3": ("from importlib import util\n", 'from app import a as q\nz=q\ns=z.util.find_spec("torch")\n'),
    "spec4": ("import importlib\n", 'from app import a as q\nz=q\ns=z.importlib.util.find_spec("torch")\n'),
    "spec5": ("import importlib\n", 'from app import a as q\nz=q.importlib\ns=z.util.find_spec("torch")\n'),
    "builtins": ("import builtins\n", 'from app import a\na.builtins.exec("import torch")\n'),
    "builtins2": ("import builtins as bb\n", 'from app import a\na.bb.__import__("torch")\n'),
    "builtins3": ("import builtins as bb\n", "from app import a\ndef f(torch):\n a.bb.t=torch\n"),
    "__builtins__2": ("q=__builtins__\n", 'from app.a import q\nq.exec("import torch")\n'),
    "__builtins__3": ("q=__builtins__\n", "from app import a\na.q.eval(\"__import__('torch')\")\n"),
    "getattr given": ("ga=getattr\n", 'from app.a import ga\nimport os as o\nga(o,"envi"+"ron"){ENV}\n'),
    "getattr given2": ("ga=getattr\nimport os\n", 'from app import a\na.ga(a.os,"envi"+"ron"){ENV}\n'),
    "getattr given3": (
        "from builtins import getattr\nimport os\n",
        'from app import a\na.getattr(a.os,"envi"+"ron"){ENV}\n',
    ),
    "vars given": ("va=vars\nimport os as o\n", 'from app import a\na.va(a.o)["envi"+"ron"]{ENV}\n'),
    "doubly computed": (
        "import os\n",
        'from app import a\ny=a\nq=getattr(y,"o"+"s")\ngetattr(q,"envi"+"ron"){ENV}\n',
    ),
    "triply": (
        "import os\n",
        'from app import a\ny=a\nN="o"+"s"\nM="envi"+"ron"\nq=getattr(y,N)\ngetattr(q,M){ENV}\n',
    ),
    "dict chain": (
        "import os\n",
        'from app import a\ny=a\nN="o"+"s"\nM="envi"+"ron"\nq=y.__dict__[N]\nq.__dict__[M]{ENV}\n',
    ),
    "class attr name": (
        'import os\nclass K:\n N="o"+"s"\n',
        "from app import a\ny=a\nq=getattr(y,a.K.N)\nq.environ{ENV}\n",
    ),
    "del": ("import torch as tt\ndel tt\n", "from app.a import tt\ntt{SET}\n"),
    "walrus comp": ("import torch as tt\n[y := tt for _ in [1]]\n", "from app.a import y\ny{SET}\n"),
    "match": ("import torch as tt\nmatch tt:\n  case q: pass\n", "from app.a import q\nq{SET}\n"),
    "with as": (
        "import torch as tt, contextlib\nwith contextlib.nullcontext(tt) as q: pass\n",
        "from app.a import q\nq{SET}\n",
    ),
    "for": ("import torch as tt\nfor q in (tt,): pass\n", "from app.a import q\nq{SET}\n"),
    "star args": ("import torch as tt\na, *b = tt, 1, 2\n", "from app.a import a as z\nz{SET}\n"),
    "aug": (
        'import torch as tt\n__all__ = ["x"]\n__all__ += ["tt"]\nx=1\n',
        "from app.a import *\ntt{SET}\n",
    ),
    "all computed": ('import torch as tt\n__all__ = list("x")\n', "from app.a import *\ntt{SET}\n"),
    "private star": ("import torch as _tt\n", "from app.a import *\n_tt{SET}\n"),
    "dup class": (
        "import torch as tt\nclass A: lib=1\nif 1:\n class A: lib=tt\n",
        "from app.a import A\nA.lib{SET}\n",
    ),
    "cond expr": ("import torch as tt\nq = tt if 1 else None\n", "from app.a import q\nq{SET}\n"),
    "bool or": ("import torch as tt\nq = None or tt\n", "from app.a import q\nq{SET}\n"),
    "device inst": (
        'import torch\nclass A:\n  def __init__(self): self.d = torch.device("cuda")\n',
        "from app.a import A\nwith A().d: pass\n",
    ),
    "device fn": (
        'import torch\ndef d(): return torch.device("cuda")\n',
        "from app.a import d\nwith d(): pass\n",
    ),
    "device ann": (
        "from torch import device\n",
        "from app.a import device as D\ndef f(x: D):\n  with x: pass\n",
    ),
    "device ann2": (
        "from torch import device\ndef g() -> device: ...\n",
        "from app.a import g\nwith g(): pass\n",
    ),
    "flag": ("import torch\ncd = torch.backends.cudnn\n", "from app.a import cd\ncd.benchmark = True\n"),
    "flag2": ("import torch\n", 'import app.a as q\nsetattr(q.torch.backends.cudnn,"bench"+"mark",True)\n'),
    "probe": (
        "from torch import cuda\nok = cuda.is_available\n",
        'from app.a import ok\ndev = "cuda" if ok() else "cpu"\n',
    ),
    "probe2": (
        "from torch import cuda\nok = cuda.is_available()\n",
        'from app.a import ok\ndev = "cuda" if ok else "cpu"\n',
    ),
    "probe3": (
        "from torch import cuda\ndef ok(): return cuda.is_available()\n",
        'from app.a import ok\ndev = "cuda" if ok() else "cpu"\n',
    ),
    "probe4": (
        "import torch\nclass T:\n  ok = torch.cuda.is_available\n",
        'from app.a import T\ndev = "cuda" if T.ok() else "cpu"\n',
    ),
    "helper def": (
        "import torch\ns=torch.set_default_device\n",
        "import contextlib\nfrom app.a import s\n@contextlib.contextmanager\ndef on(d):\n  s(d)\n  yield\n",
    ),
    "405": (
        "from torchgate.runtime import apply_torch_runtime as ap\n",
        "from app import a\ndef f():\n  try: return a.ap(1)\n  except Exception: return None\n",
    ),
    "406": (
        "from torchgate.runtime import apply_torch_runtime as ap\ndef go(): ap(1)\n",
        "from app import a\ndef f():\n  a.ap(1)\n  a.ap(2)\n",
    ),
    "203 fn": (
        "import threading as q\n",
        "from app.a import q as t\ndef g():\n  if t.current_thread() is not t.main_thread(): raise X\ng()\n",
    ),
    "202 alias": (
        "from sys import modules as mm\n",
        'from app import a\nhas = "torch" in a.mm\nif has: raise X\n',
    ),
    "202 alias2": ("import sys as ss\n", 'from app.a import ss\nassert "torch" in ss.modules\n'),
    "205 builtins": ("import builtins as bb\n", "from app.a import bb\ndef f(torch): bb.t = torch\n"),
    "205 mod": ("x=1\n", "from app import a\ndef f(torch): a.t = torch\n"),
    "205 sysmod": (
        "from sys import modules as mm\n",
        'from app.a import mm\ndef f(torch): mm["x"] = torch\n',
    ),
}
# Files by path, the configuration, and what is checked.
PROJECTS: dict[str, tuple[dict[str, str | bytes], str, tuple[str, ...]]] = {
    **{
        f"TC under another name and its own again, {way}": (
            {
                "app/m.py": "from typing import TYPE_CHECKING as TC\nimport typing as tp\n",
                "app/a.py": f"import os\nos.environ{{ENV}}\n{way}\n",
                "app/b.py": f"from app import a as q\nfrom app.a import *\n{use}: import timm\n",
            },
            "",
            (".",),
        )
        for way, use in (
            ("from app.m import TC as TYPE_CHECKING", "if q.TYPE_CHECKING"),
            ("import app.m as m\nTYPE_CHECKING = m.TC", "if TYPE_CHECKING"),
            ("from app.m import tp as typing", "if q.typing.TYPE_CHECKING"),
            ("from app.m import TC\nclass A: TYPE_CHECKING = TC", "if q.A.TYPE_CHECKING"),
        )
    },
    **{
        f"loads what it is told, {number}": (
            {
                "app/m.py": "from importlib import import_module as i\nfrom importlib.util import find_spec\n"
                "def load(name): return of(name)\ndef of(name): return i(name)\n"
                "def has(name): return find_spec(name)\n"
                "class C:\n def load(self, name): return self.of(name)\n def of(self, name): i(name)\n"
                "class D:\n def __init__(self, name): i(name)\n"
                "other = load\nc = C()\n",
                "app/n.py": "from app.m import load as fetch, C, c\nclass E(C): pass\n",
                "app/o.py": "from app.n import *\n",
                "app/b.py": use,
            },
            "",
            (".",),
        )
        for number, use in enumerate(
            [
                "from app.m import load\nload('torch')\n",
                "import app.m\napp.m.load('torch.nn')\n",
                "import app.m as m\nm.other('torch')\n",
                "from app import m\nm.has('torch')\n",
                "from app.n import fetch\nfetch('torch')\n",
                "from app.o import fetch\nfetch('torch')\n",
                "from app.n import C\nC().load('torch')\n",
                "from app.n import c\nc.load('torch')\n",
                "from app.n import C\nC.load(0, 'torch')\n",
                "import app.n\napp.n.c.load('torch')\n",
                "from app.m import D\nD('torch')\n",
                "from app.m import D\nD('timm')\n",
                "from app.m import load\ndef f(name): load(name)\nf('torch')\n",
                "from app.m import load\ngetattr(load, '__call__')\nload(name='torch')\n",
            ]
        )
    },
    "reexp y": (
        {
            "app/x.py": "y=1\nclass C: pass\n",
            "app/a.py": "from app.x import y,C\n",
            "app/b.py": "from app import a\ndef f(torch):\n a.y.t=torch\n",
        },
        "",
        (".",),
    ),
    "reexp C": (
        {
            "app/x.py": "y=1\nclass C: pass\n",
            "app/a.py": "from app.x import y,C\n",
            "app/b.py": "from app import a\ndef f(torch):\n a.C.t=torch\n",
        },
        "",
        (".",),
    ),
    "reexp C as": (
        {
            "app/x.py": "y=1\nclass C: pass\n",
            "app/a.py": "from app.x import C as D\n",
            "app/b.py": "from app.a import D\ndef f(torch):\n D.t=torch\n",
        },
        "",
        (".",),
    ),
    "404": (
        {
            "app/rt.py": "import torch\nfrom app.a import S\ndef apply():\n torch.use_deterministic_algorithms(True)\n s=S()\n s.foo()\n",
            "app/a.py": "class S: pass\n",
        },
        'runtime-modules=["app.rt"]',
        (".",),
    ),
    "404b": (
        {
            "app/rt.py": "import torch\nfrom app.a import S\ndef apply():\n torch.use_deterministic_algorithms(True)\n s=S()\n s.foo()\n",
            "app/a.py": "class S:\n def foo(self): pass\n",
        },
        'runtime-modules=["app.rt"]',
        (".",),
    ),
    "404c": (
        {
            "app/rt.py": "import torch\nfrom app.a import s\ndef apply():\n torch.use_deterministic_algorithms(True)\n s.foo()\n",
            "app/a.py": "class S:\n def foo(self): pass\ns=S()\n",
        },
        'runtime-modules=["app.rt"]',
        (".",),
    ),
    "404d": (
        {
            "app/rt.py": "import torch\nfrom app.a import s\ndef apply():\n torch.use_deterministic_algorithms(True)\n s.foo()\n",
            "app/a.py": "import logging\ns=logging.getLogger()\n",
        },
        'runtime-modules=["app.rt"]',
        (".",),
    ),
    "404e": (
        {
            "app/rt.py": "import torch\nfrom app.a import s\ndef apply():\n torch.use_deterministic_algorithms(True)\n s()\n",
            "app/a.py": "import numpy as n\nfrom timm import s\n",
        },
        'runtime-modules=["app.rt"]',
        (".",),
    ),
    "404f": (
        {
            "app/rt.py": "import torch\nfrom app.a import s\ndef apply():\n torch.use_deterministic_algorithms(True)\n s()\n",
            "app/a.py": "from app.q import s2 as s\n",
            "app/q.py": 'def s2(): exec("x")\n',
        },
        'runtime-modules=["app.rt"]',
        (".",),
    ),
    "helper via": (
        {
            "app/a.py": "def default_device(): pass\n",
            "app/b.py": "from app.a import default_device as dd\n",
            "app/c.py": "from app.b import dd\ndd()\n",
        },
        "",
        (".",),
    ),
    "submodule vs attr": (
        {
            "app/__init__.py": "from app.a import a\n",
            "app/a.py": "def a(): pass\n",
            "app/b.py": "import app.a\ndef f(torch):\n app.a.x=torch\n",
        },
        "",
        (".",),
    ),
    "chain module": (
        {
            "app/a.py": "import torch\n",
            "app/x.py": "from app import a\n",
            "app/b.py": "from app.x import a\na.torch{SET}\n",
        },
        "",
        (".",),
    ),
    "chain module rel": (
        {
            "app/a.py": "import torch\n",
            "app/x.py": "from . import a\n",
            "app/b.py": "from .x import a\na.torch{SET}\n",
        },
        "",
        (".",),
    ),
    "chain app": (
        {
            "app/a.py": "import torch\n",
            "app/x.py": "import app.a\n",
            "app/b.py": "from app.x import app\napp.a.torch{SET}\n",
        },
        "",
        (".",),
    ),
    "chain app2": (
        {
            "app/a.py": "import torch\n",
            "app/x.py": "import app.a\n",
            "app/b.py": "import app.x\napp.x.app.a.torch{SET}\n",
        },
        "",
        (".",),
    ),
    "chain app3": (
        {
            "app/a.py": "import torch\n",
            "app/x.py": "import app.a\n",
            "app/b.py": "from app import x\nx.app.a.torch{SET}\n",
        },
        "",
        (".",),
    ),
    "y=app.a": (
        {
            "app/a.py": "import torch\n",
            "app/x.py": "import app.a\ny=app.a\n",
            "app/b.py": "from app.x import y\ny.torch{SET}\n",
        },
        "",
        (".",),
    ),
    "y=app.a own": (
        {
            "app/a.py": "import torch as tt\n",
            "app/x.py": "import app.a\ny=app.a\n",
            "app/b.py": "from app.x import y\ny.tt{SET}\n",
        },
        "",
        (".",),
    ),
    "mod2": (
        {
            "app/a.py": "import torch as tt\n",
            "app/x.py": "from app import a\nmod2=a\n",
            "app/b.py": "from app.x import mod2\nmod2.tt{SET}\n",
        },
        "",
        (".",),
    ),
    "mod2 f": (
        {
            "app/a.py": "import torch as tt\n",
            "app/x.py": "from app import a\ndef g(): return a\n",
            "app/b.py": "from app.x import g\ng().tt{SET}\n",
        },
        "",
        (".",),
    ),
    "mod2 cls": (
        {
            "app/a.py": "import torch as tt\n",
            "app/x.py": "from app import a\nclass G: m=a\n",
            "app/b.py": "from app.x import G\nG.m.tt{SET}\n",
        },
        "",
        (".",),
    ),
    "mod2 inst": (
        {
            "app/a.py": "import torch as tt\n",
            "app/x.py": "from app import a\nclass G:\n def __init__(self): self.m=a\n",
            "app/b.py": "from app.x import G\nG().m.tt{SET}\n",
        },
        "",
        (".",),
    ),
    "mod2 prop": (
        {
            "app/a.py": "import torch as tt\n",
            "app/x.py": "from app import a\nclass G:\n @property\n def m(self): return a\n",
            "app/b.py": "from app.x import G\nG().m.tt{SET}\n",
        },
        "",
        (".",),
    ),
    "mod2 in f": (
        {
            "app/a.py": "import torch as tt\n",
            "app/x.py": "def g():\n import app.a\n return app.a\n",
            "app/b.py": "from app.x import g\ng().tt{SET}\n",
        },
        "",
        (".",),
    ),
    "mod2 tuple": (
        {
            "app/a.py": "import torch as tt\n",
            "app/x.py": "from app import a\ndef g(): return 1,a\n",
            "app/b.py": "from app.x import g\n_,q=g()\nq.tt{SET}\n",
        },
        "",
        (".",),
    ),
    "sub pkg": (
        {
            "app/s/__init__.py": "",
            "app/s/a.py": "import torch as tt\n",
            "app/x.py": "from app import s\ny=s.a\n",
            "app/b.py": "from app.x import y\ny.tt{SET}\n",
        },
        "",
        (".",),
    ),
    "sub pkg2": (
        {
            "app/s/__init__.py": "from . import a\n",
            "app/s/a.py": "import torch as tt\n",
            "app/x.py": "from app import s\n",
            "app/b.py": "from app.x import s\ns.a.tt{SET}\n",
        },
        "",
        (".",),
    ),
    "sub pkg3": (
        {
            "app/s/__init__.py": "from .a import tt\n",
            "app/s/a.py": "import torch as tt\n",
            "app/x.py": "from app import s\n",
            "app/b.py": "from app.x import s\ns.tt{SET}\n",
        },
        "",
        (".",),
    ),
    "base over": (
        {
            "app/a.py": "class A:\n def __init__(self,torch): self.h=torch\n",
            "app/x.py": "from app import a\nclass B(a.A): pass\n",
            "app/b.py": "from app.x import B\nclass C(B):\n def f(self): self.h{SET}\n",
        },
        "",
        (".",),
    ),
    "base 3": (
        {
            "app/a.py": "class A:\n def __init__(self,torch): self.h=torch\n",
            "app/x.py": "from app.a import A\nclass B(A): pass\n",
            "app/y.py": "from app.x import B\nclass C(B): pass\n",
            "app/b.py": "from app.y import C\nclass D(C):\n def f(self): self.h{SET}\n",
        },
        "",
        (".",),
    ),
    "nt3": (
        {
            "app/a.py": "from typing import NamedTuple\nclass A(NamedTuple):\n torch: object\n",
            "app/x.py": "from app.a import A\ndef mk()->A: ...\n",
            "app/b.py": "from app.x import mk\ndef f(q): mk().torch{SET}\n",
        },
        "",
        (".",),
    ),
    "cm3": (
        {
            "app/a.py": "import torch as tt\nclass CM:\n def __enter__(self): return tt\n",
            "app/x.py": "from app.a import CM\ndef mk(): return CM()\n",
            "app/b.py": "from app.x import mk\nwith mk() as q: q{SET}\n",
        },
        "",
        (".",),
    ),
    "all2": (
        {
            "app/a.py": 'import torch as _tt\n__all__=["_t"+"t"]\n',
            "app/x.py": "from app.a import *\n",
            "app/b.py": "from app.x import _tt\n_tt{SET}\n",
        },
        "",
        (".",),
    ),
    "star chain": (
        {
            "app/a.py": "import torch as tt\n",
            "app/x.py": "from app.a import *\n",
            "app/y.py": "from .x import *\n",
            "app/b.py": "from app.y import tt\ntt{SET}\n",
        },
        "",
        (".",),
    ),
    "star chain os": (
        {
            "app/a.py": "import os as oo\n",
            "app/x.py": "from app.a import *\n",
            "app/y.py": "from .x import *\n",
            "app/b.py": "from app.y import oo\noo.environ{ENV}\n",
        },
        "",
        (".",),
    ),
    "star os (2)": (
        {
            "app/a.py": "import os\n",
            "app/x.py": "from app.a import *\n",
            "app/y.py": "from .x import *\n",
            "app/b.py": "from app.y import os as q\nq.environ{ENV}\n",
        },
        "",
        (".",),
    ),
    "getattr mod3": (
        {
            "app/a.py": "def __getattr__(n):\n from app import x\n return getattr(x,n)\n",
            "app/x.py": "import torch as tt\n",
            "app/b.py": "from app.a import tt\ntt{SET}\n",
        },
        "",
        (".",),
    ),
    "getattr mod4": (
        {
            "app/a.py": "from app import x\ndef __getattr__(n):\n return getattr(x,n)\n",
            "app/x.py": "import torch as tt\n",
            "app/b.py": "import app.a as w\nw.tt{SET}\n",
        },
        "",
        (".",),
    ),
    "getattr mod5": (
        {
            "app/a.py": 'import importlib\ndef __getattr__(n):\n return importlib.import_module("app."+n)\n',
            "app/x.py": "import torch as tt\n",
            "app/b.py": "import app.a as w\nw.x.tt{SET}\n",
        },
        "",
        (".",),
    ),
    "getattr mod6": (
        {
            "app/a.py": 'import importlib\n_L={"tt":"app.x"}\ndef __getattr__(n):\n if n in _L: return getattr(importlib.import_module(_L[n]),n)\n',
            "app/x.py": "import torch as tt\n",
            "app/b.py": "from app.a import tt\ntt{SET}\n",
        },
        "",
        (".",),
    ),
    "facade chain": (
        {
            "app/fac.py": "def y(): pass\n",
            "app/x.py": "from app.fac import y\n",
            "app/b.py": "from app.x import y\ny()\n",
        },
        'facade-modules=["app.fac"]',
        (".",),
    ),
    "facade chain2": (
        {
            "app/fac.py": "def y(): pass\n",
            "app/x.py": "from app.fac import y as w\n",
            "app/b.py": "from app.x import w\nw()\n",
        },
        'facade-modules=["app.fac"]',
        (".",),
    ),
    "facade chain3": (
        {
            "app/fac.py": "def y(): pass\n",
            "app/x.py": "from app import fac as w\n",
            "app/b.py": "from app.x import w\nw.y()\n",
        },
        'facade-modules=["app.fac"]',
        (".",),
    ),
    "facade chain4": (
        {
            "app/fac.py": "def y(): pass\n",
            "app/x.py": "import app.fac\n",
            "app/b.py": 'from app.x import app\ngetattr(app,"f"+"ac").y()\n',
        },
        'facade-modules=["app.fac"]',
        (".",),
    ),
    "facade star": (
        {
            "app/fac.py": "def y(): pass\n",
            "app/x.py": "from app.fac import *\n",
            "app/b.py": "from app.x import y\ny()\n",
        },
        'facade-modules=["app.fac"]',
        (".",),
    ),
    "facade wild": (
        {
            "app/facs/__init__.py": "",
            "app/facs/q.py": "def y(): pass\n",
            "app/x.py": "from app.facs.q import y\n",
            "app/b.py": "from app.x import y\ny()\n",
        },
        'facade-modules=["app.facs.*"]',
        (".",),
    ),
    "facade wild2": (
        {
            "app/facs/__init__.py": "",
            "app/facs/q.py": "def y(): pass\n",
            "app/facs/b.py": "from . import q\n",
            "app/c.py": "from .facs import b\n",
        },
        'facade-modules=["*.q"]',
        (".",),
    ),
    "facade midwild": (
        {
            "app/facs/__init__.py": "",
            "app/facs/q.py": "def y(): pass\n",
            "app/b.py": "from . facs import q\n",
            "app/c.py": "from .b import q\n",
        },
        'facade-modules=["app.*.q"]',
        (".",),
    ),
    "facade endwild": (
        {
            "app/facs/__init__.py": "",
            "app/facs/q.py": "def y(): pass\n",
            "app/b.py": "from . facs import q\n",
            "app/c.py": "from .b import q\n",
        },
        'facade-modules=["app.*.*"]',
        (".",),
    ),
    "facade star only": (
        {
            "app/facs/__init__.py": "",
            "app/facs/q.py": "def y(): pass\n",
            "app/b.py": "from . facs import q\n",
            "app/c.py": "from .b import q\n",
        },
        'facade-modules=["*"]',
        (".",),
    ),
    "facade word": ({"app/b.py": "# IMPORT the FAÇADE first, before torch\n"}, "", (".",)),
    "facade word2": ({"app/b.py": "# import the Façade first, before torch\n"}, "", (".",)),
    "facade word3": ({"app/b.py": "# import our FACADE first, before torch\n"}, "", (".",)),
    "facade word4": ({"app/b.py": "# import our façade first, before torch\n"}, "", (".",)),
    "facade word5": ({"app/b.py": "# import our İfacade first, before torch\n"}, "", (".",)),
    "helper chain": (
        {
            "app/a.py": "def default_device(): pass\ndd=default_device\n",
            "app/x.py": "from app.a import dd\n",
            "app/b.py": "from app.x import dd as q\nq()\n",
        },
        "",
        (".",),
    ),
    "helper mod": (
        {
            "app/a.py": "def default_device(): pass\ndd=default_device\n",
            "app/x.py": "from app import a\n",
            "app/b.py": "from app.x import a\na.dd()\n",
        },
        "",
        (".",),
    ),
    "helper cfg": (
        {
            "app/a.py": "def hh(): pass\n",
            "app/x.py": "from app import a\nzz=a.hh\n",
            "app/b.py": "from app.x import zz\nzz()\n",
        },
        'default-helpers=["app.a.hh"]',
        (".",),
    ),
    "effect cfg": (
        {
            "app/a.py": "def hh(): pass\n",
            "app/x.py": "from app import a\nzz=a.hh\n",
            "app/b.py": "from app.x import zz\nzz()\n",
        },
        'effect-functions=["app.a.hh"]',
        (".",),
    ),
    "effect cfg2": (
        {
            "app/a.py": "def hh(): pass\n",
            "app/x.py": "from app import a\ndef go(): return a.hh()\n",
            "app/b.py": "from app.x import go\ngo(){SET}\n",
        },
        'effect-functions=["app.a.hh"]',
        (".",),
    ),
    "rt": (
        {
            "app/rt.py": "import torch\ndef hh(): torch.use_deterministic_algorithms(True)\n",
            "app/x.py": "from app import rt\n",
            "app/b.py": "from app.x import rt\nrt.hh()\n",
        },
        'runtime-modules=["app.rt"]',
        (".",),
    ),
    "rt2": (
        {
            "app/rt.py": "import torch\ndef hh(): torch.use_deterministic_algorithms(True)\n",
            "app/x.py": "from app.rt import hh as q\n",
            "app/b.py": "from app import x\nx.q()\n",
        },
        'runtime-modules=["app.rt"]',
        (".",),
    ),
    "rt3": (
        {
            "app/rt.py": "import torch\ndef hh(): torch.use_deterministic_algorithms(True)\n",
            "app/__init__.py": "from . import rt\n",
            "app/b.py": "import app\napp.rt.hh()\n",
        },
        'runtime-modules=["app.rt"]',
        (".",),
    ),
    "rt4": (
        {
            "app/rt.py": "import torch\ndef hh(): torch.use_deterministic_algorithms(True)\n",
            "app/b.py": "import app.z\napp.rt.hh()\n",
        },
        'runtime-modules=["*.rt"]',
        (".",),
    ),
    "bound": (
        {
            "app/m1.py": "import torch\n",
            "app/x.py": "from app import m1\n",
            "app/b.py": "from app.x import m1\nm1.torch{SET}\n",
        },
        'torch-bound-modules=["app.m1"]',
        (".",),
    ),
    "bound3": (
        {"app/m1.py": "x=1\n", "app/b.py": "from . import m1\n"},
        'torch-bound-modules=["*.m1"]',
        (".",),
    ),
    "bound4": (
        {"app/m1.py": "x=1\n", "app/b.py": "from . import m1\n"},
        'torch-bound-modules=["app.*"]',
        (".",),
    ),
    "bound5": (
        {"app/s/__init__.py": "", "app/s/m1.py": "x=1\n", "app/b.py": "from .s import m1\n"},
        'torch-bound-modules=["app.s.*"]',
        (".",),
    ),
    "bound6": (
        {"app/s/__init__.py": "", "app/s/m1.py": "x=1\n", "app/b.py": "from .s import *\n"},
        'torch-bound-modules=["app.*.m1"]',
        (".",),
    ),
    "cupy": (
        {
            "app/a.py": "import cupy\n",
            "app/x.py": "from .a import cupy as c\n",
            "app/b.py": "from .x import c\nc.foo()\n",
        },
        'gated-packages={cupy=["app.rt"]}',
        (".",),
    ),
    "gated own": ({"app/a.py": "import app.z\n"}, 'gated-packages=["app"]', (".",)),
    "handle names": ({"app/a.py": "def f(xp): xp{SET}\n"}, 'handle-names=["xp"]', (".",)),
    "handle names2": (
        {"app/a.py": "class A:\n  xp: object\n", "app/b.py": "from .a import A\ndef f(a:A): a.xp{SET}\n"},
        'handle-names=["xp"]',
        (".",),
    ),
    "handle nfd": ({"app/a.py": "def f(café): café{SET}\n"}, 'handle-names=["café"]', (".",)),
    "mod nfd": (
        {"app/café.py": "import torch as tt\n", "app/b.py": "from app.café import tt\ntt{SET}\n"},
        "",
        (".",),
    ),
    "long bad body implicit": (
        {"app/a.py": "import torchvision\ndef f():\n  x = = 1\n\n" + LONG},
        "",
        (".",),
    ),
    "long bad body implicit import": (
        {"app/a.py": "def g():\n import torchvision\ndef f():\n  x = = 1\n\n" + LONG},
        "",
        (".",),
    ),
    "long bad body none": ({"app/a.py": "def f():\n  x = = 1\n\n" + LONG}, "", (".",)),
    "long bad body noqa": ({"app/a.py": "x=1 # noqa: TG101\ndef f():\n  x = = 1\n\n" + LONG}, "", (".",)),
    "long bad body implicit noqa": (
        {"app/a.py": "import torchvision # noqa: TG101\ndef f():\n  x = = 1\n\n" + LONG},
        "",
        (".",),
    ),
    "long bad top": ({"app/a.py": "import torchvision\nx = = 1\n" + LONG}, "", (".",)),
    "long bad top none": ({"app/a.py": "x = = 1\n" + LONG}, "", (".",)),
    "short bad": ({"app/a.py": "x = = 1\n"}, "", (".",)),
    "long bad torch": ({"app/a.py": "import torch\ndef f():\n  x = = 1\n\n" + LONG}, "", (".",)),
    "long return in body": (
        {"app/a.py": "def g():\n x = = 2\ndef h():\n return 1\n" + LONG + "import timm\n"},
        "",
        (".",),
    ),
    "long nested bad": (
        {"app/a.py": "class A:\n  def g(self):\n    x = = 2\n" + LONG + "import timm\n"},
        "",
        (".",),
    ),
    "long nonascii bad": ({"app/a.py": b"x=1\n" + LONG.encode() + b"# \xff\n"}, "", (".",)),
    "null long": ({"app/a.py": "x=1\n" + LONG + "\x00"}, "", (".",)),
    "deep": (
        {
            "app/a.py": "x=(((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((())))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))\n"
        },
        "",
        (".",),
    ),
    "deep long": (
        {
            "app/a.py": "x=(((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((())))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))\n"
            + LONG
        },
        "",
        (".",),
    ),
    "deep2": (
        {
            "app/a.py": "x=------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------1\n"
        },
        "",
        (".",),
    ),
    "deep2t": (
        {
            "app/a.py": "import torch\nx=------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------1\n"
        },
        "",
        (".",),
    ),
    "deep3": (
        {
            "app/a.py": "x=1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1\n"
        },
        "",
        (".",),
    ),
    "deep4": (
        {
            "app/a.py": "x=a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.b\n"
        },
        "",
        (".",),
    ),
    "deep5": (
        {
            "app/a.py": "x=f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f(f())))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))\n"
        },
        "",
        (".",),
    ),
    "deep6": (
        {
            "app/a.py": "x=not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not not 1\n"
        },
        "",
        (".",),
    ),
    "deep7": (
        {
            "app/a.py": "x=[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*[0]*1\n"
        },
        "",
        (".",),
    ),
    "deep8": (
        {
            "app/a.py": "if 1:\n if 1:\n  if 1:\n   if 1:\n    if 1:\n     if 1:\n      if 1:\n       if 1:\n        if 1:\n         if 1:\n          if 1:\n           if 1:\n            if 1:\n             if 1:\n              if 1:\n               if 1:\n                if 1:\n                 if 1:\n                  if 1:\n                   if 1:\n                    if 1:\n                     if 1:\n                      if 1:\n                       if 1:\n                        if 1:\n                         if 1:\n                          if 1:\n                           if 1:\n                            if 1:\n                             if 1:\n                              if 1:\n                               if 1:\n                                if 1:\n                                 if 1:\n                                  if 1:\n                                   if 1:\n                                    if 1:\n                                     if 1:\n                                      if 1:\n                                       if 1:\n                                        if 1:\n                                         if 1:\n                                          if 1:\n                                           if 1:\n                                            if 1:\n                                             if 1:\n                                              if 1:\n                                               if 1:\n                                                if 1:\n                                                 if 1:\n                                                  if 1:\n                                                   if 1:\n                                                    if 1:\n                                                     if 1:\n                                                      if 1:\n                                                       if 1:\n                                                        if 1:\n                                                         if 1:\n                                                          if 1:\n                                                           if 1:\n                                                            pass\n"
        },
        "",
        (".",),
    ),
    "deep9": (
        {
            "app/a.py": "if 1:\n if 1:\n  if 1:\n   if 1:\n    if 1:\n     if 1:\n      if 1:\n       if 1:\n        if 1:\n         if 1:\n          if 1:\n           if 1:\n            if 1:\n             if 1:\n              if 1:\n               if 1:\n                if 1:\n                 if 1:\n                  if 1:\n                   if 1:\n                    if 1:\n                     if 1:\n                      if 1:\n                       if 1:\n                        if 1:\n                         if 1:\n                          if 1:\n                           if 1:\n                            if 1:\n                             if 1:\n                              if 1:\n                               if 1:\n                                if 1:\n                                 if 1:\n                                  if 1:\n                                   if 1:\n                                    if 1:\n                                     if 1:\n                                      if 1:\n                                       if 1:\n                                        if 1:\n                                         if 1:\n                                          if 1:\n                                           if 1:\n                                            if 1:\n                                             if 1:\n                                              if 1:\n                                               if 1:\n                                                if 1:\n                                                 if 1:\n                                                  if 1:\n                                                   if 1:\n                                                    if 1:\n                                                     if 1:\n                                                      if 1:\n                                                       if 1:\n                                                        if 1:\n                                                         if 1:\n                                                          if 1:\n                                                           if 1:\n                                                            if 1:\n                                                             if 1:\n                                                              if 1:\n                                                               if 1:\n                                                                if 1:\n                                                                 if 1:\n                                                                  if 1:\n                                                                   if 1:\n                                                                    if 1:\n                                                                     if 1:\n                                                                      if 1:\n                                                                       if 1:\n                                                                        if 1:\n                                                                         if 1:\n                                                                          if 1:\n                                                                           if 1:\n                                                                            if 1:\n                                                                             if 1:\n                                                                              if 1:\n                                                                               if 1:\n                                                                                if 1:\n                                                                                 if 1:\n                                                                                  if 1:\n                                                                                   if 1:\n                                                                                    if 1:\n                                                                                     if 1:\n                                                                                      if 1:\n                                                                                       if 1:\n                                                                                        if 1:\n                                                                                         if 1:\n                                                                                          if 1:\n                                                                                           if 1:\n                                                                                            if 1:\n                                                                                             if 1:\n                                                                                              if 1:\n                                                                                               if 1:\n                                                                                                if 1:\n                                                                                                 if 1:\n                                                                                                  if 1:\n                                                                                                   if 1:\n                                                                                                    if 1:\n                                                                                                     if 1:\n                                                                                                      if 1:\n                                                                                                       if 1:\n                                                                                                        if 1:\n                                                                                                         if 1:\n                                                                                                          if 1:\n                                                                                                           if 1:\n                                                                                                            if 1:\n                                                                                                             if 1:\n                                                                                                              pass\n"
        },
        "",
        (".",),
    ),
    "deep lambda": (
        {
            "app/a.py": "x=lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:lambda:1\n"
        },
        "",
        (".",),
    ),
    "utf16": ({"app/a.py": b"\xff\xfex\x00=\x001\x00\n\x00"}, "", (".",)),
    "bom cookie": ({"app/a.py": b"\xef\xbb\xbf# coding: latin-1\nx=1\n"}, "", (".",)),
    "timm TC2": (
        {
            "app/a.py": "from typing import TYPE_CHECKING as TC\n",
            "app/x.py": "from app.a import TC as TD\n",
            "app/b.py": "from app.x import TD\nif TD:\n import timm\n",
        },
        "",
        (".",),
    ),
    "timm TC3": (
        {
            "app/a.py": "import typing as t\n",
            "app/x.py": "from app import a\n",
            "app/b.py": "from app.x import a\nif a.t.TYPE_CHECKING:\n import timm\n",
        },
        "",
        (".",),
    ),
    "timm TC4": (
        {
            "app/a.py": "import typing as t\n",
            "app/x.py": "from app.a import *\n",
            "app/b.py": "from app.x import t\nif t.TYPE_CHECKING:\n import timm\n",
        },
        "",
        (".",),
    ),
    "timm TC5": (
        {
            "app/a.py": "from typing import *\n",
            "app/x.py": "from app.a import *\n",
            "app/b.py": "from app.x import TYPE_CHECKING\nif TYPE_CHECKING:\n import timm\n",
        },
        "",
        (".",),
    ),
    "timm TC6": (
        {
            "app/a.py": "from typing import TYPE_CHECKING\n",
            "app/x.py": "from app.a import *\n",
            "app/b.py": "from app.x import *\nif TYPE_CHECKING:\n import timm\n",
        },
        "",
        (".",),
    ),
    "timm TC7": (
        {
            "app/a.py": "from typing import TYPE_CHECKING as T\nimport torch\n",
            "app/x.py": "from app.a import *\n",
            "app/b.py": "from app.x import *\nif T:\n import timm\n",
        },
        "",
        (".",),
    ),
    "timm in f": ({"app/a.py": "def f(): import timm\n" + LONG}, "", (".",)),
    "timm in f2": ({"app/a.py": "def f():\n  def g():\n    import timm\n" + LONG}, "", (".",)),
    "timm in lambda": (
        {"app/a.py": "def f():\n  class A:\n    def g(self):\n      import timm\n" + LONG},
        "",
        (".",),
    ),
    "timm importlib": (
        {"app/a.py": 'import importlib as i\ndef f():\n  i.import_module("timm")\n' + LONG},
        "",
        (".",),
    ),
    "timm bs": ({"app/a.py": "def f():\n  imp\\\nort timm\n" + LONG}, "", (".",)),
    "timm bs2": ({"app/a.py": "def f():\n  import \\\n timm\n" + LONG}, "", (".",)),
    "timm dup stmt": ({"app/a.py": "import timm, torchvision as x, timm.models\n"}, "", (".",)),
    "safetensors": (
        {"app/a.py": "import safetensors\nfrom safetensors import torch\nimport safetensors.torch as st\n"},
        "",
        (".",),
    ),
    "safetensors2": ({"app/a.py": "from safetensors import torch as x\n"}, "", (".",)),
    "own implicit": ({"app/a.py": "import app.timm\n"}, 'implicit-torch-packages=["app","foo.bar"]', (".",)),
    "implicit own": (
        {"app/a.py": "import foo\nimport foo.bar\nfrom foo import bar\n"},
        'implicit-torch-packages=["foo.bar"]',
        (".",),
    ),
    "implicit rel": ({"app/a.py": "from . import timm\n"}, "", (".",)),
    "implicit relmod": ({"app/timm/__init__.py": "", "app/a.py": "from .timm import x\n"}, "", (".",)),
    "noqa file": ({"app/a.py": "# flake8: noqa\nimport timm\n"}, "", (".",)),
    "noqa idle": ({"app/a.py": "x=1 # noqa: TG104\nimport timm # noqa: TG104\n"}, "", (".",)),
    "ignore idle": ({"app/a.py": "x=1 # torchgate: ignore\nx=2 # torchgate: ignore[TG101]\n"}, "", (".",)),
    "ignore file idle": ({"app/a.py": "# torchgate: ignore-file[TG101]\nx=2\n"}, "", (".",)),
    "timm TC module renamed": (
        {
            "app/a.py": "from typing import TYPE_CHECKING\n",
            "app/x.py": "import app.a as v\n",
            "app/b.py": "from app.x import v as w\nif w.TYPE_CHECKING:\n import timm\n",
        },
        "",
        (".",),
    ),
    "timm TC module renamed 2": (
        {
            "app/a.py": "import typing\n",
            "app/x.py": "import app.a as v\n",
            "app/y.py": "from .x import v as v2\n",
            "app/b.py": "from app.y import v2 as w\nif w.typing.TYPE_CHECKING:\n import timm\n",
        },
        "",
        (".",),
    ),
    "TC assigned from project": (
        {
            "app/a.py": "from typing import TYPE_CHECKING\n",
            "app/x.py": "from app import a as q\nv=q.TYPE_CHECKING\n",
            "app/b.py": "from app.x import v\nif v:\n import timm\n",
        },
        "",
        (".",),
    ),
    "TC lazily from project": (
        {
            "app/a.py": "from typing import TYPE_CHECKING\n",
            "app/x.py": "def __getattr__(n):\n from app.a import TYPE_CHECKING as z\n return z\n",
            "app/b.py": "from app import x\nif x.v:\n import timm\n",
        },
        "",
        (".",),
    ),
    "os of project in object": (
        {
            "app/a.py": "import os\n",
            "app/x.py": "from app.a import os\nclass V:\n def __init__(self): self.at=os\n",
            "app/b.py": "from app.x import V\nV().at.environ{ENV}\n",
        },
        "",
        (".",),
    ),
    "hander with a broken body": (
        {
            "app/q.py": "import torch as tt\n",
            "app/a.py": "from app.q import tt\ndef f():\n  x = = 1\n\n" + LONG,
            "app/b.py": "from app.a import tt\ntt{SET}\n",
        },
        "",
        (".",),
    ),
    "outside import": (
        {
            "lib/__init__.py": "",
            "lib/a.py": "import torch as tt\n",
            "app/b.py": "from lib.a import tt\ntt{SET}\n",
        },
        "",
        ("app",),
    ),
    "outside chain": (
        {
            "lib/__init__.py": "",
            "lib/a.py": "import torch as tt\n",
            "app/c.py": "from lib.a import tt\n",
            "app/b.py": "from app.c import tt\ntt{SET}\n",
        },
        "",
        ("app",),
    ),
    "outside holder chain": (
        {
            "lib/__init__.py": "",
            "lib/a.py": "import torch as tt\nclass H: lib=tt\n",
            "app/c.py": "from lib.a import H\n",
            "app/b.py": "from app.c import H\nH().lib{SET}\n",
        },
        "",
        ("app",),
    ),
    "outside star chain": (
        {
            "lib/__init__.py": "",
            "lib/a.py": "import torch as tt\nclass H: lib=tt\n",
            "app/c.py": "from lib.a import *\n",
            "app/b.py": "from app.c import H\nH().lib{SET}\n",
        },
        "",
        ("app",),
    ),
    "outside star chain2": (
        {
            "lib/__init__.py": "",
            "lib/a.py": "import torch as tt\nclass H: lib=tt\n",
            "app/c.py": "from lib.a import *\n",
            "app/b.py": "from app.c import *\nH().lib{SET}\n",
        },
        "",
        ("app",),
    ),
    "outside module chain": (
        {
            "lib/__init__.py": "",
            "lib/a.py": "import torch as tt\n",
            "app/c.py": "from lib import a\n",
            "app/b.py": "from app.c import a\na.tt{SET}\n",
        },
        "",
        ("app",),
    ),
    "outside module chain2": (
        {
            "lib/__init__.py": "",
            "lib/a.py": "import torch as tt\n",
            "app/c.py": "import lib.a\n",
            "app/b.py": "from app import c\nc.lib.a.tt{SET}\n",
        },
        "",
        ("app",),
    ),
    "outside ns": (
        {
            "lib/a.py": "import torch as tt\n",
            "app/c.py": "import lib.a\n",
            "app/b.py": "from app import c\nc.lib.a.tt{SET}\n",
        },
        "",
        ("app",),
    ),
    "outside ns2": (
        {
            "lib/a.py": "import torch as tt\n",
            "app/c.py": "import lib\n",
            "app/b.py": "import lib.a\nlib.a.tt{SET}\n",
        },
        "",
        ("app",),
    ),
    "outside ns3": (
        {"lib/a.py": "import torch as tt\n", "lib/q.py": "", "app/b.py": "import lib.q\nlib.a.tt{SET}\n"},
        "",
        ("app",),
    ),
    "outside ns4": (
        {
            "lib/a.py": "import torch as tt\n",
            "app/c.py": "import lib\n",
            "app/b.py": "from lib import a\na.tt{SET}\n",
        },
        "",
        ("app",),
    ),
    "pkg init outside": (
        {
            "app/__init__.py": "import torch as tt\n",
            "app/x/__init__.py": "",
            "app/x/y.py": "",
            "app/x/b.py": "import app.x.y\napp.tt{SET}\n",
        },
        "",
        ("app/x",),
    ),
    "pkg init outside2": (
        {
            "app/__init__.py": "import torch as tt\n",
            "app/x/__init__.py": "",
            "app/x/y.py": "",
            "app/x/b.py": "from .. import tt\ntt{SET}\n",
        },
        "",
        ("app/x",),
    ),
    "pkg init outside3": (
        {
            "app/__init__.py": "import torch as tt\n",
            "app/x/__init__.py": "",
            "app/x/y.py": "",
            "app/x/b.py": "import app.x.y as q\nq.foo\n",
        },
        "",
        ("app/x",),
    ),
    "pkg init outside4": (
        {
            "app/__init__.py": "from lib import q as x\n",
            "lib/__init__.py": "",
            "lib/q.py": "import torch as tt\n",
            "app/x/__init__.py": "",
            "app/x/y.py": "",
            "app/x/b.py": "from app import x\nx.tt{SET}\n",
        },
        "",
        ("app/x",),
    ),
    "pkg init outside5": (
        {
            "app/__init__.py": "from lib import q as x\n",
            "lib/__init__.py": "",
            "lib/q.py": "import torch as tt\n",
            "app/x/__init__.py": "",
            "app/x/y.py": "",
            "app/x/b.py": "import app.x as x\nx.tt{SET}\n",
        },
        "",
        ("app/x",),
    ),
    "pkg init outside6": (
        {
            "app/__init__.py": "from lib import q as x\n",
            "lib/__init__.py": "",
            "lib/q.py": "import torch as tt\n",
            "app/x/__init__.py": "",
            "app/x/y.py": "",
            "app/x/b.py": "from app.x import tt\ntt{SET}\n",
        },
        "",
        ("app/x",),
    ),
    "excluded": (
        {"app/a.py": "import torch as tt\n", "app/b.py": "from app.a import tt\ntt{SET}\n"},
        'exclude=["app/a.py"]',
        (".",),
    ),
    "excluded env": (
        {"app/a.py": "from os import environ as e\n", "app/b.py": "from app.a import e\ne{ENV}\n"},
        'exclude=["app/a.py"]',
        (".",),
    ),
    "excluded env2": (
        {"app/a.py": "import os as o\n", "app/b.py": "import app.a as q\nq.o.environ{ENV}\n"},
        'exclude=["app/a.py"]',
        (".",),
    ),
    "excluded env3": (
        {
            "app/a.py": "import os as o\n",
            "app/x.py": "from app import a\n",
            "app/b.py": "import app.x as q\nq.a.o.environ{ENV}\n",
        },
        'exclude=["app/a.py"]',
        (".",),
    ),
    "excluded TC": (
        {
            "app/a.py": "from typing import TYPE_CHECKING as T\n",
            "app/x.py": "from app.a import T\n",
            "app/b.py": "from app.x import T\nif T:\n import timm\n",
        },
        'exclude=["app/a.py"]',
        (".",),
    ),
    "two roots": (
        {
            "src/app/__init__.py": "",
            "src/app/a.py": "import torch as tt\n",
            "app/a.py": "x=1\n",
            "b.py": "from app.a import tt\ntt{SET}\n",
        },
        "",
        ("app", "b.py"),
    ),
    "two roots2": (
        {
            "src/app/__init__.py": "",
            "src/app/a.py": "import torch as tt\n",
            "app/a.py": "x=1\n",
            "app/b.py": "from app.a import tt\ntt{SET}\n",
        },
        "",
        (".",),
    ),
    "two roots3": (
        {
            "src/app/__init__.py": "",
            "src/app/a.py": "x=1\n",
            "app/a.py": "import torch as tt\n",
            "app/b.py": "from app.a import tt\ntt{SET}\n",
        },
        "",
        (".",),
    ),
    "two roots ns": (
        {
            "src/app/a.py": "import torch as tt\n",
            "app/c.py": "x=1\n",
            "app/b.py": "from app.a import tt\ntt{SET}\n",
        },
        "",
        (".",),
    ),
    "two roots ns2": (
        {
            "one/app/a.py": "import torch as tt\n",
            "two/app/c.py": "x=1\n",
            "two/app/b.py": "from .a import tt\ntt{SET}\n",
        },
        'src=["one","two"]',
        (".",),
    ),
    "src layout": (
        {
            "src/app/__init__.py": "",
            "src/app/a.py": "import torch as tt\n",
            "tests/b.py": "from app.a import tt\ntt{SET}\n",
            "tests/__init__.py": "",
        },
        "",
        (".",),
    ),
    "stub beside": (
        {
            "app/a.py": "x=1\n",
            "app/a.pyi": "import torch as tt\n",
            "app/b.py": "from app.a import tt\ntt{SET}\n",
        },
        "",
        (".",),
    ),
    "stub beside2": (
        {
            "app/a.pyi": "x=1\n",
            "app/a.py": "import torch as tt\n",
            "app/b.py": "from app.a import tt\ntt{SET}\n",
        },
        "",
        (".",),
    ),
    "stub only": (
        {"app/a.pyi": "import torch as tt\n", "app/b.py": "from app.a import tt\ntt{SET}\n"},
        "",
        (".",),
    ),
    "mod and pkg": (
        {
            "app/a.py": "x=1\n",
            "app/a/__init__.py": "import torch as tt\n",
            "app/b.py": "from app.a import tt\ntt{SET}\n",
        },
        "",
        (".",),
    ),
    "mod and pkg2": (
        {
            "app/a.py": "import torch as tt\n",
            "app/a/__init__.py": "x=1\n",
            "app/b.py": "from app.a import tt\ntt{SET}\n",
        },
        "",
        (".",),
    ),
    "shadow os": (
        {"os.py": "import torch as environ\n", "b.py": "from os import environ\nenviron{SET}\n"},
        "",
        (".",),
    ),
    "shadow typing": (
        {
            "typing.py": "TYPE_CHECKING=1\n",
            "b.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING: import torch\n",
        },
        "",
        (".",),
    ),
    "shadow typing2": (
        {
            "typing.py": "from os import x as TYPE_CHECKING\n",
            "b.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING: import timm\n",
        },
        "",
        (".",),
    ),
    "shadow typing3": (
        {
            "typing.py": "from typing_extensions import TYPE_CHECKING as T\n",
            "b.py": "from typing import T\nif T: import timm\n",
        },
        "",
        (".",),
    ),
    "shadow threading": (
        {
            "threading.py": "from _thread import get_ident as current_thread\n",
            "b.py": "from threading import current_thread as c\nif c(): raise X\n",
        },
        "",
        (".",),
    ),
    "shadow torch": ({"torch.py": "import numpy\n", "b.py": "import torch\ntorch{SET}\n"}, "", (".",)),
    "shadow torch ns": ({"torch/x.py": "import numpy\n", "b.py": "import torch\ntorch{SET}\n"}, "", (".",)),
    "shadow timm": ({"timm.py": "import torch\n", "b.py": "import timm\ntimm.torch{SET}\n"}, "", (".",)),
    "shadow cupy": (
        {"cupy/__init__.py": "import torch\n", "b.py": "from cupy import torch\n"},
        'gated-packages=["cupy","torch"]',
        (".",),
    ),
    "no roots": (
        {"scripts-x/b-c.py": "from . import torch\nimport torch\n", "scripts-x/a.py": "import torch\n"},
        'src=["lib"]',
        (".",),
    ),
    "no roots2": (
        {"sc/b.py": "from sc.a import torch\nfrom .a import torch\n", "sc/a.py": "import torch\n"},
        'src=["lib"]',
        (".",),
    ),
    "no roots helper": (
        {
            "sc/b.py": "from .a import default_device\ndefault_device()\n",
            "sc/a.py": "def default_device(): pass\n",
        },
        'src=["lib"]',
        (".",),
    ),
    "multi config": (
        {
            "app/a.py": "import torch as tt\n",
            "app/b.py": "from app.a import tt\n",
            "sub/torchgate.toml": 'src=["."]\n',
            "sub/lib/__init__.py": "",
            "sub/lib/a.py": "from app.a import tt\n",
            "app/c.py": "from sub.lib.q import tt\ntt{SET}\n",
            "sub/lib/q.py": "import torch as tt\n",
            "sub/__init__.py": "",
        },
        "",
        (".",),
    ),
    "multi config2": (
        {
            "app/a.py": "import torch as tt\n",
            "sub/torchgate.toml": 'src=["."]\n',
            "sub/lib/__init__.py": "",
            "sub/lib/a.py": "import torch as t2\n",
            "sub/lib/b.py": "from .a import t2 as t3\n",
            "sub/lib/c.py": "from lib.b import t3\nt3{SET}\n",
            "sub/__init__.py": "",
            "app/c.py": "from sub.lib.b import t3\nt3{SET}\n",
        },
        "",
        (".",),
    ),
    "files given": (
        {
            "app/a.py": "import torch as tt\n",
            "app/b.py": "from app.a import tt\ntt{SET}\n",
            "app/c.py": "from app.b import tt\ntt{SET}\n",
        },
        "",
        ("app/c.py",),
    ),
    "files given2": (
        {
            "app/a.py": "import torch as tt\n",
            "app/b.py": "from app.a import tt\ntt{SET}\n",
            "app/c.py": "from app.b import tt\ntt{SET}\n",
        },
        "",
        ("app/c.py", "app/a.py"),
    ),
    "files dup": (
        {"app/a.py": "import torch as tt\n", "app/b.py": "from app.a import tt\ntt{SET}\n"},
        "",
        ("app/b.py", "./app/b.py", "app"),
    ),
    "entry": (
        {
            "app/__main__.py": "from app.rt import go\nh=go()\n",
            "app/rt.py": "import torch\ndef go(): torch.use_deterministic_algorithms(True)\n",
            "app/b.py": "from app.__main__ import h\nh{SET}\n",
        },
        'runtime-modules=["app.rt"]',
        (".",),
    ),
    "tests dir": (
        {"tests/test_a.py": "from app.a import tt\ntt{SET}\n", "app/a.py": "import torch as tt\n"},
        "",
        (".",),
    ),
    "submodule named attr": (
        {
            "app/a.py": "import torch as tt\n",
            "app/p/__init__.py": "from app import a as q\n",
            "app/p/q.py": "x=1\n",
            "app/b.py": "from app.p import q\nq.tt{SET}\n",
            "app/c.py": "import app.p.q\napp.p.q.tt{SET}\n",
            "app/d.py": "import app.p.q as z\nz.tt{SET}\n",
            "app/e.py": "from app.p.q import tt\n",
        },
        "",
        (".",),
    ),
    "submodule named attr2": (
        {
            "app/a.py": "import torch as tt\n",
            "app/p/__init__.py": "q=1\n",
            "app/p/q.py": "import torch as tt\n",
            "app/b.py": "from app.p import q\nq.tt{SET}\n",
            "app/c.py": "import app.p.q\napp.p.q.tt{SET}\n",
            "app/d.py": "import app.p.q as z\nz.tt{SET}\n",
            "app/e.py": "from app.p.q import tt\n",
        },
        "",
        (".",),
    ),
    "submodule func": (
        {
            "app/p/__init__.py": "from .q import q\n",
            "app/p/q.py": "import torch as tt\ndef q(): return tt\n",
            "app/b.py": "from app.p import q\nq(){SET}\n",
            "app/c.py": "import app.p.q\napp.p.q.tt{SET}\n",
            "app/d.py": "from app.p.q import q as z\nz(){SET}\n",
        },
        "",
        (".",),
    ),
    "getattr chain": (
        {
            "app/p/__init__.py": 'def __getattr__(n):\n import importlib\n return importlib.import_module("."+n,"app.p")\n',
            "app/p/q.py": "import torch as tt\n",
            "app/b.py": "from app.p import q\nq.tt{SET}\n",
            "app/c.py": "import app.p as p\np.q.tt{SET}\n",
            "app/d.py": "from app import p\np.q.tt{SET}\n",
            "app/x.py": "from app import p\n",
            "app/e.py": "from app.x import p\np.q.tt{SET}\n",
        },
        "",
        (".",),
    ),
    "getattr chain2": (
        {
            "app/p/__init__.py": 'def __getattr__(n):\n import importlib\n return getattr(importlib.import_module("app.z2"),n)\n',
            "app/z2.py": "from os import environ as e\nimport torch as tt\n",
            "app/b.py": "from app.p import e\ne{ENV}\n",
            "app/c.py": "import app.p as p\np.tt{SET}\n",
        },
        "",
        (".",),
    ),
    "handle type": (
        {"app/m.py": "from app.rt import TorchHandle as T\ndef f(x: T): x{SET}\n"},
        'runtime-modules=["app.rt"]',
        (".",),
    ),
    "handle type mod": (
        {
            "app/a.py": "import torchgate.runtime as r\n",
            "app/x.py": "from app import a\n",
            "app/b.py": "from app.x import a\ndef f(x: a.r.TorchHandle): x{SET}\n",
        },
        "",
        (".",),
    ),
    "diamond": (
        {
            "app/a.py": "class A: pass\n",
            "app/x.py": "from app.a import A\nclass B(A):\n def __init__(self,torch): self.h=torch\n",
            "app/y.py": "from app.a import A\nclass C(A):\n h=3\n",
            "app/b.py": "from app.x import B\nfrom app.y import C\nclass D(C,B):\n def f(self): self.h{SET}\n",
        },
        "",
        (".",),
    ),
    "diamond2": (
        {
            "app/a.py": "class A: pass\n",
            "app/x.py": "from app.a import A\nclass B(A):\n def __init__(self,torch): self.h=torch\n",
            "app/y.py": "from app.a import A\nclass C(A):\n pass\n",
            "app/b.py": "from app.x import B\nfrom app.y import C\nclass D(C,B):\n def f(self): self.h{SET}\n",
        },
        "",
        (".",),
    ),
    "tuple mod": (
        {
            "app/a.py": "import torch as tt\n",
            "app/x.py": "from app import a\ndef two(): return a, 1\n",
            "app/b.py": "from app.x import two\nq, _ = two()\nq.tt{SET}\n",
        },
        "",
        (".",),
    ),
    "mod setattr": (
        {
            "app/a.py": "import torch as tt\n",
            "app/x.py": "import app.a\napp.a.q = app.a.tt\n",
            "app/b.py": "from app.a import q\nq{SET}\n",
        },
        "",
        (".",),
    ),
    "choice": (
        {
            "app/a.py": "import torch as tt\n",
            "app/x.py": "try:\n from app.a import tt\nexcept ImportError:\n from app.q import tt\n",
            "app/q.py": "import torch as tt\n",
            "app/b.py": "from app.x import tt\ntt{SET}\n",
        },
        "",
        (".",),
    ),
    "choice2": (
        {
            "app/a.py": "import os as tt\n",
            "app/x.py": "try:\n from app.a import tt\nexcept ImportError:\n from app.q import tt\n",
            "app/q.py": "import os as tt\n",
            "app/b.py": "from app.x import tt\ntt.environ{ENV}\n",
        },
        "",
        (".",),
    ),
    "choice3": (
        {
            "app/a.py": "import os as tt\n",
            "app/x.py": "try:\n from app.a import tt as w\nexcept ImportError:\n import os as w\n",
            "app/b.py": "from app.x import w\nw.environ{ENV}\n",
        },
        "",
        (".",),
    ),
    "choice4": (
        {
            "app/x.py": "try:\n import numpy as w\nexcept ImportError:\n import os as w\n",
            "app/b.py": "from app.x import w\nw.environ{ENV}\n",
        },
        "",
        (".",),
    ),
    "choice5": (
        {"app/x.py": "w=None\nif 1:\n import os as w\n", "app/b.py": "from app.x import w\nw.environ{ENV}\n"},
        "",
        (".",),
    ),
    "typeonly2": (
        {
            "app/a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n from app import q as w\n",
            "app/q.py": "import torch\n",
            "app/b.py": "from app.a import w\nw.torch{SET}\n",
        },
        "",
        (".",),
    ),
    "attrgetter2": (
        {
            "app/a.py": "from operator import attrgetter as g\n",
            "app/q.py": "import torch as tt\n",
            "app/b.py": 'from app.a import g\nimport app.q\ng("q"+".tt")(app){SET}\n',
        },
        "",
        (".",),
    ),
    "__builtins__": ({"app/b.py": '__builtins__.exec("import torch")\n'}, "", (".",)),
    "facade by getattr": (
        {"app/fac.py": "def y(): pass\n", "app/b.py": 'import app\ngetattr(app,"fac").y()\n'},
        'facade-modules=["app.fac"]',
        (".",),
    ),
    "facade by dict": (
        {"app/fac.py": "def y(): pass\n", "app/b.py": 'import app\nvars(app)["fac"].y()\n'},
        'facade-modules=["app.fac"]',
        (".",),
    ),
    "helper by getattr": (
        {"app/b.py": 'import ext.mod as e\ngetattr(e,"hh")()\n'},
        'default-helpers=["ext.mod.hh"]',
        (".",),
    ),
    "helper of project by getattr": (
        {"app/a.py": "def hh(): pass\n", "app/b.py": 'import app.a as e\ngetattr(e,"hh")()\n'},
        'default-helpers=["app.a.hh"]',
        (".",),
    ),
    "effect by getattr": (
        {"app/b.py": 'import ext.mod as e\ngetattr(e,"hh")()\n'},
        'effect-functions=["ext.mod.hh"]',
        (".",),
    ),
    "effect of project by getattr": (
        {"app/a.py": "def hh(): pass\n", "app/b.py": 'import app.a as e\ngetattr(e,"hh")()\n'},
        'effect-functions=["app.a.hh"]',
        (".",),
    ),
    "effect of runtime by getattr": (
        {
            "app/a.py": "import torch\ndef hh(): torch.use_deterministic_algorithms(True)\n",
            "app/b.py": 'import app\ngetattr(app,"a").hh()\n',
        },
        'runtime-modules=["app.a"]',
        (".",),
    ),
    "effect of runtime by dict": (
        {
            "app/a.py": "import torch\ndef hh(): torch.use_deterministic_algorithms(True)\n",
            "app/b.py": 'import app.z\nw=app\nw.__dict__["a"].hh()\n',
        },
        'runtime-modules=["app.a"]',
        (".",),
    ),
    "helper computed": (
        {"app/b.py": 'import ext.mod as e\ngetattr(e,"h"+"h")()\n'},
        'default-helpers=["ext.mod.hh"]',
        (".",),
    ),
    "helper computed2": (
        {"app/b.py": 'import ext.mod as e\nf=e\ngetattr(f,"h"+"h")()\n'},
        'default-helpers=["ext.mod.hh"]',
        (".",),
    ),
    "helper computed3": (
        {"app/b.py": 'import ext.mod as e\nf=e\nN="h"+"h"\ngetattr(f,N)()\n'},
        'default-helpers=["ext.mod.hh"]',
        (".",),
    ),
    "torchgate computed": (
        {
            "app/b.py": 'import torchgate.runtime as e\nf=e\nN="apply_torch"+"_runtime"\ngetattr(f,N)(1){SET}\n'
        },
        "",
        (".",),
    ),
    "facade by globals": (
        {"app/fac.py": "def y(): pass\n", "app/b.py": 'from app import fac as q\nglobals()["q"].y()\n'},
        'facade-modules=["app.fac"]',
        (".",),
    ),
    "facade folded import": (
        {
            "app/fac.py": "def y(): pass\n",
            "app/b.py": 'import importlib as i\ni.import_module("app."+"fac")\n',
        },
        'facade-modules=["app.fac"]',
        (".",),
    ),
    "helper ext chain": (
        {"app/a.py": "from ext.mod import hh as g\n", "app/b.py": "from app.a import g\ng()\n"},
        'default-helpers=["ext.mod.hh"]',
        (".",),
    ),
    "helper ext chain2": (
        {"app/a.py": "import ext.mod as e\n", "app/b.py": "from app.a import e\ne.hh()\n"},
        'default-helpers=["ext.mod.hh"]',
        (".",),
    ),
    "helper ext chain3": (
        {"app/a.py": "import ext.mod as e\n", "app/b.py": 'from app.a import e\ngetattr(e,"hh")()\n'},
        'default-helpers=["ext.mod.hh"]',
        (".",),
    ),
    "helper ext chain4": (
        {"app/a.py": "import ext as e\n", "app/b.py": 'from app.a import e\ngetattr(e.mod,"h"+"h")()\n'},
        'default-helpers=["ext.mod.hh"]',
        (".",),
    ),
    "helper ext chain5": (
        {"app/a.py": "import ext as e\n", "app/b.py": 'from app import a\ny=a.e\ngetattr(y.mod,"h"+"h")()\n'},
        'default-helpers=["ext.mod.hh"]',
        (".",),
    ),
    "facade ext": (
        {"app/a.py": "import ext.fac as e\n", "app/b.py": "from app.a import e\ne.x()\n"},
        'facade-modules=["ext.fac"]',
        (".",),
    ),
    "facade ext2": (
        {"app/a.py": "import ext as e\n", "app/b.py": "from app.a import e\ne.fac.x()\n"},
        'facade-modules=["ext.fac"]',
        (".",),
    ),
    "effect ext chain": (
        {"app/a.py": "import ext.mod as e\n", "app/b.py": "from app.a import e\ne.hh(1){SET}\n"},
        'effect-functions=["ext.mod.hh"]',
        (".",),
    ),
    "import in class of func": (
        {
            "app/a.py": "def f():\n  class A:\n    from app.b import tt as q\n  return A.q\n",
            "app/b.py": "import torch as tt\n",
            "app/c.py": "from app.a import f\nf(){SET}\n",
        },
        "",
        (".",),
    ),
    "flag3": (
        {
            "app/a.py": "from torch.backends import cudnn\n",
            "app/x.py": "from app.a import *\n",
            "app/b.py": "from app.x import cudnn\nwith cudnn.flags(benchmark=True): pass\n",
        },
        "",
        (".",),
    ),
    "406b": (
        {
            "app/a.py": "from app.rt import go\ndef m(): go()\n",
            "app/b.py": "import app.c\nfrom app.rt import go as g2\ndef f(): g2()\n",
            "app/c.py": "import app.a\n",
            "app/rt.py": "import torch\ndef go(): torch.use_deterministic_algorithms(True)\n",
        },
        'runtime-modules=["app.rt"]',
        (".",),
    ),
    "406c": (
        {
            "app/a.py": "from app.q import go as k\ndef m(): k()\n",
            "app/q.py": "from app.rt import go\n",
            "app/b.py": "def f():\n  from app import c\n  from app.rt import go as g2\n  g2()\n",
            "app/c.py": "def x():\n  from app import a\n",
            "app/rt.py": "import torch\ndef go(): torch.use_deterministic_algorithms(True)\n",
        },
        'runtime-modules=["app.rt"]',
        (".",),
    ),
    "404 chain": (
        {
            "app/rt.py": "import torch\nfrom app.a import part\ndef go():\n  torch.use_deterministic_algorithms(True)\n  part()\n",
            "app/a.py": "from app.c import more\ndef part(): more()\n",
            "app/c.py": "def more(): unknown()\n",
        },
        'runtime-modules=["app.rt"]',
        (".",),
    ),
    "404 chain2": (
        {
            "app/rt.py": "import torch\nfrom app.a import part\ndef go():\n  torch.use_deterministic_algorithms(True)\n  part()\n",
            "app/a.py": "from app.c import more\ndef part(): more()\n",
            "app/c.py": "def more(): print(1)\n",
        },
        'runtime-modules=["app.rt"]',
        (".",),
    ),
    "107 chain": (
        {
            "app/rt.py": "from app.bd import N\ndef go(): pass\n",
            "app/bd.py": "import torch\nN=1\n",
            "app/b.py": "from app import rt\n",
        },
        'runtime-modules=["app.rt"]\ntorch-bound-modules=["app.bd"]',
        (".",),
    ),
    "107 rel": (
        {
            "app/p/__init__.py": "",
            "app/p/bd.py": "import torch\n",
            "app/p/b.py": "from . import bd as q\n",
            "app/c.py": "from .p import b\n",
        },
        'torch-bound-modules=["app.p.bd"]',
        (".",),
    ),
    "107 pkg": (
        {"app/p/__init__.py": "import torch\n", "app/p/x.py": "y=1\n", "app/b.py": "import app.p.x\n"},
        'torch-bound-modules=["app.p"]',
        (".",),
    ),
    "107 pkg star": (
        {"app/p/__init__.py": "import torch\n", "app/p/x.py": "y=1\n", "app/b.py": "from app.p.x import *\n"},
        'torch-bound-modules=["app.p.*"]',
        (".",),
    ),
    "201 pkg": (
        {
            "app/p/__init__.py": "from . import fac\n",
            "app/p/fac.py": "y=1\n",
            "app/b.py": "from app import p\nq=p.fac\n",
            "app/c.py": "from app.b import q\nq.y()\n",
            "app/d.py": "from app import b\nb.q.y()\n",
        },
        'facade-modules=["app.p.fac"]',
        (".",),
    ),
    "201 star": (
        {
            "app/fac.py": "def y(): pass\n",
            "app/b.py": "from app import *\nfac.y()\n",
            "app/__init__.py": "from . import fac\n",
            "app/c.py": "from app import fac as k\n",
            "app/d.py": "from app.c import k\nk.y()\n",
        },
        'facade-modules=["app.fac"]',
        (".",),
    ),
    "205 mod2": (
        {
            "app/a.py": "x=1\n",
            "app/q.py": "from app import a\n",
            "app/b.py": "from app.q import a\ndef f(torch): a.t = torch\n",
        },
        "",
        (".",),
    ),
}
# Those in which nothing is to be found: what is reported too much counts as well.
QUIET = frozenset(
    [
        "call only",
        "wide letters alone",
        "paren2",
        "os default",
        "os star",
        "threading4",
        "TC",
        "TC3",
        "TC4",
        "TC5",
        "deque y",
        "S attr",
        "s",
        "tuple res",
        "404",
        "404d",
        "404f",
        "mro2",
        "mro4",
        "nt3",
        "facade endwild",
        "facade star only",
        "bound4",
        "bound6",
        "gated own",
        "long bad body none",
        "long bad top none",
        "long bad giver2",
        "deep long",
        "deep2",
        "deep3",
        "deep4",
        "deep5",
        "deep6",
        "deep7",
        "deep8",
        "deep9",
        "deep lambda",
        "timm TC",
        "timm TC2",
        "timm TC3",
        "timm TC4",
        "timm TC6",
        "timm TC8",
        "timm TC9",
        "timm TC15",
        "timm TC16",
        "timm TC17",
        "timm bs",
        "own implicit",
        "implicit rel",
        "implicit relmod",
        "noqa file",
        "timm TC module renamed",
        "timm TC module renamed 2",
        "os of project in object",
        "TC with a broken body",
        "class with a broken body",
        "pkg init outside3",
        "pkg init outside6",
        "excluded TC",
        "stub beside",
        "shadow typing",
        "shadow typing3",
        "shadow torch",
        "handle type star",
        "diamond",
        "sysmod replace",
        "choice4",
        "typeonly getattr",
        "class attr name",
        "404 chain",
    ]
)
