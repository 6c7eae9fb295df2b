"""Runs torchgate over real PyTorch projects and keeps what it found in docs/ecosystem.md.

``python3 scripts/ecosystem.py`` does all of it on a fresh machine with Python 3.11+, git and a package
index: a virtual environment ``.venv-ecosystem`` (ruff and flake8, to compare with), the source distributions
pinned in ``scripts/ecosystem/projects.txt`` (into ``.cache/ecosystem``), the checks, the page. The exit code
is 0 where all is well, 1 where something is not as recorded (said line by line), 2 where the run stopped.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ecosystem import checking, compare, corpus, filtering, migrating, page, sample, suites, timing
from ecosystem.checking import PLAIN, Checked
from ecosystem.corpus import EcosystemError, Project
from environment import ROOT, prepare

PAGE = ROOT / "docs" / "ecosystem.md"
PEERS = ["ruff==0.17.6", "flake8==7.5.0"]


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare the page instead of writing it")
    parser.add_argument("--draw", action="store_true", help="add unread findings to sample.json")
    parser.add_argument("--timing", action="store_true", help="time torchgate, flake8 and ruff instead")
    parser.add_argument("--migrate", action="store_true", help="migrate copies of the projects instead")
    parser.add_argument("--suites", action="store_true", help="run the tests of projects around a migration")
    parser.add_argument(
        "--filter", action="store_true", help="compare with runs that leave files out instead"
    )
    parser.add_argument("--only", metavar="NAME", help="projects whose name begins so; writes nothing")
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "ecosystem", metavar="FOLDER")
    parser.add_argument("--python", type=Path, metavar="FILE", help="a Python with pip, ruff and flake8")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    given = parse(arguments)
    try:
        return run(given)
    except EcosystemError as error:
        print(f"ecosystem: {error}", file=sys.stderr)
        return 2


def run(given: argparse.Namespace) -> int:
    pins = suites.PINS if given.suites else corpus.PINS
    projects = [
        project
        for project in corpus.read_pins(pins.read_text("utf-8"))
        if project.name.startswith(given.only or "")
    ]
    if not projects:
        raise EcosystemError(f"--only {given.only}: no such project in {pins.name}")
    cache = given.cache.resolve()
    if given.suites:
        return run_suites(projects, cache, given.python or prepare(".venv-suites", suites.REQUIREMENTS))
    python = given.python or prepare(".venv-ecosystem", PEERS)
    folders = {
        project: corpus.unpack(project, corpus.fetch(project, cache, python), cache) for project in projects
    }
    if given.timing:
        return show_times(folders, python)
    if given.filter:
        return compare_filtered(folders)
    if given.migrate:
        return migrate(folders, cache)
    runs = [
        checking.check(project, folder, way)
        for project, folder in folders.items()
        for way in checking.ways(project)
    ]
    write_findings(runs, cache / "findings.txt")
    readings = sample.load()
    if given.draw:
        readings = add_unread(readings, runs)
    comparisons = {
        run.project.label: compare.compare(run, compare.banned(run.folder, python))
        for run in runs
        if run.way == PLAIN
    }
    lines = {project.label: corpus.line_count(folder) for project, folder in folders.items()}
    wrong = problems(runs, comparisons, readings, whole=given.only is None)
    generated = page.render(runs, lines, comparisons, readings)
    if given.only is not None:
        print(generated)
    else:
        wrong += keep(page.replace(PAGE.read_text("utf-8"), generated), given.check)
    for line in wrong:
        print(f"ecosystem: {line}", file=sys.stderr)
    total = sum(len(run.findings) for run in runs)
    print(f"projects: {len(projects)}, findings: {total}, problems: {len(wrong)}")
    return 1 if wrong else 0


def compare_filtered(folders: dict[Project, Path]) -> int:
    """1 where a run that leaves files out finds something else than one that reads them all."""
    wrong = 0
    for project, folder in folders.items():
        for way in checking.ways(project):
            count, found = filtering.differences(project, folder, way)
            print(f"{project.label} ({way}): {count} findings, {len(found)} differences", flush=True)
            for line in found:
                print(f"    {line}")
            wrong += len(found)
    return 1 if wrong else 0


def migrate(folders: dict[Project, Path], cache: Path) -> int:
    """Migrate copies of every project; 1 where a rewritten file does not compile or shows a new finding."""
    kept = cache / "migrations"
    studies = [done for project, folder in folders.items() for done in migrating.study(project, folder, kept)]
    migrating.write(studies, cache / "migrate.txt")
    print(migrating.table(studies))
    wrong = [f"{done.project.label} ({done.way}): {line}" for done in studies for line in done.wrong]
    for line in wrong:
        print(f"ecosystem: {line}", file=sys.stderr)
    return 1 if wrong else 0


def run_suites(projects: list[Project], cache: Path, python: Path) -> int:
    """Migrate projects between runs of their own tests; 1 where a test tells a difference."""
    archives = {project: corpus.fetch(project, cache, python) for project in projects}
    kept = cache / "suites"
    found = [
        row for project, archive in archives.items() for row in suites.rows(project, archive, python, kept)
    ]
    print(suites.table(found))
    wrong = [f"{row.label} ({row.way}): {line}" for row in found for line in (*row.wrong, *row.different)]
    for line in wrong:
        print(f"ecosystem: {line}", file=sys.stderr)
    return 1 if wrong else 0


def problems(
    runs: list[Checked],
    comparisons: dict[str, compare.Comparison],
    readings: list[sample.Reading],
    whole: bool,
) -> list[str]:
    """Everything that is not as it should be, a line each."""
    found = [found for run in runs for found in run.findings]
    wrong = [
        f"{item.project} {item.path}:{item.line} {item.message}" for item in found if item.code == "TG900"
    ]
    for comparison in comparisons.values():
        wrong += [
            f"{item.project} {item.path}:{item.line} only {item.by} reports the import"
            for item in comparison.differences
            if not item.kind
        ]
    labels = {run.project.label for run in runs}
    if whole:
        wrong += [
            f"{item.project}: sample.json reads a project that is not pinned"
            for item in readings
            if item.project not in labels
        ]
    wrong += sample.broken([item for item in readings if item.project in labels], found)
    return wrong


def write_findings(runs: list[Checked], file: Path) -> None:
    """Every finding with its source line, for readers."""
    with file.open("w", encoding="utf-8") as opened:
        for run in runs:
            print(f"== {run.project.label} ({run.way})\n{run.said}", file=opened)
            sources = {found.path: checking.source_lines(run.folder / found.path) for found in run.findings}
            for found in run.findings:
                source = sources[found.path][found.line - 1].strip()
                print(f"{found.path}:{found.line}:{found.column} {found.code} {found.message}", file=opened)
                print(f"    {source}", file=opened)


def add_unread(readings: list[sample.Reading], runs: list[Checked]) -> list[sample.Reading]:
    drawn = sample.draw(found for run in runs for found in run.findings)
    folders = {run.project.label: run.folder for run in runs}
    sources = {
        (found.project, found.path): checking.source_lines(folders[found.project] / found.path)
        for found in drawn
    }
    extended = sample.extend(readings, drawn, sources)
    sample.save(extended)
    print(f"sample.json: {len(extended) - len(readings)} findings to read, {len(extended)} in all")
    return extended


def keep(text: str, only_compare: bool) -> list[str]:
    if text == PAGE.read_text("utf-8"):
        return []
    if only_compare:
        return [f"{PAGE.relative_to(ROOT)} is not what this run gives: run scripts/ecosystem.py"]
    PAGE.write_text(text, "utf-8")
    print(f"{PAGE.relative_to(ROOT)} rewritten")
    return []


def show_times(folders: dict[Project, Path], python: Path) -> int:
    """Seconds for 100,000 lines, and how many times torchgate's that is."""
    rows = []
    for project, folder in folders.items():
        lines = corpus.line_count(folder)
        seconds = timing.measure(folder, python)
        per = {name: taken * 100_000 / lines for name, taken in seconds.items()}
        ratios = [f"{per[name] / per['torchgate']:.2f}" for name in ("flake8", "ruff")]
        rows.append([project.label, str(lines), *(f"{value:.2f}" for value in per.values()), *ratios])
        print(f"{project.label} measured", file=sys.stderr, flush=True)
    print(
        page.table(
            ["project", "lines", "torchgate", "flake8", "ruff", "flake8 / torchgate", "ruff / torchgate"],
            rows,
        )
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
