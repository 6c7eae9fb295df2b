"""Random projects of odd forms: whatever is decided about them passes every check, and a second run has
nothing to do. A decision that a check rejects is a fault, which a refusal is not."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from tests.migrate.test_others import task, write
from torchgate.migrate.refusals.reason import RefusalReason
from torchgate.migrate.result import Left, Migrated
from torchgate.migrate.run import run

HEADS = (
    "",
    '"""Doc."""\n',
    "from __future__ import annotations\n",
    '"""Doc."""\n\nfrom __future__ import annotations\n\n',
    "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n",
)
OTHERS = (
    "import os, sys\n",
    "from typing import *\n",
    "import typing as t_\n",
    "from typing import TYPE_CHECKING\n",
    "from typing import (\n    Any,\n    Optional,\n)\n",
    "try:\n    import json\nexcept ImportError:\n    json = None\n",
    "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from torch import Tensor as Ten\n",
    "if 1:\n    from typing import TYPE_CHECKING\n",
    "VERSION = 1\n",
)
IMPORTS = (
    ("import torch\n", "torch"),
    ("import torch as th\n", "th"),
    ("import math; import torch; import re\n", "torch"),
    ("import torch  # comment\nimport torch\n", "torch"),
    ("import torch \\\n  as th\n", "th"),
    ("from torch import (  # x\n    nn,\n    ones, zeros\n)\nimport torch\n", "torch"),
    ("import torch.nn as nn, torch as th\n", "th"),
)
EXPRESSIONS = (
    "T.ones(x)",
    "getattr(T, 'ones')(x)",
    "[F(i) for i in range(2)]",
    "(lambda a=T.pi: a)()",
    "F(*[x])",
    "(y := T.ones(1))",
    "f'{F(x)}'",
    "F(\n        x,\n    )",
    "F(  # c\n        x)",
    "T \\\n        .ones(x)",
)
BODIES = (
    "return E",
    "if x:\n        return E\n    return E",
    "for i in range(2): r = E\n    return r",
    "def inner():\n        nonlocal x\n        x = 3\n        return E\n    return inner()",
    "class K:\n        v = E\n    return K.v",
    "match x:\n        case int():\n            return E\n        case _:\n            return E",
    "global G\n    G = E\n    return 1",
    "import torch as loc\n    return loc.ones(x), E",
    "import torch\n\n    def inner():\n        nonlocal torch\n        return T.ones(x)\n    return inner()",
    "'''doc'''; return E",
)
PARAMETERS = (
    "x",
    "x, /",
    "x, *args",
    "x, **kw",
    "x: 'torch.Tensor' = None",
    "x: T.Tensor = None",
    "x, # c\n    y=2",
)
WAYS = (
    ("from app.m{0} import f{0}\n", "f{0}"),
    ("from .m{0} import *\n", "f{0}"),
    ("import app.m{0} as mm\n", "mm.f{0}"),
    ("from app.m{0} import torch as q, f{0}\n", "f{0}"),
)


def function(chance: random.Random, name: str, torch: str, callee: str) -> str:
    text = f"def {name}({chance.choice(PARAMETERS)}):\n    {chance.choice(BODIES)}\n"
    while re.search(r"\bE\b", text):
        text = re.sub(r"\bE\b", lambda _: chance.choice(EXPRESSIONS), text, count=1)
    return re.sub(r"\bF\b", callee, re.sub(r"\bT\b", torch, text))


def project(seed: int) -> dict[str, str]:
    chance = random.Random(seed)
    files = {"torchgate.toml": 'runtime-modules = ["app.runtime"]\n', "app/__init__.py": ""}
    count = chance.randint(1, 3)
    for number in range(count):
        text, torch = chance.choice(IMPORTS)
        blocks = [text, *chance.sample(OTHERS, chance.randint(0, 2))]
        chance.shuffle(blocks)
        callee = "repr"
        if number:
            way, callee = (part.format(number - 1) for part in chance.choice(WAYS))
            blocks.append(way)
        first = function(chance, f"g{number}", torch, callee)
        second = function(chance, f"f{number}", torch, f"g{number}")
        files[f"app/m{number}.py"] = f"{chance.choice(HEADS)}{''.join(blocks)}\n\n{first}\n\n{second}"
    way, callee = (part.format(count - 1) for part in chance.choice(WAYS[:3]))
    files["app/use.py"] = f"{way}\n\ndef run(torch):\n    return {callee}(1)\n"
    return files


def migrated(root: Path, files: dict[str, str]) -> int | None:
    """The number of migrated sites; None where a file is no Python."""
    try:
        for path, text in files.items():
            if path.endswith(".py"):
                compile(text, path, "exec", dont_inherit=True)
    except SyntaxError:
        return None
    write(root, files)
    result = run(task(root))
    assert not result.faults, result.faults
    left = [site for site in result.sites if isinstance(site, Left)]
    assert not [site for site in left if site.reason is RefusalReason.NOT_VERIFIED]
    for path, rewrite in result.rewrites.items():
        Path(path).write_bytes(rewrite.after)
    again = run(task(root))
    assert not again.rewrites
    assert not again.faults, again.faults
    return sum(isinstance(site, Migrated) for site in result.sites)


def check(seeds: range, root: Path) -> tuple[int, int]:
    found = [migrated(root / str(seed), project(seed)) for seed in seeds]
    counts = [count for count in found if count is not None]
    return len(counts), sum(counts)


def test_odd_programs_pass_every_check(tmp_path: Path) -> None:
    projects, sites = check(range(60), tmp_path)
    assert projects > 40
    assert sites > 40


@pytest.mark.slow
def test_many_odd_programs_pass_every_check(tmp_path: Path) -> None:
    projects, sites = check(range(1000, 3000), tmp_path)
    assert projects > 1300
    assert sites > 1300
