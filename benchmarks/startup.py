"""Start-up: ``torchgate check FILE`` against ``flake8 FILE``, whole processes, alternating, medians.

    python3 benchmarks/startup.py [FILE ...]

Without arguments it measures a one-line file, an example and this project's longest source file. Makes two
environments of its own (``.cache/``): torchgate from this checkout, and flake8 7.5.0 alone. Prints a Markdown
table; the ratio is the median of the pairwise ratios.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from environment import compiled, prepare  # noqa: E402

ROUNDS = 15


def environment(cache: Path) -> dict[str, str]:
    """Compiled modules are kept and used, as in any installation, whatever the caller's settings."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return inherited | {"PYTHONPYCACHEPREFIX": str(cache)}


def wall(command: list[str], cwd: Path, env: dict[str, str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, capture_output=True, env=env)
    seconds = time.perf_counter() - start
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr.decode()}")
    return seconds


def compare(tools: list[Path], file: Path, env: dict[str, str]) -> tuple[float, float, float]:
    """Medians of torchgate and flake8 in seconds, and the median of the pairwise ratios."""
    ours, theirs = [], []
    first = [str(tools[0] / "torchgate"), "check", "--no-cache", str(file)]
    second = [str(tools[1] / "flake8"), str(file)]
    for command in (first, second):
        wall(command, file.parent, env)  # warm the file cache and the compiled modules
    for _ in range(ROUNDS):
        ours.append(wall(first, file.parent, env))
        theirs.append(wall(second, file.parent, env))
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    return statistics.median(ours), statistics.median(theirs), statistics.median(ratios)


def main(arguments: list[str]) -> int:
    tools = [
        compiled(prepare(".cache/bench-torchgate", ["--editable", "."])).parent,
        prepare(".cache/bench-flake8", ["flake8==7.5.0"]).parent,
    ]
    print("| file | lines | torchgate (ms) | flake8 (ms) | ratio |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder) / "compiled")
        one = Path(folder) / "one.py"
        one.write_text("import torch\n")
        own = max((ROOT / "src").rglob("*.py"), key=lambda path: path.stat().st_size)
        chosen = [one, ROOT / "examples/legacy/src/market/train.py", own]
        for file in [Path(name).resolve() for name in arguments] or chosen:
            ours, theirs, ratio = compare(tools, file, env)
            lines = file.read_bytes().count(b"\n")
            print(
                f"| {file.name} | {lines} | {ours * 1000:.0f} | {theirs * 1000:.0f} | {ratio:.2f} |",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
