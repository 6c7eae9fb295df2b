"""``torchgate check`` on notebooks, Markdown and reStructuredText."""

from __future__ import annotations

import ast
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from torchgate.cli import main

GUIDE = """# Guide

Always import app.torch_first before torch.

```python
from app.torch_first import torch
torch.set_default_device("cuda")  # noqa: TG301
import torch
torch.backends.cudnn.benchmark = True
```

```python
torch.set_default_dtype(torch.float64)
```
"""
Found = Callable[..., list[str]]


def notebook(*cells: str | tuple[str, str]) -> str:
    made = [
        {"cell_type": cell[0], "source": cell[1].splitlines(keepends=True)}
        if isinstance(cell, tuple)
        else {"cell_type": "code", "source": cell}
        for cell in cells
    ]
    return json.dumps({"cells": made, "metadata": {"language_info": {"name": "python"}}, "nbformat": 4})


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Found:
    """Writes files, checks, and gives place and code of every finding."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "torchgate.toml").write_text('facade-modules = ["app.torch_first"]\n')

    def check(files: dict[str, str], *arguments: str) -> list[str]:
        for path, text in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
        main(["check", *arguments])
        return [
            line.split(" TG")[0] + " TG" + line.split(" TG")[1][:3]
            for line in capsys.readouterr().out.splitlines()
        ]

    return check


def test_examples_and_prose(found: Found) -> None:
    assert found({"docs/guide.md": GUIDE}) == [
        "docs/guide.md:3:1: TG206",
        "docs/guide.md:6:1: TG201",
        "docs/guide.md:13:1: TG301",
    ]


def test_the_hook_hands_over_other_suffixes(found: Found) -> None:
    """What pre-commit takes for Markdown and notebooks; in a folder, all but the capitals count."""
    files = {"a.markdown": GUIDE, "README.MD": GUIDE, "A.Ipynb": notebook("import torch")}
    assert found(files, "a.markdown", "README.MD", "--select", "TG206,TG900") == [
        "README.MD:3:1: TG206",
        "a.markdown:3:1: TG206",
    ]
    assert found({}, "A.Ipynb") == ["A.Ipynb:cell 1:1:1: TG101"]
    assert found({}, "--select", "TG206") == ["a.markdown:3:1: TG206"]


def test_full(found: Found) -> None:
    files = {
        "torchgate.toml": 'facade-modules = ["app.torch_first"]\ndocuments = "full"\n',
        "docs/guide.md": GUIDE,
    }
    assert found(files) == [
        "docs/guide.md:3:1: TG206",
        "docs/guide.md:6:1: TG201",
        "docs/guide.md:8:1: TG101",
        "docs/guide.md:9:1: TG403",
        "docs/guide.md:13:1: TG301",
    ]


def test_restructured(found: Found) -> None:
    code = ".. code:: python\n\n   import torch\n   torch.set_default_device('cpu')\n"
    text = f"Import the facade first, then torch.\n\n{code}"
    assert found({"a.rst": text}) == ["a.rst:1:1: TG206", "a.rst:6:4: TG301"]


def test_a_notebook(found: Found) -> None:
    text = notebook(
        ("markdown", "Always import the facade before torch.\n\n```python\nimport torch\n```\n"),
        "%load_ext x\nimport torch as t",
        "def f():\n    t.set_default_device('cuda')\n",
        "t.manual_seed(1)  # noqa: TG301\nimport torch  # noqa: TG101",
        "def (",
    )
    assert found({"a.ipynb": text}) == [
        "a.ipynb:cell 1:1:1: TG206",
        "a.ipynb:cell 2:2:1: TG101",
        "a.ipynb:cell 3:2:5: TG301",
        "a.ipynb:cell 4:1:19: TG901",
        "a.ipynb:cell 5:1:5: TG900",
    ]


def test_a_cell_is_like_a_program(found: Found) -> None:
    text = notebook(
        "from torchgate.runtime import apply_torch_runtime, decide_torch_runtime\n"
        "torch = apply_torch_runtime(decide_torch_runtime())",
        "torch.zeros(3)",
    )
    assert found({"a.ipynb": text}) == []


def test_the_projects_modules_are_known(found: Found) -> None:
    files = {
        "src/app/__init__.py": "",
        "src/app/defaults.py": "def default_device(device): ...\n",
        "a.ipynb": notebook("from app.defaults import default_device as d", "with d('cuda'):\n    pass"),
        "a.md": "```python\nfrom app.defaults import default_device as d\n```\n\n```python\nd('cuda')\n```\n",
    }
    assert found(files) == [
        "a.ipynb:cell 1:1:26: TG302",
        "a.ipynb:cell 2:1:6: TG302",
        "a.md:2:26: TG302",
        "a.md:6:1: TG302",
    ]


@pytest.mark.parametrize(
    ("path", "data", "place"),
    [
        ("a.md", b"\xff", "a.md:1:1: TG900"),
        ("a.rst", "é\n x\xff".encode("latin-1"), "a.rst:1:1: TG900"),
        ("a.ipynb", b"{\n  3", "a.ipynb:2:3: TG900"),
        ("a.ipynb", b"\xef\xbb\xbf{}", ""),
        ("a.ipynb", b"", ""),
        ("a.md", b"", ""),
    ],
)
def test_what_cannot_be_read(found: Found, tmp_path: Path, path: str, data: bytes, place: str) -> None:
    (tmp_path / path).write_bytes(data)
    assert found({}, path) == ([place] if place else [])


def test_line_endings_and_a_byte_order_mark(found: Found) -> None:
    assert found({"a.md": "\ufeff" + GUIDE.replace("\n", "\r\n"), "b.md": GUIDE.replace("\n", "\r")}) == [
        f"{name}.md:{place}" for name in "ab" for place in ("3:1: TG206", "6:1: TG201", "13:1: TG301")
    ]


def test_selection(found: Found) -> None:
    files = {"a.md": GUIDE, "b.ipynb": notebook("import torch")}
    assert found(files, "--select", "TG301") == ["a.md:13:1: TG301"]
    assert found(files, "--ignore", "TG206,TG101") == ["a.md:6:1: TG201", "a.md:13:1: TG301"]
    files["torchgate.toml"] = '[per-file-ignores]\n"*.ipynb" = ["TG101"]\n"a.md" = ["TG206", "TG301"]\n'
    assert found(files) == []
    files["torchgate.toml"] = 'extend-exclude = ["*.md", "*.ipynb"]\n'
    assert found(files) == []


def test_suppression(found: Found) -> None:
    text = "```python\n# torchgate: ignore-file[TG301]\nimport torch\ntorch.set_default_device('cuda')\n```\n"
    assert found({"a.md": text}) == []
    text = notebook("import torch  # torchgate: ignore[TG101] why", "# torchgate: ignore[TG101]\nx = 1")
    assert found({"b.ipynb": text}, "b.ipynb") == ["b.ipynb:cell 2:1:1: TG901"]


def test_the_excerpt_is_that_of_the_cell(found: Found, capsys: pytest.CaptureFixture[str]) -> None:
    found({"a.ipynb": notebook("x = 1", "import torch")}, "-q")
    main(["check", "--format", "full"])
    assert "\n1 | import torch\n  | ^^^^^^^^^^^^\n" in capsys.readouterr().out


def test_json_names_the_cell(found: Found, capsys: pytest.CaptureFixture[str]) -> None:
    found({"a.ipynb": notebook("x = 1", "import torch")}, "-q")
    main(["check", "--format", "json"])
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["cell"], finding["line"], finding["column"]) == (2, 1, 1)
    assert finding["fix"] is None, "`torchgate migrate` leaves notebooks alone"


def test_an_annotation_names_the_cell(found: Found, capsys: pytest.CaptureFixture[str]) -> None:
    """Line 3 of a cell is no line of the file."""
    found({"a.ipynb": notebook("x = 1", "x\nx\nimport torch")}, "-q")
    main(["check", "--format", "github"])
    properties, _, text = capsys.readouterr().out.removeprefix("::error ").partition("::")
    assert "file=a.ipynb,line=1,col=1,endColumn=1,endLine=1" in properties
    assert text.startswith("a.ipynb:cell 2:3:1: TG101 ")


def test_a_baseline(found: Found, capsys: pytest.CaptureFixture[str]) -> None:
    files = {"a.ipynb": notebook("import torch", "import torch"), "a.md": GUIDE}
    found(files, "-q")
    assert main(["baseline"]) == 0
    assert "5 findings accepted (5 new)" in capsys.readouterr().err
    arguments = ("--baseline", "torchgate-baseline.json")
    assert found({}, *arguments) == []
    assert found({"a.ipynb": notebook("x", "import torch", "import torch")}, *arguments) == [], (
        "cells may move"
    )
    assert found({"a.ipynb": notebook("import torch", "import torch as t")}, *arguments) == [
        "a.ipynb:cell 2:1:1: TG101"
    ]


def test_what_was_kept(
    found: Found, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TORCHGATE_NO_CACHE")
    files = {"a.ipynb": notebook("import torch", "def ("), "a.md": GUIDE, "b.py": "import torch\n"}
    first = found(files)
    assert len(first) == 6
    for _ in range(2):
        assert found({}) == first
    main(["check", "--format", "full"])
    assert "\n1 | import torch\n" in capsys.readouterr().out
    assert found({"a.md": "Always import app.torch_first before torch.\n"}) == [
        "a.ipynb:cell 1:1:1: TG101",
        "a.ipynb:cell 2:1:5: TG900",
        "a.md:1:1: TG206",
        "b.py:1:1: TG101",
    ]


def test_however_they_are_passed(found: Found) -> None:
    files = {f"m{number}.py": "import torch\n" for number in range(70)}
    files |= {"a.ipynb": notebook("import torch"), "a.md": GUIDE, "sub/b.md": GUIDE}
    everything = found(files)
    assert len(everything) == 70 + 1 + 3 + 3
    for jobs in ("1", "2"):
        assert found({}, "--jobs", jobs) == everything
    assert found({}, "a.md", "a.ipynb") == [line for line in everything if line.startswith("a.")]


def test_standard_input(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text, place in (
        ("x.md", GUIDE, "x.md:3:1: TG206"),
        ("x.ipynb", notebook("import torch"), "x.ipynb:cell 1:1:1: TG101"),
    ):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert found({}, "--stdin-filename", name, "-")[0] == place


def test_migrate_leaves_them_alone(found: Found, capsys: pytest.CaptureFixture[str]) -> None:
    files = {"a.ipynb": notebook("import torch"), "a.md": GUIDE}
    found(files, "-q")
    main(["migrate"])
    for path, text in files.items():
        assert Path(path).read_text() == text
    assert capsys.readouterr().err == "torchgate: no Python files to migrate\n"


MODULE = '''"""A module.

