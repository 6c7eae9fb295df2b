"""docs/runtime.md speaks of everything there is, and its examples run."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from rt_support import NO_GPU, rejected_for_cuda, run_code
from test_rt_mutation import ALL_ROWS

from torchgate.runtime import Facts, PlacementReason, Policy, Reason, TorchHandle

PAGE = (Path(__file__).parents[2] / "docs" / "runtime.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}", 1)[1].split("\n## ", 1)[0]


def first_cells(text: str) -> set[str]:
    return set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))


def test_unsupported_devices_are_said_first() -> None:
    head = PAGE.split("\n## ", 1)[0].split("```", 1)[0]
    for name in ("ROCm", "MPS", "XPU", "device_unsupported"):
        assert name in head


def test_every_item_has_its_line_and_no_line_is_stale() -> None:
    assert first_cells(section("Apply")) == ALL_ROWS | {"device_index"}


def test_every_item_says_what_why_and_how_it_is_read_back() -> None:
    lines = [line for line in section("Apply").splitlines() if line.startswith("| `")]
    assert len(lines) == len(ALL_ROWS) + 1
    for line in lines:
        item, value, why, read_back = (cell.strip() for cell in line.strip("|").split(" | "))
        assert item, line
        assert value, line
        assert len(why) > 15, line
        assert len(read_back) > 7, line


def test_every_reason_has_its_line() -> None:
    assert first_cells(section("Decide")) == {reason.value for reason in Reason}
    for reason in PlacementReason:
        assert f"`{reason.value}`" in section("Placement")


def test_every_field_of_policy_and_facts_is_there() -> None:
    assert first_cells(section("Policy")) == {field.name for field in dataclasses.fields(Policy)}
    for field in dataclasses.fields(Facts):
        assert f"`{field.name}`" in section("Probe")


@pytest.mark.torch
def test_what_is_left_to_you_is_left_to_you() -> None:
    """The page says so, and a program that follows it repeats."""
    assert "manual_seed" in section("Apply").partition("### What is left to you")[2]
    code = """
import random
from torchgate.runtime import Policy, apply_torch_runtime, decide_torch_runtime
handle = apply_torch_runtime(decide_torch_runtime(Policy(device="cpu")))
before = [handle.rand(1).item(), random.random()]
handle.manual_seed(7), random.seed(7)
print([before, [handle.rand(1).item(), random.random()]])
"""
    (bare, seeded), (bare_again, seeded_again) = run_code(code), run_code(code)
    assert all(one != other for one, other in zip(bare, bare_again, strict=True))
    assert seeded == seeded_again


def test_every_name_of_the_handle_is_there() -> None:
    for name in {name for name in vars(TorchHandle) if not name.startswith("_")}:
        assert f"`{name}" in section("The handle"), name


@pytest.mark.torch
def test_the_examples_run() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    first, second, typed, placed = blocks
    code = f"""
import json, logging
logging.disable(logging.CRITICAL)
out = []
try:
    exec({first!r}, {{}})
except Exception as error:
    out.append([type(error).__name__, str(error).partition(":")[0]])
exec({second!r}, {{}})
from torchgate.runtime import Policy, apply_torch_runtime, decide_torch_runtime
handle = apply_torch_runtime(decide_torch_runtime(Policy(device="cpu")))
names = {{}}
exec({typed!r}, names)
exec({placed!r}, names)
out.append(handle.version.cuda is not None)
out.append(names["train"](handle))
out.append(names["build"](handle, "cpu", "float64").tolist())
try:
    names["build"](handle, "cuda", "float64")
except SystemExit as stop:
    out.append(str(stop))
print(json.dumps(out))
"""
    (error, reason), cuda_build, *others = run_code(code, **NO_GPU)
    assert error == "RejectedError"
    assert reason in rejected_for_cuda(cuda_build)
    assert others == [
        3.0,
        [0.0, 0.0, 0.0],
        "device_not_in_runtime: device 'cuda', but the runtime was decided for 'cpu'",
    ]
