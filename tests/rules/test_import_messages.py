"""What the import and facade rules say, and places that a Markdown case cannot show."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.project import lint_files

FACADE = 'facade-modules = ["app.torch_facade"]'
CUPY = 'gated-packages = { torch = [], cupy = ["app.cupy_runtime"] }'


def messages(tmp_path: Path, text: str, config: str = "") -> list[str]:
    found = lint_files(tmp_path, {"app/module.py": text}, config)["app/module.py"]
    return [f"{code} {message}" for _, _, code, message in found]


@pytest.mark.parametrize(
    ("text", "config", "message"),
    [
        (
            "import torch",
            "",
            "TG101 `torch` is imported past the gate; take the injected handle as a parameter instead",
        ),
        (
            "from torch import nn, optim as o",
            "",
            "TG101 `torch.nn` and `torch.optim` are imported past the gate; "
            "take the injected handle as a parameter instead",
        ),
        (
            "from torch import a, b, c, d",
            "",
            "TG101 `torch.a`, `torch.b` and 2 more names are imported past the gate; "
            "take the injected handle as a parameter instead",
        ),
        (
            "from torch.nn import *",
            "",
            "TG101 `torch.nn.*` is imported past the gate; take the injected handle as a parameter instead",
        ),
        (
            "import torch\ndef f(x: torch.Tensor): ...",
            "",
            "TG101 `torch` is imported past the gate; "
            "only annotations use it, so import it under `if TYPE_CHECKING:`",
        ),
        (
            "from torch import nn\nclass Net(nn.Module): ...",
            "",
            "TG101 `torch.nn` is imported past the gate; "
            "its classes build on torch, so list `app.module` under `torch-bound-modules`",
        ),
        (
            "import torch\n@torch.no_grad()\ndef f(x):\n    return torch.abs(x)",
            "",
            "TG101 `torch` is imported past the gate; "
            "its decorators are torch's, so list `app.module` under `torch-bound-modules`",
        ),
        (
            "from torch import no_grad as quiet\nclass A:\n    @quiet\n    def f(self): ...",
            "",
            "TG101 `torch.no_grad` is imported past the gate; "
            "its decorators are torch's, so list `app.module` under `torch-bound-modules`",
        ),
        (
            "import torch\ndef f(x):\n    @torch.no_grad()\n    def g(): ...\n    return g",
            "",
            "TG101 `torch` is imported past the gate; take the injected handle as a parameter instead",
        ),
        (
            "from .models.net import Net",
            'torch-bound-modules = ["app.models.*"]',
            "TG107 `app.models.net` is torch-bound; import it inside a function that holds the handle",
        ),
        (
            "from . import models",
            'torch-bound-modules = ["app.models.*"]',
            "TG107 `app.models` is torch-bound; import it inside a function that holds the handle",
        ),
        (
            "import cupy",
            CUPY,
            "TG101 `cupy` is imported past the gate; only `app.cupy_runtime` may import `cupy`",
        ),
        (
            "import importlib\nimportlib.import_module('torch.nn')",
            "",
            "TG102 `importlib.import_module` imports `torch.nn` past the gate; "
            "take the injected handle as a parameter instead",
        ),
        (
            "import importlib\nimportlib.import_module(f'torch.{x}')",
            "",
            "TG102 `importlib.import_module` imports `torch.*` past the gate; "
            "take the injected handle as a parameter instead",
        ),
        (
            "from importlib.util import find_spec\nfind_spec('torch')",
            "",
            "TG102 `importlib.util.find_spec` probes for `torch` and does not import it; "
            "ask decide_torch_runtime() instead",
        ),
        (
            "import sys\nsys.modules['torch']",
            "",
            "TG102 `torch` is taken from `sys.modules`, past the gate; "
            "take the injected handle as a parameter instead",
        ),
        (
            "from app.torch_facade import torch",
            FACADE,
            "TG201 `app.torch_facade.torch` comes from `app.torch_facade`, a removed import facade; "
            "take the injected handle as a parameter instead",
        ),
        (
            "from app import torch_facade",
            FACADE,
            "TG201 `app.torch_facade` is a removed import facade; "
            "take the injected handle as a parameter instead",
        ),
    ],
)
def test_message(tmp_path: Path, text: str, config: str, message: str) -> None:
    assert messages(tmp_path, text, config) == [message]


def test_what_a_star_takes_along(tmp_path: Path) -> None:
    files = {"app/util.py": "from torch import nn, optim\n", "app/module.py": "from app.util import *\n"}
    [(_, _, code, message)] = lint_files(tmp_path, files, "")["app/module.py"]
    assert f"{code} {message}" == (
        "TG105 `from app.util import *` takes `nn`, `optim` of torch with it; "
        "give `app.util` an `__all__`, or import by name what is needed"
    )


@pytest.mark.parametrize(
    ("uses", "cure"),
    [
        ("def f(x: Floats) -> list[Floats]: ...\ny: 'Floats | None' = None\n", "only annotations use it"),
        ("class A:\n    x: Floats.dtype\n", "only annotations use it"),
        ("def f(x: Floats): return Floats(x)\n", "take the injected handle"),
        ("def f(x: Floats): return isinstance(x, Floats)\n", "take the injected handle"),
        ("Alias = list[Floats]\n", "take the injected handle"),
        ("", "take the injected handle"),
    ],
)
def test_what_is_taken_for_annotations_alone(tmp_path: Path, uses: str, cure: str) -> None:
    files = {
        "app/kinds.py": "import torch\nFloats = Longs = torch.Tensor\n",
        "app/module.py": f"from app.kinds import Floats, Longs as other\nprint(other)\n{uses}",
    }
    first, second = (message for _, _, code, message in lint_files(tmp_path, files, "")["app/module.py"])
    assert first.startswith(f"`app.kinds` is not where `torch.Tensor` comes from; {cure}")
    assert second.endswith("take the injected handle as a parameter instead")


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("from app import kinds\ndef f(x: kinds.Floats): ...\n", "it is an annotation, so quote it"),
        ("from app import kinds\nprint(kinds.Floats)\n", "take the injected handle as a parameter instead"),
        (
            "from app import kinds\nclass Floats(kinds.Floats): ...\n",
            "its classes build on torch, so list `app.module` under `torch-bound-modules`",
        ),
        (
            "from app.kinds import Floats\nclass Net(Floats):\n    kind = Floats\n",
            "its classes build on torch, so list `app.module` under `torch-bound-modules`",
        ),
    ],
)
def test_what_to_do_about_what_is_taken(tmp_path: Path, text: str, cure: str) -> None:
    files = {"app/kinds.py": "import torch\nFloats = torch.Tensor\n", "app/module.py": text}
    [(_, _, code, message)] = lint_files(tmp_path, files, "")["app/module.py"]
    assert f"{code} {message}" == f"TG105 `app.kinds` is not where `torch.Tensor` comes from; {cure}"


def test_a_use_at_run_time_is_no_annotation(tmp_path: Path) -> None:
    [message] = messages(tmp_path, "import torch\ndef f(x: torch.Tensor):\n    return torch.abs(x)")
    assert message.endswith("take the injected handle as a parameter instead")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_places_do_not_depend_on_line_endings(tmp_path: Path, end: str) -> None:
    text = end.join(["import os, \\", "    torch", "\f", "ü = 1; \\", "import torch.nn", ""])
    found = lint_files(tmp_path, {"app/module.py": text})["app/module.py"]
    assert [(line, column, code) for line, column, code, _ in found] == [(1, 1, "TG101"), (5, 1, "TG101")]


def test_every_message_is_one_line(tmp_path: Path) -> None:
    text = "import importlib\nimport timm\nexec('''import torch\\n''')\n"
    text += "importlib.import_module('torch.\\n')\nimportlib.import_module('torch.x')\n"
    found = messages(tmp_path, text)
    assert [message[:5] for message in found] == ["TG104", "TG102", "TG102"]
    assert not any("\n" in message for message in found)


@pytest.mark.parametrize(
    "text",
    [
        "import importlib\nimportlib.import_module(" + "x + " * 950 + "x)\n",
        "import importlib\nimportlib.import_module('torch' + " + "x + " * 950 + "x)\n",
        "exec('import torch\\ud800')\n",
        "exec('import torch\\0')\n",
        "exec('import torch; ' + '(' * 3000)\n",
        "exec('torch' + '-' * 9000 + '1')\n",
        "import sys\nsys.modules['torch\\ud800']\n",
        "import sys\nif 'torch' in " + "list(" * 90 + "other" + ")" * 90 + ":\n    raise X\n",
        "getattr(" * 90 + "app" + ", 'torch_facade')" * 90 + "\n",
        "from . import *\nfrom .... import torch\nfrom .. import torch_facade\n",
    ],
    ids=range(10),
)
def test_hostile_text_gets_an_answer(tmp_path: Path, text: str) -> None:
    found = messages(tmp_path, text, FACADE)
    assert [message for message in found if not message.startswith("TG201")] == []


def test_a_beginning_that_is_constant_far_to_the_left(tmp_path: Path) -> None:
    text = "import importlib\nimportlib.import_module('torch.' + " + "x + " * 950 + "x)\n"
    [message] = messages(tmp_path, text)
    assert message.startswith("TG102 `importlib.import_module` imports `torch.*`")


def test_classes_of_a_package_that_imports_torch_build_on_torch(tmp_path: Path) -> None:
    text = "import lightning as L\nfrom torch import nn\nclass Net(L.LightningModule): ..."
    assert messages(tmp_path, text)[1] == (
        "TG101 `torch.nn` is imported past the gate; "
        "its classes build on torch, so list `app.module` under `torch-bound-modules`"
    )
