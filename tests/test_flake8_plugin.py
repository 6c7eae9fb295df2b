"""The plugin inside the real flake8: the same findings as the command line, under the same configuration."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rules.casefile import read_cases

Found = set[tuple[str, int, int, str, str]]

TORCH = "import torch\n"
FORMAT = "--format=%(path)s\t%(row)d\t%(col)d\t%(code)s\t%(text)s"


def command(folder: Path, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def flake8(folder: Path, *arguments: str, stdin: str | None = None) -> Found:
    done = command(folder, "flake8", "--isolated", "--select=TG,E9", FORMAT, *arguments, stdin=stdin)
    assert done.returncode in (0, 1), done.stderr
    assert not done.stderr, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert all(len(row) == 5 for row in rows), done.stdout
    return {(row[0].removeprefix("./"), int(row[1]), int(row[2]), row[3], row[4]) for row in rows}


def check(folder: Path, *arguments: str) -> Found:
    done = command(folder, "torchgate", "check", "--format=json", *arguments)
    assert done.returncode in (0, 1), done.stderr
    return {
        (entry["path"], entry["line"], entry["column"], entry["code"], entry["message"])
        for entry in json.loads(done.stdout)["findings"]
    }


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write_file(path: str, text: str = TORCH) -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("utf-8"))
        return file

    return write_file


Write = Callable[..., Path]


def test_the_case_corpus(tmp_path: Path) -> None:
    """Every file of every rule's cases, each case under its own configuration."""
    cases = [case for file in sorted(Path("tests/rules").glob("*.md")) for case in read_cases(file)]
    if not cases:
        pytest.skip("no rule has cases yet")
    for number, case in enumerate(cases):
        folder = tmp_path / f"case{number}"
        folder.mkdir()
        (folder / "torchgate.toml").write_text(case.config, "utf-8")
        for path, text in case.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(text.encode("utf-8"))
    found = check(tmp_path, ".")
    flake = flake8(tmp_path, "--filename=*.py,*.pyi", "--exclude=", ".")
    unparsed = {path for path, _, _, code, _ in flake if code.startswith("E9")}
    assert {row for row in flake if row[0] not in unparsed} == {
        row for row in found if row[0] not in unparsed
    }
    assert {row[3] for row in found if row[0] in unparsed} <= {"TG900"}
    assert len(found) > len(cases) / 4


def test_lines_columns_and_texts_agree(tmp_path: Path, write: Write) -> None:
    write("a.py", "x = '字é'; import torch\r\nif x:\r\n\timport torch.nn\r\n")
    write("b.py", "\ufeffimport torch\n")
    write("latin.py").write_bytes("# coding: latin-1\nx = 'é'; import torch\n".encode("latin-1"))
    write("feed.py", "import os\n\f\nimport torch\nx = '\u2028'; import torch.fx\n")
    write("cr.py", "import os\rimport torch\r")
    found = flake8(tmp_path, ".")
    assert found == check(tmp_path, ".")
    assert {(path, line, column) for path, line, column, _, _ in found} == {
        ("a.py", 1, 11),
        ("a.py", 3, 2),
        ("b.py", 1, 1),
        ("latin.py", 2, 10),
        ("feed.py", 3, 1),
        ("feed.py", 4, 10),
        ("cr.py", 2, 1),
    }


def test_bytes_that_are_not_in_the_encoding(tmp_path: Path, write: Write) -> None:
    write("a.py").write_bytes(b"import torch\nx = '\xff'\n")
    write("b.py").write_bytes(b"# coding: cp1252\nimport torch; x = '\x81'\n")
    found = flake8(tmp_path, "a.py", "b.py")
    assert {row[:4] for row in found} == {("a.py", 2, 6, "TG900"), ("b.py", 2, 20, "TG900")}
    assert found == check(tmp_path, "a.py", "b.py")


@pytest.mark.parametrize("cookie", ["punycode", "undefined", "klingon"])
def test_a_strange_cookie_on_standard_input(tmp_path: Path, cookie: str) -> None:
    done = command(tmp_path, "torchgate", "check", "-", stdin=f"# coding: {cookie}\nimport torch\n")
    assert (done.returncode, done.stdout.count("TG900")) == (1, 1)


def test_it_obeys_the_nearest_configuration(tmp_path: Path, write: Write) -> None:
    write("pyproject.toml", "[tool.torchgate]\nper-file-ignores = { 'gen/*' = ['TG101'] }\n")
    write("sub/torchgate.toml", "runtime-modules = ['gate']\n")
    for path in ("a.py", "gen/a.py", "sub/gate.py", "sub/a.py"):
        write(path)
    found = flake8(tmp_path, ".")
    assert {row[0] for row in found} == {"a.py", "sub/a.py"}
    assert found == check(tmp_path, ".")