>>> import torch
>>> torch.set_default_device("cuda")
"""

import os


class Made:
    r"""Says how.

    ```python
    from app.torch_first import torch  # import the facade first
    with torch.device("cuda"):
        pass
    ```

    Wrong:

    >>> torch.set_default_device("cuda")
    """

    def make(self):
        """>>> torch.set_default_dtype(torch.float64)
        >>> torch.get_default_dtype()
        """
        """>>> torch.set_default_device("no docstring")"""
        if os:
            def inner():
                ">>> import torch; torch.set_default_device(1)"


text = """
>>> import torch
>>> torch.set_default_device("cuda")
"""
'''


def test_docstrings(found: Found) -> None:
    assert found({"a.py": MODULE}) == [
        "a.py:4:5: TG301",
        "a.py:14:5: TG201",
        "a.py:14:42: TG206",
        "a.py:31:36: TG301",
    ]


def test_docstrings_in_full(found: Found) -> None:
    found({"torchgate.toml": 'facade-modules = ["app.torch_first"]\ndocuments = "full"\n'})
    assert found({"a.py": MODULE}) == [
        "a.py:3:5: TG101",
        "a.py:4:5: TG301",
        "a.py:14:5: TG201",
        "a.py:14:42: TG206",
        "a.py:31:22: TG101",
        "a.py:31:36: TG301",
    ]


def test_docstrings_that_name_it_otherwise_are_read_in_full_alone(found: Found) -> None:
    """docs/documents.md says so: to look at every example takes too long."""
    files = {
        "app/compat.py": "import torch\n\nsetter = torch.set_default_device\n",
        "app/a.py": '"""Do\n\n>>> from app.compat import setter\n>>> setter("cuda")\n"""\n',
    }
    assert [line for line in found(files) if "a.py" in line] == []
    found({"torchgate.toml": 'documents = "full"\n'})
    assert "app/a.py:4:5: TG301" in found(files)


def test_a_comment_behind_a_docstring_speaks_for_it(found: Found) -> None:
    text = '"""\n>>> import torch\n>>> torch.set_default_device(1)\n"""  # noqa: TG301\n'
    assert found({"a.py": text}) == []
    text = '"""\n>>> import torch\n>>> torch.set_default_device(1)  # noqa: TG301\n"""\n'
    assert found({"a.py": text}) == []


