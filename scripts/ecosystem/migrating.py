"""Migrates copies of the projects. Every rewritten file must compile and show no new finding.

``python3 scripts/ecosystem.py --migrate`` prints the table that stands in docs/migrate.md and leaves every
rewrite and every refusal in ``.cache/ecosystem/migrate.txt``, for readers. None of the projects' code runs.

All of it takes half an hour or more. What is done is kept (``.cache/ecosystem/migrations``) under a digest of
torchgate's own source, so that a run that was interrupted goes on where it stopped, and one after a change of
torchgate begins again. ``--only NAME`` does one project.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ecosystem.checking import ADOPTED, PLAIN, ROOT, command, config_of, environment, ways
from ecosystem.corpus import EcosystemError, Project, python_files
from ecosystem.planting import plant

PLANTED = "planted"
# A migration that takes longer than this counts as a problem.
LIMIT_S = 1800


@dataclass(slots=True)
class Study:
    """What one migration of one project did."""

    project: Project
    way: str
    sites: list[dict[str, Any]]
    changed: list[str]
    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def count(self, status: str) -> int:
        """How many sites came out like this."""
        return sum(site["status"] == status for site in self.sites)


def study(project: Project, folder: Path, kept: Path) -> Iterator[Study]:
    """Migrate a copy of a project in each of the ways in which it is checked, and with planted defaults.
    ``kept`` is the folder of what earlier runs did."""
    for way in (*ways(project), PLANTED):
        file = kept / f"{project.folder}-{way}.json"
        done = recall(file, project)
        if done is None:
            with tempfile.TemporaryDirectory() as root:
                copy = Path(root) / project.folder
                shutil.copytree(folder, copy)
                done = one(project, way, copy)
            kept.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps({"made_by": digest(project), **asdict(done)}), "utf-8")
        said = f"{done.count('migrated')} of {len(done.sites)} sites migrated, {len(done.wrong)} problems"
        print(f"{project.label} ({way}): {said}, {done.seconds:.0f} s", file=sys.stderr, flush=True)
        yield done


def digest(project: Project) -> str:
    """Changes with torchgate, this script, the project and its configuration."""
    files = [*ROOT.glob("src/torchgate/**/*.py"), *ROOT.glob("scripts/ecosystem/*.py")]
    found = hashlib.sha256(f"{sys.version} {project.sha256}".encode())
    for file in [*sorted(files), *([config_of(project)] if config_of(project).exists() else [])]:
        found.update(file.read_bytes() + b"\0")
    return found.hexdigest()


def recall(file: Path, project: Project) -> Study | None:
    """What an earlier run kept, where the same would come of it today."""
    if not file.exists():
        return None
    kept: dict[str, Any] = json.loads(file.read_text("utf-8"))
    if kept.pop("made_by") != digest(project):
        return None
    return Study(**{**kept, "project": project})


def one(project: Project, way: str, copy: Path) -> Study:
    """Migrate a copy and look at it."""
    if way == PLANTED:
        plant(copy)
    (copy / "torchgate.toml").write_text(config_text(project, way), "utf-8")
    original = {path: (copy / path).read_bytes() for path in python_files(copy)}
    before = findings(copy)
    started = time.monotonic()
    told = call(copy, "migrate", "--format", "json", ".")
    done = Study(project, way, told["sites"], told["files_changed"], seconds=time.monotonic() - started)
    done.wrong += told.get("faults", [])
    for path in done.changed:
        old, new = original[path], (copy / path).read_bytes()
        try:
            compile(new, path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            done.wrong.append(f"{path} does not compile: {error}")
        done.lines += difference(path, old, new)
    after = findings(copy)
    done.wrong += [f"a new finding in {path}: {code}" for path, code in (after - before).elements()]
    again = call(copy, "migrate", "--format", "json", ".")
    done.wrong += again.get("faults", [])
    if again["files_changed"]:
        done.wrong.append(f"a second run changes {again['files_changed']}")
    done.lines += [said(original, site) for site in done.sites if site["status"] == "refused"]
    return done


def config_text(project: Project, way: str) -> str:
    """The configuration in the project's root."""
    texts = {PLAIN: "", ADOPTED: config_of(project).read_text("utf-8") if way == ADOPTED else ""}
    return {**texts, PLANTED: 'select = ["TG302"]\n'}[way]


def findings(copy: Path) -> Counter[tuple[str, str]]:
    """The findings of a tree, by path and code."""
    told = call(copy, "check", "--format", "json", ".")
    return Counter((found["path"], found["code"]) for found in told["findings"])


def call(copy: Path, *arguments: str) -> dict[str, Any]:
    """Run torchgate in a folder and read its JSON; with ``faults`` where it reports some of its own.

    Raises:
        EcosystemError: it ends with another exit code than 0, 1 and 3, or not at all.
    """
    try:
        done = subprocess.run(
            command(*arguments), cwd=copy, env=environment(), capture_output=True, text=True, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired:
        raise EcosystemError(f"{copy.name}: {' '.join(arguments)} did not end in {LIMIT_S} s") from None
    said = f"`{' '.join(arguments)}` gave {done.returncode}: {done.stderr[-2000:]}"
    if done.returncode not in (0, 1, 3) or not done.stdout:
        raise EcosystemError(f"{copy.name}: {said}")
    told: dict[str, Any] = json.loads(done.stdout)
    return {**told, "faults": [said]} if done.returncode == 3 else told


def difference(path: str, old: bytes, new: bytes) -> list[str]:
    """A unified diff."""
    texts = [data.decode("utf-8", "replace").splitlines() for data in (old, new)]
    return [*difflib.unified_diff(*texts, path, path, lineterm="", n=6), ""]


def said(original: dict[str, bytes], site: dict[str, Any]) -> str:
    """A refusal with its source line, as it was before the migration."""
    lines = original.get(site["path"], b"").decode("utf-8", "replace").splitlines()
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
