"""torchgate against ruff, flake8 with flake8-tidy-imports, and TorchFix on the source of transformers 5.23.0.

    python3 benchmarks/corpus.py [--rounds N] [--only WORD] [--torchfix]

Makes the environments it needs under ``.cache/`` and the trees in the folder for temporary files. Two trees:
"legacy" is the package as it is (1,300 files import torch), "clean" has every torch import statement
replaced by ``pass``. Whole processes, side by side in one run, alternating; medians of the pairwise ratios.
``--torchfix`` adds TorchFix on one folder of some 100,000 lines; it takes minutes.
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from environment import compiled, prepare  # noqa: E402

# Not below this repository: the folders that its .gitignore names are not listed.
CACHE = Path(tempfile.gettempdir()) / "torchgate-corpus"
PACKAGE = "transformers==5.23.0"
RUFF_CONFIG = """
[lint]
select = ["TID251", "TID253"]
[lint.flake8-tidy-imports]
banned-module-level-imports = ["torch"]
[lint.flake8-tidy-imports.banned-api]
"torch".msg = "one gate"
"torch.set_default_device".msg = "one gate"
"torch.set_default_dtype".msg = "one gate"
"torch.use_deterministic_algorithms".msg = "one gate"
"torch.backends.cudnn.benchmark".msg = "one gate"
"torch.backends.cudnn.deterministic".msg = "one gate"
"torch.get_default_dtype".msg = "one gate"
"""


def trees(python: Path) -> tuple[Path, Path]:
    """The legacy and the clean tree, made once."""
    legacy, clean = CACHE / "legacy", CACHE / "clean"
    if not (CACHE / "complete").exists():
        shutil.rmtree(CACHE, ignore_errors=True)
        CACHE.mkdir(parents=True)
        command = [str(python), "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(CACHE), PACKAGE]
        subprocess.run(command, check=True)
        with zipfile.ZipFile(next(CACHE.glob("*.whl"))) as wheel:
            wheel.extractall(legacy, [name for name in wheel.namelist() if name.endswith(".py")])
        shutil.copytree(legacy, clean)
        for path in clean.rglob("*.py"):
            path.write_text(without_torch(path.read_text("utf-8")), "utf-8")
        for tree in (legacy, clean):
            (tree / "ruff.toml").write_text(RUFF_CONFIG)
            (tree / "torchgate.toml").write_text('src = ["."]\n')
        (CACHE / "complete").touch()
    return legacy, clean


def without_torch(text: str) -> str:
    """Every statement that imports torch replaced by ``pass``, lines kept."""
    lines = text.split("\n")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        else:
            continue
        if any(name.partition(".")[0] == "torch" for name in names) and node.end_lineno:
            lines[node.lineno - 1] = lines[node.lineno - 1][: node.col_offset] + "pass"
            for number in range(node.lineno, node.end_lineno):
                lines[number] = ""
    return "\n".join(lines)


def measure(command: list[str], cwd: Path, env: dict[str, str]) -> tuple[float, float]:
    """Wall seconds of one run, and the peak memory in MiB of its largest process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)}: exit {process.returncode}\n{error.decode()[-2000:]}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def memory_of_all(command: list[str], cwd: Path, env: dict[str, str]) -> float:
    """The peak memory in MiB of a run and all its children: shared pages count once (``Pss``, sampled
    every 20 ms, Linux only), and never less than what the largest process takes."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    peak = 0.0
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        peak = max(
            peak,
            sum(
                _pss(int(pid))
                for pid in os.listdir("/proc")
                if pid.isdigit() and _session(int(pid)) == process.pid
            ),
        )
        time.sleep(0.02)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return max(peak, float(usage.ru_maxrss)) / 1024


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return 0


def _pss(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((float(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def check_out_anew(tree: Path) -> None:
    """Every source file a new one with the old content, as a job of CI finds it."""
    for path in tree.rglob("*.py"):
        copy = path.with_suffix(".anew")
        copy.write_bytes(path.read_bytes())
        copy.replace(path)


def compare(
    name: str,
    ours: list[str],
    theirs: list[str],
    cwd: Path,
    env: dict[str, str],
    rounds: int,
    before: Callable[[Path], None] = lambda _: None,
) -> None:
    """Run the two in turn and print a row of the table; ``before`` is done to the tree before each run."""
    # Compiled files, and caches where they are used: ours finds at the first run, and records at the second.
    for _ in range(1 if any("no-cache" in item for item in ours) else 3):
        for command in (ours, theirs):
            measure(command, cwd, env)

    def once(command: list[str]) -> tuple[float, float]:
        before(cwd)
        return measure(command, cwd, env)

    pairs = [(once(ours), once(theirs)) for _ in range(rounds)]
    mine = statistics.median(first[0] for first, _ in pairs)
    other = statistics.median(second[0] for _, second in pairs)
    ratio = statistics.median(first[0] / second[0] for first, second in pairs)
    memory = statistics.median(first[1] / second[1] for first, second in pairs)
    together = memory_of_all(ours, cwd, env) / memory_of_all(theirs, cwd, env)
    print(f"| {name} | {mine:.2f} | {other:.2f} | {ratio:.2f} | {memory:.1f} | {together:.1f} |", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", metavar="WORD", help="only the rows that have it in their name")
    parser.add_argument("--torchfix", action="store_true")
    options = parser.parse_args()
    ours = compiled(prepare(".cache/bench-torchgate", ["--editable", "."]))
    others = prepare(".cache/bench-others", ["ruff==0.17.6", "flake8==7.5.0", "flake8-tidy-imports==4.12.0"])
    legacy, clean = trees(ours)
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    env = inherited | {"PYTHONPYCACHEPREFIX": str(CACHE / "compiled")}
    gate, ruff = str(ours.parent / "torchgate"), str(others.parent / "ruff")
    flake8 = str(others.parent / "flake8")
    print(
        "| case | torchgate (s) | other (s) | wall ratio | memory, largest process | memory, all processes |"
    )
    print("|---|---|---|---|---|---|")

    def row(
        name: str,
        ours: list[str],
        theirs: list[str],
        cwd: Path,
        rounds: int = options.rounds,
        before: Callable[[Path], None] = lambda _: None,
    ) -> None:
        if options.only in name:
            compare(name, ours, theirs, cwd, env, rounds, before)

    for name, tree in (("clean", clean), ("legacy", legacy)):
        check = [gate, "check", "--no-cache", "."]
        row(f"{name}, cold, ruff", check, [ruff, "check", "--no-cache", "."], tree)
        row(f"{name}, cached, ruff", [gate, "check", "."], [ruff, "check", "."], tree)
    name = "legacy, checked out anew beside kept caches, ruff"
    row(name, [gate, "check", "."], [ruff, "check", "."], legacy, before=check_out_anew)
    one = "transformers/models/llama/modeling_llama.py"
    alone = CACHE / "alone"
    alone.mkdir(exist_ok=True)
    file = Path(shutil.copy2(legacy / one, alone)).name
    for state, flags in (("cold", ["--no-cache"]), ("cached", [])):
        row(f"one file alone, {state}, flake8", [gate, "check", *flags, file], [flake8, file], alone)
        row(f"one file in the tree, {state}, flake8", [gate, "check", *flags, one], [flake8, one], legacy)
    folder = "transformers/generation"
    banned = ["--isolated", "--select", "I25", "--banned-modules", "torch = one gate"]
    name = "transformers/generation, flake8 with tidy-imports"
    row(name, [gate, "check", "--no-cache", folder], [flake8, *banned, folder], legacy)
    plugin = compiled(prepare(".cache/bench-plugin", ["--editable", ".", "flake8==7.5.0"]))
    with_plugin = [str(plugin.parent / "flake8"), "--isolated", folder]
    bare = prepare(".cache/bench-flake8", ["flake8==7.5.0"])
    without = [str(bare.parent / "flake8"), "--isolated", folder]
    for state, flags in (("cold", ["--torchgate-no-cache"]), ("cached", [])):
        name = f"transformers/generation, flake8 with the plugin ({state}) and without"
        row(name, [*with_plugin, *flags], without, legacy)
    if options.torchfix:
        fix = prepare(".cache/bench-torchfix", ["torchfix==0.7.0"])
        folder = "transformers/models/b*"
        names = sorted(str(path.relative_to(legacy)) for path in legacy.glob(folder))
        torchfix = [str(fix.parent / "torchfix"), *names]
        row("transformers/models/b*, TorchFix", [gate, "check", "--no-cache", *names], torchfix, legacy, 1)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
