"""Compares a run that leaves files and function bodies out with one that reads everything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ecosystem import checking
from ecosystem.corpus import EcosystemError, Project

# Files are sorted out however few they are, and however many of them have a source of their own.
_SORTED_OUT = """
import sys
from torchgate.cli import _filtered, check, main
check._FILTERED_FROM = _filtered._FEW = 0
sys.exit(main(sys.argv[1:]))
"""


def differences(project: Project, folder: Path, way: str) -> tuple[int, list[str]]:
    """The number of findings, and every finding that only one of the two runs has, as a line.

    Raises:
        EcosystemError: a run ends with another exit code than 0 and 1.
    """
    checking.configure(project, folder, way)
    whole, sorted_out = (_findings(project, folder, left_out) for left_out in (False, True))
    found = [f"only where everything is read: {item}" for item in sorted(whole - sorted_out)]
    return len(whole), found + [
        f"only where files are left out: {item}" for item in sorted(sorted_out - whole)
    ]


def _findings(project: Project, folder: Path, left_out: bool) -> set[str]:
    options = ["--no-cache", "--format", "json", "--extend-select", "TG", "--preview"]
    start = ["-c", _SORTED_OUT] if left_out else ["-m", "torchgate"]
    environment = checking.environment() | ({} if left_out else {"TORCHGATE_UNFILTERED": "1"})
    done = subprocess.run(
        [sys.executable, *start, "check", *options, os.curdir],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode not in (0, 1):
        raise EcosystemError(f"{project.label}: exit code {done.returncode}\n{done.stderr}")
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return {json.dumps(item, sort_keys=True) for item in found}
