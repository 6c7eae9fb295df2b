"""``torchgate migrate`` that rewrites nothing, against ``torchgate check``, on real projects.

    python3 benchmarks/migrate.py [--rounds 5] [--only WORD]

Wheels that pip downloads, unpacked and migrated until nothing changes any more, under three configurations:
*plain* (every import of torch is a finding, and refused), *adopted* (that of ``scripts/ecosystem/configs``,
where there is one) and *bound* (every module may import torch, as where the migration is over). Then both
commands, without a cache, as whole processes in turn. Prints a Markdown table: medians, and the medians of
pairwise ratios.
Processor time counts the processes that a command starts: by default ``check`` uses one for each core.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from environment import compiled, prepare  # noqa: E402

# Not below this repository: the folders that its .gitignore names are not listed.
CACHE = Path(tempfile.gettempdir()) / "torchgate-migrate"
PROJECTS = ("timm==1.0.31", "kornia==0.9.0", "botorch==0.18.1", "pytorch-lightning==2.6.6")
OUTCOMES = (0, 1)


def configuration(project: str) -> Path:
    """The file with the configuration of a project that adopts torchgate; not all have one."""
    return ROOT / "scripts/ecosystem/configs" / f"{project.replace('==', '-')}.toml"


def tree(python: Path, gate: str, project: str, way: str, env: dict[str, str]) -> Path:
    """The project, migrated as far as it goes."""
    folder = CACHE / f"{project.replace('==', '-')}-{way}"
    if (folder / "complete").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [str(python), "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(CACHE / project)]
    subprocess.run([*command, project], check=True)
    with zipfile.ZipFile(next((CACHE / project).glob("*.whl"))) as wheel:
        wheel.extractall(folder, [name for name in wheel.namelist() if name.endswith(".py")])
    more = {"plain": "", "bound": 'torch-bound-modules = ["*"]\n'}
    text = more[way] if way in more else configuration(project).read_text("utf-8")
    (folder / "torchgate.toml").write_text(f'src = ["."]\n{text}')
    done = subprocess.run([gate, "migrate", "--quiet"], cwd=folder, capture_output=True, env=env)
    if done.returncode not in OUTCOMES:
        raise SystemExit(done.stderr.decode())
    (folder / "complete").touch()
    return folder


def measure(command: list[str], cwd: Path, env: dict[str, str]) -> tuple[float, float]:
    """Wall seconds and processor seconds of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in OUTCOMES:
        raise SystemExit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr.decode()[-2000:]}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", metavar="WORD", help="only the rows that have it in their name")
    options = parser.parse_args()
    python = compiled(prepare(".cache/bench-migrate", ["--editable", ".[migrate]"]))
    gate = str(python.parent / "torchgate")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    env = inherited | {"PYTHONPYCACHEPREFIX": str(CACHE / "compiled"), "TORCHGATE_NO_CACHE": "1"}
    print("| project | lines | sites | check (s) | migrate (s) | wall ratio | processor ratio |")
    print("|---|---|---|---|---|---|---|")
    for project in PROJECTS:
        for way in ("plain", "adopted", "bound"):
            if way == "adopted" and not configuration(project).exists():
                continue
            if options.only in f"{project}, {way}":
                row(f"{project}, {way}", tree(python, gate, project, way, env), gate, env, options.rounds)
    return 0


def row(name: str, folder: Path, gate: str, env: dict[str, str], rounds: int) -> None:
    """Run both commands in turn and print a row of the table."""
    check, migrate = [gate, "check", "."], [gate, "migrate", "."]
    pairs = [(measure(check, folder, env), measure(migrate, folder, env)) for _ in range(rounds + 1)][1:]
    seconds = [statistics.median(pair[index][0] for pair in pairs) for index in (0, 1)]
    ratios = [statistics.median(pair[1][index] / pair[0][index] for pair in pairs) for index in (0, 1)]
    lines = sum(path.read_bytes().count(b"\n") for path in folder.rglob("*.py"))
    told = subprocess.run([*migrate, "--check"], cwd=folder, env=env, capture_output=True, text=True)
    if "would be migrated in 0 files" not in told.stderr and "Nothing to migrate" not in told.stderr:
        raise SystemExit(f"{name}: the run rewrites something: {told.stderr}")
    sites = len(told.stdout.splitlines())
    print(
        f"| {name} | {lines:,} | {sites} | {seconds[0]:.1f} | {seconds[1]:.1f} | {ratios[0]:.2f} "
        f"| {ratios[1]:.2f} |",
        flush=True,
    )


if __name__ == "__main__":
    raise SystemExit(main())
