"""The example project of the old world: one command migrates it, and its own tests see no difference."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEGACY = ROOT / "examples" / "legacy"
DIFF = Path(__file__).parent / "legacy.diff"
_ROW = re.compile(r"^\| (src/\S+) \| (\d+) \| (TG\d{3}) \| (.+) \|$", re.M)

pytestmark = pytest.mark.torch


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *arguments], cwd=folder, capture_output=True, text=True)


def own_tests(folder: Path) -> dict[str, list[tuple[str | None, str | None]]]:
    """What the project's tests recorded, by test; all of them have to pass."""
    report = folder.parent / f"{folder.name}.xml"
    done = run(
        folder, "pytest", "-q", "-p", "no:cacheprovider", "-o", "junit_family=xunit1", f"--junitxml={report}"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    cases = ElementTree.parse(report).getroot().iter("testcase")
    return {
        f"{case.get('classname')}.{case.get('name')}": [
            (item.get("name"), item.get("value")) for item in case.iter("property")
        ]
        for case in cases
    }


def table(title: str) -> set[tuple[str, int, str, str]]:
    """The rows under a title of the example's README."""
    text = (LEGACY / "README.md").read_text("utf-8").replace("\\_", "_")
    section = text.partition(f"## {title}\n")[2].partition("\n## ")[0]
    return {(path, int(line), code, last) for path, line, code, last in _ROW.findall(section)}


def findings(folder: Path) -> set[tuple[str, int, str]]:
    done = run(folder, "torchgate", "check", "--no-cache", "--format", "json")
    return {(item["path"], item["line"], item["code"]) for item in json.loads(done.stdout)["findings"]}


def without_places(diff: str) -> list[str]:
    return [line for line in diff.splitlines() if not line.startswith(("---", "+++", "@@"))]


def test_the_legacy_example(tmp_path: Path) -> None:
    folder = tmp_path / "legacy"
    shutil.copytree(LEGACY, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    before = own_tests(folder)
    assert any(recorded for recorded in before.values())

    shown = run(folder, "torchgate", "migrate", "--diff")
    assert without_places(shown.stdout) == without_places(DIFF.read_text("utf-8"))

    done = run(folder, "torchgate", "migrate", "--format", "json")
    assert done.returncode == 1, done.stderr
    sites = json.loads(done.stdout)["sites"]
    refused = {(s["path"], s["line"], s["code"], s["reason"]) for s in sites if s["status"] == "refused"}
    assert refused == table("What the migration refuses")
    assert any(site["status"] == "migrated" for site in sites)
    assert own_tests(folder) == before

    # By hand, as the README says: the two dead files go, and three decisions are taken.
    for path in {path for path, *_ in refused}:
        (folder / path).unlink()
    left = {(path, line, code) for path, line, code, _ in table("What is for people to decide")}
    assert findings(folder) == left
    init, train = folder / "src/market/__init__.py", folder / "src/market/train.py"
    init.write_text(init.read_text("utf-8").replace(" Import market.torch_facade before torch!", ""), "utf-8")
    text = train.read_text("utf-8").replace("    torch.backends.cudnn.benchmark = True\n", "")
    train.write_text(text.replace('"cuda" if torch.cuda.is_available() else "cpu"', '"cpu"'), "utf-8")
    assert findings(folder) == set()


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "legacy"
    shutil.copytree(LEGACY, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    run(folder, "torchgate", "migrate")
    again = json.loads(run(folder, "torchgate", "migrate", "--format", "json").stdout)
    assert again["files_changed"] == []
