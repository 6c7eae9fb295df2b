"""Config and FileInfo: module patterns, tests, zones. Pure: no disk."""

from __future__ import annotations

import pytest

from torchgate.config import Config, is_test_path, matches_module


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("app.runtime", "app.runtime", True),
        ("app.runtime.x", "app.runtime", False),
        ("app.runtime", "app.runtime.*", True),
        ("app.runtime.x.y", "app.runtime.*", True),
        ("app.runtimes", "app.runtime.*", False),
        ("app.__main__", "*.__main__", True),
        ("a.b.c.__main__", "*.__main__", True),
        ("__main__", "*.__main__", True),
        ("app.main", "*.__main__", False),
        ("app.x.cli", "app.*.cli", True),
        ("app.x.y.cli", "app.*.cli", False),
        ("anything", "*", True),
        ("", "*", False),
        ("", "", False),
    ],
)
def test_module_patterns(name: str, pattern: str, expected: bool) -> None:
    assert matches_module(name, (pattern,)) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/helper.py", True),
        ("src/app/test/helper.py", True),
        ("src/app/test_io.py", True),
        ("src/app/io_test.py", True),
        ("conftest.py", True),
        ("src/app/testing.py", False),
        ("src/tests.py", False),
        ("src/latest/io.py", False),
        ("src/contest.py", False),
        ("src\\tests\\io.py", True),
    ],
)
def test_what_a_test_is(path: str, expected: bool) -> None:
    assert is_test_path(path) == expected


def test_info() -> None:
    config = Config(
        runtime_modules=("app.runtime.*",), torch_bound_modules=("app.nets.*",), entry_modules=("app.cli",)
    )
    assert config.info("app.runtime.cuda").is_runtime
    assert config.info("app.nets").is_torch_bound
    assert config.info("app.cli").is_entry
    assert config.info("app.a", "src/app/a.pyi").is_stub
    plain = config.info("app.a", "src/app/a.py")
    assert not any([plain.is_runtime, plain.is_torch_bound, plain.is_entry, plain.is_stub, plain.is_test])


def test_a_package_may_have_runtime_modules_of_its_own() -> None:
    config = Config(
        gated_packages={"torch": (), "cupy": ("app.cupy_runtime",)}, runtime_modules=("app.runtime",)
    )
    assert config.is_runtime_for("torch", "app.runtime")
    assert not config.is_runtime_for("cupy", "app.runtime")
    assert config.is_runtime_for("cupy", "app.cupy_runtime")
    assert not config.is_runtime_for("torch", "app.cupy_runtime")
