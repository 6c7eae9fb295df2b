"""Migrates copies of the projects. Every rewritten file must compile and show no new finding.

``python3 scripts/ecosystem.py --migrate`` prints the table that stands in docs/migrate.md and leaves every
rewrite and every refusal in ``.cache/ecosystem/migrate.txt``, for readers. None of the projects' code runs.
"""

from __future__ import annotations

import difflib
import json
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecosystem.checking import ADOPTED, command, config_of, environment, ways
from ecosystem.corpus import EcosystemError, Project, python_files
from ecosystem.planting import plant

PLANTED = "planted"


@dataclass(slots=True)
class Study:
    """What one migration of one project did."""

    project: Project
    way: str
    sites: list[dict[str, Any]]
    changed: list[str]
    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def count(self, status: str) -> int:
        """How many sites came out like this."""
        return sum(site["status"] == status for site in self.sites)


def study(project: Project, folder: Path) -> Iterator[Study]:
    """Migrate a copy of a project in each of the ways in which it is checked, and with planted defaults."""
    for way in (*ways(project), PLANTED):
        with tempfile.TemporaryDirectory() as root:
            copy = Path(root) / project.folder
            shutil.copytree(folder, copy)
            yield one(project, way, copy)


def one(project: Project, way: str, copy: Path) -> Study:
    """Migrate a copy and look at it."""
    if way == PLANTED:
        plant(copy)
        (copy / "torchgate.toml").write_text('select = ["TG302"]\n', "utf-8")
    options = ["--config", str(config_copy(project, copy))] if way == ADOPTED else []
    original = {path: (copy / path).read_bytes() for path in python_files(copy)}
    before = findings(copy, options)
    told = call(copy, "migrate", "--format", "json", *options, ".")
    done = Study(project, way, told["sites"], told["files_changed"])
    for path in done.changed:
        old, new = original[path], (copy / path).read_bytes()
        try:
            compile(new, path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            done.wrong.append(f"{path} does not compile: {error}")
        done.lines += difference(path, old, new)
    after = findings(copy, options)
    done.wrong += [f"a new finding in {path}: {code}" for path, code in (after - before).elements()]
    again = call(copy, "migrate", "--format", "json", *options, ".")
    if again["files_changed"]:
        done.wrong.append(f"a second run changes {again['files_changed']}")
    done.lines += [said(copy, site) for site in done.sites if site["status"] == "refused"]
    return done


def config_copy(project: Project, copy: Path) -> Path:
    """The project's adopted configuration, in its root: patterns are relative to it."""
    target = copy / "torchgate.toml"
    shutil.copy(config_of(project), target)
    return target


def findings(copy: Path, options: list[str]) -> Counter[tuple[str, str]]:
    """The findings of a tree, by path and code."""
    told = call(copy, "check", "--format", "json", *options, ".")
    return Counter((found["path"], found["code"]) for found in told["findings"])


def call(copy: Path, *arguments: str) -> dict[str, Any]:
    """Run torchgate in a folder and read its JSON.

    Raises:
        EcosystemError: it ends with another exit code than 0 and 1.
    """
    done = subprocess.run(command(*arguments), cwd=copy, env=environment(), capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise EcosystemError(
            f"{copy.name}: {' '.join(arguments)} gave {done.returncode}: {done.stderr[-2000:]}"
        )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def difference(path: str, old: bytes, new: bytes) -> list[str]:
    """A unified diff."""
    texts = [data.decode("utf-8", "replace").splitlines() for data in (old, new)]
    return [*difflib.unified_diff(*texts, path, path, lineterm="", n=6), ""]


def said(copy: Path, site: dict[str, Any]) -> str:
    """A refusal with its source line."""
    lines = (copy / site["path"]).read_text("utf-8", "replace").splitlines()
    text = lines[site["line"] - 1].strip() if site["line"] <= len(lines) else ""
    place = f"{site['path']}:{site['line']}"
    return f"{place} {site['code']} {site['codemod']} {site['reason']}: {site['detail']}\n    {text}"


def table(studies: list[Study]) -> str:
    """Sites, rewrites and refusals of every project, as Markdown."""
    rows = [
        "| project | way | sites | migrated | refused | files changed |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for done in studies:
        numbers = (len(done.sites), done.count("migrated"), done.count("refused"), len(done.changed))
        rows.append(f"| {done.project.label} | {done.way} | {' | '.join(map(str, numbers))} |")
    reasons = Counter(
        (site["code"], site["reason"]) for done in studies for site in done.sites if site["reason"]
    )
    rows += ["", "| rule | reason | refused |", "| --- | --- | ---: |"]
    rows += [f"| {code} | {reason} | {number} |" for (code, reason), number in sorted(reasons.items())]
    return "\n".join(rows)


def write(studies: list[Study], file: Path) -> None:
    """Everything that somebody has to read."""
    with file.open("w", encoding="utf-8") as opened:
        for done in studies:
            print(f"== {done.project.label} ({done.way})", *done.lines, sep="\n", file=opened)