def test_a_configuration_may_be_given(tmp_path: Path, write: Write) -> None:
    write("torchgate.toml", "")
    write("ci/none.toml", "ignore = ['TG101']\n")
    write("a.py")
    assert flake8(tmp_path, "a.py")
    assert not flake8(tmp_path, "--torchgate-config=ci/none.toml", "a.py")
    write("setup.cfg", "[flake8]\ntorchgate-config = ci/none.toml\n")
    assert command(tmp_path, "flake8", "a.py", "--select=TG").returncode == 0


def test_suppression(tmp_path: Path, write: Write) -> None:
    write(
        "a.py",
        "import torch  # torchgate: ignore[TG101] why\n"
        "import torch  # noqa: TG101\n"
        "import os  # noqa: TG101\n",
    )
    assert {row[1:4] for row in flake8(tmp_path, "a.py")} == {(3, 12, "TG901")}
    assert {row[1:4] for row in flake8(tmp_path, "--disable-noqa", "a.py")} == {(2, 1, "TG101")}
    write("b.py", "# flake8: noqa\nimport torch\n")
    assert not flake8(tmp_path, "b.py")


@pytest.mark.parametrize(
    "option", ["--ignore=E501", "--select=TG", "--extend-ignore=E501", "--extend-select=TG3"]
)
def test_opt_in_codes_stay_asleep(tmp_path: Path, write: Write, option: str) -> None:
    write("a.py", "def f(torch):\n    return torch.zeros(3)\n")
    assert not command(tmp_path, "flake8", "--isolated", option, "a.py").stdout.count("TG")


def test_flake8_only_narrows(tmp_path: Path, write: Write) -> None:
    write("torchgate.toml", "ignore = ['TG101']\n")
    write("a.py")
    assert not command(tmp_path, "flake8", "--isolated", "--select=TG101", "a.py").stdout
    write("torchgate.toml", "")
    assert "TG101" in command(tmp_path, "flake8", "--isolated", "a.py").stdout
    assert "TG101" not in command(tmp_path, "flake8", "--isolated", "--ignore=TG1", "a.py").stdout


def test_standard_input(tmp_path: Path, write: Write) -> None:
    write("torchgate.toml", "src = ['src']\nruntime-modules = ['app.gate']\n")
    text = "import torch\nimport os  # noqa: TG101\n"
    assert {row[:4] for row in flake8(tmp_path, "-", stdin=text)} == {("stdin", 1, 1, "TG101")}
    assert not flake8(tmp_path, "--stdin-display-name=src/app/gate.py", "-", stdin=text)
    assert flake8(tmp_path, "--stdin-display-name=src/app/a.py", "-", stdin=text)


def test_a_bad_configuration_is_a_message(tmp_path: Path, write: Write) -> None:
    write("torchgate.toml", "selekt = []\n")
    write("a.py")
    done = command(tmp_path, "flake8", "--isolated", "a.py", "b.py")
    assert done.returncode == 1
    assert (
        "torchgate: torchgate.toml:1: unknown key `selekt`; did you mean `select`?"
        in done.stdout + done.stderr
    )
    assert "Traceback" not in done.stderr


def test_a_fault_is_a_finding_and_the_other_files_are_reported(tmp_path: Path, write: Write) -> None:
    write("a.py", "import torch\n")
    write("b.py", "import torch\n")
    write(
        "plugin.py",
        "from torchgate.lint import rules\n"
        "from torchgate.lint.rule import Rule\n"
        "def check(module):\n    raise ValueError('boom')\n    yield\n"
        "rules.ALL = (rules.ALL[0], Rule('TG999', 'fails', check))\n"
        "def plugin(tree):\n    return ()\n",
    )
    write("setup.cfg", "[flake8:local-plugins]\nextension =\n    X1 = plugin:plugin\npaths = .\n")
    done = command(tmp_path, "flake8", "--select=TG", "a.py", "b.py")
    for path in ("a.py", "b.py"):
        assert f"{path}:1:1: TG101 " in done.stdout
        fault = "TG900 not fully checked: rule TG999 failed with ValueError: boom; please report this"
        assert f"{path}:1:1: {fault}" in done.stdout


def test_a_baseline_is_honoured(tmp_path: Path, write: Write) -> None:
    from torchgate.finding import Finding
    from torchgate.lint.baseline import fingerprint
    from torchgate.source import Span

    finding = Finding("a.py", Span(1, 1, 1, 13), "TG101", "raw-torch-import", "")
    accepted = fingerprint(finding, "a.py", "import torch", {})
    write("torchgate.toml", "baseline = 'gate.json'\n")
    write("gate.json", json.dumps({"version": 1, "findings": [{"fingerprint": accepted}]}))
    write("a.py", "\n\nimport   torch\nimport torch.nn\n")
    assert {row[1] for row in flake8(tmp_path, "a.py")} == {4}
    assert flake8(tmp_path, "a.py") == check(tmp_path, "a.py")


def test_importing_the_plugin_is_cheap() -> None:
    code = "import sys; before = set(sys.modules); import torchgate.flake8_plugin; "
    code += "print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"torchgate", "torchgate.flake8_plugin", "__future__"}
