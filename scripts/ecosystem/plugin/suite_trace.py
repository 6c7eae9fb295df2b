"""A pytest plugin for the projects' own tests: a line of JSON a test, with a digest of all that torch did.

Two runs of a test that made the same calls with the same devices and gave the same bits have the same digest.
``SUITE_OUT`` names the file, ``SUITE_LIMIT`` the seconds after which a test is ended.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import signal
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode

# What sets and reads defaults: a migration is meant to change these. Attributes and text are no work.
_UNTOLD = frozenset(
    "__get__ __repr__ __format__ device get_default_device get_default_dtype set_default_dtype".split()  # noqa: SIM905
)
_UNINITIALISED = frozenset("empty empty_like new_empty empty_strided new_empty_strided".split())  # noqa: SIM905
_LARGEST = 1 << 16
_MOVING = re.compile(r"0x[0-9a-f]+|/\S*/|line \d+|:\d+:|[\d.]+s\b")
_current: dict[str, Any] = {}


class Trace(TorchFunctionMode):
    """Hears every call of torch, below whatever the test enters."""

    def __init__(self) -> None:
        super().__init__()
        self.digest = hashlib.sha256()
        self.count = 0

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        result = function(*args, **kwargs)
        name = getattr(function, "__name__", str(function))
        if name not in _UNTOLD:
            if name in _UNINITIALISED and isinstance(result, torch.Tensor) and result.device.type == "cpu":
                with torch._C.DisableTorchFunction(), torch.no_grad():
                    result.zero_()  # else its bits, and those of its views, would differ from run to run
            said = told(result)
            self.digest.update(f"{name} {kwargs.get('device')} {said}\n".encode())
            self.count += 1
        return result


def told(value: Any, depth: int = 0) -> str:
    """A value in words: of a tensor its dtype, device, shape and the check sum of its bits."""
    if isinstance(value, torch.Tensor):
        try:
            with torch._C.DisableTorchFunction(), torch.no_grad():
                said = f"{value.dtype} {value.device} {tuple(value.shape)} {value.requires_grad}"
                return f"{said} {_bits(value)}"
        except Exception as error:  # a tensor without bits: of functorch, say
            return type(error).__name__
    if isinstance(value, tuple | list) and depth < 3:
        return " ".join(told(item, depth + 1) for item in value)
    plain = isinstance(value, bool | int | float | str | torch.dtype | torch.device | None)
    return repr(value) if plain else type(value).__name__


def _bits(value: torch.Tensor) -> int | None:
    dense = value.layout == torch.strided and value.device.type == "cpu" and 0 < value.numel() <= _LARGEST
    if not dense or type(value) not in (torch.Tensor, torch.nn.Parameter):
        return None
    flat = value.detach().contiguous().reshape(-1)
    return zlib.crc32(flat.view(torch.uint8).numpy().tobytes())


def state() -> list[str]:
    """What a test may leave behind."""
    return [
        str(torch.get_default_dtype()),
        str(torch.get_default_device()),
        str(torch.are_deterministic_algorithms_enabled()),
        str(torch.backends.cudnn.benchmark),
    ]


def _write(fields: dict[str, Any], trace: Trace | None) -> None:
    seen = {"digest": trace.digest.hexdigest(), "calls": trace.count, "state": state()} if trace else {}
    with Path(os.environ["SUITE_OUT"]).open("a", encoding="utf-8") as file:
        print(json.dumps({**fields, **seen}), file=file)


def _words(error: object) -> str:
    return _MOVING.sub("", str(error))[:400]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Every test begins with the same random numbers, and under a mode of its own."""
    random.seed(0)
    torch.manual_seed(0)
    _current.clear()
    _current.update(id=item.nodeid, outcome=[], error="", warnings=[])
    with Trace() as trace:
        result = yield
    _write(_current, trace)
    return result


def _end(*_: object) -> None:
    pytest.fail("it took too long")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A test that takes too long fails."""
    signal.signal(signal.SIGALRM, _end)
    signal.alarm(int(os.environ.get("SUITE_LIMIT", "120")))
    try:
        return (yield)
    finally:
        signal.alarm(0)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """How the parts of a test end."""
    report: Any = yield
    _current["outcome"].append(f"{report.when} {report.outcome}")
    if call.excinfo is not None:
        _current["error"] += _words(f"{call.excinfo.typename}: {call.excinfo.value}")
    return report


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A file that cannot be imported."""
    if report.failed:
        _write({"id": f"{report.nodeid} (collected)", "error": _words(report.longrepr)[-400:]}, None)


def pytest_warning_recorded(warning_message: Any, nodeid: str) -> None:
    """Warnings, wherever they stand."""
    if _current.get("id") == nodeid:
        said = f"{warning_message.category.__name__}: {warning_message.message}"
        _current["warnings"].append(_words(said))
