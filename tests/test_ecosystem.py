"""scripts/ecosystem.py: its own functions, on small made-up projects; nothing is downloaded."""

from __future__ import annotations

import io
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))

from ecosystem import (  # noqa: E402
    checking,
    compare,
    corpus,
    migrating,
    old_world,
    page,
    sample,
    suites,
    timing,
)
from ecosystem.checking import Found  # noqa: E402
from ecosystem.corpus import EcosystemError, Project  # noqa: E402
from ecosystem.sample import LIMIT, RIGHT, WRONG, Reading  # noqa: E402

HASH = "0" * 64


def _project() -> Project:
    return Project("demo", "1.0", HASH)


def _found(line: int, code: str = "TG101", path: str = "demo/a.py") -> Found:
    return Found("demo 1.0", "plain", path, line, 1, code, "message")


def _reading(line: int, verdict: str, code: str = "TG101") -> Reading:
    return Reading(*_found(line, code).key, source="import torch", verdict=verdict, reason="because")


# Pins and archives.


def test_pins_are_read_with_comments_and_two_versions() -> None:
    text = f"# projects\ndemo==1.0 --hash=sha256:{HASH}\n\ndemo==0.9 --hash=sha256:{HASH}  # an older one\n"
    assert [project.label for project in corpus.read_pins(text)] == ["demo 1.0", "demo 0.9"]


@pytest.mark.parametrize("line", ["demo==1.0", "demo --hash=sha256:" + HASH, f"demo>=1 --hash=sha256:{HASH}"])
def test_a_pin_without_version_or_hash_is_named(line: str) -> None:
    with pytest.raises(EcosystemError, match=r"projects\.txt:2: not"):
        corpus.read_pins(f"#\n{line}\n")


def test_a_project_that_stands_twice_is_named() -> None:
    with pytest.raises(EcosystemError, match=r"projects\.txt:2: demo 1\.0 stands there twice"):
        corpus.read_pins(f"demo==1.0 --hash=sha256:{HASH}\n" * 2)


def test_the_pins_of_the_repository_hold_the_projects_that_the_page_promises() -> None:
    names = {project.name for project in corpus.read_pins(corpus.PINS.read_text("utf-8"))}
    assert names >= {"botorch", "gpytorch", "pyro-ppl", "kornia", "timm", "accelerate"}


def _archive(path: Path, members: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
        link = tarfile.TarInfo("demo-1.0/link.py")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return path


def test_an_archive_gives_its_python_files_alone_in_a_work_tree_of_its_own(tmp_path: Path) -> None:
    members = {
        "demo-1.0/demo/a.py": "import torch\n",
        "demo-1.0/.gitignore": "*.py\n",
        "demo-1.0/pyproject.toml": "",
        "demo-1.0/picture.png": "x",
    }
    archive = _archive(tmp_path / "demo-1.0.tar.gz", members)
    folder = corpus.unpack(_project(), archive, tmp_path)
    assert corpus.python_files(folder) == ["demo/a.py"]
    assert corpus.line_count(folder) == 1
    assert sorted(path.name for path in folder.iterdir()) == [".git", "demo", "pyproject.toml"]
    (folder / "demo" / "a.py").write_text("changed by hand\n", "utf-8")
    assert corpus.unpack(_project(), archive, tmp_path) == folder  # the stamp holds: not unpacked again
    assert (folder / "demo" / "a.py").read_text("utf-8") == "changed by hand\n"


def test_an_archive_cannot_write_outside(tmp_path: Path) -> None:
    archive = _archive(tmp_path / "demo-1.0.tar.gz", {"demo-1.0/../../evil.py": "import torch\n"})
    with pytest.raises(tarfile.FilterError):
        corpus.unpack(_project(), archive, tmp_path)
    assert not list(tmp_path.rglob("evil.py"))


def test_an_archive_with_another_hash_does_not_count(tmp_path: Path) -> None:
    folder = tmp_path / "archives" / "demo-1.0"
    folder.mkdir(parents=True)
    _archive(folder / "demo-1.0.tar.gz", {})
    assert corpus._pinned_archive(folder, _project()) is None


# Checking with the real command.


def _checked(folder: Path, files: dict[str, str]) -> checking.Checked:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (folder / ".git").mkdir()
    return checking.check(_project(), folder, checking.PLAIN)


def test_a_project_is_checked_with_the_opt_in_rule_on(tmp_path: Path) -> None:
    checked = _checked(tmp_path, {"demo/a.py": "import torch\n\nx = torch.zeros(3)\n"})
    assert [(found.path, found.line, found.code) for found in checked.findings] == [
        ("demo/a.py", 1, "TG101"),
        ("demo/a.py", 3, "TG306"),
    ]
    assert (checked.files, checked.counts()) == (1, {"TG101": 1, "TG306": 1})


def test_a_report_that_leaves_files_out_stops_the_run(tmp_path: Path) -> None:
    report = {"findings": [], "summary": {"files": 1, "findings": 0}}
    (tmp_path / "a.py").touch()
    (tmp_path / "b.py").touch()
    with pytest.raises(EcosystemError, match="1 files were checked of 2"):
        checking._hold_promises(_project(), tmp_path, 0, report)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ({"line": 9, "column": 1}, "outside the file"),
        ({"line": 1, "column": 14}, "outside the file"),
        ({"line": 0, "column": 1}, "outside the file"),
    ],
)
def test_a_finding_outside_its_file_stops_the_run(tmp_path: Path, place: dict[str, int], said: str) -> None:
    (tmp_path / "a.py").write_text("import torch", "utf-8")
    report = {
        "findings": [{"path": "a.py", "code": "TG101", "message": "m", **place}],
        "summary": {"files": 1, "findings": 1},
    }
    with pytest.raises(EcosystemError, match=said):
        checking._hold_promises(_project(), tmp_path, 1, report)


