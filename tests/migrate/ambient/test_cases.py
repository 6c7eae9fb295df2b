"""Every project of the case files here, through ``torchgate migrate``; no torch is needed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.migrate.ambient.casefile import Case, read_cases
from torchgate.cli import main
from torchgate.migrate.refusals import RefusalReason as R
from torchgate.migrate.refusals import blocks, calls, functions

FILES = sorted(Path(__file__).parent.glob("*.md"))
CASES = [case for file in FILES for case in read_cases(file)]
HELPERS = "app/defaults.py"
OTHERS = (R.IMPORT_HAS_SIDE_EFFECTS, R.INSIDE_F_STRING, R.PART_REFUSED)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for path, text in case.before.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["migrate", "--format", "json"]) in (0, 1)
    sites = json.loads(capsys.readouterr().out)["sites"]
    ours = [site for site in sites if site["path"] != HELPERS and site["code"] in ("TG301", "TG302", "TG303")]
    refused = {
        (site["path"], site["line"], site["reason"]): site["detail"]
        for site in ours
        if site["status"] == "refused"
    }
    assert set(refused) == case.refused, f"{case.file.name}:{case.line}\n{refused}"
    for path, text in case.before.items():
        assert (tmp_path / path).read_text("utf-8") == case.after.get(path, text), path


def test_every_reason_has_a_case() -> None:
    seen = {reason for case in CASES for _, _, reason in case.refused}
    wanted = {*blocks.PAGES, *calls.PAGES, *functions.PAGES, *OTHERS}
    assert {reason.value for reason in wanted} <= seen


def test_a_refusal_names_what_stands_in_the_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = next(case for case in CASES if case.title == "A callee that is a parameter")
    for path, text in case.before.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    main(["migrate", "--check", str(tmp_path)])
    assert "`make(3)`" in capsys.readouterr().out
