"""Which configuration counts for a file, what it means, and what is said about a bad one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from torchgate.config import DEFAULT_EXCLUDE, EFFECT_FUNCTION, Config
from torchgate.config_load import ConfigLoader, file_info, load_config, load_folder
from torchgate.config_schema import CONFIG_KEYS, LINT_KEYS, LOADER_KEYS
from torchgate.errors import UsageError


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def load(text: str) -> Config:
    return load_config(str(write(Path.cwd() / "torchgate.toml", text)))


def test_the_nearest_configuration_counts_and_nothing_is_merged(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", '[tool.torchgate]\nhandle-names = ["xp"]\nchecklist = "full"\n')
    write(tmp_path / "sub" / "torchgate.toml", 'handle-names = ["th"]\n')
    write(tmp_path / "sub" / "deep" / "pyproject.toml", "[tool.black]\n")
    loader = ConfigLoader()
    assert loader.for_folder(str(tmp_path)).handle_names == ("xp",)
    assert loader.for_folder(str(tmp_path / "other")).handle_names == ("xp",)
    deep = loader.for_folder(str(tmp_path / "sub" / "deep"))
    assert (deep.handle_names, deep.checklist) == (("th",), "core")
    assert deep.root == str(tmp_path / "sub")


def test_explicit_configuration_counts_everywhere(tmp_path: Path) -> None:
    write(tmp_path / "sub" / "torchgate.toml", 'handle-names = ["th"]\n')
    write(tmp_path / "ci" / "gate.toml", 'handle-names = ["xp"]\n')
    loader = ConfigLoader("ci/gate.toml")
    config = loader.for_folder(str(tmp_path / "sub"))
    assert (config.handle_names, config.root) == (("xp",), str(tmp_path / "ci"))


def test_a_project_without_configuration_is_rooted_where_it_looks_like_one(tmp_path: Path) -> None:
    write(tmp_path / "a" / "pyproject.toml", '[project]\nrequires-python = ">=3.14"\n')
    write(tmp_path / "a" / "src" / "app" / "x.py")
    config = ConfigLoader().for_folder(str(tmp_path / "a" / "src" / "app"))
    assert (config.root, config.file, config.target_version) == (str(tmp_path / "a"), None, (3, 14))
    assert file_info(config, str(tmp_path / "a" / "src" / "app" / "x.py")).module_name == "app.x"


def test_both_in_one_folder(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool.torchgate]\n")
    write(tmp_path / "torchgate.toml")
    with pytest.raises(UsageError, match=r"^torchgate\.toml: pyproject\.toml beside it has"):
        load_folder(str(tmp_path))
    write(
        tmp_path / "pyproject.toml", '[project]\ndependencies = ["torchgate"]\nrequires-python = ">=3.13"\n'
    )
    config = load_folder(str(tmp_path))
    assert config is not None
    assert config.target_version == (3, 13)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select = 'TG'\n", "toml:1: `select` must be a list of strings, not the string 'TG'"),
        ("\nignore = ['TG101', 3]\n", "toml:2: `ignore` must be a list of strings, but it contains the numb"),
        ("preview = 'yes'\n", "toml:1: `preview` must be true or false, not the string 'yes'"),
        ("facade_modules = ['a']\n", "toml:1: unknown key `facade_modules`; did you mean `facade-modules`?"),
        (
            "[lint]\nselect = ['TG1']\n",
            "unknown key `lint`; the keys that ruff has under `lint` stand without it",
        ),
        (
            "src = ['src']\n\nfacade-module = []\n",
            "toml:3: unknown key `facade-module`; did you mean `facade-modules`?",
        ),
        (
            "[tool.torchgate]\nselect = []\n",
            "toml:1: unknown key `tool`; in torchgate.toml the keys stand at",
        ),
        ("zzz = 1\n", "toml:1: unknown key `zzz`; the keys are allow-ambient-devices, "),
        ("checklist = 'all'\n", "toml:1: `checklist` must be 'core' or 'full', not 'all'"),
        (
            "runtime-modules = ['app/runtime.py']\n",
            "no dotted module name; write the module's name, such as 'app.run",
        ),
        ("handle-names = ['a.b']\n", "`handle-names` contains 'a.b', which is no identifier"),
        ("gated-packages = 'torch'\n", "must be a list of packages or a table of packages"),
        ("gated-packages = ['torch.nn']\n", "'torch.nn', which is no top-level package name"),
        ("implicit-placement = ['layout']\n", "may contain 'device' and 'dtype', not 'layout'"),
        ("target-version = '2.7'\n", "must be a Python version such as '3.12' or 'py312', not '2.7'"),
        ("target-version = 3.12\n", "must be a string, not the number 3.12"),
        ("src = ['../other']\n", "toml:1: `src` contains '../other', which is outside the project"),
        ("src = ['/']\n", "toml:1: `src` contains '/', which is outside the project"),
        ("src = ['src\\app']\n", "toml:1: `src` contains 'src\\\\app'; write 'src/app' on every system"),
        ('src = ["src\\u0000"]\n', "toml:1: `src` has a null character in 'src\\x00'"),
        ('baseline = "a\\u0000"\n', "toml:1: `baseline` has a null character in 'a\\x00'"),
        ("\ufeffselect = []\n", "toml:1:1: it begins with a byte order mark, which TOML does not allow"),
        ("exclude = ['']\n", "`exclude` contains an empty string"),
        ("per-file-ignores = ['a']\n", "must be a table from file patterns to lists of codes, not a list"),
        (
            "[per-file-ignores]\n'a.py' = 'TG101'\n",
            "toml:1: `per-file-ignores` of 'a.py' must be a list of strings, not",
        ),
        ("required-version = '>=99'\n", "toml:1: this project requires torchgate >=99, but torchgate "),
        ("a = [\n", "toml:1:"),
        ("a = 1\nb = = 2\n", "toml:2:5: it is not valid TOML: "),
        ("a = 1\na = 2\n", "toml:2:"),
        (f"a = {'1' * 5000}\n", "toml:1: it cannot be read: Exceeds the limit (4300 digits)"),
    ],
)
def test_a_bad_configuration_is_said_with_its_place(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        load(text)
    assert message in str(error.value)


def test_places_in_pyproject(tmp_path: Path) -> None:
    text = '[tool.black]\nselect = 1\n\n[tool.torchgate]\nsrc = ["src"]\nselect = 1\n'
    file = write(tmp_path / "pyproject.toml", text)
    with pytest.raises(UsageError, match=r"^pyproject\.toml:6: `select` must be"):
        load_config(str(file))
    file = write(tmp_path / "pyproject.toml", "[tool]\nx = 1\n[tool.torchgate.per-file-ignores]\n'a' = 1\n")
    with pytest.raises(UsageError, match=r"^pyproject\.toml:3: `per-file-ignores` of 'a' must be"):
        load_config(str(file))
    file = write(tmp_path / "pyproject.toml", "[tool]\ntorchgate = 3\n")
    with pytest.raises(UsageError, match=r"^pyproject\.toml:2: `tool\.torchgate` must be a table"):
        load_config(str(file))
    file = write(tmp_path / "pyproject.toml", "tool.torchgate.selekt = 3\n")
    with pytest.raises(UsageError, match=r"^pyproject\.toml:1: unknown key `selekt`; did you mean `select`"):
        load_config(str(file))


def test_explicit_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^nope\.toml: the configuration file does not exist"):
        ConfigLoader("nope.toml")
    write(tmp_path / "pyproject.toml", "[tool.black]\n")
    with pytest.raises(UsageError, match=r"^pyproject\.toml: it has no \[tool\.torchgate\] table"):
        ConfigLoader("pyproject.toml")
    (tmp_path / "latin.toml").write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(UsageError, match=r"^latin\.toml:2: it is not UTF-8"):
        ConfigLoader("latin.toml")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_said(tmp_path: Path) -> None:
    write(tmp_path / "torchgate.toml").chmod(0)
    with pytest.raises(UsageError, match="cannot be read: permission denied"):
        load_folder(str(tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
@pytest.mark.parametrize("name", ["pyproject.toml", "torchgate.toml"])
def test_a_pipe_does_not_hang(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(
        UsageError, match=f"^{name}: the configuration file cannot be read: it is not a regular"
    ):
        load_folder(str(tmp_path))


def test_a_folder_of_that_name_is_none(tmp_path: Path) -> None:
    (tmp_path / "torchgate.toml").mkdir()
    assert load_folder(str(tmp_path)) is None


def test_a_pyproject_that_does_not_mention_torchgate_is_not_parsed(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "this is not TOML [\n")
    assert load_folder(str(tmp_path)) is None


def test_every_key_has_its_effect(tmp_path: Path) -> None:
    config = load(
        """
