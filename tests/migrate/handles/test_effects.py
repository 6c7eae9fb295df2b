"""The cases of ``effects.md`` under real torch: each program, and each module, before and after."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.migrate.handles.casefile import Case, read_cases
from tests.migrate.handles.test_cases import migrate

CASES = [case for case in read_cases(Path(__file__).parent / "effects.md") if case.after]
ROOT = Path(__file__).parents[3]
# The handle's policy is the CPU's wherever a program names none. What is told at the end: what every setting
# of the read-back is.
RUN = """
import runpy, sys
import torchgate.runtime as runtime
from torchgate.runtime.readback import read_back
policy = runtime.Policy(device="cpu")
runtime.decide_torch_runtime.__defaults__ = (policy,)
code = None
try:
    if sys.argv[1] == "program":
        runpy.run_module(sys.argv[2], run_name="__main__", alter_sys=True)
    else:
        __import__(sys.argv[2])
except BaseException as error:
    print(type(error).__name__, error)
if "torch" in sys.modules:
    import torch
    print(sorted((name, got) for name, (_, got) in read_back(torch, policy).items()))
"""


def told(root: Path, how: str, module: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", RUN, how, module],
        cwd=root,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(ROOT / "src")])},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_run_is_the_same_before_and_after(case: Case, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    result = migrate(before, case.before, case.config)
    for path, text in case.before.items():
        rewrite = result.rewrites.get(str(before / path))
        (after / path).parent.mkdir(parents=True, exist_ok=True)
        (after / path).write_bytes(rewrite.after if rewrite is not None else text.encode())
    changed = [path for path in case.before if (before / path).read_bytes() != (after / path).read_bytes()]
    assert changed
    for path in changed:
        module = path.removesuffix(".py").replace("/", ".")
        how = "program" if "__main__" in case.before[path] else "module"
        one, other = told(before, how, module), told(after, how, module)
        assert one == other
        assert how == "module" or "deterministic" in one  # the effect was applied


@pytest.mark.slow
@pytest.mark.torch
def test_a_lost_effect_is_seen(tmp_path: Path) -> None:
    lines = "import torch\nfrom torchgate.runtime import apply_torch_runtime, decide_torch_runtime\n"
    (tmp_path / "kept.py").write_text(f"{lines}apply_torch_runtime(decide_torch_runtime())\n")
    (tmp_path / "lost.py").write_text(lines)
    assert told(tmp_path, "program", "kept") != told(tmp_path, "program", "lost")
