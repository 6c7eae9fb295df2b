"""``torchgate init``: what it proposes, what it writes, and what it leaves alone."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from torchgate.cli import _project_files, main
from torchgate.cli._project_files import hook, table, with_hook, with_table
from torchgate.cli._proposal import Seen, propose

NET = "import torch\n\nclass Net(torch.nn.Module):\n    pass\n"
FACADE = """
import sys
if "torch" in sys.modules:
    raise RuntimeError("import app.torch_first first")
import torch
"""
SEED = """
import torch
def seed_all(seed):
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
"""
Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def write_file(path: str, text: str) -> None:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())

    return write_file


@pytest.fixture
def project(write: Write) -> Write:
    """A project with a facade, a function that sets determinism, and packages of nets."""
    write("pyproject.toml", '[project]\nname = "app"\n')
    write("src/app/__init__.py", "")
    write("src/app/torch_first.py", FACADE)
    write("src/app/seeding.py", SEED)
    write("src/app/nets/__init__.py", "from app.nets.small import Net\n")
    write("src/app/nets/small.py", NET)
    write("src/app/nets/large.py", "from app.nets.small import Net\n\nclass Large(Net):\n    pass\n")
    write("src/app/train.py", "import torch\nfrom app.nets import Net\n\ndef train():\n    return Net()\n")
    write("src/app/plain.py", "x = 1\n")
    write("tests/test_nets.py", NET)
    return write


def parsed(text: str) -> dict[str, object]:
    return tomllib.loads(text)["tool"]["torchgate"]


EXPECTED = {
    "runtime-modules": ["app.seeding"],
    "torch-bound-modules": ["app.nets.*"],
    "facade-modules": ["app.torch_first"],
    "baseline": "torchgate-baseline.json",
}


def test_a_proposal_writes_nothing(project: Write, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(Path().rglob("*"))
    assert main(["init"]) == 0
    out, err = capsys.readouterr()
    first, _, second = out.partition("\n\n")
    assert first.startswith("# pyproject.toml\n[tool.torchgate]\n")
    assert parsed(first) == EXPECTED
    assert '"app.nets.*"]  # 2 of 2 modules have classes of torch\n' in first
    assert "seed_all sets 3 determinism settings" in first
    assert second.startswith("# .pre-commit-config.yaml\nrepos:\n")
    assert err == (
        "torchgate: 9 Python files, 4 of them import torch outside tests\n"
        "torchgate: nothing was written; `torchgate init --write` writes this, and accepts what is found by "
        "then (`torchgate baseline`)\n"
    )
    assert sorted(Path().rglob("*")) == before


def test_writing(project: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--write"]) == 0
    text = Path("pyproject.toml").read_text()
    assert text.startswith('[project]\nname = "app"\n\n[tool.torchgate]\n')
    assert parsed(text) == EXPECTED
    assert capsys.readouterr().err.splitlines()[1:3] == [
        "torchgate: pyproject.toml: written",
        "torchgate: .pre-commit-config.yaml: written",
    ]
    assert main(["check"]) == 0, "everything that is found is accepted"
    files = {
        path: path.read_bytes()
        for path in Path().rglob("*")
        if path.is_file() and ".torchgate" not in str(path)
    }
    capsys.readouterr()
    assert main(["init", "--write"]) == 0
    assert capsys.readouterr().err == (
        "torchgate: pyproject.toml: torchgate is configured there already, which is left as it is\n"
        "torchgate: .pre-commit-config.yaml: a hook of torchgate's is there already\n"
        "torchgate: torchgate-baseline.json: there already, and left as it is\n"
    )
    assert {path: path.read_bytes() for path in files} == files


def test_the_hook_is_one_that_pre_commit_takes(project: Write) -> None:
    project(".pre-commit-config.yaml", "repos:\n- repo: meta\n  hooks:\n  - id: identity\n")
    main(["init", "--write"])
    command = [sys.executable, "-m", "pre_commit", "validate-config", ".pre-commit-config.yaml"]
    assert subprocess.run(command, capture_output=True).returncode == 0
    repos = yaml.safe_load(Path(".pre-commit-config.yaml").read_text())["repos"]
    assert [repo["repo"] for repo in repos] == ["meta", _project_files.REPOSITORY]


UTILS = """import os
import torch
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
device = torch.device("cpu")

def accuracy(logits, target):
    return (logits.argmax(1) == target).float().mean()
