"""Torch absent, shadowed, broken, too old: typed reasons, decided in fresh processes."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
from rt_support import SRC, run_code

REPORT = """
import json, sys
from torchgate.runtime import Policy, Rejected, decide_torch_runtime
out = {}
for device in ("cpu", "cuda"):
    runtime = decide_torch_runtime(Policy(device=device))
    out[device] = dict(runtime.detail) if isinstance(runtime, Rejected) else {}
    json.dumps(runtime.to_json())
out["imported"] = sorted({name for name in sys.modules if name.partition(".")[0] == "torch"})
print(json.dumps(out))
"""


def decide_with(folder: Path | None) -> Any:
    """Without site-packages, so that only what the test put there is torch."""
    path = [str(SRC)] if folder is None else [str(folder), str(SRC)]
    return run_code(f"import sys; sys.path[:0] = {path!r}\n{REPORT}", python=("-S", "-I"))


def package(
    folder: Path, init: str = "", version: str | None = "__version__ = '2.13.0'\ncuda = None\n"
) -> Path:
    torch = folder / "torch"
    torch.mkdir()
    (torch / "__init__.py").write_text(init)
    if version is not None:
        (torch / "version.py").write_text(version)
        (torch / "_C.so").write_bytes(b"")
    return folder


def test_absent() -> None:
    seen = decide_with(None)
    assert seen["cpu"] == {"torch_absent": "torch is not installed here: pip install 'torchgate[runtime]'"}
    assert seen["cpu"] == seen["cuda"]


def test_a_python_without_ctypes_is_told_what_is_wrong_with_torch() -> None:
    code = f"import sys\nsys.modules['_ctypes'] = None\nsys.path.insert(0, {str(SRC)!r})\n{REPORT}"
    assert list(run_code(code, python=("-S", "-I"))["cpu"]) == ["torch_absent"]


def test_shadowed_by_a_local_module(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise SystemExit('a probe must not run this')")
    seen = decide_with(tmp_path)
    assert list(seen["cpu"]) == ["torch_shadowed"]
    assert str(tmp_path / "torch.py") in seen["cpu"]["torch_shadowed"]
    assert "PyTorch itself is not installed" in seen["cpu"]["torch_shadowed"]
    assert seen["imported"] == []


@pytest.mark.torch
def test_shadowed_in_the_working_directory_with_pytorch_behind_it(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("zeros = None")
    seen = run_code(REPORT, cwd=tmp_path)
    assert list(seen["cpu"]) == list(seen["cuda"]) == ["torch_shadowed"]
    assert "is installed behind it; rename or move it" in seen["cpu"]["torch_shadowed"]


def test_shadowed_by_a_package(tmp_path: Path) -> None:
    seen = decide_with(package(tmp_path, version=None))
    assert list(seen["cpu"]) == ["torch_shadowed"]


def test_shadowed_by_a_plain_folder(tmp_path: Path) -> None:
    """``import torch`` succeeds there, with an empty module."""
    (tmp_path / "torch").mkdir()
    seen = decide_with(tmp_path)
    assert list(seen["cpu"]) == ["torch_shadowed"]
    assert str(tmp_path / "torch") in seen["cpu"]["torch_shadowed"]


def test_shadowed_by_a_module_that_is_already_imported() -> None:
    code = f"import sys, types; sys.modules['torch'] = types.ModuleType('torch')\n{REPORT}"
    detail = run_code(code)["cpu"]["torch_shadowed"]
    assert detail.startswith("a module in sys.modules (file None) answers to the name torch")


@pytest.mark.torch
def test_a_loaded_pytorch_without_a_version_is_no_shadow() -> None:
    seen = run_code(f"import torch; del torch.__version__\n{REPORT}")
    text = "cannot read a version from None; torch 2.6 or later is needed"
    assert seen["cpu"] == {"torch_unsupported_version": text}


def test_blocked_in_sys_modules_counts_as_absent() -> None:
    assert list(run_code(f"import sys; sys.modules['torch'] = None\n{REPORT}")["cpu"]) == ["torch_absent"]


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        (
            "raise ImportError('libcudart.so.12: cannot open\\nshared object file')",
            "ImportError: libcudart.so.12: ",
        ),
        ("raise OSError('bad ELF')", "OSError: bad ELF"),
        ("raise AssertionError", "AssertionError:"),
        ("raise SystemExit('no licence')", "SystemExit: no licence"),
        ("import not_there_at_all", "ModuleNotFoundError: No module named 'not_there_at_all'"),
        ("def (", "SyntaxError"),
        ("raise OSError('\\x1b[31mred\\x07')", r"OSError: \x1b[31mred\x07"),
        (
            "class Odd(Exception):\n    def __str__(self):\n        raise ValueError\nraise Odd",
            "Odd",
        ),
    ],
)
def test_broken(tmp_path: Path, statement: str, text: str) -> None:
    seen = decide_with(package(tmp_path, init=statement))
    assert list(seen["cpu"]) == ["torch_broken"]
    assert f"import torch raised {text}" in seen["cpu"]["torch_broken"]
    assert "\n" not in seen["cpu"]["torch_broken"]


HALF = """
import sys, torch.version
if len(sys.argv) == 1:
    sys.argv.append("second")
    raise {error}
