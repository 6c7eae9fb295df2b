"""Runs the real command over a project and reads its JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ecosystem.corpus import CONFIGS, EcosystemError, Project, python_files

ROOT = Path(__file__).resolve().parents[2]
OPT_IN = "TG306"
PLAIN = "plain"
ADOPTED = "adopted"
# What is counted and read by eye is Python: ruff, which the counts are compared with, reads no documents.
WITHOUT_DOCUMENTS = 'extend-exclude = ["*.ipynb", "*.md", "*.rst"]\n'


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """One finding; ``way`` is ``plain`` or ``adopted``."""

    project: str
    way: str
    path: str
    line: int
    column: int
    code: str
    message: str = ""

    @property
    def key(self) -> tuple[str, str, str, int, int, str]:
        """What identifies the finding, whatever its words."""
        return (self.project, self.way, self.path, self.line, self.column, self.code)


@dataclass(frozen=True, slots=True)
class Checked:
    """What one run over one project gave."""

    project: Project
    way: str
    folder: Path
    files: int
    suppressed: int
    findings: tuple[Found, ...]
    said: str

    def counts(self) -> Counter[str]:
        """Findings by code."""
        return Counter(found.code for found in self.findings)


def ways(project: Project) -> list[str]:
    """The ways in which a project is checked: adopted only where a configuration for it is written."""
    return [PLAIN, *([ADOPTED] if config_of(project).exists() else [])]


def config_of(project: Project) -> Path:
    """Where the configuration of a project that adopts the doctrine stands."""
    return CONFIGS / f"{project.folder}.toml"


def command(*arguments: str) -> list[str]:
    """The command line of torchgate, from this checkout."""
    return [sys.executable, "-m", "torchgate", *arguments]


def environment() -> dict[str, str]:
    """Ours, with this checkout's source first on the path: torchgate needs no package."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"}


def configure(project: Project, folder: Path, way: str) -> None:
    """Write the configuration of a way: the nearest one counts, and else that would be torchgate's own."""
    text = config_of(project).read_text("utf-8") if way == ADOPTED else ""
    (folder / "torchgate.toml").write_text(f"{WITHOUT_DOCUMENTS}{text}", "utf-8")


def check(project: Project, folder: Path, way: str) -> Checked:
    """Check a project in one of the two ways.

    Raises:
        EcosystemError: torchgate ends with another exit code than 0 and 1, breaks its own promises about
            the report, or leaves files out.
    """
    configure(project, folder, way)
    arguments = ["check", "--format", "json", "--no-cache", "--extend-select", OPT_IN, "."]
    done = subprocess.run(
        command(*arguments), cwd=folder, env=environment(), capture_output=True, text=True, encoding="utf-8"
    )
    said = done.stderr.strip()
    if done.returncode not in (0, 1):
        raise EcosystemError(f"{project.label} ({way}): torchgate ended with {done.returncode}:\n{said}")
    report = json.loads(done.stdout)
    found = tuple(
        Found(project.label, way, item["path"], item["line"], item["column"], item["code"], item["message"])
        for item in report["findings"]
    )
    _hold_promises(project, folder, done.returncode, report)
    summary = report["summary"]
    return Checked(project, way, folder, summary["files"], summary["suppressed"], found, said)


def _hold_promises(project: Project, folder: Path, exit_code: int, report: dict) -> None:
    """What INTERFACES promises of every report, on code that nobody here chose line by line."""
    findings = report["findings"]
    files = python_files(folder)
    broken = []
    if report["summary"]["files"] != len(files):
        broken.append(f"{report['summary']['files']} files were checked of {len(files)}")
    if exit_code != bool(findings):
        broken.append(f"exit code {exit_code} with {len(findings)} findings")
    if report["summary"]["findings"] != len(findings):
        broken.append("the summary counts other findings than the list")
    keys = [(item["path"], item["line"], item["column"], item["code"]) for item in findings]
    if keys != sorted(keys):
        broken.append("the findings are not sorted by path, line, column, code")
    twice = [key for key, count in Counter(keys).items() if count > 1]
    if twice:
        broken.append(f"reported twice: {twice[:3]}")
    for path in {path for path, *_ in keys}:
        widths = [len(line) for line in source_lines(folder / path)]
        broken += [
            f"{place}:{line}:{column} is outside the file"
            for place, line, column, _ in keys
            if place == path
            and not (1 <= line <= len(widths) and 1 <= column <= widths[min(line, len(widths)) - 1] + 1)
        ]
    if broken:
        raise EcosystemError(f"{project.label}: " + "; ".join(broken))


def source_lines(path: Path) -> list[str]:
    """A file's lines as Python counts them (a form feed or U+2028 ends none)."""
    text = path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return text.split("\n")
