"""Migrating with several processes: the same result as with one, however the files are shared."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.migrate.ambient.test_cases import CASES as AMBIENT
from tests.migrate.conftest import Seen, toy
from tests.migrate.handles.test_cases import CASES as HANDLES
from tests.migrate.handles.test_generated import CONFIG, ClassMaker, Maker
from torchgate.config_load import ConfigLoader
from torchgate.files.discover import Discovery
from torchgate.files.read import read_file
from torchgate.lint.rules import ALL as RULES
from torchgate.lint.selection import Selection
from torchgate.migrate import codemods, linting
from torchgate.migrate.deciding import Decisions, decide
from torchgate.migrate.decisions import Decision, Refused
from torchgate.migrate.leads import leads_of
from torchgate.migrate.linting import lint
from torchgate.migrate.project import Migration
from torchgate.migrate.refusals.reason import RefusalReason
from torchgate.migrate.result import Result
from torchgate.migrate.run import Task, run
from torchgate.migrate.torch_patches import replaced
from torchgate.migrate.words import words_of
from torchgate.processes import EndedError

ROOT = Path(__file__).parents[2]
LEGACY = ROOT / "examples" / "legacy"


def write(root: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode("utf-8"))


def task(root: Path, **options: object) -> Task:
    loader = ConfigLoader(str(root / "torchgate.toml"))
    discovery = Discovery(loader)
    discovery.add([str(root)])
    files = [file for file in discovery.files.values() if file.path.endswith((".py", ".pyi"))]
    config = files[0].config
    wanted: dict[str, object] = {"codemods": codemods.ALL, **options}
    return Task(config, files, Selection(config, RULES), **wanted)  # type: ignore[arg-type]


def check_shares(root: Path, files: Mapping[str, str]) -> int:
    """Decide about each file in a run of its own that knows of the others what another process would send,
    and about all of them in any order; the number of sites."""
    write(root, files)
    given = task(root)
    linted = lint(given.files, given.config, given.selection)
    findings = {path: outcome.findings for path, outcome in linted.outcomes.items() if outcome.findings}

    names = given.config.project_names
    words = {path: words_of(path, unit.source.data) for path, unit in linted.units.items()}
    leads = {
        path: leads_of(unit.module, names, words[path], replaced(unit.module, words[path]))
        for path, unit in linted.units.items()
    }

    def decided(own: Iterable[str] | None, order: Iterable[str] = ()) -> Decisions:
        units = {path: unit for path, unit in linted.units.items() if own is None or path in own}
        migration = Migration(
            given.config,
            findings,
            [file.path for file in given.files],
            project=linted.project,
            units=units,
            leads={path: lead for path, lead in leads.items() if path not in units},
        )
        migration.own = None if own is None else frozenset(own)
        if order:
            migration.asked = lambda: iter([(path, findings[path]) for path in order])  # type: ignore[method-assign]
        found = decide(migration, codemods.ALL)
        assert not found.faults
        return found

    whole = decided(None).by_site
    for path in findings:
        alone = decided([path]).by_site
        assert alone == {key: decision for key, decision in whole.items() if key[0] == path}, path
    for _ in range(2):
        order = random.Random(len(whole)).sample([*findings], len(findings))
        assert decided(None, order).by_site == whole
    return len(whole)


def test_cases_of_the_handle(tmp_path: Path) -> None:
    sites = 0
    for number, case in enumerate(HANDLES):
        sites += check_shares(tmp_path / str(number), {**case.before, "torchgate.toml": case.config})
    assert sites > 300


def test_cases_of_the_ambient_defaults(tmp_path: Path) -> None:
    sites = 0
    for number, case in enumerate(AMBIENT):
        sites += check_shares(tmp_path / str(number), {"torchgate.toml": "", **case.before})
    assert sites > 200


@pytest.mark.parametrize("maker", [Maker, ClassMaker])
def test_generated_projects(tmp_path: Path, maker: type[Maker]) -> None:
    seeds = range(7000, 7040)
    files = ({**maker(seed).files(), "torchgate.toml": CONFIG} for seed in seeds)
    assert (
        sum(check_shares(tmp_path / str(seed), some) for seed, some in zip(seeds, files, strict=True)) > 100
    )


RUN = {
    "torchgate.toml": CONFIG,
    "app/__init__.py": "",
    "app/runtime.py": "import torch\n\n\ndef configure():\n    return torch\n",
    "app/ops.py": "import torch\n\n\ndef double(x):\n    return torch.add(x, x)\n",
    "app/__main__.py": "from app.ops import double\nfrom app.runtime import configure\n\n\ndef main():\n"
    "    torch = configure()\n    return double(torch.ones(1))\n",
}


@pytest.mark.parametrize(
    "text",
    [
        "def run():\n    exec('from app.ops import double; double(1)')\n",
        "def run(x):\n    return eval('__import__(\"app.ops\").ops.double(x)')\n",
        "NAMES = ['app.ops.double']\n",
        '"""Doubles.\n\n>>> from app.ops import double\n>>> double(1)\n"""\n',
        "from app import *\n\n\ndef run(ops):\n    return ops.double(1)\n",
    ],
)
def test_what_another_process_has_read_is_read_again_where_it_may_matter(tmp_path: Path, text: str) -> None:
    assert check_shares(tmp_path, {**RUN, "app/other.py": text}) > 0


def command(folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "torchgate", "migrate", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PATH": "", "PYTHONPATH": str(ROOT / "src"), "TORCHGATE_NO_CACHE": "1"},
    )
    return done.returncode, done.stdout, done.stderr


def test_the_legacy_example(tmp_path: Path) -> None:
    """It takes several passes, each of them with other processes."""
    told = []
    for jobs in ("1", "2", "5"):
        folder = tmp_path / jobs / "legacy"
        shutil.copytree(LEGACY, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        preview = command(folder, "--diff", "--jobs", jobs)
        done = command(folder, "-v", "-j", jobs)
        contents = {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.py"))}
        told.append((preview, done, contents, command(folder, "--jobs", jobs)))
    assert told[0][0][1]
    assert told[0] == told[1] == told[2]


# What the processes do where something fails.


@pytest.fixture
def forking(monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest may have threads, which do nothing here. Nobody lints all files before the others have begun."""
    monkeypatch.setattr(linting, "can_fork", lambda: True)

    def slowly(path: str) -> bytes:
        time.sleep(0.05)
        return read_file(path)

    monkeypatch.setattr(linting, "read_file", slowly)


