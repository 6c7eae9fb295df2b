"""Runs the own tests of real projects before and after ``torchgate migrate``.

``python3 scripts/ecosystem.py --suites`` prints the table that stands in docs/migrate.md. This is the one
command here that runs the projects' code. Each way of each project is a copy: an old world is planted into it
(``old_world``), its tests run twice, it is migrated, its tests run again. What differs between the first two
runs (random numbers, the clock) is not repeatable; the rest has to be the same to the last bit of every call
of torch (``plugin``). Diffs and all that a run said are left in ``.cache/ecosystem/suites``. ``--only NAME``
does one project.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecosystem import migrating, old_world
from ecosystem.corpus import Project, python_files

PINS = Path(__file__).parent / "suites.txt"
PLUGIN = Path(__file__).parent / "plugin"
REQUIREMENTS = """
    torch==2.13.0 numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 pytest==9.2.0
    tabulate==0.10.0 tqdm==4.70.1 opt_einsum_fx opt_einsum==3.4.0 jaxtyping==0.3.11 mpmath==1.3.0
    parameterized==0.9.0 flaky==3.8.1 torchtestcase==2018.2 linear_operator==0.6.1 pandas==3.1.1
    h5py==3.16.0 safetensors==0.8.0
    """.split()  # noqa: SIM905
# A test that takes longer is ended; so is a whole run.
TEST_LIMIT_S, RUN_LIMIT_S = 120, 1800
_ADVICE = re.compile(r"add `torch-bound-modules = (\[[^\]]*\])`")
DEVICE, DTYPE, FACADE, HANDLE = "device", "dtype", "facade", "handle"


@dataclass(frozen=True, slots=True)
class Suite:
    """Where a project has its tests, which of them are run, and in which ways the project is migrated."""

    package: str
    tests: str
    ways: tuple[str, ...]
    arguments: tuple[str, ...]


_GPYTORCH = (
    *(f"test/{name}" for name in ("kernels", "likelihoods", "means", "models", "utils")),
    *(f"test/examples/test_{name}.py" for name in ("simple_gp_regression", "svgp_gp_regression")),
)
_E3NN = ("tests/math", "tests/util", "tests/o3/rotation_test.py", "tests/o3/s2_test.py", "-k", "not compile")
_SKORCH = tuple(f"skorch/tests/{name}" for name in ("callbacks", "test_dataset.py", "test_scoring.py"))
_SKORCH += tuple(f"skorch/tests/test_{name}.py" for name in ("setter", "toy", "utils", "history"))
SUITES = {
    "nflows": Suite("nflows", "tests", (DEVICE, DTYPE, FACADE), ("tests",)),
    "zuko": Suite("zuko", "tests", (FACADE, HANDLE), ("tests",)),
    "gpytorch": Suite("gpytorch", "test", (DEVICE, FACADE), _GPYTORCH),
    "e3nn": Suite("e3nn", "tests", (DEVICE, HANDLE), _E3NN),
    "skorch": Suite("skorch", "skorch/tests", (DEVICE, HANDLE), _SKORCH),
    "linear_operator": Suite("linear_operator", "test", (FACADE,), ("test",)),
}


@dataclass(slots=True)
class Row:
    """What came of one way of one project."""

    label: str
    way: str
    planted: int
    sites: int = 0
    migrated: int = 0
    files: int = 0
    tests: int = 0
    passed: int = 0
    noisy: int = 0
    different: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def rows(project: Project, archive: Path, python: Path, kept: Path) -> Iterator[Row]:
    """Each way of one project."""
    suite = SUITES[project.name]
    for way in suite.ways:
        copy = kept / f"{project.folder}-{way}"
        shutil.rmtree(copy, ignore_errors=True)
        with tarfile.open(archive) as opened:
            for member in opened:
                _, _, member.name = member.name.partition("/")
                if member.name:
                    opened.extract(member, copy, filter="data")
        row = one(project, suite, way, copy, python)
        print(
            f"{row.label} ({way}): {row.migrated} migrated, {len(row.different)} different", file=sys.stderr
        )
        yield row


def one(project: Project, suite: Suite, way: str, copy: Path, python: Path) -> Row:
    """Plant, run, migrate and run again."""
    subprocess.run(["git", "init", "--quiet", str(copy)], check=True)
    for name in (
        "setup.cfg",
        "pyproject.toml",
        "setup.py",
    ):  # options for plug-ins that are not there (coverage)
        (copy / name).unlink(missing_ok=True)
    row = Row(project.label, way, plant(suite, way, copy))
    before = migrating.findings(copy)
    first, second = (run_tests(suite, copy, python, number) for number in ("first", "second"))
    original = {path: (copy / path).read_bytes() for path in python_files(copy)}
    told = migrating.call(copy, "migrate", "--format", "json", ".")
    row.sites, row.files = len(told["sites"]), len(told["files_changed"])
    row.migrated = sum(site["status"] == "migrated" for site in told["sites"])
    row.wrong += told.get("faults", [])
    changed = (
        migrating.difference(path, original[path], (copy / path).read_bytes())
        for path in told["files_changed"]
    )
    copy.with_name(f"{copy.name}.diff").write_text(
        "\n".join(line for lines in changed for line in lines), "utf-8"
    )
    if migrating.call(copy, "migrate", "--format", "json", ".")["files_changed"]:
        row.wrong.append("a second run changes something")
    new = migrating.findings(copy) - before
    row.wrong += [f"a new finding in {path}: {code}" for path, code in new.elements()]
    compare(row, first, second, run_tests(suite, copy, python, "after"))
    return row


def plant(suite: Suite, way: str, copy: Path) -> int:
    """The old world of a way, with its configuration; how much of it there is."""
    config = 'select = ["TG301", "TG302", "TG303", "TG305"]\n'
    if way == DEVICE:
        count = old_world.defaults(copy, 'default_device("cpu:0")')
    elif way == DTYPE:
        count = old_world.defaults(copy, "default_dtype(torch.float64)")
    elif way == FACADE:
        count = old_world.facade(copy, suite.package)
        facade = f"{suite.package}.{old_world.FACADE}"
        config = f'facade-modules = ["{facade}"]\ntorch-bound-modules = ["{suite.package}.*"]\n'
    else:
        count, config = old_world.fixtures(copy, suite.tests), ""
    (copy / "torchgate.toml").write_text(config, "utf-8")
    if way == HANDLE:
        take_advice(copy)
    return count


def take_advice(copy: Path) -> None:
    """Write the ``torch-bound-modules`` that the refusals ask for, until they ask for no more."""
    asked: dict[str, None] = {}
    while True:
        sites = migrating.call(copy, "migrate", "--check", "--format", "json", ".")["sites"]
        found = [_ADVICE.search(site["detail"] or "") for site in sites]
        more = [name for match in found if match for name in json.loads(match[1]) if name not in asked]
        if not more:
            return
        asked |= dict.fromkeys(more)
        (copy / "torchgate.toml").write_text(f"torch-bound-modules = {json.dumps(list(asked))}\n", "utf-8")


def run_tests(suite: Suite, copy: Path, python: Path, number: str) -> dict[str, dict[str, Any]]:
    """The project's tests, each with what the plug-in saw."""
    out = copy.with_name(f"{copy.name}.{number}.jsonl")
    out.unlink(missing_ok=True)
    path = os.pathsep.join(map(str, (PLUGIN, copy, copy / "src")))
    settings = {
        "PYTHONPATH": path,
        "SUITE_OUT": str(out),
        "SUITE_LIMIT": str(TEST_LIMIT_S),
        "OMP_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
    }
    command = [
        str(python),
        "-m",
        "pytest",
        "-p",
        "suite_trace",
        "-p",
        "no:cacheprovider",
        "-q",
        "--no-header",
    ]
    command += ["--continue-on-collection-errors", *suite.arguments]
    with out.with_suffix(".log").open("w") as log:
        environment = {**os.environ, **settings, "PYTHONDONTWRITEBYTECODE": "1", "CUDA_VISIBLE_DEVICES": ""}
        subprocess.run(command, cwd=copy, env=environment, stdout=log, stderr=log, timeout=RUN_LIMIT_S)
    lines = out.read_text("utf-8").splitlines() if out.exists() else []
    return {entry["id"]: entry for entry in map(json.loads, lines)}


def compare(
    row: Row,
    first: dict[str, dict[str, Any]],
    second: dict[str, dict[str, Any]],
    after: dict[str, dict[str, Any]],
) -> None:
    """Which tests can be compared, and which of these differ in anything."""
    row.tests = len(first)
    row.passed = sum("call passed" in entry.get("outcome", ()) for entry in first.values())
    for name in sorted(first.keys() | after.keys()):
        if first.get(name) != second.get(name):
            row.noisy += 1
        elif first.get(name) != after.get(name):
            row.different.append(name)


def table(found: list[Row]) -> str:
    """Everything as Markdown."""
    head = ["project", "way", "planted", "sites", "migrated", "files", "tests", "passed", "not repeatable"]
    head.append("different")
    lines = [f"| {' | '.join(head)} |", "| --- | --- |" + " ---: |" * (len(head) - 2)]
    for row in found:
        numbers = (row.planted, row.sites, row.migrated, row.files, row.tests, row.passed, row.noisy)
        lines.append(f"| {row.label} | {row.way} | {' | '.join(map(str, (*numbers, len(row.different))))} |")
    return "\n".join(lines)