raise AttributeError("partially initialized")
"""


def test_a_second_import_over_the_remains_of_the_first_tells_the_first_error(tmp_path: Path) -> None:
    built_for_cuda = "__version__ = '2.13.0'\ncuda = '13.0'\n"
    seen = decide_with(package(tmp_path, HALF.format(error="OSError('libfoo.so.1')"), built_for_cuda))
    assert seen["cpu"] == {"torch_broken": "import torch raised OSError: libfoo.so.1"} == seen["cuda"]


def test_an_import_after_an_interrupted_one_says_so(tmp_path: Path) -> None:
    folder = package(tmp_path, HALF.format(error="KeyboardInterrupt"))
    code = f"""
import sys
sys.path[:0] = [{str(folder)!r}, {str(SRC)!r}]
from torchgate.runtime import Policy, decide_torch_runtime
try:
    decide_torch_runtime(Policy(device="cpu"))
except KeyboardInterrupt:
{indent(REPORT, "    ")}"""
    told = run_code(code, python=("-S", "-I"))["cpu"]["torch_broken"]
    assert told.startswith("import torch raised AttributeError: partially initialized; an earlier import of ")
    assert told.endswith("start the process again")


def test_a_torch_that_imports_but_lacks_its_parts_is_broken(tmp_path: Path) -> None:
    seen = decide_with(package(tmp_path, init="__version__ = '2.13.0'\n_C = object()"))
    assert list(seen["cpu"]) == ["torch_broken"]
    assert "reading torch raised AttributeError" in seen["cpu"]["torch_broken"]


def test_a_frozen_pytorch_without_a_version_file_is_no_shadow(tmp_path: Path) -> None:
    package(tmp_path, init="raise OSError('imported')")
    (tmp_path / "torch" / "version.py").unlink()
    assert list(decide_with(tmp_path)["cpu"]) == ["torch_broken"]


@pytest.mark.parametrize(
    ("error", "text"), [("OSError('bad ELF')", "OSError: bad ELF"), ("SystemExit(3)", "SystemExit: 3")]
)
def test_a_lazily_loaded_torch_is_imported_by_the_first_look(tmp_path: Path, error: str, text: str) -> None:
    lazily = """
import sys
from importlib.util import LazyLoader, find_spec, module_from_spec
spec = find_spec("torch")
spec.loader = LazyLoader(spec.loader)
sys.modules["torch"] = module_from_spec(spec)
spec.loader.exec_module(sys.modules["torch"])
"""
    path = [str(package(tmp_path, f"raise {error}")), str(SRC)]
    seen = run_code(f"import sys; sys.path[:0] = {path!r}\n{lazily}{REPORT}", python=("-S", "-I"))
    assert seen["cpu"] == {"torch_broken": f"looking at torch raised {text}"}


def test_too_old_is_known_without_an_import(tmp_path: Path) -> None:
    init = "raise SystemExit('a probe must not run this')"
    seen = decide_with(package(tmp_path, init, "__version__ = '2.5.1+cu124'\ncuda = '12.4'\n"))
    assert seen["cpu"] == {
        "torch_unsupported_version": "torch 2.5.1+cu124 is too old; 2.6 or later is needed"
    }
    assert seen["imported"] == []


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (
            "__version__ = '2.13.0+cpu'\ncuda: Optional[str] = None\nhip: Optional[str] = None\n",
            "cuda_not_built",
        ),
        ("__version__ = '2.13.0+rocm7.0'\ncuda = None\nhip = '7.0.1'\n", "device_unsupported"),
        ("__version__ = '2.13.0+xpu'\ncuda = None\nhip = None\nxpu = '20250300'\n", "device_unsupported"),
    ],
)
def test_a_build_that_cannot_do_cuda_is_known_without_an_import(
    tmp_path: Path, version: str, expected: str
) -> None:
    code = """
import json, sys
from torchgate.runtime import decide_torch_runtime
print(json.dumps([[reason.value for reason in decide_torch_runtime().reasons], "torch" in sys.modules]))
"""
    folder = package(tmp_path, "raise SystemExit('a probe must not run this')", version)
    prelude = f"import sys; sys.path[:0] = {[str(folder), str(SRC)]!r}\n"
    reasons, imported = run_code(prelude + code, python=("-S", "-I"))
    assert reasons[0] == expected
    assert not imported


def test_a_cuda_build_needs_the_import(tmp_path: Path) -> None:
    version = "__version__ = '2.13.0'\ncuda: Optional[str] = '13.0'\nhip: Optional[str] = None\n"
    seen = decide_with(package(tmp_path, "raise OSError('libcuda')", version))
    assert list(seen["cuda"]) == ["torch_broken"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"__version__ = 1 +", b"__version__ = get()\n"])
def test_an_unreadable_version_file_leads_to_the_import(tmp_path: Path, content: bytes) -> None:
    package(tmp_path, "raise OSError('imported after all')")
    (tmp_path / "torch" / "version.py").write_bytes(content)
    assert list(decide_with(tmp_path)["cpu"]) == ["torch_broken"]
