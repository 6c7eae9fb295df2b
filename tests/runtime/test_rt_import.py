"""What importing the runtime costs, and what it may touch."""

from __future__ import annotations

import json
import subprocess
import sys

from rt_support import SRC, environment, run_code


def test_importing_the_runtime_imports_nothing_but_itself() -> None:
    code = """
import json, sys
before = set(sys.modules)
import torchgate.runtime
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    new = set(run_code(code))
    assert "torchgate.runtime" in new
    assert new <= {"torchgate", "torchgate.runtime", "__future__"}


def test_the_whole_runtime_stands_alone() -> None:
    """Every module of it: standard library and torchgate.runtime only, and no torch."""
    code = """
import json, sys
import torchgate.runtime as runtime
for name in runtime.__all__:
    getattr(runtime, name)
roots = {name.partition(".")[0] for name in sys.modules}
print(json.dumps({
    "foreign": sorted(roots - sys.stdlib_module_names - {"torchgate", "__main__"}),
    "torchgate": sorted(name for name in sys.modules if name.startswith("torchgate")),
}))
"""
    # -S: the site of a development environment imports packages of its own.
    seen = run_code(f"import sys; sys.path.insert(0, {str(SRC)!r})\n{code}", python=("-S", "-I"))
    assert seen["foreign"] == []
    assert [name for name in seen["torchgate"] if not name.startswith("torchgate.runtime")] == ["torchgate"]


def test_the_import_stays_under_15_ms() -> None:
    """Cumulative, by the interpreter's own clock; the best of some runs, the rest is noise."""
    times = []
    for _ in range(7):
        result = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", "import torchgate.runtime"],
            capture_output=True,
            text=True,
            env=environment(),
            check=True,
        )
        line = next(line for line in result.stderr.splitlines() if line.endswith("| torchgate.runtime"))
        times.append(int(line.split("|")[1]))
        assert "torch\n" not in result.stderr.replace(" ", "")
    assert min(times) < 15_000, times


def test_every_public_name_is_there_and_an_unknown_one_is_an_attribute_error() -> None:
    code = """
import json
import torchgate.runtime as runtime
import torchgate.runtime.apply, torchgate.runtime.probing, torchgate.runtime.decision
try:
    runtime.aply_torch_runtime
    error = None
except AttributeError as caught:
    error = str(caught)
homes = {name: getattr(getattr(runtime, name), "__module__", None) for name in runtime.__all__}
print(json.dumps({"homes": homes, "dir": dir(runtime), "callable": callable(runtime.probe), "error": error}))
"""
    seen = run_code(code)
    promised = """
        Reason RequiresMainThread WorkerSafe ThreadAffinity Policy Facts Ready Rejected TorchRuntime Metrics
        probe decide decide_torch_runtime apply_torch_runtime TorchHandle
        RejectedError ApplyError AlreadyAppliedError DriftError
        decide_placement Placement RejectedPlacement OnCuda OnCpu
    """
    assert set(promised.split()) <= set(seen["homes"]) <= set(seen["dir"])
    assert seen["callable"]
    assert seen["error"] == "module 'torchgate.runtime' has no attribute 'aply_torch_runtime'"
    json.dumps(seen)