"""


@pytest.mark.parametrize(
    ("user", "is_one"),
    [
        ("from utils import *\nprint(accuracy)\n", False),
        ("from utils import accuracy\n", False),
        ("from utils import accuracy, torch\n", True),
        ("def main():\n    from utils import torch as t\n    return t\n", True),
    ],
)
def test_a_module_of_functions_is_no_facade_until_torch_is_taken_from_it(
    write: Write, capsys: pytest.CaptureFixture[str], user: str, is_one: bool
) -> None:
    """Every module that imports torch could give it away."""
    write("utils.py", UTILS)
    write("train.py", user)
    assert main(["init"]) == 0
    assert ('facade-modules = ["utils"]' in capsys.readouterr().out) is is_one


def test_classes_of_packages_that_build_on_torch(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write("app/__init__.py", "")
    write("app/net.py", "import lightning as L\n\nclass Net(L.LightningModule):\n    pass\n")
    write("app/own.py", "from app.net import Net\n\nclass Own(Net):\n    pass\n")
    write("app/kornia.py", "class Filter:\n    pass\n")
    write("app/filters.py", "from app.kornia import Filter\n\nclass Mine(Filter):\n    pass\n")
    write("timm/__init__.py", "class Model:\n    pass\n")
    write("app/timms.py", "from timm import Model\n\nclass Mine(Model):\n    pass\n")
    assert main(["init"]) == 0
    assert 'torch-bound-modules = ["app.net", "app.own"]' in capsys.readouterr().out


def test_without_a_pyproject(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write("net.py", NET)
    main(["init", "--write"])
    assert tomllib.loads(Path("torchgate.toml").read_text()) == {
        "torch-bound-modules": ["net"],
        "baseline": "torchgate-baseline.json",
    }
    assert main(["check"]) == 0


def test_a_configuration_that_has_no_baseline_yet(project: Write, capsys: pytest.CaptureFixture[str]) -> None:
    project("torchgate.toml", "")
    main(["init", "--write"])
    err = capsys.readouterr().err
    assert 'nothing reads it yet: add `baseline = "torchgate-baseline.json"` to torchgate.toml' in err
    assert Path("torchgate.toml").read_text() == ""


def test_packages_in_a_folder_of_another_name(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write("pyproject.toml", "")
    write("python/app/__init__.py", "")
    write("python/app/net.py", NET)
    write("tools/run.py", "import torch\n")
    main(["init", "--write"])
    assert parsed(Path("pyproject.toml").read_text()) == {
        "src": ["python", "src", "."],
        "torch-bound-modules": ["app.net"],
        "baseline": "torchgate-baseline.json",
    }
    assert main(["check"]) == 0


def test_folders_without_init_between_packages(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """The outermost package counts: `helpers` is `app.testing.helpers`, and no root of its own."""
    write("pyproject.toml", "")
    write("app/__init__.py", "")
    write("app/testing/helpers/__init__.py", "")
    write("app/testing/helpers/net.py", NET)
    assert main(["init"]) == 0
    assert parsed(capsys.readouterr().out.partition("# .pre-commit")[0]) == {
        "torch-bound-modules": ["app.testing.helpers.net"],
        "baseline": "torchgate-baseline.json",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_folders_that_a_configuration_cannot_name(write: Write) -> None:
    for folder in ("a\nb", "c\\d", "e\udcff"):
        Path(folder, "p").mkdir(parents=True)
        Path(folder, "p", "__init__.py").touch()
        Path(folder, "p", "net.py").write_text(NET)
    write('f "é/p/__init__.py', "")
    write('f "é/p/net.py', NET)
    assert main(["init", "--write"]) == 0
    assert tomllib.loads(Path("torchgate.toml").read_text())["src"] == ['f "é', "src", "."]
    assert main(["check"]) == 0


def test_a_file_that_has_no_dotted_name_is_not_proposed(write: Write) -> None:
    """What is written has to be valid."""
    write("pyproject.toml", "")
    write("examples/01_first/net.py", NET)
    write("examples/my-net.py", NET)
    write("examples/net.py", NET)
    assert main(["init", "--write"]) == 0
    assert parsed(Path("pyproject.toml").read_text())["torch-bound-modules"] == ["examples.net"]
    assert main(["check"]) == 0


def test_a_pyproject_that_takes_no_table(project: Write, capsys: pytest.CaptureFixture[str]) -> None:
    project("pyproject.toml", "tool = { black = { line-length = 100 } }\n")
    assert main(["init", "--write"]) == 0
    err = capsys.readouterr().err
    assert "pyproject.toml: nothing can be added safely; put this in by hand:\n\n[tool.torchgate]\n" in err
    assert err.endswith("torchgate: run `torchgate baseline` when the configuration is in its place\n")
    assert Path("pyproject.toml").read_text() == "tool = { black = { line-length = 100 } }\n"


@pytest.mark.parametrize(
    ("files", "arguments", "message"),
    [
        ({}, [], ".: no Python files here; run `torchgate init` in the project that it is for"),
        ({"a.py": ""}, ["src"], "init looks at the project in the working directory; 'src' is too much"),
        ({"a.py": "", "pyproject.toml": "\xff"}, [], None),
        ({"a.py": "", "pyproject.toml": "x = ["}, [], None),
    ],
)
def test_what_is_wrong(
    write: Write,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, str],
    arguments: list[str],
    message: str | None,
) -> None:
    for path, text in files.items():
        write(path, text)
    code = main(["init", "--write", *arguments])
    err = capsys.readouterr().err
    if message is not None:
        assert (code, err) == (2, f"torchgate: {message}\n")
    else:
        assert "nothing can be added safely" in err
        assert Path("pyproject.toml").read_text() == files["pyproject.toml"]


# What is proposed.


def seen(name: str, *bases: str, torch: bool = True, classes: bool = False) -> Seen:
    one = Seen(name)
    one.imports_torch, one.has_classes = torch, classes
    one.bases |= set(bases)
    return one


def bound(*modules: Seen) -> list[str]:
    return list(propose(modules)[0].get("torch-bound-modules", {}))


def test_classes_that_derive_from_those_of_another_module() -> None:
    assert bound(
        seen("a.base", classes=True),
        seen("a.x.one", "a.base.Net", torch=False),
        seen("a.y.two", "a.x.one.One.Inner", torch=False),
        seen("a.z.other", "a.base_of_others.Thing", torch=False),
    ) == ["a.base", "a.x.one", "a.y.two"]


def test_a_package_of_which_most_is_torch() -> None:
    nets = [seen(f"a.nets.n{number}", classes=True) for number in range(3)]
    assert bound(*nets, seen("a.nets", torch=False)) == ["a.nets.*"]
    assert bound(*nets, seen("a.nets.x", torch=False)) == ["a.nets.*"]
    others = [seen("a.nets.x", torch=False), seen("a.nets.y", torch=False)]
    assert bound(*nets, *others) == [one.name for one in nets]


def test_a_whole_project_is_no_zone() -> None:
    assert bound(seen("a.one", classes=True), seen("a.two", classes=True)) == ["a.one", "a.two"]


def test_a_project_has_one_gate() -> None:
    first, second = seen("a.small"), seen("a.large")
    first.settings["seed"] = {"x", "y", "z"}
    second.settings["seed"] = {"x", "y", "z", "w"}
    assert propose([first, second]) == (
        {"runtime-modules": {"a.large": "seed sets 4 determinism settings"}},
        [],
    )
    second.settings["seed"] = {"x", "y"}
    del first.settings["seed"]
    assert propose([first, second]) == ({}, [])


def test_a_module_that_everybody_imports_is_no_gate() -> None:
    utils, small = seen("a.utils"), seen("a.seeding")
    utils.settings["init_seeds"] = {"x", "y", "z", "w"}
    small.settings["seed"] = {"x", "y", "z"}
    others = [seen(f"a.m{number}") for number in range(11)]
    for other in others[:10]:
        other.imports.add("a.utils")
    assert propose([utils, *others])[0] == {
        "runtime-modules": {"a.utils": "init_seeds sets 4 determinism settings"}
    }
    others[10].imports.add("a.utils")
    hint = (
        "a.utils.init_seeds sets 4 determinism settings, and 11 modules import a.utils:"
        " move it to a module of its own, and name that in `runtime-modules`"
    )
    assert propose([utils, *others]) == ({}, [hint])
    assert propose([utils, small, *others]) == (
        {"runtime-modules": {"a.seeding": "seed sets 3 determinism settings"}},
        [],
    )


SETS = "import torch\n\ntorch.backends.cudnn.allow_tf32 = False\n"


@pytest.mark.parametrize(
    ("text", "user", "is_facade"),
    [
        (SETS + "class Quantizer: ...\n", "from app.first import Quantizer\n", False),
        (SETS + "class Quantizer: ...\n", "from app.first import torch\n", True),
        (SETS + "def f(): ...\n", "from app.first import *\n", False),
        (SETS + "def f(): ...\n", "from app.first import *\n\ntorch.zeros(3)\n", True),
        (SETS + "def f(): ...\n", "import app.first as tf\n\ntf.torch.zeros(3)\n", True),
        (SETS, "import app.first\nimport torch\n", True),
        (SETS, "import torch\n", False),
        (SETS.replace("torch.b", "def f():\n    torch.b"), "from app.first import torch\n", False),
        ("import torch\n", "from app.first import torch\n", False),
    ],
)
def test_what_is_a_facade(
    write: Write, capsys: pytest.CaptureFixture[str], text: str, user: str, is_facade: bool
) -> None:
    write("pyproject.toml", "")
    write("app/__init__.py", "")
    write("app/first.py", text)
    write("app/use.py", user)
    assert main(["init"]) == 0
    assert ('facade-modules = ["app.first"]' in capsys.readouterr().out) is is_facade


def test_programs_are_not_bound_to_torch() -> None:
    train, net, user = seen("train", classes=True), seen("nets.net", classes=True), seen("nets.use")
    train.runs = net.runs = True
    assert bound(train, net, user) == []
    user.imports.add("nets.net")
    assert bound(train, net, user) == ["nets.net"]
    user.imports = {"net"}  # as a program finds what stands beside it
    assert bound(train, net, user) == ["nets.net"]
    inside = [seen(f"a.nets.n{number}", classes=True) for number in range(3)]
    inside[0].runs = True
    assert bound(train, *inside) == ["a.nets.*"]


MAIN = 'if __name__ == "__main__":\n    print(Net())\n'


@pytest.mark.parametrize(
    ("path", "end", "is_bound"),
    [
        ("train.py", MAIN, False),
        ("src/app/train.py", MAIN, True),
        ("src/app/train.py", f"import argparse\n{MAIN}", False),
        ("src/app/train.py", f"from hydra import main\n{MAIN}", False),
        ("src/app/train.py", "import argparse\nargparse.ArgumentParser()\n", True),
        ("scripts/train.py", "print(Net())\n", False),
        ("scripts/train.py", "for step in range(3):\n    Net()\n", False),
        ("src/app/train.py", "register(Net)\n", True),
        ("train.py", "net = Net()\n", True),
    ],
)
def test_what_runs_as_a_program(
    write: Write, capsys: pytest.CaptureFixture[str], path: str, end: str, is_bound: bool
) -> None:
    write("pyproject.toml", "")
    write("src/app/__init__.py", "")
    write(path, NET + end)
    assert main(["init"]) == 0
    assert ("torch-bound-modules" in capsys.readouterr().out) is is_bound


def test_a_function_that_only_weakens_is_no_effect(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write("pyproject.toml", "")
    weak = SEED.replace("(True)", "(False)").replace("= True", "= TRUE").replace("= False", "= True")
    write("seeding.py", weak.replace("TRUE", "False"))
    assert main(["init"]) == 0
    assert "runtime-modules" not in capsys.readouterr().out


def test_a_hint_is_told(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write("pyproject.toml", "")
    write("app/__init__.py", "")
    write("app/utils.py", SEED)
    for number in range(11):
        write(f"app/m{number}.py", "from .utils import seed_all\n")
    assert main(["init"]) == 0
    out, err = capsys.readouterr()
    assert "runtime-modules" not in out
    assert (
        "\ntorchgate: app.utils.seed_all sets 3 determinism settings, and 11 modules import app.utils: "
        in err
    )


def test_nothing_to_propose() -> None:
    assert propose([]) == ({}, [])


# The files.

YAML = [
    "",
    "# nothing yet\n",
    "repos: []\n",
    "repos:\n- repo: local\n  hooks: []\n",
    "repos:\n  # ours\n  - repo: local\n    hooks: []\n\n# the end\n",
    "default_stages: [pre-commit]\nrepos:  # all\n    - repo: local\n      hooks: []\nci:\n  skip: [a]\n",
    "repos:\n- repo: local\n  hooks:\n  - id: a\n    files: |\n      x\n\n      y\nfail_fast: true",
    "repos:\r\n- repo: local\r\n  hooks: []\r\n",
    "repos:\r\n- repo: local\r\n  hooks: []",
    "repos:\n- repo: local\n  hooks:\n  - id: a\n    entry: |\n      x\n      # of the text\n# the end\n",
    "repos:\n  - repo: local\n    hooks:\n      - id: a\n      # - id: b\n  # the end\nfail_fast: true\n",
    "---\nrepos:\n- &a\n  repo: local\n  hooks: []\n...\n",
]


def test_line_ends_of_both_kinds_stay() -> None:
    text = "repos:\n- repo: local\r\n  hooks: []\n"
    new = with_hook(text, "1.2")
    assert new is not None
    assert new.startswith(text)


@pytest.mark.parametrize("text", YAML)
def test_the_hook_comes_last_and_all_else_stays(text: str) -> None:
    new = with_hook(text, "1.2")
    assert new is not None
    was, now = yaml.safe_load(text) or {"repos": []}, yaml.safe_load(new)
    lines = text.splitlines(keepends=True)
    kept = iter(new.splitlines(keepends=True))
    assert all(line in kept or line == lines[-1] or "[]" in line for line in lines), "in their order"
    *others, own = now["repos"]
    assert own == {"repo": _project_files.REPOSITORY, "rev": "v1.2", "hooks": [{"id": "torchgate"}]}
    assert now | {"repos": others} == was
    assert ("\r\n" in new) == ("\r\n" in text)
    assert new.count("\n") == new.count("\r\n") or "\r\n" not in text
    assert _project_files.has_hook(new)
    assert not _project_files.has_hook(text)


@pytest.mark.parametrize(
    "text",
    [
        "repos: [{repo: local, hooks: []}]\n",
        "x: 1\n",
        "repos: &all\n- repo: local\n",
        "repos:\n",
        "repos:\n- repo: local\n  hooks: []\n---\nx: 1\n",
        "x: 1\n---\nrepos:\n- repo: local\n  hooks: []\n",
        "repos:\t\n- repo: local\n  hooks: []\n",
        "repos:\n- repo: local\n  hooks: []\n  name: 'a\u2028b'\n",
        "repos:\r- repo: local\r  hooks: []\r",
        "\ufeffrepos:\n- repo: local\n  hooks: []\n",
    ],
)
def test_a_list_that_is_written_in_another_way(text: str) -> None:
    assert with_hook(text, "1.2") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[project]\nname = 'a'",
        "[tool.black]\nx = 1\n\n\n",
        "[project]\r\nname = 'a'\r\n",
        "# only a comment\n",
    ],
)
def test_the_table_comes_last_and_all_else_stays(text: str) -> None:
    new = with_table(text, table({"runtime-modules": {"a": "why"}}, "b.json"))
    assert new is not None
    assert new.startswith(text)
    assert parsed(new) == {"runtime-modules": ["a"], "baseline": "b.json"}
    assert ("\r\n" in new) == ("\r\n" in text)


@pytest.mark.parametrize(
    "text",
    [
        "tool = {x = 1}\n",
        "tool = 1\n",
        "[[tool]]\nx = 1\n",
        "[tool.torchgate.x]\ny = 1\n",
        "tool.torchgate.x = 1\n",
        "\ufeff[project]\n",
        "[project]\rname = 'a'\r",
        "[project\n",
        f"x = {'1' * 5000}\n",
        f"x = {'[' * 3000}{']' * 3000}\n",
    ],
)
def test_no_table_where_it_would_not_be_what_is_meant(text: str) -> None:
    assert with_table(text, table({}, "b.json")) is None


def test_a_table_that_is_there_is_not_written_twice() -> None:
    assert with_table("[tool.torchgate]\n", table({}, "b.json")) is None


NAMES = st.text(min_size=1, max_size=6).filter(lambda text: text.isprintable())


@given(
    st.dictionaries(
        st.sampled_from(["src", "facade-modules"]), st.dictionaries(NAMES, NAMES | st.just(""), min_size=1)
    )
)
def test_every_table_says_what_was_meant(items: dict[str, dict[str, str]]) -> None:
    assert tomllib.loads(table(items, "b.json")) == {key: list(value) for key, value in items.items()} | {
        "baseline": "b.json"
    }


def test_the_documented_hook_is_the_one_that_is_written() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/pre-commit.md").read_text("utf-8")
    from torchgate import __version__

    assert f"repos:\n{hook(__version__)}" in page