def refuse(seen: Seen) -> Decision:
    return Refused(seen.site, RefusalReason.UNKNOWN_CALLEE, seen.line)


def project(root: Path) -> Path:
    write(
        root, {"torchgate.toml": 'src = ["."]\n', **{f"m{n}.py": f"import torch  # {n}\n" for n in range(9)}}
    )
    return root


def results(root: Path, *decide: object) -> list[Result]:
    found = [run(task(root, codemods=tuple(decide), jobs=jobs)) for jobs in (1, 3)]
    for result in found:
        result.faults = [str(fault) for fault in result.faults]  # type: ignore[misc]
    return found


@pytest.mark.usefixtures("forking")
def test_other_processes_decide(tmp_path: Path) -> None:
    here = os.getpid()

    def decide(seen: Seen) -> Decision:
        return Refused(seen.site, RefusalReason.UNKNOWN_CALLEE, f"{os.getpid() == here}")

    (alone, shared) = results(project(tmp_path), toy(decide, "TG101"))
    assert {site.detail for site in alone.sites} == {"True"}  # type: ignore[union-attr]
    assert {site.detail for site in shared.sites} == {"True", "False"}  # type: ignore[union-attr]
    assert [site.site for site in alone.sites] == [site.site for site in shared.sites]


@pytest.mark.usefixtures("forking")
def test_a_codemod_that_fails_leaves_all_its_findings(tmp_path: Path) -> None:
    def fail(seen: Seen) -> Decision:
        if seen.line.endswith("# 4"):
            raise ValueError("no")
        return refuse(seen)

    alone, shared = results(project(tmp_path), toy(fail, "TG101"))
    assert alone.faults
    assert alone == shared


@pytest.mark.usefixtures("forking")
def test_a_process_that_is_killed_is_told(tmp_path: Path) -> None:
    here = os.getpid()

    def die(seen: Seen) -> Decision:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return refuse(seen)

    with pytest.raises(EndedError, match="--jobs 1"):
        run(task(project(tmp_path), codemods=(toy(die, "TG101"),), jobs=3))
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)  # nobody is left