# The comparison with ruff.

COMPARED = """\
from typing import TYPE_CHECKING
import typing as t

import torch
import torch.nn as nn  # noqa
from torch import (
    Tensor,
)

if TYPE_CHECKING:
    import torch.fx
elif True:
    import torch.jit
if t.TYPE_CHECKING:
    from torch import Size
else:
    from torch import Stream


def f():
    import os, torch.cuda
"""


BANNED = [("demo/a.py", line) for line in (4, 5, 6, 11, 13, 15, 17, 21)] + [("demo/b.pyi", 1)]


def test_ruff_reports_what_the_tests_below_take_for_granted(tmp_path: Path) -> None:
    pytest.importorskip("ruff")
    _checked(tmp_path, {"demo/a.py": COMPARED, "demo/b.pyi": "import torch\n"})
    assert sorted(compare.banned(tmp_path, Path(sys.executable))) == BANNED


def test_every_difference_to_ruff_has_a_class(tmp_path: Path) -> None:
    checked = _checked(tmp_path, {"demo/a.py": COMPARED, "demo/b.pyi": "import torch\n"})
    found = compare.compare(checked, BANNED)
    assert [(item.path, item.line, item.by, item.kind) for item in found.differences] == [
        ("demo/a.py", 5, "ruff", compare.BLANKET),
        ("demo/a.py", 11, "ruff", compare.TYPE_ONLY),
        ("demo/a.py", 15, "ruff", compare.TYPE_ONLY),
        ("demo/b.pyi", 1, "ruff", compare.STUB),
    ]
    assert (found.torchgate, found.ruff, found.both) == (5, 9, 5)


def test_a_statement_that_only_one_reports_for_no_known_reason_has_no_class(tmp_path: Path) -> None:
    checked = _checked(tmp_path, {"demo/a.py": "import torch\nimport torch.fx\n"})
    first = replace(checked, findings=(checked.findings[0], _found(9)))
    found = compare.compare(first, [("demo/a.py", 1), ("demo/a.py", 2)])
    assert [(item.line, item.by, item.kind) for item in found.differences] == [
        (2, "ruff", ""),
        (9, "torchgate", ""),
    ]


@pytest.mark.parametrize("comment", ["# noqa", "# NoQA", "# noqa F403", "# noqa : F403", "# why # noqa"])
def test_a_noqa_without_codes_is_blanket(tmp_path: Path, comment: str) -> None:
    checked = _checked(tmp_path, {"demo/a.py": f"import torch  {comment}\n"})
    found = compare.compare(checked, [("demo/a.py", 1)])
    assert [item.kind for item in found.differences] == [compare.BLANKET]


