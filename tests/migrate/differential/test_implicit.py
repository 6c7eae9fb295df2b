"""What Python, its library and torch run without a call that could pass a keyword: no form of it is migrated.

``implicit.md`` has the forms: definitions, and statements that run in a block with a default device, where
``box`` is an object of the class ``Box`` if there is one: made in sight, handed over, kept, or another
module's.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.migrate.differential.harness import Worker
from tests.migrate.differential.migrating import migrate
from tests.migrate.differential.vocabulary import HELPERS

FORM = re.compile(
    r"^## (?P<title>[^\n]+)\n\n```python\n(?P<defines>.*?)^```\n\n```python\n(?P<runs>.*?)^```$", re.M | re.S
)
FORMS = [*FORM.finditer(Path(__file__).with_name("implicit.md").read_text("utf-8"))]
MODULES = """abc bisect collections collections.abc contextlib copy dataclasses enum functools heapq
    itertools json logging math operator os pickle re sys typing warnings weakref torch""".split()  # noqa: SIM905
HEAD = "\n".join(f"import {name}" for name in MODULES)
CONFIG = 'torch-bound-modules = ["app.*"]\nselect = ["TG302"]\n'
# How the block gets at the object.
WAYS = ("in sight", "handed over", "imported", "of a module", "kept")


def program(form: re.Match[str], way: str) -> dict[str, str]:
    """A project with the form in it."""
    defines = re.sub(r"\bMAKE\b", "MADE.append(torch.zeros(1))", form["defines"])
    runs, has_box = form["runs"], bool(re.search(r"\bbox\b", form["runs"]))
    head = f"{HEAD}\nfrom app.made import MADE\nfrom app.defaults import default_device\n"
    cached = "\n\n@functools.cache\ndef cached(x):\n    return 1\n\n\n"
    files = {
        "app/__init__.py": "",
        "app/defaults.py": HELPERS,
        "app/made.py": "MADE = []\n",
        "torchgate.toml": CONFIG,
    }
    block = f'with default_device("meta"):\n    kept = torch.zeros(2)\n{textwrap.indent(runs, "    ")}'
    result = "return [[item.device.type for item in MADE], kept.device.type]\n"
    if not has_box or "box +=" in runs or way == "in sight":
        made = "box = Box()\n" if has_box else ""
        files["app/main.py"] = (
            f"{head}{cached}{defines}\n\ndef main():\n{textwrap.indent(made + block + result, '    ')}"
        )
    elif way == "handed over":
        body = textwrap.indent(block + result, "    ")
        files["app/main.py"] = (
            f"{head}{cached}{defines}\n\ndef main():\n    return work(Box())\n\n\ndef work(box):\n{body}"
        )
    elif way == "kept":
        head += f"{cached}{defines}\n\nclass Holder:\n    def __init__(self, box):\n        self.box = box\n"
        held = re.sub(r"\bbox\b", "self.box", block)
        body = f"\n    def work(self):\n{textwrap.indent(held + result, ' ' * 8)}"
        files["app/main.py"] = f"{head}{body}\n\ndef main():\n    return Holder(Box()).work()\n"
    else:
        built = "def build():\n    return Box()\n\n\nbox = [build() for _ in range(1)][0]\n"
        files["app/boxes.py"] = f"{HEAD}\nfrom app.made import MADE\n\n\n{defines}\n\n{built}"
        names = re.findall(r"^(?:class|def) (\w+)", defines, re.M)
        head += f"from app import boxes\nfrom app.boxes import {', '.join(names)}\n"
        if way == "imported":
            head += "from app.boxes import box\n"
        else:
            block = re.sub(r"\bbox\b", "boxes.box", block)
        files["app/main.py"] = f"{head}{cached}def main():\n{textwrap.indent(block + result, '    ')}"
    return files


def write(form: re.Match[str], way: str, folder: Path) -> Path:
    for path, text in program(form, way).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return folder


def check(form: re.Match[str], way: str, folder: Path) -> None:
    done = migrate(write(form, way, folder))
    wrong = [str(site) for site in done.sites if site.status == "migrated" or not site.detail]
    assert not wrong, wrong


@pytest.mark.parametrize("number", range(len(FORMS)), ids=lambda number: FORMS[number]["title"])
def test_form(number: int, tmp_path: Path) -> None:
    check(FORMS[number], WAYS[number % len(WAYS)], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form["title"])
def test_form_in_every_way(form: re.Match[str], way: str, tmp_path: Path) -> None:
    check(form, way, tmp_path)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker() as started:
        yield started


@pytest.mark.torch
@pytest.mark.parametrize("number", range(len(FORMS)), ids=lambda number: FORMS[number]["title"])
def test_form_runs_in_the_block(number: int, tmp_path: Path, worker: Worker) -> None:
    """The forms are what they say: each makes a tensor on the default device."""
    outcome = worker.run(write(FORMS[number], WAYS[number % len(WAYS)], tmp_path))
    made, kept = outcome["value"]["items"]
    assert kept == "'meta'"
    assert "'meta'" in made["items"], outcome