@pytest.mark.parametrize("size", [0, 70_000])
def test_docstrings_of_files_that_are_not_read(
    found: Found, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """A file that holds nothing else is left out by its bytes, and in the many others nothing is found."""
    text = '"""\n>>> import torch\n>>> torch.set_default_device(1)\n"""\n' + "x = 1\n" * (size // 6)
    files = {f"m{number}.py": "x = 1\n" for number in range(70)} | {"a.py": text}
    assert found(files) == ["a.py:3:5: TG301"]
    monkeypatch.setenv("TORCHGATE_UNFILTERED", "1")
    assert found({}) == ["a.py:3:5: TG301"]


def test_the_plugin_sees_docstrings(found: Found, tmp_path: Path) -> None:
    from torchgate.flake8_plugin import Plugin

    found({"a.py": MODULE}, "-q")
    Plugin._settings = None
    plugin = Plugin(ast.parse(MODULE), str(tmp_path / "a.py"), MODULE.splitlines(keepends=True))
    assert sorted((line, column + 1, text[:5]) for line, column, text, _ in plugin.run()) == [
        (4, 5, "TG301"),
        (14, 5, "TG201"),
        (14, 42, "TG206"),
        (31, 36, "TG301"),
    ]


def test_migrate_leaves_docstrings_alone(found: Found, capsys: pytest.CaptureFixture[str]) -> None:
    found({"a.py": MODULE}, "-q")
    assert main(["migrate"]) == 0
    assert Path("a.py").read_text() == MODULE