@pytest.mark.parametrize("comment", ["# noqa: F403", "# flake8: noqa: F403", "#noqa"])
def test_a_noqa_with_other_codes_or_misspelt_explains_nothing(tmp_path: Path, comment: str) -> None:
    checked = replace(_checked(tmp_path, {"demo/a.py": f"import torch  {comment}\n"}), findings=())
    found = compare.compare(checked, [("demo/a.py", 1)])
    assert [item.kind for item in found.differences] == [""]


def test_a_file_that_is_hushed_as_a_whole_is_blanket(tmp_path: Path) -> None:
    checked = _checked(tmp_path, {"demo/a.py": "# flake8: noqa\nimport torch\n"})
    found = compare.compare(checked, [("demo/a.py", 2)])
    assert [item.kind for item in found.differences] == [compare.BLANKET]


def test_an_import_over_several_lines_is_one_statement(tmp_path: Path) -> None:
    checked = _checked(tmp_path, {"demo/a.py": "from torch import (\n    Tensor,\n)\n"})
    assert compare.compare(checked, [("demo/a.py", 2)]).both == 1


# The sample.


def test_the_sample_takes_so_many_of_every_rule_and_fills_up() -> None:
    findings = [_found(line) for line in range(1, 101)] + [_found(line, "TG301") for line in range(1, 4)]
    findings += [_found(line, "TG304") for line in range(1, 41)]
    drawn = sample.draw(findings, a_rule=5, in_all=20)
    assert sample.draw(list(reversed(findings)), a_rule=5, in_all=20) == drawn
    codes = [found.code for found in drawn]
    assert (codes.count("TG101"), codes.count("TG301"), codes.count("TG304")) == (9, 3, 8)
    assert len(set(drawn)) == 20
    assert [found.line for found in drawn] != sorted(found.line for found in drawn)[:20] or drawn[8].line > 9


def test_every_project_has_its_turn_and_a_place_counts_once() -> None:
    many = [_found(line) for line in range(1, 101)]
    few = [replace(_found(line), project="few 1.0") for line in range(1, 4)]
    twice = [replace(found, way="adopted") for found in [*many, *few]]
    drawn = sample.draw([*twice, *many, *few], a_rule=6, in_all=6)
    assert sorted(found.project for found in drawn) == ["demo 1.0"] * 3 + ["few 1.0"] * 3
    everything = sample.draw([*twice, *many, *few], a_rule=1, in_all=1000)
    assert len(everything) == 103
    assert {found.way for found in everything} == {"plain"}


def test_another_rule_does_not_change_what_is_drawn() -> None:
    findings = [_found(line) for line in range(1, 101)]
    other = [_found(line, "TG304") for line in range(1, 31)]
    alone = sample.draw(findings, a_rule=5, in_all=5)
    assert [
        found for found in sample.draw([*other, *findings], a_rule=5, in_all=10) if found.code == "TG101"
    ] == alone


def test_readings_come_back_as_they_were_written(tmp_path: Path) -> None:
    readings = [_reading(2, WRONG), _reading(1, RIGHT)]
    sample.save(readings, tmp_path / "sample.json")
    assert sample.load(tmp_path / "sample.json") == [readings[1], readings[0]]
    assert sample.load(tmp_path / "absent.json") == []


def test_drawing_again_keeps_verdicts() -> None:
    sources = {("demo 1.0", "demo/a.py"): ["", "import torch  ", "  import torch.nn"]}
    extended = sample.extend([_reading(2, RIGHT)], [_found(2), _found(3)], sources)
    assert [(reading.line, reading.verdict, reading.source) for reading in extended] == [
        (2, RIGHT, "import torch"),
        (3, sample.UNREAD, "import torch.nn"),
    ]


def test_a_wrong_finding_that_is_back_and_a_right_one_that_is_gone_are_problems() -> None:
    readings = [
        _reading(1, RIGHT),
        _reading(2, RIGHT),
        _reading(3, WRONG),
        _reading(4, WRONG),
        _reading(5, ""),
    ]
    said = sample.broken(readings, [_found(1), _found(3), _found(5)])
    assert said == [
        "demo 1.0 (plain) demo/a.py:2 TG101 is no longer reported, and was judged right: because",
        "demo 1.0 (plain) demo/a.py:3 TG101 is reported again, and was judged wrong: because",
        "demo 1.0 (plain) demo/a.py:5 TG101 has not been read",
    ]
    assert sample.tally(readings, [_found(3)]) == {"TG101": (4, 2, 1)}