src = ["lib"]
gated-packages = ["torch", "jax"]
runtime-modules = ["app.gate.*"]
torch-bound-modules = ["app.nets"]
entry-modules = ["app.cli"]
facade-modules = ["app.torch_first"]
effect-functions = ["app.gate.open"]
default-helpers = ["app.util.default_device"]
handle-names = ["th"]
implicit-torch-packages = ["timm"]
allow-ambient-devices = ["cpu"]
implicit-placement = ["device"]
checklist = "full"
documents = "full"
target-version = "py314"
required-version = ">=0.0.1"
preview = true
select = ["TG1"]
ignore = ["TG102"]
extend-select = ["TG306"]
extend-ignore = ["TG104"]
per-file-ignores = { "a.py" = ["TG1"] }
extend-per-file-ignores = { "b.py" = ["TG2"] }
exclude = ["one"]
extend-exclude = ["two"]
baseline = "gate.json"
"""
    )
    root = str(tmp_path)
    assert (config.root, config.src) == (root, (os.path.join(root, "lib"),))
    assert config.gated_packages == {"torch": (), "jax": ()}
    assert config.runtime_modules == ("app.gate.*",)
    assert config.torch_bound_modules == ("app.nets",)
    assert config.entry_modules == ("app.cli",)
    assert config.facade_modules == ("app.torch_first",)
    assert config.effect_functions == (EFFECT_FUNCTION, "app.gate.open")
    assert config.default_helpers == ("app.util.default_device",)
    assert config.handle_names == ("th",)
    assert config.implicit_torch_packages == {"timm"}
    assert config.allow_ambient_devices == ("cpu",)
    assert config.implicit_placement == ("device",)
    assert (config.checklist, config.documents, config.target_version) == ("full", "full", (3, 14))
    lint = config.lint
    assert (lint.select, lint.ignore) == (("TG1",), ("TG102",))
    assert (lint.extend_select, lint.extend_ignore) == (("TG306",), ("TG104",))
    assert (lint.per_file_ignores, lint.extend_per_file_ignores) == ({"a.py": ("TG1",)}, {"b.py": ("TG2",)})
    assert (lint.exclude, lint.preview, lint.baseline) == (("one", "two"), True, "gate.json")


def test_the_documented_keys_are_the_known_ones() -> None:
    docs = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text("utf-8")
    known = {*CONFIG_KEYS, *LINT_KEYS, *LOADER_KEYS}
    documented = {line.split("`")[1] for line in docs.splitlines() if line.startswith("| `")}
    assert documented == known


def test_defaults(tmp_path: Path) -> None:
    config = load("extend-exclude = ['generated']\n")
    assert config.lint.exclude == (*DEFAULT_EXCLUDE, "generated")
    assert config.src == (str(tmp_path / "src"), str(tmp_path))
    assert config.gated_packages == {"torch": ()}


def test_a_table_of_packages_keeps_torch() -> None:
    config = load('gated-packages = { cupy = ["app.cupy_runtime"] }\n')
    assert config.gated_packages == {"torch": (), "cupy": ("app.cupy_runtime",)}


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        (">=3.10", (3, 10)),
        (">=3.14,<4", (3, 14)),
        ("<4,>=3.9", (3, 9)),
        ("~=3.12", (3, 12)),
        ("==3.13.*", (3, 13)),
        (">=3.11.4", (3, 11)),
        (">3.12", (3, 13)),
        (">3.12.1", (3, 12)),
        ("", (3, 11)),
        ("<4", (3, 11)),
    ],
)
def test_target_version_from_requires_python(
    tmp_path: Path, requires: str, expected: tuple[int, int]
) -> None:
    text = f'[project]\nname = "x"\nrequires-python = "{requires}"  # why\n[tool.torchgate]\n'
    assert load_config(str(write(tmp_path / "pyproject.toml", text))).target_version == expected


@pytest.mark.parametrize(
    ("path", "name", "is_package"),
    [
        ("src/app/a.py", "app.a", False),
        ("src/app/__init__.py", "app", True),
        ("src/space/deep/a.pyi", "space.deep.a", False),
        ("tests/test_a.py", "tests.test_a", False),
        ("setup.py", "setup", False),
        ("src/__init__.py", "", True),
        ("README.md", "", False),
        ("../elsewhere.py", "", False),
    ],
)
def test_module_names_come_from_the_deepest_root(
    tmp_path: Path, path: str, name: str, is_package: bool
) -> None:
    config = load("")
    info = file_info(config, os.path.normpath(tmp_path / path))
    assert (info.module_name, info.is_package) == (name, is_package)


def test_a_package_called_src_is_no_root_by_default(tmp_path: Path) -> None:
    path = write(tmp_path / "src" / "app" / "a.py")
    assert file_info(load(""), str(path)).module_name == "app.a"
    write(tmp_path / "src" / "__init__.py")
    assert file_info(load(""), str(path)).module_name == "src.app.a"
    assert file_info(load('src = ["src", "."]'), str(path)).module_name == "app.a"
    (tmp_path / "torchgate.toml").unlink()
    write(tmp_path / "pyproject.toml")
    assert file_info(ConfigLoader().for_folder(str(path.parent)), str(path)).module_name == "src.app.a"


def test_modules_named_from_above_their_root(tmp_path: Path) -> None:
    text = 'runtime-modules = ["src.app.runtime"]\n'
    load(text)  # there is no such folder
    write(tmp_path / "src" / "app" / "runtime.py")
    with pytest.raises(
        UsageError, match=r"^torchgate\.toml:1: `runtime-modules` contains 'src\.app\.runtime', but"
    ):
        load(text)
    load(f'src = ["."]\n{text}')
    write(tmp_path / "lib" / "python" / "app.py")
    with pytest.raises(UsageError, match=r"is a root; write 'app', or set `src = "):
        load('src = ["lib/python"]\nfacade-modules = ["lib.python.app"]\n')
    write(tmp_path / "src" / "src" / "b.py")
    load(text)  # a package of that name stands in the root
    write(tmp_path / "src" / "__init__.py")
    load(text)


def test_tests_are_told_by_the_path_inside_the_project(tmp_path: Path) -> None:
    file = write(tmp_path / "tests" / "project" / "torchgate.toml")
    config = load_config(str(file))
    assert not file_info(config, str(file.parent / "app.py")).is_test
    assert file_info(config, str(file.parent / "tests" / "app.py")).is_test


def test_names_that_stand_in_the_roots(tmp_path: Path) -> None:
    for path in ("src/torch/__init__.py", "timm.py", "triton/README.md", "src/app/a.py", "my-script.py"):
        write(tmp_path / path)
    config = load('gated-packages = ["torch", "triton"]\n')
    assert config.project_names == {"torch", "timm", "triton", "app", "src"}
    assert config.shadowed_packages == {"torch", "timm"}  # a plain folder never shadows


def test_loading_imports_no_toml_reader_without_a_table(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", '[project]\nrequires-python = ">=3.12"\n')
    code = "import sys; from torchgate.config_load import ConfigLoader; "
    code += "ConfigLoader().for_folder(sys.argv[1]); sys.exit('tomllib' in sys.modules)"
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", code, str(tmp_path)]) == 0