def test_a_known_limit_counts_as_wrong_and_is_a_problem_only_when_it_is_gone() -> None:
    readings = [_reading(1, LIMIT), _reading(2, LIMIT)]
    said = sample.broken(readings, [_found(1)])
    assert said == [
        "demo 1.0 (plain) demo/a.py:2 TG101 is no longer reported: its verdict can be `wrong` now, and mended"
    ]
    assert sample.tally(readings, [_found(1)]) == {"TG101": (2, 2, 1)}


def test_the_recorded_sample_is_read_with_a_reason_each_and_large_enough() -> None:
    readings = sample.load()
    assert len(readings) >= 300
    assert len({reading.key for reading in readings}) == len(readings)
    for reading in readings:
        assert reading.verdict in (RIGHT, WRONG, LIMIT), reading
        assert len(reading.reason) > 10, reading
    labels = {project.label for project in corpus.read_pins(corpus.PINS.read_text("utf-8"))}
    assert {reading.project for reading in readings} <= labels


def test_every_configuration_belongs_to_a_pinned_project() -> None:
    known = {checking.config_of(project) for project in corpus.read_pins(corpus.PINS.read_text("utf-8"))}
    assert set(corpus.CONFIGS.glob("*")) <= known


# The page.


def test_only_the_generated_part_changes() -> None:
    text = f"# Title\n\n{page.BEGIN}\n\nold\n\n{page.END}\n\nprose\n"
    assert page.replace(text, "new\n") == f"# Title\n\n{page.BEGIN}\n\nnew\n\n{page.END}\n\nprose\n"


@pytest.mark.parametrize("text", ["", page.BEGIN, f"{page.END}{page.BEGIN}", (page.BEGIN + page.END) * 2])
def test_a_page_without_its_markers_is_left_alone(text: str) -> None:
    with pytest.raises(EcosystemError, match="once each"):
        page.replace(text, "new")


def test_the_page_says_what_the_runs_gave(tmp_path: Path) -> None:
    run = _checked(tmp_path, {"demo/a.py": "import torch\nimport torch.fx  # noqa\n"})
    comparisons = {"demo 1.0": compare.compare(run, [("demo/a.py", 1), ("demo/a.py", 2)])}
    text = page.render([run], {"demo 1.0": 2}, comparisons, [_reading(1, WRONG), _reading(2, RIGHT)])
    assert "| demo 1.0 | 1 | 2 | 1 |" in text
    assert "| TG101 | 1 | 2 | 1 | 1 |" in text
    assert "| demo 1.0 | 1 | 2 | 1 | 1 |" in text
    assert "**blanket noqa**" in text


def test_a_python_without_the_peers_is_no_measurement(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    python.chmod(0o755)
    with pytest.raises(EcosystemError, match="has no flake8"):
        timing.measure(tmp_path, python, rounds=1)


# Migrations.


def test_a_migration_that_is_kept_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def one(project: Project, way: str, copy: Path) -> migrating.Study:
        made.append(way)
        return migrating.Study(project, way, [{"status": "migrated"}], ["a.py"], ["+x"], ["wrong"], 1.5)

    monkeypatch.setattr(migrating, "one", one)
    folder = tmp_path / "demo"
    folder.mkdir()
    first = list(migrating.study(_project(), folder, tmp_path / "kept"))
    assert made == ["plain", "planted"]
    assert list(migrating.study(_project(), folder, tmp_path / "kept")) == first
    assert made == ["plain", "planted"]
    list(migrating.study(replace(_project(), sha256="1" * 64), folder, tmp_path / "kept"))
    assert made == ["plain", "planted"] * 2


def test_planted_defaults_are_migrated_and_looked_at(tmp_path: Path) -> None:
    functions = ("def make(n):\n    return torch.zeros(n)\n", "def other(n):\n    return torch.ones(n).x()\n")
    text = "\n\n".join(("import torch\n", *functions))
    (tmp_path / "a.py").write_text(text, "utf-8")
    done = migrating.one(_project(), migrating.PLANTED, tmp_path)
    assert (done.count("migrated"), done.count("refused"), done.wrong) == (2, 2, [])
    # Planted from the last function to the first: a block each, and the import of its helper.
    assert "+    return torch.zeros(n, dtype=torch.float64)" in done.lines
    assert any(
        "a.py:11 TG302 default-device" in line and "with default_device" in line for line in done.lines
    )


def test_a_fault_of_a_migration_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        migrating, "command", lambda *given: [sys.executable, "-c", "print('{}'); raise SystemExit(3)"]
    )
    assert migrating.call(tmp_path, "migrate")["faults"] == ["`migrate` gave 3: "]
    monkeypatch.setattr(migrating, "command", lambda *given: [sys.executable, "-c", "raise SystemExit(2)"])
    with pytest.raises(EcosystemError, match="gave 2"):
        migrating.call(tmp_path, "migrate")


# The projects' own tests.


def test_every_suite_is_pinned() -> None:
    pins = corpus.read_pins(suites.PINS.read_text("utf-8"))
    assert {project.name for project in pins} == set(suites.SUITES)


def test_a_facade_is_planted(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo/a.py").write_text(
        "import torch\nimport torch.nn.functional as F\nfrom torch import nn, Tensor\nimport torch.fx\n"
    )
    assert old_world.facade(tmp_path, "demo") == 3
    assert (tmp_path / "demo/a.py").read_text() == (
        "from demo.torch_first import torch\nfrom demo.torch_first import F\n"
        "from demo.torch_first import nn, Tensor\nimport torch.fx\n"
    )
    assert (tmp_path / "demo/torch_first.py").read_text() == (
        "import torch\nfrom torch import nn, Tensor\nimport torch.nn.functional as F\n"
    )


def test_tests_take_the_handle(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_a.py").write_text(
        "import unittest\n\n\ndef test_one(): pass\n\n\nclass TestTwo:\n    def test_it(self, x): pass\n\n"
        "    def helper(self): pass\n\n\nclass Three(unittest.TestCase):\n    def test_it(self): pass\n"
    )
    assert old_world.fixtures(tmp_path, "tests") == 2
    assert (tmp_path / "tests/test_a.py").read_text() == (
        "import unittest\n\n\ndef test_one(torch): pass\n\n\nclass TestTwo:\n"
        "    def test_it(self, torch, x): pass\n\n"
        "    def helper(self): pass\n\n\nclass Three(unittest.TestCase):\n    def test_it(self): pass\n"
    )
    assert "return torch" in (tmp_path / "conftest.py").read_text()


def test_what_does_not_repeat_is_no_difference() -> None:
    def ran(**digests: str) -> dict[str, dict[str, object]]:
        return {name: {"digest": text, "outcome": ["call passed"]} for name, text in digests.items()}

    row = suites.Row("demo 1.0", suites.DEVICE, 3)
    first = ran(same="a", noisy="a", other="a", lost="a")
    suites.compare(row, first, {**first, **ran(noisy="b")}, ran(same="a", noisy="c", other="b", new="a"))
    assert (row.tests, row.passed, row.noisy) == (4, 4, 1)
    assert row.different == ["lost", "new", "other"]
    assert suites.table([row]).splitlines()[-1] == "| demo 1.0 | device | 3 | 0 | 0 | 0 | 4 | 4 | 1 | 3 |"


@pytest.mark.torch
def test_the_plugin_tells_calls_apart(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import torch\n\n\ndef test_bare():\n    torch.zeros(2)\n\n\n"
        "def test_placed():\n    torch.zeros(2, device='cpu:0')\n\n\n"
        "def test_ambient():\n    with torch.device('cpu:0'):\n        torch.zeros(2)\n\n\n"
        "def test_empty():\n    torch.empty(2)\n\n\ndef test_random():\n    assert torch.rand(2).sum() < 0\n"
    )
    suite = suites.Suite("demo", "", (), ("test_a.py",))
    first, second = (
        suites.run_tests(suite, tmp_path, Path(sys.executable), number) for number in ("first", "second")
    )
    assert first == second
    digests = {name.partition("::")[2]: entry["digest"] for name, entry in first.items()}
    assert digests["test_placed"] == digests["test_ambient"] != digests["test_bare"]
    assert first["test_a.py::test_random"]["outcome"] == ["setup passed", "call failed", "teardown passed"]
